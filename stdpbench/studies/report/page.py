"""HTML page of a report, a self-contained file, and the values for its template."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from stdpbench import __version__
from stdpbench.base.errors import StdpbenchError
from stdpbench.base.units import minus
from stdpbench.experiment import Experiment
from stdpbench.kinds.plasticity.tables import rule_name
from stdpbench.results.figures import saving
from stdpbench.results.figures.paper import draw as draw_spec
from stdpbench.results.figures.paper import histogram
from stdpbench.results.figures.surrogate_training import layers_with_gradients, surrogate_training_figure
from stdpbench.results.readout import INTERVAL, NO_ANSWER
from stdpbench.runs.analysis.fields import by_similarity, pooled, tile
from stdpbench.runs.catalog.access_log import Readings
from stdpbench.runs.folder.notes import read_notes, title_of
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.studies.report.analysis import Findings
from stdpbench.studies.report.evaluated_run import EvaluatedRun
from stdpbench.studies.report.rows import GROUPS, Accuracy
from stdpbench.studies.report.sentences import summary
from stdpbench.studies.sweeps.seeds import BASELINE_HEADINGS, HEADINGS, OverSeeds

if TYPE_CHECKING:
    from jinja2 import Environment

_EXAMPLES = 6
_CONFUSIONS = 8
_TEN = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8C6BB1", "#A65628", "#7F7F7F", "#B2B200")
_WIDE = 135.0  # mm, of a figure across the page
_OVER_TRAINING = {
    "accuracy_vote": "accuracy, vote",
    "purity": "purity of winners",
    "nmi": "NMI of winners",
    "neuron_purity": "purity per neuron",
}
_MOST_CLASSES = 30  # larger matrices are unreadable


@dataclass
class Part:
    """Content of the page for one run.

    Attributes
    ----------
    title, name : str
        Experiment with seed, and run folder.
    about : list of (str, str)
        Description of the run.
    sentences : list of str
        Summary.
    data : mapping
        All plain values, as in the JSON file.
    groups : list of (str, list of Accuracy)
        Accuracies by titled group.
    figures : mapping of str to Any
        SVG, data URIs, and tables of them.
    """

    title: str
    name: str
    about: list[tuple[str, str]]
    sentences: list[str]
    data: Mapping[str, Any]
    groups: list[tuple[str, list[Accuracy]]]
    figures: dict[str, Any] = field(default_factory=dict)


def make_part(run: EvaluatedRun, findings: Findings, readings: Readings, data: Mapping[str, Any]) -> Part:
    """Collect and draw the content of the page for one run."""
    names = run.split.class_names
    groups = [
        (title, rows)
        for group, title in GROUPS.items()
        if (rows := [row for row in findings.accuracies if row.group == group])
    ]
    part = Part(
        title=heading_of(run.folder, run.experiment),
        name=run.name,
        about=_about(run),
        sentences=[*([data["verdict"]] if data["verdict"] else []), *summary(run, findings, data["readings"])],
        data=data,
        groups=groups,
    )
    labels = findings.arrays["neuron label"].astype(np.int64)
    part.figures = {
        "confusion": _matrix(findings.arrays["confusion vote"], names) if len(names) <= _MOST_CLASSES else None,
        "mistakes": _mistakes(run, findings),
        "held_out": _held_out(data["held_out"]),
        "passes": _passes(data["passes"]),
        "fields": [
            (names[group] if group >= 0 else "silent in the label phase", n, uri)
            for group, n, uri in _field_pictures(run.w, run.shape, labels, len(names))
        ],
        "embeddings": _embeddings(run, findings),
        "over_time": _over_time(findings),
        "histograms": [
            saving.embedded(draw_spec, histogram(findings.arrays[f"neuron {name}"], label, "neurons", 30))
            for name, label in (
                ("purity", "purity"),
                ("information_bit", "information about the class (bit)"),
                ("lifetime_sparseness", "lifetime sparseness"),
                ("most_alike_correlation", "correlation with the most similar field"),
            )
        ],
    }
    return part


def _about(run: EvaluatedRun) -> list[tuple[str, str]]:
    experiment = run.experiment
    return [
        *about_notes(run.folder),
        *about_network(run.start, experiment),
        ("data", f"{getattr(experiment.data, 'kind', '')}, {len(run.split.train)} training pictures"),
        ("passes", str(experiment.schedule.passes)),
        *about_run(run.metadata),
    ]


def about_notes(folder: RunFolder) -> list[tuple[str, str]]:
    """Return the title, tags and notes of a run that are not empty; nothing if they cannot be read."""
    try:
        notes = read_notes(folder.path)
    except StdpbenchError:
        return []
    entries = [("title", notes.title), ("tags", ", ".join(notes.tags)), ("notes", notes.text)]
    return [(head, text) for head, text in entries if text]


def heading_of(folder: RunFolder, experiment: Experiment) -> str:
    """Return the title of a run, if it has one, with experiment and seed."""
    title, seeded = title_of(folder.path), f"{experiment.name}, seed {experiment.seed}"
    return f"{title} ({seeded})" if title else seeded


def about_network(start: Experiment, experiment: Experiment) -> list[tuple[str, str]]:
    """Return experiment, network and rules of a run, from its experiment at the start and at the end."""
    about = experiment.about.title
    return [
        ("experiment", f"{experiment.name}{': ' + about if about else ''}"),
        ("network", _network(experiment)),
        ("plasticity", _rules(start, experiment)),
    ]


def about_run(metadata: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return time, simulator and versions of a run."""
    versions = metadata.get("versions", {})
    return [
        ("started", str(metadata.get("started", ""))),
        ("simulator", str(metadata.get("simulator", ""))),
        ("versions", ", ".join(f"{name} {value}" for name, value in versions.items())),
    ]


