"""Classes of spikes that only their order tells apart, with weights and delays that learn or are frozen.

Data `order`: 4 classes, 40 channels that fire once each within 20 ms, in an order that is drawn per class; 1 ms of
jitter, 2 Hz of noise. Eight neurons, two per class, inhibit each other; delays start uniform up to 40 ms, twice the
span, and thresholds adapt in all arms. 800 recordings are shown for learning, the last 200 of them again for labels,
then 200 others for validation. Counts of input spikes per channel are scored beside: they tell nothing.

Weights learn by the additive pair rule and are scaled to a constant sum, delays by delay-shift; what does not learn
has rates of 0. All four arms of a seed have the same recordings, start weights and delays. Settings were chosen on
seeds 100 to 103, so that the network with frozen delays scores between 50 and 80 %; those that are measured start at
0.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

CLASSES, CHANNELS, SPAN, DURATION, N_EXC, DT = 4, 40, 20.0, 60.0, 8, 0.5
LONGEST, TOTAL, TAU_THETA = 40.0, 24.0, 2e4
N_TRAIN, N_LABEL, N_VALIDATION = 800, 200, 200
ARMS = {
    "both frozen": (False, False),
    "weights learn": (True, False),
    "delays learn": (False, True),
    "both learn": (True, True),
}
SCORES = ("vote", "proportion", "confidence", "probe", "probe of input counts", "spikes")


def open_network(seed: int, *, weights: bool, delays: bool) -> Any:
    """Open the network of an arm; a rate of 0 keeps weights or delays as they are, while thresholds adapt."""
    from stdpbench.engine.simulators import open_graph
    from stdpbench.experiment.graph import Graph, Population, Projection
    from stdpbench.kinds.connections.others import Others
    from stdpbench.kinds.delay_plasticity.delay_shift import DelayShift
    from stdpbench.kinds.delays.constant import Constant as OneDelay
    from stdpbench.kinds.delays.uniform import Uniform as Delays
    from stdpbench.kinds.neurons.adaptive_lif import AdaptiveLIF
    from stdpbench.kinds.plasticity.pair_additive import PairAdditive
    from stdpbench.kinds.weights.constant import Constant
    from stdpbench.kinds.weights.uniform import Uniform

    mean = TOTAL / CHANNELS
    feed = Projection(
        source="input",
        target="exc",
        receptor="ge",
        weight=Uniform(low=0.5 * mean, high=1.5 * mean),
        delay=Delays(high=LONGEST),
        plasticity=PairAdditive(a_plus=0.01 * weights, a_minus=0.0105 * weights, w_max=3 * mean),
        delay_plasticity=DelayShift(d_max=LONGEST, eta_plus=0.2 * delays, eta_minus=0.1 * delays),
    )
    compete = Projection(
        source="exc",
        target="exc",
        receptor="gi",
        connect=Others(),
        weight=Constant(value=60.0),
        delay=OneDelay(value=DT),
    )
    neuron = AdaptiveLIF(tau_m=10.0, theta_plus=0.3)
    populations = {"input": Population(shape=(CHANNELS,)), "exc": Population(shape=(N_EXC,), neuron=neuron)}
    return open_graph(Graph(populations, {"feed": feed, "compete": compete}, DT, read="exc", seed=seed))[0]


def run(seed: int, *, weights: bool, delays: bool) -> dict[str, float]:
    """Train and score one arm of a seed."""
    from stdpbench.data.datasets.order import Order
    from stdpbench.kinds.encoding import Spikes
    from stdpbench.kinds.normalisations.sum import Sum
    from stdpbench.results.readout.base import assign
    from stdpbench.results.readout.confidence import Confidence
    from stdpbench.results.readout.proportion import Proportion
    from stdpbench.results.readout.vote import Vote

    data = Order(
        classes=CLASSES,
        channels=CHANNELS,
        span=SPAN,
        duration=DURATION,
        noise=2.0,
        n_train=N_TRAIN + N_VALIDATION,
        n_test=1,
        draw_seed=seed,
    )
    shown: Any = data.prepare().train
    simulator, scaling = open_network(seed, weights=weights, delays=delays), Sum(value=TOTAL)
    n_bins, n_rest = round(DURATION / DT), round((LONGEST + 10) / DT)

    def events(number: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        mine = slice(shown.first[number], shown.stop[number])
        bins = np.clip((shown.time[mine] * 1e3 / DT).astype(np.int64), 0, n_bins - 1)
        return np.divmod(np.unique(bins * CHANNELS + shown.index[mine]), CHANNELS)

    def present(number: int, learn: bool) -> NDArray[np.int64]:
        bins, index = events(number)
        simulator.reset()
        spikes = Spikes(index.astype(np.int32), bins.astype(np.int32))
        response = simulator.present(spikes, n_bins, plastic=learn, n_rest=n_rest)
        return np.bincount(response.spikes["exc"].index, minlength=N_EXC)

    for number in range(N_TRAIN):
        scaling.apply(simulator.weights("feed"), None)
        present(number, True)
        simulator.theta[...] *= np.exp(-(n_bins + n_rest) * DT / TAU_THETA)
    scaling.apply(simulator.weights("feed"), None)
    known, new = range(N_TRAIN - N_LABEL, N_TRAIN), range(N_TRAIN, N_TRAIN + N_VALIDATION)
    labels = shown.labels
    responses = [np.array([present(k, False) for k in part]) for part in (known, new)]
    simulator.close()
    counts = [np.array([np.bincount(events(k)[1], minlength=CHANNELS) for k in part]) for part in (known, new)]
    assignment = assign(responses[0], labels[known], CLASSES)
    unsupervised = {"vote": Vote(), "proportion": Proportion(), "confidence": Confidence()}
    correct = {name: each.predict(responses[1], assignment) == labels[new] for name, each in unsupervised.items()}
    return {
        **{name: float(each.mean()) for name, each in correct.items()},
        "probe": probe(*responses, labels[known], labels[new]),
        "probe of input counts": probe(*counts, labels[known], labels[new]),
        "spikes": float(responses[1].sum(axis=1).mean()),
    }


def probe(
    known: NDArray[np.int64], new: NDArray[np.int64], labels: NDArray[np.int64], wanted: NDArray[np.int64]
) -> float:
    """Return the share of correct answers of a linear probe: regression onto classes, with a small ridge."""
    design, test = (np.column_stack([each, np.ones(len(each))]).astype(np.float64) for each in (known, new))
    weights = np.linalg.solve(design.T @ design + 1e-2 * np.eye(design.shape[1]), design.T @ np.eye(CLASSES)[labels])
    return float(((test @ weights).argmax(axis=1) == wanted).mean())


def interval(values: NDArray[np.float64]) -> tuple[float, float, float]:
    """Return the mean and its 95 % interval, by Student's t."""
    from scipy import stats

    half = float(stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values)))
    return float(values.mean()), float(values.mean()) - half, float(values.mean()) + half


def main() -> None:
    """Measure all arms, and print a table and the paired differences."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=0, help="first seed")
    parser.add_argument("--json", type=Path, help="file for all results")
    options = parser.parse_args()
    seeds = range(options.first, options.first + options.seeds)
    found = {
        name: [run(seed, weights=weights, delays=delays) for seed in seeds] for name, (weights, delays) in ARMS.items()
    }
    print(f"| arm | {' | '.join(SCORES)} |\n|---|{'---|' * len(SCORES)}")
    for name, results in found.items():
        cells = []
        for score in SCORES:
            values, factor = np.array([each[score] for each in results]), 1 if score == "spikes" else 100
            cells.append(f"{factor * values.mean():.1f} ± {factor * values.std(ddof=1):.1f}")
        print(f"| {name} | {' | '.join(cells)} |")
    for score in SCORES[:4]:
        for with_delays, without in (("delays learn", "both frozen"), ("both learn", "weights learn")):
            one, other = (np.array([each[score] for each in found[name]]) for name in (with_delays, without))
            mean, low, high = (100 * value for value in interval(one - other))
            print(f"{score}: {with_delays} minus {without}: {mean:.1f} points ({low:.1f} to {high:.1f})")
    if options.json:
        options.json.write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
