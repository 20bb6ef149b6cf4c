"""Colour and line of runs that are drawn over each other: the same wherever a run is drawn while it is ticked."""

from __future__ import annotations

import pyqtgraph as pg
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QColor

from stdpbench_gui.look import theme

_STYLES = ((Qt.PenStyle.DashLine, "╌╌"), (Qt.PenStyle.DashDotLine, "─·"), (Qt.PenStyle.DotLine, "┈┈"))
_COLOURS = (1, 2, 3, 7, 8)  # of the classes, but blue, which is the run that is shown on the Train page
N_DIFFERENT = len(_STYLES) * len(_COLOURS)
"""So many runs can be told apart."""


def colour(slot: int) -> str:
    """The colour of a run by its slot, from 0."""
    return theme.CLASS_COLOURS[_COLOURS[slot % len(_COLOURS)]]


def mark(slot: int) -> str:
    """A mark that looks like the line of a run."""
    return _STYLES[slot % len(_STYLES)][1]


def pen(slot: int, width: float = 1.5) -> pg.QtGui.QPen:
    """The pen of a run."""
    return pg.mkPen(QColor(colour(slot)), width=width, style=_STYLES[slot % len(_STYLES)][0])
