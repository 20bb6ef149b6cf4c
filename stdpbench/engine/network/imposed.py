"""Plastic synapses with spikes imposed on both sides, to isolate the effect of a rule.

Point k is one input neuron, one output neuron and the synapse between them, built from the rule's declaration by the
same code as the network (`stdpbench.engine.network.build`), in the same order within a step. Since only the imposed
spikes act between decays, and exponential decay over a long step equals that over many short ones, Brian2's objects
step from one spike to the next, all points at once. Only rules with averages of traces take steps of `dt`. Averages of
the potential see it at rest, apart from what spikes add to them.

For a rule that reads the potential, the output side is a neuron of the kind that the rule names. A pulse of current
makes it spike within one step. The neuron, the averages of its potential and the synapses then take steps of `dt`.

Traces are stored on neurons, each of which has one synapse, as in the network without delays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.engine.network.brian import brian2 as b2
from stdpbench.engine.network.brian import preferences, prepare
from stdpbench.engine.network.layout import Layout, ProjectionLayout
from stdpbench.engine.network.pathways import (
    carry,
    clean,
    declare,
    follow_averages,
    late_name,
    let_decay,
    on_spike,
    plastic_synapses,
    raise_averages,
    set_parameters,
    touch,
)
from stdpbench.engine.network.values import in_si, values_of
from stdpbench.experiment.graph import Graph, Population, Projection
from stdpbench.kinds.connections.one_to_one import OneToOne
from stdpbench.kinds.neurons import Neuron, neurons
from stdpbench.kinds.plasticity import PlasticityRule, Trace

_TICK = 1e-9  # seconds: spikes closer than this are simultaneous


class ImposedSpikes:
    """Synapses of one rule, each between two neurons whose spikes are given.

    Parameters
    ----------
    rule : PlasticityRule
        The rule, which need not run in the digit network.
    n_points : int
        Number of synapses.
    dt : float
        Longest step while averages follow traces, in ms.
    """

    def __init__(self, rule: PlasticityRule, n_points: int, dt: float = 0.5) -> None:
        self._layout, self._dt, self._n = self._layout_of(rule, n_points), dt * 1e-3, n_points
        self._source, self._target = (population.group for population in self._layout.populations.values())
        b2.set_device("runtime")
        with preferences(codegen__target="numpy"):  # no compilation, so that changes of a rule act immediately
            self._groups, objects = self._build()
            network = b2.Network(objects)
            prepare(network)
        # these objects only run when there are spikes on their side
        own, source, target = self._synapses.own, self._source, self._target
        sides = {own("pre"): "input", f"{source}_{own('traces')}": "input"}
        sides |= dict.fromkeys((own("post"), f"{target}_{own('traces')}", f"{target}_{own('jumps')}"), "exc")
        order = [obj for obj in network.sorted_objects if obj.code_objects and obj.name not in (source, target)]
        self._steps = [(obj, sides.get(obj.name, "")) for obj in order]
        groups = {"input": self._groups[source], "exc": self._groups[target]}
        self._spikes = {name: group.variables["_spikespace"].get_value() for name, group in groups.items()}
        self._span = self._groups[source].clock.variables["dt"].get_value()  # generated NumPy code reads this array

    @property
    def rule(self) -> PlasticityRule:
        """The rule with the current parameters."""
        rule = self._synapses.rule
        assert rule is not None
        return rule

    @property
    def _synapses(self) -> ProjectionLayout:
        return self._layout.projections["feed"]

    def set_rule(self, rule: PlasticityRule) -> None:
        """Set other parameters of the same rule."""
        self._layout = self._layout_of(rule, self._n)
        set_parameters(self._groups, in_si(self._synapses.parameters()))

    def put(self, name: str, values: float | NDArray[np.float64]) -> None:
        """Set a synapse variable of the rule, between two runs."""
        self._own(name)[...] = values

    def run(
        self,
        input_spikes: Sequence[NDArray[np.float64]],
        output_spikes: Sequence[NDArray[np.float64]],
        w: float | NDArray[np.float64] | None,
        state: Mapping[str, float] | None = None,
        until: float = 0.0,
    ) -> NDArray[np.float64]:
        """Impose spikes on synapses in the reset state, or in the state after the last run.

        Parameters
        ----------
        input_spikes, output_spikes : sequence of ndarray, float64, seconds
            Times of the spikes of each point, none below 0. Of spikes at the same time, those of the input come first.
        w : float or ndarray, float64, (n_points,), or None
            Weights at the beginning; None: continue with weights, traces and averages of the last run.
        state : mapping of str to float, optional
            Averages and synapse variables of the rule at the beginning, by name; default: 0.
        until : float, seconds
            When the run ends, if that is after the last spike.

        Returns
        -------
        ndarray, float64, (n_points,)
            Weights at the end.
        """
        if w is not None:
            self._reset(w, state or {})
        at, index, is_output = _events(input_spikes, output_spikes)
        bounds = np.append(np.flatnonzero(np.diff(at, prepend=-1)), len(at))
        now = 0
        for first, last in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
            time = int(at[first])
            split = first + int(np.searchsorted(is_output[first:last], 1))
            self._go(now, time, index[first:split], index[split:last])
            now = time
        if (end := round(until / _TICK)) > now:
            self._go(now, end, index[:0], index[:0])
        weights: NDArray[np.float64] = self._array(self._synapses.group, "w").copy()
        return weights

    def _go(self, now: int, until: int, inputs: NDArray[np.int32], outputs: NDArray[np.int32]) -> None:
        """Advance from tick `now` to tick `until`, at which the spikes occur."""
        span = (until - now) * _TICK
        if any(not average.follows_v for average in self._synapses.averages) and span > self._dt:
            n_steps = int(np.ceil(span / self._dt - 1e-9))
            span /= n_steps
            none = inputs[:0]
            for _ in range(n_steps - 1):
                self._step(span, none, none)
        self._step(span, inputs, outputs)

    def _step(self, span: float, inputs: NDArray[np.int32], outputs: NDArray[np.int32]) -> None:
        self._span[0] = span
        fired = {"": True, "input": len(inputs) > 0, "exc": len(outputs) > 0}
        for name, spiking in (("input", inputs), ("exc", outputs)):
            self._spikes[name][: len(spiking)] = spiking
            self._spikes[name][-1] = len(spiking)
        for obj, side in self._steps:
            if fired[side]:
                obj.run()

    def _reset(self, w: float | NDArray[np.float64], state: Mapping[str, float]) -> None:
        synapses = self._synapses
        resets = {variable.name: synapses.reset_of(variable) for variable in synapses.averages}
        for variable in (*synapses.input_traces, *synapses.output_variables):
            self._own(variable.name)[...] = state.get(variable.name, resets.get(variable.name) or 0.0)
        for name in self.rule.synapse_variables:
            self._own(name)[...] = state.get(name, 0.0)
        self._array(synapses.group, "w")[...] = w

    def _own(self, name: str) -> NDArray[np.float64]:
        """Return the array of a trace, average or synapse variable of the rule."""
        synapses = self._synapses
        at_source = any(variable.name == name for variable in synapses.input_traces)
        at_target = any(variable.name == name for variable in synapses.output_variables)
        group = self._source if at_source else self._target if at_target else synapses.group
        return self._array(group, synapses.own(name))

    def _array(self, group: str, variable: str) -> NDArray[np.float64]:
        values: NDArray[np.float64] = self._groups[group].variables[variable].get_value()
        return values

    def _build(self) -> tuple[dict[str, Any], list[Any]]:
        synapses, n, values = self._synapses, self._n, self._synapses.parameters()
        clock = b2.Clock(self._dt * b2.second, name="network_clock")
        groups = {
            name: b2.SpikeGeneratorGroup(n, [], [] * b2.ms, clock=clock, name=name)
            for name in (self._source, self._target)
        }
        source, target = groups.values()
        extra = self._carry_traces(source, synapses.input_traces, "synapses")
        extra += self._carry_traces(target, synapses.output_traces, "resets")
        for average in synapses.averages:
            target.variables.add_array(synapses.own(average.name), size=n)
        if any(average.follows_v for average in synapses.averages):
            target.variables.add_array("v", size=n, dimensions=b2.get_dimensions(b2.volt))
            neuron = synapses.target.neuron
            rest = neuron.quantities()[{variable.name: variable.start for variable in neuron.variables}["v"]]
            target.variables["v"].get_value()[...] = rest
        extra += follow_averages(target, synapses)
        extra += raise_averages(target, synapses)
        plastic = plastic_synapses(synapses, values.get(synapses.group, {}), source, target, drive="")
        plastic.connect(j="i")
        groups[synapses.group] = plastic
        extra += [obj for obj in plastic.contained_objects if obj.name == synapses.own("step")]
        set_parameters(groups, in_si(values))
        return groups, [*groups.values(), *extra]

    def _carry_traces(self, group: Any, traces: tuple[Trace, ...], when: str) -> list[Any]:
        """Add the traces of one side to a group of imposed spikes; `when` is the slot in which spikes set them."""
        synapses = self._synapses
        carry(group, synapses.parameters()[group.name], tuple(synapses.own(trace.name) for trace in traces))
        if not traces:
            return []
        name = f"{group.name}_{synapses.own('traces')}"
        setter = on_spike(group, touch(synapses.own, traces), when=when, order=0, name=name)
        return [setter, *let_decay(group, synapses, traces)]

    def _layout_of(self, rule: PlasticityRule, n_points: int) -> Layout:
        """Return the layout of one synapse per point, also for a rule that does not run in a network."""
        populations = {
            "input": Population(shape=(n_points,)),
            "exc": Population.model_construct(shape=(n_points,), neuron=self._neuron),
        }
        feed = Projection.model_construct(
            source="input", target="exc", receptor="", connect=OneToOne(), plasticity=rule
        )
        return Layout(Graph(populations, {"feed": feed}, read="exc"))

    @property
    def _neuron(self) -> Neuron:
        """The neuron that provides the resting potential for averages."""
        return neurons.build({"kind": "adaptive-lif"}, "exc")


def _events(
    input_spikes: Sequence[NDArray[np.float64]], output_spikes: Sequence[NDArray[np.float64]]
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int8]]:
    """Return all spikes in order: time in ticks, point, and whether it is an output spike."""
    times = [np.concatenate([np.empty(0), *spikes]) for spikes in (input_spikes, output_spikes)]
    points = [np.repeat(np.arange(len(spikes)), [len(s) for s in spikes]) for spikes in (input_spikes, output_spikes)]
    at = np.rint(np.concatenate(times) / _TICK).astype(np.int64)
    if len(at) and at.min() < 0:
        raise StdpbenchError("imposed spikes must not be before time 0")
    index = np.concatenate(points).astype(np.int32)
    is_output = np.repeat(np.array([0, 1], np.int8), [len(times[0]), len(times[1])])
    key = np.stack([at, is_output.astype(np.int64), index.astype(np.int64)])
    if key.shape[1] != np.unique(key, axis=1).shape[1]:
        raise StdpbenchError("two imposed spikes of one neuron are at the same time")
    order = np.lexsort((index, is_output, at))
    return at[order], index[order], is_output[order]


_PULSE = 1e-9  # coulomb: thousands of mV on any neuron, whatever the step; the authors' code injects 1e6 pA for 1 ms
_TAIL = 0.05  # seconds simulated after the last output spike, for its late effects


class DrivenNeurons(ImposedSpikes):
    """Synapses of one rule, each onto a neuron that is made to spike at prescribed times.

    Parameters
    ----------
    rule : PlasticityRule
        A rule with an `output_neuron`.
    n_points : int
        Number of synapses.
    dt : float
        Time step, in ms. Spikes fall into the step that is nearest.
    neuron : Neuron, optional
        The neuron, to set its parameters. Default: with its default parameters.
    """

    def __init__(self, rule: PlasticityRule, n_points: int, dt: float = 0.5, neuron: Neuron | None = None) -> None:
        self._driven = neuron or neurons.build({"kind": rule.output_neuron}, "exc")
        self._late: dict[str, tuple[NDArray[np.float64], int]] = {}
        self._steps_done = 0
        super().__init__(rule, n_points, dt)
        self._steps = [(obj, "" if side == "exc" else side) for obj, side in self._steps]  # it fires by its threshold
        self._span[0] = self._dt

    def run(
        self,
        input_spikes: Sequence[NDArray[np.float64]],
        output_spikes: Sequence[NDArray[np.float64]],
        w: float | NDArray[np.float64] | None,
        state: Mapping[str, float] | None = None,
        until: float = 0.0,
    ) -> NDArray[np.float64]:
        """Impose spikes as `ImposedSpikes.run`, and simulate for at least 50 ms after the last spike.

        An output spike is ignored while the neuron is still spiking.
        """
        self._steps_done = 0
        last = max((float(spikes.max()) for spikes in (*input_spikes, *output_spikes) if len(spikes)), default=0.0)
        return super().run(input_spikes, output_spikes, w, state, max(until, last + _TAIL))

    def _go(self, now: int, until: int, inputs: NDArray[np.int32], outputs: NDArray[np.int32]) -> None:
        none, spikes = inputs[:0], len(inputs) + len(outputs) > 0
        # spikes occur within a step, so that those at time 0 need a step as well
        number = round(until * 1e-9 / self._dt) + spikes
        if spikes and number <= self._steps_done:
            raise StdpbenchError(f"spikes less than a step of {1e3 * self._dt:g} ms apart; use a smaller dt")
        while self._steps_done < number - spikes:
            self._step(self._dt, none, none)
        if spikes:
            self._step(self._dt, inputs, outputs)

    def _step(self, span: float, inputs: NDArray[np.int32], outputs: NDArray[np.int32]) -> None:
        self._spikes["input"][: len(inputs)] = inputs
        self._spikes["input"][-1] = len(inputs)
        current = self._array(self._target, self._driven.injected)
        current[outputs] = _PULSE / self._dt
        for obj, side in self._steps:
            if side != "input" or len(inputs):
                obj.run()
            if obj.name == f"{self._target}_{self._synapses.own('potentials')}":
                self._delay()
        current[outputs] = 0.0
        self._steps_done += 1

    def _delay(self) -> None:
        for name, (past, bins) in self._late.items():
            past[self._steps_done % (bins + 1)] = self._array(self._target, name)
            self._array(self._target, late_name(name))[...] = past[(self._steps_done - bins) % (bins + 1)]

    def _reset(self, w: float | NDArray[np.float64], state: Mapping[str, float]) -> None:
        super()._reset(w, state)
        values = self._driven.quantities()
        for variable in self._driven.variables:
            self._array(self._target, variable.name)[...] = values[variable.start] if variable.start else 0.0
        for name, (past, _) in self._late.items():
            past[...] = self._array(self._target, name)

    def _build(self) -> tuple[dict[str, Any], list[Any]]:
        synapses, n, neuron = self._synapses, self._n, self._driven
        for average in synapses.averages:
            bins = round(self.rule.quantities()[average.delay] / self._dt) if average.delay else 0
            if bins:
                self._late[synapses.own(average.name)] = (np.zeros((bins + 1, n)), bins)
        clock = b2.Clock(self._dt * b2.second, name="network_clock")
        values = synapses.parameters()
        values[self._target] |= values_of(neuron)
        source = b2.SpikeGeneratorGroup(n, [], [] * b2.ms, clock=clock, name=self._source)
        model = [f"{variable.name} : {variable.unit}" for variable in neuron.variables]
        model += [f"{synapses.own(variable.name)} : 1" for variable in synapses.output_variables]
        model += [f"{late_name(synapses.own(average.name))} : 1" for average in synapses.averages if average.delay]
        model.append(declare(values[self._target]))
        target = b2.NeuronGroup(
            n, "\n".join(model), threshold=neuron.threshold, reset="", clock=clock, name=self._target
        )
        target.run_regularly(clean(neuron.update), when="groups", name=f"{self._target}_step")
        follow_averages(target, synapses)
        groups = {self._source: source, self._target: target}
        extra = self._carry_traces(source, synapses.input_traces, "synapses")
        groups[synapses.group] = plastic_synapses(synapses, values.get(synapses.group, {}), source, target, drive="")
        groups[synapses.group].connect(j="i")
        set_parameters(groups, in_si(values))
        return groups, [*groups.values(), *extra]

    @property
    def _neuron(self) -> Neuron:
        return self._driven


def open_synapses(rule: PlasticityRule, n_points: int, dt: float = 0.5, neuron: Neuron | None = None) -> ImposedSpikes:
    """Return synapses with imposed spikes, on driven neurons if the rule reads the output neuron."""
    return DrivenNeurons(rule, n_points, dt, neuron) if rule.output_neuron else ImposedSpikes(rule, n_points, dt)
