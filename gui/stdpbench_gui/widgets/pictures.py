"""Arrays of values drawn as pictures, one pixel per value, scaled to the available space."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PyQt6.QtCore import QBuffer, QByteArray, QPoint, QRect, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QIcon, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PyQt6.QtWidgets import QListView, QListWidget, QListWidgetItem, QSizePolicy, QWidget

from stdpbench_gui.look import colour_maps, theme
from stdpbench_gui.widgets.basic import plain_tip

_STRIP = 3  # width by height of a small strip


def shaded(base: int, colour: NDArray[np.uint32] | int, strength: NDArray[np.float64]) -> NDArray[np.uint32]:
    """Return colours of marks, uint32 as 0xAARRGGBB, between that of the paper (strength 0) and their own (1)."""
    places = np.array([16, 8, 0], np.uint32)
    paper, own = ((np.asarray(each, np.uint32)[..., None] >> places) & 255 for each in (base, colour))
    mixed = np.rint(paper + (own.astype(np.float64) - paper) * strength[:, None]).astype(np.uint32)
    return np.asarray(np.uint32(0xFF000000) | (mixed << places).sum(axis=1, dtype=np.uint32), np.uint32)


def ink(picture: NDArray[Any]) -> QImage:
    """Convert a stimulus as it is drawn, (height, width), to ink on the theme's paper colour."""
    return inks(picture[None])[0]


