"""The weights of a run as near to a position as its folder has them, to compare another run with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stdpbench.errors import StdpbenchError
from stdpbench.runs.checkpoints import positions, read_checkpoint


@dataclass(frozen=True, eq=False)
class PastWeights:
    """Weights and thresholds of a checkpoint.

    Attributes
    ----------
    position : int
        Presentations that were over.
    w : ndarray, float32, (n_input, n_exc)
    theta : ndarray, float64, (n_exc,), volt
    """

    position: int
    w: NDArray[np.float32]
    theta: NDArray[np.float64]


def nearest_position(folder: Path, position: int) -> int | None:
    """The newest checkpoint of a run that is not beyond a position, else the first one; None where there is none."""
    found = positions(folder)
    return max((at for at in found if at <= position), default=min(found, default=None))


def weights_near(folder: Path, position: int) -> PastWeights:
    """Read the checkpoint of `nearest_position`.

    Raises
    ------
    StdpbenchError
        If there is none, or it is damaged.
    """
    at = nearest_position(folder, position)
    if at is None:
        raise StdpbenchError(f"{folder.name} has no checkpoint yet")
    state = read_checkpoint(folder, at).state
    return PastWeights(at, np.asarray(state["plastic.w"], np.float32), np.asarray(state["exc.theta"]))
