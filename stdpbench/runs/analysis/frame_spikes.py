"""Spikes of a population in a frame of ``presentation``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.experiment.graph import Graph

Pairs = tuple[NDArray[np.int32], NDArray[np.int32]]
"""Spikes as (index, bin)."""


def spikes_in(frame: Mapping[str, Any], graph: Graph, population: str) -> Pairs:
    """Return the spikes of a population, or of the input, in a frame; none if the frame does not have them."""
    found = _found(frame, graph, population)
    return (np.empty(0, np.int32), np.empty(0, np.int32)) if found is None else found


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

    Populations of which the frame has no spikes, or whose size is not known, are missing.

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
        found = _found(frame, graph, name)
        if found is not None and population.size:
            rates[name] = float((found[1] < n_bins).sum()) / population.size / (n_bins * dt * 1e-3)
    return rates


def _found(frame: Mapping[str, Any], graph: Graph, population: str) -> Pairs | None:
    """Return the spikes of a population in a frame; None if it does not have them.

    Frames name the spikes of the population that is read ``exc``, and those of the input ``input``. They have those of
    others by name, but ``inh`` at the top if a network has only this and ``exc``.
    """
    key = "input" if population == graph.input else "exc" if population == graph.read else ""
    found: Pairs | None = frame.get(key) if key else frame.get("spikes", {}).get(population)
    if found is None and population == "inh":
        found = frame.get("inh")
    return found
