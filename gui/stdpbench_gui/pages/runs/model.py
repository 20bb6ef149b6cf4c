"""Qt model of the history; search, order and cell texts come from `stdpbench.runs`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PyQt6.QtCore import QModelIndex, QObject, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QFont, QPainter, QPixmap

from stdpbench.base.units import thousands
from stdpbench.runs.catalog import columns as run_columns
from stdpbench.runs.catalog.filters import order
from stdpbench.runs.catalog.search import Search, find_runs
from stdpbench.runs.catalog.store import Entry
from stdpbench.runs.folder.run_folder import now
from stdpbench_gui.look import run_lines, theme
from stdpbench_gui.widgets.basic import plain_tip
from stdpbench_gui.widgets.tables import RowsModel

USUAL = (
    "name",
    "starred",
    "title",
    "tags",
    "state",
    "progress",
    "seed",
    "started",
    "duration",
    "vote",
    "parent",
    "branches",
)
LINKS = ("parent", "branches")
"""Columns that link to other runs."""
WRITTEN = ("title", "tags")
"""Columns whose cells are edited in place."""
NO_STAR = "☆"
_Role = Qt.ItemDataRole
_ROLE_OF = {"finished": "right", "failed": "wrong", "damaged": "wrong", "running": "accent", "building": "accent"}


class RunsModel(RowsModel):
    """Table model with one row per run.

    Attributes
    ----------
    ticks_wanted : signal of (str, bool)
        The check box of a run was clicked.
    note_wanted : signal of (Entry, str, str)
        The cell of a run in one of the columns `WRITTEN` was edited.
    columns : list of str
        Shown columns, from left to right.
    """

    ticks_wanted = pyqtSignal(str, bool)
    note_wanted = pyqtSignal(object, str, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(list(USUAL), parent=parent)
        self.sort_by = "-started"
        self._all: Mapping[str, Entry] = {}
        self._children: dict[str, list[str]] = {}
        self._numeric: dict[str, bool] = {}
        self._search = Search()
        self._now = now()
        self._slots: Mapping[str, int] = {}

    # -- content ---------------------------------------------------------------------------------------------------

    @property
    def entries(self) -> list[Entry]:
        """The shown runs, in order."""
        return list(self.rows)

    @property
    def n_all(self) -> int:
        """Number of all runs, shown or not."""
        return len(self._all)

    def entry(self, index: QModelIndex) -> Entry:
        """Return the run of a row."""
        entry: Entry = self.rows[index.row()]
        return entry

    def key(self, row: Entry) -> str:
        """Return the name of a run."""
        return row.name

    def branches_of(self, entry: Entry) -> list[str]:
        """Return the names of a run's branches."""
        return self._children.get(entry.id, []) if entry.id else []

    def is_filled(self, column: str) -> bool:
        """Return whether a run has a text in a column, which needs no room otherwise."""
        if column == "branches":
            return bool(self._children)
        if column == "progress":
            return any(entry.state != "finished" for entry in self._all.values())
        return any(getattr(entry, column, True) for entry in self._all.values())

    def parent_of(self, entry: Entry) -> str:
        """Return the name of a run's parent; empty if it is not in the list."""
        return next((one.name for one in self._all.values() if entry.parent_id and one.id == entry.parent_id), "")

    def show_entries(self, entries: Mapping[str, Entry]) -> None:
        """Show the current content of the runs folder."""
        self._all = entries
        children: dict[str, list[str]] = {}
        for entry in entries.values():
            if entry.parent_id:
                children.setdefault(entry.parent_id, []).append(entry.name)
        more, self._children = children != self._children, children
        self._numeric.clear()
        self._arrange()
        if more and self.rows and "branches" in self.columns:
            self.rows_changed(0, len(self.rows) - 1, self.columns.index("branches"))

    def show_search(self, search: Search) -> None:
        """Show the runs that match a search.

        Raises
        ------
        StdpbenchError
            If no run has a column of the search; the rows are then unchanged.
        """
        find_runs(self._all.values(), search)
        self._search = search
        self._arrange()

    def show_ticks(self, slots: Mapping[str, int]) -> None:
        """Show which runs are ticked, and in which line style they are drawn."""
        changed = {name for name in {*slots, *self._slots} if slots.get(name) != self._slots.get(name)}
        self._slots = dict(slots)
        for name in changed:
            row = self.row_of(name)
            if row >= 0:
                self.rows_changed(row, row, 0)

    def show_columns(self, columns: Sequence[str]) -> None:
        """Show these columns; the name always comes first."""
        self.beginResetModel()
        self.columns = ["name", *(column for column in columns if column != "name")]
        self.endResetModel()

    def _value(self, entry: Entry, column: str) -> Any:
        if column == "branches":
            return len(self.branches_of(entry)) or None
        if column == "progress":
            return None if not entry.total else (entry.done or 0) / entry.total
        return entry.value(column)

    def _wanted(self) -> list[Entry]:
        chosen = [entry for entry in self._all.values() if self._search.passes(entry)]
        column = self.sort_by.removeprefix("-")
        return order(chosen, lambda entry: self._value(entry, column), self.sort_by.startswith("-"))

    def _arrange(self) -> None:
        known = {entry.name: entry for entry in self.rows}
        self._now = now()
        self.show_rows(self._wanted())
        for row, entry in enumerate(self.rows):
            if entry is not known.get(entry.name, entry) or run_columns.is_active(entry):
                self.rows_changed(row, row)

    # -- Qt interface ----------------------------------------------------------------------------------------------

    def flags(self, index: QModelIndex) -> Qt.ItemFlag:
        """Make rows selectable, and the first column checkable."""
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren
        if self.columns[index.column()] in WRITTEN:
            return flags | Qt.ItemFlag.ItemIsEditable
        return flags | Qt.ItemFlag.ItemIsUserCheckable if index.column() == 0 else flags

    def text(self, entry: Entry, column: str) -> str:
        """Return the text of a cell."""
        if column == "branches":
            n = len(self.branches_of(entry))
            return thousands(n) if n else ""
        if column == "starred" and not entry.starred:
            return NO_STAR
        return run_columns.text(entry, column, self._now)

    def data(self, index: QModelIndex, role: int = _Role.DisplayRole) -> Any:
        """Return the text or style of a cell."""
        entry, column = self.entry(index), self.columns[index.column()]
        if role == _Role.DisplayRole:
            return self.text(entry, column)
        if role == _Role.TextAlignmentRole:
            return int(self._side(column) | Qt.AlignmentFlag.AlignVCenter)
        if role == _Role.ForegroundRole:
            return self._ink(entry, column)
        if role == _Role.FontRole and column in LINKS and self.text(entry, column):
            font = QFont()
            font.setUnderline(True)
            return font
        if role == _Role.ToolTipRole:
            return plain_tip(self._tip(entry, column))
        if role == _Role.EditRole and column in WRITTEN:
            return entry.title if column == "title" else " ".join(entry.tags)
        if role == _Role.AccessibleTextRole and column == "starred":
            return "starred" if entry.starred else "not starred"
        if index.column() == 0:
            return self._tick(entry, role)
        return None

    def _tick(self, entry: Entry, role: int) -> Any:
        slot = self._slots.get(entry.name)
        if role == _Role.CheckStateRole:
            return Qt.CheckState.Unchecked if slot is None else Qt.CheckState.Checked
        if role == _Role.DecorationRole and slot is not None:
            return _swatch(slot)
        if role == _Role.AccessibleTextRole:
            return f"{entry.name}, {entry.state}{', ticked' if slot is not None else ''}"
        return None

    def _side(self, column: str) -> Qt.AlignmentFlag:
        if column == "starred":
            return Qt.AlignmentFlag.AlignHCenter
        if column not in self._numeric:
            self._numeric[column] = column == "branches" or run_columns.is_number(self._all.values(), column)
        return Qt.AlignmentFlag.AlignRight if self._numeric[column] else Qt.AlignmentFlag.AlignLeft

    def _ink(self, entry: Entry, column: str) -> QColor | None:
        colours = theme.current()
        if column == "state":
            return QColor(getattr(colours, _ROLE_OF.get(entry.state, "ink")))
        if column == "starred":
            return QColor(colours.accent if entry.starred else colours.faint)
        return QColor(colours.accent) if column in LINKS else None

    def _tip(self, entry: Entry, column: str) -> str:
        if column == "state" and (entry.reason or entry.changes):
            reason = f"{entry.state}: {entry.reason}" if entry.reason else entry.state
            return f"{reason}\n{run_columns.changes_text(entry)}".strip()
        if column == "starred":
            return "Click to take the star away (*)" if entry.starred else "Click to give it a star (*)"
        if column == "notes":
            return entry.notes
        if column == "parent" and entry.parent:
            return f"Branch of {entry.parent}; click to show it"
        if column == "branches":
            return "\n".join(self.branches_of(entry))
        if column == "name":
            return "\n".join(filter(None, [entry.title, str(entry.path), entry.notes]))
        return self.text(entry, column)

    def setData(self, index: QModelIndex, value: Any, role: int = _Role.EditRole) -> bool:  # noqa: N802 - Qt's name
        """Request to tick or untick a run, or to note something on it; the cell follows."""
        column = self.columns[index.column()]
        if role == _Role.EditRole and column in WRITTEN:
            if str(value) != self.data(index, _Role.EditRole):
                self.note_wanted.emit(self.entry(index), column, str(value))
            return True
        if role != _Role.CheckStateRole or index.column() != 0:
            return False
        self.ticks_wanted.emit(self.entry(index).name, Qt.CheckState(value) == Qt.CheckState.Checked)
        return True

    def headerData(  # noqa: N802 - Qt's name
        self, section: int, orientation: Qt.Orientation, role: int = _Role.DisplayRole
    ) -> Any:
        """Return the titles of the columns."""
        if orientation != Qt.Orientation.Horizontal or section >= len(self.columns):
            return None
        column = self.columns[section]
        if role == _Role.DisplayRole:
            return run_columns.title(column)
        if role == _Role.TextAlignmentRole:
            return int(self._side(column) | Qt.AlignmentFlag.AlignVCenter)
        return (
            f"Sort by {column if column == 'starred' else run_columns.title(column)}"
            if role == _Role.ToolTipRole
            else None
        )

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; runs without a value always come last."""
        if 0 <= column < len(self.columns):
            self.sort_by = f"{'-' if order == Qt.SortOrder.DescendingOrder else ''}{self.columns[column]}"
            self._arrange()


def _swatch(slot: int) -> QPixmap:
    """Return a sample of the line that a run is drawn with."""
    picture = QPixmap(QSize(22, 10))
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setPen(run_lines.pen(slot, 3))
    painter.drawLine(1, 5, 21, 5)
    painter.end()
    return picture
