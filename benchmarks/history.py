"""Cost of the history of a run, and of a film of a long run.

Training is that of a run, in this process, with checkpoints. The share of its time that goes into the history is
measured within the run; interleaved pairs with and without history vary by more than that where others use the
machine. The film is 20 s of 240 moments of 400 neurons, as MP4 if the extra ``film`` is installed, else as WebP.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from queue import SimpleQueue
from statistics import median
from typing import Any
from unittest.mock import patch

import inputs
import numpy as np


def main() -> None:
    """Run the benchmark and print ratios."""
    options = inputs.parser(__doc__, presentations=3000)
    options.add_argument("--rounds", type=int, default=5)
    options = options.parse_args()
    figures: dict[str, Any] = {"presentations": options.presentations}
    with tempfile.TemporaryDirectory() as folder:
        for n_exc in (400, 1600):
            ratios, shares, run = [], [], Path()
            for number in range(options.rounds + 1):
                seconds = {}
                for history in (True, False) if number % 2 else (False, True):
                    seconds[history], written, path = train(Path(folder), options, n_exc, history)
                    if history:
                        run = path
                        shares.append(written / seconds[True])
                if number:  # the first round is a warm-up
                    ratios.append(seconds[True] / seconds[False])
            figures[f"{n_exc} neurons"] = {
                "percent_of_training": round(100 * median(shares), 2),
                "lowest_percent": round(100 * min(shares), 2),
                "highest_percent": round(100 * max(shares), 2),
                "time_against_no_history": round(median(ratios), 4),
                "lowest": round(min(ratios), 4),
                "highest": round(max(ratios), 4),
                "moments": len(list((run / "history").iterdir())),
                "megabytes": round(sum(path.stat().st_size for path in (run / "history").iterdir()) / 2**20, 1),
            }
            if n_exc == 400:
                figures["film_seconds"] = film(run, Path(folder))
    inputs.report(figures, options.json)


def train(folder: Path, options: argparse.Namespace, n_exc: int, history: bool) -> tuple[float, float, Path]:
    """Train in a new run folder; return the seconds of training, those of the history, and the folder."""
    from stdpbench.experiment import Experiment
    from stdpbench.runs.folder.history import HistoryWriter
    from stdpbench.runs.preparation.creation import create_run
    from stdpbench.runs.process.engine import RunEngine
    from stdpbench.runs.process.publisher import Publisher
    from stdpbench.runs.protocol.options import Options

    pixels, _ = inputs.images(options.presentations + 1, options.data)
    np.savez(folder / "pictures.npz", images=pixels)
    experiment = Experiment.from_mapping(
        {
            "name": "history",
            "data": {"kind": "npz", "path": str(folder / "pictures.npz")},
            "network": {"n_exc": n_exc, "inhibition": "direct-undelayed"},
            "schedule": {"between": "carry", "label_images": 1, "test_images": 1},
        }
    )
    run = create_run(experiment, folder / "runs", Options(workers=1, baselines=False, history=history))
    requests: SimpleQueue[Any] = SimpleQueue()
    publisher, marks = Publisher(requests), list[float]()
    publisher.offer = lambda *_, **__: marks.append(time.perf_counter())  # type: ignore[method-assign]
    spent, offer = list[float](), HistoryWriter.offer

    def timed(*arguments: Any) -> None:
        begun = time.perf_counter()
        offer(*arguments)
        spent.append(time.perf_counter() - begun)

    with patch.object(HistoryWriter, "offer", timed):
        RunEngine(run, publisher, requests).run()
    done = run.metrics["training"]["presentations"]
    return marks[done - 1] - marks[0], sum(spent), run.path


def film(run: Path, folder: Path) -> float:
    """Return the seconds that a film of 20 s takes, of a history with as many moments as there can be."""
    from stdpbench.runs.folder.history import MOST
    from stdpbench.runs.folder.run_folder import RunFolder
    from stdpbench.studies.film import write_film

    source = sorted((run / "history").iterdir())[-1].read_bytes()
    for number in range(MOST):
        (run / "history" / f"{number * 10:09d}.npz").write_bytes(source)
    suffix = "mp4" if find_spec("imageio_ffmpeg") else "webp"
    begun = time.perf_counter()
    write_film(RunFolder(run), folder / f"film.{suffix}", seconds=20)
    return round(time.perf_counter() - begun, 1)


if __name__ == "__main__":
    main()
