"""Scaling of the input weights of each exc neuron."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stdpbench.kinds.normalisations.sum import Sum


def normalise(w: NDArray[np.float64], weight_sum: float) -> NDArray[np.int64]:
    """Scale each column of `w` to a given sum, in place.

    Parameters
    ----------
    w : ndarray, float64, (n_input, n_exc)
        Weights, changed in place. After scaling a weight may exceed w_max until it is next clipped.
    weight_sum : float
        The sum of each column afterwards: 78 in Diehl & Cook's code.

    Returns
    -------
    ndarray, int64, (n_silent,)
        Columns that sum to 0, or to next to nothing, and were therefore left alone.
    """
    return Sum(value=weight_sum).apply(w)
