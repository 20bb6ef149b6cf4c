"""Groups, state and parameters of a network, without Brian2.

Names in the Brian2 model are neutral, so that the name of a population or projection can never change a result:

=========== ========================================================================================
``p<k>``    population k, in the order of declaration
``s<k>``    synapses of projection k; on neurons, ``s<k>_…`` is a variable for that projection
``s<k>_n``  counters of spikes that arrive at an `others` projection, one per field
=========== ========================================================================================

*State* is every array that a presentation may change and the next one reads. Its names are public and built from those
of the experiment: ``exc.v``, ``feed.w``, ``feed.x``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from stdpbench.engine.network.elements import (
    AMOUNT,
    DECAYS,
    DELAY,
    LAST_ARRIVAL,
    LAST_CHANGE,
    LEARNING_SPIKE,
    LEARNS,
    LEFT_WITH,
    PLACE,
    RECENT,
    SINCE_UPDATE,
    SPREAD,
    TO_COUNTERS,
    PopulationLayout,
    ProjectionLayout,
    StateVariable,
    delay_name,
    synaptic_name,
)
from stdpbench.engine.network.learned import learned_shapes
from stdpbench.engine.network.values import Value, in_si, values_of, words_of
from stdpbench.experiment.graph import Graph, Population, Projection

__all__ = [
    "AMOUNT",
    "DECAYS",
    "DELAY",
    "LAST_ARRIVAL",
    "LAST_CHANGE",
    "LEARNING_SPIKE",
    "LEARNS",
    "LEFT_WITH",
    "PLACE",
    "RECENT",
    "SINCE_UPDATE",
    "SPREAD",
    "TO_COUNTERS",
    "Layout",
    "PopulationLayout",
    "ProjectionLayout",
    "StateVariable",
    "delay_name",
    "synaptic_name",
]


@dataclass(frozen=True)
class Layout:
    """The Brian2 model of a graph whose input has a shape."""

    graph: Graph

    @cached_property
    def populations(self) -> dict[str, PopulationLayout]:
        """Populations by name, in the order of declaration."""
        layouts = {}
        for number, (name, population) in enumerate(self.graph.populations.items()):
            into = [projection for projection in self.graph.projections.values() if projection.target == name]
            out = [projection for projection in self.graph.projections.values() if projection.source == name]
            quiet = population.neuron is not None and population.noise is None
            quiet = quiet and population.winner == "none" and not population.learning_spikes
            sleeps = quiet and all(
                projection.connect.storage == "one-to-one" and not projection.learns for projection in into
            )
            noisy = () if population.noise is None else (population.noise.receptor,)
            layouts[name] = PopulationLayout(
                name,
                number,
                population,
                frozenset((*noisy, *(projection.receptor for projection in into))),
                sleeps,
                max((round(projection.longest_delay / self.graph.dt) for projection in out), default=0),
                self._decaying(population, into),
            )
        return layouts

    def _decaying(self, population: Population, into: list[Projection]) -> tuple[str, ...]:
        neuron = population.neuron
        if neuron is None or not self.graph.stream or all(not projection.learns for projection in into):
            return ()
        return tuple(v.name for v in neuron.variables if v.slow and f"tau_{v.name}" in type(neuron).model_fields)

    @cached_property
    def projections(self) -> dict[str, ProjectionLayout]:
        """Projections by name, in the order of declaration."""
        return {
            name: ProjectionLayout(
                name,
                number,
                projection,
                self.populations[projection.source],
                self.populations[projection.target],
                self.graph,
            )
            for number, (name, projection) in enumerate(self.graph.projections.items())
        }

    @cached_property
    def cells(self) -> tuple[PopulationLayout, ...]:
        """Populations of neurons: all but the input."""
        return tuple(population for population in self.populations.values() if not population.is_input)

    @cached_property
    def driven(self) -> tuple[tuple[str, str], ...]:
        """Population and receptor of each projection from the input, for input currents."""
        from_input = [
            projection for projection in self.graph.projections.values() if projection.source == self.graph.input != ""
        ]
        return tuple(dict.fromkeys((projection.target, projection.receptor) for projection in from_input))

    @cached_property
    def in_flight(self) -> tuple[PopulationLayout, ...]:
        """Populations whose recent spikes are part of the state."""
        populations = self.populations.values() if self.graph.stream else self.cells
        return tuple(population for population in populations if population.delay_bins)

    @cached_property
    def input(self) -> PopulationLayout | None:
        """The population of the stimulus."""
        return next((population for population in self.populations.values() if population.is_input), None)

    @property
    def n_input(self) -> int:
        """Number of inputs; 0 without a stimulus."""
        return 0 if self.input is None else self.input.size

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of the input; empty without a stimulus."""
        return () if self.input is None else self.input.population.shape

    @property
    def max_delay_bins(self) -> int:
        """Longest delay of the projections from the input, in steps."""
        return 0 if self.input is None else self.input.delay_bins

    def learned_by(self, population: str) -> tuple[str, ...]:
        """Return the names of the plastic projections into a population."""
        return tuple(
            projection.name
            for projection in self.projections.values()
            if projection.learns and projection.target.name == population
        )

    @cached_property
    def plastic(self) -> frozenset[str]:
        """Names of the projections that learn."""
        return frozenset(self.graph.plastic)

    @cached_property
    def noisy(self) -> dict[str, int]:
        """Populations with noise, with the numbers of their neurons."""
        return {
            name: population.size
            for name, population in self.graph.populations.items()
            if population.noise is not None
        }

    @cached_property
    def periodic(self) -> frozenset[str]:
        """Names of the projections whose weights are updated once per period."""
        rules = {projection.name: projection.rule for projection in self.projections.values()}
        return frozenset(name for name, rule in rules.items() if rule is not None and rule.periodically)

    @cached_property
    def learn_delays(self) -> tuple[ProjectionLayout, ...]:
        """Projections whose delays learn."""
        return tuple(projection for projection in self.projections.values() if projection.delay_rule is not None)

    @cached_property
    def sizes(self) -> dict[str, int]:
        """Number of neurons of each population but the input, by name."""
        return {population.name: population.size for population in self.cells}

    @cached_property
    def state(self) -> dict[str, StateVariable]:
        """All arrays that a presentation may change, by name."""
        variables: list[StateVariable] = []
        for cells in self.cells:
            values, n = cells.neuron.quantities(), cells.size
            for variable in cells.neuron.variables:
                if variable.name in cells.unused:
                    continue
                reset = values[variable.start] if variable.start else 0.0
                name = f"{cells.name}.{variable.name}"
                if variable.slow:
                    shape = (cells.population.n_slow,)
                    variables.append(StateVariable(name, cells.slow_group, variable.name, shape, None))
                else:
                    variables.append(StateVariable(name, cells.group, variable.name, (n,), reset))
            if cells.delay_bins:
                variables.append(_recent(cells))
        if self.input in self.in_flight:
            variables.append(_recent(self.input))
        for projection in self.projections.values():
            variables += projection.state()
        return {variable.name: variable for variable in variables}

    @cached_property
    def learned(self) -> dict[str, tuple[int, ...]]:
        """Shapes of the learned arrays, which persist and determine frozen presentations, by name."""
        return learned_shapes(self.graph)

    @cached_property
    def fixed(self) -> dict[str, StateVariable]:
        """Weights that neither learn nor are trained, but differ between synapses, by name."""
        return {
            f"{projection.name}.w": StateVariable(
                f"{projection.name}.w", projection.weights_group, "w", projection.shape, None, per_synapse=True
            )
            for projection in self.projections.values()
            if not projection.learns and projection.has_weights and not projection.projection.weight.trained
        }

    @cached_property
    def neural(self) -> tuple[str, ...]:
        """Names of the state arrays of neurons."""
        return tuple(variable.name for variable in self.state.values() if variable.group and not variable.per_synapse)

    @cached_property
    def values(self) -> dict[str, dict[str, Value]]:
        """Every shared parameter of the Brian2 model, by group and name."""
        values_by_group: dict[str, dict[str, Value]] = {}
        for cells in self.cells:
            neuron, values = cells.neuron, values_of(cells.neuron)
            used = words_of(f"{neuron.update} {neuron.threshold} {neuron.reset}")
            used |= {f"tau_{name}" for name in cells.decaying}
            parameters = {name: value for name, value in values.items() if name in used}
            for conductance, tau in neuron.conductances:
                if conductance in cells.unused:
                    parameters.pop(tau, None)
                else:
                    parameters[tau] = Value(self._effective_tau(values[tau].si), values[tau].unit)
            if cells.decaying:
                parameters[DECAYS] = Value(1.0)
            values_by_group[cells.group] = parameters
        for projection in self.projections.values():
            for group, added in projection.parameters().items():
                values_by_group.setdefault(group, {}).update(added)
        return {group: values for group, values in values_by_group.items() if values}

    @cached_property
    def parameters(self) -> dict[str, dict[str, float]]:
        """Value of every shared parameter of the Brian2 model, SI units, by group and name."""
        return in_si(self.values)

    def learning_parameters(self, population: str, plastic: frozenset[str]) -> dict[str, float]:
        """Return the parameters of neurons that depend on which projections learn, in SI units.

        The parameters in `Neuron.learning` are 0 unless a projection into the population learns.
        """
        cells, into = self.populations[population], self.learned_by(population)
        values, learns = self.parameters.get(cells.group, {}), not plastic.isdisjoint(into)
        parameters = {name: values[name] if learns else 0.0 for name in cells.neuron.learning if name in values}
        if cells.decaying:
            parameters[DECAYS] = float(learns)
        for name in into:
            flag = self.projections[name].own(LEARNS)
            if flag in values:
                parameters[flag] = float(name in plastic)
        return parameters

    def _effective_tau(self, tau: float) -> float:
        """Return the time constant whose exact decay over one step equals the requested decay.

        ``conductance_step = "euler"`` multiplies by ``1 - dt/tau`` per step, which is the exact decay with
        ``tau' = -dt/ln(1 - dt/tau)``; so one integrator serves both.
        """
        dt = self.graph.dt * 1e-3
        return tau if self.graph.conductance_step == "exact" else float(-dt / np.log1p(-dt / tau))


def _recent(population: PopulationLayout) -> StateVariable:
    shape = (population.delay_bins, population.size)
    return StateVariable(f"{population.name}.{RECENT}", "", RECENT, shape, 0.0)
