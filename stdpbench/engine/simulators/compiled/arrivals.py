"""What arrivals of delayed spikes write to synapses, told later from the spikes instead.

Where delays differ, a synapse remembers its last arrival: a trace that was set, and when. The spikes of the input are
known before a presentation, so that the last one that has arrived says both. It is asked for where an output spike
reads them, and at the end of a presentation. Of three arrays of synapses, one is left for every arrival to change.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stdpbench.engine.network import Layout
from stdpbench.engine.network.layout import LAST_ARRIVAL, ProjectionLayout
from stdpbench.engine.network.values import words_of


def told_later(projection: ProjectionLayout) -> tuple[str, ...]:
    """Return the variables of synapses that arrivals need not write; empty if there are none.

    Traces that add up need every arrival, and so do rules that read a trace on input spikes or in every step.
    """
    rule = projection.rule
    if not (projection.dense and projection.delays_differ and projection.source.is_input) or rule is None:
        return ()
    traces = projection.input_traces
    if projection.delay_rule is not None or rule.each_step or any(trace.on_spike == "add" for trace in traces):
        return ()
    if words_of(rule.on_input_spike).intersection(trace.name for trace in traces):
        return ()
    return (*(projection.own(trace.name) for trace in traces), LAST_ARRIVAL)


def described(layout: Layout, by_place: Mapping[tuple[str, str], str]) -> list[dict[str, Any]]:
    """Return what templates need of each projection with such variables; `by_place`: C++ arrays by group and name."""
    return [
        {
            "number": each.number,
            "n_sources": each.source.size,
            "fan_out": each.target.size,
            "stream": layout.graph.stream,
            "last": by_place[each.group, LAST_ARRIVAL],
            "traces": [by_place[each.group, each.own(trace.name)] for trace in each.input_traces],
        }
        for each in layout.projections.values()
        if told_later(each)
    ]
