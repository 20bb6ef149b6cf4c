"""Find the spikes of a population in a frame of ``presentation``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.experiment.graph import Graph

Pairs = tuple[NDArray[np.int32], NDArray[np.int32]]
"""Spikes as (index, bin)."""


def spikes_in(frame: Mapping[str, Any], population: str) -> Pairs:
    """Return the spikes of a population, or of the input, in a frame; none if the frame does not have them."""
    pairs: Pairs = frame["spikes"].get(population, (np.empty(0, np.int32), np.empty(0, np.int32)))
    return pairs


def rates_in(frame: Mapping[str, Any], graph: Graph, dt: float) -> dict[str, float]:
    """Return the mean rate of a neuron of each population during the stimulus of a frame of ``presentation``, in Hz.

    Populations without spikes in the frame, or of unknown size, are left out.

    Parameters
    ----------
    frame : mapping
        The frame.
    graph : Graph
        The network.
    dt : float
        Duration of a step, in ms.
    """
    n_bins, rates = frame["stimulus_bins"], dict[str, float]()
    for name, population in graph.populations.items():
        if name in frame["spikes"] and population.size:
            n_spikes = int((frame["spikes"][name][1] < n_bins).sum())
            rates[name] = n_spikes / population.size / (n_bins * dt * 1e-3)
    return rates
