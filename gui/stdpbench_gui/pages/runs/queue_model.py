"""Qt model of the queue; a dragged row moves once the queue has moved its item."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PyQt6.QtCore import QAbstractTableModel, QMimeData, QModelIndex, QObject, Qt, pyqtSignal
from PyQt6.QtGui import QColor

from stdpbench.runs.catalog import columns as run_columns
from stdpbench.runs.catalog.store import Entry
from stdpbench.runs.protocol.states import State
from stdpbench.runs.queue.run_queue import DETACHED, FAILED, HELD, INTERRUPTED, RUNNING, WAITING, Item
from stdpbench.runs.watching import QueueState
from stdpbench_gui.look import theme

_TITLES = ("item", "state", "what", "progress", "added", "reason")
PAUSED = str(State.PAUSED)
_MARKS = {WAITING: "…", HELD: "‖", RUNNING: "▶", FAILED: "✗", DETACHED: "▶", INTERRUPTED: "⚠", PAUSED: "‖"}
_ROLE_OF = {FAILED: "wrong", INTERRUPTED: "wrong", RUNNING: "accent", DETACHED: "accent", HELD: "faint"}
_MIME = "application/x-stdpbench-queue-item"
_Role = Qt.ItemDataRole


class QueueModel(QAbstractTableModel):
    """Table model with one row per queue item, in queue order.

    Attributes
    ----------
    place_wanted : signal of (int, str)
        Number of a dragged item and its new place (see `stdpbench.runs.queue.run_queue.Queue.move`).
    """

    place_wanted = pyqtSignal(int, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[tuple[Item, str]] = []
        self._entries: Mapping[str, Entry] = {}

    def item(self, row: int) -> Item:
        """Return the item of a row."""
        return self._rows[row][0]

    def standing(self, row: int) -> str:
        """Return the state of a row's item in the queue (`Queue.standing`)."""
        return self._rows[row][1]

    def state(self, row: int) -> str:
        """Return the displayed state of a row's item: paused if its run is paused."""
        item, standing = self._rows[row]
        entry = self._entries.get(item.folder)
        paused = standing in (RUNNING, DETACHED) and entry is not None and entry.state == PAUSED
        return PAUSED if paused else standing

    def row_of(self, number: int) -> int:
        """Return the row of an item; -1 if it is not in the queue."""
        return next((row for row, (item, _) in enumerate(self._rows) if item.number == number), -1)

    def movable(self) -> list[int]:
        """Return the numbers of the movable items, in order."""
        return [item.number for item, standing in self._rows if standing != RUNNING]

    def show(self, queue: QueueState, entries: Mapping[str, Entry]) -> None:
        """Show the current content of the queue."""
        self._entries = entries
        wanted = list(queue.items)
        numbers = [item.number for item, _ in wanted]
        for row in reversed(range(len(self._rows))):
            if self.item(row).number not in numbers:
                self.beginRemoveRows(QModelIndex(), row, row)
                del self._rows[row]
                self.endRemoveRows()
        for place, pair in enumerate(wanted):
            row = self.row_of(pair[0].number)
            if row < 0:
                self.beginInsertRows(QModelIndex(), place, place)
                self._rows.insert(place, pair)
                self.endInsertRows()
            elif row != place:  # always from further down, as the rows above are in place
                self.beginMoveRows(QModelIndex(), row, row, QModelIndex(), place)
                self._rows.insert(place, self._rows.pop(row))
                self.endMoveRows()
        self._rows = wanted
        if wanted:
            self.dataChanged.emit(self.index(0, 0), self.index(len(wanted) - 1, len(_TITLES) - 1))

    # -- Qt interface ----------------------------------------------------------------------------------------------

    def rowCount(self, parent: QModelIndex | None = None) -> int:  # noqa: N802 - Qt's name
        """Return the number of items."""
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def columnCount(self, parent: QModelIndex | None = None) -> int:  # noqa: N802 - Qt's name
        """Return the number of columns."""
        return 0 if parent is not None and parent.isValid() else len(_TITLES)

    def headerData(  # noqa: N802 - Qt's name
        self, section: int, orientation: Qt.Orientation, role: int = _Role.DisplayRole
    ) -> Any:
        """Return the titles of the columns."""
        if orientation == Qt.Orientation.Horizontal and role == _Role.DisplayRole:
            return _TITLES[section]
        return None

    def data(self, index: QModelIndex, role: int = _Role.DisplayRole) -> Any:
        """Return the text or style of a cell."""
        item, state = self.item(index.row()), self.state(index.row())
        column = _TITLES[index.column()]
        if role in (_Role.DisplayRole, _Role.ToolTipRole):
            return self._text(item, state, column)
        if role == _Role.TextAlignmentRole and column == "item":
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == _Role.ForegroundRole and column == "state":
            return QColor(getattr(theme.current(), _ROLE_OF.get(state, "ink")))
        return None

    def _text(self, item: Item, state: str, column: str) -> str:
        entry = self._entries.get(item.folder)
        words = {
            "item": str(item.number),
            "state": f"{_MARKS.get(state, '?')} {state}",
            "what": item.name,
            "progress": "",
            "added": run_columns.local_time(item.added),
            "reason": item.reason,
        }
        if entry is not None:
            words["progress"] = run_columns.text(entry, "progress")
        return words[column]

    # -- dragging --------------------------------------------------------------------------------------------------

    def flags(self, index: QModelIndex) -> Qt.ItemFlag:
        """Make rows draggable, except those of running items."""
        if not index.isValid():
            return Qt.ItemFlag.ItemIsDropEnabled
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren
        return flags if self.standing(index.row()) == RUNNING else flags | Qt.ItemFlag.ItemIsDragEnabled

    def supportedDropActions(self) -> Qt.DropAction:  # noqa: N802 - Qt's name
        """Allow moves only."""
        return Qt.DropAction.MoveAction

    def mimeTypes(self) -> list[str]:  # noqa: N802 - Qt's name
        """Accept only rows of the queue."""
        return [_MIME]

    def mimeData(self, indexes: Any) -> QMimeData:  # noqa: N802 - Qt's name
        """Return the number of the first dragged item."""
        data = QMimeData()
        row = min((index.row() for index in indexes), default=-1)
        data.setData(_MIME, str(self.item(row).number if row >= 0 else 0).encode())
        return data

    def dropMimeData(  # noqa: N802 - Qt's name
        self, data: QMimeData | None, action: Qt.DropAction, row: int, column: int, parent: QModelIndex
    ) -> bool:
        """Request the new place; return False, as the view must not move the row itself."""
        if data is None or not data.hasFormat(_MIME):
            return False
        number = int(bytes(data.data(_MIME).data()).decode())
        target = row if row >= 0 else parent.row() if parent.isValid() else len(self._rows)
        before = [item.number for item, standing in self._rows[:target] if standing != RUNNING]
        self.place_wanted.emit(number, str(len([other for other in before if other != number]) + 1))
        return False
