"""Layouts of widgets in a row, a column, a form or a splitter, each in one call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

from PyQt6.QtCore import QByteArray, Qt
from PyQt6.QtWidgets import QBoxLayout, QFormLayout, QGridLayout, QHBoxLayout, QLayout, QSplitter, QVBoxLayout, QWidget

from stdpbench_gui.look import theme

Item = QWidget | QLayout | int | tuple[QWidget | QLayout, int] | tuple[QWidget, int, Qt.AlignmentFlag]
Margins = int | tuple[int, int] | tuple[int, int, int, int]
STRETCH: Final = 1
TOP: Final = Qt.AlignmentFlag.AlignTop
_Box = TypeVar("_Box", bound=QBoxLayout)


def hbox(
    *items: Item,
    within: QWidget | None = None,
    margins: Margins = 0,
    spacing: int | None = None,
) -> QHBoxLayout:
    """Lay out widgets and layouts in a row.

    Parameters
    ----------
    items : widget, layout, or tuple of one, its stretch factor and its alignment
        `STRETCH`: empty space that takes the room that is left.
    within : QWidget, optional
        Widget that gets the layout.
    margins : int or tuple of int
        One for all sides, horizontal and vertical, or left, top, right and bottom.
    spacing : int, optional
        Default: that of the style.
    """
    return _filled(QHBoxLayout(within), items, margins, spacing)


def vbox(
    *items: Item,
    within: QWidget | None = None,
    margins: Margins = 0,
    spacing: int | None = None,
) -> QVBoxLayout:
    """Lay out widgets and layouts in a column; parameters as of `hbox`."""
    return _filled(QVBoxLayout(within), items, margins, spacing)


def holding(layout: QLayout, style: str = "") -> QWidget:
    """Return a widget with this layout; `style` is its name in the style sheet."""
    made = QWidget()
    made.setObjectName(style)
    made.setLayout(layout)
    return made


def grid(within: QWidget, spacing: int) -> QGridLayout:
    """Lay out widgets in a grid without margins."""
    made = QGridLayout(within)
    made.setContentsMargins(0, 0, 0, 0)
    made.setSpacing(spacing)
    return made


def form(*rows: tuple[str, QWidget | QLayout]) -> QFormLayout:
    """Lay out fields below each other, with their labels at the left."""
    made = QFormLayout()
    made.setSpacing(theme.GRID)
    for label, field in rows:
        made.addRow(label, field)
    return made


def split(*parts: tuple[QWidget, int], upright: bool = False) -> QSplitter:
    """Lay out widgets with their stretch factors, between which handles can be moved; none of them collapses."""
    made = QSplitter(Qt.Orientation.Vertical if upright else Qt.Orientation.Horizontal)
    made.setChildrenCollapsible(False)
    for place, (part, stretch) in enumerate(parts):
        made.addWidget(part)
        made.setStretchFactor(place, stretch)
    return made


def arrange(split: QSplitter, state: object, shares: Sequence[int]) -> None:
    """Give the parts of a splitter the sizes of a saved state or, without one, their shares in percent."""
    if not (isinstance(state, QByteArray) and split.restoreState(state)):
        room = split.width() if split.orientation() == Qt.Orientation.Horizontal else split.height()
        split.setSizes([room * share // 100 for share in shares])


def _filled(box: _Box, items: tuple[Item, ...], margins: Margins, spacing: int | None) -> _Box:
    sides = (margins,) if isinstance(margins, int) else margins
    box.setContentsMargins(*sides * (4 // len(sides)))
    if spacing is not None:
        box.setSpacing(spacing)
    for each in items:
        item, stretch, *aligned = each if isinstance(each, tuple) else (each, 0)
        if isinstance(item, QWidget):
            box.addWidget(item, stretch, *aligned)
        elif isinstance(item, QLayout):
            box.addLayout(item, stretch)
        else:
            box.addStretch(item)
    return box
