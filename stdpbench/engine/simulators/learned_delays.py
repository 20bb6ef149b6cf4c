"""Learned delays, which act rounded to the steps at the start of a presentation."""

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
    """Return the factor from seconds to steps; multiplication rounds the same in compiled code, division may not."""
    return 1.0 / (projection.graph.dt * 1e-3)


def rounded(projection: ProjectionLayout, delays: NDArray[np.float64]) -> NDArray[np.int32]:
    """Convert delays from seconds to steps, int32."""
    steps = np.rint(delays * steps_per_second(projection)).astype(np.int32)
    return np.minimum(steps, np.int32(projection.delay_bins))


def start(layout: Layout, array: Arrays, drawn: Mapping[str, NDArray[np.int32]]) -> None:
    """Set delays that learn to the drawn delays."""
    for projection in layout.learn_delays:
        array(f"{projection.name}.d")[...] = drawn[projection.name] * (projection.graph.dt * 1e-3)


def within_bounds(projection: ProjectionLayout, delays: NDArray[np.float64]) -> bool:
    """Return whether delays in seconds are between 0 and the longest possible delay, apart from rounding."""
    limit = (projection.delay_bins + 0.5) / steps_per_second(projection)
    return not delays.size or bool(delays.min() >= 0 and delays.max() <= limit)


def take(layout: Layout, array: Arrays, n_bins: int, apply: Callable[[ProjectionLayout], bool]) -> None:
    """Apply the current delays for a presentation of `n_bins` steps.

    Raises
    ------
    StdpbenchError
        If delays are out of bounds, or spikes in flight could not keep their delay.
    """
    for projection in layout.learn_delays:
        if projection.keeps_delays and n_bins < projection.delay_bins:
            raise StdpbenchError(
                f"a presentation of {n_bins} steps is shorter than the longest delay of {projection.name} "
                f"({projection.delay_bins} steps), whose delays learn: a spike in flight could not keep its delay"
            )
        if not apply(projection):
            longest = projection.projection.longest_delay
            raise StdpbenchError(f"delays of {projection.name} must lie between 0 and d_max ({longest:g} ms)")
        if projection.keeps_delays:  # delays of spikes that are emitted in this presentation
            steps = rounded(projection, array(f"{projection.name}.d"))
            array(f"{projection.name}.{LEFT_WITH}")[...] = steps * (projection.graph.dt * 1e-3)


def clip_to_bounds(projection: ProjectionLayout, array: Arrays) -> None:
    """Clip learned delays to bounds that may have changed."""
    rule = projection.delay_rule
    if rule is not None:
        delays, bounds = array(f"{projection.name}.d"), rule.quantities()
        np.clip(delays, bounds["d_min"], bounds["d_max"], out=delays)


def bring_traces_up_to_date(old: ProjectionLayout, new: ProjectionLayout, array: Arrays, tick: float) -> None:
    """Decay per-synapse traces with the old time constants, up to the last step of the previous presentation.

    Since a trace decays at the start of each step, the new time constants hold from the first step of the next
    presentation on, as for traces of neurons.

    Parameters
    ----------
    old, new : ProjectionLayout
        A projection with a delay per synapse, with its old and new parameters.
    array : callable
        Views of the arrays of the simulator by name.
    tick : float
        One step in the unit of the times stored in synapses.
    """
    before = old.time_constants
    if before == new.time_constants:
        return
    arrival = array(f"{new.name}.{LAST_ARRIVAL}")
    for trace, tau in before.items():
        array(f"{new.name}.{trace}")[...] *= np.exp(np.minimum(arrival + tick, 0) * (new.graph.dt * 1e-3 / tick) / tau)
    arrival[...] = -tick
