"""Input traces that spread to neighbouring inputs: how much of a spike reaches which trace."""

from __future__ import annotations

from functools import lru_cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

from stdpbench.kinds.connections import Synapses

_REACH = 3.0
"""A trace spreads to inputs at up to this many standard deviations in each direction."""


@lru_cache(maxsize=4)
def spread_synapses(shape: tuple[int, ...], sigma: float) -> tuple[Synapses, NDArray[np.float64]]:
    r"""Return which traces a spike of each input adds to, and how much.

    A spike at row r and column c adds :math:`g_{r - r'}\, g_{c - c'}` to the trace at r', c', with
    :math:`g_d \propto e^{-d^2 / 2 \sigma^2}`, whose sum over all d is 1. What would fall outside the grid is lost.

    Parameters
    ----------
    shape : tuple of int
        Shape of the inputs: rows, columns, and any further axes, along which nothing spreads. Inputs without columns
        are one row.
    sigma : float
        Standard deviation, in inputs, above 0.

    Returns
    -------
    synapses : Synapses
        From each input to the inputs whose traces it adds to.
    amounts : ndarray, float64, (n_synapses,)
        What a spike adds.
    """
    rows, columns, *others = shape if len(shape) > 1 else (1, *shape)
    depth = int(np.prod(others))
    reach = int(np.ceil(_REACH * sigma))
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    weights /= weights.sum()
    numbers = np.arange(rows * columns * depth).reshape(rows, columns, depth)
    pairs, amounts = [], []
    across = range(-reach, reach + 1) if rows > 1 else (0,)
    for down, right in product(across, range(-reach, reach + 1)):
        if abs(down) >= rows or abs(right) >= columns:
            continue
        from_ = numbers[max(0, -down) : rows - max(0, down), max(0, -right) : columns - max(0, right)]
        to = numbers[max(0, down) : rows + min(0, down), max(0, right) : columns + min(0, right)]
        amount = weights[right + reach] * (weights[down + reach] if rows > 1 else 1.0)
        pairs.append(from_.reshape(-1) * numbers.size + to.reshape(-1))
        amounts.append(np.full(to.size, amount))
    all_pairs, all_amounts = np.concatenate(pairs), np.concatenate(amounts)
    order = np.argsort(all_pairs, kind="stable")
    synapses = Synapses.of_pairs(all_pairs, numbers.size, numbers.size)
    found = all_amounts[order]
    found.setflags(write=False)
    return synapses, found
