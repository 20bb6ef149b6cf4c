"""Checks in networks: rules that the laboratory cannot run, in a small network, and rates in the digit network.

The small network runs in Brian2's runtime mode on NumPy. Inputs spike at imposed times. A neuron spikes one step after
a pulse that is far above its threshold, compared with which its inputs are negligible. As in
`stdpbench.studies.lab.checks.trains`, which provides the trains, the equations are written a second time, and
constants are repeated.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.declare.learned_names import FEED
from stdpbench.engine.network import normalise, start_weights
from stdpbench.engine.network.elements import spread_synapses
from stdpbench.engine.simulators import Simulator, open_graph, open_simulator
from stdpbench.experiment import Experiment
from stdpbench.experiment.graph import Graph, Population, Projection
from stdpbench.kinds.connections.one_to_one import OneToOne
from stdpbench.kinds.delay_plasticity import delay_rules
from stdpbench.kinds.delays.uniform import Uniform
from stdpbench.kinds.encoding import Spikes
from stdpbench.kinds.encoding.base import generator
from stdpbench.kinds.neurons.lif_discrete import LIFDiscrete
from stdpbench.kinds.noises.poisson import PoissonNoise
from stdpbench.kinds.plasticity import projection_rules
from stdpbench.kinds.release import releases
from stdpbench.kinds.weights.constant import Constant
from stdpbench.studies.lab.batch import Amplitudes
from stdpbench.studies.lab.checks.base import Outcome, Panel
from stdpbench.studies.lab.checks.equations import EQUATIONS, STEP, Constants, Floats
from stdpbench.studies.lab.checks.trains import check_constants, irregular
from stdpbench.studies.lab.protocols import as_rule
from stdpbench.studies.lab.result import Curve, Result

_EXACT = 1e-9
_SHARES = np.array([0.0, 0.04, 0.21, 0.5, 0.83, 1.0])
"""Start values of weights and delays, as shares of the range between their bounds."""
_WHAT = f"3 irregular trains on both sides, each with each, {len(_SHARES)} starting"


@contextmanager
def _opened(shape: tuple[int, ...], n: int, dt: float, stream: bool = False, **feed: Any) -> Iterator[Simulator]:
    """Open a network of an input and n neurons, with a projection ``feed`` from all inputs to all neurons."""
    populations = {
        "input": Population(shape=shape),
        "exc": Population(
            shape=(n,),
            neuron=LIFDiscrete(beta=0.0, v_thresh=1e3, reset_mechanism="zero"),
            noise=PoissonNoise(receptor="I_exc", weight=1e6),
        ),
    }
    projection = Projection(source="input", target="exc", receptor="I_exc", weight=Constant(value=0.0), **feed)
    graph = Graph(populations, {"feed": projection}, dt=dt, read="exc", stream=stream)
    simulator, _ = open_graph(graph, "runtime", target="numpy")
    try:
        yield simulator
    finally:
        simulator.close()


def _present(simulator: Simulator, inputs: Sequence[Floats], outputs: Sequence[Floats], dt: float, end: float) -> None:
    """Present imposed spikes, with no output spike at time 0, until `end`; times in ms.

    Raises
    ------
    RuntimeError
        If neurons did not spike at these times.
    """
    imposed = _spikes(outputs, dt)
    pulses = Spikes(imposed.index, imposed.bin - np.int32(1))
    n_bins = round(end / dt) + 1
    spikes = simulator.present(_spikes(inputs, dt), n_bins, plastic=True, noise={"exc": pulses}).spikes["exc"]
    if not (np.array_equal(spikes.bin, imposed.bin) and np.array_equal(spikes.index, imposed.index)):
        raise RuntimeError("the neurons of a check did not spike as imposed")


def _spikes(trains: Sequence[Floats], dt: float) -> Spikes:
    """Return the spikes of all neurons, given times in ms, ordered by step, then neuron."""
    index = np.repeat(np.arange(len(trains), dtype=np.int32), [len(train) for train in trains])
    bins = np.rint(np.concatenate(trains) / dt).astype(np.int32)
    order = np.lexsort((index, bins))
    return Spikes(index[order], bins[order])


def derivative(outcome: Outcome) -> None:
    """Compare nearest pairs, simultaneous spikes, and the periodic updates with the equations."""
    published = {"w_max": 10.0, "a_plus": 0.1, "a_minus": 0.12, "tau_plus": 20.0, "tau_minus": 20.0}
    published |= {"period": 1.0, "drift": 0.01, "keep": 0.9}
    other = {"w_max": 1.7, "a_plus": 0.3, "a_minus": 0.23, "tau_plus": 13.0, "tau_minus": 37.0}
    other |= {"period": 0.15, "drift": 0.04, "keep": 0.6}
    inputs, outputs = irregular()
    check_constants(outcome, "default constants", projection_rules.build({"kind": outcome.kind}, ""), published)
    # the same number of steps, which are longer, so that a period has few of them
    for name, constants, dt in (("default constants", published, 10.0), ("other constants", other, 2.0)):
        rule = projection_rules.build({"kind": outcome.kind, **constants}, "")
        input_trains, output_trains = ([np.rint(train / STEP) * dt for train in side] for side in (inputs, outputs))
        input_trains, output_trains = (
            [train for train in input_trains for _ in _SHARES],
            [train[train > 0] for train in output_trains],
        )
        start = np.tile(_SHARES, len(inputs)) * constants["w_max"]
        end = max(float(train.max()) for train in (*input_trains, *output_trains)) + 1.3e3 * constants["period"]
        with _opened((len(input_trains),), len(output_trains), dt, stream=True, plasticity=rule) as simulator:
            simulator.weights("feed")[...] = start[:, np.newaxis]
            _present(simulator, input_trains, output_trains, dt, end)
            found = simulator.weights("feed").copy()
        expected = [
            [_derivative(train, output_train, float(w), constants, end) for output_train in output_trains]
            for train, w in zip(input_trains, start, strict=True)
        ]
        what = f"{_WHAT} weights: {name}"
        outcome.formula(what, "the equations, spike by spike", expected, found, _EXACT, rule.reference)


def _derivative(inputs: Floats, outputs: Floats, w: float, p: Constants, end: float) -> float:
    """Return the weight at the end; an input spike in the step of an output spike counts as after it."""
    changes = []
    for now in inputs.tolist():
        ages = now - outputs[outputs <= now]
        changes.append((now, -p["a_minus"] * float(np.exp(-ages / p["tau_minus"]).max(initial=0.0))))
    for now in outputs.tolist():
        ages = now - inputs[inputs < now]
        changes.append((now, p["a_plus"] * float(np.exp(-ages / p["tau_plus"]).max(initial=0.0))))
    slope, last, period = 0.0, 0.0, 1e3 * p["period"]
    for number in range(1, int(end / period + 1e-9) + 1):
        due = number * period - 1e-6  # before the step that begins then
        slope += sum(change for now, change in changes if last <= now < due)
        w, slope, last = min(max(w + p["drift"] + slope, 0.0), p["w_max"]), slope * p["keep"], due
    return w


def amplitudes(outcome: Outcome) -> None:
    """Compare what spikes deliver in a network with the equations, and in long regular trains with their limit."""
    published = {"u_se": 0.5, "tau_rec": 1100.0, "tau_facil": 50.0}
    other = {"u_se": 0.15, "tau_rec": 130.0, "tau_facil": 530.0}
    check_constants(outcome, "default constants", releases.build({"kind": outcome.kind}, ""), published)
    (inputs, _), rates = irregular(), np.array([1.0, 5.0, 20.0, 50.0, 100.0])
    for name, constants in (("default constants", published), ("other constants", other)):
        release = releases.build({"kind": outcome.kind, **constants}, "")
        populations = {
            "input": Population(shape=(len(inputs),)),
            "sum": Population(shape=(len(inputs),), neuron=LIFDiscrete(beta=1.0, v_thresh=1e9)),
        }
        feed = Projection(
            source="input",
            target="sum",
            receptor="I_exc",
            connect=OneToOne(),
            weight=Constant(value=1.7),
            release=release,
        )
        simulator, _ = open_graph(Graph(populations, {"feed": feed}, dt=STEP, read="sum"), "runtime", target="numpy")
        spikes, recorded = _spikes(inputs, STEP), {"sum": range(len(inputs))}
        shown = simulator.present(spikes, int(spikes.bin.max()) + 2, plastic=False, record=recorded)
        v = shown.recordings["sum"].courses["v"]
        simulator.close()
        found = [np.diff(v[:, at])[np.rint(train / STEP).astype(int)] for at, train in enumerate(inputs)]
        expected = [1.7 * _delivered(train, constants) for train in inputs]
        outcome.formula(
            f"{len(inputs)} irregular trains in a network: {name}",
            "w u R, spike by spike",
            np.concatenate(expected),
            np.concatenate(found),
            _EXACT,
            release.reference,
        )
        lasting = Amplitudes(release, [np.arange(1000) / rate for rate in rates])
        kept, recovered = np.exp(-1e3 / rates / constants["tau_facil"]), np.exp(-1e3 / rates / constants["tau_rec"])
        u = constants["u_se"] / (1 - (1 - constants["u_se"]) * kept)
        outcome.formula(
            f"amplitude of spike 1000 over the first, {rates[0]:g} to {rates[-1]:g} Hz: {name}",
            "u R / U with u = U/(1 − (1 − U) e^(−Δ/τ_facil)), R = (1 − e^(−Δ/τ_rec))/(1 − (1 − u) e^(−Δ/τ_rec))",
            u / constants["u_se"] * (1 - recovered) / (1 - (1 - u) * recovered),
            lasting.changes({"u_se": np.array([constants["u_se"]])})[0] + 1,
            _EXACT,
            "fixed point of the equations",
        )


def _delivered(train: Floats, p: Constants) -> Floats:
    """Return the share of the weight that each spike delivers, by sums over all earlier spikes."""
    u, shares = 0.0, list[float]()
    for at, now in enumerate(train.tolist()):
        u = p["u_se"] + (1 - p["u_se"]) * u * (float(np.exp(-(now - train[at - 1]) / p["tau_facil"])) if at else 0.0)
        missing = sum(s * float(np.exp(-(now - then) / p["tau_rec"])) for s, then in zip(shares, train, strict=False))
        shares.append(u * (1 - missing))
    return np.array(shares)


def delay_shift(outcome: Outcome) -> None:
    """Compare the delays after irregular trains, starting at and between the bounds, with the equations."""
    published = {"d_min": 0.0, "d_max": 20.0, "eta_plus": 0.1, "eta_minus": 0.05, "soft": 2.0}
    published |= {"tau_plus": 10.0, "tau_minus": 10.0}
    # rates at which delays reach the bounds
    other = {"d_min": 1.5, "d_max": 17.0, "eta_plus": 5.3, "eta_minus": 4.6, "soft": 2.5}
    other |= {"tau_plus": 8.0, "tau_minus": 13.0}
    inputs, outputs = irregular()
    check_constants(outcome, "default constants", delay_rules.build({"kind": outcome.kind}, ""), published)
    for name, constants in (("default constants", published), ("other constants", other)):
        rule = delay_rules.build({"kind": outcome.kind, **constants}, "")
        input_trains, output_trains = (
            [train for train in inputs for _ in _SHARES],
            [train[train > 0] for train in outputs],
        )
        start = constants["d_min"] + np.tile(_SHARES, len(inputs)) * (constants["d_max"] - constants["d_min"])
        end = max(float(train.max()) for train in (*input_trains, *output_trains)) + constants["d_max"]
        delay = Uniform(high=10.0)
        with _opened((len(input_trains),), len(output_trains), STEP, delay=delay, delay_plasticity=rule) as simulator:
            simulator.array("feed.d")[...] = start[:, np.newaxis] * 1e-3
            _present(simulator, input_trains, output_trains, STEP, end)
            found = simulator.array("feed.d") * 1e3
        expected = [
            [_shifted(train, output_train, float(d), constants) for output_train in output_trains]
            for train, d in zip(input_trains, start, strict=True)
        ]
        what = f"{_WHAT} delays: {name}"
        outcome.formula(what, "the equations, spike by spike", expected, found, _EXACT, rule.reference)


def _shifted(inputs: Floats, outputs: Floats, d: float, p: Constants) -> float:
    """Return the delay in ms after all spikes; spikes arrive with the start delay, rounded to steps."""
    arrivals = inputs + STEP * float(np.rint(d / STEP))
    for now, is_output in sorted([(t, 0) for t in arrivals.tolist()] + [(t, 1) for t in outputs.tolist()]):
        if is_output:
            x = float(np.exp(-(now - arrivals[arrivals <= now]) / p["tau_plus"]).max(initial=0.0))
            room = p["d_max"] - d
            d += 4 * p["eta_plus"] * x * (1 - x) * room / (room + p["soft"])
        else:
            y = float(np.exp(-(now - outputs[outputs < now]) / p["tau_minus"]).max(initial=0.0))
            room = d - p["d_min"]
            d -= 4 * p["eta_minus"] * y * (1 - y) * room / (room + p["soft"])
        d = min(max(d, p["d_min"]), p["d_max"])
    return d


def spreading(outcome: Outcome) -> None:
    """Check a trace that spreads to neighbours: in a network on a grid, and the amounts for other shapes."""
    shape, sigma, reference = (4, 5), 0.8, "a Gaussian whose sum is 1, cut at the edges; ours"
    constants = {**EQUATIONS[outcome.kind].odd, "spread": sigma, "gain": 0.9}
    rule = projection_rules.build({"kind": outcome.kind, **constants}, "")
    inputs, outputs = irregular()
    places = {(0, 0): inputs[0], (1, 2): inputs[1], (3, 4): inputs[2]}  # two corners, and a place between
    grid = list(np.ndindex(shape))
    input_trains, output_trains = (
        [places.get(place, np.empty(0)) for place in grid],
        [train[train > 0] for train in outputs],
    )
    end = max(float(train.max()) for train in (*inputs, *output_trains)) + STEP
    with _opened(shape, len(output_trains), STEP, plasticity=rule) as simulator:
        simulator.weights("feed")[...] = 0.55
        _present(simulator, input_trains, output_trains, STEP, end)
        found = simulator.weights("feed").copy()
    kernel = np.array([[_gauss(shape, sigma, a, b) for b in grid] for a in grid])
    expected = np.full(found.shape, 0.55)
    for neuron, train in enumerate(output_trains):
        for wins, now in enumerate(train.tolist()):
            raised = [float(np.exp(-(now - t[t <= now]) / constants["tau_x"]).sum()) for t in input_trains]
            counted = float(np.exp(-(now - train[:wins]) / constants["tau_wins"]).sum())
            rate = min(max(constants["eta"] / (1 + counted), constants["eta_min"]), 1.0)
            towards = constants["gain"] * (np.array(raised) @ kernel) - expected[:, neuron]
            expected[:, neuron] = np.clip(expected[:, neuron] + rate * towards, 0, constants["w_max"])
    what = f"trains at 3 of {shape[0]} × {shape[1]} inputs, spread {sigma}: the weights of all"
    outcome.formula(what, "the equations, spike by spike", expected, found, _EXACT, reference)
    tables: list[tuple[tuple[int, ...], float]] = [((9,), 1.3), ((5, 3, 2), 0.7), ((1, 4), 2.0)]
    for other_shape, sigma in tables:
        cells = list(np.ndindex(other_shape))
        synapses, amounts = spread_synapses(other_shape, sigma)
        kernel = np.array([[_gauss(other_shape, sigma, a, b) for b in cells] for a in cells])
        what = f"shape {' × '.join(map(str, other_shape))}, spread {sigma}: what a spike adds to each trace"
        outcome.formula(what, "a Gaussian over places", kernel, synapses.dense(amounts), 1e-12, reference)


def _gauss(shape: tuple[int, ...], sigma: float, source: tuple[int, ...], target: tuple[int, ...]) -> float:
    """Return the amount that a spike at one place adds at another; further axes are separate planes."""
    reach = int(np.ceil(3 * sigma))
    total = sum(float(np.exp(-(d**2) / (2 * sigma**2))) for d in range(-reach, reach + 1))
    share = 1.0
    for axis, (a, b) in enumerate(zip(source, target, strict=True)):
        distance = abs(a - b)
        if axis > 1:
            share *= float(distance == 0)
        elif shape[axis] > 1:
            share *= float(np.exp(-(distance**2) / (2 * sigma**2))) / total * (distance <= reach)
        elif len(shape) > 1 and axis == 1:
            share /= total
    return share


_PRESENTATIONS, _BLOCK = 1500, 100
_TARGETS = (2.0, 5.0, 10.0)


def homeostasis(outcome: Outcome) -> None:
    """Check that lateral inhibition brings all exc neurons to the target rate, while fixed inhibition lets a few win.

    Adaptive thresholds are constant, since they are homeostatic themselves, and inhibition is weak enough for the
    target rates to be attainable.
    """
    experiment = Experiment.from_mapping(
        {
            "seed": 1,
            "data": {"kind": "digits"},
            "network": {"n_exc": 30, "inhibition": "direct", "weight_sum": 20.0, "w_inh_exc": 1.0},
            "exc": {"theta_plus": 0.0},
            "lateral": {"kind": "homeostatic", "eta": 0.02},
        }
    )
    images = experiment.data.prepare().train
    simulator, _ = open_simulator(experiment, images.n_values)
    start = simulator.learned.replace({FEED: start_weights(experiment, images)})
    rates, curves = [], []
    for changes in ({"lateral.eta": 0.0}, *({"lateral.rho_0": target} for target in _TARGETS)):
        simulator.set_learned(start)
        simulator.set_parameters(experiment.override(changes))
        simulator.reset()
        rates.append(_trained(simulator, images.static.reshape(len(images), -1)))
        name = f"ρ₀ = {changes['lateral.rho_0']:g} Hz" if "lateral.rho_0" in changes else "fixed"
        curves.append(Curve(name, rates[-1].mean(axis=1)))
    simulator.close()
    last = np.array(rates)[:, -3:].mean(axis=1)
    where = "30 exc neurons learn digits, weak lateral inhibition, thresholds held"
    targets = ", ".join(f"{target:g}" for target in _TARGETS)
    what = f"{where}: mean rate in Hz in the last 300 of {_PRESENTATIONS} presentations at ρ₀ = {targets} Hz"
    outcome.values(what, _TARGETS, last[1:].mean(axis=1), 1.0, "Vogels et al. 2011; network ours")
    spread, fixed = last[1:].std(axis=1), float(last[0].std())
    outcome.finding(
        "SD of these rates between neurons, in Hz",
        f"below a tenth of that with fixed inhibition ({fixed:.2f}, mean {last[0].mean():.2f})",
        ", ".join(f"{value:.2f}" for value in spread),
        bool((spread < 0.1 * fixed).all()),
        "Vogels et al. 2011; network ours",
    )
    x = np.arange(_BLOCK, _PRESENTATIONS + 1, _BLOCK, dtype=np.float64)
    conditions = "30 exc neurons, digits, direct inhibition of strength 1, η = 0.02"
    result = Result(
        "network", as_rule(outcome.kind), x, "presentations", "", "mean rate (Hz)", tuple(curves), conditions
    )
    outcome.panels.append(Panel("digit network", [result]))


def _trained(simulator: Simulator, pictures: NDArray[np.number]) -> NDArray[np.float64]:
    """Train on pictures; return the mean rate of each exc neuron in Hz by block: (n_blocks, n_exc)."""
    experiment = simulator.experiment
    counts, dt, total = [], experiment.network.dt * 1e-3, experiment.network.weight_sum
    assert total is not None
    for number in range(_PRESENTATIONS):
        normalise(simulator.w, total)
        rng = generator(experiment.seed, "train", number, 0)
        picture = pictures[number % len(pictures)].astype(np.float64)
        spikes = experiment.encoding.encode(picture, rng, attempt=0, n_bins=experiment.stimulus_bins, dt=dt)
        counts.append(simulator.present(spikes, experiment.stimulus_bins, plastic=True).counts("exc"))
    blocks = np.array(counts).reshape(-1, _BLOCK, simulator.n_read)
    rates: NDArray[np.float64] = blocks.mean(axis=1) / (experiment.stimulus_bins * dt)
    return rates
