"""Published numbers, and points to draw with curves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

FREQUENCIES = (0.1, 10.0, 20.0, 40.0, 50.0)
SJOESTROEM_DATA = {
    10.0: (np.array([-0.04, 0.14, 0.29, 0.53, 0.56]), np.array([0.05, 0.10, 0.14, 0.11, 0.26])),
    -10.0: (np.array([-0.29, -0.41, -0.34, 0.56, 0.75]), np.array([0.08, 0.11, 0.10, 0.32, 0.19])),
}
"""Relative weight change and its standard error, by Δt in ms, at `FREQUENCIES`; as in Pfister & Gerstner (2006)."""
SJOESTROEM = "Sjöström et al. 2001"
TRIPLETS = (
    *(("in-out-in", first, second) for first, second in ((5, -5), (10, -10), (15, -5), (5, -15))),
    *(("out-in-out", first, second) for first, second in ((-5, 5), (-10, 10), (-5, 15), (-15, 5))),
)
"""Triplets of Wang et al. 2005 (order, Δt of the first pair, Δt of the second, ms), as Pfister & Gerstner use them."""
HIPPOCAMPUS_PAIRS = (10.0, -10.0)
HIPPOCAMPUS_SEPARATIONS = (-89.0, 84.0, 20.0)
HIPPOCAMPUS_DATA = {
    "pairs": (np.array([0.25, -0.17]), np.array([0.05, 0.05])),
    "triplets": (
        np.array([-0.01, 0.03, 0.01, 0.24, 0.33, 0.34, 0.22, 0.29]),
        np.array([0.04, 0.04, 0.03, 0.06, 0.04, 0.04, 0.08, 0.05]),
    ),
    "quadruplets": (np.array([-0.003, 0.06, 0.21]), np.array([0.03, 0.04, 0.04])),
}
"""Relative weight change and its standard error by 60 repetitions at 1 Hz: of pairs (Δt in ms in `HIPPOCAMPUS_PAIRS`),
of `TRIPLETS`, and of quadruplets (T in ms in `HIPPOCAMPUS_SEPARATIONS`).
The 13 points to which Pfister & Gerstner (2006) fit table 4, as two published re-implementations list them; not
checked against the printed figures."""
WANG = "Wang et al. 2005"


@dataclass(frozen=True, eq=False)
class Points:
    """Points from a paper or an experiment, to draw in a figure.

    Attributes
    ----------
    label : str
        Their source.
    x, y : ndarray, float64, (n,)
        The points, in the units of the figure.
    error : ndarray, float64, (n,), or None
        Half the length of their error bars.
    protocol : str
        The protocol that they belong to.
    about : str
        Full source, and the meaning of the error bars.
    options : mapping of str to Any
        Options of the protocol with which they were measured.
    """

    label: str
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    error: NDArray[np.float64] | None = None
    protocol: str = ""
    about: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
