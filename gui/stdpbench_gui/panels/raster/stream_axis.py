"""What the raster of a stream has besides spikes: patterns, stretches that were not seen, and time in seconds."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QBrush, QColor, QPainter, QPen

from stdpbench_gui.look import theme

_STEPS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)  # s between numbers
_APART = 14  # minimum distance of numbers, in pixels
_ALPHA = 56

X = Callable[[float], float]
"""Position of a time in ms, in logical pixels."""


def paint_patterns(painter: QPainter, patterns: Sequence[tuple[float, float, int]], x: X, area: QRectF) -> None:
    """Draw a band in the colour of its number over each pattern."""
    for start, end, number in patterns:
        colour = QColor(theme.class_colour(number))
        colour.setAlpha(_ALPHA)
        painter.fillRect(QRectF(x(start), area.top(), max(1.0, x(end) - x(start)), area.height()), colour)


def paint_gaps(painter: QPainter, gaps: Sequence[tuple[float, float]], x: X, area: QRectF) -> None:
    """Hatch stretches that were not seen, and say so where there is room."""
    colours, text = theme.current(), "not seen"
    wide = painter.fontMetrics().horizontalAdvance(text)
    for start, end in gaps:
        box = QRectF(x(start), area.top(), x(end) - x(start), area.height())
        painter.fillRect(box, QColor(colours.window))
        painter.fillRect(box, QBrush(QColor(colours.line), Qt.BrushStyle.BDiagPattern))
        painter.setPen(QPen(QColor(colours.faint), 1))
        if box.width() > wide + 4:
            seen = box & area  # centred in what is on the screen
            if seen.width() > wide + 4:
                painter.drawText(seen, Qt.AlignmentFlag.AlignCenter, text)


def paint_seconds(painter: QPainter, times: tuple[float, float], x: X, foot: float) -> list[tuple[float, float]]:
    """Write the time in seconds below the film, as densely as fits; return the left and right end of each number.

    Parameters
    ----------
    painter : QPainter
        Of the film.
    times : tuple of float
        At its ends, in ms.
    x : callable
        Position of a time.
    foot : float
        Where the axis is.
    """
    metrics, (start, end) = painter.fontMetrics(), (1e-3 * each for each in times)
    widest = metrics.horizontalAdvance(f"{end:.2f}")
    per_second = (x(1e3) - x(0.0)) or 1.0
    step = next((s for s in _STEPS if s * per_second >= widest + _APART), _STEPS[-1])
    painter.setPen(QColor(theme.current().faint))
    found = []
    for number in range(max(0, int(np.floor(start / step))), int(np.ceil(end / step)) + 1):
        at, text = x(1e3 * number * step), f"{number * step:.10g}"
        wide = metrics.horizontalAdvance(text)
        if at + wide / 2 > x(times[1]):  # it would be cut off
            continue
        painter.drawLine(QPointF(at, foot), QPointF(at, foot + 4))
        painter.drawText(QPointF(at - wide / 2, foot + 4 + metrics.ascent()), text)
        found.append((at - wide / 2, at + wide / 2))
    return found
