"""Weights of a run near a position."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from stdpbench.errors import StdpbenchError
from stdpbench.runs.checkpoints import Checkpoint, write_checkpoint
from stdpbench.runs.past_weights import nearest_position, weights_near


def test_the_newest_checkpoint_that_is_not_beyond(tmp_path: Path) -> None:
    assert nearest_position(tmp_path, 10) is None
    with pytest.raises(StdpbenchError, match="no checkpoint yet"):
        weights_near(tmp_path, 10)
    for position in (20, 40):
        state = {"plastic.w": np.full((3, 2), float(position)), "exc.theta": np.full(2, 0.02)}
        write_checkpoint(tmp_path, Checkpoint(position, 1, {}, 0.0, 0, {}, state, {}))
    assert [nearest_position(tmp_path, at) for at in (0, 20, 39, 40, 100)] == [20, 20, 20, 40, 40]
    found = weights_near(tmp_path, 39)
    assert (found.position, found.w.dtype, float(found.w[0, 0])) == (20, np.float32, 20.0)
