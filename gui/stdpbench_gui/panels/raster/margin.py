"""Separators and left margin of the raster: names of bands, the selected neuron, the axis of the rate."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QBrush, QColor, QPainter, QPen, QPolygonF

from stdpbench.base.units import thousands
from stdpbench_gui.look import theme
from stdpbench_gui.panels.raster.strips import Band

_LONGEST = 12  # characters of a name
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


def paint_lines(
    painter: QPainter, area: QRectF, rate: QRectF, bands: Sequence[Band], ratio: float, selected: int
) -> None:
    """Draw lines between bands and at the row of the selected exc neuron, and frame the rate."""
    colours = theme.current()
    for band in bands:
        if band.top:
            _part(painter, area.left(), area.right(), area.top() + band.top / ratio)
        if band.points and 0 <= selected < band.n:
            row = _row(area, band, ratio, selected)
            painter.setPen(QPen(QColor(colours.ink), 1, Qt.PenStyle.DotLine))
            painter.drawLine(QPointF(area.left(), row), QPointF(area.right(), row))
    painter.setPen(QColor(colours.line))
    painter.drawLine(rate.bottomLeft(), rate.bottomRight())
    painter.drawLine(rate.topLeft(), rate.topRight())


def paint_bands(painter: QPainter, area: QRectF, bands: Sequence[Band], ratio: float, selected: int) -> None:
    """Write the names of the bands to the left, and point at the row of the selected exc neuron."""
    colours, line = theme.current(), painter.fontMetrics().height()
    for band in bands:
        top, height = area.top() + band.top / ratio, band.height / ratio
        if band.top:
            _part(painter, 0, area.left(), top)
        middle, width = top + height / 2, area.left() - 1.5 * theme.GRID
        two = height > 2.2 * line
        painter.setPen(QColor(getattr(colours, band.role)))
        painter.drawText(
            QRectF(0, middle - (line if two else line / 2), width, line), _RIGHT, f"■ {short(band.layer)}"
        )
        if two:
            painter.setPen(QColor(colours.faint))
            painter.drawText(QRectF(0, middle, width, line), _RIGHT, thousands(band.n))
        if band.points and 0 <= selected < band.n:
            row = _row(area, band, ratio, selected)
            painter.setPen(QPen(QColor(colours.ink), 1))
            painter.setBrush(QBrush(QColor(colours.ink)))
            tip = QPointF(area.left() - 1, row)
            painter.drawPolygon(QPolygonF([tip, tip + QPointF(-6, -4), tip + QPointF(-6, 4)]))


def short(layer: str) -> str:
    """Return the name of a layer as it is written to the left."""
    return layer if len(layer) <= _LONGEST else f"{layer[: _LONGEST - 1]}…"


def paint_rate_axis(painter: QPainter, area: QRectF, top: float) -> None:
    """Label the rate axis to the left of its plot, from 0 to `top`."""
    colours, line = theme.current(), painter.fontMetrics().height()
    width = area.left() - 1.5 * theme.GRID
    painter.setPen(QColor(colours.ink))
    painter.drawText(QRectF(0, area.top() - line / 2, width, line), _RIGHT, f"{top:g}")
    painter.drawText(QRectF(0, area.bottom() - line / 2, width, line), _RIGHT, "0")
    if area.height() > 2.8 * line:
        painter.setPen(QColor(colours.exc))
        painter.drawText(QRectF(0, area.center().y() - line / 2, width, line), _RIGHT, "Hz/cell")


def _part(painter: QPainter, left: float, right: float, top: float) -> None:
    painter.setPen(QColor(theme.current().line))
    painter.drawLine(QPointF(left, top - 2), QPointF(right, top - 2))


def _row(area: QRectF, band: Band, ratio: float, neuron: int) -> float:
    """Return the centre of a neuron's marks."""
    return area.top() + (float(band.row(np.array([neuron]))[0]) + band.mark[1] / 2) / ratio
