"""Find the spikes of a population in a frame of ``presentation``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.experiment.graph import Graph

Pairs = tuple[NDArray[np.int32], NDArray[np.int32]]
"""Spikes as (index, bin)."""


def spikes_in(frame: Mapping[str, Any], graph: Graph, population: str) -> Pairs:
    """Return the spikes of a population, or of the input, in a frame; empty if the frame does not contain them."""
    spikes = _spikes(frame, graph, population)
    return (np.empty(0, np.int32), np.empty(0, np.int32)) if spikes is None else spikes


def stimulus_bins(frame: Mapping[str, Any], usual: int) -> int:
    """Return the time steps of the stimulus in a frame of ``presentation``, whose stimulus may be shorter than others.

    Parameters
    ----------
    frame : mapping
        The frame.
    usual : int
        Time steps of the schedule, which a frame of an earlier version does not say.
    """
    return int(frame.get("stimulus_bins", usual))


def rates_in(frame: Mapping[str, Any], graph: Graph, stimulus: float, dt: float) -> dict[str, float]:
    """Return the mean rate of a neuron of each population during the stimulus of a frame of ``presentation``, in Hz.

    Populations without spikes in the frame, or of unknown size, are left out.

    Parameters
    ----------
    frame : mapping
        The frame.
    graph : Graph
        The network.
    stimulus, dt : float
        Duration of the stimulus in the schedule, and of a step, in ms.
    """
    n_bins, rates = stimulus_bins(frame, round(stimulus / dt)), dict[str, float]()
    for name, population in graph.populations.items():
        spikes = _spikes(frame, graph, name)
        if spikes is not None and population.size:
            rates[name] = float((spikes[1] < n_bins).sum()) / population.size / (n_bins * dt * 1e-3)
    return rates


def _spikes(frame: Mapping[str, Any], graph: Graph, population: str) -> Pairs | None:
    """Return the spikes of a population in a frame; None if the frame does not contain them.

    In frames, the spikes of the population that is read are ``exc``, and those of the input ``input``. Those of other
    populations are in ``spikes``, or ``inh`` in a network with only ``exc`` and ``inh``.
    """
    key = "input" if population == graph.input else "exc" if population == graph.read else ""
    spikes: Pairs | None = frame.get(key) if key else frame.get("spikes", {}).get(population)
    if spikes is None and population == "inh":
        spikes = frame.get("inh")
    return spikes
