"""Checks of a network as a whole: one sentence per error, with the dotted path and what would be right."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping

from stdpbench.base.errors import suggestion
from stdpbench.experiment.graph.elements import Population, Projection
from stdpbench.experiment.graph.graph import Graph
from stdpbench.kinds.connections.table import Table
from stdpbench.kinds.neurons import Neuron
from stdpbench.kinds.plasticity import Average, PlasticityRule, Trace

NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
RESERVED = ("all", "network", "none")


def problems(graph: Graph) -> Iterator[str]:
    """Yield a sentence for each error of a network."""
    yield from _names(graph)
    if graph.file is not None and graph.stream:
        yield "schedule.between cannot be 'stream' with network.kind 'brian2': each presentation starts at time 0"
    inputs = [name for name, population in graph.populations.items() if population.neuron is None]
    for name in inputs[1:]:
        yield (
            f"network.populations.{name} has no neuron, but {inputs[0]} is the input already; give it one, such as "
            "neuron = { kind = 'lif' }"
        )
    if len(inputs) == len(graph.populations):
        yield (
            "network.populations has no population with neurons; add one, such as [network.populations.exc] with "
            "size = 400 and neuron = { kind = 'adaptive-lif' }"
        )
    for name, population in graph.populations.items():
        yield from population_problems(name, population, graph)
    for name, projection in graph.projections.items() if graph.populations else ():
        yield from projection_problems(name, projection, graph)
    if graph.read not in graph.populations and graph.populations:
        yield (
            f"network.read: there is no population {graph.read!r}; {suggestion(graph.read, neural(graph.populations))}"
        )
    elif graph.populations and graph.read == graph.input:
        yield (
            "network.read must be a population with neurons, not the input; known are "
            f"{', '.join(neural(graph.populations))}"
        )
    for name in graph.streams:
        if name not in graph.projections:
            yield f"network.streams.{name}: there is no projection {name!r}; {suggestion(name, graph.projections)}"


def input_problems(graph: Graph) -> Iterator[str]:
    """Yield a sentence for each projection from the input that does not fit the shape of the input."""
    for name, projection in graph.projections.items():
        if projection.source == graph.input:
            ends = (graph.populations[projection.source], graph.populations[projection.target])
            yield from _connection(f"network.projections.{name}", projection, *ends)


def name_problem(name: str) -> str:
    """Return what is wrong with the name of a population or projection, as a clause; empty if nothing."""
    if not NAME.fullmatch(name):
        return "must begin with a lower-case letter and have at most 32 lower-case letters, digits and _"
    return "is reserved; use another name" if name in RESERVED else ""


def new_name_problem(name: str, used: Container[str]) -> str:
    """Return a clause as `name_problem`, also if a population or projection has the name already."""
    return name_problem(name) or ("is used already; use another" if name in used else "")


def receptors(neuron: Neuron) -> tuple[str, ...]:
    """Return the names of the variables that a spike can add to.

    They are the receptors that the neuron declares, or else its conductances and other fast variables without unit.
    """
    if neuron.receptors is not None:
        return neuron.receptors
    conductances = [name for name, _ in neuron.conductances]
    others = [v.name for v in neuron.variables if v.unit == "1" and not v.slow and v.name not in conductances]
    return (*conductances, *others)


def shared_names(neuron: Neuron, rule: PlasticityRule) -> list[str]:
    """Return the names that a rule and its postsynaptic neuron use with different meanings."""
    of_neuron = {variable.name for variable in neuron.variables} | {p.name for p in neuron.describe()}
    remembered: tuple[Trace | Average, ...] = (*rule.traces, *rule.averages)
    names = [name for variable in remembered for name in (variable.name, variable.tau)]
    words = [re.findall(r"[A-Za-z_]\w*", f"{average.of} {average.on_spike}") for average in rule.averages]
    names += [word for line in words for word in line if word != "v"]  # v is meant to be the neuron's
    of_neuron |= set(re.findall(r"^\s*(\w+)\s*=", neuron.update, re.MULTILINE))
    return sorted(of_neuron.intersection(names))


def population_problems(name: str, population: Population, graph: Graph) -> Iterator[str]:
    """Yield a sentence for each error of a population."""
    where, neuron = f"network.populations.{name}", population.neuron
    if neuron is None:
        if population.noise is not None:
            yield f"{where}.noise: {name} is the input, whose spikes are given; remove it"
        return
    if population.noise is not None and neuron.runs_in_digit_network:
        yield from _receptor(f"{where}.noise", population.noise.receptor, name, neuron)
    chosen = {"winner": population.winner != "none", "learning_spikes": population.learning_spikes > 0}
    if any(chosen.values()) and "v" not in {variable.name for variable in neuron.variables}:
        option = next(name for name, is_set in chosen.items() if is_set)
        yield f"{where}.{option}: the neuron {kind_of(neuron)!r} has no potential v, by which a winner is found"
    if population.learning_spikes:
        yield from _learning_spikes(where, name, graph)
    if population.winner == "field" and len(population.shape) == 1:
        yield f"{where}.winner 'field' needs a shape of two or more dimensions, such as shape = [20, 20]"
    if population.share == "unit":
        if len(population.shape) == 1:
            yield f"{where}.share 'unit' needs a shape of two or more dimensions, such as shape = [6, 6, 16]"
        if graph.stream:
            yield f"{where}.share: in a stream, slow variables decay neuron by neuron; remove it"
        if name == graph.read:
            yield f"{where}.share: neurons of the population that is read have thresholds of their own; remove it"
    if not population.shape:
        yield f"{where} has no size; say how many neurons it has, such as size = 400 or shape = [20, 20]"
    if not neuron.runs_in_digit_network:
        reason = neuron.in_digit_network.replace("does not run there", "does not run in a network", 1)
        yield f"{where}.neuron.kind {kind_of(neuron)!r} {reason}"
    if graph.conductance_step == "euler":
        for _, tau in neuron.conductances:
            if getattr(neuron, tau) <= graph.dt:
                yield (
                    f"{where}.neuron.{tau} must be longer than network.dt ({graph.dt:g} ms) with "
                    "network.conductance_step = 'euler'"
                )


def _learning_spikes(where: str, name: str, graph: Graph) -> Iterator[str]:
    """Yield a sentence for each reason why learning cannot be restricted to the first spikes of a population."""
    where += ".learning_spikes"
    if graph.stream:
        yield f"{where}: a stream has no presentations, whose first spikes could be counted; remove it"
    for other, projection in graph.projections.items():
        rule = projection.plasticity
        if projection.target != name or not projection.learns or (rule is not None and rule.missing):
            continue
        if rule is None or projection.delay_plasticity is not None or _more_than_output_spikes(rule):
            yield (
                f"{where} needs rules that change weights at output spikes, from traces of input spikes alone; give "
                f"network.projections.{other} another rule, or remove learning_spikes"
            )


def _more_than_output_spikes(rule: PlasticityRule) -> bool:
    """Return whether a rule does more than change weights at output spikes, from traces of input spikes."""
    other_traces = rule.averages or any(trace.side == "output" for trace in rule.traces)
    return bool(rule.on_input_spike or rule.each_step or rule.synapse_variables or other_traces)


def projection_problems(name: str, projection: Projection, graph: Graph) -> Iterator[str]:
    """Yield a sentence for each error of a projection."""
    where, known = f"network.projections.{name}", graph.populations
    for end in ("source", "target"):
        population = getattr(projection, end)
        if population not in known:
            hint = suggestion(population, known) if known else "there is none yet"
            yield f"{where}.{end}: there is no population {population!r}; {hint}"
    source, target = known.get(projection.source), known.get(projection.target)
    if target is not None and target.neuron is None:
        yield (
            f"{where}.target: {projection.target} is the input, whose spikes are given; known are "
            f"{', '.join(neural(graph.populations)) or 'none'}"
        )
    if target is not None and target.neuron is not None and target.neuron.runs_in_digit_network:
        yield from _receptor(where, projection.receptor, projection.target, target.neuron)
        yield from _rule(where, projection, target.neuron, graph)
    if source is not None and target is not None:
        yield from _connection(where, projection, source, target)
    steps = projection.delay.longest / graph.dt
    if projection.delay.form == "one" and abs(steps - round(steps)) > 1e-6:
        yield (
            f"{where}.delay.value ({projection.delay.longest:g} ms) must be a whole number of steps of network.dt "
            f"({graph.dt:g} ms)"
        )
    start = getattr(projection.plasticity, "start", 1.0)  # of weights of lateral inhibition
    if start not in (1.0, getattr(projection.weight, "value", None)):
        yield f"{where}.plasticity.start has no effect on a projection, whose weights start as {where}.weight says"
    yield from _delay_rule(where, projection, graph)
    start_weights = f"{where}.weight.kind {kind_of(projection.weight)!r}"
    if projection.weight.from_pictures and projection.source != graph.input and projection.plasticity is None:
        yield f"{start_weights} takes responses when the projection begins to learn: give it a rule, or use 'uniform'"
    elif projection.weight.from_pictures and projection.connect.storage == "one-to-one":
        yield f"{start_weights} needs several synapses per neuron; use 'uniform'"
    if projection.weight.from_pictures and graph.stream:
        yield f"{start_weights} needs pictures, but a stream has none; use 'uniform'"
    if projection.shared:
        yield from _shared(where, projection)
    if projection.release is not None and projection.delays_differ:
        yield (
            f"{where}.release: what a spike releases arrives everywhere at once; give {where}.delay.kind 'constant', "
            "and no rule for delays"
        )
    for name in ("weight", "delay"):
        if getattr(projection, name).from_table and not isinstance(projection.connect, Table):
            yield f"{where}.{name}.kind 'table' is for the connection 'table', whose file gives it"
    if projection.normalise is not None and (projection.one_weight or projection.connect.storage == "one-to-one"):
        yield f"{where}.normalise needs several weights per target neuron, and weights that differ or learn; remove it"


def _names(graph: Graph) -> Iterator[str]:
    for table, names in (("populations", graph.populations), ("projections", graph.projections)):
        for name in names:
            if problem := name_problem(name):
                yield f"network.{table}.{name}: the name {name!r} {problem}"
    for name in graph.populations.keys() & graph.projections.keys():
        yield f"network.projections.{name}: a population has the name {name!r} already; use another"


def _receptor(where: str, name: str, target: str, neuron: Neuron) -> Iterator[str]:
    possible = receptors(neuron)
    if name in possible:
        return
    units = {variable.name: variable.unit for variable in neuron.variables}
    if name in units and units[name] != "1":
        problem = f"{name!r} has the unit {units[name]}, but weights have none"
    else:
        problem = f"the neuron {kind_of(neuron)!r} of {target} has no receptor {name!r}"
    yield f"{where}.receptor: {problem}; its receptors are {', '.join(possible) or 'none'}"


def _rule(where: str, projection: Projection, neuron: Neuron, graph: Graph) -> Iterator[str]:
    rule = projection.plasticity
    if rule is None:
        return
    start = f"{where}.plasticity.kind {kind_of(rule)!r}"
    if rule.output_neuron and rule.output_neuron != kind_of(neuron):
        yield (
            f"{start} needs a target of the neuron {rule.output_neuron!r}, but {projection.target} is "
            f"{kind_of(neuron)!r}"
        )
    elif any(average.follows_v for average in rule.averages):
        unit = {variable.name: variable.unit for variable in neuron.variables}.get("v")
        whose = f"the neuron {kind_of(neuron)!r} of {projection.target}"
        if unit is None:
            yield f"{start} reads the potential v, which {whose} does not have"
        elif unit != "volt":
            yield f"{start} reads the potential v in mV, but that of {whose} has no unit"
    if rule.input_lag and getattr(rule, rule.input_lag):
        yield f"{start}: {rule.input_lag} must be 0 in a network, where spikes reach neuron and rule together"
    if projection.spreads and projection.delays_differ:
        yield (
            f"{start} spreads its trace to neighbouring inputs, so spikes must arrive at all neurons at once, but "
            f"the delays of {where} differ"
        )
    if graph.stream and rule.each_step:
        yield f"{start} changes weights in every step, which depends on the cut of a stream (schedule.between)"
    if rule.periodically and not graph.stream:
        yield f"{start} updates weights once per period of a stream; set schedule.between = 'stream'"
    if shared := shared_names(neuron, rule):
        yield (
            f"{start} and network.populations.{projection.target}.neuron.kind {kind_of(neuron)!r} both use the name "
            f"{', '.join(shared)}: one of them must use another"
        )


def _shared(where: str, projection: Projection) -> Iterator[str]:
    """Yield a sentence for each property that needs a weight or a variable per synapse, where weights are shared."""
    start, rule = f"{where}.connect.shared", projection.plasticity
    if projection.delays_differ:
        yield f"{start}: synapses that share weights have the same delay; give {where}.delay.kind 'constant'"
    if rule is not None and (rule.each_step or rule.synapse_variables):
        yield (
            f"{start}: the rule {kind_of(rule)!r} needs a variable per synapse, but weights are shared; use a rule "
            "that acts on spikes only, or set shared = false"
        )


def _delay_rule(where: str, projection: Projection, graph: Graph) -> Iterator[str]:
    rule = projection.delay_plasticity
    if rule is None or rule.missing:
        return
    start = f"{where}.delay_plasticity"
    if graph.stream:
        yield (
            f"{start}: delays change between two presentations, so that they would depend on the cut of a stream "
            "(schedule.between); remove it"
        )
    if projection.delay.longest > rule.d_max:
        yield (
            f"{start}.d_max ({rule.d_max:g} ms) must be at least the longest delay of {where}.delay "
            f"({projection.delay.longest:g} ms)"
        )
    weights = projection.plasticity
    if weights is not None:
        remembered: tuple[Trace | Average, ...] = (*weights.traces, *weights.averages)
        if "d" in {*(variable.name for variable in remembered), *weights.synapse_variables}:
            yield f"{start}: the rule {kind_of(weights)!r} has a variable d, which is the delay here; use another rule"


def _connection(where: str, projection: Projection, source: Population, target: Population) -> Iterator[str]:
    if not source.shape or not target.shape:
        return  # the data give the size of the input: see `Graph.with_input`
    if (problem := projection.connect.problem(source.shape, target.shape)) or (
        projection.source == projection.target and (problem := projection.connect.recurrent_problem())
    ):
        yield f"{where}.connect: {kind_of(projection.connect)!r} {problem}"


def neural(populations: Mapping[str, Population]) -> tuple[str, ...]:
    """Return the names of the populations with neurons."""
    return tuple(name for name, population in populations.items() if population.neuron is not None)


def kind_of(owner: object) -> str:
    """Return the kind of an object; empty if it has none."""
    return str(getattr(owner, "kind", ""))
