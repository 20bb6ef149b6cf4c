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

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from stdpbench.engine.network.elements import (
    AMOUNT,
    DECAYS,
    DELAY,
    LAST_ARRIVAL,
    LAST_CHANGE,
    LEARNS,
    LEFT_WITH,
    RECENT,
    SINCE_UPDATE,
    SPREAD,
    PopulationLayout,
    ProjectionLayout,
    StateVariable,
    delay_name,
    synaptic_name,
)
from stdpbench.engine.network.learned import learned_shapes
from stdpbench.engine.network.values import Value, values_of, words_of
from stdpbench.experiment.graph import Graph, Population, Projection

__all__ = [
    "AMOUNT",
    "DECAYS",
    "DELAY",
    "LAST_ARRIVAL",
    "LAST_CHANGE",
    "LEARNS",
    "LEFT_WITH",
    "RECENT",
    "SINCE_UPDATE",
    "SPREAD",
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
        found = {}
        for number, (name, population) in enumerate(self.graph.populations.items()):
            into = [each for each in self.graph.projections.values() if each.target == name]
            out = [each for each in self.graph.projections.values() if each.source == name]
            quiet = population.neuron is not None and population.noise is None
            sleeps = quiet and all(each.connect.storage == "one-to-one" and not each.learns for each in into)
            noisy = () if population.noise is None else (population.noise.receptor,)
            found[name] = PopulationLayout(
                name,
                number,
                population,
                frozenset((*noisy, *(each.receptor for each in into))),
                sleeps,
                max((round(each.longest_delay / self.graph.dt) for each in out), default=0),
                self._decaying(population, into),
            )
        return found

    def _decaying(self, population: Population, into: list[Projection]) -> tuple[str, ...]:
        neuron = population.neuron
        if neuron is None or not self.graph.stream or all(not each.learns for each in into):
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
    def real(self) -> type[np.float32 | np.float64]:
        """Type of the numbers of neurons and synapses, but for slow variables, averages, delays and counters."""
        return np.float32 if self.graph.precision == "float32" else np.float64

    @cached_property
    def cells(self) -> tuple[PopulationLayout, ...]:
        """Populations of neurons: all but the input."""
        return tuple(each for each in self.populations.values() if not each.is_input)

    @cached_property
    def driven(self) -> tuple[tuple[str, str], ...]:
        """Population and receptor of each projection from the input, through which currents may pass."""
        mine = [each for each in self.graph.projections.values() if each.source == self.graph.input != ""]
        return tuple(dict.fromkeys((each.target, each.receptor) for each in mine))

    @cached_property
    def in_flight(self) -> tuple[PopulationLayout, ...]:
        """Populations whose spikes of the last steps are state."""
        mine = self.populations.values() if self.graph.stream else self.cells
        return tuple(each for each in mine if each.delay_bins)

    @cached_property
    def input(self) -> PopulationLayout | None:
        """The population of the stimulus."""
        return next((each for each in self.populations.values() if each.is_input), None)

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
        return tuple(each.name for each in self.projections.values() if each.learns and each.target.name == population)

    @cached_property
    def plastic(self) -> frozenset[str]:
        """Names of the projections that learn."""
        return frozenset(self.graph.plastic)

    @cached_property
    def noisy(self) -> dict[str, int]:
        """Populations with noise, with the numbers of their neurons."""
        return {name: each.size for name, each in self.graph.populations.items() if each.noise is not None}

    @cached_property
    def periodic(self) -> frozenset[str]:
        """Names of the projections whose weights are updated once per period."""
        rules = {each.name: each.rule for each in self.projections.values()}
        return frozenset(name for name, rule in rules.items() if rule is not None and rule.periodically)

    @cached_property
    def learn_delays(self) -> tuple[ProjectionLayout, ...]:
        """Projections whose delays learn."""
        return tuple(each for each in self.projections.values() if each.delay_rule is not None)

    @cached_property
    def sizes(self) -> dict[str, int]:
        """Number of neurons of each population but the input, by name."""
        return {each.name: each.size for each in self.cells}

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
        """Weights that neither learn nor are trained, but differ between synapses, by name."""
        return {
            f"{each.name}.w": StateVariable(f"{each.name}.w", each.group, "w", each.shape, None, per_synapse=True)
            for each in self.projections.values()
            if not each.learns and each.has_weights and not each.projection.weight.trained
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
            used = words_of(f"{neuron.update} {neuron.threshold} {neuron.reset}")
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
