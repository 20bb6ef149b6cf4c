"""Files of learned arrays: Diehl & Cook's keep their names, no other is lost, and which are nearest to a position."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from harness import experiment, new_run

from stdpbench.base.errors import StdpbenchError
from stdpbench.data.datasets import Images
from stdpbench.declare.learned_names import FEED
from stdpbench.engine.network import Learned
from stdpbench.runs.folder.checkpoints import Checkpoint, write_checkpoint
from stdpbench.runs.folder.learned_arrays import (
    copy_start_files,
    learned_file,
    read_learned_files,
    result_files,
    start_files,
    write_learned_files,
)
from stdpbench.runs.folder.past_weights import common_position, nearest_position, newest_weights, weights_near
from stdpbench.runs.folder.result_digests import outcome
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.folder.snapshots import Snapshot, read_snapshot, write_snapshot
from stdpbench.runs.lineage.branches import rewind
from stdpbench.runs.lineage.export import export_run, unpack_run

LEARNED = Learned({"feed.w": np.ones((64, 4)), "second.w": np.eye(4), "second.theta": np.full(4, 0.01)})
SHAPES = {name: array.shape for name, array in LEARNED.items()}
MORE = ("learned/second.theta.npy", "learned/second.w.npy")


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    made = new_run(tmp_path, experiment())
    write_learned_files(made, LEARNED)
    write_learned_files(made, LEARNED, start=True)
    return made


def test_files_have_the_names_that_users_know() -> None:
    names = ("feed.w", "exc.theta", "compete.w", "second.w")
    assert [learned_file(name) for name in names] == ["weights.npy", "theta.npy", "lateral.npy", MORE[1]]
    assert [learned_file(name, start=True) for name in names] == [
        "start_weights.npy",
        "start_theta.npy",
        "start_lateral.npy",
        "start_learned/second.w.npy",
    ]


def test_all_arrays_are_read_back(folder: RunFolder) -> None:
    (folder.path / "learned" / "notes.txt").write_text("of the user")
    assert read_learned_files(folder, SHAPES) == LEARNED
    assert read_learned_files(folder, SHAPES, start=True) == LEARNED
    assert set(result_files(folder.path)) >= {"weights.npy", *MORE}
    assert start_files(folder.path) == ("start_weights.npy", *(f"start_{name}" for name in MORE))
    with pytest.raises(StdpbenchError, match=r"learned/second.w.npy contains float64 \(4, 4\), but .* \(4, 5\)"):
        read_learned_files(folder, {"second.w": (4, 5)})


def test_they_are_exported_compared_and_passed_on(folder: RunFolder, tmp_path: Path) -> None:
    unpacked = unpack_run(export_run(folder, tmp_path / "run.zip"), tmp_path / "unpacked")
    assert read_learned_files(unpacked, SHAPES) == LEARNED
    assert outcome(unpacked) == outcome(folder)
    assert set(MORE) < outcome(folder).keys()
    other = new_run(tmp_path / "other", experiment())
    copy_start_files(folder.path, other.path)
    assert read_learned_files(other, SHAPES, start=True) == LEARNED


def test_a_rewind_removes_those_at_the_end_only(folder: RunFolder) -> None:
    (folder.path / "learned" / "notes.txt").write_text("of the user")
    rewind(folder, 0)
    assert [path.name for path in (folder.path / "learned").iterdir()] == ["notes.txt"]
    assert not (folder.path / "weights.npy").exists()
    assert read_learned_files(folder, SHAPES, start=True) == LEARNED


def test_snapshots_hold_all_arrays(folder: RunFolder) -> None:
    images = Images(np.zeros((2, 8, 8), np.uint8), np.zeros(2, np.int64))
    path = write_snapshot(folder.path, 6, Snapshot({}, "runtime", LEARNED, images, 2, "spare"))
    assert read_snapshot(path).learned == LEARNED


# weights of a run near a position


def test_the_newest_checkpoint_that_is_not_beyond(tmp_path: Path) -> None:
    assert nearest_position(tmp_path, 10) is None
    with pytest.raises(StdpbenchError, match="no checkpoint yet"):
        weights_near(tmp_path, 10)
    for position in (20, 40):
        state = {"feed.w": np.full((3, 2), float(position)), "exc.theta": np.full(2, 0.02)}
        write_checkpoint(tmp_path, Checkpoint(position, 1, {}, 0.0, 0, {}, state, {}))
    assert [nearest_position(tmp_path, at) for at in (0, 20, 39, 40, 100)] == [20, 20, 20, 40, 40]
    found = weights_near(tmp_path, 39)
    w = found.learned[FEED]
    assert (found.position, w.dtype, float(w[0, 0])) == (20, np.float32, 20.0)


def test_what_a_run_wrote_counts_until_it_went_on(tmp_path: Path) -> None:
    def write(position: int) -> None:
        state = {"feed.w": np.full((3, 2), float(position)), "exc.theta": np.full(2, 0.02)}
        write_checkpoint(tmp_path, Checkpoint(position, 1, {}, 0.0, 0, {}, state, {}))

    with pytest.raises(StdpbenchError, match="has no weights yet"):
        newest_weights(tmp_path)
    write(20)
    assert newest_weights(tmp_path).position == 20  # it died
    np.save(tmp_path / "weights.npy", np.full((3, 2), 30.0))
    np.save(tmp_path / "theta.npy", np.full(2, 0.02))
    np.savez(tmp_path / "training.npz", image=np.zeros(30, int))
    found = newest_weights(tmp_path)  # it was stopped
    w = found.learned[FEED]
    assert (found.position, w.dtype, float(w[0, 0])) == (30, np.float32, 30.0)
    write(40)  # it was resumed, and died
    found = newest_weights(tmp_path)
    assert (found.position, float(found.learned[FEED][0, 0])) == (40, 40.0)


def test_a_branch_and_its_parent_are_as_old_as_each_other(tmp_path: Path) -> None:
    branch, parent = tmp_path / "branch", tmp_path / "parent"
    for folder, at in ((branch, (20, 30, 50)), (parent, (10, 20, 30, 40))):
        for position in at:
            (folder / "checkpoints" / f"{position:09d}").mkdir(parents=True)
    assert common_position(branch, parent, 100) == 30
    assert common_position(branch, parent, 29) is None  # at 20 it began
