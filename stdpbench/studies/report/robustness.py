"""Robustness curves: accuracy with degraded pictures, damaged networks and shorter presentations.

Each point is stored as soon as it is measured, with a digest of everything that it depends on, so that an interrupted
measurement continues where it stopped, and finished points are not measured again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.results.figures import saving
from stdpbench.results.figures.paper import draw as draw_spec
from stdpbench.results.readout import INTERVAL, READOUTS, readouts, wilson_interval
from stdpbench.runs.protocol.facts import Progress
from stdpbench.studies.report.disturbances import KINDS, Disturbance, kinds_for
from stdpbench.studies.report.evaluated_run import EvaluatedRun, key_of, store_measurement, stored_measurement
from stdpbench.studies.report.presentations import Presentation, Presenter

FILE = "robustness.json"
IMAGES = 1000


def measure(run: EvaluatedRun, presenter: Presenter, n_images: int, folder: Path) -> Iterator[Progress]:
    """Measure missing points, and store each point.

    Parameters
    ----------
    run : EvaluatedRun
        The run.
    presenter : Presenter
        Presenter with the network ``"trained"`` and at least `n_images` test pictures.
    n_images : int
        Number of evaluated pictures, from the first.
    folder : Path
        Folder of `FILE`, which is created if missing.
    """
    key = _key(run, n_images)
    points = stored_measurement(folder / FILE, key)
    presentations = {
        _name(kind, level): _presentation(kind, level, n_images)
        for kind, description in KINDS.items()
        if kind in kinds_for(run.experiment)
        for level in description.levels
    }
    # the first level of every kind is undisturbed
    missing = list(dict.fromkeys(each for name, each in presentations.items() if name not in points))
    assignment, labels = run.assignment(), run.test_labels[:n_images]
    total = n_images * len(set(presentations.values()))
    stored_before = total - n_images * len(missing)
    yield Progress("robustness", stored_before, total)
    for done, presentation, responses in presenter.present(missing):
        if responses is not None:
            counts = responses.spike_counts
            right = {
                name: int((readouts.get(name)().predict(counts, assignment) == labels).sum()) for name in READOUTS
            }
            spikes = float(counts.sum(axis=1, dtype=np.int64).mean())
            for name, candidate in presentations.items():
                if candidate == presentation:
                    points[name] = {"n_images": n_images, "right": right, "spikes_per_image": spikes}
            store_measurement(folder / FILE, key, points)
        yield Progress("robustness", stored_before + done, total)


def rows(run: EvaluatedRun, n_images: int, folder: Path) -> list[dict[str, Any]]:
    """Return the measured points as rows of a table."""
    points, table = stored_measurement(folder / FILE, _key(run, n_images)), []
    for kind, description in KINDS.items():
        for level in description.levels:
            point = points.get(_name(kind, level))
            if point is None:
                continue
            for readout, right in point["right"].items():
                n = point["n_images"]
                low, high = wilson_interval(right, n)
                table.append(
                    {
                        "kind": kind,
                        "level": level,
                        "unit": description.unit,
                        "readout": readout,
                        "accuracy": right / n,
                        "low": low,
                        "high": high,
                        "interval": INTERVAL,
                        "n_images": n,
                        "spikes_per_image": point["spikes_per_image"],
                    }
                )
    return table


def draw(of_runs: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """Draw accuracy of the vote by kind of disturbance, one line per run."""
    drawn = []
    for kind, description in KINDS.items():
        of_kind = {
            name: {point["level"]: point for point in points if point["kind"] == kind and point["readout"] == "vote"}
            for name, points in of_runs.items()
        }
        of_kind = {
            name: by_level
            for name, by_level in of_kind.items()
            if {description.levels[0], description.levels[-1]} <= by_level.keys()
        }
        if of_kind:
            levels = [level for level in description.levels if all(level in by_level for by_level in of_kind.values())]
            n_images = next(iter(of_kind.values()))[levels[0]]["n_images"]
            evenly = description.unit == "bits" or kind == "duration"
            lines = []
            for name, by_level in of_kind.items():
                accuracy, low, high = (
                    100 * np.array([by_level[level][part] for level in levels]) for part in ("accuracy", "low", "high")
                )
                x, error = range(len(levels)) if evenly else levels, (accuracy - low, high - accuracy)
                shown = name if len(of_kind) > 1 else ""
                lines.append({"x": x, "y": accuracy, "error": error, "style": "o-", "label": shown})
            plot = {"label": "accuracy, vote (%)", "range": (0, 100), "lines": lines}
            spec = {"kind": "lines", "x_label": f"{description.title} ({description.unit})", "plots": [plot]}
            if evenly:
                spec["x_ticks"] = ["as is" if level == 64 else f"{level:g}" for level in levels]
            figure = saving.embedded(draw_spec, spec)
            drawn.append(
                {"title": description.title, "help": description.help, "n_images": n_images, "figure": figure}
            )
    return drawn


def _presentation(kind: str, level: float, n_images: int) -> Presentation:
    undisturbed = level == KINDS[kind].levels[0]
    return Presentation("trained", "test", n_images, 0, None if undisturbed else Disturbance(kind, level))


def _name(kind: str, level: float) -> str:
    return f"{kind} {level:g}"


def _key(run: EvaluatedRun, n_images: int) -> str:
    arrays: list[NDArray[Any]] = [*run.learned.values(), run.label_counts]
    return key_of(f"{run.experiment.digest} {run.part} {n_images}", arrays)
