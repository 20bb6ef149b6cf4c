"""Parameters and metrics of many runs as axes of plots: those that differ, with their values and scales."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.units import minus
from stdpbench.declare.learned_names import listed
from stdpbench.results.figures.paper import Table
from stdpbench.runs.catalog import columns
from stdpbench.runs.catalog.filters import quantity, value_text
from stdpbench.runs.catalog.store import DISTRIBUTIONS, Entry

_WIDE, _NARROW = 50.0, 4.0
"""Ratio of the largest to the smallest value above which an axis is logarithmic, and below which it never is."""
_CENTRED = 0.1
"""Between these ratios: how much nearer to the centre the median must be in logarithms, as a share of the range."""
_MOST_NAMES = 30
"""Maximum number of names on an axis; more texts, such as paths, are not useful in a plot."""
_SCALES = {"loguniform": True, "uniform": False, "int": False}
"""Whether the axis of a parameter is logarithmic, by the kind of its distribution in a sweep."""
_NOT_MEASURED = ("n_images", "interval_95", "confusion", "n_test_images", "n_label_images")
NO_ERRORS = "No error bars: single runs."
"""Sentence for the caption of a plot of single runs."""
_MOST_LISTED = 10
"""Maximum number of runs in a caption."""
_FIRST = ("vote", "duration")
"""Measures with a separate column."""


@dataclass(frozen=True)
class RunAxis:
    """A parameter or a metric of several runs.

    Attributes
    ----------
    path : str
        Its dotted path, or the name of a column.
    label : str
        Label with its unit.
    values : ndarray, float64, (n_runs,)
        Values in this unit, or indices in `names`; NaN for a run without a value.
    names : tuple of str
        Names of categories, in order; empty for numbers.
    log : bool
        Whether the axis is logarithmic; all values are then positive.
    is_metric : bool
        Whether it is a result rather than a parameter.
    """

    path: str
    label: str
    values: NDArray[np.float64]
    names: tuple[str, ...] = ()
    log: bool = False
    is_metric: bool = False

    @property
    def scaled(self) -> NDArray[np.float64]:
        """Positions along the axis: values, or their decadic logarithms."""
        return np.log10(self.values) if self.log else self.values

    @property
    def shares(self) -> NDArray[np.float64]:
        """Positions from 0, the smallest, to 1, the largest; 0.5 if all are equal, NaN without a value."""
        low, high = self.extent
        return np.full(len(self.values), 0.5) if high == low else (self.scaled - low) / (high - low)

    @property
    def extent(self) -> tuple[float, float]:
        """Smallest and largest position; for categories, those of the first and the last name."""
        if self.names:
            return 0.0, float(max(1, len(self.names) - 1))
        finite = self.scaled[np.isfinite(self.scaled)]
        return (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)

    def text(self, number: int) -> str:
        """Return the value of a run as text."""
        value = float(self.values[number])
        if not math.isfinite(value):
            return "–"
        return self.names[int(value)] if self.names else minus(f"{value:.6g}")

    def spec(self) -> dict[str, Any]:
        """Return the axis for `stdpbench.results.figures.paper`."""
        return {"label": self.label, "values": self.values, "names": list(self.names), "log": self.log}


def declared_scales(folder: Path) -> dict[str, bool]:
    """Return whether the axis of each parameter of a sweep is logarithmic: `loguniform` yes, `uniform` and `int` no.

    Parameters
    ----------
    folder : Path
        Folder of runs. The result is empty if it is not the folder of a sweep, or its file cannot be read.
    """
    try:
        tables = json.loads((folder / DISTRIBUTIONS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(tables, dict):
        return {}
    kinds = [(path, kind) for path, table in tables.items() if isinstance(table, dict) for kind in table]
    return {path: _SCALES[kind] for path, kind in kinds if kind in _SCALES}


def axes_of(runs: Sequence[Entry]) -> dict[str, RunAxis]:
    """Return the axes on which runs differ, by path: parameters, then metrics.

    Axes of parameters are scaled as declared by the sweep of the runs (`declared_scales`). Those of other parameters
    are logarithmic if values are positive and seem to be drawn log-uniformly: the largest is at least 50 times the
    smallest, or the values are spread evenly in logarithms.

    Parameters
    ----------
    runs : sequence of Entry
        The runs, with parameters and metrics.
    """
    axes: dict[str, RunAxis] = {}
    if not runs:
        return axes
    logged: dict[str, bool] = {}
    for folder in dict.fromkeys(run.path.parent for run in runs):
        logged |= declared_scales(folder)
    for path in dict.fromkeys(path for run in runs for path in (*run.parameters, *run.changes)):
        if path != "name" and not path.startswith("about."):
            axis = _axis(path, runs, False, logged)
            if axis is not None and _differs(axis):
                axes[path] = axis
    metrics = dict.fromkeys(path for run in runs for path in run.metrics)
    for path in (*_FIRST, *metrics):
        if path == "accuracy.vote.accuracy" or path.rpartition(".")[2] in _NOT_MEASURED:
            continue
        axis = _axis(path, runs, True, {})
        if axis is not None and not axis.names and _differs(axis):
            axes[path] = axis
    return axes


def usual_axes(axes: dict[str, RunAxis]) -> tuple[str, str, str]:
    """Return the paths to show at first as x, y and colour; empty if there is none."""
    parameters = [path for path, axis in axes.items() if not axis.is_metric and path != "seed"]
    metrics = [path for path, axis in axes.items() if axis.is_metric]
    numbers = [path for path in parameters if not axes[path].names]
    across = next(iter(numbers or parameters or ["seed"] * ("seed" in axes) or metrics[1:]), "")
    up = next(iter(metrics), next((path for path in numbers if path != across), ""))
    return across, up, next((path for path in parameters if path not in (across, up)), "")


def axes_spec(axes: Sequence[RunAxis], colour: RunAxis | None, runs: Sequence[Entry]) -> dict[str, Any]:
    """Return a scatter plot of runs over two axes for `stdpbench.results.figures.paper`."""
    across, up = (axis.spec() for axis in axes)
    remarks = [run.weights_origin.word for run in runs]
    return {
        "kind": "scatter",
        "x": across,
        "y": up,
        "colour": None if colour is None else colour.spec(),
        "words": remarks if any(remarks) else [],
    }


def origins_sentence(runs: Sequence[Entry]) -> str:
    """Return sentences on runs whose weights were trained with labels or are of unknown origin; empty if none."""
    by_word: dict[str, list[str]] = {}
    for run in runs:
        if word := run.weights_origin.word:
            by_word.setdefault(word, []).append(run.name)
    return " ".join(
        f"{word[0].upper()}{word[1:]}: {listed(names) if len(names) <= _MOST_LISTED else f'{len(names)} runs'}."
        for word, names in by_word.items()
    )


def axes_table(runs: Sequence[Entry], axes: Sequence[RunAxis]) -> Table:
    """Return a table with a row for each run and its values on the axes."""
    names = ("run", *(axis.label for axis in axes))
    rows = [
        (
            run.weights_origin.marked(run.name),
            *("" if (text := axis.text(n)) == "–" else text if axis.names else float(axis.values[n]) for axis in axes),
        )
        for n, run in enumerate(runs)
    ]
    return names, rows


def _axis(path: str, runs: Sequence[Entry], is_metric: bool, logged: Mapping[str, bool]) -> RunAxis | None:
    """Return an axis; None if all runs have the same value or none, or there are too many texts."""
    raw = [run.value(path) if path in _FIRST or not is_metric else run.metrics.get(path) for run in runs]
    if raw.count(raw[0]) == len(raw):  # most parameters
        return None
    numbers = [quantity(value) for value in raw]
    units = {number[1] for number in numbers if number is not None}
    if len(units) == 1 and all(
        number is not None or value is None for number, value in zip(numbers, raw, strict=True)
    ):
        factor, unit = (100.0, "%") if is_metric and columns.is_share(path) else (1.0, next(iter(units)))
        unit = "s" if path == "duration" else unit
        values = np.array([math.nan if number is None else factor * number[0] for number in numbers], np.float64)
        log = not is_metric and path != "seed" and logged.get(path, _spread_in_logs(values))
        label = _label(path)
        return RunAxis(
            path, f"{label} ({unit})" if unit else label, values, (), log and bool(np.nanmin(values) > 0), is_metric
        )
    texts = ["" if value is None else value_text(value) for value in raw]
    distinct = sorted({text for text in texts if text})
    if len(distinct) > _MOST_NAMES:
        return None
    place = {text: float(number) for number, text in enumerate(distinct)}
    values = np.array([place.get(text, math.nan) for text in texts], np.float64)
    return RunAxis(path, _label(path), values, tuple(distinct), False, is_metric)


def _spread_in_logs(values: NDArray[np.float64]) -> bool:
    """Return whether positive values are spread over orders of magnitude, or more evenly in logarithms."""
    distinct = np.unique(values[np.isfinite(values)])
    if len(distinct) < 2 or distinct[0] <= 0 or distinct[-1] < _NARROW * distinct[0]:
        return False
    if distinct[-1] >= _WIDE * distinct[0]:
        return True

    def off(places: NDArray[np.float64]) -> float:
        return abs(float((np.median(places) - places[0]) / (places[-1] - places[0])) - 0.5)

    return len(distinct) > 2 and off(np.log(distinct)) + _CENTRED < off(distinct)


def _differs(axis: RunAxis) -> bool:
    finite = axis.values[np.isfinite(axis.values)]
    missing = len(finite) < len(axis.values)
    return len(np.unique(finite)) > 1 or (missing and len(finite) > 0 and not axis.is_metric)


def _label(path: str) -> str:
    """Return the label of an axis: the title of a column, or a path without the common parts of its metrics."""
    if path in _FIRST:
        return columns.title(path)
    parts = path.split(".")
    if parts[0] in ("accuracy", "baselines") and parts[-1] == "accuracy":
        kind = "accuracy" if parts[0] == "accuracy" else "accuracy of"
        return f"{kind}{',' if parts[0] == 'accuracy' else ''} {', '.join(parts[1:-1])}"
    if parts[0] == "accuracy" and parts[-1] == "balanced_accuracy":
        return f"balanced accuracy, {', '.join(parts[1:-1])}"
    return path.removeprefix("training.")
