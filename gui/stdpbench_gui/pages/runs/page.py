"""The Runs page: the queue above, the history below it, and what is ticked compared at the bottom."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import QByteArray, QPoint, QSettings, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QHideEvent, QShowEvent
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QSplitter, QToolButton, QVBoxLayout, QWidget

from stdpbench.errors import StdpbenchError
from stdpbench.runs.catalog import columns
from stdpbench.runs.catalog.search import Search
from stdpbench.runs.catalog.store import Entry
from stdpbench.runs.watching import Seen
from stdpbench.units import thousands
from stdpbench_gui.look import theme
from stdpbench_gui.pages.runs.comparison import ComparisonPanel
from stdpbench_gui.pages.runs.model import RunsModel
from stdpbench_gui.pages.runs.queue_box import QueueBox
from stdpbench_gui.pages.runs.row_actions import Doing
from stdpbench_gui.pages.runs.run_actions import (
    Deed,
    RunActions,
    at_rest,
    can_pause,
    can_resume,
    can_wait,
    has_parent,
    is_active,
    is_finished,
    whole,
)
from stdpbench_gui.pages.runs.selection import Ticks
from stdpbench_gui.pages.runs.table import RunsTable
from stdpbench_gui.pages.runs.watcher import Watcher
from stdpbench_gui.session.background import Background
from stdpbench_gui.session.overlays import Overlays
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.widgets.actions import Actions
from stdpbench_gui.widgets.basic import Elided, action_button, explain, short_path, wrapped
from stdpbench_gui.widgets.notices import Notices
from stdpbench_gui.widgets.undo import Steps

_QUEUE, _LOOK = "queue", "look"
"""Subjects of notices."""
_TYPING_MS = 150
_SEARCH_LETTERS = 18
_SEARCH_TIP = (
    "Words, or filters as of `stdpbench list`: state=finished, vote&gt;0.9, plasticity.nu_post=0.02, exc.tau_m=80 ms, "
    "experiment=digits*, parent=none. Several narrow it down."
)
_HELP = (
    "Above, the queue: what waits for its turn, worked off by a process of its own. Below it the history: all runs of "
    "the runs folder, those of the command line too. A click on a column sorts, the search field filters, Space ticks "
    "a run so that it is drawn over others at the bottom, Enter opens it on the Train page, the context menu has all "
    "that can be done with it. What is deleted lies in the bin, and Ctrl+Z brings it back."
)


class RunsPage(QWidget):
    """All runs of the runs folder: what waits, what there is, what is compared.

    Attributes
    ----------
    run_chosen : signal of Path
        A run shall be shown on the Train page.
    evaluation_wanted : signal of Path
        A finished run shall be evaluated.
    wanted : signal
        The page shall come to the front.
    """

    run_chosen = pyqtSignal(object)
    evaluation_wanted = pyqtSignal(object)
    wanted = pyqtSignal()

    def __init__(
        self, runs: Path, session: RunSession, overlays: Overlays, actions: Actions, settings: QSettings
    ) -> None:
        super().__init__()
        self.runs = runs
        self._settings = settings
        self._background = Background(self)
        self.watcher = Watcher(runs, self)
        self.notices = Notices()
        self.steps = Steps(self._background, self)
        self.doing = Doing(runs, self._background, self.notices, self.steps, self)
        self.ticks = Ticks(overlays, self)
        self.model = RunsModel(self)
        self.table = RunsTable(self.model, settings)
        self.queue = QueueBox(runs, self._background)
        self.comparison = ComparisonPanel(session, self.ticks)
        self._wished: list[str] = []
        self._remarks: tuple[str, ...] = ()
        self._worked_on = False  # whether a process worked on the queue at the last look
        self.drawing_cost = 0.0
        self._make_actions(actions)
        self._lay_out()
        self._connect()
        self._restore()

    # -- layout ----------------------------------------------------------------------------------------------------

    def _make_actions(self, actions: Actions) -> None:
        doing = self.doing
        self.run_actions = RunActions(actions, self.table.chosen, self._deeds())
        actions.add("runs-find", "R&uns", "&Find runs", self.find_runs, "Ctrl+F", "Filter the history")
        self.bin_action = actions.add("runs-bin", "R&uns", "B&in…", doing.open_bin, "", "Runs that were deleted")
        actions.separator("R&uns")
        actions.add("queue-add", "R&uns", "&Add to the queue…", self._ask_what_to_queue, "Ctrl+Shift+A")
        actions.add("queue-start", "R&uns", "Start &working on the queue", self.queue.start)

    def _deeds(self) -> list[Deed | None]:
        doing = self.doing
        return [
            Deed("open", "&Open in Train", self._open, whole, "Show the run, with all panels (Enter)", one=True),
            Deed("evaluate", "E&valuate", self._evaluate, is_finished, "What it has learned", one=True),
            None,
            Deed("pause", "&Pause", doing.pause, can_pause, "Have it stand between two presentations"),
            Deed("resume", "&Resume", doing.resume, can_resume, "Have it go on, or begin"),
            Deed("stop", "&Stop", doing.stop, is_active, "End it; it can be resumed"),
            Deed("enqueue", "Put into the &queue", doing.put_into_queue, can_wait, "Have it wait for its turn"),
            None,
            Deed("branch", "&Branch…", _one(doing.ask_for_branch), whole, "Go on with a change", "Ctrl+B", one=True),
            Deed("rewind", "Re&wind…", _one(doing.ask_for_rewind), whole, "Back to an earlier presentation", one=True),
            Deed("reproduce", "Repro&duce", _one(doing.reproduce), is_finished, "Run it again, compare", one=True),
            Deed("export", "&Export…", _one(doing.ask_where_to_export), at_rest, "All of it, in one zip", one=True),
            None,
            Deed("compare", "&Compare", self._compare, whole, "Draw these over each other", "Ctrl+M", fewest=2),
            Deed("tick", "&Tick or untick", self._toggle_ticks, whole, "Draw over others, also on Train (Space)"),
            Deed("parent", "Show where it comes &from", self._show_parent, has_parent, one=True),
            None,
            Deed("delete", "De&lete", doing.delete, at_rest, "To the bin; can be undone (Delete)"),
        ]

    def _lay_out(self) -> None:
        self.search = QLineEdit()
        self.search.setPlaceholderText("Find runs: a word, or state=finished vote>0.9 seed=3")
        self.search.setToolTip(_SEARCH_TIP)
        self.search.setAccessibleName("Find runs")
        self.search.setClearButtonEnabled(True)
        self.search.setMinimumWidth(_SEARCH_LETTERS * self.search.fontMetrics().horizontalAdvance("n"))
        self.search_problem = wrapped("", "problem")
        self.search_problem.setAccessibleName("What is wrong with the search")
        self.search_problem.hide()
        self.summary = Elided()
        self.summary.setObjectName("faint")
        self.summary.setAccessibleName("The history in words")
        self.empty = wrapped("", "empty")
        self.empty.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.bin_button = QToolButton()
        self.bin_button.setDefaultAction(self.bin_action)
        self.bin_button.setAccessibleName("Bin")
        title = QLabel("History")
        title.setObjectName("cardtitle")
        head = QHBoxLayout()
        head.setSpacing(theme.GRID)
        head.addWidget(title)
        head.addWidget(self.search, 1)
        for action in self.run_actions.buttons():
            head.addWidget(action_button(action))
        head.addWidget(self.bin_button)
        history = QWidget()
        layout = QVBoxLayout(history)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GRID // 2)
        layout.addLayout(head)
        layout.addWidget(self.search_problem)
        layout.addWidget(self.notices)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.empty, 1)
        layout.addWidget(self.summary)
        self.split = QSplitter(Qt.Orientation.Vertical)
        self.split.addWidget(history)
        self.split.addWidget(self.comparison)
        self.split.setStretchFactor(0, 3)
        self.split.setStretchFactor(1, 2)
        self.split.setChildrenCollapsible(False)
        whole_page = QVBoxLayout(self)
        whole_page.setContentsMargins(*(2 * theme.GRID,) * 4)
        whole_page.setSpacing(2 * theme.GRID)
        whole_page.addWidget(self.queue)
        whole_page.addWidget(self.split, 1)
        self.setTabOrder(self.search, self.table)

    def _connect(self) -> None:
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(_TYPING_MS)
        self._typing.timeout.connect(self._search)
        self.search.textChanged.connect(lambda _: self._typing.start())
        self.search.returnPressed.connect(self.table.setFocus)
        self.watcher.seen.connect(self._show)
        self.watcher.failed.connect(self._not_seen)
        self.table.opened.connect(lambda entry: self._open([entry]))
        self.table.asked.connect(self._on_key)
        self.table.menu_wanted.connect(self._show_menu)
        selection = self.table.selectionModel()
        assert selection is not None
        selection.selectionChanged.connect(lambda *_: self._on_selection())
        self.model.dataChanged.connect(lambda *_: self.run_actions.refresh())
        self.model.ticks_wanted.connect(lambda name, on: self.ticks.tick([name], on))
        self.ticks.changed.connect(lambda: self.model.show_ticks(self.ticks.slots))
        self.ticks.changed.connect(self._fit_comparison)
        self.comparison.clear_wanted.connect(lambda: self.ticks.only([]))
        self.doing.changed.connect(self.watcher.look)
        self.doing.tick_wanted.connect(self._tick_when_seen)
        self.steps.told.connect(self._on_step)
        self.queue.changed.connect(self.watcher.look)
        self.queue.told.connect(lambda sentence, failed: self.notices.tell(sentence, failed, about=_QUEUE))
        self.queue.removed.connect(self._on_removed)
        self.queue.add_wanted.connect(self.doing.ask_what_to_queue)

    def explain(self) -> None:
        """Tell what one is looking at: the comparison where it has the focus, else the page."""
        if self.comparison.isAncestorOf(self.focusWidget() or self):
            self.comparison.explain()
        else:
            explain(self, "Runs", _HELP, self.summary.text())

    # -- what there is ---------------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802 - Qt's name
        """Look at the runs folder while somebody looks at the page."""
        super().showEvent(event)
        self.watcher.start()

    def hideEvent(self, event: QHideEvent | None) -> None:  # noqa: N802 - Qt's name
        """Look no more."""
        super().hideEvent(event)
        self.watcher.stop()

    def _show(self, seen: Seen) -> None:
        begun = time.perf_counter()
        if self._worked_on and not seen.queue.runners:
            self.notices.withdraw_about(_QUEUE)
        self._worked_on = bool(seen.queue.runners)
        self.model.show_entries(seen.entries)
        self.ticks.show_entries(seen.entries)
        self.queue.show_seen(seen)
        for put, word in ((self.bin_action.setText, "B&in"), (self.bin_action.setIconText, "Bin")):
            put(f"{word} ({seen.in_bin})…" if seen.in_bin else f"{word}…")
        for remark in seen.remarks:
            if remark not in self._remarks:  # one that was read and closed does not come back
                self.notices.tell(remark)
        self._remarks = seen.remarks
        if self._wished and all(name in seen.entries for name in self._wished):
            self.ticks.tick(self._wished)
            self._wished = []
        self._search()
        self.run_actions.refresh()
        self.drawing_cost = time.perf_counter() - begun

    def _not_seen(self, reason: str) -> None:
        if not reason:
            self.notices.withdraw_about(_LOOK)
        else:
            self.notices.tell(
                f"The runs folder cannot be looked at: {reason.rstrip('.')}. It is tried again every second.",
                True,
                about=_LOOK,
            )

    def _search(self) -> None:
        try:
            search = Search.parse(self.search.text())
            if search != self._searched:
                self.model.show_search(search)
                self._searched = search
            problem = ""
        except StdpbenchError as error:
            problem = str(error)
        self.search_problem.setText(f"⚠ {problem}. The runs that were found before stay." if problem else "")
        self.search_problem.setVisible(bool(problem))
        self._summarise()

    _searched = Search()

    def _summarise(self) -> None:
        shown, n_all = self.model.entries, self.model.n_all
        words = columns.summary(shown)
        if len(shown) < n_all:
            words = f"{thousands(len(shown))} of {thousands(n_all)} runs are found: {words}"
        chosen = self.table.chosen()
        if len(chosen) == 1 and chosen[0].reason:
            words += f" · {chosen[0].name}: {chosen[0].state}, {chosen[0].reason}"
        elif len(chosen) > 1:
            words += f" · {len(chosen)} selected"
        self.summary.setText(f"{words} · {short_path(self.runs)}")
        self.summary.setToolTip(words)
        self.table.setAccessibleDescription(words)
        had_keys = self.table.hasFocus()
        self.empty.setVisible(not shown)
        self.table.setVisible(bool(shown))
        if had_keys and not shown:  # else no widget had them, and Ctrl+Z would not bring the last run back
            self.empty.setFocus()
        self.empty.setText(
            "No run is found. Take a word away, or empty the field above."
            if n_all
            else f"Runs appear here: those that are started on the Start page, and those that are started with "
            f"`stdpbench run` in {short_path(self.runs)}. They can be followed, compared, branched and exported."
        )

    def _on_selection(self) -> None:
        self.run_actions.refresh()
        self._summarise()

    # -- what is asked ---------------------------------------------------------------------------------------------

    def find_runs(self) -> None:
        """Come to the front with the search field."""
        self.wanted.emit()
        self.search.setFocus()
        self.search.selectAll()

    def _ask_what_to_queue(self) -> None:
        self.wanted.emit()
        self.doing.ask_what_to_queue()

    def _open(self, entries: list[Entry]) -> None:
        self.run_chosen.emit(entries[0].path)

    def _evaluate(self, entries: list[Entry]) -> None:
        self.evaluation_wanted.emit(entries[0].path)

    def _compare(self, entries: list[Entry]) -> None:
        self.wanted.emit()
        self.ticks.only([entry.name for entry in entries])

    def _toggle_ticks(self, entries: list[Entry]) -> None:
        names = [entry.name for entry in entries]
        self.ticks.tick(names, not all(name in self.ticks.slots for name in names))

    def _tick_when_seen(self, names: list[str]) -> None:
        self._wished = names
        self.watcher.look()

    def _show_parent(self, entries: list[Entry]) -> None:
        if not self.table.choose([self.model.parent_of(entries[0])]):
            self._on_key("missing parent")

    def _on_key(self, what: str) -> None:
        if what in ("delete", "tick"):
            self.run_actions.do(what)
        elif what == "missing parent":
            self.notices.tell("The run that this one goes on from is not in the list: deleted, or not found.")
        else:
            self.notices.tell("The branches of this run are not in this list: they are not found by the search.")

    def _show_menu(self, place: QPoint) -> None:
        menu = self.run_actions.menu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(place)

    def _on_step(self, sentence: str, failed: bool) -> None:
        self.notices.tell(sentence, failed)
        self.watcher.look()

    def _on_removed(self, step: object) -> None:
        self.steps.push(step)  # type: ignore[arg-type]
        self.notices.tell(f"Undone with Ctrl+Z: {self.steps.undo_text}.", doing="Undo", do=self.steps.undo)

    # -- looks -----------------------------------------------------------------------------------------------------

    def _fit_comparison(self) -> None:
        """Give the comparison room once something is ticked, and take it back."""
        some = bool(self.ticks.slots)
        self.comparison.setMaximumHeight(16_777_215 if some else self.comparison.sizeHint().height())
        if some and self.comparison.height() < 200:
            whole_height = self.split.height()
            self.split.setSizes([whole_height * 6 // 11, whole_height * 5 // 11])

    def restyle(self) -> None:
        """Take on the colours of the theme."""
        self.comparison.restyle()
        self.model.show_ticks({})
        self.model.show_ticks(self.ticks.slots)

    def _restore(self) -> None:
        state = self._settings.value("runs/split")
        if isinstance(state, QByteArray):
            self.split.restoreState(state)
        self.queue.at_once.setValue(int(self._settings.value("runs/at_once", 1)))
        self.doing.export_folder = str(self._settings.value("runs/export", self.doing.export_folder))
        self._fit_comparison()

    def save(self) -> None:
        """Remember what the page looks like, and let go of what is under way."""
        self.watcher.stop()
        self.doing.leave()
        self.table.save()
        self._settings.setValue("runs/split", self.split.saveState())
        self._settings.setValue("runs/at_once", self.queue.at_once.value())
        self._settings.setValue("runs/export", self.doing.export_folder)


def _one(do: Callable[[Entry], object]) -> Callable[[list[Entry]], object]:
    return lambda entries: do(entries[0])
