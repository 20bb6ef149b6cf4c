"""Small tables."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QBrush, QColor, QResizeEvent
from PyQt6.QtWidgets import QHeaderView, QTreeWidget, QTreeWidgetItem

from stdpbench_gui.look import theme
from stdpbench_gui.session.timers import timer
from stdpbench_gui.widgets.basic import named, not_none, plain_tip

_WORD = 10
"""Minimum number of visible letters of a name; longer names are cut off at their end."""
_TIP = Qt.ItemDataRole.UserRole + 100
"""Role of the tool tip of a cell without the values of hidden columns."""


class Rows(QTreeWidget):
    """A table whose first column takes the remaining width, with a minimum of `_WORD` letters.

    Parameters
    ----------
    least : sequence of int
        Columns that are hidden where there is no room for all, the first one first. Tool tips of the rows then have
        their values.
    """

    def __init__(self, least: Sequence[int] = ()) -> None:
        super().__init__()
        self._least = least
        self._fitting = False
        self.fit_soon = timer(self, self.fit, once=True)
        """Fits the columns once all rows are filled in."""

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        """Fit the first column to the new width."""
        super().resizeEvent(event)
        self.fit()

    def fit(self) -> None:
        """Set the width of the first column, and hide columns for which there is no room."""
        head, item, view = self.header(), self.headerItem(), self.viewport()
        if self._fitting or head is None or item is None or view is None:
            return
        rows = [row for n in range(self.topLevelItemCount()) if (row := self.topLevelItem(n)) is not None]
        words = [item.text(0), *(row.text(0) for row in rows if not row.isFirstColumnSpanned())]
        icon = self.iconSize().width() if any(not row.icon(0).isNull() for row in rows) else 0
        metrics = self.fontMetrics()
        longest = max(map(metrics.horizontalAdvance, words))
        needed = min(longest, _WORD * metrics.horizontalAdvance("n")) + 4 * theme.GRID + icon
        widths = {
            place: max(self.sizeHintForColumn(place), head.sectionSizeHint(place), head.minimumSectionSize())
            for place in range(1, head.count())
        }
        hidden = list[int]()
        for place in self._least:
            if needed + sum(widths.values()) > view.width():
                del widths[place]
                hidden.append(place)
        self._fitting = True
        for place in self._least:
            head.setSectionHidden(place, place in hidden)
        head.resizeSection(0, max(needed, view.width() - sum(widths.values())))
        for row in rows:
            if not row.isFirstColumnSpanned():
                values = [f"{item.text(place)}: {row.text(place)}" for place in sorted(hidden) if row.text(place)]
                for place in range(head.count()):
                    tip = "\n".join([str(row.data(place, _TIP)), *values])
                    if tip != row.toolTip(place):
                        row.setToolTip(place, plain_tip(tip))
        self._fitting = False


def table_of(name: str, headings: Sequence[tuple[str, str]], least: Sequence[int] = ()) -> QTreeWidget:
    """Return a table; `headings` are pairs of a title and a tooltip, `least` columns that may be hidden (`Rows`)."""
    tree = named(Rows(least), name, style="rows")
    tree.setRootIsDecorated(False)
    tree.setItemsExpandable(False)
    tree.setUniformRowHeights(True)
    tree.setTextElideMode(Qt.TextElideMode.ElideRight)
    tree.setFrameShape(QTreeWidget.Shape.NoFrame)
    tree.setHeaderLabels([heading for heading, _ in headings])
    head, item = tree.header(), tree.headerItem()
    assert head is not None
    assert item is not None
    head.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    head.setStretchLastSection(False)
    head.setSectionResizeMode(0, QHeaderView.ResizeMode.Fixed)
    head.setMinimumSectionSize(28)
    head.sectionResized.connect(lambda place, *_: tree.fit_soon.start() if place else None)
    model = not_none(tree.model())
    model.dataChanged.connect(lambda *_: tree.fit_soon.start())
    model.rowsInserted.connect(lambda *_: tree.fit_soon.start())
    for place, (_, meaning) in enumerate(headings):
        item.setToolTip(place, plain_tip(meaning))
        if place:
            item.setTextAlignment(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    return tree


def add_row(tree: QTreeWidget, texts: Sequence[str], tip: str = "") -> QTreeWidgetItem:
    """Append a row with right-aligned numbers, and return it."""
    row = QTreeWidgetItem(tree, list(texts))
    for place in range(len(texts)):
        row.setToolTip(place, plain_tip(tip or texts[place]))
        row.setData(place, _TIP, tip or texts[place])
        if place:
            row.setTextAlignment(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    return row


def add_heading(tree: QTreeWidget, text: str, tip: str = "") -> None:
    """Append a heading for the rows below it."""
    row = QTreeWidgetItem(tree, [text])
    row.setFirstColumnSpanned(True)
    row.setForeground(0, QBrush(QColor(theme.current().faint)))
    row.setFlags(Qt.ItemFlag.ItemIsEnabled)
    row.setToolTip(0, plain_tip(tip or text))
