"""Plastic synapses in Brian2: model code for traces, averages and the effects of spikes on a synapse.

The same functions create the synapses of a network and those of the laboratory, whose spikes are imposed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from stdpbench.engine.network.brian import CodeRunner
from stdpbench.engine.network.brian import brian2 as b2
from stdpbench.engine.network.layout import (
    DELAY,
    LAST_ARRIVAL,
    LAST_CHANGE,
    LEARNING_SPIKE,
    PLACE,
    ProjectionLayout,
    delay_name,
    synaptic_name,
)
from stdpbench.engine.network.values import Value
from stdpbench.kinds.plasticity import PlasticityRule, Trace


def declare(values: Mapping[str, Value]) -> str:
    """Return shared parameters as lines of a Brian2 model."""
    return "\n".join(f"{name} : {value.unit} (shared, constant)" for name, value in values.items())


def clean(code: str) -> str:
    """Return code without indentation."""
    return "\n".join(line.strip() for line in code.strip().splitlines())


def replace(code: str, names: Mapping[str, str]) -> str:
    """Return code with names replaced by other names or expressions."""
    pattern = re.compile(r"\b(" + "|".join(map(re.escape, names)) + r")\b") if names else None
    return clean(pattern.sub(lambda match: names[match[1]], code) if pattern else code)


def late_name(variable: str) -> str:
    """Return the name of the variable with the delayed value of an average."""
    return f"{variable}_late"


def decay(own: Callable[[str], str], traces: tuple[Trace, ...], learns: str = "1") -> str:
    """Return code for one step of decay of traces on neurons, named by `own`; frozen while `learns` is 0."""
    time = "dt" if learns == "1" else f"dt*{learns}"
    return "\n".join(f"{own(t.name)} = {own(t.name)}*exp(-{time}/{own(t.tau)})" for t in traces)


def touch(own: Callable[[str], str], traces: tuple[Trace, ...], suffix: str = "", learns: str = "1") -> str:
    """Return code for the effect of a spike on the traces of its side; none while `learns` is 0."""

    def code(name: str, trace: Trace) -> str:
        if trace.on_spike == "add":
            return f"{name} += {learns}"
        return f"{name} = 1" if learns == "1" else f"{name} = {name}*(1 - {learns}) + {learns}"

    return "\n".join(code(f"{own(trace.name)}{suffix}", trace) for trace in traces)


def on_spike(group: Any, code: str, *, when: str, order: int, name: str) -> Any:
    """Return an object that runs code for the spiking neurons of a group, as Brian2's Resetter does."""
    return CodeRunner(
        group,
        "reset",
        code=code,
        when=when,
        order=order,
        name=name,
        needed_variables=["_spikespace"],
        template_kwds={"eventspace_variable": group.variables["_spikespace"]},
    )


def follow_averages(group: Any, projection: ProjectionLayout) -> list[Any]:
    """Create the code by which averages on `group` follow its potential or its traces in every step."""
    runners = []
    names = {variable.name: projection.own(variable.name) for variable in projection.output_variables}
    names |= {name: projection.own(name) for name in projection.values()}
    for kind, order, follows_v in (("potentials", -1, True), ("averages", 1, False)):
        # exact if the followed value is constant during the step
        averages = [average for average in projection.averages if average.follows_v == follows_v]
        code = "\n".join(f"{a.name} = ({a.of}) + ({a.name} - ({a.of}))*exp(-dt/{a.tau})" for a in averages)
        if code:
            name = f"{group.name}_{projection.own(kind)}"
            runners.append(group.run_regularly(replace(code, names), when="groups", order=order, name=name))
    return runners


def raise_averages(group: Any, projection: ProjectionLayout) -> list[Any]:
    """Create the code by which a spike of `group` raises averages, after all code that reads their old values."""
    names = {average.name: projection.own(average.name) for average in projection.averages}
    names |= {name: projection.own(name) for name in projection.values()}
    code = "\n".join(f"{a.name} += {a.on_spike}" for a in projection.averages if a.on_spike)
    name = f"{group.name}_{projection.own('jumps')}"
    return [on_spike(group, replace(code, names), when="resets", order=1, name=name)] if code else []