def _rules(at_start: Experiment, at_end: Experiment) -> str:
    """Return the rules of training; if they changed, the last and the first ones."""
    start, end = (_names_of_rules(experiment) for experiment in (at_start, at_end))
    return end if at_start.same_rule(at_end) else f"{end} at the end, {start} at the start"


def _names_of_rules(experiment: Experiment) -> str:
    rules = {name: rule_name(rule.to_mapping()) for name, rule in experiment.rules_by_projection.items()}
    return ", ".join(f"{rule} ({projection})" if projection else rule for projection, rule in rules.items()) or "none"


def _matrix(confusion: NDArray[np.int64], names: Sequence[str]) -> dict[str, Any]:
    totals = confusion.sum(axis=1, keepdims=True)
    shares = confusion / np.maximum(totals, 1)
    rows = [
        {
            "name": name,
            "cells": [(int(n), float(share), i == j) for j, (n, share) in enumerate(zip(row, part, strict=True))],
            "accuracy": float(part[i]) if totals[i, 0] else None,
        }
        for i, (name, row, part) in enumerate(zip(names, confusion, shares, strict=True))
    ]
    return {"names": [*names, "none"], "rows": rows}


def _mistakes(run: EvaluatedRun, findings: Findings) -> list[dict[str, Any]]:
    """Return the most frequent confusions with example pictures."""
    confusion, names = findings.arrays["confusion vote"].copy(), (*run.split.class_names, "no answer")
    answers, labels = findings.arrays["answers vote"], run.test_labels
    answers = np.where(answers == NO_ANSWER, len(run.split.class_names), answers)
    np.fill_diagonal(confusion, 0)
    mistakes: list[dict[str, Any]] = []
    for cell in np.argsort(-confusion, axis=None, kind="stable")[:_CONFUSIONS]:
        true, answer = divmod(int(cell), confusion.shape[1])
        if not confusion[true, answer]:
            break
        members = np.flatnonzero((labels == true) & (answers == answer))[:_EXAMPLES]
        mistakes.append(
            {
                "true": names[true],
                "answer": names[answer],
                "n": int(confusion[true, answer]),
                "pictures": [_png(picture) for picture in run.split.test.chosen(members).static],
            }
        )
    return mistakes


def _lines(lines: Sequence[Mapping[str, Any]], x_label: str, label: str) -> str:
    plot = {"label": label, "range": (0, 100), "lines": lines}
    return saving.embedded(draw_spec, {"kind": "lines", "x_label": x_label, "plots": [plot]}, _WIDE)


def _over_time(findings: Findings) -> str | None:
    """Draw the accuracy over the time within a presentation."""
    if (data := findings.data.get("over_time")) is None:
        return None
    line = {"x": data["time_ms"], "y": 100 * np.array(data["accuracy"])}
    return _lines([line], "time in the presentation (ms)", "accuracy, vote (%)")


def _held_out(rows: Sequence[Mapping[str, Any]]) -> str | None:
    """Draw measures on held-out pictures over training presentations."""
    lines = []
    for name, label in _OVER_TRAINING.items():
        points = [(row["position"], 100 * row[name]) for row in rows if row.get(name) is not None]
        if points:
            x, y = zip(*points, strict=True)
            lines.append({"x": x, "y": y, "style": "o-", "label": label})
    return _lines(lines, "training presentations", "%") if len(rows) > 1 else None


