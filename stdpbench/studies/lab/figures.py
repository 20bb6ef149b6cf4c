"""Matplotlib figures of the results of protocols."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from stdpbench.base.errors import StdpbenchError
from stdpbench.results.figures.drawing import GRID_COLOUR, MARKERS, OKABE_ITO, new_figure
from stdpbench.results.figures.saving import POINTS, Width, at_width, letters, millimetres
from stdpbench.studies.lab.points import Points
from stdpbench.studies.lab.result import Result, gap

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_STYLES = ("-", "--", ":", "-.")


def draw(
    results: Sequence[Result], points: Sequence[Points] = (), *, title: str | None = None, width: Width | None = None
) -> Figure:
    """Draw one protocol for one rule, or overlay several.

    Parameters
    ----------
    results : sequence of Result
        Results of the same protocol. Each has a colour; curves of one result differ in line style.
    points : sequence of Points
        Points to draw as well, in the same sequence of colours.
    title : str, optional
        Default: rules and protocol.
    width : float or str, optional
        Width for a paper: in mm, or with its unit, such as ``"3.5 in"``. Default: that of a screen.

    Returns
    -------
    matplotlib.figure.Figure
        One axes, with the conditions of the curves below it.

    Raises
    ------
    StdpbenchError
        If the results are of different protocols.
    """
    wide = None if width is None else millimetres(width)
    first, notes = results[0], conditions(results, letters(wide, 118, POINTS * 9 / 11))
    figure = new_figure(860, 470 + 16 * len(notes), constrained=True)
    axes = figure.subplots()
    draw_on(axes, results, points)
    kinds = ", ".join(dict.fromkeys(result.name for result in results))
    heading = textwrap.wrap(title or f"{kinds}: {first.protocol}", letters(wide, 88, POINTS * 12 / 11))
    axes.set_title("\n".join(heading), fontsize=12, loc="left")
    figure.supxlabel("\n".join(notes), fontsize=9, x=0.01, ha="left")
    return at_width(figure, wide)


def draw_on(axes: Axes, results: Sequence[Result], points: Sequence[Points] = ()) -> None:
    """Draw into existing axes; see `draw`."""
    first, several = results[0], len(results) > 1
    if any(result.protocol != first.protocol for result in results):
        raise StdpbenchError("only results of the same protocol can be overlaid")
    for number, (result, name) in enumerate(zip(results, names(results), strict=True)):
        _draw(axes, result, number, name if several else "")
    used = len(results) if several else len(first.curves)
    for number, series in enumerate(points):
        # points take the colour of their curve if there are points for each curve
        colour = number if len(points) == used else used + number
        axes.errorbar(
            series.x,
            series.y,
            series.error,
            fmt=MARKERS[number % len(MARKERS)],
            color=OKABE_ITO[colour % len(OKABE_ITO)],
            markersize=7,
            markerfacecolor="white",
            capsize=3,
            label=series.label,
        )
    axes.set_xlabel(f"{first.x_name} ({first.x_unit})" if first.x_unit else first.x_name, fontsize=11)
    axes.set_ylabel(first.y_name, fontsize=11)
    if first.x_labels:
        axes.set_xticks(first.x, [label.replace(" ", "\n", 1) for label in first.x_labels], fontsize=8)
    axes.axhline(0.0, color="black", linewidth=0.8)
    if first.x.min() < 0 < first.x.max():
        axes.axvline(0.0, color="black", linewidth=0.8)
    axes.grid(visible=True, color=GRID_COLOUR, linewidth=0.8)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    if several or points or len(first.curves) > 1:
        axes.legend(fontsize=9, frameon=False)


def conditions(results: Sequence[Result], width: int = 118) -> list[str]:
    """Return conditions and remarks of the results, wrapped to `width` characters."""
    texts = [
        f"{name}: {text}" if len(results) > 1 else text
        for result, name in zip(results, names(results), strict=True)
        for text in (result.conditions, *result.remarks)
    ]
    return [line for text in dict.fromkeys(texts) for line in textwrap.wrap(text, width)]


def names(results: Sequence[Result]) -> list[str]:
    """Return the name of each result's rule; if names repeat, with the parameters that differ from the defaults."""
    kinds = [result.name for result in results]
    texts = []
    for result, kind in zip(results, kinds, strict=True):
        declared = result.rule.describe()
        changed = [p for p in declared if getattr(result.rule, p.name) != p.default]
        values = ", ".join(f"{p.name} {p.show(getattr(result.rule, p.name))}" for p in changed)
        texts.append(f"{kind} ({values})" if kinds.count(kind) > 1 and values else kind)
    return texts


def _draw(axes: Axes, result: Result, number: int, name: str) -> None:
    for curve_number, curve in enumerate(result.curves):
        colour = OKABE_ITO[(number if name else curve_number) % len(OKABE_ITO)]
        label = " ".join(filter(None, [name, curve.label]))
        style = _STYLES[curve_number % len(_STYLES)] if name else "-"
        # a line must not lead through Δt = 0, where a window jumps
        x, y = (
            gap(result.x, curve.change)
            if result.protocol in ("pair-window", "quadruplets")
            else (
                result.x,
                curve.change,
            )
        )
        if result.protocol == "neuron":
            axes.step(x, y, style, where="mid", color=colour, linewidth=1.8, label=label)
        elif result.x_labels:
            axes.plot(x, y, "o", color=colour, label=label)
        else:
            axes.plot(x, y, style, color=colour, linewidth=1.8, marker=".", markersize=4, label=label)
        if curve.spread is not None:
            low, high = curve.change - curve.spread, curve.change + curve.spread
            axes.fill_between(result.x, low, high, color=colour, alpha=0.15, linewidth=0)
