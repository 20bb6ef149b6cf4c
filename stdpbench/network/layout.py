"""What a network consists of, without Brian2: groups, state and parameters.

Names in the Brian2 model are neutral, so that the name of a population or projection can never change a result:

=========== ========================================================================================
``p<k>``    population k, in the order of declaration
``s<k>``    synapses of projection k; on neurons, ``s<k>_…`` is what they carry for that projection
``s<k>_n``  counters of spikes that arrive at an `others` projection, one per field
=========== ========================================================================================

*State* is every array that a presentation may change and the next one reads. Its names are public and built from those
of the experiment: ``exc.v``, ``feed.w``, ``feed.x``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from stdpbench.expressions import evaluate
from stdpbench.graph import Graph, Population, Projection
from stdpbench.network.learned import learned_shapes
from stdpbench.network.values import Value, brian_name, values_of
from stdpbench.neurons import Neuron
from stdpbench.plasticity import Average, PlasticityRule, Trace

LAST_ARRIVAL = "t_arrival"
"""Per synapse, where delays differ: when its last input spike arrived, in seconds from the presentation's start; in a
stream, in steps, whose differences are exact wherever it is cut."""
LAST_CHANGE = "t_change"
"""Per synapse, with rules that change it in every step: time of its last update; 0 between presentations."""
LEARNS = "learns"
"""Per plastic projection with output traces, on its target: 1 while it learns, 0 while its traces stand still."""
RECENT = "recent"
"""Per population with delayed projections: its spikes in the last steps, (n_steps, n_neurons), 0 or 1. Of the input in
streams only; otherwise no spike of it is in flight between presentations."""
DECAYS = "slow_decays"
"""Per population with slow variables that decay in each step of a stream: 1 while a projection into it learns, else
0."""


@dataclass(frozen=True)
class StateVariable:
    """One array of the state.

    Attributes
    ----------
    name : str
        Public name, such as ``"exc.v"`` or ``"feed.w"``.
    group, variable : str
        Brian2 group and variable; the group is empty if the simulator keeps the array outside Brian2.
    shape : tuple of int
        Its shape; dtype is float64.
    reset : float or None
        Its value in the reset state, SI units; None if it persists across presentations (weights, thresholds).
    per_synapse : bool
        Whether it belongs to synapses, not neurons.
    """

    name: str
    group: str
    variable: str
    shape: tuple[int, ...]
    reset: float | None
    per_synapse: bool = False


@dataclass(frozen=True)
class PopulationLayout:
    """A population as Brian2 sees it."""

    name: str
    number: int
    population: Population
    receptors: frozenset[str]
    """Variables of the neuron that some projection or noise acts on."""
    sleeps: bool
    """Whether neurons are skipped while nothing changes them."""
    delay_bins: int
    """Longest delay of the projections from it, in steps."""
    decaying: tuple[str, ...] = ()
    """Slow variables of the neuron that decay in each step of a stream; otherwise they decay between presentations."""

    @property
    def group(self) -> str:
        """Name of its Brian2 group."""
        return f"p{self.number}"

    @property
    def size(self) -> int:
        """Number of neurons."""
        return self.population.size

    @property
    def neuron(self) -> Neuron:
        """Model of its neurons."""
        neuron = self.population.neuron
        assert neuron is not None
        return neuron

    @property
    def is_input(self) -> bool:
        """Whether its spikes are those of the stimulus."""
        return self.population.neuron is None

    @property
    def conductances(self) -> tuple[tuple[str, str], ...]:
        """Conductances that some projection acts on, with the parameter for their time constant."""
        return tuple(each for each in self.neuron.conductances if each[0] in self.receptors)

    @property
    def unused(self) -> tuple[str, ...]:
        """Conductances that no projection acts on; they are 0, and not stored."""
        return tuple(name for name, _ in self.neuron.conductances if name not in self.receptors)


@dataclass(frozen=True)
class ProjectionLayout:
    """A projection as Brian2 sees it."""

    name: str
    number: int
    projection: Projection
    source: PopulationLayout
    target: PopulationLayout
    graph: Graph

    @property
    def group(self) -> str:
        """Name of its synapses in Brian2."""
        return f"s{self.number}"

    @property
    def counter(self) -> str:
        """Name of the Brian2 group that counts arriving spikes."""
        return f"s{self.number}_n"

    def own(self, name: str) -> str:
        """Return the Brian2 name of a variable or parameter that neurons or synapses hold for this projection."""
        return f"s{self.number}_{brian_name(name)}"

    @property
    def rule(self) -> PlasticityRule | None:
        """How its weights learn."""
        return self.projection.plasticity

    @property
    def at_end(self) -> bool:
        """Whether it acts at the end of the step, with the sum of what has arrived."""
        return not self.projection.connect.self_connections

    @property
    def counted(self) -> bool:
        """Whether counters of spikes stand for its synapses."""
        return self.at_end and self.projection.one_weight and not self.delays_differ

    @property
    def counts(self) -> bool:
        """Whether arriving spikes are counted, so that steps without any can be skipped."""
        return self.at_end and not self.delays_differ

    @property
    def dense(self) -> bool:
        """Whether it has a synapse for each pair of neurons."""
        return self.projection.connect.storage == "dense" and not self.counted

    @property
    def delays_differ(self) -> bool:
        """Whether each synapse has its own delay."""
        return self.projection.delay.form == "each"

    @property
    def delay_bins(self) -> int:
        """Delay in steps; the longest possible if delays differ."""
        return round(self.projection.delay.longest / self.graph.dt)

    @property
    def units_per_field(self) -> int:
        """Number of neurons among which `others` connects: all, or those of a field."""
        within_field = getattr(self.projection.connect, "within", "") == "field"
        return self.target.population.shape[-1] if within_field else self.target.size

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of an array with a value per synapse."""
        return (self.source.size, self.target.size) if self.dense else (self.target.size,)

    @property
    def has_weights(self) -> bool:
        """Whether there is an array of weights."""
        return not self.projection.one_weight

    @property
    def input_traces(self) -> tuple[Trace, ...]:
        """Traces of arriving spikes."""
        return () if self.rule is None else tuple(each for each in self.rule.traces if each.side == "input")

    @property
    def output_traces(self) -> tuple[Trace, ...]:
        """Traces of spikes of the target."""
        return () if self.rule is None else tuple(each for each in self.rule.traces if each.side == "output")

    @property
    def averages(self) -> tuple[Average, ...]:
        """Running averages of the rule, which target neurons carry."""
        return () if self.rule is None else self.rule.averages

    @property
    def output_variables(self) -> tuple[Trace | Average, ...]:
        """All that target neurons carry for the rule."""
        return (*self.output_traces, *self.averages)

    @property
    def synapse_variables(self) -> tuple[str, ...]:
        """Variables of the rule that synapses of the network carry beside their weight."""
        rule = self.rule
        return () if rule is None else tuple(n for n in rule.synapse_variables if n not in rule.protocol_variables)

    @property
    def remembered(self) -> frozenset[str]:
        """Public names of the state arrays in which its rule remembers spikes."""
        if self.rule is None:
            return frozenset()
        names = {LAST_ARRIVAL, LAST_CHANGE, *self.rule.synapse_variables}
        names |= {trace.name for trace in self.rule.traces} | {average.name for average in self.rule.averages}
        return frozenset(f"{self.name}.{name}" for name in names) & {variable.name for variable in self.state()}

    def values(self) -> dict[str, Value]:
        """Return the parameters of its rule, by name."""
        return {} if self.rule is None else values_of(self.rule)

    def reset_of(self, average: Average) -> float | None:
        """Return the value of an average in the reset state; None if it outlasts it."""
        if not average.follows_v:
            return None
        assert self.rule is not None
        neuron = self.target.neuron
        rest = neuron.quantities()[{variable.name: variable.start for variable in neuron.variables}["v"]]
        return float(evaluate(average.of, {**self.rule.quantities(), "v": rest}))

    def state(self) -> list[StateVariable]:
        """Return the arrays that a presentation may change."""
        source, target, found = self.source, self.target, list[StateVariable]()

        def add(name: str, group: str, variable: str, shape: tuple[int, ...], reset: float | None = 0.0) -> None:
            found.append(StateVariable(f"{self.name}.{name}", group, variable, shape, reset, group == self.group))

        for trace in self.output_traces:
            add(trace.name, target.group, self.own(trace.name), (target.size,))
        for average in self.averages:
            add(average.name, target.group, self.own(average.name), (target.size,), self.reset_of(average))
        if self.counted:
            add("own", target.group, self.own("own"), (target.size,))
        elif self.at_end:
            add("sum", target.group, self.own("sum"), (target.size,))
        if self.counts:
            add("total", self.counter, "total", (target.size // self.units_per_field,))
        if self.rule is None:
            return found
        for trace in self.input_traces:
            if self.delays_differ:
                add(trace.name, self.group, self.own(trace.name), self.shape)
            else:
                add(trace.name, source.group, self.own(trace.name), (source.size,))
        if self.delays_differ:
            add(LAST_ARRIVAL, self.group, LAST_ARRIVAL, self.shape)
        for name in self.synapse_variables:
            add(name, self.group, self.own(name), self.shape)
        if self.rule.each_step:
            add(LAST_CHANGE, self.group, LAST_CHANGE, self.shape)
        add("w", self.group, "w", self.shape, None)
        return found

    def parameters(self) -> dict[str, dict[str, Value]]:
        """Return shared parameters of the Brian2 model that belong to this projection, by group and name."""
        found: dict[str, dict[str, Value]] = {name: {} for name in (self.source.group, self.target.group, self.group)}
        at_target, at_source, at_synapse = (found[g] for g in (self.target.group, self.source.group, self.group))
        weight, scale = self.projection.weight.quantities().get("value", 0.0), self.projection.scale
        if self.counted:
            at_target[self.own("w")] = Value(weight * (1.0 if scale is None else scale))
        else:
            if self.projection.one_weight:
                at_synapse["w"] = Value(weight)
            if scale is not None:
                place, name = (at_target, self.own("scale")) if self.at_end else (at_synapse, "scale")
                place[name] = Value(scale)
        if self.rule is not None:
            values = self.values()
            used = {each.tau for each in self.output_variables} | _words(code_of(self.averages))
            at_target |= {self.own(name): value for name, value in values.items() if name in used}
            taus = {trace.tau for trace in self.input_traces}
            if self.output_traces:
                at_target[self.own(LEARNS)] = Value(1.0)
            read = _words(f"{self.rule.on_input_spike} {self.rule.on_output_spike} {self.rule.each_step}")
            if self.delays_differ:
                read |= taus
            else:
                at_source |= {self.own(name): values[name] for name in taus}
            at_synapse |= {synaptic_name(name): value for name, value in values.items() if name in read}
        return found


def synaptic_name(name: str) -> str:
    """Return the name of a rule's parameter in synapses, which also see the names of their neurons."""
    return f"{brian_name(name)}_syn"


def code_of(averages: tuple[Average, ...]) -> str:
    """Return all expressions of some averages."""
    return " ".join(f"{average.of} {average.on_spike}" for average in averages)


@dataclass(frozen=True)
class Layout:
    """The Brian2 model of a graph whose input has a shape."""

    graph: Graph

    @cached_property
    def populations(self) -> dict[str, PopulationLayout]:
        """Populations by name, in the order of declaration."""
        found = {}
        for number, (name, population) in enumerate(self.graph.populations.items()):
            into = [each for each in self.graph.projections.values() if each.target == name]
            out = [each for each in self.graph.projections.values() if each.source == name]
            quiet = population.neuron is not None and population.noise is None
            sleeps = quiet and all(each.connect.storage == "one-to-one" and each.plasticity is None for each in into)
            noisy = () if population.noise is None else (population.noise.receptor,)
            found[name] = PopulationLayout(
                name,
                number,
                population,
                frozenset((*noisy, *(each.receptor for each in into))),
                sleeps,
                max((round(each.delay.longest / self.graph.dt) for each in out), default=0),
                self._decaying(population, into),
            )
        return found

    def _decaying(self, population: Population, into: list[Projection]) -> tuple[str, ...]:
        neuron = population.neuron
        if neuron is None or not self.graph.stream or all(each.plasticity is None for each in into):
            return ()
        return tuple(v.name for v in neuron.variables if v.slow and f"tau_{v.name}" in type(neuron).model_fields)

    @cached_property
    def projections(self) -> dict[str, ProjectionLayout]:
        """Projections by name, in the order of declaration."""
        return {
            name: ProjectionLayout(
                name, number, each, self.populations[each.source], self.populations[each.target], self.graph
            )
            for number, (name, each) in enumerate(self.graph.projections.items())
        }

    @property
    def cells(self) -> tuple[PopulationLayout, ...]:
        """Populations of neurons: all but the input."""
        return tuple(each for each in self.populations.values() if not each.is_input)

    @property
    def in_flight(self) -> tuple[PopulationLayout, ...]:
        """Populations whose spikes of the last steps are state."""
        mine = self.populations.values() if self.graph.stream else self.cells
        return tuple(each for each in mine if each.delay_bins)

    @property
    def input(self) -> PopulationLayout | None:
        """The population of the stimulus."""
        return next((each for each in self.populations.values() if each.is_input), None)

    @property
    def n_input(self) -> int:
        """Number of inputs; 0 without a stimulus."""
        return 0 if self.input is None else self.input.size

    @property
    def max_delay_bins(self) -> int:
        """Longest delay of the projections from the input, in steps."""
        return 0 if self.input is None else self.input.delay_bins

    def learned_by(self, population: str) -> tuple[str, ...]:
        """Return the names of the plastic projections into a population."""
        return tuple(
            each.name for each in self.projections.values() if each.rule is not None and each.target.name == population
        )

    @cached_property
    def state(self) -> dict[str, StateVariable]:
        """Every array that a presentation may change, by name."""
        found: list[StateVariable] = []
        for cells in self.cells:
            values, n = cells.neuron.quantities(), cells.size
            for variable in cells.neuron.variables:
                if variable.name in cells.unused:
                    continue
                reset = None if variable.slow else values[variable.start] if variable.start else 0.0
                name = f"{cells.name}.{variable.name}"
                found.append(StateVariable(name, cells.group, variable.name, (n,), reset))
            if cells.delay_bins:
                found.append(_recent(cells))
        if self.input in self.in_flight:
            found.append(_recent(self.input))
        for projection in self.projections.values():
            found += projection.state()
        return {variable.name: variable for variable in found}

    @cached_property
    def learned(self) -> dict[str, tuple[int, ...]]:
        """Shape of every array that outlasts a presentation and that a frozen presentation depends on, by name."""
        return learned_shapes(self.graph)

    @cached_property
    def fixed(self) -> dict[str, StateVariable]:
        """Weights that do not learn but differ between synapses, by name."""
        return {
            f"{each.name}.w": StateVariable(f"{each.name}.w", each.group, "w", each.shape, None, per_synapse=True)
            for each in self.projections.values()
            if each.rule is None and each.has_weights
        }

    @cached_property
    def neural(self) -> tuple[str, ...]:
        """Names of the state arrays of neurons: all but those of synapses."""
        return tuple(each.name for each in self.state.values() if each.group and not each.per_synapse)

    @cached_property
    def values(self) -> dict[str, dict[str, Value]]:
        """Every shared parameter of the Brian2 model, by group and name."""
        found: dict[str, dict[str, Value]] = {}
        for cells in self.cells:
            neuron, values = cells.neuron, values_of(cells.neuron)
            used = _words(f"{neuron.update} {neuron.threshold} {neuron.reset}")
            used |= {f"tau_{name}" for name in cells.decaying}
            own = {name: value for name, value in values.items() if name in used}
            for conductance, tau in neuron.conductances:
                if conductance in cells.unused:
                    own.pop(tau, None)
                else:
                    own[tau] = Value(self._effective_tau(values[tau].si), values[tau].unit)
            if cells.decaying:
                own[DECAYS] = Value(1.0)
            found[cells.group] = own
        for projection in self.projections.values():
            for group, more in projection.parameters().items():
                found.setdefault(group, {}).update(more)
        return {group: values for group, values in found.items() if values}

    @cached_property
    def parameters(self) -> dict[str, dict[str, float]]:
        """Value of every shared parameter of the Brian2 model, SI units, by group and name."""
        return {group: {name: value.si for name, value in values.items()} for group, values in self.values.items()}

    def learning_parameters(self, population: str, plastic: frozenset[str]) -> dict[str, float]:
        """Return the parameters of neurons that depend on which projections learn, with their value, SI units.

        Those that a neuron declares are 0 unless a projection into it learns.
        """
        cells, into = self.populations[population], self.learned_by(population)
        values, learns = self.parameters.get(cells.group, {}), not plastic.isdisjoint(into)
        found = {name: values[name] if learns else 0.0 for name in cells.neuron.learning if name in values}
        if cells.decaying:
            found[DECAYS] = float(learns)
        for name in into:
            flag = self.projections[name].own(LEARNS)
            if flag in values:
                found[flag] = float(name in plastic)
        return found

    def _effective_tau(self, tau: float) -> float:
        """The time constant whose exact decay over one step is the decay asked for.

        ``conductance_step = "euler"`` multiplies by ``1 - dt/tau`` per step, which is the exact decay with
        ``tau' = -dt/ln(1 - dt/tau)``; so one integrator serves both.
        """
        dt = self.graph.dt * 1e-3
        return tau if self.graph.conductance_step == "exact" else float(-dt / np.log1p(-dt / tau))


def _recent(population: PopulationLayout) -> StateVariable:
    shape = (population.delay_bins, population.size)
    return StateVariable(f"{population.name}.{RECENT}", "", RECENT, shape, 0.0)


def _words(code: str) -> set[str]:
    return set(re.findall(r"\w+", code))
