"""Whether arrays are finite."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray


def sums_are_finite(arrays: Iterable[NDArray[Any]]) -> bool:
    """Return whether the sum of each array is finite, which none is with a value that is not.

    A sum that overflows counts as not finite: such values are of no use either.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        return all(bool(np.isfinite(array.sum())) for array in arrays)
