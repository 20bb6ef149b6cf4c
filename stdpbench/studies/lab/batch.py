"""The effect of imposed spikes on synapses, for many sets of parameters of a rule at once.

`stdpbench.studies.lab.protocols.impose` steps Brian2's objects, one set of parameters at a time, and a fit needs
thousands. Here the same expressions are evaluated by `stdpbench.declare.expressions` on arrays of sets and synapses,
from spike to spike of each synapse. A test holds both to the same changes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.units import to_si
from stdpbench.declare.expressions import Code
from stdpbench.declare.parameters import Parameters
from stdpbench.kinds.neurons.adaptive_lif import AdaptiveLIF
from stdpbench.kinds.plasticity import PlasticityRule, Trace, rules
from stdpbench.kinds.release import RELEASED, Release
from stdpbench.studies.lab.data_sets import Point
from stdpbench.studies.lab.protocols import ENOUGH, Trains, impose, with_lag

Floats = NDArray[np.float64]


_GRID = np.append(0.0, np.geomspace(1e-5, 1.0, 128))
"""Where the time between two spikes is divided, in which traces fall and averages follow them."""


class Batch:
    """Synapses with imposed spikes, for many sets of parameters.

    Parameters
    ----------
    rule : PlasticityRule
        The rule, with the values of parameters that are the same in all sets.
    inputs, outputs : sequence of ndarray, float64, seconds
        Times of the spikes of each synapse. Of spikes at the same time, those of the input come first.
    weight : float
        Weight at the start.
    """

    def __init__(self, rule: PlasticityRule, inputs: Trains, outputs: Trains, weight: float) -> None:
        self._rule, self._inputs, self._outputs, self._weight = rule, inputs, outputs, weight
        self._units = _units_of(rule)
        self.exact = not rule.output_neuron
        self._on_input, self._on_output, self._each_step = map(
            Code, (rule.on_input_spike, rule.on_output_spike, rule.each_step)
        )
        self._jumps = [Code(f"{a.name} += {a.on_spike}") for a in rule.averages if a.on_spike]
        self._averages = [(average, Code(f"of = {average.of}")) for average in rule.averages]
        self._events(with_lag(rule, inputs), outputs)

    def _events(self, inputs: Trains, outputs: Trains) -> None:
        """Note the time since the last spike, and whether it is of the input, per spike and synapse."""
        trains = list[tuple[Floats, NDArray[np.bool_]]]()
        for fed, fired in zip(inputs, outputs, strict=True):
            times = np.concatenate([fed, fired])
            is_input = np.repeat([True, False], [len(fed), len(fired)])
            order = np.lexsort((~is_input, np.rint(times * 1e9)))
            trains.append((times[order], is_input[order]))
        longest = max((len(times) for times, _ in trains), default=0)
        self._since = np.zeros((longest, len(trains)))
        self._is_input, self._is_output = np.zeros((2, longest, len(trains)), bool)
        for synapse, (times, is_input) in enumerate(trains):
            n = len(times)
            self._since[1:n, synapse] = np.diff(times)
            self._is_input[:n, synapse], self._is_output[:n, synapse] = is_input, ~is_input

    def changes(self, values: Mapping[str, Floats]) -> Floats:
        """Return weight changes: float64, (n_sets, n_synapses), nan where the weight is not finite.

        Parameters
        ----------
        values : mapping of str to ndarray, float64, (n_sets,)
            Values of parameters in their declared units; others are those of the rule.
        """
        with np.errstate(all="ignore"):
            return self._at_once(values) if self.exact else self._one_by_one(values)

    def _at_once(self, values: Mapping[str, Floats]) -> Floats:
        rule, scope = self._rule, _scope_of(self._rule, values)
        shape = len(next(iter(values.values()))), self._since.shape[1]
        scope |= {t.name: np.zeros(shape) for t in rule.traces}
        scope |= {name: np.zeros(shape) for name in rule.synapse_variables}
        scope |= {"w": np.full(shape, self._weight), "v": AdaptiveLIF().quantities()["v_rest"]}
        for average, of in self._averages:
            scope[average.name] = np.full(shape, of.run(scope)["of"] if average.follows_v else 0.0)
        for since, is_input, is_output in zip(self._since, self._is_input, self._is_output, strict=True):
            self._pass(scope, since)
            for code, now, side in ((self._on_input, is_input, "input"), (self._on_output, is_output, "output")):
                _change(scope, code, now)
                for trace in (trace for trace in rule.traces if trace.side == side):
                    scope[trace.name] = _jump(trace, scope[trace.name], now)
            for code in self._jumps:
                _change(scope, code, is_output)
        if rule.synapse_variables:  # these still change the weight after the last spike
            slowest = max(np.max(scope[name]) for name, unit in self._units.items() if unit in ("s", "ms"))
            self._pass(scope, np.full(shape[1], ENOUGH * slowest))
        changed = np.asarray(scope["w"]) - self._weight
        return np.where(np.isfinite(changed), changed, np.nan)

    def _pass(self, scope: dict[str, NDArray[np.float64] | float], since: Floats) -> None:
        """Let traces and averages decay, and run the code that acts in each step."""
        for average, of in self._averages:  # it follows a constant value in each span of the grid, that in its middle
            grid = _GRID[[0, -1]] if average.follows_v else _GRID  # the potential is constant
            ends = grid[:, np.newaxis, np.newaxis] * since
            middle = (ends[1:] + ends[:-1]) / 2
            traces = {t.name: scope[t.name] * np.exp(-middle / scope[t.tau]) for t in self._rule.traces}
            left = np.exp((ends - since) / scope[average.tau])
            gained = np.sum(of.run(scope | traces)["of"] * np.diff(left, axis=0), axis=0)
            scope[average.name] = scope[average.name] * left[0] + gained
        for trace in self._rule.traces:
            scope[trace.name] = scope[trace.name] * np.exp(-since / scope[trace.tau])
        if self._each_step.assigned:
            _change({**scope, "dt": since}, self._each_step, since > 0, scope)

    def _one_by_one(self, values: Mapping[str, Floats]) -> Floats:
        """Step Brian2's objects, for rules that simulate the output neuron."""
        table, rows = self._rule.to_mapping(), list[Floats]()
        for numbers in zip(*values.values(), strict=True):
            given = {name: f"{float(n)!r} {self._units[name]}" for name, n in zip(values, numbers, strict=True)}
            try:
                rule = rules.build({**table, **given}, "plasticity")
                rows.append(impose(rule, self._inputs, self._outputs, self._weight)[0])
            except StdpbenchError:  # weights are not finite
                rows.append(np.full(len(self._inputs), np.nan))
        return np.array(rows)


