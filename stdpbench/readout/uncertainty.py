"""How sure a number is: bootstrap over test pictures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stdpbench.errors import StdpbenchError

RESAMPLES = 2000


def bootstrap_accuracy(correct: NDArray[np.bool_], seed: int, resamples: int = RESAMPLES) -> tuple[float, float]:
    """95 % percentile interval of an accuracy, over resamples of the pictures.

    To draw n pictures with replacement and count the right ones is to draw from a binomial distribution, which is what
    happens. It says nothing about other seeds, which differ by more.

    Parameters
    ----------
    correct : ndarray, bool, (n_images,)
        Whether each picture was answered right.
    seed : int
        At least 0.
    resamples : int
    """
    n = len(correct)
    if not n:
        raise StdpbenchError("there is no picture to resample")
    shares = np.random.default_rng(seed).binomial(n, correct.mean(), resamples) / n
    low, high = np.percentile(shares, [2.5, 97.5])
    return float(low), float(high)
