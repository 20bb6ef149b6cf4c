"""Base class of streams, and their random numbers."""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stdpbench.data.datasets import Source, Split
from stdpbench.data.stimuli import Images
from stdpbench.kinds.encoding import Spikes

BLOCK = 2048
"""Time steps of a block of random numbers."""
_STREAM = 301  # separates random numbers of streams from those of encoders, weights and delays
_CLOSE = 1e-6  # of a step: times in files are rounded decimals


@dataclass(frozen=True, eq=False)
class Occurrences:
    """Occurrences of patterns in a range of a stream.

    Attributes
    ----------
    start, stop : ndarray, int64, (n,)
        First step of each occurrence, and the step after its last one, counted from the start of the stream.
    pattern : ndarray, int64, (n,)
        Number of the pattern.
    """

    start: NDArray[np.int64]
    stop: NDArray[np.int64]
    pattern: NDArray[np.int64]

    def __len__(self) -> int:
        """Count the occurrences."""
        return len(self.start)


class Stream(Source):
    """Endless input spikes; one kind per file."""

    @property
    @abstractmethod
    def n_inputs(self) -> int:
        """Number of input neurons; 0 for no input at all."""

    @abstractmethod
    def spikes(self, seed: int, start: int, stop: int, dt: float) -> Spikes:
        """Return the spikes of a range of time steps.

        Parameters
        ----------
        seed : int
            Seed of the experiment.
        start, stop : int
            First step, and the step after the last one, counted from the start of the stream.
        dt : float
            Time step in seconds.

        Returns
        -------
        Spikes
            Spikes with bins counted from `start`.
        """

    def occurrences(self, seed: int, start: int, stop: int, dt: float) -> Occurrences:
        """Return the patterns that end within a range of time steps; none for a stream without patterns."""
        return Occurrences(*np.empty((3, 0), np.int64))

    @property
    def n_patterns(self) -> int:
        """Number of patterns in the stream."""
        return 0

    def problem(self, dt: float) -> str:
        """Return why a time step in seconds is not allowed, as a sentence; empty if it is."""
        return ""

    def fingerprint(self) -> str:
        """Return the SHA-256 of spikes from a file; empty if spikes depend only on parameters."""
        return ""

    def prepare(self) -> Split:
        """Return a split without pictures that has the shape of the input."""
        none = Images(np.zeros((0, 1, self.n_inputs), np.uint8), None)
        return Split(none, Images(none.pixels.copy(), None), (), fingerprint=self.fingerprint())


def random_of(seed: int, *numbers: int) -> np.random.Generator:
    """Return the generator of a part of a stream, such as a block."""
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence((seed, _STREAM, *numbers))))


def spikes_of(index: NDArray[np.int64], step: NDArray[np.int64], start: int, stop: int, n_inputs: int) -> Spikes:
    """Return the spikes of a range from steps since the start of the stream; duplicates in a step are merged."""
    within = (step >= start) & (step < stop)
    cells = np.unique((step[within] - start) * max(n_inputs, 1) + index[within])
    bins, index = np.divmod(cells, max(n_inputs, 1))
    return Spikes(index.astype(np.int32), bins.astype(np.int32), int(within.sum()) - len(cells))


def spikes_of_blocks(
    blocks: Iterable[tuple[NDArray[np.int64], NDArray[np.int64]]], start: int, stop: int, n_inputs: int
) -> Spikes:
    """Return the spikes of a range from index and step of the spikes in each of its blocks."""
    index, step = (np.concatenate([np.empty(0, np.int64), *arrays]) for arrays in zip(*blocks, strict=True))
    return spikes_of(index, step, start, stop, n_inputs)


def blocks_of(start: int, stop: int, length: int = BLOCK) -> range:
    """Return the numbers of the blocks of a range of time steps."""
    return range(start // length, -(-stop // length))


def step_of(time: NDArray[np.float64], dt: float) -> NDArray[np.int64]:
    """Return the time step of each time in seconds."""
    return np.floor(time / dt + _CLOSE).astype(np.int64)


def bernoulli(
    random: np.random.Generator, probability: NDArray[np.float64], n_steps: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Draw one Bernoulli trial per input and time step.

    Parameters
    ----------
    random : Generator
        Source of random numbers.
    probability : ndarray, float64, (n_inputs,)
        Probability of a spike per step, below 1.
    n_steps : int
        Number of steps.

    Returns
    -------
    index, step : ndarray, int64
        Input and step of each spike.
    """
    largest, n = float(probability.max(initial=0.0)), len(probability)
    if largest <= 0 or n_steps <= 0:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    # draw distinct candidates with the largest probability, then thin them out
    count = random.binomial(n * n_steps, largest)
    cells = random.choice(n * n_steps, count, replace=False, shuffle=False)
    step, index = np.divmod(cells, n)
    kept = random.random(count) * largest < probability[index]
    return index[kept], step[kept]


def digest(*arrays: NDArray[np.generic]) -> str:
    """Return the SHA-256 of arrays, hexadecimal."""
    hasher = hashlib.sha256()
    for array in arrays:
        hasher.update(np.ascontiguousarray(array).data)
    return hasher.hexdigest()
