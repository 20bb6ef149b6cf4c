"""Small pictures in a grid."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QRect, QSize, Qt
from PyQt6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPixmap
from PyQt6.QtWidgets import QSizePolicy, QWidget

from stdpbench_gui.look import theme

_CELL = 52


class Thumbnails(QWidget):
    """Pictures in a grid, with the names of their classes below them."""

    columns = 8

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._pictures: list[QPixmap] = []
        self._names: tuple[str, ...] = ()

    def show_pictures(self, pixels: NDArray[Any], names: tuple[str, ...], *, white: float = 255.0) -> None:
        """Show grey or RGB pictures, (n, height, width) or (n, height, width, 3); the value `white` is drawn white."""
        brightest = white or 255.0
        scaled = np.ascontiguousarray(np.clip(pixels.astype(np.float32) * (255 / brightest), 0, 255).astype(np.uint8))
        self._pictures = [QPixmap.fromImage(image_of(picture)) for picture in scaled]
        self._names = names
        text = ", ".join(name for name in dict.fromkeys(names) if name)
        self.setAccessibleDescription(f"{len(self._pictures)} pictures{f' of {text}' if text else ''}")
        self.updateGeometry()
        self.update()

    def clear(self) -> None:
        """Remove all pictures."""
        self._pictures = []
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return the size of three rows, whatever is shown."""
        return QSize(self.columns * (_CELL + theme.GRID), 3 * self._row())

    def _row(self) -> int:
        return _CELL + self.fontMetrics().height() + theme.GRID // 2

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Draw the grid."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        colours = theme.current()
        if not self._pictures:
            painter.setPen(QColor(colours.faint))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "Pictures appear here.")
            return
        metrics = self.fontMetrics()
        for number, picture in enumerate(self._pictures):
            left, top = (number % self.columns) * (_CELL + theme.GRID), (number // self.columns) * self._row()
            size = picture.size().scaled(_CELL, _CELL, Qt.AspectRatioMode.KeepAspectRatio)
            place = QRect(left + (_CELL - size.width()) // 2, top, size.width(), size.height())
            painter.drawPixmap(place, picture)
            painter.setPen(QColor(colours.line))
            painter.drawRect(place.adjusted(0, 0, -1, -1))
            name = self._names[number] if number < len(self._names) else ""
            painter.setPen(QColor(colours.faint))
            text = metrics.elidedText(name, Qt.TextElideMode.ElideRight, _CELL)
            painter.drawText(QRect(left, top + _CELL, _CELL, metrics.height()), Qt.AlignmentFlag.AlignHCenter, text)


def image_of(picture: NDArray[np.uint8]) -> QImage:
    """Convert a picture, uint8, (height, width) or (height, width, 3), to a Qt image."""
    height, width = picture.shape[:2]
    kind = QImage.Format.Format_RGB888 if picture.ndim == 3 else QImage.Format.Format_Grayscale8
    data = np.ascontiguousarray(picture)
    return QImage(data.tobytes(), width, height, data.strides[0], kind).copy()
