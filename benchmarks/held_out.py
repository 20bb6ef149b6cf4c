"""Cost of held-out measures for training: alternating stretches of one run with and without a measurement.

The run engine trains as in a run, in this process, with checkpoints; a separate process measures. The run is divided
into stretches as long as the interval between two measurements. In each pair of stretches, one begins with a
measurement and the other has none; the order alternates from pair to pair. Each pair gives a ratio of times, and
other load of the machine affects both stretches. A measurement that is not complete at the end of its stretch is
reported as late, since its pair misses part of the cost.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from pathlib import Path
from queue import SimpleQueue
from statistics import mean, median, stdev
from typing import Any

import inputs
import numpy as np


def main() -> None:
    """Run the benchmark and print the ratios."""
    options = inputs.parser(__doc__, presentations=0)
    options.add_argument("--pairs", type=int, default=12)
    options.add_argument("--every", type=int, default=3750, help="training presentations between two measurements")
    options.add_argument("--images", type=int, default=1000, help="held-out pictures per measurement")
    options = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        inputs.report(measure(Path(folder), options), options.json)


def measure(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Return the ratios of the pairs of one run; the first two stretches are a warm-up."""
    total = 2 * (options.pairs + 1) * options.every
    marks, late, origin = train(folder, options, total)
    seconds = np.diff([marks[at]["wall"] for at in range(0, total + 1, options.every)])
    processor = np.diff([marks[at]["processor"] for at in range(0, total + 1, options.every)])
    ratios, of_processor, without = [], [], []
    for pair in range(1, options.pairs + 1):
        measured = 2 * pair + pair % 2
        other = measured + (1 if measured % 2 == 0 else -1)
        ratios.append(float(seconds[measured] / seconds[other]))
        of_processor.append(float(processor[measured] / processor[other]))
        without.append(options.every / float(seconds[other]))
    return {
        "pictures": origin,
        "n_exc": options.n_exc,
        "every": options.every,
        "images": options.images,
        "presentations_per_s_without": round(median(without), 1),
        "time_with_against_without": round(mean(ratios), 4),
        "standard_error": round(stdev(ratios) / len(ratios) ** 0.5, 4),
        "median_of_ratios": round(median(ratios), 4),
        "processor_time": round(mean(of_processor), 4),
        "standard_error_of_processor_time": round(stdev(of_processor) / len(of_processor) ** 0.5, 4),
        "late": late,
        "ratios": [round(ratio, 3) for ratio in ratios],
    }


def train(folder: Path, options: argparse.Namespace, total: int) -> tuple[dict[int, dict[str, float]], int, str]:
    """Train in a new run folder; return times by position, the number of late measurements, and the data source."""
    from stdpbench.base.threads import one_blas_thread
    from stdpbench.experiment import Experiment
    from stdpbench.runs.preparation.creation import create_run
    from stdpbench.runs.process.engine import RunEngine
    from stdpbench.runs.process.publisher import Publisher
    from stdpbench.runs.protocol.options import Options

    one_blas_thread()
    pixels, origin = inputs.images(min(total, 50_000) + options.images + 500, options.data)
    labels = np.arange(len(pixels)) % 10  # the classes do not affect the time
    np.savez(folder / "pictures.npz", images=pixels, labels=labels)
    n_train = min(total, 50_000)
    experiment = Experiment.from_mapping(
        {
            "name": "held-out",
            "data": {
                "kind": "npz",
                "path": str(folder / "pictures.npz"),
                "test_fraction": 0.001,
                "pixel_sum": 26265.0,
            },
            # as in the fast experiments: most pictures are shown once
            "network": {
                "n_exc": options.n_exc,
                "inhibition": "direct-undelayed",
                "w_inh_exc": 30.0,
                "start": "samples",
            },
            "exc": {"tau_theta": 7e6},
            "schedule": {
                "between": "carry",
                "max_attempts": 8,
                "train_images": n_train,
                "passes": -(-total // n_train),
                "label_images": 1,
                "test_images": 1,
                "held_out_every": options.every,
                "held_out_images": options.images,
            },
        }
    )
    run = create_run(experiment, folder / "runs", Options(workers=1, baselines=False))
    requests: SimpleQueue[Any] = SimpleQueue()
    publisher = Publisher(requests)
    engine = RunEngine(run, publisher, requests)
    marks: dict[int, dict[str, float]] = {}
    late, offer = 0, publisher.offer

    def timed(makers: Any, *, flush: bool = False) -> None:
        nonlocal late
        position = engine._position
        if position not in marks:
            marks[position] = {"wall": time.perf_counter(), "processor": time.process_time()}
            measures = engine._active.held_out
            late += position % options.every == 0 and bool(measures._tasks) and not _due(position, options)
        if position == 0:
            engine._active.held_out.take = chosen  # type: ignore[method-assign]
        elif position == total:
            requests.put(_stop())
        offer(makers, flush=flush)

    def chosen(position: int, experiment: Any) -> None:
        if _due(position, options):
            type(engine._active.held_out).take(engine._active.held_out, position, experiment)

    publisher.offer = timed  # type: ignore[method-assign]
    engine.run()
    shutil.rmtree(run.path)
    return marks, late, origin


def _due(position: int, options: argparse.Namespace) -> bool:
    """Whether the stretch that begins here has a measurement."""
    pair, second = divmod(position // options.every, 2)
    return position % options.every == 0 and second == pair % 2


def _stop() -> Any:
    from stdpbench.runs.protocol.messages import Request

    return Request("stop", {}, lambda error, value: None)


if __name__ == "__main__":
    main()
