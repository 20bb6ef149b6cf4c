"""Curves of a training with labels."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from stdpbench.runs.protocol.facts import Taught


def taught_columns(taught: Mapping[int, Taught]) -> dict[str, NDArray[np.float64]]:
    """Return the measures of all parts as columns, one value per part; NaN where one is unknown.

    ``"position"`` is the end of each part, in training presentations; ``"loss"`` and ``"accuracy"``, 0 to 1, are means
    over its pictures; others have the names of `Taught.values`.
    """
    ends = sorted(taught)
    parts = [taught[end] for end in ends]
    names = dict.fromkeys(name for part in parts for name in part.values)
    return {
        "position": np.array(ends, float),
        "loss": np.array([part.loss for part in parts], float),
        "accuracy": np.array([part.accuracy for part in parts], float),
        **{name: np.array([part.values.get(name, np.nan) for part in parts], float) for name in names},
    }
