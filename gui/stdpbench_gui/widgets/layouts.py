"""Layouts of widgets in a row or a column, each in one call."""

from __future__ import annotations

from typing import Final, TypeVar

from PyQt6.QtWidgets import QBoxLayout, QHBoxLayout, QLayout, QVBoxLayout, QWidget

Item = QWidget | QLayout | int | tuple[QWidget | QLayout, int]
Margins = int | tuple[int, int] | tuple[int, int, int, int]
STRETCH: Final = 1
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
    items : widget, layout, or tuple of one and its stretch factor
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


def _filled(box: _Box, items: tuple[Item, ...], margins: Margins, spacing: int | None) -> _Box:
    sides = (margins,) if isinstance(margins, int) else margins
    box.setContentsMargins(*sides * (4 // len(sides)))
    if spacing is not None:
        box.setSpacing(spacing)
    for each in items:
        item, stretch = each if isinstance(each, tuple) else (each, 0)
        if isinstance(item, QWidget):
            box.addWidget(item, stretch)
        elif isinstance(item, QLayout):
            box.addLayout(item, stretch)
        else:
            box.addStretch(item)
    return box
