"""Base class of encoders, which turn a picture into spikes with a random generator.

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


class Encoder(Parameters):
    """A way to turn a picture into spikes; one kind per file."""

    summary: ClassVar[str]
    reference: ClassVar[str]

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

    @abstractmethod
    def largest_probability(self, brightest: float, attempt: int, dt: float) -> float:
        """Spike probability per step of the brightest pixel; must stay below 1."""
