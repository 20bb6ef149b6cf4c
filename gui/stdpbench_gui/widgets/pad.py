"""A drawing pad for the mouse or a pen."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QPointF, QRectF, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PyQt6.QtWidgets import QSizePolicy, QWidget

from stdpbench_gui.look import theme
from stdpbench_gui.widgets.basic import not_none

USUAL_WIDTH = 22
"""Default line width, in pixels of the drawing."""
_SIDE = 280  # side of the drawing, in pixels


@dataclass
class Stroke:
    """A line drawn without lifting the pen; width and points in pixels of the drawing."""

    width: float
    erases: bool
    points: list[QPointF] = field(default_factory=list)


class Pad(QWidget):
    """A drawing pad for the mouse or a pen."""

    changed = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Drawing pad")
        self.setAccessibleDescription("Draw with the mouse; Ctrl+Z undoes a stroke, Del clears")
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFixedSize(_SIDE, _SIDE)
        self.line_width = float(USUAL_WIDTH)
        self.erases = False
        self.strokes: list[Stroke] = []

    def ink(self) -> NDArray[np.float32]:
        """Return the drawing: float32, (280, 280), 0 (no ink) to 255."""
        image = QImage(_SIDE, _SIDE, QImage.Format.Format_Grayscale8)
        image.fill(0)
        self._draw(QPainter(image), QColor("white"), QColor("black"))
        content = not_none(image.constBits()).asstring(image.sizeInBytes())
        rows = np.frombuffer(content, np.uint8).reshape(_SIDE, image.bytesPerLine())
        return np.asarray(rows[:, :_SIDE], np.float32)

    def clear(self) -> None:
        """Remove all strokes."""
        self.strokes.clear()
        self._changed()

    def undo(self) -> None:
        """Undo the last stroke."""
        if self.strokes:
            self.strokes.pop()
            self._changed()

    def add_stroke(self, points: list[tuple[float, float]]) -> None:
        """Draw a stroke through points (x, y), 0 to 1."""
        self.strokes.append(Stroke(self.line_width, self.erases, [QPointF(x * _SIDE, y * _SIDE) for x, y in points]))
        self._changed()

    def _changed(self) -> None:
        self.update()
        self.changed.emit()

    def _draw(self, painter: QPainter, ink: QColor, paper: QColor) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for stroke in self.strokes:
            colour = paper if stroke.erases else ink
            painter.setPen(
                QPen(colour, stroke.width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
            )
            if len(stroke.points) == 1:
                painter.drawPoint(stroke.points[0])
            else:
                painter.drawPolyline(QPolygonF(stroke.points))
        painter.end()

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Start a stroke."""
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            self.strokes.append(Stroke(self.line_width, self.erases, [event.position()]))
            self._changed()

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Continue the stroke."""
        if event is not None and event.buttons() & Qt.MouseButton.LeftButton and self.strokes:
            self.strokes[-1].points.append(event.position())
            self._changed()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Show the drawing."""
        colours = theme.current()
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(colours.base))
        if not self.strokes:
            painter.setPen(QColor(colours.faint))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "Draw here")
        painter.end()
        self._draw(QPainter(self), QColor(colours.ink), QColor(colours.base))
        frame = QPainter(self)
        frame.setPen(QPen(QColor(colours.accent if self.hasFocus() else colours.line), 1))
        frame.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
