"""Response of a network to one presentation: spikes and time courses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from stdpbench.engine.network.layout import PopulationLayout
from stdpbench.kinds.encoding import Spikes

Courses = dict[str, dict[str, NDArray[np.float64]]]
"""Time courses by population and variable, each (n_bins, n_neurons)."""


def recorded(population: PopulationLayout) -> tuple[str, ...]:
    """Return the variables of the neurons of a population that can be recorded."""
    return tuple(variable.name for variable in population.neuron.variables if variable.name not in population.unused)


@dataclass(frozen=True, eq=False)
class Recording:
    """Time courses of some neurons of a population during one presentation, one row per time step.

    Attributes
    ----------
    neurons : ndarray, int64, (n,)
        Indices of the neurons.
    courses : mapping of str to ndarray, float64, (n_bins, n)
        Variables of the neurons at the end of each step, SI units; conductances in units of the leak.
    """

    neurons: NDArray[np.int64]
    courses: Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True, eq=False)
class Response:
    """Response of the network to one presentation.

    Attributes
    ----------
    spikes : mapping of str to Spikes
        All spikes of each population of neurons, sorted by (bin, index).
    input : Spikes
        The spikes that were presented.
    n_bins : int
        Time steps of the stimulus, without the rest after it.
    sizes : mapping of str to int
        Number of neurons of each population.
    recordings : mapping of str to Recording
        Recorded time courses by population.
    """

    spikes: Mapping[str, Spikes]
    input: Spikes
    n_bins: int
    sizes: Mapping[str, int]
    recordings: Mapping[str, Recording] = field(default_factory=dict)

    def counts(self, population: str) -> NDArray[np.int64]:
        """Return the spikes per neuron of a population during the stimulus, without the rest, int64."""
        return np.bincount(self.counted(population).index, minlength=self.sizes[population])

    def counted(self, population: str) -> Spikes:
        """Return the spikes of a population during the stimulus."""
        spikes = self.spikes[population]
        n_counted = int(spikes.bin.searchsorted(self.n_bins))
        return Spikes(spikes.index[:n_counted], spikes.bin[:n_counted])
