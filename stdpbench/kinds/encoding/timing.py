"""Controls of timing: keep the spike counts of each input, and remove the information in the times.

A network that is as accurate with these spikes as with the intact ones does not use spike times.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.kinds.encoding.base import Spikes

Timing = Literal["intact", "redrawn", "permuted", "shifted", "together"]
CONTROLS: tuple[Timing, ...] = ("redrawn", "permuted", "shifted", "together")
"""Methods that remove timing information; see `altered`."""
_TRIES = 100


def altered(
    spikes: Spikes, timing: Timing, n_bins: int, rng: np.random.Generator, pool: NDArray[np.int64] | None = None
) -> Spikes:
    """Return spikes with the same number per input at other times.

    Parameters
    ----------
    spikes : Spikes
        Spikes of one presentation.
    timing : {"intact", "redrawn", "permuted", "shifted", "together"}
        *redrawn*: each spike gets a time drawn from `pool`, so that only the total rate of all inputs over time
        remains. *permuted*: time steps are permuted, the same for all inputs, so that only synchrony remains.
        *shifted*: the spikes of each input are shifted cyclically by a random time per input, so that only the
        intervals of each input remain. *together*: the k-th spike of each input comes in the k-th step, so that only
        counts remain.
    n_bins : int
        Number of time steps that may carry spikes.
    rng : numpy.random.Generator
        Generator of the times; a different one for each presentation.
    pool : ndarray, int64, optional
        Time steps from which *redrawn* draws; default: those of the presentation.

    Returns
    -------
    Spikes
        Spikes with the same factors; no input has two spikes in the same step.
    """
    if timing == "intact" or not len(spikes):
        return spikes
    index = spikes.index.astype(np.int64)
    if timing == "permuted":
        bins = rng.permutation(n_bins)[spikes.bin]
    elif timing == "shifted":
        shifts = rng.integers(0, n_bins, int(index.max()) + 1)
        bins = (spikes.bin + shifts[index]) % n_bins
    elif timing == "together":
        by_input = np.argsort(index, kind="stable")
        bins = np.empty_like(index)
        bins[by_input] = np.arange(len(index)) - np.searchsorted(index[by_input], index[by_input])
    else:
        bins = _redrawn(index, n_bins, rng, spikes.bin if pool is None else pool)
    order = np.lexsort((index, bins))
    factor = None if spikes.factor is None else spikes.factor[order]
    return Spikes(spikes.index[order], bins[order].astype(np.int32), factor=factor)


def _redrawn(
    index: NDArray[np.int64], n_bins: int, rng: np.random.Generator, pool: NDArray[np.integer]
) -> NDArray[np.int64]:
    """Draw a time step for each spike from a pool, different ones for spikes of the same input."""
    usable = np.asarray(pool, np.int64)
    usable = usable[usable < n_bins]
    if not len(usable):
        usable = np.arange(n_bins)
    bins = rng.choice(usable, len(index))
    for _ in range(_TRIES):
        repeated = _repeated(index, bins)
        if not len(repeated):
            return bins
        bins[repeated] = rng.choice(usable, len(repeated))
    for spike in _repeated(index, bins).tolist():  # more spikes than the pool has steps: any free step
        free = np.setdiff1d(np.arange(n_bins), bins[index == index[spike]])
        bins[spike] = rng.choice(free)
    return bins


def _repeated(index: NDArray[np.int64], bins: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the numbers of spikes whose input has an earlier spike in the same step."""
    order = np.lexsort((bins, index))
    same = (np.diff(index[order]) == 0) & (np.diff(bins[order]) == 0)
    repeated: NDArray[np.int64] = order[1:][same]
    return repeated
