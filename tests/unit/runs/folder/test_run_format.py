"""A run folder of this format, and one of another."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest
from harness import finished

from stdpbench.engine.simulators import find_compiler
from stdpbench.experiment import Experiment
from stdpbench.runs.folder.checkpoints import positions
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.result_digests import outcome
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.lineage.branches import branch, rewind
from stdpbench.runs.protocol.changes import experiment_at, reached_position
from stdpbench.runs.protocol.facts import Fact, HeldOut, LearnedSet, Piece, Planned, RuleChanged, Taught
from stdpbench.runs.protocol.live_run import LiveRun, describe
from stdpbench.runs.protocol.states import State

ASSET = Path(__file__).parents[3] / "assets" / "run-format-2"


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    """A run of this format, which tests may change."""
    shutil.copytree(ASSET, tmp_path / "runs" / "old")
    return RunFolder.open(tmp_path / "runs" / "old")


def test_the_journal(folder):
    records = read_journal(folder.path)
    others = {HeldOut, LearnedSet, Piece, Planned, RuleChanged, Taught}
    assert {type(record.fact) for record in records} == set(get_args(Fact)) - others
    assert reached_position(records) == 12
    live = LiveRun.replay(records)
    assert live.state is State.FINISHED
    assert live.position == 12 + 2 * (10 + 6)
    assert live.started.phases[:3] == (("train", 12), ("label", 10), ("test", 6))
    assert sorted(live.blocks) == list(range(1, 13))
    assert [position for position, _ in live.changes] == [2, 5, 8, 11]
    assert live.changes[1][1] == {"plasticity.nu_post": (0.01, 0.03)}
    assert live.metrics.keys() == {"network", "start weights", "samples as prototypes", "k-means"}
    assert sum(live.labelled.per_class) == 4
    assert all(describe(record) for record in records if type(record.fact).__name__ not in ("Block", "Dependencies"))
    inherited = Experiment.from_mapping(live.parameters())
    assert inherited.differences(experiment_at(folder.experiment, records, 12)) == {}
    assert inherited.exc.tau_m == 95  # type: ignore[attr-defined]
    assert experiment_at(folder.experiment, records, 8).network.weight_sum is None


@pytest.mark.skipif(find_compiler() is None, reason="needs a C++ compiler")
def test_runs_of_format_1_go_on_and_branch(folder):
    made = branch(folder, 10, {"exc.tau_m": "90 ms"})
    assert positions(made.path) == [8]
    finished(made)
    live = LiveRun.replay(read_journal(made.path))
    assert [position for position, _ in live.changes] == [2, 5, 8, 10]
    assert sorted(live.blocks) == list(range(1, 13))
    assert outcome(rewind(folder, 9)).keys() == {"facts", "parameter changes"}
    finished(folder)
    assert outcome(folder)["weights.npy"] != outcome(made)["weights.npy"]


def test_a_folder_of_another_format_is_one_sentence_and_left_untouched(
    tmp_path: Path, call: Callable[..., str]
) -> None:
    old = tmp_path / "runs" / "old"
    shutil.copytree(ASSET, old)
    lines = (old / "journal.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    without_digests = "".join(re.sub(r',"chain":"[0-9a-f]{32}"', "", line) for line in lines[1:])
    (old / "journal.jsonl").write_text(without_digests, encoding="utf-8")
    before = {path: path.read_bytes() for path in old.rglob("*") if path.is_file()}
    sentence = (
        f"{old} is a run folder of format 1, and this version of stdpbench reads format 2: the folder is not changed"
    )
    for command in (["show", "old"], ["resume", "old"], ["resume", "old", "--repair"], ["branch", "old"]):
        assert sentence in call(*command, "--runs", str(old.parent), status=2), command
    assert "format 1" in call("list", "--columns", "reason", "--runs", str(old.parent))
    assert {path: path.read_bytes() for path in old.rglob("*") if path.is_file() and path.name != "lock"} == before
    call("delete", "old", "--runs", str(old.parent))
    assert (old.parent / "bin" / "old" / "journal.jsonl").read_text(encoding="utf-8") == without_digests
