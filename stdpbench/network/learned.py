"""What a network has learned: the arrays that a frozen presentation depends on."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Learned(NamedTuple):
    """Weights and thresholds of a network.

    Attributes
    ----------
    w : ndarray, float64, (n_input, n_exc)
        Weights from input to exc.
    theta : ndarray, float64, (n_exc,), volt
        Adaptive thresholds.
    lateral : ndarray, float64, (n_exc, n_exc), or None
        Weights of lateral inhibition from one exc neuron (row) on another (column), as factors on
        ``network.w_inh_exc``, where they learn (``lateral.kind``).
    """

    w: NDArray[np.float64]
    theta: NDArray[np.float64]
    lateral: NDArray[np.float64] | None = None
