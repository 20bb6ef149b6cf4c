"""Styles of curves and data points: colour, line and symbol, so that colour alone never distinguishes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyqtgraph as pg
from PyQt6.QtCore import QPointF, QSize, Qt
from PyQt6.QtGui import QIcon, QPainter, QPixmap
from PyQt6.QtWidgets import QApplication

from stdpbench_gui.look import theme

_KEPT = (1, 2, 3, 5, 7, 8, 6)  # indices into the class colours
_MARKS = ("s", "t", "d", "t1", "p", "star", "+")
_WORDS = ("■", "▼", "◆", "▲", "⬟", "★", "✚")
_LINES = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine, Qt.PenStyle.DotLine, Qt.PenStyle.DashDotLine)
_LINE_WORDS = ("━", "╍", "┈", "┅")
PAPER_LINES = ("-", "--", ":", "-.")
_POINTS = ("x", "o", "s", "t", "d", "t1")
PAPER_POINTS = ("x", "o", "s", "v", "D", "^")
_POINT_WORDS = ("✕", "○", "□", "▽", "◇", "△")


@dataclass(frozen=True)
class LineStyle:
    """Style of a curve or of data points.

    Attributes
    ----------
    colour : str
        ``#rrggbb`` of the current theme.
    mark : str
        Name of the symbol in pyqtgraph.
    word, hollow : str
        Characters that look like the symbol, filled and hollow.
    width : float
        Line width in pixels.
    """

    colour: str
    mark: str
    word: str
    width: float = 1.6
    hollow: str = "○"

    def pen(self, which: int) -> pg.QtGui.QPen:
        """Return the pen of a rule's curve with this number."""
        return pg.mkPen(self.colour, width=self.width, style=_LINES[which % len(_LINES)])


def of_rule(kept: int) -> LineStyle:
    """Return the style of the edited rule (-1) or of a kept one."""
    if kept < 0:
        return LineStyle(theme.current().exc, "o", "●", 2.4)
    return LineStyle(
        theme.CLASS_COLOURS[_KEPT[kept % len(_KEPT)]], _MARKS[kept % len(_MARKS)], _WORDS[kept % len(_WORDS)]
    )


def of_points(number: int) -> LineStyle:
    """Return the style of experimental data points."""
    return LineStyle(theme.current().ink, _POINTS[number % len(_POINTS)], _POINT_WORDS[number % len(_POINT_WORDS)])


def line_word(which: int) -> str:
    """Return characters that look like the line of a rule's curve with this number."""
    return _LINE_WORDS[which % len(_LINE_WORDS)]


def icon_of(look: LineStyle, with_line: bool) -> QIcon:
    """Return a small picture of a line with its symbol."""
    size = QSize(30, 16)
    ratio = max((screen.devicePixelRatio() for screen in QApplication.screens()), default=1.0)
    picture = QPixmap(size * ratio)
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    middle = QPointF(size.width() / 2, size.height() / 2)
    painter.setPen(look.pen(0))
    if with_line:
        painter.drawLine(QPointF(2, middle.y()), QPointF(size.width() - 2, middle.y()))
    painter.translate(middle)
    painter.scale(*(9, 9) if with_line else (11, 11))
    painter.setPen(pg.mkPen(look.colour, width=0.14, cosmetic=False))
    painter.setBrush(pg.mkBrush(look.colour if with_line else theme.current().base))
    painter.drawPath(pg.graphicsItems.ScatterPlotItem.Symbols[look.mark])
    painter.end()
    return QIcon(picture)


def spread_out(n: int, most: int) -> Sequence[int]:
    """Return at most `most` evenly spaced indices on a curve of n points."""
    step = max(1, -(-n // most))
    return range(step // 2, n, step)
