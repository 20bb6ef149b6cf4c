"""Figures of a run, drawn from arrays with matplotlib.

They use matplotlib's Agg canvas, not pyplot: no windows, no global state, usable in any thread. Figures have 100 dots
per inch, so text of 9 to 11 points is as large as in a window at 100 %.
Colours are those of Okabe and Ito (2008), which colour-blind readers can distinguish; colour maps are perceptually
uniform, from light to dark.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.units import label as unit_label
from stdpbench.results.figures.drawing import spaced
from stdpbench.results.figures.paper import figure_of
from stdpbench.results.figures.saving import letters

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MOST_CHANGES, _LONGEST_CHANGE = 9, 110  # number of changes listed below a figure, and characters per change
_SCREEN_LETTERS = 85


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
        Position and description of changes during training, marked by a dashed line with a number and listed below.
    population : str
        Name of the population that is read, for the label of its spikes.
    theta_unit : str
        Unit of `mean_theta`; may be empty.
    noun : str
        Name of a stimulus in sentences.
    width : float, optional
        Width in mm, for a paper. Default: a width for the screen.

    Returns
    -------
    matplotlib.figure.Figure
        Accuracy; below it theta and spikes, if passed.
    """
    accuracy_label = f"accuracy on {spaced(window)} {noun}s (%)" if window else "accuracy (%)"
    shares = [_line(presentations, 100 * np.asarray(values), name) for name, values in accuracy.items()]
    plots: list[dict[str, Any]] = [{"label": accuracy_label, "lines": shares}]
    if mean_theta is not None:
        plots.append({"label": unit_label("mean theta", theta_unit), "lines": [_line(presentations, mean_theta)]})
    if spikes_per_image is not None:
        label = f"{population} spikes per {noun}".lstrip()
        plots.append({"label": label, "lines": [_line(presentations, spikes_per_image)]})
    numbers: dict[int, list[str]] = {}
    for number, (position, _) in enumerate(changes, 1):
        numbers.setdefault(position, []).extend([str(number)] if number <= _MOST_CHANGES else [])
    spec = {
        "kind": "lines",
        "title": "\n".join(textwrap.wrap(title or "", letters(width, _SCREEN_LETTERS))),
        "x_label": "\n".join(["training presentations", *_change_lines(changes)]),
        "plots": plots,
        "marks": [(position, ", ".join(texts)) for position, texts in numbers.items()],
    }
    return figure_of(spec, width)


def _line(x: NDArray[Any], y: NDArray[Any], label: str = "") -> dict[str, Any]:
    known = ~np.isnan(y)
    return {"x": np.asarray(x)[known], "y": y[known], "label": label}


def _change_lines(changes: Sequence[tuple[int, str]]) -> list[str]:
    """Return one line for each of the first changes, and a line with the number of others."""
    lines = [
        f"{number}: from {spaced(position)} on, {textwrap.shorten(words, _LONGEST_CHANGE, placeholder=' …')}"
        for number, (position, words) in enumerate(changes[:_MOST_CHANGES], 1)
    ]
    more = len(changes) - len(lines)
    return [*lines, f"and {more} more change{'' if more == 1 else 's'}"] if more > 0 else lines
