"""Sparse synapses of a projection, in compressed rows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError


class Incoming(NamedTuple):
    """Synapses sorted by target, int32.

    Attributes
    ----------
    first : ndarray, (n_target + 1,)
        Synapses of target j are at ``first[j]`` to ``first[j + 1] - 1`` in the other two arrays.
    synapse, source : ndarray, (n_synapses,)
        Number of each synapse, ascending for each target, and its source.
    """

    first: NDArray[np.int32]
    synapse: NDArray[np.int32]
    source: NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Synapses:
    """Pairs of neurons that are connected, sorted by source, then by target. A pair may occur more than once.

    Attributes
    ----------
    n_source, n_target : int
        Sizes of the populations.
    first : ndarray, int32, (n_source + 1,)
        Synapses of source i have the numbers ``first[i]`` to ``first[i + 1] - 1``.
    target : ndarray, int32, (n_synapses,)
        Target of each synapse.
    """

    n_source: int
    n_target: int
    first: NDArray[np.int32]
    target: NDArray[np.int32]

    @classmethod
    def of_pairs(cls, pairs: NDArray[np.int64], n_source: int, n_target: int) -> Synapses:
        """Create synapses from pairs of neurons.

        Parameters
        ----------
        pairs : ndarray, int64, (n_synapses,)
            ``source * n_target + target`` of each synapse, in any order; sorted in place.
        n_source, n_target : int
            Sizes of the populations.

        Raises
        ------
        StdpbenchError
            If there are more than 2**31 - 1 synapses.
        """
        if len(pairs) >= 2**31:
            raise StdpbenchError(f"a projection cannot have {len(pairs):.3g} synapses; the limit is 2.1e9")
        pairs.sort()
        starts = np.arange(n_source + 1, dtype=np.int64) * n_target
        first = np.searchsorted(pairs, starts).astype(np.int32)
        return cls(n_source, n_target, first, (pairs % n_target).astype(np.int32))

    def __len__(self) -> int:
        """Return the number of synapses."""
        return len(self.target)

    @property
    def source(self) -> NDArray[np.int32]:
        """Source of each synapse, int32, (n_synapses,)."""
        return np.repeat(np.arange(self.n_source, dtype=np.int32), np.diff(self.first))

    @cached_property
    def incoming(self) -> Incoming:
        """The synapses sorted by target, for target spikes."""
        synapse = np.argsort(self.target, kind="stable").astype(np.int32)
        counts = np.bincount(self.target, minlength=self.n_target)
        first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
        return Incoming(first, synapse, self.source[synapse])

    def same_pairs(self, other: Synapses) -> bool:
        """Return whether another projection connects the same pairs, so that weights can be compared."""
        same_sizes = (self.n_source, self.n_target) == (other.n_source, other.n_target)
        return same_sizes and all(
            np.array_equal(mine, theirs) for mine, theirs in ((self.first, other.first), (self.target, other.target))
        )

    def places_in(self, other: Synapses) -> NDArray[np.int64]:
        """Return the number of each synapse in another projection; -1 if that does not connect its neurons.

        Several synapses between the same neurons are matched in order.

        Parameters
        ----------
        other : Synapses
            Synapses of the other projection, whose populations may have other sizes.

        Returns
        -------
        ndarray, int64, (n_synapses,)
        """
        n_target = max(self.n_target, other.n_target)
        pairs = [synapses.source * np.int64(n_target) + synapses.target for synapses in (self, other)]
        ranks = [
            np.arange(len(pair)) - np.searchsorted(pair, pair) for pair in pairs
        ]  # among synapses of the same pair
        n_ranks = 1 + max(rank.max(initial=0) for rank in ranks)
        mine, theirs = (pair * n_ranks + rank for pair, rank in zip(pairs, ranks, strict=True))
        place = np.searchsorted(theirs, mine)
        exists = np.take(theirs, place, mode="clip") == mine if len(theirs) else np.zeros(len(mine), bool)
        return np.where(exists, place, -1)

    def dense(self, values: NDArray[np.float64], absent: float = 0.0) -> NDArray[np.float64]:
        """Return values of synapses as a matrix.

        Parameters
        ----------
        values : ndarray, float64, (n_synapses,)
            A value per synapse; values of several synapses between the same neurons are added.
        absent : float
            The value for pairs that are not connected.

        Returns
        -------
        ndarray, float64, (n_source, n_target)
        """
        matrix = np.zeros((self.n_source, self.n_target))
        place = (self.source, self.target)
        np.add.at(matrix, place, values)
        if absent != 0.0:
            connected = np.zeros(matrix.shape, bool)
            connected[place] = True
            matrix[~connected] = absent
        return matrix
