"""Checks with a neuron with many inputs: distributions of weights, principal components, selectivity."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.declare.parameters import parameter
from stdpbench.engine.network.imposed import ImposedSpikes
from stdpbench.kinds.encoding import Spikes
from stdpbench.kinds.neurons.adaptive_lif import AdaptiveLIF
from stdpbench.studies import lab
from stdpbench.studies.lab.checks.base import Outcome, Panel
from stdpbench.studies.lab.one_neuron import open_neuron, poisson_spikes
from stdpbench.studies.lab.protocols import as_rule
from stdpbench.studies.lab.result import Curve, Result

Floats = NDArray[np.float64]
_DT = 0.5e-3  # seconds
_GROUP = 20


class Integrator(AdaptiveLIF):
    """A neuron with a linear rate: it integrates its input, and a spike subtracts one unit."""

    kind: Literal["lab-integrator"] = "lab-integrator"  # type: ignore[assignment]  # not a registered kind
    v_rest: float = parameter(0.0, unit="mV", help="Initial value.")
    v_thresh: float = parameter(1.0, unit="mV", help="Subtracted by a spike.")
    t_ref: float = parameter(0.0, unit="ms", ge=0, help="None.")
    tau_ge: float = parameter(0.01, unit="ms", gt=0, help="Input acts in one step.")
    theta_start: float = parameter(0.0, unit="mV", ge=0, structural=True, help="No adaptive threshold.")
    theta_offset: float = parameter(0.0, unit="mV", help="No adaptive threshold.")
    theta_plus: float = parameter(0.0, unit="mV", ge=0, help="No adaptive threshold.")
    gain: float = parameter(0.1, unit="mV", ge=0, help="Per input spike and unit of weight.")

    update: ClassVar[str] = """
        lockout = clip(lockout - dt, 0*second, t_ref)
        v = v + gain*ge
    """
    reset: ClassVar[str] = """
        v = v - v_thresh
        lockout = t_ref
    """


def bimodal(outcome: Outcome) -> None:
    """Check that an additive rule drives weights to both bounds."""
    found = lab.neuron(outcome.kind, duration=200)
    share = _fifths(found)
    reached = min(share[0], share[-1]) > 2 * max(share[1:-1])
    _distribution(
        outcome, found, share, "the outer fifths hold more than twice any other", reached, "Song, Miller & Abbott 2000"
    )


def unimodal(outcome: Outcome) -> None:
    """Check that soft bounds lead to one peak, away from the bounds."""
    found = lab.neuron(outcome.kind)
    share = _fifths(found)
    reached = share[0] < 0.01 and share[-1] < 0.01 and max(share) > 0.5
    reference = "Rubin, Lee & Sompolinsky 2001; van Rossum, Bi & Turrigiano 2000"
    _distribution(outcome, found, share, "outer fifths below 1 %, one above 50 %", reached, reference)


def _fifths(found: Result) -> list[float]:
    return [float(part.sum()) for part in np.split(found.curves[-1].change, 5)]


def _distribution(
    outcome: Outcome, found: Result, share: list[float], expected: str, reached: bool, reference: str
) -> None:
    shares = ", ".join(f"{100 * part:.0f} %" for part in share)
    what = f"1000 Poisson inputs at 15 Hz, {found.curves[-1].label}: weights by fifths of 0 … w_max"
    outcome.finding(what, expected, shares, reached, reference)
    outcome.panels.append(Panel("weights of a neuron with 1000 Poisson inputs", [found]))


def principal_component(outcome: Outcome) -> None:
    """Check that weights under Oja's rule turn to the first principal component of the rates."""
    ramp = np.linspace(10.0, 50.0, _GROUP)
    patterns = np.stack(
        [np.append(ramp, np.full(_GROUP, 5.0)), np.append(np.full(_GROUP, 5.0), np.full(_GROUP, 30.0))]
    )
    odds = (0.6, 0.4)
    moment = sum(p * np.outer(rates, rates) for p, rates in zip(odds, patterns, strict=True))
    component = np.abs(np.linalg.eigh(moment)[1][:, -1])
    start, end = _learn(outcome.kind, {"eta": 0.001}, patterns, odds, seconds=600, gain=0.1, average=200)
    similarity = [float(w @ component / np.linalg.norm(w)) for w in (start, end)]
    outcome.finding(
        "40 Poisson inputs, two patterns, linear neuron, 600 s: cosine of weights and first principal component",
        "above 0.98",
        f"{similarity[1]:.3f} (start {similarity[0]:.3f})",
        similarity[1] > 0.98,
        "Oja 1982",
    )
    scaled = component * np.linalg.norm(end)
    curves = (Curve("start", start), Curve("after 600 s", end), Curve("first principal component, scaled", scaled))
    outcome.panels.append(_panel(outcome.kind, "weights and first principal component", "weight", curves))


