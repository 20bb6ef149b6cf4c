"""Spikes of a population in a frame of ``presentation``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.graph import Graph

Pairs = tuple[NDArray[np.int32], NDArray[np.int32]]
"""Spikes as (index, bin)."""


def spikes_in(frame: Mapping[str, Any], graph: Graph, population: str) -> Pairs:
    """Return the spikes of a population, or of the input, in a frame; none if the frame does not have them.

    Frames name the spikes of the population that is read ``exc``, and those of the input ``input``. They have those of
    others by name, but ``inh`` at the top if a network has only this and ``exc``.
    """
    key = "input" if population == graph.input else "exc" if population == graph.read else ""
    found: Pairs | None = frame.get(key) if key else frame.get("spikes", {}).get(population)
    if found is None and population == "inh":
        found = frame.get("inh")
    return (np.empty(0, np.int32), np.empty(0, np.int32)) if found is None else found
