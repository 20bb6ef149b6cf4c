"""Experiment to Brian2 objects.

The same objects serve every simulator. Order within a time step (Brian2's slots, and `order` where one slot holds
several):

1. ``groups``: neurons take their step, traces decay; then averages follow the traces (training only);
2. ``thresholds``: spikes;
3. ``synapses``: input event (-1), input traces are set (0), output event (1); exc spikes reach inh, inh spikes reach
the pool;
4. ``resets``: reset of spiking neurons, output traces are set;
5. ``after_resets``: lateral inhibition is applied; ``end``: the pool is emptied.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from stdpbench.network.brian import CodeRunner
from stdpbench.network.brian import brian2 as b2
from stdpbench.network.layout import LAST_ARRIVAL, Layout, brian_name
from stdpbench.neurons import Neuron


@dataclass
class BuiltNetwork:
    """Brian2's objects for a layout.

    Attributes
    ----------
    network : brian2.Network
        Everything, ready to run.
    groups : dict of str to Group
        By the names of `stdpbench.network.layout`.
    training_only, frozen_only : set of str
        Names of Brian2 objects that run in training only, or with frozen weights only.
    fan_out : dict of str to int
        Synapses per source, for groups of synapses ordered by source with the same number each.
    only_if_nonzero : dict of str to list of str
        Names of Brian2 objects that change nothing while all these state variables (of one element each) are 0, so
        that a simulator may leave them out of such a step.
    """

    network: Any
    groups: dict[str, Any]
    training_only: set[str] = field(default_factory=set)
    frozen_only: set[str] = field(default_factory=set)
    fan_out: dict[str, int] = field(default_factory=dict)
    only_if_nonzero: dict[str, list[str]] = field(default_factory=dict)


def build(layout: Layout) -> BuiltNetwork:
    """Make the Brian2 network of a layout on the device that is set."""
    experiment, n = layout.experiment, layout.n_exc
    # a clock of its own: Brian2's default clock is shared by all networks of a process. Always of the same name, so
    # that code which Cython compiled for one network serves the next.
    clock = b2.Clock(experiment.network.dt * b2.ms, name="network_clock")
    parameters = layout.parameters()
    groups: dict[str, Any] = {}
    built = BuiltNetwork(None, groups)
    extra: list[Any] = []

    source = b2.SpikeGeneratorGroup(layout.n_input, [], [] * b2.ms, clock=clock, name="input")
    groups["input"] = source
    if not layout.delays_differ:
        extra += _input_traces(layout, source, parameters["input"])
        built.training_only |= {obj.name for obj in extra}

    groups["pool"] = b2.NeuronGroup(1, "total : 1\ntotal_next : 1", clock=clock, name="pool")
    groups["exc"] = _exc(layout, parameters["exc"], groups["pool"])
    groups["plastic"] = _plastic(layout, parameters["plastic"], source, groups["exc"])
    built.training_only |= {"plastic_pre", "plastic_post", "exc_averages"}
    built.frozen_only |= {"plastic_drive"}
    built.fan_out["plastic"] = n

    direct = experiment.network.inhibition == "direct"
    inhibitor = groups["exc"]
    if layout.has_layer:
        inhibitor = groups["inh"] = _inh(layout, parameters["inh"], clock)
        groups["exc_to_inh"] = b2.Synapses(
            groups["exc"],
            inhibitor,
            "w_exc_inh : 1 (shared, constant)",
            on_pre="ge_post += w_exc_inh",
            clock=clock,
            name="exc_to_inh",
        )
        groups["exc_to_inh"].connect(j="i")
        built.fan_out["exc_to_inh"] = 1
    stage = "_next" if direct else ""
    pending = ["pool.total", "pool.total_next"] if direct else ["pool.total"]
    built.only_if_nonzero |= {"exc_inhibition": pending, "pool_end": pending}
    groups["to_pool"] = b2.Synapses(
        inhibitor, groups["pool"], on_pre=f"total{stage}_post += 1", clock=clock, name="to_pool"
    )
    groups["to_pool"].connect()
    groups["to_own"] = b2.Synapses(inhibitor, groups["exc"], on_pre=f"own{stage}_post = 1", clock=clock, name="to_own")
    groups["to_own"].connect(j="i")
    built.fan_out |= {"to_pool": 1, "to_own": 1}

    _set_parameters(groups, parameters)
    objects = [*groups.values(), *extra]
    built.network = b2.Network(*objects)
    return built


def _declare(names: dict[str, float], units: dict[str, str]) -> str:
    return "\n".join(f"{name} : {units[name]} (shared, constant)" for name in names)


def _units_of(*declared: Any) -> dict[str, str]:
    """Brian2 unit of every parameter of the given Parameters objects."""
    brian = {"": "1", "ms": "second", "s": "second", "mV": "volt", "V": "volt", "Hz": "Hz"}
    units = {"w_inh_exc": "1", "w_exc_inh": "1"}
    for parameters in declared:
        for p in parameters.describe():
            if p.unit is not None:
                units |= dict.fromkeys((brian_name(p.name), f"{brian_name(p.name)}_syn"), brian[p.unit])
    return units


def _step(neuron: Neuron, skip: tuple[str, ...] = ()) -> str:
    """One time step of a neuron, with the decay of its conductances; `skip` names conductances it does not have."""
    code = neuron.update
    for conductance, tau in neuron.conductances:
        if conductance in skip:
            code = re.sub(rf"\b{conductance}\b", "0", code)
        else:
            code += f"\n{conductance} = {conductance}*exp(-dt/{tau})"
    return _clean(code)


def _clean(code: str) -> str:
    return "\n".join(line.strip() for line in code.strip().splitlines())


def _exc(layout: Layout, parameters: dict[str, float], pool: Any) -> Any:
    experiment = layout.experiment
    neuron, direct = experiment.exc, experiment.network.inhibition == "direct"
    model = [f"{variable.name} : {variable.unit}" for variable in neuron.variables]
    model += [f"{variable.name} : 1" for variable in layout.output_variables]
    model += ["own : 1", "total : 1 (linked)"]
    if direct:
        model += ["own_next : 1"]
    model.append(_declare(parameters, _units_of(neuron, experiment.plasticity)))
    events = [f"{t.name} = 1" if t.on_spike == "set" else f"{t.name} += 1" for t in layout.output_traces]
    group = b2.NeuronGroup(
        layout.n_exc,
        "\n".join(model),
        threshold=neuron.threshold,
        reset=_clean(neuron.reset) + "\n" + "\n".join(events),
        clock=pool.clock,
        name="exc",
    )
    group.total = b2.linked_var(pool, "total")
    decay = [f"{trace.name} = {trace.name}*exp(-dt/{trace.tau})" for trace in layout.output_traces]
    group.run_regularly("\n".join([_step(neuron), *decay]), when="groups", name="exc_step")
    if layout.averages:
        # exact for what is followed as it is now, in place of its course within the step
        move = [f"{a.name} = ({a.of}) + ({a.name} - ({a.of}))*exp(-dt/{a.tau})" for a in layout.averages]
        group.run_regularly("\n".join(move), when="groups", order=1, name="exc_averages")
    after = ["gi += w_inh_exc*(total - own)", "own = own_next" if direct else "own = 0"]
    if direct:
        after.append("own_next = 0")
    group.run_regularly("\n".join(after), when="after_resets", name="exc_inhibition")
    shift = "total = total_next\ntotal_next = 0" if direct else "total = 0"
    pool.run_regularly(shift, when="end", name="pool_end")
    return group


def _inh(layout: Layout, parameters: dict[str, float], clock: Any) -> Any:
    neuron = layout.experiment.inh
    model = [f"{v.name} : {v.unit}" for v in neuron.variables if v.name != "gi"]
    model.append(_declare(parameters, _units_of(neuron)))
    group = b2.NeuronGroup(
        layout.n_exc, "\n".join(model), threshold=neuron.threshold, reset=_clean(neuron.reset), clock=clock, name="inh"
    )
    group.run_regularly(_step(neuron, skip=("gi",)), when="groups", name="inh_step")
    return group


def _input_traces(layout: Layout, source: Any, parameters: dict[str, float]) -> list[Any]:
    """Give the input one trace per neuron, its decay, and the code that an input spike runs."""
    for name in parameters:
        source.variables.add_array(name, size=1, dimensions=b2.second.dim, scalar=True, constant=True)
    for trace in layout.input_traces:
        source.variables.add_array(trace.name, size=layout.n_input)
    if not layout.input_traces:
        return []
    decay = "\n".join(f"{trace.name} = {trace.name}*exp(-dt/{trace.tau})" for trace in layout.input_traces)
    event = "\n".join(f"{t.name} = 1" if t.on_spike == "set" else f"{t.name} += 1" for t in layout.input_traces)
    source.run_regularly(decay, when="groups", name="input_decay")
    # what a Resetter does for a NeuronGroup, in the slot between input event and output event
    setter = CodeRunner(
        source,
        "reset",
        code=event,
        when="synapses",
        order=0,
        name="input_traces",
        needed_variables=["_spikespace"],
        template_kwds={"eventspace_variable": source.variables["_spikespace"]},
    )
    return [setter, *[obj for obj in source.contained_objects if obj.name == "input_decay"]]


def _plastic(layout: Layout, parameters: dict[str, float], source: Any, target: Any) -> Any:
    """Make the synapses from input to exc, with the plasticity rule."""
    rule, differ = layout.experiment.plasticity, layout.delays_differ
    units = _units_of(rule)
    model = ["w : 1", _declare(parameters, units)]
    pre, post = [], []
    names = {name: layout.synaptic_name(name) for name in rule.quantities()}
    names |= {variable.name: f"{variable.name}_post" for variable in layout.output_variables}
    if differ:
        # one trace per synapse, decayed when it is read: its spikes arrive at another time than its neighbour's
        model += [f"{trace.name} : 1" for trace in layout.input_traces] + [f"{LAST_ARRIVAL} : second"]
        decayed = {
            t.name: f"({t.name}*exp(({LAST_ARRIVAL} - t)/{layout.synaptic_name(t.tau)}))" for t in layout.input_traces
        }
        pre.append(_replace(rule.on_input_spike, names | decayed))
        post.append(_replace(rule.on_output_spike, names | decayed))
        pre += [
            f"{t.name} = 1" if t.on_spike == "set" else f"{t.name} = {decayed[t.name]} + 1"
            for t in layout.input_traces
        ]
        pre.append(f"{LAST_ARRIVAL} = t")
    else:
        names |= {trace.name: f"{trace.name}_pre" for trace in layout.input_traces}
        pre.append(_replace(rule.on_input_spike, names))
        post.append(_replace(rule.on_output_spike, names))
    drive = "ge_post += w"
    post = [code for code in post if code]
    synapses = b2.Synapses(
        source,
        target,
        "\n".join(model),
        on_pre={"pre": "\n".join([drive, *filter(None, pre)]), "drive": drive},
        on_post={"post": "\n".join(post)} if post else None,
        clock=source.clock,
        name="plastic",
    )
    synapses.connect()
    return synapses


def _replace(code: str, names: dict[str, str]) -> str:
    pattern = re.compile(r"\b(" + "|".join(map(re.escape, names)) + r")\b") if names else None
    return _clean(pattern.sub(lambda match: names[match[1]], code) if pattern else code)


def _set_parameters(groups: dict[str, Any], parameters: dict[str, dict[str, float]]) -> None:
    for group, values in parameters.items():
        for name, value in values.items():
            groups[group].variables[name].set_value(value)