def selectivity(outcome: Outcome) -> None:
    """Check that a neuron with the BCM rule becomes selective for one of two patterns."""
    patterns = np.array([[40.0] * _GROUP + [5.0] * _GROUP, [5.0] * _GROUP + [40.0] * _GROUP])
    generator, n = np.random.default_rng(1), patterns.shape[1]
    start = 0.3 + np.asarray(generator.random(n)) * 0.02
    synapses = ImposedSpikes(as_rule(outcome.kind, {"eta": 0.005}), n, dt=1.0)
    end, _ = _learn_by_poisson(synapses, start, patterns, generator, seconds=300, gain=0.05)
    responses = [patterns @ w for w in (start, end)]  # the neuron is linear
    index = [float(1 - response.mean() / response.max()) for response in responses]
    outcome.finding(
        "40 Poisson inputs, two patterns, linear Poisson neuron, 300 s: selectivity 1 − mean/largest response, "
        "0 … 0.5",
        "above 0.35, below 0.05 at the start",
        f"{index[1]:.3f} (start {index[0]:.3f})",
        index[1] > 0.35 and index[0] < 0.05,
        "Bienenstock, Cooper & Munro 1982",
    )
    curves = (Curve("start", start), Curve("after 300 s", end))
    outcome.panels.append(_panel(outcome.kind, "weights; patterns are 0–19 and 20–39", "weight", curves))


def stationary(outcome: Outcome) -> None:
    """Check the mean of y under the BCM rule: the square of a Poisson trace of mean m has the mean m² + m/2."""
    targets, rates = (1.0, 2.0), np.full((1, _GROUP), 40.0)
    found = []
    for target in targets:
        rule = as_rule(outcome.kind, {"eta": 0.002, "y_target": target, "tau_theta_m": 1000.0})
        synapses, generator = ImposedSpikes(rule, _GROUP, dt=1.0), np.random.default_rng(1)
        start = np.full(_GROUP, 0.5)
        _, settled = _learn_by_poisson(synapses, start, rates, generator, seconds=200, gain=0.05, block=1.0)
        found.append(0.1 * float(settled[80:].mean()))  # tau_y = 0.1 s
    what = "20 Poisson inputs, linear Poisson neuron: mean of y in 80–200 s at y₀ = 1, 2"
    expected = [target - 0.5 for target in targets]
    outcome.values(what, expected, found, 0.1, "y₀ − 1/2: shot noise of y; theory ours")


def _learn(
    kind: str,
    set: dict[str, float],
    patterns: Floats,
    odds: tuple[float, ...],
    *,
    seconds: int,
    gain: float,
    average: int,
) -> tuple[Floats, Floats]:
    """Return weights before and after training with a random pattern per second.

    The weights after training are the mean over the last `average` seconds.
    """
    generator = np.random.default_rng(1)
    simulator = open_neuron(as_rule(kind, set), Integrator(gain=gain), patterns.shape[1])
    try:
        start = 0.3 + np.asarray(generator.random(patterns.shape[1])) * 0.02
        simulator.w[:, 0] = start
        total = np.zeros_like(start)
        for second in range(seconds):
            rates = patterns[generator.choice(len(patterns), p=odds)]
            n_bins = simulator.experiment.stimulus_bins
            simulator.present(poisson_spikes(generator, rates, n_bins, _DT), n_bins, plastic=True)
            if second >= seconds - average:
                total += simulator.w[:, 0]
    finally:
        simulator.close()
    return start, total / average


