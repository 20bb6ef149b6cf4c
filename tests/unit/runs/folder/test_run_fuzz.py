"""Files of a run, damaged at random: a sentence at worst, and no earlier checkpoint is lost."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import hypothesis.strategies as st
import numpy as np
import pytest
from harness import Driven, drive, driven, experiment, finished, killed_at_position, new_run, set_
from hypothesis import given, settings

from stdpbench.base.errors import StdpbenchError
from stdpbench.engine.simulators import find_compiler
from stdpbench.experiment import Experiment
from stdpbench.runs.folder.checkpoints import newest_checkpoint, positions, read_checkpoint, write_checkpoint
from stdpbench.runs.folder.journal import Journal, read_journal
from stdpbench.runs.folder.result_digests import outcome
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.lineage.branches import branch, rewind
from stdpbench.runs.protocol.changes import experiment_at, reached_position
from stdpbench.runs.protocol.live_run import LiveRun, describe

ASSET = Path(__file__).parents[3] / "assets" / "run-format-2"
CHECKPOINT = "checkpoints/000000008"

EXPERIMENTS, FILES_OF_RUNS = (
    [few, pytest.param(many, marks=pytest.mark.slow, id="many")] for few, many in ((80, 1000), (40, 500))
)
"""Examples of what is quickly checked, and of what takes longer."""

PIECES = st.one_of(
    st.binary(max_size=8),
    st.sampled_from(
        [b"\n", b"\0", b"{", b"}", b"[", b'"', b",", b"-", b"9" * 400, b"1e999", b"NaN", b"null", b"\xff"]
    ),
)


@st.composite
def damaged(draw: st.DrawFn, data: bytes) -> bytes:
    """The bytes of a file after one to three accidents."""
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, max(0, len(data) - 1)))
        stop = min(len(data), start + draw(st.integers(0, 40)))
        kind = draw(st.sampled_from(["flip", "cut", "insert", "replace", "repeat", "truncate", "zero"]))
        if kind == "flip" and data:
            data = data[:start] + bytes([data[start] ^ (1 << draw(st.integers(0, 7)))]) + data[start + 1 :]
        elif kind == "cut":
            data = data[:start] + data[stop:]
        elif kind == "insert":
            data = data[:start] + draw(PIECES) + data[start:]
        elif kind == "replace":
            data = data[:start] + draw(PIECES) + data[stop:]
        elif kind == "repeat":
            data = data[:stop] + data[start:]
        elif kind == "truncate":
            data = data[:start]
        elif kind == "zero":
            data = data[:start] + bytes(stop - start) + data[stop:]
    return data


@contextmanager
def asset() -> Iterator[RunFolder]:
    with tempfile.TemporaryDirectory() as place, patch("os.fsync", lambda handle: None):
        shutil.copytree(ASSET, Path(place) / "run")
        yield RunFolder(Path(place) / "run")


def only_sentences(action: Any, *arguments: Any) -> Any:
    """What an action gives back, or the sentence that it fails with; nothing else."""
    try:
        return action(*arguments)
    except StdpbenchError:
        return None


# -- experiments -----------------------------------------------------------------------------------

TOML = (ASSET / "experiment.toml").read_bytes()


@pytest.mark.parametrize("examples", EXPERIMENTS)
def test_a_damaged_experiment_is_one_or_a_sentence(examples):
    @given(damaged(TOML))
    @settings(max_examples=examples)
    def check_one(data):
        with asset() as folder:
            (folder.path / "experiment.toml").write_bytes(data)
            made = only_sentences(lambda: folder.experiment)
            assert made is None or isinstance(made, Experiment)

    check_one()


def test_an_experiment_nested_without_end_is_a_sentence():
    with asset() as folder:
        (folder.path / "experiment.toml").write_bytes(TOML + b"deep = " + b"[" * 100_000)
        with pytest.raises(StdpbenchError, match="TOML"):
            _ = folder.experiment


# -- journals --------------------------------------------------------------------------------------


def use_the_journal(folder: RunFolder) -> None:
    """All that is done with a journal but to run."""
    records = only_sentences(read_journal, folder.path)
    if records is None:
        only_sentences(outcome, folder)
        return
    assert isinstance(LiveRun.replay(records).parameters(), dict)
    for record in records:
        assert isinstance(describe(record), str)
    reached = reached_position(records)
    only_sentences(experiment_at, folder.experiment, records, reached)
    only_sentences(outcome, folder)
    only_sentences(branch, folder, None, {"plasticity.nu_post": 0.5}, folder.path.parent / "others")
    only_sentences(branch, folder, 9, None, folder.path.parent / "others")
    only_sentences(rewind, folder, min(reached, 9))
    journal = only_sentences(Journal, folder.path)
    if journal is not None:
        journal.close()


@pytest.mark.parametrize("examples", FILES_OF_RUNS)
def test_a_damaged_journal_is_one_or_a_sentence(examples):
    @given(damaged((ASSET / "journal.jsonl").read_bytes()))
    @settings(max_examples=examples)
    def check_one(data):
        with asset() as folder:
            (folder.path / "journal.jsonl").write_bytes(data)
            use_the_journal(folder)

    check_one()


# -- checkpoints -----------------------------------------------------------------------------------


def earlier(folder: RunFolder) -> None:
    """Write another checkpoint before the one that is damaged."""
    write_checkpoint(folder.path, replace(read_checkpoint(folder.path, 8), position=3, number=5))


def fingerprint(folder: RunFolder, position: int) -> bytes:
    path = folder.path / "checkpoints" / f"{position:09d}"
    return b"".join(file.read_bytes() for file in sorted(path.iterdir()))


def same(found: Any, other: Any) -> bool:
    if found.experiment != other.experiment or found.number != other.number or found.seconds != other.seconds:
        return False
    return all(found.state[name].tobytes() == other.state[name].tobytes() for name in other.state) and all(
        found.history[name].tobytes() == other.history[name].tobytes() for name in other.history
    )


FILES = [f"{CHECKPOINT}/{name}" for name in ("checkpoint.json", "state.npz", "history.npz")]


@pytest.mark.parametrize("examples", FILES_OF_RUNS)
def test_a_damaged_checkpoint_is_noticed_and_the_one_before_is_whole(examples):
    @given(st.sampled_from(FILES).flatmap(lambda name: st.tuples(st.just(name), damaged((ASSET / name).read_bytes()))))
    @settings(max_examples=examples)
    def check_one(change):
        name, data = change
        with asset() as folder:
            earlier(folder)
            (folder.path / name).write_bytes(data)
            check(folder)

    check_one()


def test_whole_arrays_with_other_values_are_noticed():
    """As in a file of another moment: nothing but its digest tells."""
    with asset() as folder:
        earlier(folder)
        with np.load(folder.path / FILES[1]) as file:
            arrays = {name: file[name] + 1 for name in file.files}
        np.savez(folder.path / FILES[1], **arrays)
        check(folder)
        assert newest_checkpoint(folder.path)[0].position == 3


def check(folder: RunFolder) -> None:
    before, whole = fingerprint(folder, 3), read_checkpoint(ASSET, 8)
    found, remarks = newest_checkpoint(folder.path)
    assert (found.position, len(remarks)) in ((8, 0), (3, 1))
    assert all("\n" not in sentence for sentence in remarks)
    assert found.position == 3 or same(found, whole), "damage was not noticed"
    assert positions(branch(folder, 9, runs=folder.path.parent / "others").path) == [found.position]
    assert fingerprint(folder, 3) == before


# -- runs that go on from damaged files ------------------------------------------------------------


@pytest.mark.skipif(find_compiler() is None, reason="needs a C++ compiler")
def test_runs_go_on_from_damaged_files_or_fail_in_a_sentence(tmp_path):
    wishes = {6: [set_(plasticity__nu_post=0.05)]}
    small = experiment(schedule__train_images=12, schedule__label_images=4, schedule__test_images=4)
    options = {"baselines": False, "checkpoint_every": 4}
    expected = finished(new_run(tmp_path, small, **options), at=wishes)
    folder = driven(new_run(tmp_path, small, **options), at=wishes, die=killed_at_position(10))
    names = [str(path.relative_to(folder.path)) for path in folder.path.glob("checkpoints/*/*")]
    names += ["journal.jsonl", "experiment.toml"]
    outcomes = set()

    @given(st.sampled_from(names).flatmap(lambda n: st.tuples(st.just(n), damaged((folder.path / n).read_bytes()))))
    @settings(max_examples=30)
    def go_on(change: tuple[str, bytes]) -> None:
        name, data = change
        with tempfile.TemporaryDirectory() as place:
            copy = RunFolder(Path(place) / "run")
            shutil.copytree(folder.path, copy.path)
            (copy.path / name).write_bytes(data)
            engine = only_sentences(Driven, copy)
            if engine is None:
                outcomes.add("refused")
                return
            drive(copy, engine=engine)
            state = copy.about["state"]
            outcomes.add(state)
            assert state in ("finished", "failed")
            if state == "finished" and name.startswith("checkpoints"):
                assert outcome(copy) == expected

    go_on()
    assert "finished" in outcomes
