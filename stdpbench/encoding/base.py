"""Base class of encoders, which turn a picture into spikes.

All randomness of input spikes is here. The generator of a presentation is made from (seed, phase, presentation,
attempt), so any process can encode any presentation, in advance or again, with the same spikes.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from stdpbench.parameters import Parameters

PHASES = ("train", "label", "test", "held-out")


@dataclass(frozen=True, eq=False)
class Spikes:
    """Input spikes of one presentation, sorted by (bin, index), no two alike.

    Attributes
    ----------
    index : ndarray, int32, (n_spikes,)
        Input neuron of each spike.
    bin : ndarray, int32, (n_spikes,)
        Time step of each spike, counted from the start of the presentation.
    """

    index: NDArray[np.int32]
    bin: NDArray[np.int32]

    def __len__(self) -> int:
        """Count the spikes."""
        return len(self.index)


def generator(seed: int, phase: str, presentation: int, attempt: int) -> np.random.Generator:
    """Return the random generator of one attempt at one presentation.

    Parameters
    ----------
    seed : int
        Seed of the experiment, at least 0.
    phase : {"train", "label", "test", "held-out"}
        Purpose of the presentation.
    presentation : int
        Number of the presentation within its phase, from 0.
    attempt : int
        0 for the first time that the picture is shown, 1 for the first repetition, and so on.
    """
    entropy = (seed, PHASES.index(phase), presentation, attempt)
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence(entropy)))


def sorted_spikes(
    index: NDArray[np.integer], time: NDArray[np.float64], n_bins: int, dt: float, *, clip: bool = False
) -> Spikes:
    """Return spikes from the times at which they occur.

    Parameters
    ----------
    index : ndarray, integer, (n_spikes,)
        Input neuron of each spike.
    time : ndarray, float64, (n_spikes,)
        Times in s, at least 0. A spike belongs to the time step in which it lies; a time that differs from the start
        of a step by rounding only is that start.
    n_bins : int
        Number of time steps that may carry spikes; later spikes are left out.
    dt : float
        Time step in seconds.
    clip : bool
        Whether later spikes come in the last step instead.
    """
    step = np.floor(time / dt + 1e-6).astype(np.int64)
    if clip:
        step = np.minimum(step, n_bins - 1)
    shown = (step >= 0) & (step < n_bins)
    index, step = np.asarray(index)[shown], step[shown]
    order = np.lexsort((index, step))
    return Spikes(index[order].astype(np.int32), step[order].astype(np.int32))


class Encoder(Parameters):
    """A way to turn a picture into spikes; one kind per file."""

    summary: ClassVar[str]
    reference: ClassVar[str]
    stronger: ClassVar[bool] = False
    """Whether a further attempt shows a picture more strongly. If not, each picture is shown once."""

    @abstractmethod
    def encode(
        self, image: NDArray[np.float64], rng: np.random.Generator, *, attempt: int, n_bins: int, dt: float
    ) -> Spikes:
        """Encode one picture.

        Parameters
        ----------
        image : ndarray, float64, (n_input,)
            Grey values, 0 (no input) to usually 255.
        rng : numpy.random.Generator
            The generator of this presentation and attempt.
        attempt : int
            0 at first; a repetition may be brighter.
        n_bins : int
            Number of time steps that may carry spikes.
        dt : float
            Time step in seconds.

        Raises
        ------
        StdpbenchError
            If the picture cannot be encoded with these parameters.
        """

    def problem(self, brightest: float, attempt: int, n_bins: int, dt: float) -> str:
        """Return why a picture cannot be encoded, as a sentence without full stop; empty if it can.

        Parameters
        ----------
        brightest : float
            Its largest grey value.
        attempt, n_bins, dt
            As in `encode`.
        """
        return ""
