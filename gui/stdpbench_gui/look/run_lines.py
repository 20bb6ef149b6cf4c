"""Colours and line styles of ticked runs, the same in every plot."""

from __future__ import annotations

import pyqtgraph as pg
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QColor

from stdpbench_gui.look import theme

_STYLES = ((Qt.PenStyle.DashLine, "╌╌"), (Qt.PenStyle.DashDotLine, "─·"), (Qt.PenStyle.DotLine, "┈┈"))
_COLOURS = (1, 2, 3, 7, 8, 5, 9)  # class colours, without those like blue, the current run, and without olive
_SYMBOLS = (("s", "■"), ("t1", "▲"), ("d", "◆"))  # circles are those of the current run
N_DIFFERENT = len(_STYLES) * len(_COLOURS)
"""Number of distinct styles."""


def colour(slot: int) -> str:
    """Return the colour of a run by its slot, from 0."""
    return theme.CLASS_COLOURS[_COLOURS[slot % len(_COLOURS)]]


def mark(slot: int) -> str:
    """Return a symbol that looks like the line of a run."""
    return _STYLES[slot % len(_STYLES)][1]


def pen(slot: int, width: float = 1.5) -> pg.QtGui.QPen:
    """Return the pen of a run."""
    return pg.mkPen(QColor(colour(slot)), width=width, style=_STYLES[slot % len(_STYLES)][0])


def symbol(slot: int) -> tuple[str, str]:
    """Return the points of a run, as pyqtgraph names them, with a text that looks like them."""
    return _SYMBOLS[slot % len(_SYMBOLS)]
