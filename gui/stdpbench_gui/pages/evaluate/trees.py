"""Small tables."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QBrush, QColor, QResizeEvent
from PyQt6.QtWidgets import QHeaderView, QTreeWidget, QTreeWidgetItem

from stdpbench_gui.look import theme
from stdpbench_gui.widgets.basic import not_none

_WORD = 10
"""Minimum number of visible letters of a name; longer names are elided in the middle."""


class Rows(QTreeWidget):
    """A table whose first column takes the remaining width, with a minimum of `_WORD` letters."""

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        """Fit the first column to the new width."""
        super().resizeEvent(event)
        self.fit()

    def fit(self) -> None:
        """Set the width of the first column."""
        head, item, view = self.header(), self.headerItem(), self.viewport()
        if head is None or item is None or view is None:
            return
        rows = [row for n in range(self.topLevelItemCount()) if (row := self.topLevelItem(n)) is not None]
        words = [item.text(0), *(row.text(0) for row in rows if not row.isFirstColumnSpanned())]
        icon = self.iconSize().width() if any(not row.icon(0).isNull() for row in rows) else 0
        metrics = self.fontMetrics()
        longest = max(map(metrics.horizontalAdvance, words))
        needed = min(longest, _WORD * metrics.horizontalAdvance("n")) + 4 * theme.GRID + icon
        others = sum(head.sectionSize(place) for place in range(1, head.count()))
        head.resizeSection(0, max(needed, view.width() - others))


def table_of(name: str, headings: Sequence[tuple[str, str]]) -> QTreeWidget:
    """Return a table; `headings` are pairs of a title and a tooltip."""
    tree = Rows()
    tree.setObjectName("rows")
    tree.setAccessibleName(name)
    tree.setRootIsDecorated(False)
    tree.setItemsExpandable(False)
    tree.setUniformRowHeights(True)
    tree.setTextElideMode(Qt.TextElideMode.ElideMiddle)
    tree.setFrameShape(QTreeWidget.Shape.NoFrame)
    tree.setHeaderLabels([heading for heading, _ in headings])
    head, item = tree.header(), tree.headerItem()
    assert head is not None
    assert item is not None
    head.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    head.setStretchLastSection(False)
    head.setSectionResizeMode(0, QHeaderView.ResizeMode.Fixed)
    head.setMinimumSectionSize(28)
    head.sectionResized.connect(lambda place, *_: tree.fit() if place else None)
    model = not_none(tree.model())
    model.dataChanged.connect(tree.fit)
    model.rowsInserted.connect(tree.fit)
    for place, (_, meaning) in enumerate(headings):
        item.setToolTip(place, meaning)
        if place:
            item.setTextAlignment(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    return tree


def add_row(tree: QTreeWidget, texts: Sequence[str], tip: str = "") -> QTreeWidgetItem:
    """Append a row with right-aligned numbers, and return it."""
    row = QTreeWidgetItem(tree, list(texts))
    for place in range(len(texts)):
        row.setToolTip(place, tip or texts[place])
        if place:
            row.setTextAlignment(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    return row


def add_heading(tree: QTreeWidget, text: str, tip: str = "") -> None:
    """Append a heading for the rows below it."""
    row = QTreeWidgetItem(tree, [text])
    row.setFirstColumnSpanned(True)
    row.setForeground(0, QBrush(QColor(theme.current().faint)))
    row.setFlags(Qt.ItemFlag.ItemIsEnabled)
    row.setToolTip(0, tip or text)
