r"""Recompute the weights of one neuron in one presentation from recorded spikes.

The order within a time step is that of the simulators (`stdpbench.engine.network.build`):

1. averages of the membrane potential are updated; traces decay by :math:`e^{-dt/\tau}`; averages of traces are
   updated; the rule's `each_step` is run;
2. spikes of the source (the "input") arrive: their weights change, then their traces are set or incremented;
3. the neuron spikes: all its weights change, then its traces are set or incremented, and its averages incremented.

So the same initial weights and traces give the same final weights, up to rounding; a contract test compares them with
the simulators. If the initial weights are unknown, `weights_before` computes them from the final ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.declare.expressions import Code, evaluate
from stdpbench.kinds.plasticity.base import Average, PlasticityRule, Trace

Floats = NDArray[np.float64]
Ints = NDArray[np.integer[Any]]
_ITERATIONS, _TOLERANCE = 90, 1e-10


@dataclass(frozen=True, eq=False)
class ReceivedSpikes:
    """The spikes of one presentation that affect the weights of a projection onto one neuron.

    Attributes
    ----------
    n_bins : int
        Time steps of the presentation, including the rest.
    index, bin : ndarray, int, (n_spikes,)
        Spikes of the source in the order of their arrival at the neuron.
    output : ndarray, int, (n_output,)
        Time steps in which the neuron spikes, ascending.
    v : ndarray, float64, (n_bins,), volt, or None
        Membrane potential of the neuron at the beginning of each step, for rules with averages of it.
    """

    n_bins: int
    index: Ints
    bin: Ints
    output: Ints
    v: Floats | None = None

    @classmethod
    def of(
        cls, n_bins: int, index: Ints, bin: Ints, output: Ints, delay_bins: int | Ints = 0, v: Floats | None = None
    ) -> ReceivedSpikes:
        """Create the object from spikes at their time of emission, sorted by arrival.

        Parameters
        ----------
        n_bins : int
            Time steps of the presentation.
        index, bin : ndarray, int, (n_spikes,)
            Spikes of the source at the time of emission; before the presentation if negative.
        output : ndarray, int, (n_output,)
            Time steps in which the neuron spikes, ascending.
        delay_bins : int or ndarray, int, (n_input,)
            Delay of all synapses, or of each synapse, in time steps.
        v : ndarray, float64, (n_bins,), optional
            Membrane potential at the beginning of each step.
        """
        arrival = bin + (delay_bins if isinstance(delay_bins, int) else delay_bins[index])
        order = np.argsort(arrival, kind="stable")
        order = order[arrival[order] >= 0]
        return cls(n_bins, index[order], arrival[order], output, v)


@dataclass(frozen=True, eq=False)
class Replay:
    """Weights and traces of a projection onto one neuron through one presentation.

    Attributes
    ----------
    received : ReceivedSpikes
        The spikes.
    start : ndarray, float64, (n_input,)
        Weights at the beginning.
    end : ndarray, float64, (n_input,)
        Weights after the last step.
    traces_end : dict of str to ndarray
        Traces, averages and synapse variables after the last step: (n_input,) for the input side and for synapses, a
        number for the output side.
    """

    received: ReceivedSpikes
    start: Floats
    end: Floats
    traces_end: dict[str, Any]
    _rule: PlasticityRule
    _dt: float
    _traces_start: Mapping[str, Any]
    _changed_bin: NDArray[np.int64]
    _changed_index: NDArray[np.int64]
    _changed_to: Floats
    _means: dict[str, Floats]

    def weights(self, after: int) -> Floats:
        """Return the weights after the step `after`, or at the beginning for -1: float64, (n_input,)."""
        n = int(np.searchsorted(self._changed_bin, after, side="right"))
        w = self.start.copy()
        w[self._changed_index[:n]] = self._changed_to[:n]  # if a weight occurs several times, its last value is kept
        return w

    def weight(self, pixel: int) -> Floats:
        """Return one weight at the end of each step: float64, (n_bins,)."""
        changes = self._changed_index == pixel
        number = np.searchsorted(self._changed_bin[changes], np.arange(self.received.n_bins), side="right")
        values: Floats = np.concatenate([self.start[pixel : pixel + 1], self._changed_to[changes]])[number]
        return values

    def trace(self, name: str, pixel: int = -1) -> Floats:
        """Return a trace at the end of each step: float64, (n_bins,).

        Parameters
        ----------
        name : str
            Name of the trace.
        pixel : int
            Input neuron, for a trace of the input side; -1: mean over the input neurons that spike.
        """
        trace = next(trace for trace in self._rule.traces if trace.name == name)
        start = self._traces_start.get(name, 0.0)
        if trace.side == "input":
            if pixel < 0:
                mean: Floats = self._means[name]
                return mean
            start = np.broadcast_to(start, self.start.shape)[pixel]
            spikes = self.received.bin[self.received.index == pixel]
        else:
            spikes = self.received.output
        factor = decay(self._rule, trace, self._dt)
        return course(spikes, self.received.n_bins, factor, trace.on_spike == "set", float(start))


def decay(rule: PlasticityRule, trace: Trace | Average, dt: float) -> float:
    """Return the decay factor of a trace or an average per time step of `dt` seconds."""
    return float(np.exp(-dt / rule.quantities()[trace.tau]))


def course(spikes: Ints, n_bins: int, factor: float, is_set: bool, start: float) -> Floats:
    """Return a trace at the end of each step: it decays by `factor`, then a spike sets it to 1 or adds 1."""
    values = np.empty(n_bins)
    events = np.bincount(spikes, minlength=n_bins)[:n_bins].tolist()
    value = start
    for step, n in enumerate(events):
        value *= factor
        if n:
            value = 1.0 if is_set else value + n
        values[step] = value
    return values


def replay(
    rule: PlasticityRule,
    dt: float,
    received: ReceivedSpikes,
    w: Floats,
    traces: Mapping[str, Any] | None = None,
    connected: NDArray[np.bool_] | None = None,
) -> Replay:
    """Apply a rule to the weights of a projection onto one neuron, step by step.

    Parameters
    ----------
    rule : PlasticityRule
        The rule with the parameters of that presentation.
    dt : float
        Time step in seconds.
    received : ReceivedSpikes
        The spikes.
    w : ndarray, float64, (n_input,)
        Weights at the beginning, after normalisation.
    traces : mapping of str to float or ndarray, optional
        Traces, averages and synapse variables at the beginning, (n_input,) for the input side and for synapses;
        default: 0, as in the reset state.
    connected : ndarray, bool, (n_input,), optional
        Source neurons with a synapse to this neuron; other weights do not change. Default: all.

    Raises
    ------
    StdpbenchError
        If the rule contains unsupported expressions, or needs the membrane potential and `v` is missing.
    """
    if received.v is None and any(average.follows_v for average in rule.averages):
        raise StdpbenchError("this rule reads the membrane potential and cannot be replayed without a recording of it")
    at_start = dict(traces or {})
    constants, n_input = rule.quantities(), len(w)
    on_input, on_output, each_step = Code(rule.on_input_spike), Code(rule.on_output_spike), Code(rule.each_step)
    sides = {side: [trace for trace in rule.traces if trace.side == side] for side in ("input", "output")}
    factors = {trace.name: decay(rule, trace, dt) for trace in rule.traces}
    state: dict[str, Any] = {t.name: np.zeros(n_input) + at_start.get(t.name, 0.0) for t in sides["input"]}
    state |= {trace.name: float(at_start.get(trace.name, 0.0)) for trace in sides["output"]}
    state |= {average.name: float(at_start.get(average.name, 0.0)) for average in rule.averages}
    state |= {name: np.zeros(n_input) + at_start.get(name, 0.0) for name in rule.synapse_variables}
    average_factors = {average.name: decay(rule, average, dt) for average in rule.averages}
    active = np.unique(received.index)
    means = {trace.name: np.zeros(received.n_bins) for trace in sides["input"]}
    edges = np.searchsorted(received.bin, np.arange(received.n_bins + 1))
    spikes = set(received.output.tolist())
    now = np.array(w, np.float64)
    steps: list[int] = []
    places: list[NDArray[Any]] = []
    values: list[Floats] = []

    def change(step: int, synapses: NDArray[Any], code: Code, traces_read: Mapping[str, Any]) -> None:
        variables = {name: state[name][synapses] for name in rule.synapse_variables}
        assigned = code.run({**constants, **state, **traces_read, **variables, "w": now[synapses]})
        for name in variables:
            if name in assigned:
                state[name][synapses] = assigned[name]
        new = np.broadcast_to(assigned.get("w", now[synapses]), synapses.shape)
        changed = new != now[synapses]
        if changed.any():
            steps.append(step)
            places.append(synapses[changed])
            values.append(new[changed])
            now[synapses] = new

    def update(selected: list[Average], known: Mapping[str, Any]) -> None:
        for average in selected:
            target = evaluate(average.of, {**constants, **state, **known})
            state[average.name] = target + (state[average.name] - target) * average_factors[average.name]

    potentials, averages = ([a for a in rule.averages if a.follows_v is of_v] for of_v in (True, False))
    all_synapses = np.arange(n_input) if connected is None else np.flatnonzero(connected)
    for step in range(received.n_bins):
        if received.v is not None:
            update(potentials, {"v": received.v[step]})
        for name, factor in factors.items():
            state[name] *= factor
        update(averages, {})
        if rule.each_step:
            change(step, all_synapses, each_step, {"dt": dt, **_input_traces(sides["input"], state, connected)})
        if edges[step + 1] > edges[step]:
            sources = received.index[edges[step] : edges[step + 1]]
            reaching = sources if connected is None else sources[connected[sources]]
            traces_read = {trace.name: state[trace.name][reaching] for trace in sides["input"]}
            change(step, reaching, on_input, traces_read)
            _update_traces(sides["input"], state, sources)
        if step in spikes:
            change(step, all_synapses, on_output, _input_traces(sides["input"], state, connected))
            _update_traces(sides["output"], state)
            for average in rule.averages:
                if average.on_spike:
                    state[average.name] += evaluate(average.on_spike, constants)
        if len(active):
            for name, mean in means.items():
                mean[step] = state[name][active].mean()
    return Replay(
        received,
        np.array(w, np.float64),
        now,
        state,
        rule,
        dt,
        at_start,
        np.repeat(np.array(steps, np.int64), [len(synapses) for synapses in places]),
        np.concatenate([*places, np.empty(0, np.int64)]).astype(np.int64),
        np.concatenate([*values, np.empty(0)]),
        means,
    )


def weights_before(
    rule: PlasticityRule,
    dt: float,
    received: ReceivedSpikes,
    after: Floats,
    traces: Mapping[str, Any] | None = None,
    connected: NDArray[np.bool_] | None = None,
) -> tuple[Replay, float]:
    """Compute initial weights from the weights at the end of a presentation.

    The final value of each weight is assumed to increase with its initial value. The initial value is corrected by the
    error of the final value, or by bisection if that does not converge. If a weight was clipped to 0 or
    ``w_max``, several initial values lead to the same final value, and one of them is returned.

    Parameters
    ----------
    rule, dt, received, traces, connected
        See `replay`.
    after : ndarray, float64, (n_input,)
        Weights at the end.

    Returns
    -------
    Replay
        Replay from the computed initial weights.
    float
        Largest absolute difference between its final weights and `after`.
    """
    w = np.array(after, np.float64)
    low, high = np.zeros_like(w), np.full_like(w, 2 * max(rule.w_max, float(w.max(initial=0.0))))
    for iteration in range(_ITERATIONS):
        with np.errstate(invalid="ignore"):
            replayed = replay(rule, dt, received, w, traces, connected)
        error = (
            np.where(np.isfinite(replayed.end), replayed.end, np.inf) - after
        )  # not finite: a power of w_max - w, with w above w_max
        if np.abs(error).max(initial=0.0) < _TOLERANCE:
            break
        low, high = np.where(error <= 0, w, low), np.where(error >= 0, w, high)
        corrected = w - error
        halve = (corrected < low) | (corrected > high) | ~np.isfinite(corrected) | (iteration % 3 == 2)
        w = np.where(np.abs(error) < _TOLERANCE, w, np.where(halve, (low + high) / 2, corrected))
    return replayed, float(np.abs(replayed.end - after).max(initial=0.0))


def _input_traces(
    traces: list[Trace], state: Mapping[str, Any], connected: NDArray[np.bool_] | None
) -> dict[str, Any]:
    """Return traces of the input side of existing synapses; empty if all neurons are connected."""
    return {} if connected is None else {trace.name: state[trace.name][connected] for trace in traces}


def _update_traces(traces: list[Trace], state: dict[str, Any], sources: Any = None) -> None:
    """Update traces for spikes: set them to 1, or add 1."""
    for trace in traces:
        if sources is None:
            state[trace.name] = 1.0 if trace.on_spike == "set" else state[trace.name] + 1.0
        elif trace.on_spike == "set":
            state[trace.name][sources] = 1.0
        else:
            np.add.at(state[trace.name], sources, 1.0)
