"""The history as a table: its model, columns, sorting, and keys that act on rows.

Search, order and cell texts come from `stdpbench.runs`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

from PyQt6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QItemSelectionRange,
    QModelIndex,
    QObject,
    QRectF,
    QSettings,
    QSize,
    Qt,
    pyqtSignal,
)
from PyQt6.QtGui import QColor, QFont, QKeyEvent, QPainter, QPalette, QPixmap, QResizeEvent
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
)

from stdpbench.base.units import thousands
from stdpbench.runs.catalog import columns as run_columns
from stdpbench.runs.catalog.filters import order
from stdpbench.runs.catalog.search import Search, find_runs
from stdpbench.runs.catalog.store import Entry
from stdpbench.runs.folder.run_folder import now
from stdpbench_gui.look import run_lines, theme
from stdpbench_gui.widgets.basic import check_action, menu_action, named, not_none, plain_tip
from stdpbench_gui.widgets.tables import RowsModel, as_table

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
        return self._tick(entry, role) if index.column() == 0 else None

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


_LETTERS = {
    "name": 40,
    "starred": 2,
    "title": 20,
    "tags": 14,
    "notes": 30,
    "changed": 24,
    "state": 12,
    "progress": 12,
    "experiment": 9,
    "seed": 4,
    "started": 15,
    "ended": 15,
    "duration": 7,
    "vote": 17,
    "parent": 40,
    "branches": 7,
    "path": 50,
    "reason": 40,
}
"""Widths of columns, in units of the letter n."""
_SHRINKING = {"name": 39, "title": 8, "tags": 6, "progress": 11, "vote": 14, "parent": 8, "experiment": 6}
"""Widths to which columns shrink before the table scrolls sideways, in the same units."""
_OPTIONAL = ("title", "tags", "notes", "progress", "parent", "branches")
"""Columns that are as narrow as their heading, or hidden where others lack room, while no run has a text in them."""
_LEAST = 0.6
"""Part of these widths that is left where even they do not fit."""
_WHOLE = ("name", "starred", "duration")
_IN_NAMES = ("seed", "started")
"""Columns that the usual name of a run repeats."""
_BAR = 3  # pixels
_LINES = 8  # minimum height in lines of text


class ProgressDelegate(QStyledItemDelegate):
    """Draws the progress of an active run as a bar below the text."""

    def __init__(self, table: RunsTable) -> None:
        super().__init__(table)
        self._table = table

    def initStyleOption(self, option: QStyleOptionViewItem | None, index: QModelIndex) -> None:  # noqa: N802 - Qt's
        """Make unticked check boxes visible: Fusion draws their outline in the window colour, which may be black."""
        super().initStyleOption(option, index)
        if option is not None and index.column() == 0:
            option.palette.setColor(QPalette.ColorRole.Window, QColor(theme.current().faint))

    def paint(self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """Draw text and bar."""
        super().paint(painter, option, index)
        model = self._table.runs
        entry = model.entry(index)
        if painter is None or model.columns[index.column()] != "progress" or not entry.total:
            return
        if not run_columns.is_active(entry):
            return
        room = QRectF(option.rect).adjusted(4, 0, -4, -2)
        bar = QRectF(room.left(), room.bottom() - _BAR, room.width(), _BAR)
        colours = theme.current()
        whole, part = QColor(colours.line), QColor(colours.accent if entry.state != "paused" else colours.faint)
        if option.state & QStyle.StateFlag.State_Selected:  # the background then has the colour of the bar
            part = option.palette.color(QPalette.ColorRole.HighlightedText)
            whole = theme.faded(part, 0.35)
        painter.save()
        painter.fillRect(bar, whole)
        bar.setWidth(bar.width() * min(1.0, (entry.done or 0) / entry.total))
        painter.fillRect(bar, part)
        painter.restore()


class RunsTable(QTreeView):
    """Table with one row per run.

    Attributes
    ----------
    opened : signal of Entry
        A run was double-clicked, or Enter pressed on it.
    asked : signal of str
        Action requested with a key: ``"delete"``, ``"tick"``, ``"star"``.
    star_wanted : signal of Entry
        The star of a run was clicked.
    menu_wanted : signal of QPoint
        Request for the context menu at a screen position.
    """

    opened = pyqtSignal(object)
    asked = pyqtSignal(str)
    star_wanted = pyqtSignal(object)
    menu_wanted = pyqtSignal(object)

    def __init__(self, model: RunsModel, settings: QSettings) -> None:
        super().__init__()
        self.runs = model
        self._settings = settings
        self.setModel(model)
        self.setItemDelegate(ProgressDelegate(self))
        as_table(self, striped=True)
        self.setAllColumnsShowFocus(True)
        self.setSortingEnabled(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setExpandsOnDoubleClick(False)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setMinimumHeight(_LINES * self.fontMetrics().lineSpacing())
        self.setObjectName("rows")
        self.setAccessibleName("History of runs")
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(
            lambda place: self.menu_wanted.emit(not_none(self.viewport()).mapToGlobal(place))
        )
        self.doubleClicked.connect(self._on_double_click)
        self.clicked.connect(self._on_click)
        header = named(
            not_none(self.header()),
            "Columns; choose them in the context menu",
            tip="Click to sort, right-click to choose columns, drag to reorder or resize.",
        )
        self.column_menu = QMenu(self)
        self.column_menu.aboutToShow.connect(self._fill_column_menu)
        header.setStretchLastSection(False)
        header.setSectionsMovable(True)
        header.setFirstSectionMovable(False)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(
            lambda place: self.column_menu.popup(not_none(self.header()).mapToGlobal(place))
        )
        header.sortIndicatorChanged.connect(lambda *_: self.save())
        header.sectionMoved.connect(lambda *_: self.save())
        header.sectionResized.connect(self._on_resized)
        self._restore()

    # -- rows ------------------------------------------------------------------------------------------------------

    def chosen(self) -> list[Entry]:
        """Return the selected runs, from top to bottom."""
        selection = not_none(self.selectionModel()).selection()
        parts = [selection[number] for number in range(len(selection))]
        rows = {row for part in parts for row in range(part.top(), part.bottom() + 1)}
        return [self.runs.entry(self.runs.index(row, 0)) for row in sorted(rows)]

    def choose(self, names: Iterable[str]) -> bool:
        """Select those of the runs that are shown and scroll to the first; return whether there is one."""
        rows = [row for name in names if (row := self.runs.row_of(name)) >= 0]
        selection = not_none(self.selectionModel())
        if not rows:
            return False
        flags = QItemSelectionModel.SelectionFlag
        first, last = self.runs.index(rows[0], 0), len(self.runs.columns) - 1
        wanted, begin = QItemSelection(), -1
        for row, follower in pairwise([*sorted(rows), -1]):
            begin = row if begin < 0 else begin
            if follower != row + 1:
                wanted.append(QItemSelectionRange(self.runs.index(begin, 0), self.runs.index(row, last)))
                begin = -1
        selection.setCurrentIndex(first, flags.NoUpdate)
        selection.select(wanted, flags.ClearAndSelect)  # at once: each change of the selection is followed
        self.scrollTo(first)
        return True

    def _on_double_click(self, index: QModelIndex) -> None:
        """Edit a title or tags, or open the run."""
        column = self.runs.columns[index.column()]
        if column in WRITTEN:
            self.edit(index)
        elif column != "starred":  # a fast second click on it
            self.opened.emit(self.runs.entry(index))

    def _on_click(self, index: QModelIndex) -> None:
        if self.runs.columns[index.column()] == "starred":
            self.star_wanted.emit(self.runs.entry(index))
        else:
            self._follow_link(index)

    def write(self, column: str) -> bool:
        """Edit the title or the tags of the current run in place; return False if the column is not shown."""
        index = self.currentIndex()
        if not index.isValid() or column not in self.runs.columns:
            return False
        cell = self.runs.index(index.row(), self.runs.columns.index(column))
        self.scrollTo(cell)
        self.edit(cell)
        return True

    def _follow_link(self, index: QModelIndex) -> None:
        """Select the parent or the branches of a run when their cell is clicked."""
        column, entry = self.runs.columns[index.column()], self.runs.entry(index)
        if column not in LINKS or not self.runs.text(entry, column):
            return
        names = [self.runs.parent_of(entry)] if column == "parent" else self.runs.branches_of(entry)
        if not self.choose(names):
            self.asked.emit(f"missing {column}")

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 - Qt's name
        """Open with Enter, tick with Space, delete with Delete, star with *; keys of an open editor are its own."""
        if self.state() == QAbstractItemView.State.EditingState:
            return
        if event is not None and event.text() == "*":
            self.asked.emit("star")
            return
        if event is not None and event.modifiers() in (
            Qt.KeyboardModifier.NoModifier,
            Qt.KeyboardModifier.KeypadModifier,
        ):
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                if self.currentIndex().isValid():
                    self.opened.emit(self.runs.entry(self.currentIndex()))
                return
            if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Space):
                self.asked.emit("delete" if event.key() == Qt.Key.Key_Delete else "tick")
                return
        super().keyPressEvent(event)

    # -- columns ---------------------------------------------------------------------------------------------------

    def show_columns(self, columns: Sequence[str]) -> None:
        """Show these columns, keeping the selection."""
        chosen, sort = [entry.name for entry in self.chosen()], self.runs.sort_by
        self._loading = True
        self.runs.show_columns(columns)
        self._size_columns()
        self._show_sort(sort)
        self._loading = False
        self.choose(chosen)
        self.save()

    def _fill_column_menu(self) -> None:
        """Fill the menu with the columns that the runs have now."""
        menu = self.column_menu
        menu.clear()
        for heading, paths in run_columns.columns(self.runs.entries).items():
            inner = menu if heading == "run" else not_none(menu.addMenu(heading))
            for path in [*paths, *(["branches"] if heading == "run" else [])]:
                toggle = partial(self._toggle, path)
                action = check_action(inner, run_columns.title(path), path in self.runs.columns, toggle)
                action.setEnabled(path != "name")
            if heading == "run":
                menu.addSeparator()
        menu.addSeparator()
        menu_action(menu, "Default columns", lambda: self.show_columns(USUAL))

    def _toggle(self, path: str, on: bool) -> None:
        shown = self._in_order()
        self.show_columns([*shown, path] if on else [column for column in shown if column != path])

    def _in_order(self) -> list[str]:
        """Return the columns in visual order."""
        header = not_none(self.header())
        return [self.runs.columns[header.logicalIndex(place)] for place in range(len(self.runs.columns))]

    def _size_columns(self) -> None:
        """Give columns their widths; where room is lacking, some shrink, so that the table need not scroll."""
        header, letter = not_none(self.header()), self.fontMetrics().horizontalAdvance("n")
        self._sizing = True
        wanted, least = {}, {}
        for column in self.runs.columns:
            heading = len(run_columns.title(column)) + 2
            letters = self._widths.get(column, _LETTERS.get(column, max(10, heading + 1)))
            if column in _OPTIONAL and not self.runs.is_filled(column):
                letters = min(letters, heading)
            wanted[column] = round(letters * letter) + 2 * theme.GRID
            least[column] = min(wanted[column], round(_SHRINKING.get(column, letters) * letter) + 2 * theme.GRID)
        room = not_none(self.viewport()).width() - sum(least.values())
        empty = [column for column in _OPTIONAL if column in least and not self.runs.is_filled(column)]
        lacking = room < sum(wanted.values()) - sum(least.values())
        hidden = [column for column in empty if room < 0 or (lacking and column not in WRITTEN)]
        hidden += [name for name in (*LINKS, *_IN_NAMES) if name in least and name not in hidden and room < 0]
        room += sum(least.pop(column) for column in hidden)
        if room < 0:  # all columns, whose texts the tooltips show
            narrowed = sum(width for column, width in least.items() if column not in _WHOLE)
            part = max(_LEAST, (narrowed + room) / narrowed)
            least = {column: width if column in _WHOLE else int(part * width) for column, width in least.items()}
        spare = sum(wanted[column] for column in least) - sum(least.values())
        share = min(1.0, max(0.0, room / spare)) if spare else 1.0
        for number, column in enumerate(self.runs.columns):
            self.setColumnHidden(number, column in hidden)
            least_here = least.get(column, wanted[column])
            self.setColumnWidth(number, int(least_here + share * (wanted[column] - least_here)))
            header.setSectionResizeMode(number, QHeaderView.ResizeMode.Interactive)
        self._sizing = False

    def fit(self) -> None:
        """Fit the widths of the columns to the width of the table and to what the runs have."""
        filled = tuple(self.runs.is_filled(column) for column in _OPTIONAL)
        now = not_none(self.viewport()).width(), filled
        if now != self._fitted:
            self._fitted = now
            self._size_columns()

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        """Fit the columns to the new width."""
        super().resizeEvent(event)
        self.fit()

    def _on_resized(self, number: int, _: int, width: int) -> None:
        """Remember the width that a person gave a column."""
        if not self._sizing and not self._loading and number < len(self.runs.columns):
            letter = self.fontMetrics().horizontalAdvance("n")
            self._widths[self.runs.columns[number]] = (width - 2 * theme.GRID) / letter
            self.save()

    def _show_sort(self, sort: str) -> None:
        column = sort.removeprefix("-")
        descending = sort.startswith("-")
        if column not in self.runs.columns:
            column, descending = "name", False
        order = Qt.SortOrder.DescendingOrder if descending else Qt.SortOrder.AscendingOrder
        self.sortByColumn(self.runs.columns.index(column), order)

    def save(self) -> None:
        """Save columns, their order and width, and the sorting."""
        if self._loading:
            return
        self._settings.setValue("runs/columns", json.dumps(self._in_order()))
        self._settings.setValue("runs/letters", json.dumps(self._widths))
        self._settings.setValue("runs/sort", self.runs.sort_by)

    def _restore(self) -> None:
        columns, widths = self._remembered("columns", list(USUAL)), self._remembered("letters", {})
        self._widths = {str(k): float(v) for k, v in widths.items()} if isinstance(widths, dict) else {}
        texts = [column for column in columns if isinstance(column, str)] if isinstance(columns, list) else list(USUAL)
        self.runs.show_columns(texts)
        self._size_columns()
        self._show_sort(str(self._settings.value("runs/sort", "-started")))
        self._loading = False

    def _remembered(self, name: str, usual: object) -> object:
        try:
            return json.loads(str(self._settings.value(f"runs/{name}", json.dumps(usual))))
        except ValueError:
            return usual

    _loading = True
    _sizing = False
    _fitted: object = None
    _widths: dict[str, float]
    """In letters n, so that they hold for letters of another size."""
