"""The queue below the history: its items in order, the processes running it, and their controls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from PyQt6.QtCore import (
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QSignalBlocker,
    Qt,
    pyqtSignal,
)
from PyQt6.QtGui import QColor, QKeyEvent, QKeySequence
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QMenu,
    QToolButton,
    QTreeView,
    QWidget,
)

from stdpbench.runs.catalog import columns as run_columns
from stdpbench.runs.catalog.store import Entry
from stdpbench.runs.protocol.states import State
from stdpbench.runs.queue.run_queue import DETACHED, FAILED, HELD, INTERRUPTED, RUNNING, WAITING, Item, Queue
from stdpbench.runs.queue.runner_process import AFTER, NOW, Runner, ask_runner, start_runner
from stdpbench.runs.watching import QueueState, RunsFolderState
from stdpbench_gui.look import theme
from stdpbench_gui.session.background import Background
from stdpbench_gui.widgets.basic import (
    Label,
    menu_action,
    menu_button,
    named,
    not_none,
    number_field,
    plain_tip,
    push_button,
    tool_button,
    wrapped,
)
from stdpbench_gui.widgets.layouts import hbox, vbox
from stdpbench_gui.widgets.tables import RowsModel, as_table

_TITLES = ("item", "state", "what", "progress", "added", "reason")
PAUSED = str(State.PAUSED)
_MARKS = {WAITING: "…", HELD: "‖", RUNNING: "▶", FAILED: "✗", DETACHED: "▶", INTERRUPTED: "⚠", PAUSED: "‖"}
_ROLE_OF = {FAILED: "wrong", INTERRUPTED: "wrong", RUNNING: "accent", DETACHED: "accent", HELD: "faint"}
_Role = Qt.ItemDataRole


class QueueModel(RowsModel):
    """Table model with one row per queue item, in queue order."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(_TITLES, parent=parent)
        self._entries: Mapping[str, Entry] = {}

    def key(self, row: tuple[Item, str]) -> int:
        """Return the number of an item."""
        return row[0].number

    def item(self, row: int) -> Item:
        """Return the item of a row."""
        item: Item = self.rows[row][0]
        return item

    def state(self, row: int) -> str:
        """Return the displayed state of a row's item: paused if its run is paused."""
        item, standing = self.rows[row]
        entry = self._entries.get(item.folder)
        paused = standing in (RUNNING, DETACHED) and entry is not None and entry.state == PAUSED
        return PAUSED if paused else str(standing)

    def movable(self) -> list[int]:
        """Return the numbers of the movable items, in order."""
        return [item.number for item, standing in self.rows if standing != RUNNING]

    def show(self, queue: QueueState, entries: Mapping[str, Entry]) -> None:
        """Show the current content of the queue."""
        self._entries = entries
        self.show_rows(list(queue.items))
        if self.rows:
            self.rows_changed(0, len(self.rows) - 1)

    # -- Qt interface ----------------------------------------------------------------------------------------------

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

    def flags(self, index: QModelIndex) -> Qt.ItemFlag:
        """Make rows selectable."""
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren


_LETTERS = (5, 12, 40, 12, 16, 12)  # the last column has the rest
_ROWS = 5  # maximum number of rows visible without scrolling


class QueueView(QTreeView):
    """View of the queue items; `keys` says what keys do, by their names."""

    keys: Mapping[str, Callable[[], object]]

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 - Qt's name
        """Act on a key that has a meaning here."""
        act = None if event is None else self.keys.get(QKeySequence(event.keyCombination()).toString())
        if act is not None:
            act()
        else:
            super().keyPressEvent(event)


