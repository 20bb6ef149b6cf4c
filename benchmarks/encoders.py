"""What encoding adds to the wall time of training, for each encoder.

A network of 400 exc neurons is trained on the same pictures in pairs: with spikes that the thread encodes ahead, as in
a run, and with the same spikes encoded before, without a thread. The two take turns; the median of the ratios of pairs
is printed, and the ratio of the shortest times, which other processes disturb least. The encoder's own time per
picture, in a thread alone, stands beside it.

    python benchmarks/encoders.py --rounds 7 --presentations 200

On a machine that others use, too, ``--bind`` binds the two threads to a processor each; with a high priority
(``nice -n -20``), others then disturb little (Linux).
"""

from __future__ import annotations

import argparse
import json
import os
from statistics import median
from time import perf_counter
from typing import Any

KINDS: dict[str, dict[str, Any]] = {
    "poisson": {},
    "regular": {},
    "latency": {"encoding.duration": "20 ms"},
    "rank-order": {},
    "burst": {"encoding.T_max": "20 ms"},
    "phase": {},
    "population": {"encoding.fields": 4},
    "direct": {},
}
EVENTS: dict[str, dict[str, Any]] = {
    "events": {"data.kind": "digits-events", "network.start": "random", "schedule.stimulus": "150 ms"},
}


def main() -> None:
    """Print a line of JSON for each encoder."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--presentations", type=int, default=200)
    options.add_argument("--passes", type=int, default=1, help="how often each stimulus is shown")
    options.add_argument("--experiment", default="digits", help="digits or fast-400, which has 784 pixels of MNIST")
    options.add_argument("--bind", action="store_true", help="bind the two threads to a processor each")
    options.add_argument("kinds", nargs="*", help="encoders; default: all")
    chosen = options.parse_args()
    for kind, changes in {**KINDS, **EVENTS}.items():
        if not chosen.kinds or kind in chosen.kinds:
            print(json.dumps(measure(kind, changes, chosen)), flush=True)


def measure(kind: str, changes: dict[str, Any], options: argparse.Namespace) -> dict[str, Any]:
    """Train in pairs with one encoder."""
    from stdpbench.engine.network import start_weights
    from stdpbench.engine.simulators import open_simulator
    from stdpbench.experiment import encode, n_input, read_experiment
    from stdpbench.runs.process import training as process

    if options.bind:
        os.sched_setaffinity(0, {0})
        vars(process)["give_way"] = lambda: os.sched_setaffinity(0, {1})
    experiment = read_experiment(options.experiment).override(
        {
            "schedule.min_spikes": 0,
            "schedule.passes": options.passes,
            "schedule.train_images": options.presentations,
            "encoding.kind": kind,
            **changes,
        }
    )
    images = experiment.data.prepare().train
    simulator, _ = open_simulator(experiment, n_input(experiment, images))
    simulator.w[...] = start_weights(experiment, images)
    start, real = simulator.state(), vars(process)["Stimuli"]
    known: dict[int, Any] = {}
    total = options.passes * options.presentations
    begin = perf_counter()
    for presentation in range(total):
        known[presentation] = encode(
            experiment, images, "train", presentation, 0, presentation % options.presentations
        )
    alone = (perf_counter() - begin) / total

    class Stored:
        """Stimuli encoded before."""

        def __init__(self, *_: Any) -> None: ...

        def get(self, presentation: int, _: int) -> Any:
            return known[presentation]

        def encode_ahead(self) -> None: ...

        def close(self) -> None: ...

    def seconds(ahead: bool) -> float:
        simulator.set_state(start)
        vars(process)["Stimuli"] = real if ahead else Stored
        try:
            in_order = experiment.override({"schedule.order": "dataset"})
            with process.Training(simulator, in_order, images) as training:
                begin = perf_counter()
                for _ in range(total):
                    training.step()
                return perf_counter() - begin
        finally:
            vars(process)["Stimuli"] = real

    seconds(True)
    ratios, times, ahead = [], [], []
    for number in range(options.rounds):
        first = seconds(number % 2 == 0)
        second = seconds(number % 2 == 1)
        with_encoding, without = (first, second) if number % 2 == 0 else (second, first)
        ratios.append(with_encoding / without)
        times.append(without)
        ahead.append(with_encoding)
    return {
        "encoder": kind,
        "spikes": round(sum(map(len, known.values())) / len(known), 1),
        "encode_ms": round(1e3 * alone, 3),
        "presentation_ms": round(1e3 * median(times) / total, 3),
        "ratio": round(median(ratios), 3),
        "of_shortest": round(min(ahead) / min(times), 3),
        "ratios": [round(each, 3) for each in ratios],
    }


if __name__ == "__main__":
    main()
