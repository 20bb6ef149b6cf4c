"""Curves of the measures of blocks of training presentations."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from stdpbench.results.readout import READOUTS
from stdpbench.runs.protocol.facts import Block

Points = tuple[NDArray[np.float64], NDArray[np.float64]]
Series = dict[str, Points]


def series(blocks: Mapping[int, Block], population: str = "", projection: str = "") -> Series:
    """Return the curves of a run by name, as presentations and values; unknown values are omitted.

    ``"spikes"`` is the mean per presentation, ``"theta"`` the mean in mV, ``"change"`` the mean |Δw| per synapse; the
    curves of read-outs are running accuracies in per cent.

    Parameters
    ----------
    blocks : mapping of int to Block
        Blocks by the position at which they end.
    population, projection : str
        What spikes and thresholds, and changes of weights are of, by name. Default: the population that is read, and
        the projection that is shown where only one can be.
    """
    ends = np.array(sorted(blocks), float)
    ordered = [blocks[int(end)] for end in ends]
    found = {
        "spikes": np.array([float(np.mean(block.spikes)) for block in ordered]),
        "theta": np.array([block.mean_theta for block in ordered]),
        "change": np.array([block.weight_change for block in ordered]),
    }
    of = {"spikes": population, "theta": population, "change": projection}
    for name, other in of.items():
        if other:
            found[name] = np.array([block.others.get(f"{other}.{name}", np.nan) for block in ordered], float)
    for name in READOUTS:
        found[name] = 100 * np.array([block.accuracy.get(name, np.nan) for block in ordered])
    return {name: (ends[np.isfinite(y)], y[np.isfinite(y)]) for name, y in found.items()}
