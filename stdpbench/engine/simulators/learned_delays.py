"""Delays that learn, as they act: rounded to steps at the start of a presentation."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.engine.network import Layout
from stdpbench.engine.network.layout import LAST_ARRIVAL, LEFT_WITH, ProjectionLayout

Arrays = Callable[[str], NDArray[np.float64]]
"""Views of the arrays of a simulator by name."""


def steps_per_second(projection: ProjectionLayout) -> float:
    """Return the factor that turns seconds into steps: simulators multiply, since compiled code may not divide."""
    return 1.0 / (projection.graph.dt * 1e-3)


def rounded(projection: ProjectionLayout, delays: NDArray[np.float64]) -> NDArray[np.int32]:
    """Return delays in steps, int32, given those in seconds."""
    steps = np.rint(delays * steps_per_second(projection)).astype(np.int32)
    return np.minimum(steps, np.int32(projection.delay_bins))


def start(layout: Layout, array: Arrays, drawn: Mapping[str, NDArray[np.int32]]) -> None:
    """Have delays that learn start from those that were drawn."""
    for each in layout.learn_delays:
        array(f"{each.name}.d")[...] = drawn[each.name] * (each.graph.dt * 1e-3)


def within_bounds(projection: ProjectionLayout, delays: NDArray[np.float64]) -> bool:
    """Whether delays in seconds are between 0 and the longest that there may be, but for rounding."""
    limit = (projection.delay_bins + 0.5) / steps_per_second(projection)
    return not delays.size or bool(delays.min() >= 0 and delays.max() <= limit)


def take(layout: Layout, array: Arrays, n_bins: int, put: Callable[[ProjectionLayout], bool]) -> None:
    """Have the delays of now act in a presentation of `n_bins` steps.

    Raises
    ------
    StdpbenchError
        If some are out of bounds, or spikes in flight could not keep theirs.
    """
    for each in layout.learn_delays:
        if each.keeps_delays and n_bins < each.delay_bins:
            raise StdpbenchError(
                f"a presentation of {n_bins} steps is shorter than the longest delay of {each.name} "
                f"({each.delay_bins} steps), whose delays learn: a spike in flight could not keep its delay"
            )
        if not put(each):
            longest = each.projection.longest_delay
            raise StdpbenchError(f"delays of {each.name} must lie between 0 and d_max ({longest:g} ms)")
        if each.keeps_delays:  # what spikes that leave during this presentation leave with
            steps = rounded(each, array(f"{each.name}.d"))
            array(f"{each.name}.{LEFT_WITH}")[...] = steps * (each.graph.dt * 1e-3)


def clip_to_bounds(projection: ProjectionLayout, array: Arrays) -> None:
    """Move delays that learn between bounds that may have changed."""
    rule = projection.delay_rule
    if rule is not None:
        delays, bounds = array(f"{projection.name}.d"), rule.quantities()
        np.clip(delays, bounds["d_min"], bounds["d_max"], out=delays)


def bring_traces_up_to_date(old: ProjectionLayout, new: ProjectionLayout, array: Arrays, tick: float) -> None:
    """Decay per-synapse traces with the time constants that held until now.

    To the last step of the presentation before, since a trace decays at the start of each step: from the first step of
    the next one on, the new time constants hold, as they do for traces of neurons.

    Parameters
    ----------
    old, new : ProjectionLayout
        A projection whose delays differ, with the parameters until now and from now on.
    array : callable
        Views of the arrays of the simulator by name.
    tick : float
        One step in the unit of times that synapses remember.
    """
    before = old.time_constants
    if before == new.time_constants:
        return
    arrival = array(f"{new.name}.{LAST_ARRIVAL}")
    for trace, tau in before.items():
        array(f"{new.name}.{trace}")[...] *= np.exp(np.minimum(arrival + tick, 0) * (new.graph.dt * 1e-3 / tick) / tau)
    arrival[...] = -tick
