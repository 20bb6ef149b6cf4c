"""Delayed spikes of the input: their delivery from weights in the order of delays, and what their arrivals write.

What arrives in a step comes from many sources, a few synapses of each. Weights of all sources that spike in a
presentation are copied into the order of delays when it starts, so that what one spike brings in a step lies side by
side, in units of a few synapses. An arrival then reads a weight and raises a conductance, and nothing else. This is
possible since an arrival changes only weights of neurons that have fired a short while ago: of all others, what a rule
subtracts is lost in rounding, which is tried for each of these weights. Neurons where it is not, and those that fire
from now on, are dealt with one arrival after the other, as a rule is written. Each target gets the same numbers in the
same order either way. See ``Delivery`` in delays.h and delivery.cpp.

Where delays differ, a synapse remembers its last arrival: a trace that was set, and when. The spikes of the input are
known before a presentation, so the last one that has arrived says both. It is asked for where an output spike reads
them, and at the end of a presentation. Of three arrays of synapses, one is left for every arrival to change.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from stdpbench.engine.network import Layout
from stdpbench.engine.network.layout import LAST_ARRIVAL, ProjectionLayout
from stdpbench.engine.network.values import words_of
from stdpbench.engine.simulators.compiled.rewriting import Code, find, rewrite


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


_FACTOR = r"(?:\w+|\(w/w_max\))(?:\*\*\w+)?"
_CHANGE = re.compile(rf"\s*w = clip\(w [-+] ({_FACTOR}(?:\*{_FACTOR})*), 0, w_max\)\s*")


def delivered(layout: Layout, projection: ProjectionLayout) -> bool:
    """Whether spikes of a projection are delivered in this way."""
    fits = projection.dense and projection.delays_differ and projection.source.is_input
    waits = layout.graph.stream or any(each.is_input for each in layout.in_flight)
    plain = projection.delay_rule is None and projection.projection.scale is None and projection.target.size < 1 << 16
    read = projection.has_weights and (projection.rule is None or bool(deciding_trace(projection)))
    return fits and plain and not waits and read


def deciding_trace(projection: ProjectionLayout) -> str:
    """Return the output trace in proportion to which an input spike changes a weight; empty if there is none.

    All else must be numbers and the weight itself, which the change keeps within its bounds.
    """
    rule = projection.rule
    if rule is None or not told_later(projection):
        return ""
    found = _CHANGE.fullmatch(rule.on_input_spike)
    factors: list[str] = re.findall(_FACTOR, found[1]) if found else []
    traces = {each.name for each in projection.output_traces}
    known = {"w", "(w/w_max)", *rule.quantities()}
    other = [each for each in factors if each not in traces]
    deciding = [each for each in factors if each in traces]
    if len(deciding) != 1 or any(each.partition("**")[0] not in known for each in other):
        return ""
    return deciding[0]


def without_writes(code: Code) -> str:
    """Return vector code that computes the same and writes no array."""
    text = code if isinstance(code, str) else "\n".join(code)
    return rewrite(text, r"^\s*_ptr_\w+\[\w+\] = [^;]+;$", "", times=len(re.findall(r"\] = ", text)))


def reading_weight(code: str, name: str) -> str:
    """Return vector code that takes the weight from a variable instead of its array."""
    return rewrite(code, r"^(\s*(?:const )?(?:double|float) w) = _ptr_\w+\[_idx\];$", rf"\1 = {name};", times=1)


def receptor(code: Code) -> str:
    """Return the pointer to what a spike adds the weight to."""
    return find(code, r"^\s*(_ptr_\w+)\[_postsynaptic_idx\] = \w+_post;$", times=1)[0]