class Amplitudes:
    """Amplitudes of the last of several spikes, for many sets of parameters of short-term plasticity.

    Parameters
    ----------
    release : Release
        Short-term plasticity, with the values of parameters that are the same in all sets.
    inputs : sequence of ndarray, float64, seconds
        Times of the spikes of each train.
    """

    def __init__(self, release: Release, inputs: Trains) -> None:
        self._release, self._on_spike, self.exact = release, Code(release.on_spike), True
        n_spikes = np.array([len(times) for times in inputs])
        self._now = np.arange(n_spikes.max()).reshape(-1, 1) < n_spikes
        self._since: Floats = np.zeros(self._now.shape)
        for train, times in enumerate(inputs):
            self._since[1 : len(times), train] = np.diff(times)

    def changes(self, values: Mapping[str, Floats]) -> Floats:
        """Return amplitudes relative to that of the first spike, less 1: float64, (n_sets, n_trains); see `Batch`."""
        scope, delivered = _scope_of(self._release, values), list[NDArray[np.float64]]()
        shape = len(next(iter(values.values()))), self._since.shape[1]
        scope |= {name: np.zeros(shape) for name in (*dict(self._release.variables), RELEASED)}
        for since, now in zip(self._since, self._now, strict=True):
            for name, tau in self._release.variables:
                scope[name] = scope[name] * np.exp(-since / scope[tau])
            _change(scope, self._on_spike, now)
            delivered.append(np.asarray(scope[RELEASED]))
        return np.asarray(delivered[-1] / delivered[0] - 1)


def effects_of(model: PlasticityRule | Release, points: Sequence[Point], weight: float) -> Batch | Amplitudes:
    """Return what computes the changes that were measured at points, for a rule or for short-term plasticity."""
    trains = [point.trains() for point in points]
    inputs, outputs = [fed for fed, _ in trains], [fired for _, fired in trains]
    return Amplitudes(model, inputs) if isinstance(model, Release) else Batch(model, inputs, outputs, weight)


def _units_of(owner: Parameters) -> dict[str, str]:
    return {p.name: p.unit or "" for p in owner.describe() if p.unit is not None}


def _scope_of(owner: Parameters, values: Mapping[str, Floats]) -> dict[str, NDArray[np.float64] | float]:
    """Return all parameters in SI units, those with values for several sets as columns."""
    scope, units = dict[str, NDArray[np.float64] | float](owner.quantities()), _units_of(owner)
    for name, of_sets in values.items():
        scope[name] = np.asarray(of_sets)[:, np.newaxis] * to_si(1.0, units[name])
    return scope


def _change(
    scope: dict[str, NDArray[np.float64] | float],
    code: Code,
    now: NDArray[np.bool_],
    into: dict[str, NDArray[np.float64] | float] | None = None,
) -> None:
    """Run code in the synapses of a mask; names that only the code knows are not kept."""
    kept = scope if into is None else into
    for name, value in code.run(scope).items():
        if name in kept:
            kept[name] = np.where(now, value, kept[name])


def _jump(trace: Trace, value: NDArray[np.float64] | float, now: NDArray[np.bool_]) -> NDArray[np.float64]:
    return np.where(now, 1.0, value) if trace.on_spike == "set" else np.asarray(value + now)
