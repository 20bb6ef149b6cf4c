"""Grey values as numbers from 0 to 1, for encoders whose spike times depend on the value."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.encoding.base import Encoder


class GreyEncoder(Encoder):
    """Encoder of values x = grey / `white`, at most 1; values up to `x_min` evoke no spike."""

    white: float | None = parameter(
        255.0, unit="", gt=0, help="Grey value that counts as 1; none: the brightest pixel of each picture."
    )
    x_min: float = parameter(0.0, unit="", ge=0, lt=1, help="Values up to this one evoke no spike.")

    draws: ClassVar[bool] = False
    """Spikes depend only on the values."""

    def lit(self, image: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return the numbers of the pixels that fire, ascending, and their values x in (x_min, 1]."""
        white = float(image.max(initial=0.0)) if self.white is None else self.white
        if white <= 0:
            return np.empty(0, np.int64), np.empty(0)
        x = np.minimum(image / white, 1.0)
        fires = np.flatnonzero(x > self.x_min)
        return fires, x[fires]
