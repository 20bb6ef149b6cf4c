"""Weights that are updated once per period of a stream, between two steps and in NumPy, whatever the simulator.

A presentation is cut where an update is due. The cut of a stream changes no bit, so that neither do these cuts, nor
those into pieces: how many steps have passed since the last update is state.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

import numpy as np
from numpy.typing import NDArray

from stdpbench.declare.expressions import Code
from stdpbench.engine.network import Layout
from stdpbench.engine.network.initial import connected
from stdpbench.engine.network.layout import SINCE_UPDATE, ProjectionLayout
from stdpbench.engine.simulators.response import Courses
from stdpbench.kinds.encoding import Spikes

Arrays = Callable[[str], NDArray[np.float64]]
"""Views of the arrays of a simulator by name."""
_NEVER = 1 << 62


def steps_to_update(layout: Layout, array: Arrays, learning: Collection[str]) -> int:
    """Return the number of steps until the weights of a projection that learns are updated."""
    if not layout.periodic:
        return _NEVER
    left = [
        _period(each, layout.graph.dt) - int(array(f"{each.name}.{SINCE_UPDATE}")[0])
        for each in _periodic(layout, learning)
    ]
    return max(1, min(left, default=_NEVER))


def pass_steps(layout: Layout, array: Arrays, learning: Collection[str], n_bins: int) -> None:
    """Count steps that have been taken, and update the weights that are due."""
    for each in _periodic(layout, learning):
        since = array(f"{each.name}.{SINCE_UPDATE}")
        since += n_bins
        if since[0] >= _period(each, layout.graph.dt):
            _update(array, each)
            since[0] = 0.0


def part_of(spikes: Spikes, start: int, stop: int) -> Spikes:
    """Return the spikes of some steps, with bins counted from the first of these."""
    first, last = np.searchsorted(spikes.bin, [start, stop])
    factor = None if spikes.factor is None else spikes.factor[first:last]
    return Spikes(spikes.index[first:last], spikes.bin[first:last] - np.int32(start), factor=factor)


def joined(parts: list[tuple[int, dict[str, Spikes], Courses]]) -> tuple[dict[str, Spikes], Courses]:
    """Return spikes and courses of consecutive parts of a presentation, each with its first step, as of one."""
    if len(parts) == 1:
        return parts[0][1:]
    spikes = {
        name: Spikes(
            np.concatenate([found[name].index for _, found, _ in parts]),
            np.concatenate([found[name].bin + np.int32(first) for first, found, _ in parts]),
        )
        for name in parts[0][1]
    }
    courses = {
        name: {variable: np.concatenate([each[name][variable] for _, _, each in parts]) for variable in made}
        for name, made in parts[0][2].items()
    }
    return spikes, courses


def _periodic(layout: Layout, learning: Collection[str]) -> list[ProjectionLayout]:
    return [layout.projections[name] for name in layout.periodic.intersection(learning)]


def _period(projection: ProjectionLayout, dt: float) -> int:
    rule = projection.rule
    assert rule is not None
    return max(1, round(projection.values()[rule.period_name].si / (dt * 1e-3)))


def _update(array: Arrays, projection: ProjectionLayout) -> None:
    rule = projection.rule
    assert rule is not None
    names = ("w", *projection.synapse_variables)
    views = {name: array(f"{projection.name}.{name}") for name in names}
    changed = Code(rule.periodically).run({**rule.quantities(), **views})
    for name in changed.keys() & views.keys():
        views[name][...] = changed[name]
    if projection.at_end:
        views["w"][...] *= connected(projection)
