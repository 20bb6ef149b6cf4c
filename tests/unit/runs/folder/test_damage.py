"""Missing and damaged files of a run folder are detected, with the consequences."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from edited_journal import edit_journal
from refusals import refused
from run_folders import Make

import stdpbench
from stdpbench.base.errors import StdpbenchError
from stdpbench.data.datasets import Images
from stdpbench.declare.learned_names import FEED, THETA
from stdpbench.engine.network import Learned
from stdpbench.experiment import Experiment
from stdpbench.runs.folder.checkpoints import Checkpoint, checkpoint_path, read_checkpoint, write_checkpoint
from stdpbench.runs.folder.damage import damage
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.past_weights import newest_weights
from stdpbench.runs.folder.result_digests import outcome
from stdpbench.runs.folder.run_folder import RunFolder, looks_like_run
from stdpbench.runs.folder.snapshots import Snapshot, read_snapshot, snapshot_path, write_snapshot
from stdpbench.runs.protocol.facts import CheckpointWritten, Record, Started

TIME = "2026-01-02T03:04:05+00:00"
needs_rights = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="whoever may everything is refused nothing"
)


def problems(path: Path, *facts: object) -> list[str]:
    records = [*read_journal(path), *(Record(9, 7, TIME, fact) for fact in facts)]  # type: ignore[arg-type]
    return damage(RunFolder.open(path), records)


@pytest.fixture
def whole(tmp_path: Path, make_run: Make) -> Path:
    path = make_run(tmp_path, "whole")
    np.save(path / "weights.npy", np.zeros((4, 3)))
    np.save(path / "theta.npy", np.zeros(3))
    return path


def test_a_whole_run_has_none(whole: Path) -> None:
    started = Started(Experiment.from_mapping({"name": "tiny"}).to_mapping(), "runtime", "", (), (2, 2), ())
    assert problems(whole, started) == []


@pytest.mark.parametrize(
    ("name", "content", "clause"),
    [
        ("experiment.toml", b"what [", "experiment.toml is not valid TOML: "),
        ("experiment.toml", b"[network]\nn_exc = -3\n", "experiment.toml, line 2: network.n_exc must be at least 1"),
        ("weights.npy", b"x", "weights.npy is damaged: it is not a numeric array"),
        ("weights.npy", b"", "weights.npy is damaged: "),
        ("metrics.json", b'{\n"a":', "metrics.json is damaged: invalid JSON, in line 2"),
        ("metrics.json", b"\xff", "metrics.json is damaged: invalid JSON"),
        ("weights.npy", None, "weights.npy is missing, so its network is unknown"),
    ],
)
def test_each_is_one_clause(whole: Path, name: str, content: bytes | None, clause: str) -> None:
    if content is None:
        (whole / name).unlink()
    else:
        (whole / name).write_bytes(content)
    (found,) = problems(whole)
    assert found.startswith(clause)
    assert "Error" not in found
    assert str(whole) not in found


def test_where_weights_are_gone_its_newest_checkpoint_is_shown(whole: Path) -> None:
    (whole / "weights.npy").unlink()
    checkpoint_path(whole, 7).mkdir(parents=True)
    assert problems(whole) == ["weights.npy is missing, so its newest checkpoint is shown"]


def test_an_experiment_that_was_changed_afterwards(whole: Path) -> None:
    began = Experiment.from_mapping({"name": "tiny"}).override({"exc.tau_m": "25 ms", "data.resize": 9})
    (found,) = problems(whole, Started(began.to_mapping(), "runtime", "", (), (2, 2), ()))
    assert found == "experiment.toml was changed after the run started: it has another exc.tau_m"


def test_what_a_run_goes_on_from(whole: Path) -> None:
    edit_journal(whole, state="stopped")
    assert problems(whole) == [], "it had none yet"
    assert problems(whole, CheckpointWritten("000000007")) == [
        "its checkpoints are missing: Resume starts it from the beginning"
    ]
    for position in (5, 7):
        checkpoint_path(whole, position).mkdir(parents=True)
        (checkpoint_path(whole, position) / "checkpoint.json").write_text("{")
    assert problems(whole) == [
        "the checkpoint checkpoints/000000007 is damaged: checkpoint.json is not valid JSON: "
        "Resume starts it from the beginning"
    ]
    (checkpoint_path(whole, 7) / "checkpoint.json").unlink()
    assert problems(whole) == [
        "the checkpoint checkpoints/000000007 is damaged: checkpoint.json is missing: "
        "Resume starts it from the beginning"
    ]
    edit_journal(whole, state="finished")
    assert problems(whole) == [], "nothing goes on from them"


def test_a_folder_without_a_journal_is_that_of_a_run_all_the_same(whole: Path, tmp_path: Path) -> None:
    (whole / "journal.jsonl").unlink()
    assert looks_like_run(whole)
    assert not looks_like_run(tmp_path)
    with pytest.raises(StdpbenchError, match=r"is not a run folder: journal\.jsonl is missing"):
        RunFolder.open(whole)


@needs_rights
def test_what_may_not_be_read_is_a_sentence(whole: Path) -> None:
    whole.chmod(0)
    try:
        with pytest.raises(StdpbenchError, match=r"experiment\.toml cannot be read: Permission denied"):
            RunFolder.open(whole)
    finally:
        whole.chmod(0o700)


READERS: dict[str, tuple[str, Callable[[Path], object]]] = {
    "read_array": ("weights.npy", lambda run: RunFolder(run).read_array("weights.npy", (4, 3))),
    "read_arrays": ("assignments.npz", lambda run: RunFolder(run).read_arrays("assignments.npz", "labels")),
    "result digests": ("theta.npy", lambda run: outcome(RunFolder(run))),
    "newest weights": ("weights.npy", newest_weights),
    "weights in Python": ("weights.npy", lambda run: stdpbench.open_run(run).weights),
    "snapshot": ("held_out/000000005.npz", lambda run: read_snapshot(snapshot_path(run, 5))),
    "checkpoint": ("checkpoints/000000003/state.npz", lambda run: read_checkpoint(run, 3)),
}


@pytest.fixture
def full(whole: Path) -> Path:
    images = Images(np.zeros((2, 2, 2), np.uint8), None)
    learned = Learned({FEED: np.zeros((4, 3)), THETA: np.zeros(3)})
    write_snapshot(whole, 5, Snapshot({}, "runtime", learned, images, 2, "spare"))
    state = {"feed.w": np.zeros((4, 3)), "exc.theta": np.zeros(3)}
    write_checkpoint(whole, Checkpoint(3, 2, {}, 1.0, 0, {}, state, {}))
    np.savez(whole / "training.npz", image=np.zeros(7))
    np.savez(whole / "assignments.npz", labels=np.zeros(3, np.int64))
    return whole


@pytest.mark.parametrize("reader", READERS)
def test_a_damaged_header_is_a_sentence(reader: str, full: Path) -> None:
    name, read = READERS[reader]
    read(full)
    path = full / name
    path.write_bytes(path.read_bytes().replace(b"}", b" "))
    if reader == "newest weights":  # which has another source
        assert newest_weights(full).position == 3
        return
    with refused(match="damaged"):
        read(full)