def held_as(real: type[np.floating[Any]], model: Iterable[str]) -> dict[str, type[np.floating[Any]]]:
    """Return the dtype of the variables that lines of a Brian2 model declare; others are float64."""
    return {line.partition(" ")[0]: real for line in model if line}


def carry(
    group: Any, values: dict[str, Value], variables: Sequence[str], real: type[np.floating[Any]] = np.float64
) -> None:
    """Add parameters, and variables of dtype `real`, to a spike generator group, which has no model."""
    for name, value in values.items():
        dimensions = b2.get_dimensions(1 if value.unit == "1" else getattr(b2, value.unit))
        group.variables.add_array(name, size=1, dimensions=dimensions, scalar=True, constant=True)
    for name in variables:
        group.variables.add_array(name, size=len(group), dtype=real)


def let_decay(group: Any, projection: ProjectionLayout, traces: tuple[Trace, ...]) -> list[Any]:
    """Create the code by which traces of a group decay in every step."""
    name = f"{group.name}_{projection.own('decay')}"
    return [group.run_regularly(decay(projection.own, traces), when="groups", name=name)] if traces else []


def plastic_synapses(
    projection: ProjectionLayout, values: dict[str, Value], source: Any, target: Any, drive: str
) -> Any:
    """Create the synapses of a projection, unconnected.

    Parameters
    ----------
    projection : ProjectionLayout
        The projection, with or without a rule.
    values : dict of str to Value
        Parameters that the synapses hold.
    source, target : Group
        The neurons.
    drive : str
        Effect of an input spike apart from learning; empty if the target's spikes are imposed. In that case, code of a
        rule for every step runs in every step; in a network, it is applied lazily at the next event of a synapse.
    """
    rule, own, differ = projection.rule, projection.own, projection.delays_differ
    model = list[str]()
    pre, post, touched = list[str](), list[str](), list[str]()
    now, unit, dt = ("t_in_timesteps", "1", "*dt") if projection.graph.stream else ("t", "second", "")
    lazily = False
    before: list[str] = [drive]
    if projection.has_weights:
        model += ["w : 1 (linked)", f"{PLACE} : integer (constant)"] if projection.shared else ["w : 1"]
    if rule is not None:
        names = {name: synaptic_name(name) for name in rule.quantities()}
        names |= {name: own(name) for name in rule.synapse_variables}
        late = {average.name for average in projection.averages if average.delay}
        for v in projection.output_variables:
            names[v.name] = f"{late_name(own(v.name)) if v.name in late else own(v.name)}_post"
        if rule.output_neuron:
            names["v"] = "v_post"
        if differ:
            # one trace per synapse, since spikes arrive at different times; its decay is computed when it is read
            traces = projection.input_traces
            model += [f"{own(trace.name)} : 1" for trace in traces]
            decayed = {
                t.name: f"({own(t.name)}*exp(({LAST_ARRIVAL} - {now}){dt}/{synaptic_name(t.tau)}))" for t in traces
            }
            pre.append(replace(rule.on_input_spike, names | decayed))
            post.append(replace(rule.on_output_spike, names | decayed))
            touched += [
                f"{own(t.name)} = 1" if t.on_spike == "set" else f"{own(t.name)} = {decayed[t.name]} + 1"
                for t in traces
            ]
        else:
            names |= {trace.name: f"{own(trace.name)}_pre" for trace in projection.input_traces}
            pre.append(replace(rule.on_input_spike, names))
            post.append(replace(rule.on_output_spike, names))
        lazily = bool(drive and rule.each_step)
        variables = projection.synapse_variables if drive else rule.synapse_variables
        model += [f"{own(name)} : 1" for name in variables]
        model += [f"{LAST_CHANGE} : second"] if lazily else []
        # keeps the weights of unconnected pairs at 0
        itself = f"w = w*{connected_code(projection)}" if projection.at_end else ""
        caught_up = "\n".join(code for code in (replace(_since_last(rule), names), itself) if code) if lazily else ""
        before = [caught_up, drive]
        post = [caught_up, *post]
        if itself:
            touched.append(itself)
            post.append(itself)
    shift = "" if projection.delay_rule is None else _learn_delays(projection, model, post, touched)
    if projection.learns and differ:
        model.append(f"{LAST_ARRIVAL} : {unit}")
        touched.append(f"{LAST_ARRIVAL} = {now}")
    pre += touched
    pre = [code for code in (*before, *pre) if code]
    post = [code for code in post if code]
    on_pre: Any = {"pre": "\n".join(pre)} if pre else None
    if drive and projection.learns:
        on_pre["drive"] = drive
    if shift:
        on_pre["shift"] = shift
    synapses = b2.Synapses(
        source,
        target,
        "\n".join([*model, declare(values)]),
        on_pre=on_pre,
        on_post={"post": "\n".join(post)} if post else None,
        on_event={"post": LEARNING_SPIKE} if post and projection.target.population.learning_spikes else "spike",
        clock=source.clock,
        name=projection.group,
        dtype=held_as(
            projection.graph.real, (line for line in model if not line.startswith((f"{DELAY} :", f"{PLACE} :")))
        ),
    )
    _set_order(synapses, projection)
    if rule is not None and lazily:
        at_end = f"{caught_up}\n{LAST_CHANGE} = 0*second"
        synapses.run_regularly(at_end, when="end", name=own("end"))
    elif rule is not None and rule.each_step:
        synapses.run_regularly(replace(rule.each_step, names), when="groups", order=2, name=own("step"))
    return synapses