def inks(pictures: NDArray[Any]) -> list[QImage]:
    """Convert several stimuli, (n, height, width), with one colour table.

    Single rows and columns, as of channels without a place, become strips that can be seen. Values below 0, as of
    signals, are drawn from the lowest one of each.
    """
    table = theme.lookup(colour_maps.sequential())
    tall, wide = visible_size(pictures.shape[1], pictures.shape[2], _STRIP)
    pictures = pictures.repeat(tall // pictures.shape[1], axis=1).repeat(wide // pictures.shape[2], axis=2)
    low = np.minimum(pictures.min(axis=(1, 2), keepdims=True).astype(np.float32), 0)
    top = np.maximum(pictures.max(axis=(1, 2), keepdims=True) - low, 1e-9)
    rgba = table[np.round((pictures - low) * (255 / top)).astype(np.uint8)]
    return list(map(image_of_colours, rgba))


def coloured(
    values: NDArray[np.floating[Any]], low: float, high: float, colours: pg.ColorMap, absent: str = ""
) -> NDArray[np.uint8]:
    """Return the colours of values, uint8, (height, width, 4) as RGBA.

    Parameters
    ----------
    values : ndarray, float, (height, width)
        The values.
    low, high : float
        Values of the first and the last colour.
    colours : pyqtgraph.ColorMap
        Colours from `low` to `high`.
    absent : str
        Colour of NaN; default: the first of the map.
    """
    shares = np.asarray(values, np.float32) - np.float32(low)
    shares *= np.float32(255 / (high - low if high > low else 1.0))
    gaps = np.isnan(shares)
    shares[gaps] = 0
    rgba = theme.lookup(colours).take(np.clip(shares, 0, 255, out=shares).astype(np.uint8), axis=0)
    if absent:
        rgba[gaps] = QColor(absent).getRgb()
    return rgba


def to_image(values: NDArray[np.floating], low: float, high: float, colours: pg.ColorMap, absent: str = "") -> QImage:
    """Convert values to an image; see `coloured`."""
    return image_of_colours(coloured(values, low, high, colours, absent))


def image_of_colours(rgba: NDArray[np.uint8]) -> QImage:
    """Return an image of colours, uint8, (height, width, 4)."""
    height, width = rgba.shape[:2]
    return QImage(rgba.tobytes(), width, height, 4 * width, QImage.Format.Format_RGBA8888).copy()


def image_of(pixels: NDArray[np.uint32], ratio: float) -> QImage:
    """Return an image that shares its memory with an array of 0xAARRGGBB; `ratio` is its device pixel ratio."""
    height, width = pixels.shape
    data: Any = pixels.data
    image = QImage(data, width, height, 4 * width, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    return image


def html_of(image: QImage | QPixmap, width: int) -> str:
    """Return an image as an element of HTML, with a width in pixels."""
    content = QByteArray()
    image.save(QBuffer(content), "PNG")
    return f'<img width="{width}" src="data:image/png;base64,{content.toBase64().data().decode()}">'


_FLATTEST = 8
"""Most that an image is wider than high, or higher than wide: pixels of a single row are stretched."""


def visible_size(width: int, height: int, flattest: int = _FLATTEST) -> tuple[int, int]:
    """Return a size with which a single row or column can be seen: no side more than `flattest` times the other."""
    return max(width, -(-height // flattest)), max(height, -(-width // flattest))


class PictureStrip(QListWidget):
    """Pictures in a row that scrolls.

    Parameters
    ----------
    name : str
        Its accessible name.
    side : int
        Side of a picture, in pixels.
    below : int
        Room below the pictures, in pixels.
    """

    def __init__(self, name: str, side: int, below: int) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(False)
        self.setMovement(QListView.Movement.Static)
        self.setIconSize(QSize(side, side))
        self.setSpacing(2)
        self.setFixedHeight(side + below)
        self.setFrameShape(QListWidget.Shape.NoFrame)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def add_picture(self, icon: QIcon, text: str, about: str, number: int) -> QListWidgetItem:
        """Append a picture with a text below it, its description, and its number as data."""
        item = QListWidgetItem(icon, text, self)
        item.setData(Qt.ItemDataRole.UserRole, number)
        describe_item(item, about)
        return item


def describe_item(item: QListWidgetItem, about: str) -> None:
    """Set the description of a picture: its tool tip, and what a screen reader says."""
    item.setToolTip(plain_tip(about))
    item.setData(Qt.ItemDataRole.AccessibleTextRole, about)


class Picture(QWidget):
    """A proportionally scaled image, aligned to the bottom above its caption; one pixel can be marked or clicked."""

    clicked = pyqtSignal(int, int)

    def __init__(self, name: str, smallest: int = 56) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._smallest = smallest
        self._image: QImage | None = None
        self._mark: tuple[int, int] | None = None
        self._keys = False
        self.frame = ""
        """Theme colour of its border, such as ``"right"``; empty: a faint border."""

    def show_values(
        self, values: NDArray[np.floating], low: float, high: float, colours: pg.ColorMap, absent: str = ""
    ) -> None:
        """Show an array of shape (height, width); `absent` is the colour of NaN."""
        self._image = to_image(values, low, high, colours, absent)
        self.update()

    def show_image(self, image: QImage) -> None:
        """Show an image as it is."""
        self._image = image
        self.update()

    def let_pick(self) -> None:
        """Allow selecting pixels with the arrow keys."""
        self._keys = True
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def clear(self) -> None:
        """Show nothing."""
        self._image, self._mark = None, None
        self.update()

    def set_mark(self, place: tuple[int, int] | None) -> None:
        """Mark a pixel (row, column); None for no mark."""
        self._mark = place
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return twice the minimum size."""
        return QSize(2 * self._smallest, 2 * self._smallest)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return the minimum size."""
        return QSize(self._smallest, self._smallest)

    def _place(self) -> QRect:
        """Return the rectangle of the image, scaled by an integer if it is at least doubled."""
        assert self._image is not None
        width, height = self._image.width(), self._image.height()
        scale = min((self.width() - 4) / width, (self.height() - 4) / height)
        scale = float(int(scale)) if scale >= 2 else max(scale, 0.1)
        size = QSize(round(width * scale), round(height * scale))
        size = QSize(*visible_size(size.width(), size.height())).boundedTo(self.size() - QSize(4, 4))
        return QRect(QPoint((self.width() - size.width()) // 2, self.height() - size.height() - 2), size)

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Paint image, border and mark."""
        if self._image is None:
            return
        painter, place = QPainter(self), self._place()
        painter.drawImage(place, self._image)
        colours = theme.current()
        painter.setPen(QPen(QColor(getattr(colours, self.frame or "line")), 3 if self.frame else 1))
        painter.drawRect(place.adjusted(-1, -1, 0, 0))
        if self.hasFocus():
            painter.setPen(QPen(QColor(colours.accent), 1))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        if self._mark is not None:
            row, col = self._mark
            width, height = place.width() / self._image.width(), place.height() / self._image.height()
            painter.setPen(QPen(QColor(colours.wrong), 2))
            left, top = place.left() + col * width, place.top() + row * height
            painter.drawRect(QRect(round(left) - 1, round(top) - 1, round(width) + 2, round(height) + 2))
        painter.end()

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Emit the clicked pixel."""
        if event is None or self._image is None or event.button() != Qt.MouseButton.LeftButton:
            return
        place, point = self._place(), event.position().toPoint()
        if place.contains(point):
            row = (point.y() - place.top()) * self._image.height() // place.height()
            col = (point.x() - place.left()) * self._image.width() // place.width()
            self.clicked.emit(row, col)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 - Qt's name
        """Move to the next pixel."""
        steps = {
            Qt.Key.Key_Up: (-1, 0),
            Qt.Key.Key_Down: (1, 0),
            Qt.Key.Key_Left: (0, -1),
            Qt.Key.Key_Right: (0, 1),
        }
        if event is None or not self._keys or self._image is None or event.key() not in steps:
            super().keyPressEvent(event)
            return
        height, width = self._image.height(), self._image.width()
        row, col = self._mark or (height // 2, width // 2)
        down, right = steps[Qt.Key(event.key())]
        place = min(max(row + down, 0), height - 1), min(max(col + right, 0), width - 1)
        if place != self._mark:
            self.clicked.emit(*place)
