"""Description of a network without Brian2: groups, state, parameters, pathways.

Groups and their names, the same in every simulator:

========== ==========================================================================================
``input``   n_input spike sources; carries the input traces, one per neuron, unless delays differ
``exc``     n_exc excitatory neurons; carries the output traces
``inh``     n_exc inhibitory neurons (inhibition = "layer" only)
``pool``    one element that counts inhibitory events, so that lateral inhibition needs no n x n matrix
``relay``   n_exc neurons that spike one step after exc neurons (plastic direct inhibition only)
``lateral`` the synapses of plastic lateral inhibition, all to all, ordered by source: w is (n_exc, n_exc)
``plastic`` the synapses from input to exc, all to all, ordered by input neuron: w is (n_input, n_exc)
========== ==========================================================================================

*State* is every array that a presentation may change and the next one reads; it is named ``"group.variable"``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from stdpbench.experiment import Experiment
from stdpbench.expressions import evaluate
from stdpbench.plasticity import Average, PlasticityRule, Trace

LAST_ARRIVAL = "t_arrival"
"""Per synapse, where delays differ: when its last input spike arrived, in seconds from the presentation's start."""
LAST_CHANGE = "t_change"
"""Per synapse, with rules that change it in every step: up to when it is as it should be; 0 between presentations."""


def brian_name(name: str) -> str:
    """The name of a rule's parameter in the Brian2 model, which reserves the endings ``_pre`` and ``_post``."""
    return f"{name}_rate" if name.endswith(("_pre", "_post")) else name


def lateral_name(name: str) -> str:
    """The name that a trace of plastic lateral inhibition, or its time constant, has in exc neurons."""
    return f"lateral_{name}"


@dataclass(frozen=True)
class StateVariable:
    """One array of the state.

    Attributes
    ----------
    group, variable : str
        Where it lives.
    shape : tuple of int
        Its shape; dtype is float64.
    reset : float or None
        Its value in the reset state, SI units; None if it outlasts presentations (weights, thresholds).
    is_time : bool
        Whether it holds times, which move with the origin of time at every boundary.
    """

    group: str
    variable: str
    shape: tuple[int, ...]
    reset: float | None
    is_time: bool = False

    @property
    def name(self) -> str:
        """``"group.variable"``."""
        return f"{self.group}.{self.variable}"


