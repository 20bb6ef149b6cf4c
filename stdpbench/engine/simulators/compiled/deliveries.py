"""Spikes of the input that arrive after a delay of each synapse, delivered from weights in the order of delays.

What arrives in a step comes from many sources, a few synapses of each. Weights of all sources that spike in a
presentation are copied into the order of delays when it starts, so that what one spike brings in a step lies side by
side, in units of a few synapses. An arrival then reads a weight and raises a conductance, and nothing else. This is
possible since an arrival changes only weights of neurons that have fired a short while ago: of all others, what a rule
subtracts is lost in rounding, which is tried for each of these weights. Neurons where it is not, and those that fire
from now on, are dealt with one arrival after the other, as a rule is written. Each target gets the same numbers in the
same order either way. See ``Delivery`` in delays.h and delivery.cpp.
"""

from __future__ import annotations

import re

from stdpbench.engine.network import Layout
from stdpbench.engine.network.layout import ProjectionLayout
from stdpbench.engine.simulators.compiled.arrivals import told_later
from stdpbench.engine.simulators.compiled.rewriting import Code, find, rewrite

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
