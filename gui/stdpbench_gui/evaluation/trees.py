"""Tables of few rows."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QBrush, QColor
from PyQt6.QtWidgets import QHeaderView, QTreeWidget, QTreeWidgetItem

from stdpbench_gui import theme


def table_of(name: str, headings: Sequence[tuple[str, str]]) -> QTreeWidget:
    """A table; `headings` are names with what they mean."""
    tree = QTreeWidget()
    tree.setObjectName("rows")
    tree.setAccessibleName(name)
    tree.setRootIsDecorated(False)
    tree.setItemsExpandable(False)
    tree.setUniformRowHeights(True)
    tree.setFrameShape(QTreeWidget.Shape.NoFrame)
    tree.setHeaderLabels([heading for heading, _ in headings])
    head, item = tree.header(), tree.headerItem()
    assert head is not None
    assert item is not None
    head.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    head.setStretchLastSection(False)
    head.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    head.setMinimumSectionSize(28)
    for place, (_, meaning) in enumerate(headings):
        item.setToolTip(place, meaning)
        if place:
            item.setTextAlignment(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    return tree


def add_row(tree: QTreeWidget, texts: Sequence[str], tip: str = "") -> QTreeWidgetItem:
    """A row, its numbers at the right."""
    row = QTreeWidgetItem(tree, list(texts))
    for place in range(len(texts)):
        row.setToolTip(place, tip or texts[place])
        if place:
            row.setTextAlignment(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    return row


def add_heading(tree: QTreeWidget, text: str, tip: str = "") -> None:
    """A row that names those below it."""
    row = QTreeWidgetItem(tree, [text])
    row.setFirstColumnSpanned(True)
    row.setForeground(0, QBrush(QColor(theme.current().faint)))
    row.setFlags(Qt.ItemFlag.ItemIsEnabled)
    row.setToolTip(0, tip or text)
