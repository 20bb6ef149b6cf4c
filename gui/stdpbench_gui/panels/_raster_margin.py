"""What stands left of the raster: names and sizes of the bands, the selected neuron, the axis of the rate."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QBrush, QColor, QPainter, QPen, QPolygonF

from stdpbench_gui import theme
from stdpbench_gui.panels._raster_strips import Band
from stdpbench_gui.widgets import thousands

_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


def paint_bands(painter: QPainter, area: QRectF, bands: Sequence[Band], ratio: float, selected: int) -> None:
    """Name the bands of an area, part them by lines, and point at the row of the selected exc neuron."""
    colours, line = theme.current(), painter.fontMetrics().height()
    for number, band in enumerate(bands):
        top, height = area.top() + band.top / ratio, band.height / ratio
        if number:
            painter.setPen(QColor(colours.line))
            painter.drawLine(QPointF(0, top - 2), QPointF(area.right(), top - 2))
        middle, width = top + height / 2, area.left() - 1.5 * theme.GRID
        two = height > 2.2 * line
        painter.setPen(QColor(getattr(colours, band.layer)))
        painter.drawText(QRectF(0, middle - (line if two else line / 2), width, line), _RIGHT, f"■ {band.layer}")
        if two:
            painter.setPen(QColor(colours.faint))
            painter.drawText(QRectF(0, middle, width, line), _RIGHT, thousands(band.n))
        if band.layer == "exc" and 0 <= selected < band.n:
            row = area.top() + (float(band.row(np.array([selected]))[0]) + band.mark[1] / 2) / ratio
            painter.setPen(QPen(QColor(colours.ink), 1, Qt.PenStyle.DotLine))
            painter.drawLine(QPointF(area.left(), row), QPointF(area.right(), row))
            painter.setBrush(QBrush(QColor(colours.ink)))
            tip = QPointF(area.left() - 1, row)
            painter.drawPolygon(QPolygonF([tip, tip + QPointF(-6, -4), tip + QPointF(-6, 4)]))


def paint_rate_axis(painter: QPainter, area: QRectF, top: float) -> None:
    """Paint the axis of the rate, from 0 to `top`."""
    colours, line = theme.current(), painter.fontMetrics().height()
    width = area.left() - 1.5 * theme.GRID
    painter.setPen(QColor(colours.line))
    painter.drawLine(area.bottomLeft(), area.bottomRight())
    painter.drawLine(area.topLeft(), area.topRight())
    painter.setPen(QColor(colours.ink))
    painter.drawText(QRectF(0, area.top() - line / 2, width, line), _RIGHT, f"{top:g}")
    painter.drawText(QRectF(0, area.bottom() - line / 2, width, line), _RIGHT, "0")
    if area.height() > 2.8 * line:
        painter.setPen(QColor(colours.exc))
        painter.drawText(QRectF(0, area.center().y() - line / 2, width, line), _RIGHT, "Hz/cell")
