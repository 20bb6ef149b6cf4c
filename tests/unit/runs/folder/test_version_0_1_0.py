"""Everything that version 0.1.0 wrote still works: runs in every state, queue, index, trash, sweep, exported zip.

``tests/assets/version-0.1.0.zip`` holds what that version left on disk, made before its modules were moved.
"""

from __future__ import annotations

import json
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from harness import finished

from stdpbench.cli import main
from stdpbench.runs.catalog.index import index_path
from stdpbench.runs.catalog.store import Store
from stdpbench.runs.catalog.trash import names_in_bin, restore
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.lineage.branches import rewind
from stdpbench.runs.protocol.facts import Fact
from stdpbench.runs.queue.run_queue import Queue
from stdpbench.sweeps.state import SweepState

ASSET = Path(__file__).parents[3] / "assets" / "version-0.1.0.zip"
STATES = {
    "building": "failed",  # its process is gone, as are those of the next ones
    "failed": "failed",
    "finished": "finished",
    "finishing": "failed",
    "paused": "failed",
    "queued": "queued",
    "running": "stopped",  # taken back to an earlier presentation
    "stopped": "stopped",
}


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder, for tests that leave it as it is."""
    return _unpack(tmp_path_factory.mktemp("version-0.1.0"))


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """The folder, for tests that change it."""
    return _unpack(tmp_path)


def _unpack(folder: Path) -> Path:
    with zipfile.ZipFile(ASSET) as asset:
        asset.extractall(folder)
    return folder


def test_the_index_of_0_1_0_is_read(unpacked: Path) -> None:
    assert index_path(unpacked / "runs").is_file()
    with Store(unpacked / "runs", keep=False) as store:
        entries = {entry.name: entry for entry in store.entries(["plasticity.nu_post"])}
    assert {name: entries[name].state for name in STATES} == STATES
    assert "damaged" in entries
    assert entries["finished"].changes == {"plasticity.nu_post": 0.02}
    assert not store.remarks


@pytest.mark.parametrize("name", sorted({*STATES, "damaged"} - {"queued"}))
def test_show_reads_every_run(unpacked: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["show", name, "--runs", str(unpacked / "runs")])
    assert name == "damaged" or not end.value.code
    shown = capsys.readouterr()
    assert "Traceback" not in shown.err
    assert name in shown.out + shown.err


@pytest.mark.parametrize("name", ["stopped", "running", "paused", "finishing", "failed", "queued"])
def test_every_unfinished_run_can_be_finished(old: Path, name: str) -> None:
    assert finished(RunFolder.open(old / "runs" / name))


def test_a_finished_run_is_rewound_and_finished_again(old: Path) -> None:
    folder = RunFolder.open(old / "runs" / "finished")
    rewind(folder, 10)
    assert finished(folder)


def test_the_queue_of_0_1_0_is_read(unpacked: Path) -> None:
    items = Queue(unpacked / "runs").items()
    assert [(item.name, item.state) for item in items] == [
        ("tiny, seed 1", "waiting"),
        ("tiny, seed 2", "waiting"),
        ("tiny, seed 11", "held"),
    ]


def test_the_trash_of_0_1_0_is_restored(old: Path) -> None:
    assert names_in_bin(old / "runs") == ["deleted"]
    assert restore(old / "runs", "deleted").experiment.name == "tiny"


def test_the_trash_of_0_1_0_is_emptied(old: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["delete", "--empty-bin", "--yes", "--runs", str(old / "runs")])
    assert not end.value.code
    assert "1 run permanently removed" in capsys.readouterr().out
    assert not (old / "runs" / "bin").exists()


def test_the_sweep_of_0_1_0_has_nothing_left_to_do(old: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with SweepState(old / "runs" / "sweep") as state:
        assert len(state.results) == 4
    with pytest.raises(SystemExit) as end:
        main(["sweep", str(old / "sweep.toml"), "--runs", str(old / "runs")])
    assert not end.value.code
    assert "faster" in capsys.readouterr().out


def test_an_export_of_0_1_0_opens(unpacked: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(unpacked / "finished.zip") as exported:
        exported.extractall(tmp_path)
    assert RunFolder.open(tmp_path / "finished").read_json("metrics.json")["accuracy"]


def test_names_on_disk_stay(unpacked: Path) -> None:
    """Renames touch modules and classes alone: what is written to disk keeps its name."""
    tags = {kind.__name__ for kind in get_args(Fact)}
    assert tags >= {
        "Block", "Branched", "CheckpointWritten", "Estimated", "HeldOut", "Labelled", "LabelsRead", "Measured",
        "ParametersChanged", "Planned", "Remarked", "Rewound", "RuleChanged", "Started", "StateChanged",
    }  # fmt: skip
    assert {type(record.fact).__name__ for record in read_journal(unpacked / "runs" / "finished")} <= tags
    files = {
        path.relative_to(unpacked / "runs" / "finished").parts[0] for path in (unpacked / "runs").glob("finished/*")
    }
    assert files == {
        "README.txt", "assignments.npz", "checkpoints", "experiment.toml", "journal.jsonl", "label.npz",
        "label_spikes.npz", "metrics.json", "progress.json", "run.json", "test.npz", "test_spikes.npz", "theta.npy",
        "training.npz", "weights.npy",
    }  # fmt: skip
    about = json.loads((unpacked / "runs" / "finished" / "run.json").read_text(encoding="utf-8"))
    assert {"id", "options", "digest", "state", "started", "versions", "host", "reason", "ended"} <= set(about)
    with np.load(next((unpacked / "runs" / "finished" / "checkpoints").glob("*/state.npz"))) as arrays:
        assert {"plastic.w", "exc.theta"} <= set(arrays)
    with closing(sqlite3.connect(index_path(unpacked / "runs"))) as connection:
        columns = {
            table: {row[1] for row in connection.execute(f"PRAGMA table_info({table})")} for table in ("runs", "queue")
        }
    with Store(unpacked / "runs", keep=True), closing(sqlite3.connect(index_path(unpacked / "runs"))) as connection:
        for table, names in columns.items():
            assert names <= {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}