def _passes(rows: Sequence[Mapping[str, Any]]) -> str | None:
    """Draw gradients and silent neurons over the passes of a training; None if gradients are unknown."""
    columns = {name: np.array([row[name] for row in rows], float) for name in (rows[0] if len(rows) > 1 else ())}
    return saving.embedded(surrogate_training_figure, {"": [columns]}) if layers_with_gradients(columns) else None


def _png(grey: NDArray[Any], largest: float | None = None, *, invert: bool = False) -> str:
    """Encode an image of grey values, (height, width), as a data URI; NaN becomes transparent."""
    from PIL import Image

    maximum = float(np.nanmax(grey, initial=0.0)) if largest is None else largest
    finite = np.isfinite(grey)
    value = np.clip(np.where(finite, grey, 0) / max(maximum, 1e-12), 0, 1) * 255
    shade = (255 - value if invert else value).astype(np.uint8)
    image = Image.fromarray(shade if finite.all() else np.dstack([shade, np.where(finite, 255, 0).astype(np.uint8)]))
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


def _field_pictures(
    w: NDArray[np.float64], shape: tuple[int, int], groups: NDArray[np.int64], n_groups: int
) -> list[tuple[int, int, str]]:
    """Return receptive fields by group, similar ones next to each other: group, number of neurons, image.

    Neurons without a group (`NO_ANSWER`) come last.
    """
    factor = 1 if w.shape[1] <= 2000 else 2
    small, small_shape = pooled(w, shape, factor)
    largest = float(np.quantile(small, 0.9995)) if small.size else 1.0
    pictures = []
    for group in (*range(n_groups), NO_ANSWER):
        members = np.flatnonzero(groups == group)
        if not len(members):
            continue
        ordered = small[:, members][:, by_similarity(small[:, members])]
        columns = min(len(members), 24 if w.shape[1] > 100 else 12)
        pictures.append((group, len(members), _png(tile(ordered, small_shape, columns), largest, invert=True)))
    return pictures


def _embeddings(run: EvaluatedRun, findings: Findings) -> list[dict[str, Any]]:
    drawn = []
    for embedding in findings.data["embeddings"]:
        points = findings.arrays[f"embedding {embedding['method']}"]
        n = len(points)
        labels, clusters = run.test_labels[:n], findings.arrays["clusters"][:n]
        wrong = (findings.arrays["answers vote"][:n] != labels).astype(np.int64)
        names = [str(number + 1) for number in range(int(clusters.max(initial=0)) + 1)]
        figures = {
            "by_class": _points(points, labels, run.split.class_names, embedding["method"]),
            "by_cluster": _points(points, clusters, names, embedding["method"]),
            "by_answer": _points(points, wrong, ["right", "wrong"], embedding["method"]),
        }
        drawn.append({**embedding, **figures})
    return drawn


def _points(points: NDArray[np.float64], groups: NDArray[np.int64], names: Sequence[str], method: str) -> str:
    """Draw points coloured by group."""
    drawn = []
    for number, name in enumerate(names):
        x, y = points[groups == number].T
        drawn.append({"x": x, "y": y, "label": name, "colour": _TEN[number % 10]})
    spec: dict[str, Any] = {"kind": "points", "groups": drawn}
    if method == "pca":
        spec |= {"x_label": "first principal component", "y_label": "second principal component"}
    return saving.embedded(draw_spec, spec)


def render(
    parts: Sequence[Part],
    together: Mapping[str, Any],
    robustness: Sequence[Mapping[str, Any]],
    seeds: OverSeeds | None = None,
) -> str:
    """Render the page; for several experiments, with paired differences over seeds."""
    return (
        environment()
        .get_template("report.html.j2")
        .render(
            parts=parts,
            together=together,
            robustness=robustness,
            seeds=seeds if seeds is not None and len(seeds.groups) > 1 else None,
            headings=HEADINGS,
            baseline_rows=[] if seeds is None else seeds.baseline_rows,
            baseline_headings=BASELINE_HEADINGS,
            about_baselines="" if seeds is None else seeds.about_baselines,
            verdicts=[] if seeds is None else seeds.verdicts,
            interval=INTERVAL,
            version=__version__,
        )
    )


def environment() -> Environment:
    """Return the environment of the templates of reports."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    templates = Environment(
        loader=PackageLoader("stdpbench.studies.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters["pct"] = lambda value, digits=1: "–" if value is None else f"{100 * value:.{digits}f}"
    templates.filters["num"] = lambda value, digits=2: "–" if value is None else minus(f"{value:.{digits}f}")
    return templates


def _network(experiment: Experiment) -> str:
    graph = experiment.graph()
    sizes = [
        f"{population.size} {name}" for name, population in graph.populations.items() if population.neuron is not None
    ]
    return f"{' and '.join(sizes)} neurons; {graph.read} is read"
