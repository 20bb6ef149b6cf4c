"""How curves and points look: a colour, a line and a mark each, so that none is told by colour alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyqtgraph as pg
from PyQt6.QtCore import QPointF, QSize, Qt
from PyQt6.QtGui import QIcon, QPainter, QPixmap
from PyQt6.QtWidgets import QApplication

from stdpbench_gui.look import theme

_KEPT = (1, 2, 3, 5, 7, 8, 6)  # places in the colours of classes
_MARKS = ("s", "t", "d", "t1", "p", "star", "+")
_WORDS = ("■", "▼", "◆", "▲", "⬟", "★", "✚")
_LINES = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine, Qt.PenStyle.DotLine, Qt.PenStyle.DashDotLine)
_LINE_WORDS = ("━", "╍", "┈", "┅")
_PAPER_LINES = ("-", "--", ":", "-.")
_POINTS = ("x", "o", "s", "t", "d", "t1")
_PAPER_POINTS = ("x", "o", "s", "v", "D", "^")
_POINT_WORDS = ("✕", "○", "□", "▽", "◇", "△")


@dataclass(frozen=True)
class Look:
    """A way to draw.

    Attributes
    ----------
    colour : str
        ``#rrggbb``, as the theme has it now.
    mark : str
        As pyqtgraph calls it.
    word, hollow : str
        Letters that look like the mark, filled and not.
    width : float
        Of lines, in pixels.
    """

    colour: str
    mark: str
    word: str
    width: float = 1.6
    hollow: str = "○"

    def pen(self, which: int) -> pg.QtGui.QPen:
        """The pen of a rule's curve of that number."""
        return pg.mkPen(self.colour, width=self.width, style=_LINES[which % len(_LINES)])


def of_rule(kept: int) -> Look:
    """The rule that changes (-1), or a kept one."""
    if kept < 0:
        return Look(theme.current().exc, "o", "●", 2.4)
    return Look(theme.CLASS_COLOURS[_KEPT[kept % len(_KEPT)]], _MARKS[kept % len(_MARKS)], _WORDS[kept % len(_WORDS)])


def of_points(number: int) -> Look:
    """Points of an experiment."""
    return Look(theme.current().ink, _POINTS[number % len(_POINTS)], _POINT_WORDS[number % len(_POINT_WORDS)])


def line_word(which: int) -> str:
    """Letters that look like the line of a rule's curve of that number."""
    return _LINE_WORDS[which % len(_LINE_WORDS)]


def paper_line(which: int) -> str:
    """The line of a rule's curve of that number, as matplotlib has it."""
    return _PAPER_LINES[which % len(_PAPER_LINES)]


def paper_mark(number: int) -> str:
    """The mark of points, as matplotlib has it."""
    return _PAPER_POINTS[number % len(_PAPER_POINTS)]


def icon_of(look: Look, with_line: bool) -> QIcon:
    """A small picture of a line with its mark."""
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
    """Places of at most so many marks on a curve of n points."""
    step = max(1, -(-n // most))
    return range(step // 2, n, step)