def _learn_delays(projection: ProjectionLayout, model: list[str], post: list[str], touched: list[str]) -> str:
    """Return the code of a delay rule for the arrival of a spike, and append its other code to the lists.

    The lists get variables of the model, code for output spikes, and updates of traces of arrivals. The returned code
    is a separate pathway, so that it can be skipped if an output trace has decayed; it runs before these updates.
    """
    rule, own = projection.delay_rule, projection.own_of_delay
    assert rule is not None
    traces = projection.delay_traces("input")
    decayed = {t.name: f"({own(t.name)}*exp(({LAST_ARRIVAL} - t)/{delay_name(t.tau)}))" for t in traces}
    names = {name: delay_name(name) for name in rule.quantities()} | {"d": DELAY} | decayed
    names |= {trace.name: f"{own(trace.name)}_post" for trace in projection.delay_traces("output")}
    model += [f"{DELAY} : second", *(f"{own(trace.name)} : 1" for trace in traces)]
    post.append(replace(rule.on_output_spike, names))
    touched += [
        f"{own(t.name)} = 1" if t.on_spike == "set" else f"{own(t.name)} = {decayed[t.name]} + 1" for t in traces
    ]
    return replace(rule.on_input_spike, names)


def connected_code(projection: ProjectionLayout) -> str:
    """Return an expression that is 1 for pairs of neurons that `others` connects, else 0."""
    return f"int({projection.condition})"


def _set_order(synapses: Any, projection: ProjectionLayout) -> None:
    """Order the pathways of projections by declaration: input events, then traces (0), then output events.

    For input events, changes of delays come first.
    """
    for pathway in synapses._pathways:
        pathway.order = 1 + projection.number if pathway.prepost == "post" else projection.number - FIRST
        if pathway.name == projection.own("shift"):
            pathway.order -= 0.5


FIRST = 10_000
"""Input events of projection k have the order ``k - FIRST``; it exceeds any practical number of projections."""


def _since_last(rule: PlasticityRule) -> str:
    """Return the code of a rule for every step, applied to all steps since the last update, including this one."""
    gone = rule.protocol_variables
    lines = [line for line in clean(rule.each_step).splitlines() if line.split()[0] not in gone]
    code = replace("\n".join(lines), {"dt": "since", **dict.fromkeys(gone, "0")})
    return f"since = t + dt - {LAST_CHANGE}\n{code}\n{LAST_CHANGE} = t + dt"


def set_parameters(groups: Mapping[str, Any], parameters: Mapping[str, Mapping[str, float]]) -> None:
    """Write the values of shared parameters, SI units, by group and name."""
    for group, values in parameters.items():
        for name, value in values.items():
            groups[group].variables[name].set_value(value)
