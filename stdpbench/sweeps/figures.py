"""The figure of a sweep: every run, mean and SD of every arm, and differences from the reference."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING

from stdpbench.figures.drawing import GRID_COLOUR, OKABE_ITO, new_figure
from stdpbench.sweeps.report import Report, Row

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_ARMS = 40
_LONGEST_LABEL = 46


def draw(report: Report) -> Figure:
    """Draw what came out of a sweep.

    Parameters
    ----------
    report : Report
        At least one of its arms has a result. Of more than 40 arms, the best 40 are drawn.

    Returns
    -------
    matplotlib.figure.Figure
        One line per arm. Left: the metric of each run (dots), mean (bar) and SD (line). Right, with a reference:
        differences from it in percentage points, seed by seed, with the 95 % t interval of their mean.
    """
    sweep = report.sweep
    rows = [row for row in report.rows if row.runs]
    left_out = len(rows) - _MOST_ARMS
    if left_out > 0:
        rows = sorted(rows, key=lambda row: -row.accuracy[sweep.metric].mean)[:_MOST_ARMS]
    compared = any(row.difference is not None and row.difference.n for row in rows)
    labels = ["\n".join(textwrap.wrap(row.arm.label, _LONGEST_LABEL)) for row in rows]
    lines = sum(1 + label.count("\n") for label in labels)
    figure = new_figure(1160 if compared else 780, 150 + 30 * lines, constrained=True)
    panels = figure.subplots(1, 2 if compared else 1, sharey=True, squeeze=False)[0]
    places = _places(labels)
    _draw_runs(panels[0], rows, places, sweep.metric)
    panels[0].set_xlabel(f"{sweep.metric} on the validation part (%)", fontsize=11)
    if compared:
        _draw_differences(panels[1], rows, places, report)
        panels[1].set_xlabel("difference, seed by seed (percentage points)", fontsize=11)
    panels[0].set_yticks(places, labels, fontsize=10)
    panels[0].set_ylim(places[-1] + 0.8, places[0] - 0.8)
    for axes in panels:
        axes.grid(visible=True, axis="x", color=GRID_COLOUR, linewidth=0.8)
        axes.set_axisbelow(True)
        axes.tick_params(axis="x", labelsize=10)
        axes.tick_params(axis="y", length=0)
        for side in ("top", "right", "left"):
            axes.spines[side].set_visible(False)
    title = f"{sweep.name}: {sweep.experiment}, {len(sweep.seeds)} seeds"
    if left_out > 0:
        title += f"; the best {_MOST_ARMS} of {_MOST_ARMS + left_out} arms"
    panels[0].set_title("\n".join(textwrap.wrap(title, 60)), fontsize=12, loc="left")
    return figure


def _places(labels: list[str]) -> list[float]:
    """Height of each arm, with room for labels of several lines."""
    places, at = [], 0.0
    for label in labels:
        lines = 1 + label.count("\n")
        places.append(at + (lines - 1) / 2)
        at += lines
    return places


def _draw_runs(axes: Axes, rows: list[Row], places: list[float], metric: str) -> None:
    for row, y in zip(rows, places, strict=True):
        values = [100 * run.accuracy[metric] for run in row.runs.values()]
        over_seeds = row.accuracy[metric]
        mean = 100 * over_seeds.mean
        if not math.isnan(over_seeds.sd):
            axes.plot(
                [mean - 100 * over_seeds.sd, mean + 100 * over_seeds.sd], [y, y], color=OKABE_ITO[0], linewidth=1.6
            )
        axes.plot(values, [y] * len(values), "o", color=OKABE_ITO[0], markersize=5, alpha=0.5, markeredgewidth=0)
        axes.plot([mean], [y], "|", color=OKABE_ITO[0], markersize=16, markeredgewidth=2.4)


def _draw_differences(axes: Axes, rows: list[Row], places: list[float], report: Report) -> None:
    axes.axvline(0.0, color="black", linewidth=1.0)
    for row, y in zip(rows, places, strict=True):
        d = row.difference
        if row.arm.label == report.sweep.reference:
            axes.text(0.0, y, " reference", fontsize=10, va="center")
        if d is None or not d.n:
            continue
        if not math.isnan(d.low):
            axes.plot([100 * d.low, 100 * d.high], [y, y], color=OKABE_ITO[1], linewidth=1.6)
        axes.plot([100 * d.mean], [y], "s", color=OKABE_ITO[1], markersize=6)
