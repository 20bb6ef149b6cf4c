"""Protocols with spikes imposed on both sides of synapses.

Throughout, Δt is the time of the output spike minus that of the input spike: positive if the input spike comes first.
If an input and an output spike coincide, the input spike comes first. `rule` is a kind or a `PlasticityRule`; `set`
holds parameters of the rule; `weight` is the starting weight, by default w_max/2. Every point starts from the reset
state. All functions return a `stdpbench.studies.lab.result.Result`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.units import signed
from stdpbench.kinds.neurons import Neuron
from stdpbench.kinds.plasticity import PlasticityRule, rules
from stdpbench.studies.lab.points import TRIPLETS
from stdpbench.studies.lab.result import Curve, Result

Floats = NDArray[np.float64]
Trains = Sequence[Floats]
_OPEN: dict[tuple[Any, ...], Any] = {}
_MOST_OPEN = 32  # cached synapses: a few overlaid rules in a few protocols
_FASTEST = 2000.0  # Hz
_MOST_REPEATS = 100_000  # spikes of all points are in memory, and each takes a step
_LONGEST = 10_000.0  # s of Poisson spikes
ENOUGH = 40  # time constants, after which the remainder is negligible


def as_rule(rule: str | PlasticityRule, set: Mapping[str, Any] | None = None) -> PlasticityRule:
    """Return a rule, given as such or by its kind, with parameters set."""
    if isinstance(rule, PlasticityRule):
        return rules.build({**rule.to_mapping(), **set}, "plasticity") if set else rule
    return rules.build({"kind": rule, **(set or {})}, "plasticity")


def starting_weight(rule: PlasticityRule, weight: float | None) -> float:
    """Return the weight, by default w_max/2; raise an error if it is out of bounds."""
    w = rule.w_max / 2 if weight is None else float(weight)
    if not 0 <= w <= rule.w_max:
        raise StdpbenchError(f"weight must lie within the bounds 0 … {rule.w_max:g} (plasticity.w_max), not {w:g}")
    return w


def pair_window(
    rule: str | PlasticityRule,
    *,
    dts: Sequence[float] | None = None,
    pairs: int = 1,
    frequency: float = 1.0,
    weight: float | None = None,
    set: Mapping[str, Any] | None = None,
) -> Result:
    """Return the weight change by pairs of spikes, over Δt.

    Parameters
    ----------
    dts : sequence of float, ms, optional
        Default: odd values from -79 to 79 ms, or up to half a period if that is less.
    pairs : int
        Number of pairs, equally spaced.
    frequency : float, Hz
        Pairs per second.
    """
    plasticity, w = _start(rule, set, weight)
    widest = 80.0 if pairs == 1 else min(80.0, 500.0 / above_zero(frequency, "frequency"))
    default = [float(dt) for dt in range(-79, 80, 2) if abs(dt) < widest]
    x = numbers(default if dts is None else dts)
    at = np.arange(count(pairs, "pairs")) / frequency
    changed, cut = impose(plasticity, [at - dt * 1e-3 for dt in x], [at for _ in x], w)
    spikes = "1 pair" if pairs == 1 else f"{pairs} pairs at {frequency:g} Hz"
    return result(
        "pair-window",
        plasticity,
        x,
        "Δt",
        "ms",
        "Δw",
        (Curve("", changed),),
        f"{spikes}, {_bounds(plasticity, w)}",
        cut,
    )


def frequency(
    rule: str | PlasticityRule,
    *,
    dts: Sequence[float] = (10.0, -10.0),
    frequencies: Sequence[float] | None = None,
    pairs: int = 60,
    weight: float | None = None,
    set: Mapping[str, Any] | None = None,
) -> Result:
    """Return the weight change by equidistant pairs of spikes, over their frequency, as in Sjöström et al. (2001).

    Parameters
    ----------
    dts : sequence of float, ms
        One curve each.
    frequencies : sequence of float, Hz, optional
        Default: 0.1 to 50 Hz; from 5 Hz for rules with averages, which must be integrated throughout, and from 10 Hz
        for rules that need a neuron.
    pairs : int
        Number of pairs at every frequency.
    """
    plasticity, w = _start(rule, set, weight)
    default: tuple[float, ...] = (5, 10, 15, 20, 25, 30, 35, 40, 45, 50)
    default = default[1:] if plasticity.output_neuron else default if plasticity.averages else (0.1, 1, *default)
    x, dts = numbers(default if frequencies is None else frequencies), numbers(dts).tolist()
    trains = [np.arange(count(pairs, "pairs")) / above_zero(float(f), "frequencies") for f in x]
    changed, cut = impose(plasticity, [at - dt * 1e-3 for dt in dts for at in trains], trains * len(dts), w)
    curves = [
        Curve(f"Δt = {signed(dt, 'g')} ms", part) for dt, part in zip(dts, np.split(changed, len(dts)), strict=True)
    ]
    conditions = f"{pairs} equidistant pairs, {_bounds(plasticity, w)}"
    return result("frequency", plasticity, x, "frequency", "Hz", "Δw", tuple(curves), conditions, cut)


def triplets(
    rule: str | PlasticityRule,
    *,
    timings: Sequence[tuple[str, float, float]] = TRIPLETS,
    repeats: int = 60,
    frequency: float = 1.0,
    weight: float | None = None,
    set: Mapping[str, Any] | None = None,
) -> Result:
    """Return the weight change by triplets of spikes.

    Parameters
    ----------
    timings : sequence of (order, Δt of the first pair, Δt of the second pair)
        Order ``"in-out-in"`` or ``"out-in-out"``; times in ms. The spike in the middle belongs to both pairs.
    repeats : int
        Number of triplets, equally spaced.
    frequency : float, Hz
        Triplets per second.
    """
    plasticity, w = _start(rule, set, weight)
    at = np.arange(count(repeats, "repeats")) / above_zero(frequency, "frequency")
    inputs, outputs, labels = [], [], []
    for order, first, second in timings:
        around = np.concatenate([at - abs(first) * 1e-3, at + abs(second) * 1e-3])
        if order == "in-out-in" and first > 0 > second:
            inputs.append(around)
            outputs.append(at)
        elif order == "out-in-out" and first < 0 < second:
            inputs.append(at)
            outputs.append(around)
        else:
            raise StdpbenchError(
                f"timings: {order!r} with Δt {first:g} and {second:g} ms is not a triplet; in-out-in has a positive "
                "and then a negative Δt, out-in-out a negative and then a positive one"
            )
        labels.append(f"{order} {first:+g}, {second:+g} ms")
    changed, cut = impose(plasticity, inputs, outputs, w)
    conditions = f"{repeats} triplets at {frequency:g} Hz, {_bounds(plasticity, w)}"
    x = np.arange(len(labels), dtype=np.float64)
    return result(
        "triplets", plasticity, x, "triplet", "", "Δw", (Curve("", changed),), conditions, cut, tuple(labels)
    )


def quadruplets(
    rule: str | PlasticityRule,
    *,
    separations: Sequence[float] | None = None,
    dt: float = 5.0,
    repeats: int = 60,
    frequency: float = 1.0,
    weight: float | None = None,
    set: Mapping[str, Any] | None = None,
) -> Result:
    """Return the weight change by two pairs of opposite order, over the time T between their middles.

    Parameters
    ----------
    separations : sequence of float, ms, optional
        Positive: first the pair with the output spike first, then the other. Default: steps of 4 ms from -98 to 98.
    dt : float, ms
        Distance of the spikes of a pair.
    repeats : int
        Number of quadruplets, equally spaced.
    frequency : float, Hz
        Quadruplets per second.
    """
    plasticity, w = _start(rule, set, weight)
    x, dt = numbers(range(-98, 99, 4) if separations is None else separations), float(numbers(dt)[0])
    if dt == 0 or np.isin(0.0, x):
        raise StdpbenchError("separations and dt must not be 0: two spikes of one neuron would coincide")
    at = np.arange(count(repeats, "repeats")) / above_zero(frequency, "frequency")
    half = dt * 0.5e-3
    # one pair around `at`, input spike first; the other, output spike first, T before it
    inputs = [np.concatenate([at - half, at - T * 1e-3 + half]) for T in x]
    outputs = [np.concatenate([at + half, at - T * 1e-3 - half]) for T in x]
    changed, cut = impose(plasticity, inputs, outputs, w)
    conditions = f"{repeats} quadruplets at {frequency:g} Hz, {dt:g} ms within a pair, {_bounds(plasticity, w)}"
    return result("quadruplets", plasticity, x, "T", "ms", "Δw", (Curve("", changed),), conditions, cut)


def poisson_pairs(
    rule: str | PlasticityRule,
    *,
    input_rates: Sequence[float] = (5.0, 20.0),
    output_rates: Sequence[float] = (1.0, 5.0, 10.0, 15.0, 20.0, 25.0, 30.0, 40.0, 50.0),
    duration: float = 5.0,
    repeats: int = 20,
    averages: float = 0.0,
    seed: int = 1,
    weight: float | None = None,
    set: Mapping[str, Any] | None = None,
) -> Result:
    """Return the weight change per second by independent Poisson spikes on both sides, over the output rate.

    Parameters
    ----------
    input_rates : sequence of float, Hz
        One curve each.
    output_rates : sequence of float, Hz
        The points of every curve.
    duration : float, s
        Duration of the spike trains.
    repeats : int
        Synapses per point, each with independent spikes; the result is their mean and standard deviation.
    averages : float
        Initial value of the rule's averages, such as BCM's threshold.
    seed : int
        Seed of the random spikes, in bins of 0.5 ms.
    """
    plasticity, w = _start(rule, set, weight)
    generator = np.random.default_rng(at_least(0, seed, "seed"))
    x, input_rates = numbers(output_rates), numbers(input_rates).tolist()
    above_zero(duration, "duration")
    if not 0 <= min(*x, *input_rates) <= max(*x, *input_rates) <= _FASTEST:
        raise StdpbenchError(f"rates must lie in 0 … {_FASTEST:g} Hz, one spike per bin of 0.5 ms")
    if duration > _LONGEST:
        raise StdpbenchError(f"duration must be at most {_LONGEST:g} s, not {duration:g}")
    inputs: list[Floats] = []
    outputs: list[Floats] = []
    for input_rate in input_rates:
        for rate in x:
            for _ in range(count(repeats, "repeats")):
                inputs.append(_poisson(generator, float(input_rate), duration))
                outputs.append(_poisson(generator, float(rate), duration))
    state = {average.name: averages for average in plasticity.averages}
    changed, cut = impose(plasticity, inputs, outputs, w, state)
    per_second = (changed / duration).reshape(len(input_rates), len(x), repeats)
    curves = tuple(
        Curve(f"input {rate:g} Hz", changes.mean(axis=1), changes.std(axis=1, ddof=1) if repeats > 1 else None)
        for rate, changes in zip(input_rates, per_second, strict=True)
    )
    conditions = f"Poisson spikes for {duration:g} s, mean of {repeats} synapses, {_bounds(plasticity, w)}"
    conditions += "".join(f", {name} {value:g} at the start" for name, value in state.items())
    return result("poisson-pairs", plasticity, x, "output rate", "Hz", "Δw per second", curves, conditions, cut)


def weight_dependence(
    rule: str | PlasticityRule,
    *,
    dts: Sequence[float] = (10.0, -10.0),
    weights: Sequence[float] | None = None,
    pairs: int = 1,
    frequency: float = 1.0,
    set: Mapping[str, Any] | None = None,
) -> Result:
    """Return the weight change by pairs of spikes, over the starting weight.

    Parameters
    ----------
    dts : sequence of float, ms
        One curve each.
    weights : sequence of float, optional
        Default: 41 from 0 to w_max.
    pairs : int
        Number of pairs, equally spaced.
    frequency : float, Hz
        Pairs per second.
    """
    plasticity, _ = _start(rule, set, None)
    x, dts = numbers(np.linspace(0.0, plasticity.w_max, 41) if weights is None else weights), numbers(dts).tolist()
    at = np.arange(count(pairs, "pairs")) / above_zero(frequency, "frequency")
    changed, _ = impose(
        plasticity, [at - dt * 1e-3 for dt in dts for _ in x], [at] * (len(dts) * len(x)), np.tile(x, len(dts))
    )
    curves = [
        Curve(f"Δt = {signed(dt, 'g')} ms", part) for dt, part in zip(dts, np.split(changed, len(dts)), strict=True)
    ]
    spikes = "1 pair" if pairs == 1 else f"{pairs} pairs at {frequency:g} Hz"
    return result(
        "weight-dependence",
        plasticity,
        x,
        "starting weight",
        "",
        "Δw",
        tuple(curves),
        f"{spikes}, bounds 0 … {plasticity.w_max:g}",
        False,
    )


def _start(
    rule: str | PlasticityRule, set: Mapping[str, Any] | None, weight: float | None
) -> tuple[PlasticityRule, float]:
    plasticity = as_rule(rule, set)
    return plasticity, starting_weight(plasticity, weight)


def impose(
    rule: PlasticityRule,
    inputs: Trains,
    outputs: Trains,
    w: float | Floats,
    state: Mapping[str, float] | None = None,
    *,
    neuron: Neuron | None = None,
    dt: float = 0.5,
) -> tuple[Floats, bool]:
    """Return weight changes, and whether weights ended at a bound that they did not start from.

    Times are shifted so that the first spike is at 0.
    """
    from stdpbench.engine.network.imposed import open_synapses

    structure = [getattr(rule, p.name) for p in rule.describe() if p.structural]
    equations = rule.on_input_spike, rule.on_output_spike, rule.each_step, rule.traces, rule.averages
    key = (type(rule), *equations, len(inputs), *structure, neuron, dt)
    if key in _OPEN:
        synapses = _OPEN[key] = _OPEN.pop(key)  # the most recently used last
        if synapses.rule != rule:
            synapses.set_rule(rule)
    else:
        while len(_OPEN) >= _MOST_OPEN:
            del _OPEN[next(iter(_OPEN))]
        synapses = _OPEN[key] = open_synapses(rule, len(inputs), dt, neuron)
    inputs = with_lag(rule, inputs)
    first = min((float(spikes.min()) for spikes in (*inputs, *outputs) if len(spikes)), default=0.0)
    trains = [[spikes - first for spikes in side] for side in (inputs, outputs)]
    until = 0.0
    if rule.synapse_variables:  # these still change the weight after the last spike
        slowest = max(rule.quantities()[p.name] for p in rule.describe() if p.unit in ("s", "ms"))
        until = max((float(s.max()) for side in trains for s in side if len(s)), default=0.0) + ENOUGH * slowest
    with np.errstate(all="ignore"):  # the result is checked below
        end = synapses.run(*trains, w, state, until)
    if n_not_finite := int((~np.isfinite(end)).sum()):
        raise StdpbenchError(
            f"the weight is not finite after these spikes, at {n_not_finite} of {len(end)} points: the rule's "
            "expressions must be defined for all values of their traces and parameters"
        )
    at_bound = (end <= 0) | (end >= rule.w_max)
    return end - w, bool((at_bound & (end != w)).any())


def with_lag(rule: PlasticityRule, inputs: Trains) -> Trains:
    """Return the times at which input spikes act on the rule."""
    lag = rule.quantities()[rule.input_lag] if rule.input_lag else 0.0
    return [times + lag for times in inputs] if lag else inputs


def result(
    protocol: str,
    rule: PlasticityRule,
    x: Floats,
    x_name: str,
    x_unit: str,
    y_name: str,
    curves: tuple[Curve, ...],
    conditions: str,
    cut: bool,
    x_labels: tuple[str, ...] = (),
) -> Result:
    """Return the result with its remarks."""
    remarks = [rule.remarks[protocol]] if protocol in rule.remarks else []
    if cut:
        remarks.append("Some weights ended at a bound, where the curve is clipped.")
    return Result(protocol, rule, x, x_name, x_unit, y_name, curves, conditions, tuple(remarks), x_labels)


def _bounds(rule: PlasticityRule, w: float) -> str:
    return f"starting weight {w:g}, bounds 0 … {rule.w_max:g}"


def _poisson(generator: np.random.Generator, rate: float, duration: float, step: float = 0.5e-3) -> Floats:
    """Draw spike times in bins of `step`, each with probability rate·step."""
    n_bins = round(duration / step)
    times: Floats = step * np.flatnonzero(generator.random(n_bins) < rate * step).astype(np.float64)
    return times


def numbers(given: Any) -> Floats:
    """Convert one or more numbers to an array: float64, (n,).

    Raises
    ------
    StdpbenchError
        If there are none, or a number is not finite.
    """
    array: Floats = np.array(given, np.float64).reshape(-1)
    if not len(array) or not np.isfinite(array).all():
        raise StdpbenchError("a protocol needs one or more numbers, all finite")
    return array


def count(number: int, name: str) -> int:
    """Return the number if it is not too large; otherwise raise a `StdpbenchError` that names it."""
    if number > _MOST_REPEATS:
        raise StdpbenchError(f"{name} must be at most {_MOST_REPEATS}, not {number}")
    return at_least(1, number, name)


def at_least(least: int, number: int, name: str) -> int:
    """Return the number if it is at least `least`; otherwise raise a `StdpbenchError` that names it."""
    if number < least:
        raise StdpbenchError(f"{name} must be at least {least}, not {number}")
    return number


def above_zero(number: float, name: str) -> float:
    """Return the number if it is between 0 and 1e6; otherwise raise a `StdpbenchError` that names it."""
    if not 0 < number < 1e6:
        raise StdpbenchError(f"{name} must be more than 0 and less than 1e6, not {number:g}")
    return number


_PAUSE = 10.0  # seconds from burst to burst
_ALONE = 1.0  # hertz: below, pairs are isolated, since bursts would overlap
_PAIRS_ALONE = 50
_AT_REST = "One burst is simulated: the weight does not enter the rule, and the neuron is at rest before the next."


def pairing(
    rule: str | PlasticityRule,
    *,
    dts: Sequence[float] = (10.0, -10.0),
    frequencies: Sequence[float] = (0.1, 10, 15, 20, 25, 30, 35, 40, 45, 50),
    pairs: int = 5,
    bursts: int = 15,
    weight: float | None = None,
    set: Mapping[str, Any] | None = None,
    neuron: Neuron | None = None,
    dt: float = 0.5,
) -> Result:
    """Return the relative weight change by bursts of pairs, 10 s apart, over the frequency within a burst.

    Below 1 Hz pairs are isolated: 50 of them at that frequency.

    Parameters
    ----------
    rule, weight, set
        As of `stdpbench.studies.lab.protocols`.
    dts : sequence of float, ms
        One curve each.
    frequencies : sequence of float, Hz
        The points of every curve.
    pairs, bursts : int
        Pairs in a burst, and bursts.
    neuron : Neuron, optional
        For rules that read the potential: the neuron, with its parameters.
    dt : float, ms
        Time step, for rules that are integrated in steps.
    """
    plasticity = as_rule(rule, set)
    w, x, dts = starting_weight(plasticity, weight), numbers(frequencies), numbers(dts).tolist()
    if not w:
        raise StdpbenchError("weight must be above 0, because the change is relative to it")
    for number, name in ((pairs, "pairs"), (bursts, "bursts")):
        count(number, name)
    reads_potential = bool(plasticity.output_neuron)
    trains, times = [], []
    for frequency in x:
        alone = above_zero(float(frequency), "frequencies") < _ALONE
        burst = np.arange(1 if alone and reads_potential else _PAIRS_ALONE if alone else pairs) / frequency
        begin = np.zeros(1) if alone or reads_potential else _PAUSE * np.arange(bursts)
        trains.append((begin[:, np.newaxis] + burst).ravel())
        times.append(1 if not reads_potential else _PAIRS_ALONE if alone else bursts)
    changed, cut = impose(
        plasticity, [at - d * 1e-3 for d in dts for at in trains], trains * len(dts), w, neuron=neuron, dt=dt
    )
    relative: list[Floats] = [np.array(times) * part / w for part in np.split(changed, len(dts))]
    curves = tuple(Curve(f"Δt = {signed(d, 'g')} ms", part) for d, part in zip(dts, relative, strict=True))
    conditions = f"{bursts} bursts of {pairs} equidistant pairs, {_PAUSE:g} s apart ({_PAIRS_ALONE} pairs below 1 Hz)"
    conditions += f", starting weight {w:g}, bounds 0 … {plasticity.w_max:g}"
    if reads_potential:
        conditions += f", neuron {plasticity.output_neuron}, steps of {dt:g} ms"
    outcome = result("pairing", plasticity, x, "frequency", "Hz", "relative Δw", curves, conditions, cut)
    return outcome if not reads_potential else outcome.remarked(_AT_REST)


def reward_delay(
    rule: str | PlasticityRule,
    *,
    dts: Sequence[float] = (10.0, -10.0),
    delays: Sequence[float] = (0.0, 0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0),
    reward: float = 0.5,
    weight: float | None = None,
    set: Mapping[str, Any] | None = None,
) -> Result:
    """Return the weight change by a pair of spikes that is followed by a reward, over the delay of the reward.

    Parameters
    ----------
    rule, weight, set
        As of `stdpbench.studies.lab.protocols`; the rule has the synapse variable ``d``, dopamine.
    dts : sequence of float, ms
        One curve each.
    delays : sequence of float, s
        Time from the later spike of the pair to the reward.
    reward : float
        Value that d is set to.
    """
    from stdpbench.engine.network.imposed import ImposedSpikes

    plasticity, w = _start(rule, set, weight)
    if "d" not in plasticity.synapse_variables:
        raise StdpbenchError(f"reward-delay needs a rule with dopamine (d), unlike {getattr(plasticity, 'kind', '')}")
    x, dts, reward = numbers(delays), numbers(dts).tolist(), float(numbers(reward)[0])
    if not (x >= 0).all():
        raise StdpbenchError("delays must be at least 0")
    last = max(x.max(), 0.0) + 1.0
    # the reward comes to all points at the same time, and each pair precedes it by its delay
    later = [last - delay for delay in x]
    inputs = [np.array([at - max(dt, 0.0) * 1e-3]) for dt in dts for at in later]
    outputs = [np.array([at - max(-dt, 0.0) * 1e-3]) for dt in dts for at in later]
    synapses = ImposedSpikes(plasticity, len(inputs))
    synapses.run(inputs, outputs, w, until=last)
    synapses.put("d", reward)
    none = [np.empty(0)] * len(inputs)
    end = synapses.run(none, none, None, until=ENOUGH * max(plasticity.quantities().values()))
    curves = [
        Curve(f"Δt = {signed(dt, 'g')} ms", part - w) for dt, part in zip(dts, np.split(end, len(dts)), strict=True)
    ]
    conditions = f"1 pair, then a reward of {reward:g}, starting weight {w:g}, bounds 0 … {plasticity.w_max:g}"
    cut = bool(((end <= 0) | (end >= plasticity.w_max)).any())
    return result("reward-delay", plasticity, x, "delay of the reward", "s", "Δw", tuple(curves), conditions, cut)
