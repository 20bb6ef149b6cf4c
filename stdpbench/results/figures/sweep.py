"""Figure of a sweep: every run, mean and SD of every arm, and differences from the reference."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stdpbench.results.figures.drawing import OKABE_ITO, new_figure, plain
from stdpbench.results.figures.saving import NARROW, at_width

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_ARMS = 40
_LONGEST_LABEL = 46
_NARROW_LABEL = 16


@dataclass(frozen=True)
class ArmResult:
    """The results of one arm, accuracies in per cent.

    Attributes
    ----------
    label : str
        Name of the arm.
    values : tuple of float
        The metric of each finished run.
    mean, sd : float
        Over the runs; the SD of a single run is NaN.
    difference : tuple of (float, float, float) or None
        Mean difference from the reference arm, of accuracies in percentage points, and its 95 % t interval, which
        may be NaN.
    is_reference : bool
        Whether the other arms are compared with this one.
    """

    label: str
    values: tuple[float, ...]
    mean: float
    sd: float
    difference: tuple[float, float, float] | None
    is_reference: bool


def sweep_figure(
    title: str,
    metric: str,
    arms: Sequence[ArmResult],
    unit: str = "percentage points",
    width: float | None = None,
) -> Figure:
    """Draw the results of a sweep.

    Parameters
    ----------
    title : str
        Name of the sweep, its experiment and number of seeds.
    metric : str
        Names the horizontal axis.
    unit : str
        Unit of differences; empty if they have none.
    arms : sequence of ArmResult
        Arms with at least one finished run. Of more than 40, the best 40 are drawn.
    width : float, optional
        Width in mm, for a paper. Default: that of a screen.

    Returns
    -------
    matplotlib.figure.Figure
        One line per arm. Left: the metric of each run (dots), mean (bar) and SD (line). Right, with a reference:
        differences from it in percentage points, seed by seed, with the 95 % t interval of their mean.
    """
    left_out = len(arms) - _MOST_ARMS
    if left_out > 0:
        arms = sorted(arms, key=lambda arm: -arm.mean)[:_MOST_ARMS]
        title += f"; the best {_MOST_ARMS} of {_MOST_ARMS + left_out} arms"
    compared = any(arm.difference is not None for arm in arms)
    narrow = width is not None and width < NARROW
    labels = ["\n".join(textwrap.wrap(arm.label, _NARROW_LABEL if narrow else _LONGEST_LABEL)) for arm in arms]
    lines = sum(1 + label.count("\n") for label in labels)
    n, room = 2 if compared else 1, 30 if narrow else 60  # letters of a heading
    if narrow:
        figure = new_figure(440, n * (150 + 30 * lines), constrained=True)
        panels = figure.subplots(n, 1, squeeze=False)[:, 0]
    else:
        figure = new_figure(1160 if compared else 780, 150 + 30 * lines, constrained=True)
        panels = figure.subplots(1, n, sharey=True, squeeze=False)[0]
    places = _places(labels)
    _draw_runs(panels[0], arms, places)
    panels[0].set_xlabel("\n".join(textwrap.wrap(metric, room)), fontsize=11)
    if compared:
        _draw_differences(panels[1], arms, places)
        about = f"difference, seed by seed{f' ({unit})' if unit else ''}"
        panels[1].set_xlabel("\n".join(textwrap.wrap(about, room)), fontsize=11)
    for axes in panels if narrow else panels[:1]:
        axes.set_yticks(places, labels, fontsize=10)
        axes.set_ylim(places[-1] + 0.8, places[0] - 0.8)
    for axes in panels:
        plain(axes)
        axes.grid(visible=False, axis="y")
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
    panels[0].set_title("\n".join(textwrap.wrap(title, room)), fontsize=12, loc="left")
    return at_width(figure, width)


def _places(labels: list[str]) -> list[float]:
    """Height of each arm, with room for labels of several lines."""
    places, at = [], 0.0
    for label in labels:
        lines = 1 + label.count("\n")
        places.append(at + (lines - 1) / 2)
        at += lines
    return places


def _draw_runs(axes: Axes, arms: Sequence[ArmResult], places: list[float]) -> None:
    for arm, y in zip(arms, places, strict=True):
        if not math.isnan(arm.sd):
            axes.plot([arm.mean - arm.sd, arm.mean + arm.sd], [y, y], color=OKABE_ITO[0], linewidth=1.6)
        n = len(arm.values)
        axes.plot(arm.values, [y] * n, "o", color=OKABE_ITO[0], markersize=5, alpha=0.5, markeredgewidth=0)
        axes.plot([arm.mean], [y], "|", color=OKABE_ITO[0], markersize=16, markeredgewidth=2.4)


def _draw_differences(axes: Axes, arms: Sequence[ArmResult], places: list[float]) -> None:
    axes.axvline(0.0, color="black", linewidth=1.0)
    for arm, y in zip(arms, places, strict=True):
        if arm.is_reference:
            axes.text(0.0, y, " reference", fontsize=10, va="center")
        if arm.difference is None:
            continue
        mean, low, high = arm.difference
        if not math.isnan(low):
            axes.plot([low, high], [y, y], color=OKABE_ITO[1], linewidth=1.6)
        axes.plot([mean], [y], "s", color=OKABE_ITO[1], markersize=6)