class QueueBox(QWidget):
    """The queue of the runs folder; hidden while there is none.

    Attributes
    ----------
    reported : signal of (str, bool)
        A message, and whether it reports a failure.
    changed : signal
        The queue was changed; read it again.
    removed : signal of (str, callable, callable)
        Items were removed: name of the step, and functions that undo and redo it.
    add_wanted : signal
        Request to add items.
    """

    reported = pyqtSignal(str, bool)
    changed = pyqtSignal()
    removed = pyqtSignal(str, object, object)
    add_wanted = pyqtSignal()

    def __init__(self, runs: Path, background: Background) -> None:
        super().__init__()
        self.queue = Queue(runs)
        self._background = background
        self._runners: tuple[Runner, ...] = ()
        self._starting = False
        self.model = QueueModel(self)
        self.view = named(
            QueueView(),
            "Queue",
            tip="Alt with an arrow key moves an item; Delete removes it",
            style="rows",
        )
        self.view.setModel(self.model)
        as_table(self.view, striped=True)
        self.view.setAllColumnsShowFocus(True)
        self.view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        not_none(self.view.header()).setStretchLastSection(True)
        letter = self.view.fontMetrics().horizontalAdvance("n")
        for number, letters in enumerate(_LETTERS):
            self.view.setColumnWidth(number, letters * letter + theme.GRID)
        self.title = named(Label("Queue"), style="cardtitle")
        self.state = named(wrapped("", "faint"), "State of the queue")
        self._buttons()
        vbox(self._bar(), self.view, within=self, spacing=theme.GRID // 2)
        self.view.keys = {"Alt+Up": partial(self.step, -1), "Alt+Down": partial(self.step, 1), "Del": self.remove}
        not_none(self.view.selectionModel()).selectionChanged.connect(lambda *_: self._enable())
        self.show_seen(RunsFolderState({}, QueueState()))

    def _buttons(self) -> None:
        def button(text: str, slot: Callable[[], object], tip: str, name: str = "") -> QToolButton:
            return tool_button(text, clicked=lambda _=False: slot(), name=name or text, tip=plain_tip(tip))

        self.add_button = button("Add…", self.add_wanted.emit, "Add an experiment to the queue")
        self.hold_button = button("Hold", self.hold, "Keep items waiting until they are released", "Hold or release")
        self.remove_button = button(
            "Remove", self.remove, "Remove items from the queue; run folders are kept (Delete)"
        )
        self.up_button = button("▲", lambda: self.step(-1), "Earlier (Alt+Up)", "Earlier")
        self.down_button = button("▼", lambda: self.step(1), "Later (Alt+Down)", "Later")
        for small in (self.up_button, self.down_button):
            small.setFixedWidth(4 * theme.GRID)
        tip = "Run the queue in a separate process"
        self.start_button = push_button("Start", clicked=lambda _=False: self.start(), tip=tip, style="primary")
        menu = QMenu(self)
        for text, when in (("After the active runs", AFTER), ("Now; runs can be resumed", NOW)):
            menu_action(menu, text, partial(self.stop, when))
        self.stop_button = menu_button("Stop", menu, name="Stop the queue", tip="Start no more items")
        tip = "Maximum number of runs at the same time"
        self.at_once = number_field(
            1, 64, 1, "Concurrent runs", tip=tip, prefix="at a time: ", changed=self._set_at_once
        )

    def _bar(self) -> QHBoxLayout:
        items = self.up_button, self.down_button, self.hold_button, self.remove_button, self.add_button
        process = hbox(self.at_once, self.start_button, self.stop_button, margins=(theme.GRID, 0, 0, 0))
        return hbox(self.title, (self.state, 1), *items, process, spacing=theme.GRID)

    # -- content ---------------------------------------------------------------------------------------------------

    def show_seen(self, seen: RunsFolderState) -> None:
        """Show the current content of the runs folder."""
        self.model.show(seen.queue, seen.entries)
        self._runners = seen.queue.runners
        n = self.model.rowCount()
        self.setVisible(n > 0 or bool(self._runners))
        self.view.setVisible(n > 0)
        if n:
            height = self.view.sizeHintForRow(0) * min(n, _ROWS) + 2 * self.view.frameWidth()
            header = self.view.header()
            self.view.setFixedHeight(height + (header.sizeHint().height() if header is not None else 0) + 2)
        self.state.setText(self.words())
        self.view.setAccessibleDescription(self.words())
        if self._runners and not self.at_once.hasFocus():
            with QSignalBlocker(self.at_once):
                self.at_once.setValue(self._runners[0].at_once)
        self._enable()

    def words(self) -> str:
        """Describe the queue in a sentence."""
        states = [self.model.state(row) for row in range(self.model.rowCount())]
        kinds = (RUNNING, PAUSED, DETACHED, WAITING, HELD, FAILED)
        counts = [f"{n} {kind}" for kind in kinds if (n := states.count(kind))]
        text = ", ".join(counts) or "empty"
        if not self._runners:
            return f"{text} · queue not running" if states else text
        stopping = next((runner.stopping for runner in self._runners if runner.stopping), "")
        who = ", ".join(f"process {runner.pid}" for runner in self._runners)
        when = {AFTER: "after the active runs"}.get(stopping, stopping)
        return f"{text} · run by {who}{f', stopping {when}' if when else ''}"

    def chosen(self) -> list[Item]:
        """Return the selected items, in order."""
        selection = not_none(self.view.selectionModel())
        return [self.model.item(row) for row in sorted({index.row() for index in selection.selectedRows()})]

    def _enable(self) -> None:
        chosen = self.chosen()
        at_rest = bool(chosen) and not any(self._runs(item) for item in chosen)
        held = bool(chosen) and all(item.state in (HELD, FAILED) for item in chosen)
        self.hold_button.setText("Release" if held else "Hold")
        self.hold_button.setEnabled(at_rest)
        self.remove_button.setEnabled(at_rest)
        one = chosen[0].number if at_rest and len(chosen) == 1 else -1
        movable = self.model.movable()
        self.up_button.setEnabled(one in movable and movable[0] != one)
        self.down_button.setEnabled(one in movable and movable[-1] != one)
        waits = any(standing not in (HELD, FAILED) for _, standing in self.model.rows)
        self.start_button.setVisible(not self._runners)
        self.start_button.setEnabled(waits and not self._starting)
        self.stop_button.setVisible(bool(self._runners))

    def _runs(self, item: Item) -> bool:
        return (item, RUNNING) in self.model.rows

    # -- actions ---------------------------------------------------------------------------------------------------

    def hold(self) -> None:
        """Hold the selected items, or release them if all are held or failed."""
        numbers, release = [item.number for item in self.chosen()], self.hold_button.text() == "Release"
        if numbers:
            self._do(lambda: self.queue.release(numbers) if release else self.queue.hold(numbers))

    def remove(self) -> None:
        """Remove the selected items from the queue."""
        chosen = self.chosen()
        if not chosen:
            return
        numbers, queue = [item.number for item in chosen], self.queue
        names = chosen[0].name if len(chosen) == 1 else f"{len(chosen)} items"
        again: list[int] = []

        def put_back() -> str:
            again[:] = [queue.put_back(item).number for item in chosen]
            return f"Added {names} to the end of the queue again."

        def take_out() -> str:
            queue.remove(again)
            return f"Removed {names} from the queue."

        text = f"removing {names} from the queue"
        self._do(lambda: queue.remove(numbers), lambda _: self.removed.emit(text, put_back, take_out))

    def step(self, by: int) -> None:
        """Move the selected item one place up or down."""
        chosen, movable = self.chosen(), self.model.movable()
        if len(chosen) == 1 and chosen[0].number in movable:
            place = movable.index(chosen[0].number) + by
            if 0 <= place < len(movable):
                number = chosen[0].number
                self._do(lambda: self.queue.move(number, str(place + 1)), lambda _: self._choose(number))

    def _choose(self, number: int) -> None:
        selection, row = self.view.selectionModel(), self.model.row_of(number)
        if selection is not None and row >= 0:
            flags = QItemSelectionModel.SelectionFlag
            selection.setCurrentIndex(self.model.index(row, 0), flags.ClearAndSelect | flags.Rows)

    def start(self) -> None:
        """Start a process that runs the queue."""
        runs, at_once = self.queue.runs, self.at_once.value()
        self._starting = True
        self._enable()

        def ended(sentence: str, failed: bool) -> None:
            self._starting = False
            self._enable()
            self.reported.emit(sentence, failed)
            self.changed.emit()

        self._background.do(
            lambda: start_runner(runs, at_once),
            lambda _: ended("The queue was started. It continues when this window is closed.", False),
            lambda reason: ended(f"Cannot start the queue: {reason}", True),
        )

    def stop(self, when: str) -> None:
        """Request that every process running the queue stop, `NOW` or `AFTER` the active runs."""
        self._ask(stop=when)

    def _set_at_once(self, n: int) -> None:
        if self._runners:
            self._ask(at_once=n)

    def _ask(self, *, at_once: int = 0, stop: str = "") -> None:
        names, runs = [runner.name for runner in self._runners], self.queue.runs

        def ask() -> None:
            for name in names:
                ask_runner(runs, name, at_once=at_once, stop=stop)

        self._do(ask)

    def _do(self, work: Callable[[], object], done: Callable[[object], object] = lambda _: None) -> None:
        def taken(outcome: object) -> None:
            done(outcome)
            self.changed.emit()

        self._background.do(
            work, taken, lambda reason: self.reported.emit(f"The queue was not changed: {reason}", True)
        )
