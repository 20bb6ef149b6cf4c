"""Build Brian2 objects from a layout.

The same objects serve every simulator. Order within a time step (Brian2's slots, and `order` where one slot holds
several):

1. ``groups``: averages follow the potential; neurons take their step, traces decay; then averages follow the traces;
2. ``thresholds``: spikes;
3. ``synapses``: input events of the projections in the order of declaration, input traces are set (0), output events
   of the projections in the order of declaration;
4. ``resets``: reset of spiking neurons, output traces are set, then averages are raised;
5. ``after_resets``: projections to all others act with the sum of arrived spikes; ``end``: their counters are
   reset; in the last step of a presentation, synapses that change in every step are brought up to date.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from math import prod
from typing import Any, Literal

from stdpbench.engine.network.brian import brian2 as b2
from stdpbench.engine.network.brian import warn_of_order
from stdpbench.engine.network.layout import (
    AMOUNT,
    DECAYS,
    LEARNING_SPIKE,
    LEARNS,
    PLACE,
    SPREAD,
    TO_COUNTERS,
    Layout,
    PopulationLayout,
    ProjectionLayout,
)
from stdpbench.engine.network.pathways import (
    FIRST,
    carry,
    clean,
    connected_code,
    decay,
    declare,
    follow_averages,
    held_as,
    let_decay,
    on_spike,
    plastic_synapses,
    raise_averages,
    replace,
    set_parameters,
    touch,
)
from stdpbench.engine.network.values import Value, values_of
from stdpbench.kinds.connections import Synapses
from stdpbench.kinds.release import RELEASED, Release

COUNTER = "counter_i"
"""Variable of neurons with the number of the counter that they read."""
UNIT = "unit_i"
"""Variable of neurons with the number of their unit, whose slow variables they share."""
FIRES = "fires_now"
"""Variable in the step of neurons of the compiled simulator: whether they fire."""


@dataclass(frozen=True)
class When:
    """Condition under which a Brian2 object runs.

    Attributes
    ----------
    projection : int
        Number of the projection.
    mode : {"learning", "frozen", "last"}
        Run while the projection learns, while it does not, or in the last step of a presentation in which it learns.
    """

    projection: int
    mode: Literal["learning", "frozen", "last"]


@dataclass
class BuiltNetwork:
    """The Brian2 objects of a layout.

    Attributes
    ----------
    network : brian2.Network
        The network, ready to run.
    groups : dict of str to Group
        Groups by their names in `stdpbench.engine.network.layout`, including synapses that only pass spikes on.
    when : dict of str to When
        Objects that do not run in every step, by name.
    carried_by : dict of str to ProjectionLayout
        Projection of each Synapses object, by the name of the object.
    only_if_nonzero : dict of str to str
        Brian2 objects that have no effect while a state variable is 0: name of the object -> state variable.
    scanned : set of str
        Names of groups whose step also sets the variable `FIRES`.
    """

    network: Any
    groups: dict[str, Any]
    when: dict[str, When] = field(default_factory=dict)
    carried_by: dict[str, ProjectionLayout] = field(default_factory=dict)
    only_if_nonzero: dict[str, str] = field(default_factory=dict)
    scanned: set[str] = field(default_factory=set)


def build(layout: Layout, built: BuiltNetwork | None = None, *, resident: bool = False) -> BuiltNetwork:
    """Build the Brian2 network of a layout on the active device.

    Parameters
    ----------
    layout : Layout
        The network.
    built : BuiltNetwork, optional
        The object to fill; code generation during the connection of synapses may already read it.
    resident : bool
        Whether it is for the compiled simulator, which stores the synapses of sparse projections elsewhere, and
        detects firing neurons in the step of the neurons.
    """
    # a separate clock, since all networks of a process share Brian2's default clock; always with the same name, so
    # that code which Cython compiled for one network serves the next
    clock = b2.Clock(layout.graph.dt * b2.ms, name="network_clock")
    built = built or BuiltNetwork(None, {})
    groups, extra = built.groups, list[Any]()
    orders = any(p.shared or p.release is not None for p in layout.projections.values())
    warn_of_order(not (orders or any(p.slow_group != p.group for p in layout.cells)))  # it is defined where it matters
    for projection in layout.projections.values():
        if projection.counts:
            groups[projection.counter] = b2.NeuronGroup(
                projection.n_counters, "total : 1", clock=clock, name=projection.counter
            )
        if projection.shared:
            name = projection.weights_group
            groups[name] = b2.NeuronGroup(
                prod(projection.shape), "w : 1", dtype=layout.graph.real, clock=clock, name=name
            )
    for population in layout.populations.values():
        if population.is_input:
            groups[population.group] = _input(layout, population, clock)
            continue
        averages = any(
            projection.target is population and projection.averages for projection in layout.projections.values()
        )
        if resident and not population.sleeps and not averages:  # averages are updated after the neurons
            built.scanned.add(population.group)
        groups[population.group] = _neurons(layout, population, groups, clock, population.group in built.scanned)
    for projection in layout.projections.values():
        _connect(layout, projection, built, extra, not resident)
    set_parameters(groups, layout.parameters)
    built.network = b2.Network(*groups.values(), *extra)
    return built


def step_code(population: PopulationLayout) -> str:
    """Return one time step of a neuron, with the decay of its conductances and, in a stream, of slow variables."""
    code = population.neuron.update
    for conductance, tau in population.neuron.conductances:
        if conductance in population.unused:
            code = re.sub(rf"\b{conductance}\b", "0", code)
        else:
            code += f"\n{conductance} = {conductance}*exp(-dt/{tau})"
    for name in population.decaying:
        code += f"\n{name} = {name}*exp(-dt*{DECAYS}/tau_{name})"
    return clean(code)


def _input(layout: Layout, population: PopulationLayout, clock: Any) -> Any:
    group = b2.SpikeGeneratorGroup(population.size, [], [] * b2.ms, clock=clock, name=population.group)
    for projection in _from(layout, population):
        names, values = list[str](), dict[str, Value]()
        if not projection.delays_differ:
            names += [projection.own(trace.name) for trace in projection.input_traces]
            values |= {projection.own(t.tau): Value(0.0, "second") for t in projection.input_traces}
        if projection.release is not None:
            names += _of_release(projection)
            declared = values_of(projection.release)
            values |= {projection.own_of_release(name): value for name, value in declared.items()}
        carry(group, values, names, layout.graph.real)
    return group


def _neurons(layout: Layout, population: PopulationLayout, groups: dict[str, Any], clock: Any, scanned: bool) -> Any:
    neuron, name = population.neuron, population.group
    variables = [v for v in neuron.variables if v.name not in population.unused]
    model = [f"{v.name} : {v.unit}" for v in variables if not v.slow]
    slow = [f"{v.name} : {v.unit}" for v in variables if v.slow]
    shared = bool(slow) and population.population.share == "unit"
    # always float64
    exact = [*(f"{line} (linked)" for line in slow), f"{UNIT} : integer (constant)"] if shared else slow
    links, decays, touched = [], [], []
    for projection in _from(layout, population):
        if not projection.delays_differ:
            model += [f"{projection.own(trace.name)} : 1" for trace in projection.input_traces]
        model += [f"{name} : 1" for name in _of_release(projection)]
    into = [projection for projection in layout.projections.values() if projection.target is population]
    for projection in into:
        own = projection.own
        model += [f"{own(trace.name)} : 1" for trace in projection.output_traces]
        exact += [f"{own(average.name)} : 1" for average in projection.averages]
        of_delays = projection.delay_traces("output")
        model += [f"{projection.own_of_delay(trace.name)} : 1" for trace in of_delays]
        for named, traces in ((own, projection.output_traces), (projection.own_of_delay, of_delays)):
            decays.append(decay(named, traces, own(LEARNS)))
            touched.append(touch(named, traces, learns=own(LEARNS)))
        if projection.counted:
            model.append(f"{own('own')} : 1")
            exact.append(f"{own('total')} : 1 (linked)")
            if projection.n_counters > 1:
                exact.append(f"{own(COUNTER)} : integer (constant)")
            links.append(projection)
        elif projection.at_end:
            model.append(f"{own('sum')} : 1")
    group = b2.NeuronGroup(
        population.size,
        "\n".join([*model, *exact, declare(layout.values.get(name, {}))]),
        dtype=held_as(layout.graph.real, model),
        threshold=neuron.threshold,
        events={LEARNING_SPIKE: neuron.threshold} if population.population.learning_spikes else {},
        reset="\n".join([clean(neuron.reset), *(code for code in touched if code)]),
        clock=clock,
        name=name,
    )
    if population.population.learning_spikes:
        group.set_event_schedule(LEARNING_SPIKE, when="thresholds")
    if shared:
        n = population.population.n_slow
        units = b2.NeuronGroup(n, "\n".join(slow), clock=clock, name=population.slow_group)
        groups[population.slow_group] = units
        setattr(group, UNIT, f"i%{n}")
        for variable in (v.name for v in variables if v.slow):
            setattr(group, variable, b2.linked_var(units, variable, index=UNIT))
    for projection in links:
        index = None
        if projection.n_counters > 1:  # otherwise all read the single element
            index = projection.own(COUNTER)
            setattr(group, index, projection.counter_of)
        total = b2.linked_var(groups[projection.counter], "total", index=index)
        setattr(group, projection.own("total"), total)
    code = "\n".join([step_code(population), *(code for code in decays if code)])
    if scanned:
        code += f"\n{FIRES} = int({neuron.threshold})"
    group.run_regularly(code, when="groups", name=f"{name}_step")
    return group


def _of_release(projection: ProjectionLayout) -> list[str]:
    """Return the variables of source neurons for short-term plasticity."""
    variables = () if projection.release is None else (*dict(projection.release.variables), RELEASED)
    return [projection.own_of_release(name) for name in variables]


def _from(layout: Layout, population: PopulationLayout) -> list[ProjectionLayout]:
    return [projection for projection in layout.projections.values() if projection.source is population]


def _connect(layout: Layout, projection: ProjectionLayout, built: BuiltNetwork, extra: list[Any], rows: bool) -> None:
    """Create the synapses of a projection, and the code that its neurons run for it."""
    groups, own, number = built.groups, projection.own, projection.number
    source, target = groups[projection.source.group], groups[projection.target.group]
    learning = When(number, "learning")
    if projection.rule is not None:
        runners = [*follow_averages(target, projection), *raise_averages(target, projection)]
        if not projection.delays_differ:
            runners += let_decay(source, projection, projection.input_traces)
            runners += _set_traces(projection, built, source, rows)
        built.when |= dict.fromkeys((runner.name for runner in runners), learning)
        # Brian2 adds runners contained in a group to the network, except those of a group without a model
        extra += [runner for runner in runners if runner not in target.contained_objects or runner.group is not target]
    if projection.release is not None:
        _release(projection, projection.release, built, source)
    if projection.counts:
        _count(projection, built, source, rows)
    if projection.counted:
        _pass_on(projection, built, own("own"), source, target, f"{own('own')}_post = {projection.released}", "i")
        after = f"{projection.projection.receptor} += {own('w')}*({own('total')} - {own('own')})\n{own('own')} = 0"
    else:
        drive = _drive(projection)
        synapses = plastic_synapses(projection, layout.values.get(projection.group, {}), source, target, drive)
        groups[projection.group] = synapses
        built.carried_by[projection.group] = projection
        _make_synapses(synapses, projection, rows)
        if projection.shared:
            synapses.w = b2.linked_var(groups[projection.weights_group], "w", index=PLACE)
            if rows:
                setattr(synapses, PLACE, projection.weight_of_synapse)
        if projection.learns:
            built.when |= dict.fromkeys((own("pre"), own("post"), own("shift")), learning)
            built.when |= {own("drive"): When(number, "frozen"), own("end"): When(number, "last")}
        factor = "" if projection.projection.scale is None else f"{own('scale')}*"
        after = (
            f"{projection.projection.receptor} += {factor}{own('sum')}\n{own('sum')} = 0" if projection.at_end else ""
        )
    if after:
        name = f"{target.name}_{own('act')}"
        target.run_regularly(after, when="after_resets", order=number, name=name)
        if projection.counts:
            built.only_if_nonzero[name] = f"{projection.counter}.total"


def _make_synapses(synapses: Any, projection: ProjectionLayout, rows: bool) -> None:
    if projection.sparse:
        _connect_pairs(synapses, projection.synapses if rows else None)
    else:
        synapses.connect(**({} if projection.dense else {"j": "i"}))


def _connect_pairs(brian_synapses: Any, synapses: Synapses | None) -> None:
    """Connect pairs of neurons; with None, the simulator stores them elsewhere."""
    if synapses is not None and len(synapses):
        brian_synapses.connect(i=synapses.source, j=synapses.target)
    else:
        brian_synapses.connect(False)
        brian_synapses._connect_called = True  # otherwise Brian2 refuses to run it


def _drive(projection: ProjectionLayout) -> str:
    released = "" if projection.release is None else f"{projection.released}*"
    if projection.at_end:
        weight = "w" if projection.has_weights else f"w*{connected_code(projection)}"
        return f"{projection.own('sum')}_post += {released}{weight}"
    factor = "" if projection.projection.scale is None else "scale*"
    return f"{projection.projection.receptor}_post += {released}{factor}w"


def _release(projection: ProjectionLayout, release: Release, built: BuiltNetwork, source: Any) -> None:
    """Update the state of a neuron when its spikes arrive, just before they deliver what it releases."""
    own = projection.own_of_release
    names = {name: own(name) for name in (*dict(release.variables), *values_of(release), RELEASED)}
    decays = "\n".join(f"{own(name)} = {own(name)}*exp(-dt/{own(tau)})" for name, tau in release.variables)
    source.run_regularly(decays, when="groups", name=f"{source.name}_{own('recovery')}")
    code = replace(release.on_spike, {name: f"{mine}_post" for name, mine in names.items()})
    synapses = _pass_on(projection, built, own("synapses"), source, source, code, "i")
    synapses.pre.order -= 0.5


def _count(projection: ProjectionLayout, built: BuiltNetwork, source: Any, rows: bool) -> None:
    """Count the arriving spikes of the neurons that each counter stands for."""
    counter = built.groups[projection.counter]
    arrives = f"total_post += {projection.released}"
    pairs = None if projection.passing_on is None else projection.passing_on[1]
    name, j = projection.own(TO_COUNTERS), projection.counter_of if pairs is None else ""
    synapses = _pass_on(projection, built, name, source, counter, arrives, j)
    if pairs is not None:
        _connect_pairs(synapses, pairs if rows else None)
    counter.run_regularly("total = 0", when="end", name=f"{counter.name}_end")
    built.only_if_nonzero[f"{counter.name}_end"] = f"{projection.counter}.total"


def _set_traces(projection: ProjectionLayout, built: BuiltNetwork, source: Any, rows: bool) -> list[Any]:
    """Set input traces when spikes arrive, between the input events of a step and its output events."""
    if projection.spreading is not None:
        _spread(projection, built, source, rows)
    traces = tuple(trace for trace in projection.input_traces if trace is not projection.spreading)
    if not traces:
        return []
    if projection.projection.delay.form == "none":
        name = f"{source.name}_{projection.own('traces')}"
        code = touch(projection.own, traces)
        return [on_spike(source, code, when="synapses", order=0, name=name)]
    code = touch(projection.own, traces, "_post")
    synapses = _pass_on(projection, built, projection.own("traces"), source, source, code, "i")
    _touch_on_arrival(projection, built, synapses)
    return []


def _touch_on_arrival(projection: ProjectionLayout, built: BuiltNetwork, synapses: Any) -> None:
    """Let synapses update input traces after the input events of a step, while the projection learns."""
    synapses.pre.order = 0
    built.when[synapses.pre.name] = When(projection.number, "learning")


def _spread(projection: ProjectionLayout, built: BuiltNetwork, source: Any, rows: bool) -> None:
    """Let an arriving spike add to the traces of its input and of neighbouring inputs."""
    assert projection.spreading is not None
    name, trace = projection.own(SPREAD), projection.own(projection.spreading.name)
    code = f"{trace}_post += {AMOUNT}"
    spreading = b2.Synapses(source, source, f"{AMOUNT} : 1", on_pre=code, clock=source.clock, name=name)
    built.groups[name] = spreading
    built.carried_by[name] = projection
    _touch_on_arrival(projection, built, spreading)
    synapses, amounts = projection.spread
    _connect_pairs(spreading, synapses if rows else None)
    if rows:
        setattr(spreading, AMOUNT, amounts)


def _pass_on(
    projection: ProjectionLayout, built: BuiltNetwork, name: str, source: Any, target: Any, code: str, j: str
) -> Any:
    """Create synapses that pass the spikes of each source neuron on to element `j` of a group, if it is given."""
    synapses = b2.Synapses(source, target, on_pre=code, clock=source.clock, name=name)
    built.groups[name] = synapses
    built.carried_by[name] = projection
    synapses.pre.order = projection.number - FIRST
    if j:
        synapses.connect(j=j)
    return synapses
