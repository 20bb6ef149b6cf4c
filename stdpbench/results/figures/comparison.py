"""Figure that compares several runs: courses of training, and results.

In the style of `stdpbench.results.figures.run_figures`.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from stdpbench.base import units
from stdpbench.results.figures.drawing import GRID_COLOUR, MARKERS, OKABE_ITO, curve, new_figure, spaced
from stdpbench.results.figures.saving import NARROW, at_width
from stdpbench.results.readout import INTERVAL
from stdpbench.results.readout.metric import Metric

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_DASHES: Final = ("-", "--", ":", "-.")
_LEGEND, _TICKS = 170, 24
"""Letters across the legend of a wide figure, and across the names of means."""
_SPACE = 0.06  # between plots, as a share of their size, so that the names of axes are clear of the next plot


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
        Name of the population that is read; empty if the network is not known.
    theta_unit : str
        Unit of `mean_theta`; empty for discrete neurons, whose threshold has none.
    title : str
        The title that a person gave to the run; empty if it has none.
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
    """Mean accuracy of the vote of runs that differ in their seed alone.

    Attributes
    ----------
    name : str
        What tells these runs from the others; empty if there are no others.
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
        """What it is the mean of."""
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
    """Return what runs are called: their titles, or names where there is none or several have the same."""
    titles = [run.title for run in runs]
    return [run.title if run.title and titles.count(run.title) == 1 else run.name for run in runs]


def with_words(runs: Sequence[Titled]) -> list[str]:
    """Return what runs are called, with their notes in brackets, such as ``"best (supervised)"``."""
    return [units.label(name, run.word) for run, name in zip(runs, called(runs), strict=True)]


def spikes_label(courses: Sequence[Course]) -> str:
    """Return the label of spikes per picture, with the population if all runs read one of the same name."""
    read = {course.population for course in courses}
    return f"{read.pop() if len(read) == 1 else ''} spikes per picture".lstrip()


def theta_label(courses: Sequence[Course]) -> str:
    """Return the label of the mean theta, with its unit if it has one; some runs may have one, and others not."""
    found = {course.theta_unit for course in courses}
    unit = next(iter(found)) if len(found) == 1 else f"{', '.join(sorted(found - {''}))}; discrete neurons: no unit"
    return units.label("mean theta", unit if courses else "")


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
        The runs; each has its own colour, and after seven runs another line style.
    width : float, optional
        Width in mm, for a paper; plots of a narrow figure lie below each other. Default: that of a screen.
    names : sequence of str
        What the legend calls the runs. Default: their titles or names.
    means : sequence of SeedMean
        Means over seeds, drawn below the results of the runs.

    Returns
    -------
    matplotlib.figure.Figure
        Running accuracy, with a dotted line where something was changed in a run; final accuracy with its 95 % Wilson
        interval, and means over seeds ± SD; mean theta; spikes per picture.
    """
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    rows, names = len(courses), names or with_words(courses)
    narrow = width is not None and width < NARROW
    if narrow:
        lines = rows + len(means)
        figure, columns = new_figure(560, 1240 + 34 * lines, constrained=True), 1
        result, running, theta, spikes = figure.subplots(4, 1, height_ratios=[1 + lines / 3, 3, 2, 2])
    else:
        figure = new_figure(1150, 720 + 22 * ((rows + 2) // 3), constrained=True)
        columns = min(3, max(1, _LEGEND // (8 + max(map(len, names)))))
        (running, result), (theta, spikes) = figure.subplots(2, 2, height_ratios=[3, 2])
    theta.sharex(running)
    spikes.sharex(running)
    for number, (course, name) in enumerate(zip(courses, names, strict=True)):
        _line(running, course.presentations, 100 * course.vote, number, name)
        _line(theta, course.presentations, course.mean_theta, number, name)
        _line(spikes, course.presentations, course.spikes, number, name)
        for position in course.changes:
            running.axvline(position, color=_colour(number), linewidth=1.2, linestyle=":")
    _label(running, "running accuracy of the vote (%)", "Training, on training labels")
    _label(theta, theta_label(courses), "")
    _label(spikes, spikes_label(courses), "")
    _results(result, courses, means)
    handles, labels = theta.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=min(rows, columns), fontsize=10)
    if narrow:  # below each other on one time axis
        for axes in (running, theta):
            axes.set_xlabel("")
    figure.align_ylabels([running, theta, spikes] if narrow else [running, theta])
    made = at_width(figure, width)
    if isinstance(layout := made.get_layout_engine(), ConstrainedLayoutEngine):
        layout.set(hspace=_SPACE, wspace=_SPACE)
    return made


def _line(axes: Axes, x: NDArray[Any], y: NDArray[Any], number: int, name: str) -> None:
    curve(axes, x, y, number, name)
    axes.lines[-1].set_linestyle(_DASHES[number // len(OKABE_ITO) % len(_DASHES)])


def _label(axes: Axes, label: str, title: str) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.set_ylabel(label, fontsize=11)
    axes.set_xlabel("training presentations", fontsize=11)
    axes.set_title(title, fontsize=12, loc="left")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: spaced(round(value))))
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))


def _results(axes: Axes, courses: Sequence[Course], means: Sequence[SeedMean]) -> None:
    for number, course in enumerate(courses):
        if course.result is None:
            continue
        value = 100 * course.result.value
        error = None
        if course.result.low is not None and course.result.high is not None:
            error = [[value - 100 * course.result.low], [100 * course.result.high - value]]
        axes.errorbar(
            [value],
            [number],
            xerr=error,
            fmt=MARKERS[number % len(MARKERS)],
            color=_colour(number),
            capsize=4,
            markersize=6,
            linewidth=1.6,
        )
        _write(axes, f"{value:.1f}", value, number)
    places = range(len(courses), len(courses) + len(means))
    for number, one in zip(places, means, strict=True):
        value, sd = 100 * one.mean, 100 * one.sd
        axes.errorbar([value], [number], xerr=[sd], fmt="d", color="black", capsize=4, markersize=6, linewidth=1.6)
        _write(axes, one.text, value, number)
    axes.set_yticks(places, [textwrap.fill(one.label, _TICKS) for one in means], fontsize=9)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(courses) + len(means) - 0.4, -0.6)
    explained = f"\n{INTERVAL}\nblack: mean ± SD over seeds" if means else f", {INTERVAL}"
    axes.set_xlabel(f"accuracy of the vote (%){explained}", fontsize=11)
    axes.set_title("Results", fontsize=12, loc="left")
    axes.grid(visible=True, axis="x", color=GRID_COLOUR, linewidth=0.8)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)


def _write(axes: Axes, text: str, x: float, y: float) -> None:
    """Write a number above its mark."""
    axes.annotate(text, (x, y), xytext=(0, 7), textcoords="offset points", fontsize=9, ha="center")


def _colour(number: int) -> str:
    return OKABE_ITO[number % len(OKABE_ITO)]
