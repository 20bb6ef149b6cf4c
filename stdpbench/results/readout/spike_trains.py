"""Spike trains of exc neurons for many pictures, in about four bytes per spike.

Like spike counts, they contain only spikes during the stimulus, so `SpikeTrains.counts` equals the counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError


@dataclass(frozen=True, eq=False)
class SpikeTrains:
    """Spikes of a population during each picture.

    Attributes
    ----------
    neuron : ndarray, uint16 or uint32, (n_spikes,)
        Neuron of each spike; sorted by picture, then by time.
    bin : ndarray, uint16, (n_spikes,)
        Time step of each spike, from the start of the presentation.
    first : ndarray, int64, (n_images + 1,)
        Index of the first spike of each picture; the last element is n_spikes.
    n_exc : int
        Number of neurons.
    n_bins : int
        Number of time steps of the stimulus.
    dt : float
        Length of a time step, ms.
    """

    neuron: NDArray[np.unsignedinteger[Any]]
    bin: NDArray[np.uint16]
    first: NDArray[np.int64]
    n_exc: int
    n_bins: int
    dt: float

    def __len__(self) -> int:
        """Count the pictures."""
        return len(self.first) - 1

    @property
    def image(self) -> NDArray[np.int64]:
        """Number of the picture of each spike: int64, (n_spikes,)."""
        return np.repeat(np.arange(len(self)), np.diff(self.first))

    def counts(self) -> NDArray[np.uint16]:
        """Return the spike count of each neuron for each picture: uint16, (n_images, n_exc)."""
        counts = np.zeros((len(self), self.n_exc), np.uint16)
        np.add.at(counts, (self.image, self.neuron), np.uint16(1))
        return counts

    def part(self, start: int, stop: int) -> SpikeTrains:
        """Return the spike trains of pictures `start` to `stop` - 1."""
        first = self.first[start : min(stop, len(self)) + 1]
        spikes = slice(int(first[0]), int(first[-1]))
        return SpikeTrains(self.neuron[spikes], self.bin[spikes], first - first[0], self.n_exc, self.n_bins, self.dt)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays of an npz file."""
        return {
            "neuron": self.neuron,
            "bin": self.bin,
            "spikes": np.diff(self.first).astype(np.uint32),
            "n_exc": np.asarray(self.n_exc),
            "n_bins": np.asarray(self.n_bins),
            "dt": np.asarray(self.dt),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> SpikeTrains:
        """Restore spike trains from the output of `to_arrays`.

        Raises
        ------
        StdpbenchError
            If the arrays are inconsistent.
        """
        try:
            neuron, bins, spikes = arrays["neuron"], arrays["bin"], arrays["spikes"]
            n_exc, n_bins, dt = int(arrays["n_exc"]), int(arrays["n_bins"]), float(arrays["dt"])
        except (KeyError, TypeError, ValueError) as error:
            raise StdpbenchError(f"these are not spike trains: {error} is missing or has another type") from None
        first = np.concatenate([[0], np.cumsum(spikes, dtype=np.int64)])
        whole = all(array.ndim == 1 and np.issubdtype(array.dtype, np.unsignedinteger) for array in (neuron, bins))
        consistent = whole and len(neuron) == len(bins) == first[-1]
        if not consistent or (len(neuron) and (neuron.max() >= n_exc or bins.max() >= n_bins)):
            raise StdpbenchError(f"these are not spike trains of {n_exc} neurons in {n_bins} time steps")
        return cls(neuron, bins.astype(np.uint16), first, n_exc, n_bins, dt)

    @classmethod
    def of_pictures(
        cls,
        pictures: Sequence[tuple[NDArray[np.integer[Any]], NDArray[np.integer[Any]]]],
        n_exc: int,
        n_bins: int,
        dt: float,
    ) -> SpikeTrains:
        """Create trains from neuron and bin of the spikes of each picture; spikes beyond `n_bins` are dropped."""
        kept = [(neuron[bins < n_bins], bins[bins < n_bins]) for neuron, bins in pictures]
        smallest = np.uint16 if n_exc <= 2**16 else np.uint32
        return cls(
            np.concatenate([np.empty(0, smallest), *(neuron.astype(smallest) for neuron, _ in kept)]),
            np.concatenate([np.empty(0, np.uint16), *(bins.astype(np.uint16) for _, bins in kept)]),
            np.concatenate([[0], np.cumsum([len(neuron) for neuron, _ in kept], dtype=np.int64)]).astype(np.int64),
            n_exc,
            n_bins,
            dt,
        )

    @classmethod
    def joined(cls, parts: Sequence[SpikeTrains]) -> SpikeTrains:
        """Concatenate one or more spike trains."""
        sizes = np.concatenate([np.diff(part.first) for part in parts])
        first_part = parts[0]
        return cls(
            np.concatenate([part.neuron for part in parts]),
            np.concatenate([part.bin for part in parts]),
            np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
            first_part.n_exc,
            first_part.n_bins,
            first_part.dt,
        )
