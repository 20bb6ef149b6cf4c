"""Figure that compares several runs: curves over training, and results."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from stdpbench.base import units
from stdpbench.results.figures.drawing import OKABE_ITO
from stdpbench.results.figures.paper import figure_of
from stdpbench.results.readout import INTERVAL
from stdpbench.results.readout.metric import Metric

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class Course:
    """Course of the training of a run.

    Attributes
    ----------
    name : str
        Name of the run.
    presentations : ndarray, int64, (n_points,)
        Training presentations before each point.
    vote : ndarray, float64, (n_points,)
        Running accuracy of the vote on training labels, 0 to 1; NaN if not measured.
    mean_theta : ndarray, float64, (n_points,)
        Mean adaptive threshold of the neurons that are read, in `theta_unit`.
    spikes : ndarray, float64, (n_points,)
        Spikes of the population that is read, per picture since the previous point.
    changes : tuple of int
        Positions at which parameters were changed.
    result : Metric or None
        Accuracy of the vote on the evaluated pictures.
    population : str
        Name of the population that is read; empty if the network is unknown.
    theta_unit : str
        Unit of `mean_theta`; empty for discrete neurons, whose threshold has no unit.
    title : str
        Title of the run; empty if it has none.
    word : str
        Note after its name, such as "supervised"; empty for a run that was trained without labels.
    """

    name: str
    presentations: NDArray[np.int64]
    vote: NDArray[np.float64]
    mean_theta: NDArray[np.float64]
    spikes: NDArray[np.float64]
    changes: tuple[int, ...]
    result: Metric | None
    population: str = ""
    theta_unit: str = "mV"
    title: str = ""
    word: str = ""


@dataclass(frozen=True)
class SeedMean:
    """Mean accuracy of the vote of runs that differ only in their seed.

    Attributes
    ----------
    name : str
        Name that distinguishes these runs from others; empty if there are no others.
    n : int
        Number of seeds, two or more.
    mean, sd : float
        Mean and sample standard deviation, 0 to 1.
    """

    name: str
    n: int
    mean: float
    sd: float

    @property
    def label(self) -> str:
        """Name with the number of seeds."""
        return units.label(self.name or "mean", f"{self.n} seeds")

    @property
    def text(self) -> str:
        """Mean and standard deviation in per cent."""
        return f"{100 * self.mean:.1f} ± {100 * self.sd:.1f}"


class Titled(Protocol):
    """A run that may have a title."""

    @property
    def name(self) -> str:
        """Name of its folder."""

    @property
    def title(self) -> str:
        """Its title; may be empty."""

    @property
    def word(self) -> str:
        """Note after its name, such as "supervised"; may be empty."""


def called(runs: Sequence[Titled]) -> list[str]:
    """Return display names of runs: their titles, or folder names for missing or repeated titles."""
    titles = [run.title for run in runs]
    return [run.title if run.title and titles.count(run.title) == 1 else run.name for run in runs]


def with_words(runs: Sequence[Titled]) -> list[str]:
    """Return display names of runs with their notes in brackets, such as ``"best (supervised)"``."""
    return [units.label(name, run.word) for run, name in zip(runs, called(runs), strict=True)]


def spikes_label(courses: Sequence[Course]) -> str:
    """Return the label of spikes per picture, with the population if all runs read a population of the same name."""
    read = {course.population for course in courses}
    return f"{read.pop() if len(read) == 1 else ''} spikes per picture".lstrip()


def theta_label(courses: Sequence[Course]) -> str:
    """Return the label of the mean theta, with its unit, or several units if runs differ."""
    theta_units = {course.theta_unit for course in courses}
    unit = (
        next(iter(theta_units))
        if len(theta_units) == 1
        else f"{', '.join(sorted(theta_units - {''}))}; discrete neurons: no unit"
    )
    return units.label("mean theta", unit if courses else "")


_DASHES: Final = ("-", "--", ":", "-.")
MEASURES: Final = {
    "vote": ("running accuracy (%)", 100.0),
    "spikes": ("spikes per picture", 1.0),
    "mean_theta": ("mean theta", 1.0),
}
"""Plotted attributes of a `Course`, with axis label and scale factor; see also `labels_of`."""


def labels_of(courses: Sequence[Course]) -> dict[str, str]:
    """Return the axis labels of `MEASURES`, with the name of the population and the unit of theta."""
    specific = {"spikes": spikes_label(courses), "mean_theta": theta_label(courses)}
    return {name: label for name, (label, _) in MEASURES.items()} | specific


def courses_spec(courses: Sequence[Course], names: Sequence[str] = ()) -> dict[str, Any] | None:
    """Return the specification of curves over training; None if no run has a data point yet.

    Parameters
    ----------
    courses, names
        See `comparison_figure`.
    """
    plots, labels = [], labels_of(courses)
    for measure, (_, factor) in MEASURES.items():
        lines = []
        for number, (course, name) in enumerate(zip(courses, names or with_words(courses), strict=True)):
            y = factor * getattr(course, measure)
            known = np.isfinite(y)
            if known.any():
                style = {"colour": _colour(number), "style": _DASHES[number // len(OKABE_ITO) % len(_DASHES)]}
                lines.append({"x": course.presentations[known].astype(float), "y": y[known], "label": name, **style})
        if lines:
            plots.append({"label": labels[measure], "lines": lines})
    return {"kind": "lines", "x_label": "training presentations", "plots": plots} if plots else None


def comparison_figure(
    courses: Sequence[Course],
    width: float | None = None,
    names: Sequence[str] = (),
    means: Sequence[SeedMean] = (),
) -> Figure:
    """Draw several runs in one figure.

    Parameters
    ----------
    courses : sequence of Course
        The runs.
    width : float, optional
        Width in mm, for a paper. Default: a width for the screen.
    names : sequence of str
        Display names of the runs. Default: their titles or folder names.
    means : sequence of SeedMean
        Means over seeds, drawn below the results of the runs.

    Returns
    -------
    matplotlib.figure.Figure
        Running accuracy, spikes per picture and mean theta, with dashed lines at changes during a run; below them,
        final accuracy with its 95 % Wilson interval, and means over seeds ± SD.
    """
    names = names or with_words(courses)
    over_training, results = courses_spec(courses, [""] * len(courses)), _results(courses, names, means)
    marks = {"marks": [(position, "") for course in courses for position in course.changes]}
    parts = [results] if over_training is None else [{**over_training, **marks}, results]
    return figure_of({"kind": "stack", "parts": parts}, width)


def _results(courses: Sequence[Course], names: Sequence[str], means: Sequence[SeedMean]) -> dict[str, Any]:
    """Return the specification of accuracies with their intervals, a bar for each run and mean."""
    bars = []
    for number, (course, name) in enumerate(zip(courses, names, strict=True)):
        bar: dict[str, Any] = {"values": [math.nan], "label": name, "colour": _colour(number)}
        if (result := course.result) is not None:
            value = 100 * result.value
            bar |= {"values": [value], "texts": [f"{value:.1f}"]}
            if result.low is not None and result.high is not None:
                bar["error"] = [[value - 100 * result.low], [100 * result.high - value]]
        bars.append(bar)
    for number, mean in enumerate(means, 1):
        bar = {"values": [100 * mean.mean], "error": [[100 * mean.sd]] * 2, "texts": [mean.text]}
        bars.append({**bar, "label": mean.label, "colour": f"{number / (len(means) + 1):.2f}"})  # shades of grey
    explained = f"{INTERVAL}; means: ± SD over seeds" if means else INTERVAL
    return {
        "kind": "bars",
        "labels": [""],
        "x_label": explained,
        "y_label": "accuracy of the vote (%)",
        "series": bars,
    }


def _colour(number: int) -> str:
    return OKABE_ITO[number % len(OKABE_ITO)]
