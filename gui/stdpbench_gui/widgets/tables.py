"""Tables: a model whose rows stay what they are while others come and go, and small tables of results."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PyQt6.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt
from PyQt6.QtGui import QBrush, QColor, QResizeEvent
from PyQt6.QtWidgets import QHeaderView, QTreeView, QTreeWidget, QTreeWidgetItem

from stdpbench_gui.look import theme
from stdpbench_gui.session.timers import timer
from stdpbench_gui.widgets.basic import named, not_none, plain_tip

_WORD = 10
"""Minimum number of visible letters of a name; longer names are cut off at their end."""
_TIP = Qt.ItemDataRole.UserRole + 100
"""Role of the tool tip of a cell without the values of hidden columns."""


class RowsModel(QAbstractTableModel):
    """A table model that adds, removes and moves rows in place, so that selection, current row and place are kept.

    A subclass implements `data`, and `key` if rows are to be told apart by something else than themselves.

    Attributes
    ----------
    columns : sequence of str
        Titles of the columns.
    rows : list
        What the rows show, in order.
    """

    def __init__(self, columns: Sequence[str], rows: Sequence[Any] = (), parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.columns: Sequence[str] = columns
        self.rows: list[Any] = list(rows)
        self._place: dict[Any, int] = {}

    def key(self, row: Any) -> Any:
        """Return what tells a row apart from the others."""
        return row

    def row_of(self, key: Any) -> int:
        """Return the row with a key; -1 if there is none."""
        return self._place.get(key, -1)

    def show_rows(self, rows: Sequence[Any]) -> None:
        """Show other rows; those with the same key are moved."""
        places = {self.key(row): place for place, row in enumerate(rows)}
        gone = [place for place, row in enumerate(self.rows) if self.key(row) not in places]
        while gone:
            last = first = gone.pop()
            while gone and gone[-1] == first - 1:
                first = gone.pop()
            self.beginRemoveRows(QModelIndex(), first, last)
            del self.rows[first : last + 1]
            self.endRemoveRows()
        if list(places) != [self.key(row) for row in self.rows]:
            self.layoutAboutToBeChanged.emit()
            before = self.persistentIndexList()
            moved = [(places[self.key(self.rows[index.row()])], index.column()) for index in before]
            self.rows = list(rows)
            self.changePersistentIndexList(before, [self.index(*place) for place in moved])
            self.layoutChanged.emit()
        self.rows, self._place = list(rows), places

    def rows_changed(self, first: int, last: int, column: int = -1) -> None:
        """Have rows drawn again, in one column or all."""
        right = len(self.columns) - 1 if column < 0 else column
        self.dataChanged.emit(self.index(first, max(0, column)), self.index(last, right))

    def rowCount(self, parent: QModelIndex | None = None) -> int:  # noqa: N802 - Qt's name
        """Return the number of rows."""
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def columnCount(self, parent: QModelIndex | None = None) -> int:  # noqa: N802 - Qt's name
        """Return the number of columns."""
        return 0 if parent is not None and parent.isValid() else len(self.columns)

    def headerData(  # noqa: N802 - Qt's name
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Return the titles of the columns, and the numbers of the rows."""
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        return str(self.columns[section]) if orientation == Qt.Orientation.Horizontal else str(section + 1)


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


def as_table(tree: QTreeView, *, striped: bool = False) -> None:
    """Show the rows of a tree as those of a table, all of one height."""
    tree.setRootIsDecorated(False)
    tree.setItemsExpandable(False)
    tree.setUniformRowHeights(True)
    tree.setAlternatingRowColors(striped)


def table_of(name: str, headings: Sequence[tuple[str, str]], least: Sequence[int] = ()) -> QTreeWidget:
    """Return a table; `headings` are pairs of a title and a tooltip, `least` columns that may be hidden (`Rows`)."""
    tree = named(Rows(least), name, style="rows")
    as_table(tree)
    tree.setTextElideMode(Qt.TextElideMode.ElideRight)
    tree.setFrameShape(QTreeWidget.Shape.NoFrame)
    tree.setHeaderLabels([heading for heading, _ in headings])
    head, item = not_none(tree.header()), not_none(tree.headerItem())
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
