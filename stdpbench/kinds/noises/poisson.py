"""Independent Poisson spikes for each neuron."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.noises.base import Noise


class PoissonNoise(Noise):
    """A Poisson process for each neuron, independent of all others.

    The number of spikes of a neuron in a step has a Poisson distribution with the mean ``rate`` times dt, and may be
    above 1. Many sources of a low rate are equivalent to one source with the sum of their rates.
    """

    kind: Literal["poisson"] = "poisson"
    rate: float = parameter(1.0, unit="Hz", ge=0, help="Mean rate of the spikes that a neuron receives.")

    summary: ClassVar[str] = "Independent Poisson spikes for each neuron"

    def draw(
        self, random: np.random.Generator, n_bins: int, n_neurons: int, dt: float
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Draw the spikes of a range of time steps: their number, then a step and a neuron for each."""
        n_spikes = random.poisson(self.rate * dt * 1e-3 * n_bins * n_neurons)
        cells = random.integers(0, n_bins * n_neurons, n_spikes)
        return cells // n_neurons, cells % n_neurons
