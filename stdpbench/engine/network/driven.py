"""The plastic synapses of a rule that reads the membrane potential, on neurons that are made to spike.

As `stdpbench.engine.network.imposed`, but the output side is a neuron of the kind that the rule names, and an output
spike is a pulse of current that lifts it over its threshold in one step. Everything takes steps of `dt`: the neuron,
its potential's averages, the synapses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.engine.network.brian import brian2 as b2
from stdpbench.engine.network.codegen_text import clean, declare
from stdpbench.engine.network.imposed import ImposedSpikes
from stdpbench.engine.network.pathways import follow_averages, late_name, plastic_synapses, set_parameters
from stdpbench.engine.network.values import values_of
from stdpbench.kinds.neurons import Neuron, neurons
from stdpbench.kinds.plasticity import PlasticityRule

_PULSE = 1e-9  # coulomb: thousands of mV on any neuron, whatever the step; the authors' code injects 1e6 pA for 1 ms
_TAIL = 0.05  # seconds simulated after the last output spike, for its late effects


class DrivenNeurons(ImposedSpikes):
    """Synapses of one rule, each onto a neuron that spikes at prescribed times.

    Parameters
    ----------
    rule : PlasticityRule
        With an `output_neuron`.
    n_points : int
        Number of synapses.
    dt : float
        Time step, in ms. Spikes fall into the step that is nearest.
    neuron : Neuron, optional
        The neuron with parameters of one's own.
    """

    def __init__(self, rule: PlasticityRule, n_points: int, dt: float = 0.5, neuron: Neuron | None = None) -> None:
        self._driven = neuron or neurons.build({"kind": rule.output_neuron}, "exc")
        self._late: dict[str, tuple[NDArray[np.float64], int]] = {}
        self._taken = 0
        super().__init__(rule, n_points, dt)
        self._steps = [(each, "" if side == "exc" else side) for each, side in self._steps]  # its spikes are its own
        self._span[0] = self._dt

    def run(
        self,
        input_spikes: Sequence[NDArray[np.float64]],
        output_spikes: Sequence[NDArray[np.float64]],
        w: float | NDArray[np.float64] | None,
        state: Mapping[str, float] | None = None,
        until: float = 0.0,
    ) -> NDArray[np.float64]:
        """Let spikes come; see `ImposedSpikes.run`. Goes on for 50 ms after the last spike at least.

        An output spike that comes while the neuron still spikes is not there.
        """
        self._taken = 0
        last = max((float(spikes.max()) for spikes in (*input_spikes, *output_spikes) if len(spikes)), default=0.0)
        return super().run(input_spikes, output_spikes, w, state, max(until, last + _TAIL))

    def _go(self, now: int, until: int, inputs: NDArray[np.int32], outputs: NDArray[np.int32]) -> None:
        none, spikes = inputs[:0], len(inputs) + len(outputs) > 0
        # the spikes of a step come in it, so that those at time 0 have one to come in
        number = round(until * 1e-9 / self._dt) + spikes
        if spikes and number <= self._taken:
            raise StdpbenchError(f"spikes less than a step of {1e3 * self._dt:g} ms apart; use a smaller dt")
        while self._taken < number - spikes:
            self._step(self._dt, none, none)
        if spikes:
            self._step(self._dt, inputs, outputs)

    def _step(self, span: float, inputs: NDArray[np.int32], outputs: NDArray[np.int32]) -> None:
        self._spikes["input"][: len(inputs)] = inputs
        self._spikes["input"][-1] = len(inputs)
        current = self._array(self._target, self._driven.injected)
        current[outputs] = _PULSE / self._dt
        for each, side in self._steps:
            if side != "input" or len(inputs):
                each.run()
            if each.name == f"{self._target}_{self._synapses.own('potentials')}":
                self._delay()
        current[outputs] = 0.0
        self._taken += 1

    def _delay(self) -> None:
        for name, (past, bins) in self._late.items():
            past[self._taken % (bins + 1)] = self._array(self._target, name)
            self._array(self._target, late_name(name))[...] = past[(self._taken - bins) % (bins + 1)]

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
        model += [f"{late_name(synapses.own(each.name))} : 1" for each in synapses.averages if each.delay]
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
        set_parameters(groups, {group: {n: v.si for n, v in each.items()} for group, each in values.items()})
        return groups, [*groups.values(), *extra]

    @property
    def _neuron(self) -> Neuron:
        return self._driven


def open_synapses(rule: PlasticityRule, n_points: int, dt: float = 0.5, neuron: Neuron | None = None) -> ImposedSpikes:
    """Synapses of a rule with spikes imposed on both sides; on neurons that are driven, if the rule reads these."""
    return DrivenNeurons(rule, n_points, dt, neuron) if rule.output_neuron else ImposedSpikes(rule, n_points, dt)
