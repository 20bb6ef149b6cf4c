"""Experiment to Brian2 objects.

The same objects serve every simulator. Order within a time step (Brian2's slots, and `order` where one slot holds
several):

1. ``groups``: averages follow the potential (training only); neurons take their step, traces decay; then averages
   follow the traces (training only);
2. ``thresholds``: spikes;
3. ``synapses``: input event (-1), input traces are set (0), output event (1); exc spikes reach inh, inh spikes reach
the pool;
4. ``resets``: reset of spiking neurons, output traces are set, then averages are raised (training only);
5. ``after_resets``: lateral inhibition is applied; ``end``: the pool is emptied; in the last step of a presentation in
   training, synapses that change in every step are brought up to date.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from stdpbench.network.brian import CodeRunner
from stdpbench.network.brian import brian2 as b2
from stdpbench.network.codegen_text import clean, declare, replace, units_of
from stdpbench.network.lateral import fixed_inhibition, links, plastic_inhibition, relay
from stdpbench.network.layout import LAST_ARRIVAL, LAST_CHANGE, Layout, lateral_name
from stdpbench.neurons import Neuron
from stdpbench.plasticity import Average, PlasticityRule, Trace

ONE_TO_ONE = {"exc_to_inh", "to_pool", "to_own", "to_relay", "to_traces"}
"""Groups of synapses with one for each source."""


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
    last_only : set of str
        Names of Brian2 objects that run in the last step of a presentation only.
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
    last_only: set[str] = field(default_factory=set)
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
        declared = units_of(experiment.plasticity)
        extra += carry_traces(source, layout.input_traces, parameters["input"], declared, when="synapses")
        built.training_only |= {obj.name for obj in extra}

    groups["pool"] = b2.NeuronGroup(1, "total : 1\ntotal_next : 1", clock=clock, name="pool")
    groups["exc"] = _exc(layout, parameters["exc"], groups["pool"])
    extra += raise_averages(groups["exc"], layout.averages)
    groups["plastic"] = plastic_synapses(layout, parameters["plastic"], source, groups["exc"])
    groups["plastic"].connect()
    built.training_only |= {"plastic_pre", "plastic_post", "plastic_end"}
    built.training_only |= {"exc_averages", "exc_potentials", "exc_jumps"}
    built.frozen_only |= {"plastic_drive"}
    built.last_only |= {"plastic_end"}
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
    if layout.lateral is None:
        fixed_inhibition(inhibitor, groups, staged=direct)
    else:
        inhibitor = relay(layout, groups["exc"], groups) if direct else inhibitor
        plastic_inhibition(layout, parameters["lateral"], inhibitor, groups)
        built.training_only |= {"lateral_pre", "lateral_post"}
        built.frozen_only |= {"lateral_drive"}
        built.fan_out["lateral"] = n
    pending: list[str] = [name for name in ("pool.total", "pool.total_next") if name in layout.state]
    built.only_if_nonzero |= {"exc_inhibition": pending, "pool_end": pending}
    built.fan_out |= dict.fromkeys(ONE_TO_ONE & groups.keys(), 1)

    set_parameters(groups, parameters)
    objects = [*groups.values(), *extra]
    built.network = b2.Network(*objects)
    return built


def late_name(average: str) -> str:
    """The variable that holds an average as it was a while ago."""
    return f"{average}_late"


def _step(neuron: Neuron, skip: tuple[str, ...] = ()) -> str:
    """One time step of a neuron, with the decay of its conductances; `skip` names conductances it does not have."""
    code = neuron.update
    for conductance, tau in neuron.conductances:
        if conductance in skip:
            code = re.sub(rf"\b{conductance}\b", "0", code)
        else:
            code += f"\n{conductance} = {conductance}*exp(-dt/{tau})"
    return clean(code)


def _exc(layout: Layout, parameters: dict[str, float], pool: Any) -> Any:
    experiment = layout.experiment
    neuron, staged = experiment.exc, "exc.own_next" in layout.state
    model = [f"{variable.name} : {variable.unit}" for variable in neuron.variables]
    model += [f"{variable.name} : 1" for variable in (*layout.output_variables, *layout.lateral_traces)]
    model += ["total : 1 (linked)", *(f"{name} : 1" for name in layout.inhibiting)]
    units = units_of(neuron, experiment.plasticity)
    if layout.lateral is not None:
        units |= {lateral_name(name): unit for name, unit in units_of(layout.lateral).items()}
    model.append(declare(parameters, units))
    spiking = [trace for trace in layout.lateral_traces if trace.side == "output"]
    group = b2.NeuronGroup(
        layout.n_exc,
        "\n".join(model),
        threshold=neuron.threshold,
        reset=clean(neuron.reset) + "\n" + _touch((*layout.output_traces, *spiking)),
        clock=pool.clock,
        name="exc",
    )
    group.total = b2.linked_var(pool, "total")
    decay = _decay((*layout.output_traces, *layout.lateral_traces))
    group.run_regularly("\n".join([_step(neuron), decay]), when="groups", name="exc_step")
    follow_averages(group, layout.averages)
    if layout.lateral is not None:
        after = ["gi += w_inh_exc*lateral_sum", "lateral_sum = 0"]
    else:
        after = ["gi += w_inh_exc*(total - own)", "own = own_next" if staged else "own = 0"]
        after += ["own_next = 0"] if staged else []
    group.run_regularly("\n".join(after), when="after_resets", name="exc_inhibition")
    shift = "total = total_next\ntotal_next = 0" if staged else "total = 0"
    pool.run_regularly(shift, when="end", name="pool_end")
    return group


def _inh(layout: Layout, parameters: dict[str, float], clock: Any) -> Any:
    neuron = layout.experiment.inh
    model = [f"{v.name} : {v.unit}" for v in neuron.variables if v.name != "gi"] + links(layout)
    model.append(declare(parameters, units_of(neuron)))
    group = b2.NeuronGroup(
        layout.n_exc, "\n".join(model), threshold=neuron.threshold, reset=clean(neuron.reset), clock=clock, name="inh"
    )
    group.run_regularly(_step(neuron, skip=("gi",)), when="groups", name="inh_step")
    return group


def _decay(traces: tuple[Trace, ...]) -> str:
    return "\n".join(f"{trace.name} = {trace.name}*exp(-dt/{trace.tau})" for trace in traces)


def _touch(traces: tuple[Trace, ...]) -> str:
    """What a spike does to the traces of its side."""
    return "\n".join(f"{t.name} = 1" if t.on_spike == "set" else f"{t.name} += 1" for t in traces)


def follow_averages(group: Any, averages: tuple[Average, ...]) -> None:
    """Have the averages of a rule, which `group` carries, follow its potential or its traces in every step."""
    for name, order, follows_v in (("potentials", -1, True), ("averages", 1, False)):
        # exact for what is followed as it is now, in place of its course within the step
        mine = [a for a in averages if a.follows_v == follows_v]
        move = [f"{a.name} = ({a.of}) + ({a.name} - ({a.of}))*exp(-dt/{a.tau})" for a in mine]
        if move:
            group.run_regularly("\n".join(move), when="groups", order=order, name=f"{group.name}_{name}")


def raise_averages(group: Any, averages: tuple[Average, ...]) -> list[Any]:
    """What a spike of `group` adds to its averages, after all that reads them as they were before it."""
    code = "\n".join(f"{a.name} += {a.on_spike}" for a in averages if a.on_spike)
    return [_on_spike(group, code, when="resets", order=1, name=f"{group.name}_jumps")] if code else []


def carry_traces(
    source: Any, traces: tuple[Trace, ...], parameters: dict[str, float], units: dict[str, str], when: str
) -> list[Any]:
    """Give a group of imposed spikes one trace per neuron, its decay, and the code that a spike runs in a slot."""
    for name in parameters:
        unit = units[name]
        dimensions = b2.get_dimensions(1 if unit == "1" else getattr(b2, unit))
        source.variables.add_array(name, size=1, dimensions=dimensions, scalar=True, constant=True)
    for trace in traces:
        source.variables.add_array(trace.name, size=len(source))
    if not traces:
        return []
    source.run_regularly(_decay(traces), when="groups", name=f"{source.name}_decay")
    # for the input in the slot between input event and output event
    setter = _on_spike(source, _touch(traces), when=when, order=0, name=f"{source.name}_traces")
    return [setter, *[obj for obj in source.contained_objects if obj.name == f"{source.name}_decay"]]


def _on_spike(group: Any, code: str, *, when: str, order: int, name: str) -> Any:
    """Code that runs for those of a group that spike: what a Resetter is for a NeuronGroup."""
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


def plastic_synapses(
    layout: Layout, parameters: dict[str, float], source: Any, target: Any, drive: str = "ge_post += w"
) -> Any:
    """Make the synapses from input to exc, with the plasticity rule; which there are is for the caller to say.

    `drive` is what an input spike does beside learning; nothing where the target's spikes are imposed. What a rule
    does in every step is then done in every step, in the network when a synapse is next looked at.
    """
    rule, differ = layout.experiment.plasticity, layout.delays_differ
    units = units_of(rule)
    model = ["w : 1", declare(parameters, units)]
    pre, post = [], []
    names = {name: layout.synaptic_name(name) for name in rule.quantities()}
    late = {average.name for average in layout.averages if average.delay}
    names |= {v.name: f"{late_name(v.name) if v.name in late else v.name}_post" for v in layout.output_variables}
    if rule.output_neuron:
        names["v"] = "v_post"
    if differ:
        # one trace per synapse, decayed when it is read: its spikes arrive at another time than its neighbour's
        model += [f"{trace.name} : 1" for trace in layout.input_traces] + [f"{LAST_ARRIVAL} : second"]
        decayed = {
            t.name: f"({t.name}*exp(({LAST_ARRIVAL} - t)/{layout.synaptic_name(t.tau)}))" for t in layout.input_traces
        }
        pre.append(replace(rule.on_input_spike, names | decayed))
        post.append(replace(rule.on_output_spike, names | decayed))
        pre += [
            f"{t.name} = 1" if t.on_spike == "set" else f"{t.name} = {decayed[t.name]} + 1"
            for t in layout.input_traces
        ]
        pre.append(f"{LAST_ARRIVAL} = t")
    else:
        names |= {trace.name: f"{trace.name}_pre" for trace in layout.input_traces}
        pre.append(replace(rule.on_input_spike, names))
        post.append(replace(rule.on_output_spike, names))
    lazily = bool(drive and rule.each_step)
    model += [f"{name} : 1" for name in (layout.synapse_variables if drive else rule.synapse_variables)]
    model += [f"{LAST_CHANGE} : second"] if lazily else []
    caught_up = replace(_since_last(rule), names) if lazily else ""
    before, post = [code for code in (caught_up, drive) if code], [code for code in (caught_up, *post) if code]
    pre = [*before, *(code for code in pre if code)]
    on_pre: Any = {"pre": "\n".join(pre)} if pre else None
    if drive:
        on_pre["drive"] = drive
    synapses = b2.Synapses(
        source,
        target,
        "\n".join(model),
        on_pre=on_pre,
        on_post={"post": "\n".join(post)} if post else None,
        clock=source.clock,
        name="plastic",
    )
    if lazily:
        at_end = f"{caught_up}\n{LAST_CHANGE} = 0*second"
        synapses.run_regularly(at_end, when="end", name="plastic_end")
    elif rule.each_step:
        synapses.run_regularly(replace(rule.each_step, names), when="groups", order=2, name="plastic_step")
    return synapses


def _since_last(rule: PlasticityRule) -> str:
    """What a rule does in every step, for all steps since a synapse was last looked at, the current one included."""
    gone = rule.protocol_variables
    lines = [line for line in clean(rule.each_step).splitlines() if line.split()[0] not in gone]
    code = replace("\n".join(lines), {"dt": "since", **dict.fromkeys(gone, "0")})
    return f"since = t + dt - {LAST_CHANGE}\n{code}\n{LAST_CHANGE} = t + dt"


def set_parameters(groups: dict[str, Any], parameters: dict[str, dict[str, float]]) -> None:
    """Write the values of shared parameters, SI units, by group and name."""
    for group, values in parameters.items():
        for name, value in values.items():
            groups[group].variables[name].set_value(value)
