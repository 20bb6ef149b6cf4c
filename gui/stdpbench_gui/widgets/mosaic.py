"""Receptive fields in a grid, drawn at screen resolution."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PyQt6.QtCore import QRectF, Qt
from PyQt6.QtGui import QKeyEvent, QPainter

from stdpbench.runs.analysis.fields import pooled, tile
from stdpbench_gui.look import colour_maps, theme
from stdpbench_gui.widgets.pictures import coloured
from stdpbench_gui.widgets.plot import PlotArea


class MapImage(pg.ImageItem):  # type: ignore[misc]
    """An array drawn in colours, as RGBA: Qt scales 8-bit images with a colour table six times more slowly.

    Attributes
    ----------
    values : ndarray, float32, (height, width), or None
        The drawn values; None for nothing.
    """

    def __init__(self) -> None:
        super().__init__()
        self.values: NDArray[np.float32] | None = None
        self._levels, self._colours, self._absent = (0.0, 1.0), colour_maps.sequential(), ""

    def show_values(self, values: NDArray[np.float32], rect: QRectF, levels: tuple[float, float]) -> None:
        """Draw values in a rectangle of the view."""
        self.values, self._levels = values, levels
        self._redraw()
        self.setRect(rect)

    def set_levels(self, low: float, high: float) -> None:
        """Set the values of the first and the last colour."""
        self._levels = low, high
        self._redraw()

    def set_colours(self, colours: pg.ColorMap, absent: str = "") -> None:
        """Set the colour map, and the colour of NaN; default: the first of the map."""
        self._colours, self._absent = colours, absent
        self._redraw()

    def _redraw(self) -> None:
        if self.values is not None:
            self.setImage(coloured(self.values, *self._levels, self._colours, self._absent), autoLevels=False)

    def clear(self) -> None:
        """Draw nothing."""
        self.values = None
        super().clear()


class Mosaic:
    """A grid of fields in a view: the places of neurons, and the image of the visible part.

    A field takes width + 1 by height + 1 units of the view, whatever its resolution on the screen.

    Attributes
    ----------
    view : ViewBox
        The view.
    image : MapImage
        Image of the visible part.
    order : ndarray, int64
        The neuron of each place; -1 for none.
    shape : tuple of int
        (height, width) of a field.
    columns : int
        Number of fields per row.
    """

    def __init__(self) -> None:
        self.view = pg.ViewBox(lockAspect=True, invertY=True, enableMenu=False)
        self.image = MapImage()
        self.view.addItem(self.image)
        self._lines = pg.PlotCurveItem(connect="pairs")
        self.view.addItem(self._lines, ignoreBounds=True)
        self.order: NDArray[np.int64] = np.empty(0, np.int64)
        self.shape, self.columns = (1, 1), 1

    def arrange(self, n_exc: int, shape: tuple[int, int]) -> bool:
        """Create a place for each neuron; return whether the grid changed."""
        if self.n == n_exc and shape == self.shape:
            return False
        self.shape = shape
        self.lay_out(np.arange(n_exc))
        return True

    @property
    def n(self) -> int:
        """Number of neurons that have a place."""
        return int((self.order >= 0).sum())

    def lay_out(self, order: NDArray[np.int64], columns: int = 0, blocks: tuple[int, int] | None = None) -> None:
        """Set the neuron of each place, and show the whole map if its rows or columns change.

        Parameters
        ----------
        order : ndarray, int64
            The neuron of each place, row by row; -1 for none.
        columns : int
            Number of fields per row; default: as many as rows.
        blocks : tuple of int, optional
            Rows and columns of the blocks that lines are drawn between.
        """
        before = self.columns, self.rows
        self.order, self.columns = order, columns or max(1, int(np.ceil(np.sqrt(len(order)))))
        if (self.columns, self.rows) != before or not len(order):
            self.show_all()
        self._draw_lines(blocks)

    def _draw_lines(self, blocks: tuple[int, int] | None) -> None:
        height, width = (side + 1 for side in self.shape)
        ends: list[tuple[float, float]] = []
        if blocks is not None:
            for row in range(blocks[0], self.rows, blocks[0]):
                ends += [(-0.5, row * height - 0.5), (self.columns * width - 0.5, row * height - 0.5)]
            for column in range(blocks[1], self.columns, blocks[1]):
                ends += [(column * width - 0.5, -0.5), (column * width - 0.5, self.rows * height - 0.5)]
        self._lines.setPen(theme.current().pen("faint", 1))
        self._lines.setData(*np.array(ends or [(np.nan, np.nan)] * 2, float).T, connect="pairs")

    def clear(self) -> None:
        """Take all fields away."""
        self.order = np.empty(0, np.int64)
        self._draw_lines(None)

    def show_all(self) -> None:
        """Zoom out to the whole map."""
        height, width = self.shape
        self.view.setRange(
            xRange=(0, self.columns * (width + 1) - 1),
            yRange=(0, self.rows * (height + 1) - 1),
            padding=0.01,
            disableAutoRange=True,
        )

    @property
    def rows(self) -> int:
        """Number of rows."""
        return -(-len(self.order) // self.columns)

    @property
    def coarse(self) -> bool:
        """Whether the screen resolution is below the resolution of the fields."""
        return float(self.view.viewPixelSize()[1]) > 1

    def draw(self, values: NDArray[np.float32], levels: tuple[float, float], *, gaps: bool = False) -> None:
        """Draw the visible fields.

        Parameters
        ----------
        values : ndarray, float32, (n_input, n_exc)
            Values of all fields.
        levels : tuple of float
            Values of the first and the last colour.
        gaps : bool
            Whether values may be NaN.
        """
        height, width = self.shape
        columns, rows, n = self.columns, self.rows, len(self.order)
        (left, right), (top, bottom) = self.view.viewRange()
        c0, c1 = (int(np.clip(x, 0, columns)) for x in (left // (width + 1), right // (width + 1) + 1))
        r0, r1 = (int(np.clip(y, 0, rows)) for y in (top // (height + 1), bottom // (height + 1) + 1))
        if c1 <= c0 or r1 <= r0:
            self.image.clear()
            return
        factor = int(np.clip(self.view.viewPixelSize()[1], 1, max(1, min(height, width) // 4)))
        if factor > 1:
            values, (height, width) = pooled(values, self.shape, factor, gaps=gaps)
        places = (np.arange(r0, r1)[:, None] * columns + np.arange(c0, c1)).reshape(-1)
        neurons = self.order[np.minimum(places, n - 1)]
        if len(neurons) != n or not np.array_equal(neurons, np.arange(n)):
            values = values[:, neurons]
            values[:, (places >= n) | (neurons < 0)] = 0
        mosaic = tile(values, (height, width), c1 - c0, 0.0)
        h, w = self.shape
        place = QRectF(c0 * (w + 1), r0 * (h + 1), (c1 - c0) * (w + 1), (r1 - r0) * (h + 1))
        self.image.show_values(mosaic, place, levels)

    def corner(self, place: int) -> tuple[int, int]:
        """Return the left and top coordinates of a place."""
        row, col = divmod(place, self.columns)
        return col * (self.shape[1] + 1), row * (self.shape[0] + 1)

    def neuron_at(self, x: float, y: float) -> int:
        """Return the neuron at a point of the view; -1 if there is none."""
        row, col = int(y // (self.shape[0] + 1)), int(x // (self.shape[1] + 1))
        place = row * self.columns + col
        inside = 0 <= col < self.columns and row >= 0 and 0 <= place < len(self.order)
        return int(self.order[place]) if inside else -1

    def neighbour(self, neuron: int, right: int, down: int) -> int:
        """Return the neuron some places away; the first neuron if none is given; -1 if there are no neurons."""
        places = np.flatnonzero(self.order == neuron)
        if not len(self.order):
            return -1
        place = int(places[0]) + right + down * self.columns if len(places) else 0
        found = int(self.order[int(np.clip(place, 0, len(self.order) - 1))])
        return found if found >= 0 else neuron


STEPS = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1)}
"""Directions of arrow keys: to the right and down."""


class MapGraphics(PlotArea):
    """A plot area that passes pressed keys to a function, and shows that it has the focus."""

    def __init__(self, pressed: Callable[[int], bool]) -> None:
        super().__init__()
        self._pressed = pressed

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Pass on the key, and consume the event if it was handled."""
        if not self._pressed(event.key()):
            super().keyPressEvent(event)

    def drawForeground(self, painter: QPainter, rect: QRectF) -> None:  # noqa: N802 - Qt's name
        """Frame the area while it has the focus."""
        if self.hasFocus():
            painter.resetTransform()
            painter.setPen(theme.current().pen("accent", 1))
            painter.drawRect(self.viewport().rect().adjusted(0, 0, -1, -1))
