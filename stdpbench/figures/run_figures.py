"""Figures of a run, drawn from arrays with matplotlib.

Uses the objects of matplotlib with the Agg canvas, not pyplot: no window, no global state, usable in any thread.
Figures have 100 dots per inch, so that text of 9 to 11 points is as large as in a window at 100 %.
Colours are those of Okabe and Ito (2008), which colour-blind readers can distinguish; colour maps are perceptually
uniform, from light to dark.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.errors import StdpbenchError
from stdpbench.figures.drawing import (
    DPI,
    OKABE_ITO,
    blues,
    curve,
    greys,
    new_figure,
    own_axis,
    percent,
    readable_on,
    reds_and_blues,
    shortened,
    spaced,
)
from stdpbench.files import write_aside
from stdpbench.readout.base import NO_ANSWER
from stdpbench.readout.metrics import INTERVAL, Score
from stdpbench.units import label as unit_label

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOSAIC_DOTS = 1000  # approximate size of all receptive fields together on the screen
_FIELD_DOTS = 300  # maximum size of one field
_LABELLED_FIELDS = 100
_MOST_CHANGES, _LONGEST_CHANGE = 9, 110  # changes listed below a figure, and characters of each
_CHANGE_COLOUR = "#444444"


def receptive_fields(
    weights: NDArray[np.floating[Any]],
    shape: tuple[int, int],
    labels: NDArray[np.integer[Any]] | None = None,
    *,
    class_names: Sequence[str] | None = None,
    vmax: float | None = None,
    title: str | None = None,
) -> Figure:
    """Draw the weights of every neuron as an image.

    Parameters
    ----------
    weights : ndarray, float, (n_source, n_target), dimensionless
        Weights of a projection.
    shape : tuple of int
        Height and width of a field; their product is n_source.
    labels : ndarray, integer, (n_target,), optional
        Class of each neuron. Neurons with `NO_ANSWER`, which never fired, are crossed out, as are always neurons
        without any weight. With up to 100 neurons, the class is written into the field.
    class_names : sequence of str, optional
        Names to write instead of numbers where they fit.
    vmax : float, optional
        Weight with the darkest colour; default: the largest weight, or the largest magnitude where some are negative.
        Negative weights are red, and positive ones blue.
    title : str, optional
        Title; default: the number of neurons.

    Returns
    -------
    matplotlib.figure.Figure
        One axes with the fields, row by row from the top left, and one with the colour bar. Each weight covers a whole
        number of dots.

    Raises
    ------
    StdpbenchError
        If the arrays do not fit together.
    """
    from matplotlib.collections import LineCollection

    height, width = shape
    if weights.ndim != 2 or weights.shape[0] != height * width or weights.shape[1] < 1:
        raise StdpbenchError(f"weights of shape {weights.shape} are not fields of {height} × {width} inputs")
    n_target = weights.shape[1]
    if labels is not None and labels.shape != (n_target,):
        raise StdpbenchError(f"there are {n_target} fields, but {labels.size} labels")
    columns = min(n_target, math.ceil(math.sqrt(n_target * height / width)))
    rows = math.ceil(n_target / columns)
    scale = min(round(_MOSAIC_DOTS / max(rows * height, columns * width)), _FIELD_DOTS // max(shape))
    scale = max(1, scale)
    gap = 1 if scale == 1 else 2
    high, wide = height * scale, width * scale
    corners = [(n // columns * (high + gap) + gap, n % columns * (wide + gap) + gap) for n in range(n_target)]
    mosaic = np.full((rows * (high + gap) + gap, columns * (wide + gap) + gap), np.nan, np.float32)
    for (top, left), field in zip(corners, weights.T, strict=True):
        mosaic[top : top + high, left : left + wide] = np.kron(field.reshape(shape), np.ones((scale, scale)))
    top, left = corners[-1]
    mosaic[top:, left + wide + gap :] = 0.0  # no frame without a field

    dots_high, dots_wide = mosaic.shape
    figure_wide = max(dots_wide, 400) + 130
    heading = textwrap.wrap(title or f"Receptive fields of {_neurons(n_target)}", int((figure_wide - 40) / 9.5))
    figure_high = dots_high + 20 * len(heading) + 60
    figure = new_figure(figure_wide, figure_high)

    def place(x: float, y: float, w: float, h: float) -> Axes:
        return figure.add_axes((x / figure_wide, y / figure_high, w / figure_wide, h / figure_high))

    # placed exactly: any other size would resample the fields
    axes = place(20, 36, dots_wide, dots_high)
    signed = bool((weights < 0).any())
    largest = float(np.abs(weights).max()) if vmax is None else vmax
    largest = largest if largest > 0 else 1.0
    image = axes.imshow(
        mosaic,
        cmap=reds_and_blues() if signed else greys(),
        vmin=-largest if signed else 0.0,
        vmax=largest,
        interpolation="nearest",
        aspect="auto",
    )
    axes.set_axis_off()
    bar_high = min(dots_high, 400)
    bar = place(dots_wide + 42, 36 + (dots_high - bar_high) / 2, 16, bar_high)
    figure.colorbar(image, cax=bar).set_label("weight", fontsize=11)
    bar.tick_params(labelsize=9)
    axes.set_title("\n".join(heading), fontsize=12, loc="left")

    silent = ~weights.any(axis=0)
    if labels is not None:
        silent |= labels == NO_ANSWER
        if n_target <= _LABELLED_FIELDS:
            _write_classes(axes, labels, corners, class_names, wide)
    if silent.any():
        crosses: list[list[tuple[float, float]]] = []
        for number in np.flatnonzero(silent):
            top, left = corners[number]
            crosses += [[(left, top), (left + wide, top + high)], [(left, top + high), (left + wide, top)]]
        axes.add_collection(LineCollection(crosses, colors=OKABE_ITO[1], linewidths=1.2), autolim=False)
        why = "without weights" if labels is None else "that never fired, or without weights"
        note = f"× {_neurons(int(silent.sum()))} {why}"
        figure.text(20 / figure_wide, 12 / figure_high, note, fontsize=10, color=OKABE_ITO[1])
    return figure


def confusion(score: Score, class_names: Sequence[str], *, title: str | None = None, noun: str = "picture") -> Figure:
    """Draw a confusion matrix.

    Parameters
    ----------
    score : Score
        The score to draw.
    class_names : sequence of str
        Name of each class.
    title : str, optional
        Title, before the accuracy.
    noun : str
        What a stimulus is called.

    Returns
    -------
    matplotlib.figure.Figure
        Rows are true classes, columns answers, the last one "no answer". Numbers are pictures (omitted if 0),
        shades their share in the row; the accuracy of each class is on the right.

    Raises
    ------
    StdpbenchError
        If the numbers of names and classes differ.
    """
    from matplotlib.colors import PowerNorm

    n = score.n_classes
    if len(class_names) != n:
        raise StdpbenchError(f"there are {n} classes, but {len(class_names)} names")
    counts = score.confusion
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    names = [shortened(name) for name in class_names]
    longest = max(len(name) for name in names)
    upright = longest <= 3
    cell, size = (max(48.0, min(90.0, 280 / n)), 10.0) if n <= 12 else (37.0, 8.0)
    name_dots = 0.75 * size * longest
    wide = cell * (n + 2.9) + name_dots + 190
    low, high = score.interval
    heading = [
        *(textwrap.wrap(title, int((wide - name_dots - 90) / 8.5)) if title else ()),
        f"{100 * score.accuracy:.2f} % of {spaced(score.n_images)} {noun}s right",
        f"{INTERVAL} {100 * low:.2f} to {100 * high:.2f} %",
    ]
    names_high = 40 if upright else name_dots + 10
    figure = new_figure(wide, cell * n + names_high + 18 * len(heading) + 96, constrained=True)
    axes = figure.add_subplot()
    axes.set_title("\n".join(heading), fontsize=11, loc="left")

    # the square root keeps rare confusions visible next to the diagonal
    colours, norm = blues(), PowerNorm(0.5, vmin=0.0, vmax=1.0)
    no_answer, accuracy = n + 0.25, n + 1.65
    centres = np.append(np.arange(n, dtype=np.float64), no_answer)
    for columns in (slice(0, n), slice(n, n + 1)):
        edges = np.append(centres[columns] - 0.5, centres[columns][-1] + 0.5)
        mesh = axes.pcolormesh(
            edges,
            np.arange(n + 1) - 0.5,
            shares[:, columns],
            cmap=colours,
            norm=norm,
            edgecolors="#D0D7DC",
            linewidth=0.6,
        )
    for (row, column), count in np.ndenumerate(counts):
        if count:
            colour = readable_on(colours(norm(shares[row, column])))
            fits = size if count < 10_000 else size - 1.5
            x, text = float(centres[column]), spaced(int(count))
            axes.text(x, row, text, ha="center", va="center", fontsize=fits, color=colour)
    for row, share in enumerate(score.class_accuracy.tolist()):
        axes.text(accuracy, row, percent(share), ha="center", va="center", fontsize=size)
    axes.set(xlim=(-0.55, accuracy + 0.65), ylim=(n - 0.45, -0.55), aspect="equal")
    axes.set_xticks(np.arange(n), names, rotation=0 if upright else 90, fontsize=size)
    axes.set_xticks([no_answer, accuracy], ["no\nanswer", "accuracy"], minor=True, fontsize=size)
    axes.set_yticks(np.arange(n), names, fontsize=size)
    axes.tick_params(which="both", length=0, pad=5)
    axes.spines[:].set_visible(False)
    axes.set_xlabel("answer", fontsize=11)
    axes.set_ylabel("true class", fontsize=11)
    bar = figure.colorbar(mesh, ax=axes, fraction=0.03, pad=0.01, aspect=28, shrink=min(1.0, 420 / (cell * n)))
    bar.set_label("share of the true class (%)", fontsize=11)
    bar.set_ticks([0, 0.01, 0.05, 0.1, 0.25, 0.5, 1], labels=["0", "1", "5", "10", "25", "50", "100"], fontsize=9)
    return figure


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
    return figure


def save(figure: Figure, path: str | Path) -> None:
    """Write a figure as PNG to a temporary file and rename it, so that no incomplete file remains.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Figure of this module.
    path : str or Path
        Target file, in an existing folder.

    Raises
    ------
    StdpbenchError
        If the file cannot be written.
    """
    # without the version of matplotlib: equal figures give equal files
    write_aside(Path(path), lambda file: figure.savefig(file, format="png", dpi=DPI, metadata={"Software": None}))


def _neurons(number: int) -> str:
    return f"{spaced(number)} neuron{'' if number == 1 else 's'}"


def _change_lines(changes: Sequence[tuple[int, str]]) -> list[str]:
    """Return one line for each of the first changes."""
    lines = [
        f"{number}: from {spaced(position)} on, {textwrap.shorten(words, _LONGEST_CHANGE, placeholder=' …')}"
        for number, (position, words) in enumerate(changes[:_MOST_CHANGES], 1)
    ]
    more = len(changes) - len(lines)
    return [*lines, f"and {more} more change{'' if more == 1 else 's'}"] if more > 0 else lines


def _write_classes(
    axes: Axes,
    labels: NDArray[np.integer[Any]],
    corners: Sequence[tuple[int, int]],
    class_names: Sequence[str] | None,
    field_dots: int,
) -> None:
    from matplotlib.patheffects import withStroke

    room = field_dots // 9
    for label, (top, left) in zip(labels.tolist(), corners, strict=True):
        if label == NO_ANSWER:
            continue
        name = class_names[label] if class_names is not None else str(label)
        text = name if len(name) <= room else str(label)
        axes.text(
            left,
            top,
            text,
            fontsize=9,
            ha="left",
            va="top",
            color=OKABE_ITO[0],
            path_effects=[withStroke(linewidth=2.5, foreground="white")],
        )
