"""Delays learn to make the spikes of a pattern arrive together: the proof by planted offsets.

One neuron has 100 inputs. In each presentation of 60 ms, half of them fire once, at offsets that are drawn once per
seed, uniform within 20 ms, with a jitter of 1 ms; the others, distractors, fire once at times of the same 20 ms that
are drawn anew. The 20 ms begin at a random time, and all inputs fire 5 times a second in addition. Weights are equal
and fixed; delays start uniform and learn by delay-shift, in 2000 presentations.

A seed succeeds if in the end at least 90 % of the pattern's inputs arrive within 1 ms of each other: the largest share
of them whose offset plus delay, as rounded to steps, lies in a window of 1 ms. A shift common to all is not looked at.
The control draws the offsets of the pattern anew in each presentation; its arrivals are measured by those of the last.

Seeds 0 to 3 served to choose the parameters; those that are measured start at 1000.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from math import sqrt
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
from numpy.typing import NDArray

SIDE, N_INPUT, N_PATTERN, STIMULUS, DT = 10, 100, 50, 60.0, 0.5
CHUNK = 100
"""Presentations that are drawn at once."""


@dataclass(frozen=True)
class Setting:
    """What is varied; times in ms, rate in Hz, the weight in pA, and parameters of the rule by name."""

    presentations: int = 2000
    weight: float = 180.0
    span: float = 20.0
    jitter: float = 1.0
    noise: float = 5.0
    distractors: bool = True
    per_pair: int = 1
    weights_learn: bool = False
    control: bool = False
    d_max: float = 40.0
    rule: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    """The largest share of the pattern's inputs that arrives, and whose delays lie, within 1 ms.

    `before` and `after` are of arrivals, before and after learning; `delays` is of delays, after learning. `spikes` is
    the mean number of spikes per presentation in the last tenth.
    """

    seed: int
    before: float
    after: float
    delays: float
    mean_delay: float
    spikes: float


def together(times: NDArray[np.float64], width: float = 1.0) -> float:
    """Return the largest share of times that lie in a window."""
    times = np.sort(times)
    return float(max(np.searchsorted(times, times + width + 1e-9, "right") - np.arange(len(times)))) / len(times)


class Pattern:
    """What one neuron is shown: a pure function of setting and seed."""

    def __init__(self, setting: Setting, seed: int) -> None:
        self.setting, self._random = setting, np.random.default_rng((seed, 1))
        self.offsets = self._random.uniform(0, setting.span, N_PATTERN)
        self.delays = self._random.uniform(0, setting.d_max, (setting.per_pair, N_INPUT))

    def draw(self, n: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Return the spikes of the next `n` presentations: presentation, bin and input of each."""
        setting, random = self.setting, self._random
        start = random.uniform(10.0, STIMULUS - setting.span - 10.0, n)
        offsets = np.tile(self.offsets, (n, 1))
        if setting.control:
            offsets = random.uniform(0, setting.span, (n, N_PATTERN))
            self.offsets = offsets[-1]
        times = [start[:, None] + offsets + setting.jitter * random.standard_normal(offsets.shape)]
        if setting.distractors:
            times.append(start[:, None] + random.uniform(0, setting.span, (n, N_INPUT - N_PATTERN)))
        timed = np.concatenate(times, axis=1)
        shown, index = np.indices(timed.shape)
        n_noise = random.poisson(setting.noise * 1e-3 * STIMULUS * N_INPUT * n)
        shown = np.concatenate([shown.ravel(), random.integers(0, n, n_noise)])
        index = np.concatenate([index.ravel(), random.integers(0, N_INPUT, n_noise)])
        time = np.concatenate([timed.ravel(), random.uniform(0, STIMULUS, n_noise)])
        return shown, np.clip((time / DT).astype(np.int64), 0, round(STIMULUS / DT) - 1), index


