"""Receptive fields side by side, for the screen, for a paper, or in existing axes."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.results.figures.drawing import DPI, OKABE_ITO, greys, new_figure, reds_and_blues, spaced
from stdpbench.results.figures.saving import INCH, PAPER_DPI, PAPER_PAD, POINTS, letters
from stdpbench.results.readout.base import NO_ANSWER

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

_MOSAIC_DOTS = 1000  # approximate size of all receptive fields together on the screen
_FIELD_DOTS = 300  # maximum size of one field
_LABELLED_FIELDS = 100
_SMALLEST = 3.5  # smallest font size of a class in a field, in points


def receptive_fields(
    weights: NDArray[np.floating[Any]],
    shape: tuple[int, int],
    labels: NDArray[np.integer[Any]] | None = None,
    *,
    class_names: Sequence[str] | None = None,
    title: str | None = None,
    width: float | None = None,
) -> Figure:
    """Draw the weights of every neuron as an image.

    The darkest colour is the largest magnitude. If some weights are negative, these are red, and positive ones blue.

    Parameters
    ----------
    weights : ndarray, float, (n_source, n_target), dimensionless
        Weights of a projection.
    shape : tuple of int
        Height and width of a field; their product is n_source.
    labels : ndarray, integer, (n_target,), optional
        Class of each neuron. Neurons with `NO_ANSWER`, which never fired, are crossed out, like neurons whose weights
        are all 0. With up to 100 neurons, the class is written into the field.
    class_names : sequence of str, optional
        Names to write instead of numbers, if they fit.
    title : str, optional
        Title; default: the number of neurons.
    width : float, optional
        Width of the figure in mm, for a paper. Default: a size that fits the fields on the screen.

    Returns
    -------
    matplotlib.figure.Figure
        Axes with the fields, row by row from the top left, and axes with the colour bar. Without `width`, each weight
        covers a whole number of pixels.

    Raises
    ------
    StdpbenchError
        If the shapes of the arrays do not match.
    """
    mosaic = Mosaic.of(weights, shape, labels)
    dots_high, dots_wide = mosaic.values.shape
    title = title or f"Receptive fields of {_neurons(weights.shape[1])}"
    if width is not None:
        heading = textwrap.wrap(title, letters(width, 0, POINTS + 1))
        points = width / INCH * 72
        high = (points - 60) * dots_high / dots_wide + 12 * len(heading) + 24
        figure = new_figure(points / 72 * DPI, high / 72 * DPI, constrained=True, pad=PAPER_PAD)
        figure.set_dpi(PAPER_DPI)
        axes = figure.add_subplot()
        axes.set_title("\n".join(heading), fontsize=POINTS + 1, loc="left")
        fields_on(axes, mosaic, class_names, POINTS, points - 60)
        return figure
    figure_wide = max(dots_wide, 400) + 130
    heading = textwrap.wrap(title, int((figure_wide - 40) / 9.5))
    figure_high = dots_high + 20 * len(heading) + 60
    figure = new_figure(figure_wide, figure_high)

    def add_axes(x: float, y: float, w: float, h: float) -> Axes:
        return figure.add_axes((x / figure_wide, y / figure_high, w / figure_wide, h / figure_high))

    # exact placement, since any other size would resample the fields
    axes = add_axes(20, 36, dots_wide, dots_high)
    image = _draw_mosaic(axes, mosaic, aspect="auto")
    bar_high = min(dots_high, 400)
    bar = add_axes(dots_wide + 42, 36 + (dots_high - bar_high) / 2, 16, bar_high)
    figure.colorbar(image, cax=bar).set_label("weight", fontsize=11)
    bar.tick_params(labelsize=9)
    axes.set_title("\n".join(heading), fontsize=12, loc="left")
    mosaic.write_classes(axes, class_names, 9, mosaic.wide // 9)
    if note := mosaic.note:
        figure.text(20 / figure_wide, 12 / figure_high, note, fontsize=10, color=OKABE_ITO[1])
    return figure


def fields_on(
    axes: Axes,
    mosaic: Mosaic,
    class_names: Sequence[str] | None = None,
    points: float | None = None,
    room: float | None = None,
) -> None:
    """Draw receptive fields into existing axes, with a colour bar beside them; see `receptive_fields`.

    Parameters
    ----------
    points : float, optional
        Font size. Default: the user's settings.
    room : float, optional
        Width of the fields in points. Default: the width of the axes.
    """
    from matplotlib import rcParams
    from matplotlib.font_manager import FontProperties

    font_size = FontProperties(size=rcParams["font.size"] if points is None else points).get_size_in_points()
    image = _draw_mosaic(axes, mosaic, aspect="equal")
    bar = axes.figure.colorbar(image, ax=axes, fraction=0.04, pad=0.02)
    bar.set_label("weight", fontsize=font_size)
    bar.ax.tick_params(labelsize=font_size - 1)
    if room is None:
        room = axes.get_window_extent().width / axes.figure.dpi * 72
    field = room * mosaic.wide / mosaic.values.shape[1]
    size = min(font_size, 0.45 * field)
    if size >= _SMALLEST:
        mosaic.write_classes(axes, class_names, size, int(field / (0.6 * size)))
    if note := mosaic.note:
        axes.text(0, -0.01, note, fontsize=font_size - 1, color=OKABE_ITO[1], va="top", transform=axes.transAxes)


@dataclass(frozen=True, eq=False)
class Mosaic:
    """Receptive fields side by side.

    Attributes
    ----------
    values : ndarray, float32, (height, width)
        The fields, row by row, NaN between them.
    corners : list of tuple of int
        Top and left of each field.
    high, wide : int
        Size of a field.
    labels : ndarray, integer, (n,), or None
        Class of each neuron.
    silent : ndarray, bool, (n,)
        Neurons to cross out.
    signed : bool
        Whether some weights are negative.
    largest : float
        The largest magnitude of a weight; 1 if all are 0.
    """

    values: NDArray[np.float32]
    corners: list[tuple[int, int]]
    high: int
    wide: int
    labels: NDArray[np.integer[Any]] | None
    silent: NDArray[np.bool_]
    signed: bool
    largest: float

    @classmethod
    def of(
        cls,
        weights: NDArray[np.floating[Any]],
        shape: tuple[int, int],
        labels: NDArray[np.integer[Any]] | None = None,
    ) -> Mosaic:
        """Arrange fields in rows and columns; see `receptive_fields`.

        Raises
        ------
        StdpbenchError
            If the shapes of the arrays do not match.
        """
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
        mosaic[top:, left + wide + gap :] = 0.0  # no gap lines after the last field
        silent = np.asarray(~weights.any(axis=0), bool)
        if labels is not None:
            silent |= labels == NO_ANSWER
        largest = float(np.abs(weights).max())
        return cls(mosaic, corners, high, wide, labels, silent, bool((weights < 0).any()), largest or 1.0)

    @property
    def note(self) -> str:
        """Explanation of crossed-out fields; empty if there are none."""
        if not self.silent.any():
            return ""
        reason = "without weights" if self.labels is None else "that never fired, or without weights"
        return f"× {_neurons(int(self.silent.sum()))} {reason}"

    def write_classes(self, axes: Axes, class_names: Sequence[str] | None, size: float, room: int) -> None:
        """Write the class into each of up to 100 fields, with at most `room` letters of its name."""
        from matplotlib.patheffects import withStroke

        if self.labels is None or len(self.labels) > _LABELLED_FIELDS:
            return
        for label, (top, left) in zip(self.labels.tolist(), self.corners, strict=True):
            if label == NO_ANSWER:
                continue
            name = class_names[label] if class_names is not None else str(label)
            axes.text(
                left,
                top,
                name if len(name) <= room else f"{name[: room - 1]}…" if room > 2 else str(label),
                fontsize=size,
                ha="left",
                va="top",
                color=OKABE_ITO[0],
                path_effects=[withStroke(linewidth=0.28 * size, foreground="white")],
            )


def _draw_mosaic(axes: Axes, mosaic: Mosaic, aspect: Literal["equal", "auto"]) -> AxesImage:
    """Draw the fields, and crosses over silent neurons."""
    from matplotlib.collections import LineCollection

    image = axes.imshow(
        mosaic.values,
        cmap=reds_and_blues() if mosaic.signed else greys(),
        vmin=-mosaic.largest if mosaic.signed else 0.0,
        vmax=mosaic.largest,
        interpolation="nearest",
        aspect=aspect,
    )
    axes.set_axis_off()
    crosses: list[list[tuple[float, float]]] = []
    for number in np.flatnonzero(mosaic.silent):
        top, left = mosaic.corners[number]
        right, bottom = left + mosaic.wide, top + mosaic.high
        crosses += [[(left, top), (right, bottom)], [(left, bottom), (right, top)]]
    if crosses:
        axes.add_collection(LineCollection(crosses, colors=OKABE_ITO[1], linewidths=1.2), autolim=False)
    return image


def _neurons(number: int) -> str:
    return f"{spaced(number)} neuron{'' if number == 1 else 's'}"
