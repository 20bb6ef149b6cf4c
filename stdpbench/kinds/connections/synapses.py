"""The synapses of a projection that connects only some pairs of neurons, in compressed rows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError


class Incoming(NamedTuple):
    """The same synapses from the side of their targets, int32.

    Attributes
    ----------
    first : ndarray, (n_target + 1,)
        Those of target j have the places ``first[j]`` to ``first[j + 1] - 1`` in the other two.
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
        """Return the synapses between pairs of neurons.

        Parameters
        ----------
        pairs : ndarray, int64, (n_synapses,)
            ``source * n_target + target`` of each, in any order; sorted in place.
        n_source, n_target : int
            Sizes of the populations.

        Raises
        ------
        StdpbenchError
            If there are more synapses than can be numbered.
        """
        if len(pairs) >= 2**31:
            raise StdpbenchError(f"a projection cannot have {len(pairs):.3g} synapses; 2.1e9 is the limit")
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
        """The same from the side of the targets, for spikes of these."""
        synapse = np.argsort(self.target, kind="stable").astype(np.int32)
        counts = np.bincount(self.target, minlength=self.n_target)
        first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
        return Incoming(first, synapse, self.source[synapse])

    def same_pairs(self, other: Synapses) -> bool:
        """Return whether the synapses of another projection connect the same neurons, so that weights compare."""
        same_sizes = (self.n_source, self.n_target) == (other.n_source, other.n_target)
        return same_sizes and all(
            np.array_equal(mine, theirs) for mine, theirs in ((self.first, other.first), (self.target, other.target))
        )

    def places_in(self, other: Synapses) -> NDArray[np.int64]:
        """Return the number that each synapse has in another projection; -1 if that does not connect its neurons.

        Of several synapses between the same neurons, the first are the same ones in both projections.

        Parameters
        ----------
        other : Synapses
            Synapses of the other projection, whose populations may have other sizes.

        Returns
        -------
        ndarray, int64, (n_synapses,)
        """
        n_target = max(self.n_target, other.n_target)
        pairs = [each.source * np.int64(n_target) + each.target for each in (self, other)]
        rank = [np.arange(len(pair)) - np.searchsorted(pair, pair) for pair in pairs]  # of those of one pair
        most = 1 + max(each.max(initial=0) for each in rank)
        mine, theirs = (pair * most + each for pair, each in zip(pairs, rank, strict=True))
        place = np.searchsorted(theirs, mine)
        there = np.take(theirs, place, mode="clip") == mine if len(theirs) else np.zeros(len(mine), bool)
        return np.where(there, place, -1)

    def dense(self, values: NDArray[np.float64], absent: float = 0.0) -> NDArray[np.float64]:
        """Return values of synapses as a matrix.

        Parameters
        ----------
        values : ndarray, float64, (n_synapses,)
            A value per synapse; those of several synapses between the same neurons are added.
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
            there = np.zeros(matrix.shape, bool)
            there[place] = True
            matrix[~there] = absent
        return matrix
