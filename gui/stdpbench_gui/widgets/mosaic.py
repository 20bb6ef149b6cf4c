"""Receptive fields in a grid, drawn at screen resolution."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PyQt6.QtCore import QRectF, Qt
from PyQt6.QtGui import QColor, QImage, QKeyEvent, QPainter

from stdpbench.runs.analysis.fields import pooled, tile
from stdpbench_gui.look import theme
from stdpbench_gui.look.plot_area import PlotArea
from stdpbench_gui.widgets.pictures import image_of


class MapImage(pg.GraphicsObject):  # type: ignore[misc]
    """An array drawn in colours, as an image with 32 bits per pixel.

    pyqtgraph's own item draws an 8-bit image with a colour table, which Qt scales smoothly six times more slowly
    (2.5 ms against 0.4 ms at 600 × 600 pixels).

    Attributes
    ----------
    image : ndarray, float32, (height, width), or None
        The drawn values; None for nothing.
    """

    def __init__(self) -> None:
        super().__init__()
        self.image: NDArray[np.float32] | None = None
        self._rect, self._levels = QRectF(), (0.0, 1.0)
        self._table: NDArray[np.uint32] = np.zeros(1, np.uint32)
        self._absent: np.uint32 | None = None
        self._drawn: QImage | None = None
        self._allocate(np.zeros((1, 1), np.float32))

    def show_values(self, image: NDArray[np.float32], rect: QRectF, levels: tuple[float, float]) -> None:
        """Draw values in a rectangle of the view."""
        if rect != self._rect:
            self.prepareGeometryChange()
            self._rect = rect
        self.image, self._levels = image, levels
        self._redraw()

    def set_levels(self, low: float, high: float) -> None:
        """Set the values of the first and the last colour."""
        self._levels = low, high
        self._redraw()

    def set_colours(self, colours: pg.ColorMap, absent: str = "") -> None:
        """Set the colour map, sampled at 256 colours, and the colour of NaN; default: the first of the map."""
        red, green, blue, alpha = theme.lookup(colours).astype(np.uint32).T
        self._table = alpha << 24 | red << 16 | green << 8 | blue
        self._absent = np.uint32(QColor(absent).rgba()) if absent else None
        self._redraw()

    def clear(self) -> None:
        """Draw nothing."""
        self.image = None
        self._redraw()

    def _redraw(self) -> None:
        self._drawn = None
        self.update()

    def boundingRect(self) -> QRectF:  # noqa: N802 - Qt's name
        """Return its rectangle in the view."""
        return self._rect

    def paint(self, painter: QPainter, *_: object) -> None:
        """Paint the values."""
        if self.image is None:
            return
        if self._drawn is None:
            self._drawn = self._fill(self.image)
        painter.drawImage(self._rect, self._drawn)

    def _fill(self, values: NDArray[np.float32]) -> QImage:
        if values.shape != self._shares.shape:
            self._allocate(values)
        (low, high), shares = self._levels, self._shares
        np.subtract(values, np.float32(low), out=shares)
        np.multiply(shares, np.float32(len(self._table) / max(high - low, 1e-12)), out=shares)
        np.clip(shares, 0, len(self._table) - 1, out=shares)
        with np.errstate(invalid="ignore"):  # where NaN becomes any number
            np.copyto(self._places, shares, casting="unsafe")
        np.take(self._table, self._places, out=self._pixels, mode="clip")
        if self._absent is not None:
            self._pixels[np.isnan(values)] = self._absent
        return image_of(self._pixels, 1.0)

    def _allocate(self, values: NDArray[np.float32]) -> None:
        """Allocate the arrays for computing images; reusing them is faster than allocating them for each image."""
        self._shares = np.empty(values.shape, np.float32)
        self._places = np.empty(values.shape, np.uint8)
        self._pixels = np.empty(values.shape, np.uint32)


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
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

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
