r"""Distances between spike trains: van Rossum (2001) and Victor & Purpura (1996).

Implemented here because it is short: the maintained library with both (elephant) depends on neo and quantities, and
computes one pair of trains at a time, while a read-out compares ten thousand pictures with every class. Results equal
those of elephant 1.2 up to rounding, except that its normalisation makes the square of van Rossum's distance twice as
large.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def van_rossum(a: ArrayLike, b: ArrayLike, tau: float) -> float:
    r"""Distance of two spike trains, each filtered with a causal exponential.

    .. math::

        D^2 = \frac{1}{\tau} \int_0^\infty (f - g)^2 dt, \qquad f(t) = \sum_i e^{-(t - t_i)/\tau} H(t - t_i)

    so that one spike against none gives :math:`D^2 = 1/2`, and two spikes :math:`\Delta` apart
    :math:`1 - e^{-\Delta/\tau}`. Source: M. C. W. van Rossum, "A novel spike distance", Neural Computation 13:751
    (2001).

    Parameters
    ----------
    a, b : array_like, float
        Spike times, in any unit.
    tau : float
        Time constant, in the same unit.

    Returns
    -------
    float
        D, not its square.
    """
    x, y = (np.asarray(train, np.float64) for train in (a, b))

    def product(u: NDArray[np.float64], v: NDArray[np.float64]) -> float:
        return float(0.5 * np.exp(-np.abs(u[:, None] - v) / tau).sum())

    return float(np.sqrt(max(0.0, product(x, x) + product(y, y) - 2 * product(x, y))))


def victor_purpura(a: ArrayLike, b: ArrayLike, cost: float) -> float:
    r"""Smallest cost of transforming one spike train into another.

    Adding or removing a spike costs 1, moving it by :math:`\Delta t` costs :math:`q |\Delta t|`. With q = 0 the
    distance is the difference of the numbers of spikes. Source: J. D. Victor and K. P. Purpura, "Nature and precision
    of temporal coding in visual cortex", J. Neurophysiol. 76:1310 (1996).

    Parameters
    ----------
    a, b : array_like, float
        Spike times, ascending, in any unit.
    cost : float
        q, per unit of time.
    """
    x, y = (np.asarray(train, np.float64)[None] for train in (a, b))
    one = victor_purpura_pairs(x, np.array([x.shape[1]]), y, np.array([y.shape[1]]), cost)
    return float(one[0])


def victor_purpura_pairs(
    a: NDArray[np.float64],
    a_spikes: NDArray[np.integer[Any]],
    b: NDArray[np.float64],
    b_spikes: NDArray[np.integer[Any]],
    cost: float,
) -> NDArray[np.float64]:
    """Victor-Purpura distance of many pairs of trains at once.

    Parameters
    ----------
    a, b : ndarray, float64, (n_pairs or 1, most spikes)
        Spike times, ascending; values after the last spike of a train are ignored.
    a_spikes, b_spikes : ndarray, integer, (n_pairs or 1,)
        Number of spikes of each train.
    cost : float
        Cost of moving a spike by one unit of time.

    Returns
    -------
    ndarray, float64, (n_pairs,)
    """
    n = max(len(a), len(b))
    a_spikes, b_spikes = np.broadcast_to(a_spikes, n), np.broadcast_to(b_spikes, n)
    long_a, long_b = int(a_spikes.max(initial=0)), int(b_spikes.max(initial=0))
    # row[j]: cost of transforming the first i spikes of a into the first j of b
    row = [np.full(n, float(j)) for j in range(long_b + 1)]
    result = np.where(a_spikes == 0, b_spikes, 0.0)
    for i in range(1, long_a + 1):
        new = [np.full(n, float(i))]
        for j in range(1, long_b + 1):
            moved = row[j - 1] + cost * np.abs(a[:, i - 1] - b[:, j - 1])
            new.append(np.minimum(np.minimum(row[j], new[j - 1]) + 1.0, moved))
        row = new
        ends = np.flatnonzero(a_spikes == i)
        if len(ends):
            result[ends] = np.array(row)[b_spikes[ends], ends]
    return result
