"""The Runs page: the history, the queue if there is one, and a comparison or scatter of runs at the bottom.

While the page is visible, a thread reads the runs folder once a second.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from PyQt6.QtCore import QByteArray, QObject, QSettings, Qt, pyqtSignal
from PyQt6.QtGui import QAction, QHideEvent, QShowEvent
from PyQt6.QtWidgets import QMenu, QStackedWidget, QTabBar, QWidget

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.units import thousands
from stdpbench.runs.catalog import columns
from stdpbench.runs.catalog.filters import Filter
from stdpbench.runs.catalog.search import Search
from stdpbench.runs.catalog.store import DAMAGED, STAR, Entry
from stdpbench.runs.protocol.states import State
from stdpbench.runs.watching import RunsFolderState, RunsWatch
from stdpbench_gui.look import theme
from stdpbench_gui.pages.runs.comparison import ComparisonPanel, RunSelection
from stdpbench_gui.pages.runs.explore import ExplorePanel
from stdpbench_gui.pages.runs.note_actions import NoteActions
from stdpbench_gui.pages.runs.queue_box import QueueBox
from stdpbench_gui.pages.runs.row_actions import RowActions
from stdpbench_gui.pages.runs.table import RunsModel, RunsTable
from stdpbench_gui.session.background import Background
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.session.sentences import Lasting
from stdpbench_gui.session.timers import timer
from stdpbench_gui.session.undo import History
from stdpbench_gui.widgets.actions import Actions
from stdpbench_gui.widgets.basic import (
    Elided,
    Label,
    ProblemLabel,
    content_of,
    explain,
    menu_button,
    named,
    not_none,
    plain_tip,
    search_field,
    short_path,
    tool_button,
    wrapped,
)
from stdpbench_gui.widgets.button_row import ActionButton, ButtonRow
from stdpbench_gui.widgets.layouts import STRETCH, hbox, holding, split, vbox
from stdpbench_gui.widgets.notices import Notices


def specs(page: RunsPage) -> list[ActionSpec | None]:
    """Return the actions in the order of the menu; None: a separator."""
    doing, noting = page.row_actions, page.noting
    return [
        ActionSpec(
            "open",
            "&Open in Train",
            _one(lambda entry: page.run_chosen.emit(entry.path)),
            whole,
            "Open the run on the Train page (Enter)",
            one=True,
        ),
        ActionSpec(
            "evaluate",
            "E&valuate",
            _one(lambda entry: page.evaluation_wanted.emit(entry.path)),
            is_finished,
            "Evaluate what the network has learned",
            one=True,
        ),
        None,
        ActionSpec(
            "pause",
            "&Pause",
            doing.pause,
            lambda entry: entry.state in (State.RUNNING, State.BUILDING),
            "Pause after the current presentation",
        ),
        ActionSpec("resume", "&Resume", doing.resume, can_resume, "Start or continue the run"),
        ActionSpec("stop", "&Stop", doing.stop, columns.is_active, "Stop the run; it can be resumed"),
        ActionSpec(
            "enqueue",
            "Add to the &queue",
            doing.put_into_queue,
            lambda entry: at_rest(entry) and can_resume(entry),
            "Resume it when its turn in the queue comes",
        ),
        None,
        ActionSpec(
            "branch",
            "&Branch…",
            _one(doing.ask_for_branch),
            whole,
            "Continue with a change",
            "Ctrl+B",
            one=True,
        ),
        ActionSpec(
            "reproduce",
            "Repro&duce",
            _one(doing.reproduce),
            is_finished,
            "Run it again and compare",
            one=True,
        ),
        ActionSpec(
            "hardware",
            "Chec&k chips…",
            _one(lambda entry: doing.check_chips(entry.path)),
            is_finished,
            "Whether the trained network fits neuromorphic chips, with sources",
            one=True,
        ),
        ActionSpec(
            "export",
            "&Export…",
            _one(doing.ask_where_to_export),
            at_rest,
            "Export the run folder as a zip file",
            one=True,
        ),
        ActionSpec(
            "export-nir",
            "Export networ&k…",
            _one(partial(doing.ask_where_to_export, kind="nir")),
            is_finished,
            "Export the trained network as a NIR file, for other simulators and chips",
            one=True,
        ),
        ActionSpec(
            "export-responses",
            "Export respon&ses…",
            _one(doing.ask_for_responses),
            is_finished,
            "Export spikes that answered evaluated stimuli, and potentials, as an NWB or Neo file",
            one=True,
        ),
        None,
        ActionSpec(
            "compare",
            "&Compare",
            page.compare_runs,
            whole,
            "Compare the selected runs",
            "Ctrl+M",
            fewest=2,
        ),
        ActionSpec(
            "tick",
            "&Tick or untick",
            page.toggle_ticks,
            whole,
            "Draw in the comparison (Space)",
        ),
        ActionSpec("parent", "Show parent ru&n", page.show_parent, lambda entry: bool(entry.parent), one=True),
        None,
        ActionSpec(
            "star",
            "&Star",
            noting.star,
            always,
            "Give it a star, or take the star away (*)",
        ),
        ActionSpec(
            "title",
            "Edit t&itle",
            page.write("title"),
            always,
            "Name the run in place",
            "F2",
            one=True,
        ),
        ActionSpec(
            "tags",
            "Edit ta&gs",
            page.write("tags"),
            always,
            "Tag it in place",
            "Shift+F2",
            one=True,
        ),
        ActionSpec(
            "notes",
            "&Notes…",
            _one(noting.open),
            always,
            "Title, tags, star and notes of the run",
            one=True,
        ),
        None,
        ActionSpec(
            "delete",
            "De&lete",
            doing.delete,
            at_rest,
            "Move to the bin; can be undone (Delete)",
        ),
    ]


def _one(do: Callable[[Entry], object]) -> Callable[[list[Entry]], object]:
    return lambda entries: do(entries[0])


_MENU = "Runs"
_BUTTONS = ("open", "evaluate", "pause", "resume", "stop", "branch", "compare", "export", "delete")


@dataclass(frozen=True)
class ActionSpec:
    """An action on the selected runs.

    Attributes
    ----------
    do : callable
        Performs the action on the runs it applies to.
    fits : callable
        Whether it applies to a run.
    one : bool
        Whether it takes exactly one run.
    fewest : int
        Minimum number of runs.
    """

    key: str
    text: str
    do: Callable[[list[Entry]], object]
    fits: Callable[[Entry], bool]
    tip: str = ""
    shortcut: str = ""
    one: bool = False
    fewest: int = 1


def can_resume(entry: Entry) -> bool:
    """Return whether a run can be started or resumed."""
    return entry.state in (State.PAUSED, State.STOPPED, State.FAILED, State.QUEUED)


def at_rest(entry: Entry) -> bool:
    """Return whether a run has no process."""
    return not columns.is_active(entry)


def is_finished(entry: Entry) -> bool:
    """Return whether a run is finished."""
    return entry.state == State.FINISHED


def always(entry: Entry) -> bool:
    """Return True: it applies to every run."""
    return bool(entry.name)


def whole(entry: Entry) -> bool:
    """Return whether the files of a run are readable."""
    return entry.state != DAMAGED


class RunActions:
    """The actions on selected runs, which follow the selection.

    Parameters
    ----------
    actions : Actions
        Actions of the window.
    chosen : callable
        Returns the selected runs.
    specs : sequence of ActionSpec
        Actions in the order of the menu; None: a separator.
    """

    def __init__(
        self,
        actions: Actions,
        chosen: Callable[[], list[Entry]],
        specs: Sequence[ActionSpec | None],
    ) -> None:
        self._chosen = chosen
        self._specs = [spec for spec in specs if spec is not None]
        self.actions: dict[str, QAction] = {}
        for spec in specs:
            if spec is None:
                actions.separator(_MENU)
                continue
            self.actions[spec.key] = actions.add(
                f"runs-{spec.key}",
                _MENU,
                spec.text,
                partial(self._do, spec),
                spec.shortcut,
                spec.tip,
            )
            self.actions[spec.key].setIconText(spec.text.replace("&", ""))  # Qt's default drops the dots
        actions.separator(_MENU)
        self.refresh()

    def refresh(self) -> None:
        """Enable the actions that apply to the selected runs."""
        chosen = self._chosen()
        for spec in self._specs:
            self.actions[spec.key].setEnabled(self._possible(spec, chosen))

    def do(self, key: str) -> None:
        """Perform an action if it is enabled."""
        self._do(next(spec for spec in self._specs if spec.key == key))

    def _do(self, spec: ActionSpec) -> None:
        chosen = self._chosen()
        if self._possible(spec, chosen):
            spec.do([entry for entry in chosen if spec.fits(entry)])

    @staticmethod
    def _possible(spec: ActionSpec, chosen: Sequence[Entry]) -> bool:
        fit = [entry for entry in chosen if spec.fits(entry)]
        return len(fit) >= spec.fewest and not (spec.one and len(chosen) != 1)


_LOOK_MS = 1000


class Watcher(QObject):
    """Reports the content of a runs folder whenever it changes.

    Attributes
    ----------
    seen : signal of RunsFolderState
        The current content of the folder.
    failed : signal of str
        Why the folder cannot be read; empty once it can be read again.
    last : RunsFolderState or None
        The last reported content.
    """

    seen = pyqtSignal(object)
    failed = pyqtSignal(str)

    def __init__(self, runs: Path, parent: QObject) -> None:
        super().__init__(parent)
        self._watch = RunsWatch(runs)
        self._background = Background(self, 1)
        self._trouble = ""
        self.last: RunsFolderState | None = None
        self._timer = timer(self, self.look, _LOOK_MS)

    def start(self) -> None:
        """Read the folder now, and keep watching."""
        self._timer.start()
        self.look()

    def stop(self) -> None:
        """Stop watching."""
        self._timer.stop()

    def look(self) -> None:
        """Read the folder now; if a read is in progress, read again after it, as it may have been too early."""
        if not self._background.wait(self.look):
            self._background.do(self._watch.look, self._take, self._fail)

    def _take(self, seen: RunsFolderState | None) -> None:
        if self._trouble:
            self._trouble = ""
            self.failed.emit("")
        if seen is not None:
            self.last = seen
            self.seen.emit(seen)

    def _fail(self, reason: str) -> None:
        if reason != self._trouble:
            self._trouble = reason
            self.failed.emit(reason)


class LowerPanels(QWidget):
    """Tabs, and the panel of the current one.

    Attributes
    ----------
    turned : signal
        Another panel is shown.
    """

    turned = pyqtSignal()

    def __init__(self, comparison: ComparisonPanel, explore: ExplorePanel) -> None:
        super().__init__()
        self.comparison, self.explore = comparison, explore
        self.tabs = named(QTabBar(), "Panels below the history")
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        for name, tip in (
            (comparison.title, "Curves, results and differences of the ticked runs"),
            (explore.title, "A point for each run, over two parameters or results"),
        ):
            self.tabs.setTabToolTip(self.tabs.addTab(name), tip)
        self._stack = QStackedWidget()
        self._stack.addWidget(comparison)
        self._stack.addWidget(explore)
        vbox(hbox(self.tabs, STRETCH), (self._stack, 1), within=self, spacing=theme.GRID // 2)
        self.tabs.currentChanged.connect(self._turn)

    @property
    def shown(self) -> ComparisonPanel | ExplorePanel:
        """The panel that is shown."""
        return self.explore if self.tabs.currentIndex() else self.comparison

    def turn_to(self, title: str) -> None:
        """Show the panel with a title."""
        titles = [self.tabs.tabText(number) for number in range(self.tabs.count())]
        self.tabs.setCurrentIndex(titles.index(title))

    def _turn(self, number: int) -> None:
        self._stack.setCurrentWidget(self.shown)
        if number:
            self.explore.refresh()
        self.turned.emit()


_QUEUE, _LOOK, _REPORTED = "queue", "look", "reported"
"""Subjects of notices."""
_MISSING = {
    "missing parent": "The parent run is not in the list: it was deleted or does not match the search.",
    "missing branches": "The branches of this run are not in the list: they do not match the search.",
}
_TYPING_MS = 150
_SEARCH_LETTERS = 14
_SEARCH_TIP = (
    "Words, or filters as in `stdpbench list`: state=finished, vote&gt;0.9, plasticity.nu_post=0.02, exc.tau_m=80 ms, "
    "experiment=digits*, parent=none, starred=true; #paper for runs with the tag paper. All of them must match."
)
_HELP = (
    "The history: all runs in the runs folder, including those started from the command line. Below it, the queue "
    "of waiting runs if there are any, processed by a separate process; the context menu has “Add to the queue…”. "
    "Click a column to sort and use the search field to filter. Space ticks a run for the comparison at the bottom, "
    "Enter opens it on the Train page, and the context menu lists all other actions. A click on ☆ or the key * "
    "stars a run; F2 edits its title and Shift+F2 its tags in place, and Notes… has room for more. Δ2 beside a "
    "state means that two parameters were changed during the run. Deleted runs are kept in the bin; Ctrl+Z restores "
    "them, and also undoes changes of titles, tags, stars and notes."
)


class RunsPage(QWidget):
    """Queue, history and comparison of all runs in the runs folder.

    Attributes
    ----------
    run_chosen : signal of Path
        Request to open a run on the Train page.
    evaluation_wanted : signal of Path
        Request to evaluate a finished run.
    new_run_wanted : signal
        Request for the form for a new run, which can add to the queue.
    neuron_wanted : signal of (Path, str, int)
        Request to show a neuron on the Train page: the run folder, its population, and its index.
    wanted : signal
        Request to show this page.
    """

    run_chosen = pyqtSignal(object)
    evaluation_wanted = pyqtSignal(object)
    new_run_wanted = pyqtSignal()
    neuron_wanted = pyqtSignal(object, str, int)
    wanted = pyqtSignal()

    def __init__(self, runs: Path, session: RunSession, actions: Actions, settings: QSettings) -> None:
        super().__init__()
        self.runs = runs
        self._session, self._settings, self._actions = session, settings, actions
        self._background = Background(self)
        self.watcher = Watcher(runs, self)
        self.notices = Notices()
        self.steps = History(self._put, self)
        self.row_actions = RowActions(runs, session, self._background, self.notices, self.steps, self)
        self.noting = NoteActions(self._background, self.notices, self.steps, self)
        self.selection = RunSelection(self)
        self.model = RunsModel(self)
        self.table = RunsTable(self.model, settings)
        self._wished: list[str] = []
        self._remarks: tuple[str, ...] = ()
        self._worked_on = False  # whether a process was running the queue at the last update

    def fill(self) -> Iterator[None]:
        """Make what the page consists of in steps; it is whole after the last one."""
        self.queue = QueueBox(self.runs, self._background)
        yield
        self.comparison = ComparisonPanel(self._session, self.selection)
        yield
        self.explore = ExplorePanel(self._session, self.runs)
        yield
        self.below = LowerPanels(self.comparison, self.explore)
        self._make_actions(self._actions)
        yield
        self._lay_out()
        yield
        self._connect()
        self._restore()

    # -- layout ----------------------------------------------------------------------------------------------------

    def _make_actions(self, actions: Actions) -> None:
        self.menu = QMenu(_MENU, self)
        actions.use(self.menu)
        self.run_actions = RunActions(actions, self.table.chosen, specs(self))
        actions.add("runs-find", _MENU, "&Find runs", self.find_runs, "Ctrl+F", "Filter the history")
        self.bin_action = actions.add("runs-bin", _MENU, "B&in…", self.row_actions.open_bin, "", "Deleted runs")
        actions.separator(_MENU)
        actions.add("queue-add", _MENU, "&Add to the queue…", self._ask_what_to_queue, "Ctrl+Shift+A")
        actions.add("queue-start", _MENU, "Start the q&ueue", self.queue.start)

    def _lay_out(self) -> None:
        self.search = named(search_field("Find runs", "Find: a word, or vote>0.9 seed=3"), tip=_SEARCH_TIP)
        self.search.setMinimumWidth(_SEARCH_LETTERS * self.search.fontMetrics().horizontalAdvance("n"))
        self.search_problem = ProblemLabel("Search error")
        self.summary = named(Elided(), "Summary of the history", style="faint")
        self.empty = wrapped("", "empty", align=Qt.AlignmentFlag.AlignCenter)
        self.empty.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.bin_button = named(ActionButton(self.bin_action), "Bin")
        self.columns_button = menu_button("Columns", self.table.column_menu, tip="Choose the columns of the history")
        tip = "Show only runs with a star"
        self.stars_button = tool_button(STAR, name="Only runs with a star", tip=tip, checkable=True)
        title = named(Label("History"), style="cardtitle")
        self.buttons = ButtonRow(
            [self.run_actions.actions[key] for key in _BUTTONS], "More actions for the selected runs"
        )
        tools = self.stars_button, self.buttons, self.columns_button, self.bin_button
        head = hbox(title, (self.search, 1), *tools, spacing=theme.GRID)
        history = vbox(
            head,
            (self.table, 1),
            (self.empty, 1),
            self.search_problem,
            self.notices,  # below the rows, which they do not move
            self.summary,
            self.queue,
            spacing=theme.GRID // 2,
        )
        self.split = split((holding(history), 3), (self.below, 2), upright=True)
        vbox((self.split, 1), within=content_of(self), margins=2 * theme.GRID)
        self.setTabOrder(self.search, self.table)

    def _connect(self) -> None:
        self._typing = timer(self, self._search, _TYPING_MS, once=True)
        self.search.textChanged.connect(lambda _: self._typing.start())
        self.stars_button.toggled.connect(lambda _: self._search())
        self.search.returnPressed.connect(self.table.setFocus)
        self.watcher.seen.connect(self._show)
        self.watcher.failed.connect(self._not_seen)
        self.table.opened.connect(lambda entry: self.run_chosen.emit(entry.path))
        self.table.asked.connect(self._on_key)
        self.table.star_wanted.connect(lambda entry: self.noting.star([entry]))
        self.table.menu_wanted.connect(self.menu.popup)
        self.model.note_wanted.connect(self.noting.write)
        self.noting.changed.connect(self.watcher.look)
        self.noting.neuron_wanted.connect(self.neuron_wanted)
        not_none(self.table.selectionModel()).selectionChanged.connect(lambda *_: self._on_selection())
        self.model.dataChanged.connect(lambda *_: self.run_actions.refresh())
        self.model.ticks_wanted.connect(lambda name, on: self.selection.tick([name], on))
        self.selection.changed.connect(lambda: self.model.show_ticks(self.selection.slots))
        self.selection.changed.connect(self._fit_comparison)
        self.selection.changed.connect(self._show_explored)
        self.below.turned.connect(self._fit_comparison)
        self.explore.chosen.connect(self._choose)
        self.explore.opened.connect(self.run_chosen)
        self.comparison.clear_wanted.connect(lambda: self.selection.only([]))
        self.row_actions.changed.connect(self.watcher.look)
        self.row_actions.tick_wanted.connect(self._tick_when_seen)
        self.queue.changed.connect(self.watcher.look)
        self.queue.reported.connect(lambda sentence, failed: self.notices.add_notice(sentence, failed, about=_QUEUE))
        self.queue.removed.connect(self._on_removed)
        self.queue.add_wanted.connect(self.new_run_wanted)

    def explain(self) -> None:
        """Show the explanation of the panel below if it has the focus, otherwise of the page."""
        if self.below.isAncestorOf(self.focusWidget() or self):
            self.below.shown.explain()
        else:
            explain(self, "Runs", _HELP, self.summary.text())

    # -- content ---------------------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802 - Qt's name
        """Watch the runs folder while the page is visible."""
        super().showEvent(event)
        self.watcher.start()

    def hideEvent(self, event: QHideEvent | None) -> None:  # noqa: N802 - Qt's name
        """Stop watching the runs folder."""
        super().hideEvent(event)
        self.watcher.stop()

    def _show(self, seen: RunsFolderState) -> None:
        if self._worked_on and not seen.queue.runners:
            self.notices.withdraw_about(_QUEUE)
        self._worked_on = bool(seen.queue.runners)
        self.model.show_entries(seen.entries)
        self.table.fit()
        self.selection.show_entries(seen.entries)
        self.queue.show_seen(seen)
        for put, word in ((self.bin_action.setText, "B&in"), (self.bin_action.setIconText, "Bin")):
            put(f"{word} ({seen.in_bin})…" if seen.in_bin else f"{word}…")
        for remark in seen.remarks:
            if remark not in self._remarks:  # a closed remark does not reappear
                self.notices.add_notice(remark, about=remark)
        for remark in set(self._remarks).difference(seen.remarks):
            self.notices.withdraw_about(remark)
        self._remarks = seen.remarks
        if self._wished and all(name in seen.entries for name in self._wished):
            self.selection.tick(self._wished)
            self._wished = []
        self._search()
        self.run_actions.refresh()

    def _not_seen(self, reason: str) -> None:
        if not reason:
            self.notices.withdraw_about(_LOOK)
        else:
            self.notices.add_notice(
                f"Cannot read the runs folder: {reason.rstrip('.')}. Retrying every second.",
                True,
                about=_LOOK,
            )

    def _search(self) -> None:
        try:
            search = Search.parse(self.search.text())
            if self.stars_button.isChecked():
                search = replace(search, filters=(*search.filters, Filter("starred", "=", "true")))
            if search != self._searched:
                self.model.show_search(search)
                self._searched = search
            problem = ""
        except StdpbenchError as error:
            problem = str(error)
        self.search_problem.say(f"⚠ {problem}. Showing the previous results." if problem else "")
        self._summarise()

    _searched = Search()

    def _show_explored(self) -> None:
        ticked = [entry for entry in self.model.entries if entry.name in self.selection.slots]
        self.explore.show_history(self.model.entries, ticked)

    def _choose(self, names: list[str], add: bool) -> None:
        """Select the runs that were chosen in a plot."""
        chosen = [entry.name for entry in self.table.chosen()] if add else []
        if not names and not add:
            self.table.clearSelection()
        elif not self.table.choose(dict.fromkeys([*chosen, *names])):
            words = "These runs are not in the list: they belong to a sweep, or do not match the search."
            self.notices.add_notice(words, brief=True)

    def _summarise(self) -> None:
        shown, n_all = self.model.entries, self.model.n_all
        words = columns.summary(shown)
        if len(shown) < n_all:
            words = f"{thousands(len(shown))} of {thousands(n_all)} runs match: {words}"
        chosen = self.table.chosen()
        self.explore.show_selected([entry.name for entry in chosen])
        self._show_explored()
        if len(chosen) == 1 and chosen[0].reason:
            words += f" · {chosen[0].name}: {chosen[0].state}, {chosen[0].reason}"
        elif len(chosen) > 1:
            words += f" · {len(chosen)} selected"
        self.summary.setText(f"{words} · {short_path(self.runs)}")
        self.summary.setToolTip(plain_tip(words))
        self.table.setAccessibleDescription(words)
        had_keys = self.table.hasFocus()
        self.empty.setVisible(not shown)
        self.table.setVisible(bool(shown))
        if had_keys and not shown:  # some widget of the page needs the focus, or Ctrl+Z could not restore the last run
            self.empty.setFocus()
        self.empty.setText(
            "No matching runs. Shorten or clear the search."
            if n_all
            else f"Runs started on the Start page, or with `stdpbench run` in {short_path(self.runs)}, appear here. "
            "You can follow, compare, branch and export them."
        )

    def _on_selection(self) -> None:
        self.run_actions.refresh()
        self._summarise()

    # -- actions ---------------------------------------------------------------------------------------------------

    def find_runs(self) -> None:
        """Show the page with the focus in the search field."""
        self.wanted.emit()
        self.search.setFocus()
        self.search.selectAll()

    def _ask_what_to_queue(self) -> None:
        self.wanted.emit()
        self.new_run_wanted.emit()

    def report(self, sentence: str) -> None:
        """Show a sentence as a notice, which goes by itself unless it is a lasting one; read the runs folder again.

        One that would be gone before the page is opened is left out.
        """
        lasting = isinstance(sentence, Lasting)
        if lasting or self.isVisible():
            self.notices.add_notice(sentence, about="" if lasting else _REPORTED, brief=not lasting)
        self.watcher.look()

    def compare_runs(self, entries: list[Entry]) -> None:
        """Tick these runs and no others."""
        self.wanted.emit()
        self.selection.only([entry.name for entry in entries])

    def toggle_ticks(self, entries: list[Entry]) -> None:
        """Tick runs or, if all are ticked, untick them."""
        names = [entry.name for entry in entries]
        self.selection.tick(names, not all(name in self.selection.slots for name in names))

    def _tick_when_seen(self, names: list[str]) -> None:
        self._wished = names
        self.watcher.look()

    def write(self, column: str) -> Callable[[list[Entry]], object]:
        """Return an action that edits a column of a run in place, or opens its notes if the column is not shown."""

        def write(entries: list[Entry]) -> None:
            if not self.table.write(column):
                self.noting.open(entries[0])

        return write

    def show_parent(self, entries: list[Entry]) -> None:
        """Select the run that a run continues from."""
        if not self.table.choose([self.model.parent_of(entries[0])]):
            self._on_key("missing parent")

    def _on_key(self, what: str) -> None:
        if what in ("delete", "tick", "star"):
            self.run_actions.do(what)
        else:
            self.notices.add_notice(_MISSING[what], brief=True)

    def _put(self, work: Callable[[], str], done: Callable[[bool], None]) -> None:
        """Undo or redo a step in a thread, and say the sentence that it returns."""

        def tell(sentence: str, failed: bool) -> None:
            done(not failed)
            self.notices.add_notice(sentence, failed, brief=not failed)
            self.watcher.look()

        self._background.do(work, lambda sentence: tell(sentence, False), lambda reason: tell(reason, True))

    def _on_removed(self, text: str, put_back: object, take_out: object) -> None:
        self.steps.do(text, put_back, take_out)
        self.notices.add_notice(f"Ctrl+Z undoes {text}.", action_text="Undo", action=self.steps.undo, brief=True)

    # -- appearance ------------------------------------------------------------------------------------------------

    def _fit_comparison(self) -> None:
        """Give the comparison room while runs are ticked."""
        some = bool(self.selection.slots) or self.below.shown is self.explore
        self.below.setMaximumHeight(16_777_215 if some else self.below.sizeHint().height())
        if some and self.below.height() < 240:
            whole_height = self.split.height()
            self.split.setSizes([whole_height * 6 // 11, whole_height * 5 // 11])

    def restyle(self) -> None:
        """Apply the colours of the theme."""
        self.comparison.restyle()
        self.explore.restyle()
        self.model.show_ticks({})
        self.model.show_ticks(self.selection.slots)

    def _restore(self) -> None:
        state = self._settings.value("runs/split")
        if isinstance(state, QByteArray):
            self.split.restoreState(state)
        self.queue.at_once.setValue(int(self._settings.value("runs/at_once", 1)))
        self.row_actions.export_folder = str(self._settings.value("runs/export", self.row_actions.export_folder))
        self._fit_comparison()

    def save(self) -> None:
        """Save the state of the page, and detach from running tasks."""
        self.watcher.stop()
        self.row_actions.leave()
        self.table.save()
        self._settings.setValue("runs/split", self.split.saveState())
        self._settings.setValue("runs/at_once", self.queue.at_once.value())
        self._settings.setValue("runs/export", self.row_actions.export_folder)
