"""Fast delivery of delayed input spikes: weights in the order of delays, and deferred writes of arrivals.

The spikes that arrive in a step come from many sources, with a few synapses of each. At the start of a presentation,
the weights of all sources that will spike are therefore copied into the order of delays, so that the synapses that one
spike reaches in a step are contiguous, in units of a few synapses. An arrival then only reads a weight and raises a
conductance. This is possible because an arrival changes only the weights of neurons that have fired recently: for all
others, the change is lost in rounding, which is checked for each of these weights. Neurons for which it is not lost,
and neurons that fire during the presentation, are processed arrival by arrival, according to the rule. Each target
gets the same numbers in the same order either way. See ``Delivery`` in delays.h and delivery.cpp.

If delays differ, a synapse stores the time of its last arrival and a trace that was set then. Since the input spikes
are known before a presentation, both follow from the last spike that has arrived. They are only computed when an
output spike reads them, and at the end of a presentation. An arrival then writes one array of synapses, not three.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from stdpbench.engine.network import Layout
from stdpbench.engine.network.layout import LAST_ARRIVAL, ProjectionLayout
from stdpbench.engine.network.values import words_of
from stdpbench.engine.simulators.compiled.rewriting import Code, find, rewrite


def deferred_variables(projection: ProjectionLayout) -> tuple[str, ...]:
    """Return the variables of synapses whose writes by arrivals can be deferred; empty if there are none.

    Additive traces need every arrival, and so do rules that read a trace on input spikes or in every step.
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
    """Describe projections with deferred variables for templates; `by_place` has C++ arrays by group and name."""
    return [
        {
            "number": projection.number,
            "n_sources": projection.source.size,
            "fan_out": projection.target.size,
            "stream": layout.graph.stream,
            "last": by_place[projection.group, LAST_ARRIVAL],
            "traces": [by_place[projection.group, projection.own(trace.name)] for trace in projection.input_traces],
        }
        for projection in layout.projections.values()
        if deferred_variables(projection)
    ]


_FACTOR = r"(?:\w+|\(w/w_max\))(?:\*\*\w+)?"
_CHANGE = re.compile(rf"\s*w = clip\(w [-+] ({_FACTOR}(?:\*{_FACTOR})*), 0, w_max\)\s*")


def delivered(layout: Layout, projection: ProjectionLayout) -> bool:
    """Return whether spikes of a projection are delivered from weights in the order of delays."""
    delayed_input = projection.dense and projection.delays_differ and projection.source.is_input
    in_flight = layout.graph.stream or any(population.is_input for population in layout.in_flight)
    simple = projection.delay_rule is None and projection.projection.scale is None and projection.target.size < 1 << 16
    readable = projection.has_weights and (projection.rule is None or bool(deciding_trace(projection)))
    return delayed_input and simple and not in_flight and readable


def deciding_trace(projection: ProjectionLayout) -> str:
    """Return the output trace to which changes of weights by input spikes are proportional; empty if there is none.

    All other factors must be parameters and the weight, and the change must clip the weight.
    """
    rule = projection.rule
    if rule is None or not deferred_variables(projection):
        return ""
    match = _CHANGE.fullmatch(rule.on_input_spike)
    factors: list[str] = re.findall(_FACTOR, match[1]) if match else []
    traces = {factor.name for factor in projection.output_traces}
    known = {"w", "(w/w_max)", *rule.quantities()}
    other = [factor for factor in factors if factor not in traces]
    deciding = [factor for factor in factors if factor in traces]
    if len(deciding) != 1 or any(factor.partition("**")[0] not in known for factor in other):
        return ""
    return deciding[0]


def without_writes(code: Code) -> str:
    """Return vector code without its writes to arrays."""
    text = code if isinstance(code, str) else "\n".join(code)
    return rewrite(text, r"^\s*_ptr_\w+\[\w+\] = [^;]+;$", "", times=len(re.findall(r"\] = ", text)))


def reading_weight(code: str, name: str) -> str:
    """Return vector code that reads the weight from a variable instead of its array."""
    return rewrite(code, r"^(\s*(?:const )?(?:double|float) w) = _ptr_\w+\[_idx\];$", rf"\1 = {name};", times=1)


def receptor(code: Code) -> str:
    """Return the pointer to the array to which a spike adds the weight."""
    return find(code, r"^\s*(_ptr_\w+)\[_postsynaptic_idx\] = \w+_post;$", times=1)[0]
