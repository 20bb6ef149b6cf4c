"""Figures of a run, drawn from arrays with matplotlib.

Uses the objects of matplotlib with the Agg canvas, not pyplot: no window, no global state, usable in any thread.
Figures have 100 dots per inch, so that text of 9 to 11 points is as large as in a window at 100 %.
Colours are those of Okabe and Ito (2008), which colour-blind readers can distinguish; colour maps are perceptually
uniform, from light to dark.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.units import label as unit_label
from stdpbench.results.figures.drawing import curve, new_figure, own_axis, spaced
from stdpbench.results.figures.saving import at_width

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MOST_CHANGES, _LONGEST_CHANGE = 9, 110  # changes listed below a figure, and characters of each
_CHANGE_COLOUR = "#444444"


def accuracy_over_time(
    presentations: NDArray[np.integer[Any]],
    accuracy: Mapping[str, NDArray[np.floating[Any]]],
    mean_theta: NDArray[np.floating[Any]] | None = None,
    spikes_per_image: NDArray[np.floating[Any]] | None = None,
    *,
    window: int | None = None,
    title: str | None = None,
    changes: Sequence[tuple[int, str]] = (),
    population: str = "",
    theta_unit: str = "mV",
    noun: str = "picture",
    width: float | None = None,
) -> Figure:
    """Draw the course of training.

    Parameters
    ----------
    presentations : ndarray, integer, (n_points,)
        Training presentations before each point.
    accuracy : mapping of str to ndarray, float, (n_points,)
        Name of each read-out -> its accuracy, 0 to 1; NaN if not measured.
    mean_theta : ndarray, float, (n_points,), optional
        Mean adaptive threshold of the neurons that are read.
    spikes_per_image : ndarray, float, (n_points,), optional
        Spikes of the population that is read, per picture.
    window : int, optional
        Number of pictures per accuracy, for the label of the axis.
    title : str, optional
        Title.
    changes : sequence of (int, str)
        Position and description of changes during training, marked by a dotted line with a number and listed below.
    population : str
        Name of the population that is read, for the label of its spikes.
    theta_unit : str
        Unit of `mean_theta`; may be empty.
    noun : str
        What a stimulus is called.
    width : float, optional
        Width in mm, for a paper. Default: that of a screen.

    Returns
    -------
    matplotlib.figure.Figure
        Accuracy above; below it, if either is given, theta (left axis) and spikes (right axis).

    Raises
    ------
    StdpbenchError
        If the arrays differ in length.
    """
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    below = {"mean_theta": mean_theta, "spikes_per_image": spikes_per_image}
    for name, values in {**accuracy, **below}.items():
        if values is not None and len(values) != len(presentations):
            raise StdpbenchError(f"there are {len(presentations)} points in time, but {len(values)} of {name}")
    two = mean_theta is not None or spikes_per_image is not None
    lines = _change_lines(changes)
    figure = new_figure(900, (640 if two else 420) + 16 * len(lines), constrained=True)
    heights = [3, 2] if two else [1]
    panels = figure.subplots(len(heights), 1, sharex=True, squeeze=False, height_ratios=heights)
    upper, lower = panels[0, 0], panels[-1, 0]
    for series, (name, values) in enumerate(accuracy.items()):
        curve(upper, presentations, 100 * np.asarray(values, np.float64), series, name)
    upper.set_ylabel(f"accuracy on {spaced(window)} {noun}s (%)" if window else "accuracy (%)", fontsize=11)
    if accuracy:
        upper.legend(loc="lower right", fontsize=10, title="read-out", title_fontsize=10)
    if title:
        upper.set_title("\n".join(textwrap.wrap(title, 85)), fontsize=12, loc="left")
    if mean_theta is not None:
        curve(lower, presentations, mean_theta, 0, "mean theta")
        own_axis(lower, unit_label("mean theta", theta_unit), 0)
    if spikes_per_image is not None:
        side = lower.twinx() if mean_theta is not None else lower
        label = f"{population} spikes per {noun}".lstrip()
        curve(side, presentations, spikes_per_image, 1, label)
        own_axis(side, label, 1)
        if mean_theta is not None:
            side.grid(visible=False)  # the grid of theta is enough
            side.spines["right"].set_visible(True)
    numbers: dict[int, list[str]] = {}
    for number, (position, _) in enumerate(changes, 1):
        numbers.setdefault(position, []).extend([str(number)] if number <= _MOST_CHANGES else [])
    for position, found in numbers.items():
        for axes in dict.fromkeys((upper, lower)):
            axes.axvline(position, color=_CHANGE_COLOUR, linewidth=1.2, linestyle=":", zorder=1)
        upper.annotate(
            ", ".join(found),
            (position, 1.0),
            xycoords=upper.get_xaxis_transform(),
            xytext=(3, -2),
            textcoords="offset points",
            va="top",
            fontsize=9,
            color=_CHANGE_COLOUR,
        )
    if lines:
        figure.supxlabel("\n".join(lines), x=0.02, ha="left", fontsize=9, color=_CHANGE_COLOUR)
    lower.set_xlabel("training presentations", fontsize=11)
    lower.xaxis.set_major_formatter(FuncFormatter(lambda value, _: spaced(round(value))))
    lower.xaxis.set_major_locator(MaxNLocator(nbins=8, integer=True))
    return at_width(figure, width)


def _change_lines(changes: Sequence[tuple[int, str]]) -> list[str]:
    """Return one line for each of the first changes."""
    lines = [
        f"{number}: from {spaced(position)} on, {textwrap.shorten(words, _LONGEST_CHANGE, placeholder=' …')}"
        for number, (position, words) in enumerate(changes[:_MOST_CHANGES], 1)
    ]
    more = len(changes) - len(lines)
    return [*lines, f"and {more} more change{'' if more == 1 else 's'}"] if more > 0 else lines
