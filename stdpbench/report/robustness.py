"""Robustness curves: accuracy with degraded pictures, damaged networks and shorter presentations.

Each point is stored as soon as it is measured, with a digest of everything that it depends on, so that an interrupted
measurement continues where it stopped, and finished points are not measured again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from stdpbench.figures.svg import curves
from stdpbench.files import write_text_aside
from stdpbench.readout import INTERVAL, READOUTS, readouts, wilson_interval
from stdpbench.report.disturbances import KINDS, Disturbance
from stdpbench.report.material import Material
from stdpbench.report.showing import Presenter, Showing
from stdpbench.runs.protocol.facts import Progress

FILE = "robustness.json"
IMAGES = 1000


def measure(material: Material, presenter: Presenter, n_images: int, folder: Path) -> Iterator[Progress]:
    """Measure missing points, and store each point.

    Parameters
    ----------
    presenter : Presenter
        Presenter with the network ``"trained"`` and at least `n_images` test pictures.
    n_images : int
        Number of evaluated pictures, from the first.
    folder : Path
        Folder of `FILE`, which is created if missing.
    """
    key = _key(material, n_images)
    points = stored(folder, key)
    wanted = {_name(kind, level): _showing(kind, level, n_images) for kind, of in KINDS.items() for level in of.levels}
    missing = [showing for name, showing in wanted.items() if name not in points]
    missing = list(dict.fromkeys(missing))  # undisturbed is the first level of every kind
    assignment, labels = material.assignment(), material.test_labels[:n_images]
    total = n_images * len(set(wanted.values()))
    begun = total - n_images * len(missing)
    yield Progress("robustness", begun, total)
    for done, showing, whole in presenter.present(missing):
        if whole is not None:
            counts = whole.spike_counts
            right = {
                name: int((readouts.get(name)().predict(counts, assignment) == labels).sum()) for name in READOUTS
            }
            spikes = float(counts.sum(axis=1, dtype=np.int64).mean())
            for name, one in wanted.items():
                if one == showing:
                    points[name] = {"n_images": n_images, "right": right, "spikes_per_image": spikes}
            write_text_aside(folder / FILE, json.dumps({"key": key, "points": points}, indent=1) + "\n")
        yield Progress("robustness", begun + done, total)


def stored(folder: Path, key: str) -> dict[str, Any]:
    """Return stored points; empty if they have another digest or the file is damaged."""
    try:
        kept = json.loads((folder / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    fits = isinstance(kept, dict) and kept.get("key") == key and isinstance(kept.get("points"), dict)
    return dict(kept["points"]) if fits else {}


def rows(material: Material, n_images: int, folder: Path) -> list[dict[str, Any]]:
    """Return the measured points as rows of a table."""
    points, found = stored(folder, _key(material, n_images)), []
    for kind, of in KINDS.items():
        for level in of.levels:
            point = points.get(_name(kind, level))
            if point is None:
                continue
            for readout in READOUTS:
                right, n = point["right"][readout], point["n_images"]
                low, high = wilson_interval(right, n)
                found.append(
                    {
                        "kind": kind,
                        "level": level,
                        "unit": of.unit,
                        "readout": readout,
                        "accuracy": right / n,
                        "low": low,
                        "high": high,
                        "interval": INTERVAL,
                        "n_images": n,
                        "spikes_per_image": point["spikes_per_image"],
                    }
                )
    return found


def draw(of_runs: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """Draw accuracy of the vote by kind of disturbance, one line per run."""
    drawn = []
    for kind, of in KINDS.items():
        series, n_images = {}, 0
        for name, points in of_runs.items():
            mine = {point["level"]: point for point in points if point["kind"] == kind and point["readout"] == "vote"}
            if len(mine) == len(of.levels):
                ordered = [mine[level] for level in of.levels]
                series[name] = tuple([point[part] for point in ordered] for part in ("accuracy", "low", "high"))
                n_images = ordered[0]["n_images"]
        if series:
            label = f"{of.title} ({of.unit})"
            figure = curves(of.levels, series, label, evenly=kind in ("bits", "duration"))  # type: ignore[arg-type]
            drawn.append({"title": of.title, "help": of.help, "n_images": n_images, "figure": figure})
    return drawn


def _showing(kind: str, level: float, n_images: int) -> Showing:
    usual = level == KINDS[kind].levels[0]
    return Showing("trained", "test", n_images, 0, None if usual else Disturbance(kind, level))


def _name(kind: str, level: float) -> str:
    return f"{kind} {level:g}"


def _key(material: Material, n_images: int) -> str:
    digest = hashlib.sha256(f"{material.experiment.digest} {material.part} {n_images}".encode())
    lateral = () if material.lateral is None else (material.lateral,)
    for array in (material.w, material.theta, *lateral, material.label_counts):
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()
