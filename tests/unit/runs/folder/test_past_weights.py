"""Weights of a run near a position."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from stdpbench.base.errors import StdpbenchError
from stdpbench.declare.learned_names import FEED
from stdpbench.runs.folder.checkpoints import Checkpoint, write_checkpoint
from stdpbench.runs.folder.past_weights import common_position, nearest_position, newest_weights, weights_near


def test_the_newest_checkpoint_that_is_not_beyond(tmp_path: Path) -> None:
    assert nearest_position(tmp_path, 10) is None
    with pytest.raises(StdpbenchError, match="no checkpoint yet"):
        weights_near(tmp_path, 10)
    for position in (20, 40):
        state = {"plastic.w": np.full((3, 2), float(position)), "exc.theta": np.full(2, 0.02)}
        write_checkpoint(tmp_path, Checkpoint(position, 1, {}, 0.0, 0, {}, state, {}))
    assert [nearest_position(tmp_path, at) for at in (0, 20, 39, 40, 100)] == [20, 20, 20, 40, 40]
    found = weights_near(tmp_path, 39)
    w = found.learned[FEED]
    assert (found.position, w.dtype, float(w[0, 0])) == (20, np.float32, 20.0)


def test_what_a_run_wrote_counts_until_it_went_on(tmp_path: Path) -> None:
    def write(position: int) -> None:
        state = {"plastic.w": np.full((3, 2), float(position)), "exc.theta": np.full(2, 0.02)}
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
