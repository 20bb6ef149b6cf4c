"""Base class of noise: spikes to the neurons of a population in addition to those of its projections."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from stdpbench.declare.parameters import Parameters, parameter


class Noise(Parameters):
    """Random spikes to each neuron of a population, which add a weight to a receptor; one kind per file."""

    receptor: str = parameter("ge", structural=True, help="Variable of the neuron that a spike adds to.")
    weight: float = parameter(1.0, unit="", help="Increment of the receptor per spike.")

    summary: ClassVar[str]

    @abstractmethod
    def draw(
        self, random: np.random.Generator, n_bins: int, n_neurons: int, dt: float
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Draw the spikes of a range of time steps.

        Parameters
        ----------
        random : numpy.random.Generator
            Source of the spikes, which depend only on its state.
        n_bins, n_neurons : int
            Number of steps and of neurons.
        dt : float
            Time step, in ms.

        Returns
        -------
        bin, neuron : ndarray, int64, (n_spikes,)
            Step and neuron of each spike, in any order; a neuron may receive several spikes in a step.
        """
