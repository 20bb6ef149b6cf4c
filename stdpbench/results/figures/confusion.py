"""Confusion matrices for the screen, for a paper, or in existing axes."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from stdpbench.results.figures.drawing import DPI, blues, new_figure, percent, readable_on, shortened, spaced
from stdpbench.results.figures.saving import INCH, PAPER_DPI, PAPER_PAD, POINTS, letters
from stdpbench.results.readout.metrics import INTERVAL, Score

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_FITS = 0.32
"""Largest font size, relative to a cell, at which the last two headings fit side by side."""


def confusion(
    score: Score,
    class_names: Sequence[str],
    *,
    title: str | None = None,
    noun: str = "picture",
    width: float | None = None,
) -> Figure:
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
        Name of a stimulus in sentences.
    width : float, optional
        Width of the figure in mm, for a paper. Default: a size that fits the numbers on the screen.

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
    n, longest = score.n_classes, max((len(shortened(name)) for name in class_names), default=1)
    size = POINTS - 1 if width is not None else 10.0 if n <= 12 else 8.0
    names = 0.65 * size * longest
    if width is None:
        cell = max(35.0, min(65.0, 200 / n)) if n <= 12 else 27.0
        points = cell * (n + 2.9) + names + 90
    else:
        points = width / INCH * 72
        cell = (points - names - 70) / (n + 2.9)
    heading = _heading(score, title, noun, letters(points / 72 * INCH, 0, size + 1))
    names_high = max(14 if longest <= 3 else names + 8, 6.5 * size if size > _FITS * cell else 0)
    high = cell * n + names_high + 1.4 * (size + 1) * len(heading) + 5 * size + 5
    figure = new_figure(points / 72 * DPI, high / 72 * DPI, constrained=True, pad=PAPER_PAD)
    figure.set_dpi(DPI if width is None else PAPER_DPI)
    axes = figure.add_subplot()
    axes.set_title("\n".join(heading), fontsize=size + 1, loc="left")
    confusion_on(axes, score, class_names, points=size, cell=cell)
    return figure


def confusion_on(
    axes: Axes,
    score: Score,
    class_names: Sequence[str],
    *,
    points: float | None = None,
    cell: float | None = None,
) -> None:
    """Draw a confusion matrix into existing axes, with a colour bar beside it; see `confusion`.

    Parameters
    ----------
    points : float, optional
        Font size. Default: the user's settings.
    cell : float, optional
        Side of a cell in points. Default: from the size of the axes.
    """
    from matplotlib import rcParams
    from matplotlib.colors import PowerNorm
    from matplotlib.font_manager import FontProperties

    n, counts = score.n_classes, score.confusion
    size = points or FontProperties(size=rcParams["xtick.labelsize"]).get_size_in_points()
    labels = points or FontProperties(size=rcParams["axes.labelsize"]).get_size_in_points()
    if cell is None:
        cell = axes.get_window_extent().width / axes.figure.dpi * 72 / (n + 2.9)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    names = [shortened(name) for name in class_names]
    upright = max(len(name) for name in names) <= 3
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
            x, text = float(centres[column]), spaced(int(count))
            fits = min(size, 1.5 * cell / max(len(text), 2))
            axes.text(x, row, text, ha="center", va="center", fontsize=fits, color=colour)
    for row, share in enumerate(score.class_accuracy.tolist()):
        axes.text(accuracy, row, percent(share), ha="center", va="center", fontsize=min(size, 0.42 * cell))
    axes.set(xlim=(-0.55, accuracy + 0.65), ylim=(n - 0.45, -0.55), aspect="equal")
    axes.set_xticks(np.arange(n), names, rotation=0 if upright else 90, fontsize=size)
    headings, rotation = (["no\nanswer", "accuracy"], 0) if size <= _FITS * cell else (["no answer", "accuracy"], 90)
    axes.set_xticks([no_answer, accuracy], headings, minor=True, rotation=rotation, fontsize=size)
    axes.set_yticks(np.arange(n), names, fontsize=size)
    axes.tick_params(which="both", length=0, pad=5)
    axes.spines[:].set_visible(False)
    axes.set_xlabel("answer", fontsize=labels)
    axes.set_ylabel("true class", fontsize=labels)
    bar = axes.figure.colorbar(mesh, ax=axes, fraction=0.03, pad=0.01, aspect=28, shrink=min(1.0, 302 / (cell * n)))
    bar.set_label("share of the true class (%)", fontsize=labels)
    marks = [0, 0.01, 0.05, 0.1, 0.25, 0.5, 1]
    bar.set_ticks(marks, labels=[f"{100 * mark:g}" for mark in marks], fontsize=size - 1)


def _heading(score: Score, title: str | None, noun: str, room: int) -> list[str]:
    """Return the lines above a confusion matrix."""
    low, high = score.interval
    return [
        *(textwrap.wrap(title, room) if title else ()),
        f"{100 * score.accuracy:.2f} % of {spaced(score.n_images)} {noun}s right",
        f"{INTERVAL} {100 * low:.2f} to {100 * high:.2f} %",
    ]
