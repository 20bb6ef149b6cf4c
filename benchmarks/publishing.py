"""Cost of readers for a run: training at 400 neurons without a reader, with one, and with one that never reads.

The run engine trains as in a run, in this process; readers are separate processes. Conditions are measured in several
rounds, relative to the condition without a reader in the same round.
"""

from __future__ import annotations

import argparse
import multiprocessing
import shutil
import tempfile
import threading
import time
from pathlib import Path
from queue import SimpleQueue
from statistics import median
from typing import Any

import inputs
import numpy as np

FRAMES_PER_S = 30


def main() -> None:
    """Run the benchmark and print a ratio for each condition."""
    options = inputs.parser(__doc__, presentations=1500)
    options.add_argument("--rounds", type=int, default=3)
    options = options.parse_args()
    found: dict[str, list[dict[str, float]]] = {"no reader": [], "reader": [], "reader that never reads": []}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.rounds + 1):
            for condition, results in found.items():
                result = measure(Path(folder), options, condition)
                if number:  # the first round is a warm-up
                    results.append(result)
    base = [result["seconds"] for result in found["no reader"]]
    figures: dict[str, Any] = {"n_exc": options.n_exc, "presentations": options.presentations}
    for condition, results in found.items():
        ratios = [result["seconds"] / seconds for result, seconds in zip(results, base, strict=True)]
        figures[condition] = {
            "presentations_per_s": round(median(options.presentations / r["seconds"] for r in results), 1),
            "time_against_no_reader": round(median(ratios), 4),
            "longest_gap_ms": round(median(r["longest_gap_ms"] for r in results), 2),
            "stall_ms": round(median(r["stall_ms"] for r in results), 3),
            "frames_per_s": round(median(r["frames"] / r["seconds"] for r in results), 1),
        }
    inputs.report(figures, options.json)


def measure(folder: Path, options: argparse.Namespace, condition: str) -> dict[str, float]:
    """Train in a new run folder, with or without a reader."""
    from stdpbench.experiment import Experiment
    from stdpbench.runs.preparation.creation import create_run
    from stdpbench.runs.process.engine import RunEngine
    from stdpbench.runs.process.publisher import Publisher
    from stdpbench.runs.protocol.options import Options

    pixels, _ = inputs.images(options.presentations + 1, options.data)
    np.savez(folder / "pictures.npz", images=pixels)
    experiment = Experiment.from_mapping(
        {
            "name": "publishing",
            "data": {"kind": "npz", "path": str(folder / "pictures.npz")},
            "network": {"n_exc": options.n_exc, "inhibition": "direct-undelayed"},
            "schedule": {"between": "carry", "test_images": 1},
        }
    )
    run = create_run(experiment, folder / "runs", Options(workers=1, baselines=False, checkpoint_every=10**9))
    requests: SimpleQueue[Any] = SimpleQueue()
    publisher = Publisher(requests)
    marks: list[float] = []
    offered: list[float] = []
    offer = publisher.offer

    def timed(makers: Any, *, flush: bool = False) -> None:
        begun = time.perf_counter()
        offer(makers, flush=flush)
        marks.append(time.perf_counter())
        offered.append(marks[-1] - begun)

    publisher.offer = timed  # type: ignore[method-assign]
    frames = multiprocessing.Value("i", 0)
    reader = None
    if condition != "no reader":
        invitations: SimpleQueue[Any] | Any = multiprocessing.Queue()
        reads = condition == "reader"
        reader = multiprocessing.Process(target=read, args=(invitations, frames, reads), daemon=True)
        reader.start()
        publisher.attach(invitations.get(), [])
        time.sleep(0.3)  # until it has sent its subscription
    RunEngine(run, publisher, requests).run()
    if reader is not None:
        reader.kill()
        reader.join()
    shutil.rmtree(run.path)
    gaps = np.diff(marks[1 : options.presentations])
    return {
        "seconds": float(gaps.sum()),
        "longest_gap_ms": float(1e3 * gaps.max()),
        "stall_ms": float(1e3 * max(offered[1 : options.presentations])),
        "frames": frames.value,
    }


def read(invitations: Any, frames: Any, reads: bool) -> None:
    """Receive all frames as the app does, or never read."""
    from stdpbench.base.wire import Listener

    listener = Listener()
    invitations.put(listener.invitation)
    channel = listener.accept()
    channel.post(("want", ["progress", "network", "presentation"], {}))
    if not reads:
        threading.Event().wait()
    while True:
        begun = time.monotonic()
        try:
            while (message := channel.receive(0.0, 1.0)) is not None:
                if message[0] == "frame":
                    frames.value += message[1] == "presentation"
                    channel.post(("credit", message[1], 1))
        except (EOFError, OSError):
            return
        time.sleep(max(0.0, 1 / FRAMES_PER_S - (time.monotonic() - begun)))


if __name__ == "__main__":
    multiprocessing.set_start_method("spawn")
    main()