@dataclass(frozen=True)
class Layout:
    """The network of an experiment on pictures of `n_input` pixels."""

    experiment: Experiment
    n_input: int

    @property
    def n_exc(self) -> int:
        """Number of exc neurons."""
        return self.experiment.network.n_exc

    @property
    def has_layer(self) -> bool:
        """Whether there are inh neurons."""
        return self.experiment.network.inhibition == "layer"

    @property
    def delays_differ(self) -> bool:
        """Whether each synapse from input to exc has its own delay."""
        return self.experiment.network.delays == "uniform"

    @property
    def max_delay_bins(self) -> int:
        """The longest delay in time steps; 0 without delays."""
        network = self.experiment.network
        return 0 if network.delays == "none" else round(network.max_delay / network.dt)

    @property
    def input_traces(self) -> tuple[Trace, ...]:
        """Traces of input spikes."""
        return tuple(trace for trace in self.experiment.plasticity.traces if trace.side == "input")

    @property
    def output_traces(self) -> tuple[Trace, ...]:
        """Traces of output spikes."""
        return tuple(trace for trace in self.experiment.plasticity.traces if trace.side == "output")

    @property
    def averages(self) -> tuple[Average, ...]:
        """Running averages of the rule, which exc neurons carry."""
        return self.experiment.plasticity.averages

    @property
    def synapse_variables(self) -> tuple[str, ...]:
        """Variables of the rule that synapses of the network carry beside their weight."""
        rule = self.experiment.plasticity
        return tuple(name for name in rule.synapse_variables if name not in rule.protocol_variables)

    @property
    def output_variables(self) -> tuple[Trace | Average, ...]:
        """All that exc neurons carry for the rule."""
        return (*self.output_traces, *self.averages)

    @property
    def lateral(self) -> PlasticityRule | None:
        """The rule of lateral inhibition; None where its weights are fixed."""
        found = self.experiment.lateral
        return found if isinstance(found, PlasticityRule) else None

    @property
    def lateral_traces(self) -> tuple[Trace, ...]:
        """Traces of that rule, of either side, under the names that they have in exc neurons, which carry them."""
        traces = () if self.lateral is None else self.lateral.traces
        return tuple(replace(t, name=lateral_name(t.name), tau=lateral_name(t.tau)) for t in traces)

    @property
    def inhibiting(self) -> tuple[str, ...]:
        """What exc neurons carry for lateral inhibition: what of it is theirs in this step, or in the next."""
        if self.lateral is not None:
            return ("lateral_sum",)
        return ("own", "own_next") if self.experiment.network.inhibition == "direct" else ("own",)

    def synaptic_name(self, name: str) -> str:
        """The name of a rule's parameter in the synapses, where those of their neurons must not occur again."""
        rule, own = self.experiment.plasticity, brian_name(name)
        elsewhere = {each.tau for each in (*self.input_traces, *self.output_variables)}
        elsewhere |= set(re.findall(r"\w+", _code_of(rule.averages)))
        return f"{own}_syn" if name in elsewhere else own

    @cached_property
    def state(self) -> dict[str, StateVariable]:
        """Every array that a presentation may change, by name."""
        n, groups = self.n_exc, [("exc", self.experiment.exc)]
        if self.has_layer:
            groups.append(("inh", self.experiment.inh))
        found: list[StateVariable] = []
        for group, neuron in groups:
            values = neuron.quantities()
            for variable in neuron.variables:
                if group == "inh" and variable.name == "gi":
                    continue  # nothing inhibits the inhibitory layer
                reset = None if variable.slow else values[variable.start] if variable.start else 0.0
                found.append(StateVariable(group, variable.name, (n,), reset))
        found += [StateVariable("exc", trace.name, (n,), 0.0) for trace in self.output_traces]
        found += [StateVariable("exc", each.name, (n,), self._reset_of(each)) for each in self.averages]
        found += [StateVariable("exc", trace.name, (n,), 0.0) for trace in self.lateral_traces]
        found += [StateVariable("exc", name, (n,), 0.0) for name in self.inhibiting]
        found.append(StateVariable("pool", "total", (1,), 0.0))
        direct = self.experiment.network.inhibition == "direct"
        if direct and self.lateral is None:
            found.append(StateVariable("pool", "total_next", (1,), 0.0))
        if direct and self.lateral is not None:
            found.append(StateVariable("relay", "told", (n,), 0.0))
        if self.lateral is not None:
            found.append(StateVariable("lateral", "w", (n, n), None))
        matrix = (self.n_input, n)
        if self.delays_differ:
            found += [StateVariable("plastic", trace.name, matrix, 0.0) for trace in self.input_traces]
            found.append(StateVariable("plastic", LAST_ARRIVAL, matrix, 0.0, is_time=True))
        else:
            found += [StateVariable("input", trace.name, (self.n_input,), 0.0) for trace in self.input_traces]
        found += [StateVariable("plastic", name, matrix, 0.0) for name in self.synapse_variables]
        if self.experiment.plasticity.each_step:
            found.append(StateVariable("plastic", LAST_CHANGE, matrix, 0.0))
        found.append(StateVariable("plastic", "w", matrix, None))
        return {variable.name: variable for variable in found}

    @cached_property
    def neural(self) -> tuple[str, ...]:
        """Names of the state arrays of neurons, of whatever kind: all but those of synapses."""
        return tuple(v.name for v in self.state.values() if v.group not in ("plastic", "lateral"))

    @property
    def remembered(self) -> frozenset[str]:
        """Names of the state arrays in which the rule remembers spikes; the rest means the same with any rule."""
        rule = self.experiment.plasticity
        own = {LAST_ARRIVAL, *rule.synapse_variables, *(trace.name for trace in rule.traces)}
        own |= {average.name for average in rule.averages}
        return frozenset(variable.name for variable in self.state.values() if variable.variable in own)

    def parameters(self, experiment: Experiment | None = None) -> dict[str, dict[str, float]]:
        """Value of every shared parameter of the Brian2 model, SI units, by group and name.

        Parameters
        ----------
        experiment : Experiment, optional
            Where the values come from: the layout's own experiment, or one that differs in parameters only.
        """
        given = experiment or self.experiment
        rule = given.plasticity.quantities()
        exc = self._used(given.exc.quantities(), _code(given.exc))
        exc |= self._carried(rule)
        exc["w_inh_exc"] = given.network.w_inh_exc
        groups = {"exc": exc}
        if self.has_layer:
            groups["inh"] = self._used(given.inh.quantities(), _code(given.inh))
            groups["exc_to_inh"] = {"w_exc_inh": given.network.w_exc_inh}
        for name, neuron in (("exc", given.exc), ("inh", given.inh)):
            if name in groups:
                for conductance, tau in neuron.conductances:
                    if name == "inh" and conductance == "gi":
                        groups[name].pop(tau, None)
                        continue
                    groups[name][tau] = self._effective_tau(neuron.quantities()[tau])
        return groups | self._of_synapses(given.plasticity) | self._of_lateral(given, exc)

    def _of_lateral(self, given: Experiment, exc: dict[str, float]) -> dict[str, dict[str, float]]:
        """Parameters that the synapses of plastic lateral inhibition need; those that exc neurons need go to `exc`."""
        rule = given.lateral
        if not isinstance(rule, PlasticityRule):
            return {}
        values = rule.quantities()
        exc |= {lateral_name(trace.tau): values[trace.tau] for trace in rule.traces}
        read = self._used(values, f"{rule.on_input_spike} {rule.on_output_spike}")
        return {"lateral": {f"{name}_syn": value for name, value in read.items()}}

    def parameters_of_rule(self) -> dict[str, dict[str, float]]:
        """Those of `parameters` that belong to the rule: what there is where spikes are imposed on both sides."""
        rule = self.experiment.plasticity
        return {"exc": self._carried(rule.quantities()), **self._of_synapses(rule)}

    def _carried(self, rule: dict[str, float]) -> dict[str, float]:
        """Parameters of the rule that exc neurons need."""
        needed = {each.tau: rule[each.tau] for each in self.output_variables}
        return needed | self._used(rule, _code_of(self.averages))

    @property
    def resting_potential(self) -> float:
        """Potential of exc neurons in the reset state, volt."""
        neuron = self.experiment.exc
        return neuron.quantities()[{variable.name: variable.start for variable in neuron.variables}["v"]]

    def _reset_of(self, average: Average) -> float | None:
        """Value of an average in the reset state; None if it outlasts it."""
        if not average.follows_v:
            return None
        known = {**self.experiment.plasticity.quantities(), "v": self.resting_potential}
        return float(evaluate(average.of, known))

    def _of_synapses(self, rule: PlasticityRule) -> dict[str, dict[str, float]]:
        """Parameters of the rule that input neurons and synapses need."""
        values, groups = rule.quantities(), dict[str, dict[str, float]]()
        taus = {trace.tau: values[trace.tau] for trace in self.input_traces}
        read = self._used(values, " ".join((rule.on_input_spike, rule.on_output_spike, rule.each_step)))
        if self.delays_differ:
            read |= taus
        else:
            groups["input"] = taus
        groups["plastic"] = {self.synaptic_name(name): value for name, value in read.items()}
        return groups

    def learning_parameters(self) -> dict[str, float]:
        """Parameters of exc neurons that are 0 while nothing learns, with their value while it does, SI units."""
        values = self.parameters()["exc"]
        return {name: values[name] for name in self.experiment.exc.learning if name in values}

    def _effective_tau(self, tau: float) -> float:
        """The time constant whose exact decay over one step is the decay asked for.

        ``conductance_step = "euler"`` multiplies by ``1 - dt/tau`` per step, which is the exact decay with
        ``tau' = -dt/ln(1 - dt/tau)``; so one integrator serves both.
        """
        dt = self.experiment.network.dt * 1e-3
        return tau if self.experiment.network.conductance_step == "exact" else float(-dt / np.log1p(-dt / tau))

    @staticmethod
    def _used(values: dict[str, float], code: str) -> dict[str, float]:
        words = set(re.findall(r"\w+", code))
        return {name: value for name, value in values.items() if name in words}


def _code_of(averages: tuple[Average, ...]) -> str:
    return " ".join(f"{average.of} {average.on_spike}" for average in averages)


def _code(neuron: object) -> str:
    return " ".join(getattr(neuron, part) for part in ("update", "threshold", "reset"))