def run(setting: Setting, seeds: Sequence[int]) -> list[Result]:
    """Let delays learn, of one neuron per seed, each with inputs of its own.

    The neurons are in one network, which takes less time, and have nothing to do with each other: the inputs are a
    grid of 10 rows, of which each neuron sees 10 columns.
    """
    from stdpbench.engine.simulators import open_graph
    from stdpbench.experiment.graph import Graph, Population, Projection
    from stdpbench.kinds.connections.local import Local
    from stdpbench.kinds.delay_plasticity.delay_shift import DelayShift
    from stdpbench.kinds.encoding import Spikes
    from stdpbench.kinds.neurons.lif_current import LIFCurrent
    from stdpbench.kinds.plasticity.pair_additive import PairAdditive
    from stdpbench.kinds.weights.constant import Constant

    n, weight = len(seeds), setting.weight / setting.per_pair
    feed = Projection(
        source="input",
        target="exc",
        receptor="I_exc",
        connect=Local(field=SIDE, stride=SIDE),
        weight=Constant(value=weight),
        delay_plasticity=DelayShift(d_max=setting.d_max, **dict(setting.rule)),
        plasticity=PairAdditive(w_max=2 * weight, a_plus=0.002, a_minus=0.0021) if setting.weights_learn else None,
    )
    cell = LIFCurrent(tau_m=10.0, t_ref=10.0, tau_exc=1.0)
    populations = {
        "input": Population(shape=(SIDE, SIDE * n)),
        "exc": Population(shape=(1, n, 1), neuron=cell),
    }
    projections = {f"feed{k}": feed for k in range(setting.per_pair)}
    simulator, _ = open_graph(Graph(populations, projections, DT, read="exc"))
    patterns = [Pattern(setting, seed) for seed in seeds]
    # number of the input in the grid, of each neuron and of its inputs in turn
    row, column = np.divmod(np.arange(N_INPUT), SIDE)
    number = row * SIDE * n + column + SIDE * np.arange(n)[:, None]
    delays = np.stack([pattern.delays for pattern in patterns], axis=1)  # (per_pair, n, N_INPUT)
    for k, name in enumerate(projections):
        simulator.array(f"{name}.d")[number.ravel()] = delays[k].ravel() * 1e-3

    def acting() -> NDArray[np.float64]:
        """Delays in ms as rounded to steps, of the pattern: (n, per_pair, N_PATTERN)."""
        found = []
        for name in projections:
            steps = simulator.delays(name)
            assert steps is not None
            found.append(steps[number[:, :N_PATTERN]] * DT)
        return np.stack(found, axis=1)

    def shares() -> list[float]:
        return [together((p.offsets + each).ravel()) for p, each in zip(patterns, acting(), strict=True)]

    before, n_bins, n_rest = shares(), round(STIMULUS / DT), round((setting.d_max + 10) / DT)
    counts = np.zeros((setting.presentations, n))
    for first in range(0, setting.presentations, CHUNK):
        chunk = min(CHUNK, setting.presentations - first)
        drawn = [pattern.draw(chunk) for pattern in patterns]
        key = np.concatenate(
            [(at * n_bins + bins) * number.size + number[k][i] for k, (at, bins, i) in enumerate(drawn)]
        )
        key = np.unique(key)
        ends = np.searchsorted(key, np.arange(chunk + 1) * n_bins * number.size)
        for k in range(chunk):
            bins, index = np.divmod(key[ends[k] : ends[k + 1]] - k * n_bins * number.size, number.size)
            simulator.reset()
            shown = Spikes(index.astype(np.int32), bins.astype(np.int32))
            response = simulator.present(shown, n_bins, plastic=True, n_rest=n_rest)
            counts[first + k] = np.bincount(response.spikes["exc"].index, minlength=n)
    after, learned = shares(), acting()
    spikes = counts[-max(1, setting.presentations // 10) :].mean(axis=0)
    simulator.close()
    return [
        Result(seed, before[k], after[k], together(learned[k].ravel()), float(learned[k].mean()), float(spikes[k]))
        for k, seed in enumerate(seeds)
    ]


MAIN = Setting()
ABLATIONS = {
    "offsets drawn anew (control)": replace(MAIN, control=True),
    "window 5 ms": replace(MAIN, rule={"tau_plus": 5.0, "tau_minus": 5.0}),
    "window 20 ms": replace(MAIN, rule={"tau_plus": 20.0, "tau_minus": 20.0}),
    "rates halved": replace(MAIN, rule={"eta_plus": 0.05, "eta_minus": 0.025}),
    "rates doubled": replace(MAIN, rule={"eta_plus": 0.2, "eta_minus": 0.1}),
    "equal rates up and down": replace(MAIN, rule={"eta_plus": 0.1, "eta_minus": 0.1}),
    "bounds nearly hard (soft 0.1 ms)": replace(MAIN, rule={"soft": 0.1}),
    "bounds softer (soft 20 ms)": replace(MAIN, rule={"soft": 20.0}),
    "d_max 25 ms": replace(MAIN, d_max=25.0),
    "weights 150 pA": replace(MAIN, weight=150.0),
    "weights 210 pA": replace(MAIN, weight=210.0),
    "two synapses per pair": replace(MAIN, per_pair=2),
    "no jitter": replace(MAIN, jitter=0.0),
    "jitter 2 ms": replace(MAIN, jitter=2.0),
    "noise 20 Hz": replace(MAIN, noise=20.0),
    "distractors silent but for noise": replace(MAIN, distractors=False),
    "the same, weights 300 pA": replace(MAIN, distractors=False, weight=300.0),
    "weights learn as well": replace(MAIN, weights_learn=True),
}


def wilson(n: int, of: int) -> tuple[float, float]:
    """Return the 95 % interval of a share."""
    z, p = 1.96, n / of
    middle, half = p + z * z / (2 * of), z * sqrt(p * (1 - p) / of + z * z / (4 * of * of))
    return max(0.0, (middle - half) / (1 + z * z / of)), (middle + half) / (1 + z * z / of)


def measure(name: str, setting: Setting, seeds: range) -> dict[str, Any]:
    """Measure a setting, and print a row of the table."""
    begun = process_time()
    results = run(setting, seeds)
    shares = np.array([each.after for each in results])
    n = int((shares >= 0.9).sum())
    low, high = wilson(n, len(results))
    print(
        f"| {name} | {n} of {len(results)} ({100 * low:.0f}–{100 * high:.0f} %) | {np.median(shares):.2f} "
        f"({shares.min():.2f}–{shares.max():.2f}) | {np.median([each.before for each in results]):.2f} "
        f"| {np.median([each.delays for each in results]):.2f} | {np.mean([each.mean_delay for each in results]):.1f} "
        f"| {np.mean([each.spikes for each in results]):.2f} |",
        flush=True,
    )
    seconds = process_time() - begun
    return {"name": name, "n": n, "of": len(results), "cpu_s": seconds, "results": [asdict(each) for each in results]}


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=100, help="seeds of the pattern and of the control")
    parser.add_argument("--ablations", type=int, default=20, help="seeds of each ablation; 0: none")
    parser.add_argument("--first", type=int, default=1000, help="first seed")
    parser.add_argument("--json", type=Path, help="file for all results")
    options = parser.parse_args()
    headings = ("setting", "seeds that succeed (95 % interval)", "arrivals within 1 ms, median (range)", "before")
    print(f"| {' | '.join((*headings, 'delays within 1 ms', 'mean delay, ms', 'spikes'))} |")
    print("|---|---|---|---|---|---|---|", flush=True)
    found = [measure("planted offsets", MAIN, range(options.first, options.first + options.seeds))]
    for number, (name, setting) in enumerate(ABLATIONS.items()):
        n = options.seeds if number == 0 else options.ablations
        if n:
            found.append(measure(name, setting, range(options.first, options.first + n)))
    if options.json:
        options.json.write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