def _learn_by_poisson(
    synapses: ImposedSpikes,
    w: Floats,
    patterns: Floats,
    generator: np.random.Generator,
    *,
    seconds: int,
    gain: float,
    drive: float = 0.0,
    block: float = 0.1,
) -> tuple[Floats, Floats]:
    """Return weights after learning, and the output rate in Hz in each block, which the weights determine.

    Input spikes are those of a random pattern per second. The output rate is `drive` plus `gain` times the weighted
    sum of their rates. Rules are applied at output spikes. Therefore y just before them must be its mean, which holds
    for a Poisson process. In a regular train, y is always lowest just before a spike.
    """
    n, course = len(w), list[float]()
    bins: Floats = np.array(np.arange(round(block * 1e3)) * 1e-3, np.float64)
    synapses.run([bins[:0]] * n, [bins[:0]] * n, w)
    for step in range(round(seconds / block)):
        if step % round(1 / block) == 0:
            rates = patterns[generator.integers(len(patterns))]
        course.append(max(0.0, drive + gain * float(w @ rates)))
        spikes = [bins[row] for row in generator.random((n, len(bins))) < (rates * 1e-3)[:, None]]
        output = bins[generator.random(len(bins)) < course[-1] * 1e-3]
        w = synapses.run(spikes, [output] * n, None, until=block)
    return w, np.array(course)


def homeostasis(outcome: Outcome) -> None:
    """Check that inhibition converges until the neuron fires at its target rate."""
    n, seconds, rates = 100, 120, np.full((1, 100), 10.0)
    courses, found = [], []
    for start in (0.1, 0.9):
        synapses, generator, w = ImposedSpikes(as_rule(outcome.kind), n), np.random.default_rng(1), np.full(n, start)
        _, course = _learn_by_poisson(synapses, w, rates, generator, seconds=seconds, gain=-0.054, drive=30.0)
        courses.append(course.reshape(seconds, 10).mean(axis=1))
        found.append(float(courses[-1][seconds // 2 :].mean()))
    what = "linear Poisson neuron, 30 Hz without 100 inhibitory inputs: Hz in 60–120 s, from weights 0.1, 0.9"
    outcome.values(what, (3.0, 3.0), found, 0.5, "Vogels et al. 2011")
    rule, x = as_rule(outcome.kind), np.arange(seconds, dtype=np.float64)
    curves = tuple(Curve(f"starting weight {w:g}", course) for w, course in zip((0.1, 0.9), courses, strict=True))
    conditions = "100 inhibitory Poisson inputs at 10 Hz, bounds 0 … 1"
    shown = Result("homeostasis", rule, x, "time", "s", "output rate (Hz)", curves, conditions)
    outcome.panels.append(Panel("output rate; target 3 Hz", [shown]))


def _panel(kind: str, title: str, y_name: str, curves: tuple[Curve, ...]) -> Panel:
    x = np.arange(len(curves[0].change), dtype=np.float64)
    conditions = "40 Poisson inputs, a random pattern each second, a linear neuron, bounds 0 … 1"
    return Panel(title, [Result("inputs", as_rule(kind), x, "input", "", y_name, curves, conditions)])


def spreading(outcome: Outcome) -> None:
    """Check that weights in a network converge to input spikes spread over neighbouring inputs."""
    n, sigma, gain, per_spike = 12, 1.0, 0.05, 0.4
    inputs = np.array([3, 3, 4, 7, 7, 7, 8, 11, 0, 4])  # two at the ends, where contributions are lost
    rule = as_rule(outcome.kind, {"eta_min": 0.0, "tau_x": 1e9, "gain": gain, "spread": sigma})
    simulator = open_neuron(rule, Integrator(gain=1.01 / (per_spike * len(inputs))), n)
    try:
        simulator.w[...] = per_spike
        shown = Spikes(inputs.astype(np.int32), np.arange(0, 4 * len(inputs), 4, dtype=np.int32))
        response = simulator.present(shown, 4 * len(inputs), plastic=True)
        n_spikes, found = int(response.counts("exc")[0]), simulator.w[:, 0].copy()
    finally:
        simulator.close()
    distance = np.arange(n)[:, np.newaxis] - inputs
    gaussian = np.exp(-(distance**2) / (2 * sigma**2)) * (np.abs(distance) <= 3 * sigma)
    gaussian /= np.exp(-(np.arange(-3, 4) ** 2) / (2 * sigma**2)).sum()
    what = f"{n} inputs in a row of a network, spread = 1: {len(inputs)} input spikes, then one output spike"
    outcome.formula(what, "w = g · Gaussian sums", gain * gaussian.sum(axis=1), found, 1e-6, "by definition")
    outcome.finding("output spikes of this neuron", "1", str(n_spikes), n_spikes == 1, "by definition", "exact")
