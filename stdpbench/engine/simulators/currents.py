"""Input currents, which replace spikes and reach neurons through the weights of projections."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.engine.network import Layout
from stdpbench.engine.network.layout import ProjectionLayout
from stdpbench.kinds.connections import Synapses


@dataclass(frozen=True, eq=False)
class Rows:
    """Values that steps add to the receptor of a population.

    Attributes
    ----------
    rows : ndarray, float64, (n_steps, n_neurons) or (1, n_neurons)
        One row per step, or one row for all.
    n_steps : int
        Number of first steps that add their row.
    """

    rows: NDArray[np.float64]
    n_steps: int

    def part(self, start: int, stop: int) -> Rows:
        """Return the rows of the steps `start` to `stop` - 1."""
        n_steps = max(0, min(self.n_steps, stop) - start)
        return Rows(self.rows if len(self.rows) == 1 else self.rows[start : start + n_steps], n_steps)

    def of(self, step: int) -> NDArray[np.float64]:
        """Return the row of one of the steps."""
        return np.asarray(self.rows[0 if len(self.rows) == 1 else step])


Drive = Mapping[tuple[str, str], Rows]
"""Values that a presentation adds to receptors, by population and receptor."""


def drive_of(
    layout: Layout,
    array: Callable[[str], NDArray[np.float64]],
    currents: NDArray[np.float64],
    n_bins: int,
    learning: Collection[str],
) -> Drive:
    """Return the values that input currents add to the receptors of their targets in each step.

    Parameters
    ----------
    layout : Layout
        The network.
    array : callable
        Returns the view of an array by its public name.
    currents : ndarray, float64, (n_input,) or (n_bins, n_input)
        Currents, constant or of each step.
    n_bins : int
        Number of steps of the stimulus.
    learning : collection of str
        Projections that learn in this presentation.

    Raises
    ------
    StdpbenchError
        If the currents do not fit, or a projection of the input learns, has delays, or has short-term plasticity.
    """
    values, n = np.asarray(currents, np.float64), layout.n_input
    if values.shape not in ((n,), (n_bins, n)):
        shown = " × ".join(map(str, values.shape)) or "a single value"
        raise StdpbenchError(f"currents must be {n} numbers, or {n_bins} × {n} for each step, not {shown}")
    if not np.isfinite(values).all():
        raise StdpbenchError("currents must be finite numbers")
    rows, driven = np.atleast_2d(values), dict[tuple[str, str], NDArray[np.float64]]()
    for projection in layout.projections.values():
        if not projection.source.is_input:
            continue
        _check(projection, learning)
        key = projection.target.name, projection.projection.receptor
        added = _through(projection, array, rows)
        driven[key] = driven[key] + added if key in driven else added
    return {key: Rows(rows, n_bins) for key, rows in driven.items()}


def _check(projection: ProjectionLayout, learning: Collection[str]) -> None:
    if projection.name in learning:
        raise StdpbenchError(
            f"currents pass through {projection.name!r}, which learns from spikes in this presentation; leave it out "
            "of plastic"
        )
    if projection.delay_form != "none" or projection.at_end or projection.counted:
        raise StdpbenchError(f"currents cannot pass through {projection.name!r}, which has delays or no weights")
    if projection.release is not None:
        raise StdpbenchError(f"currents cannot pass {projection.name!r}, whose short-term plasticity needs spikes")


def _through(
    projection: ProjectionLayout, array: Callable[[str], NDArray[np.float64]], rows: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return currents (n_steps, n_input) multiplied by the weights of a projection: (n_steps, n_target)."""
    scale = 1.0 if projection.projection.scale is None else projection.projection.scale
    if not projection.has_weights:
        weight = projection.projection.weight.quantities()["value"]
        w = np.full(projection.shape if not projection.sparse else (len(projection.synapses),), weight)
    else:
        w = array(f"{projection.name}.w")
    if projection.sparse:
        w = projection.graph.per_synapse(projection.name, np.asarray(w, np.float64))
        return scale * _through_synapses(projection.synapses, w, rows)
    return np.ascontiguousarray(scale * (rows @ w if w.ndim == 2 else rows * w))


def _through_synapses(synapses: Synapses, w: NDArray[np.float64], rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return currents (n_steps, n_input) multiplied by the weights of single synapses: (n_steps, n_target)."""
    source, target = synapses.source, synapses.target
    return np.array([np.bincount(target, w * row[source], synapses.n_target) for row in rows])
