"""The Evaluate page: results of a finished run in views with a shared selection."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from numpy.typing import NDArray
from PyQt6.QtCore import QObject, QSettings, QSignalBlocker, Qt, QTimer, QUrl, pyqtSignal
from PyQt6.QtGui import QDesktopServices, QKeyEvent, QResizeEvent, QShowEvent
from PyQt6.QtWidgets import QComboBox, QSplitter, QWidget

from stdpbench.runs.catalog import columns as run_columns
from stdpbench.runs.catalog.store import Entry, newest
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.protocol.states import State
from stdpbench.studies.report.views import clustering_of, over_time_of, plane_of, view_data_of, with_accuracies
from stdpbench_gui.look import theme
from stdpbench_gui.pages.evaluate.box import Box
from stdpbench_gui.pages.evaluate.clusters_box import ClustersBox
from stdpbench_gui.pages.evaluate.embedding_box import EmbeddingBox
from stdpbench_gui.pages.evaluate.fields_box import FieldsBox
from stdpbench_gui.pages.evaluate.number_boxes import MatrixBox, MeasuresBox, ReadoutsBox
from stdpbench_gui.pages.evaluate.over_time_box import OverTimeBox
from stdpbench_gui.pages.evaluate.state import EvaluationState
from stdpbench_gui.pages.evaluate.strip import Strip
from stdpbench_gui.pages.evaluate.verdict import StreamView, Verdict
from stdpbench_gui.session.background import Background
from stdpbench_gui.session.helper_process import Arrays, HelperProcess
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.session.sentences import Lasting
from stdpbench_gui.widgets.actions import Actions
from stdpbench_gui.widgets.basic import Label, NarrowBox, content_of, named, not_none, push_button, wrapped
from stdpbench_gui.widgets.layouts import STRETCH, arrange, hbox, holding, vbox
from stdpbench_gui.widgets.notices import Notices, Task
from stdpbench_gui.widgets.progress_bar import ProgressBar


class ReportWriter(QObject):
    """Writes one report at a time.

    Attributes
    ----------
    changed : signal
        A report was started or has ended.
    """

    changed = pyqtSignal()

    def __init__(self, notices: Notices, parent: QObject) -> None:
        super().__init__(parent)
        self._notices = notices
        self._helper = Helper(self)
        self._helper.progress.connect(self._on_progress)
        self._task: Task | None = None
        self._name = ""

    @property
    def busy(self) -> bool:
        """Whether a report is being written."""
        return self._task is not None

    def write(self, path: Path) -> None:
        """Start writing the report of a run."""
        self._helper.turn_to(path)
        self._name = path.name
        self._task = self._notices.add_task(f"Writing the report of {path.name}:")
        self._task.cancel.clicked.connect(lambda _=False: self._give_up())
        self._helper.ask(
            "report",
            self._take,
            lambda reason: self._end(f"Cannot write the report of {self._name}: {reason}", True),
        )
        self.changed.emit()

    def give_up(self) -> None:
        """End the process as the window closes."""
        self._helper.give_up()

    def _on_progress(self, phase: str, done: int, total: int) -> None:
        if self._task is not None:
            self._task.phase, self._task.done, self._task.total = phase, done, total
            self._task.look()

    def _take(self, value: Mapping[str, Any], arrays: Arrays) -> None:
        page = Path(value["page"])
        self._end(f"Wrote the report of {self._name} to {page}")
        open_page(page)

    def _give_up(self) -> None:
        self._helper.give_up()
        self._end(f"Report of {self._name} cancelled; an earlier report is unchanged")

    def _end(self, sentence: str, failed: bool = False) -> None:
        if self._task is not None:
            self._notices.end_task(self._task)
            self._task = None
        self._notices.add_notice(sentence, failed, brief=not failed)
        self.changed.emit()


def open_page(page: Path) -> None:
    """Open a page in the browser."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(page)))


class Helper(HelperProcess):
    """Sends requests about one run at a time to a process."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._folder: Path | None = None

    def turn_to(self, folder: Path) -> None:
        """Switch to this run, and cancel requests about another one."""
        if folder != self._folder:
            self.give_up()
            self._folder = folder

    def command(self) -> list[str]:
        """Return the service and the run."""
        return ["stdpbench.studies.report.service", str(self._folder)]


def add_actions(actions: Actions, page: Callable[[], EvaluatePage]) -> None:
    """Add the menu; its actions create the page if necessary."""
    menu = "&Evaluate"
    actions.add(
        "evaluate-shown",
        menu,
        "&Evaluate the current run",
        lambda: page().evaluate_shown(),
        "Ctrl+Shift+E",
    )
    actions.add("evaluate-choose", menu, "&Choose a run…", lambda: page().choose_run())
    actions.separator(menu)
    actions.add(
        "evaluate-report",
        menu,
        "Write a &report",
        lambda: page().write_report(),
        "",
        "Same as `stdpbench report`",
    )
    actions.add("evaluate-details", menu, "&Details", lambda: page().details.toggle(), "", "Measures and read-outs")
    actions.add(
        "evaluate-clear", menu, "Clear &selection", lambda: page().state.clear(), "", "Same as Esc on this page"
    )


BoxType = TypeVar("BoxType", bound=Box)

_SHOWN = "run of the Train page"
"""Subject of notices."""
_MOST_RUNS = 200
_EMPTY = (
    "This page shows what a finished run has learned: an embedding of its responses, clusters, the confusion matrix, "
    "receptive fields and stimuli. A selection in one view is shown in all of them.\n\n"
    "Choose a run above and press Evaluate. Its answers are then compared with the labels of the test set, and "
    "this use of the test labels is recorded in the journal of the run: each look at a test set reduces its value."
)
_SHARES = ((35, 34, 31), (44, 32, 24), (52, 48), (64, 36))
"""Sizes of the columns, and of the views in each column, in percent."""
_WIDE = 60
"""Width from which three columns fit, in lines of text."""
_SAVED = ("evaluate/split0", "evaluate/split1-3", "evaluate/split2", "evaluate/split3")
"""Keys of saved sizes; the first column has had three views since."""
_GO = "Compare answers with the labels of the test set; recorded in the journal"
_NO_RUNS = "There is no finished run yet. Start one on the Start page and evaluate it here when it is finished."


class EvaluatePage(QWidget):
    """Views of one finished run.

    Parameters
    ----------
    runs : Path
        The runs folder.
    shown : RunSession
        Session of the Train page; its run is listed first.

    Attributes
    ----------
    wanted : signal
        Request to show this page.
    """

    wanted = pyqtSignal()

    def __init__(self, runs: Path, shown: RunSession, settings: QSettings) -> None:
        super().__init__()
        self.runs = runs
        self._shown = shown
        shown.opened.connect(lambda: self.notices.withdraw_about(_SHOWN))
        shown.changed.connect(self._on_shown)
        self._settings = settings
        self._background = Background(self, 2)
        self._desk, self._planes, self._readings = (Helper(self) for _ in range(3))
        self.state = EvaluationState(self)
        self.session = RunSession()  # names the run in figures and tables; never opens a run
        self.session.message.connect(
            lambda sentence: self.notices.add_notice(sentence, brief=not isinstance(sentence, Lasting))
        )
        self.notices = Notices()
        self.reports = ReportWriter(self.notices, self)
        self._entries: list[Entry] = []
        self._opening: Path | None = None
        self._wished: Path | None = None  # to be chosen once it is listed
        self._reported_run: Path | None = None
        self._is_stream = False  # whether the chosen run is of a stream
        self._next_clusters: tuple[str, int | None] | None = None
        self._arranged = False
        self._lay_out()
        arguments = (self.state, self.session)
        self.embedding = self._placed(EmbeddingBox(*arguments), 1)
        self.over_time = self._placed(OverTimeBox(*arguments), 1)
        self.measures = self._placed(MeasuresBox(*arguments), 1)
        self.matrix = self._placed(MatrixBox(*arguments), 2)
        self.clusters = self._placed(ClustersBox(*arguments), 2)
        self.fields = self._placed(FieldsBox(*arguments), 3)
        self.readouts = self._placed(ReadoutsBox(*arguments), 3)
        self.strip = Strip(*arguments)
        not_none(self.views.layout()).addWidget(self.strip)
        self._connect()
        self._show_details()
        self._show_what_there_is()

    def _placed(self, box: BoxType, column: int) -> BoxType:
        """Return a box after adding it to a column, from 1."""
        split, place = self._splits[column], self._splits[column].count()
        split.addWidget(box)
        split.setStretchFactor(place, _SHARES[column][place])
        return box

    @property
    def boxes(self) -> list[Box]:
        """All boxes of the page."""
        few: tuple[Box, ...] = self.embedding, self.over_time, self.measures, self.matrix, self.clusters, self.fields
        return [*few, self.readouts, self.strip]

    # -- layout ----------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        self.run = named(NarrowBox(), "Run to evaluate")
        self.run.setMinimumContentsLength(42)
        self.run.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.run.setMaxVisibleItems(24)
        self.go = push_button("Evaluate", clicked=lambda _: self._evaluate_chosen(), tip=_GO, style="primary")
        self.report = push_button(
            "Write report",
            clicked=lambda _: self.write_report(),
            tip="Write the report of this run (as `stdpbench report`) and open it",
        )
        self.busy = ProgressBar("Progress of the evaluation")
        self.busy.setFixedWidth(120)
        self.busy_words = named(Label(), style="faint")
        self.cancel = push_button("Cancel", clicked=lambda _: self._give_up(), name="Cancel the evaluation")
        self.details = push_button(
            "Details", tip="Measures of clusters, all read-outs and baselines, and when answers settle", checkable=True
        )
        self.details.setChecked(str(self._settings.value("evaluate/details", "false")) == "true")
        title = named(Label("Evaluate"), style="cardtitle")
        head = hbox(
            title,
            self.run,
            self.go,
            self.busy_words,
            self.busy,
            self.cancel,
            STRETCH,
            self.details,
            self.report,
            spacing=theme.GRID,
        )
        self.verdict = Verdict()
        self.empty = wrapped(_EMPTY, "empty", align=Qt.AlignmentFlag.AlignCenter)
        self.empty.setContentsMargins(*(12 * theme.GRID, 0) * 2)
        self.columns = QSplitter(Qt.Orientation.Horizontal)
        self._splits = [self.columns]
        for place, width in enumerate(_SHARES[0]):
            self._splits.append(QSplitter(Qt.Orientation.Vertical))
            self.columns.addWidget(self._splits[-1])
            self.columns.setStretchFactor(place, width)
        for split in self._splits:
            split.setChildrenCollapsible(False)
            split.setHandleWidth(theme.GRID)
        self.views = holding(vbox((self.columns, 1), spacing=theme.GRID))
        self.stream = StreamView()
        parts = head, self.notices, self.verdict, (self.views, 1), (self.stream, 1), (self.empty, 1)
        vbox(*parts, within=content_of(self), margins=(2 * theme.GRID, theme.GRID), spacing=theme.GRID)

    def _connect(self) -> None:
        self.details.toggled.connect(lambda _: self._show_details())
        self.run.currentIndexChanged.connect(lambda _: self._on_run())
        self._desk.progress.connect(self._on_progress)
        self._planes.progress.connect(
            lambda _, done, total: self.embedding.show_progress(
                f"{self.embedding.method.currentText()}: {100 * done // max(total, 1)} %", done, total
            )
        )
        self.reports.changed.connect(self._fit_buttons)
        self.embedding.plane_wanted.connect(self._want_plane)
        self.embedding.given_up.connect(self._give_up_plane)
        self.clusters.wanted.connect(self._want_clusters)
        self.clusters.given_up.connect(self._give_up_clusters)
        self.state.changed.connect(self._on_state)

    def _show_details(self) -> None:
        for box in (self.over_time, self.measures, self.clusters, self.readouts):
            box.setVisible(self.details.isChecked())

    def with_details(self) -> EvaluatePage:
        """Show the views of the details, and return the page."""
        self.details.setChecked(True)
        return self

    # -- which run -------------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        """Put the third column below the first where there is no room for three."""
        super().resizeEvent(event)
        wide = self.width() >= _WIDE * self.fontMetrics().lineSpacing()
        around, third = self._splits[0 if wide else 1], self._splits[3]
        if third.parentWidget() is not around:
            around.addWidget(third)

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802 - Qt's name
        """List the runs."""
        super().showEvent(event)
        self.look_for_runs()

    def look_for_runs(self) -> None:
        """Fill the box with finished runs, the run of the Train page first."""
        runs = self.runs
        self._background.do(
            lambda: newest(runs, _MOST_RUNS),
            self._take_runs,
            lambda reason: self.notices.add_notice(f"Cannot list the runs: {reason}", True),
        )

    def _take_runs(self, entries: list[Entry]) -> None:
        shown = self._shown.folder.path.resolve() if self._shown.folder is not None else None
        finished = [entry for entry in entries if entry.state == State.FINISHED]
        finished.sort(key=lambda entry: entry.path.resolve() != shown)  # stable: the others stay newest first
        if [(one.path, one.title) for one in finished] != [(one.path, one.title) for one in self._entries]:
            chosen = self.chosen_run()
            self._entries = finished
            with QSignalBlocker(self.run):
                self.run.clear()
                for entry in finished:
                    vote = run_columns.text(entry, "vote")
                    words = (entry.title, entry.name, f"vote {vote}" if vote else "")
                    self.run.addItem(" · ".join(filter(None, words)), entry.path)
                kept = self.state.look.path if self.state.look is not None else chosen
                self.run.setCurrentIndex(max(0, self._place_of(kept)))
            self._on_run()
        self._choose_wished()
        self._show_what_there_is()

    def _place_of(self, path: Path | None) -> int:
        return next((place for place in range(self.run.count()) if self.run.itemData(place) == path), -1)

    def chosen_run(self) -> Path | None:
        """Return the run in the box."""
        path = self.run.currentData()
        return path if isinstance(path, Path) else None

    def _on_run(self) -> None:
        """Hide results and notices of the previously chosen run; its results return with it."""
        path = self.chosen_run()
        if path != self._reported_run:
            self._reported_run, self._is_stream = path, False
            self.notices.clear()
            if path is not None:
                self._background.do(
                    lambda: RunFolder(path).stored_experiment.stream is not None,
                    lambda stream: self._take_stream(path, stream),
                    lambda _: None,  # of a damaged run, which evaluating reports
                )
        self._show_what_there_is()

    def _take_stream(self, path: Path, stream: bool) -> None:
        if stream and path == self.chosen_run():
            self._is_stream = True
            self.stream.show_run(path)
            self._show_what_there_is()

    def choose_shown(self) -> None:
        """Choose the run of the Train page in the list, once it is there."""
        self._wished = None if self._shown.folder is None else self._shown.folder.path
        self._choose_wished()

    def _choose_wished(self) -> None:
        place = self._place_of(self._wished)
        if place >= 0:
            self._wished = None
            self.run.setCurrentIndex(place)

    def choose_run(self) -> None:
        """Show the page with the list of runs open."""
        self.wanted.emit()
        self.run.setFocus()
        self.run.showPopup()

    def _evaluate_chosen(self) -> None:
        path = self.chosen_run()
        if path is not None:
            self.evaluate(path)

    def evaluate_shown(self) -> None:
        """Evaluate the run of the Train page."""
        self.wanted.emit()
        folder = self._shown.folder
        if folder is not None and self._shown.state is State.FINISHED:
            self.evaluate(folder.path)
        else:
            nothing = "No run is open on the Train page: choose one above, or open one on the Runs page."
            text = (
                nothing if folder is None else f"{folder.path.name} is not finished: evaluate it after its test phase."
            )
            self.notices.add_notice(text, True, about=_SHOWN)

    def _on_shown(self, topics: set[str]) -> None:
        """Withdraw what was said about the run of the Train page once it is finished, and list it."""
        if "state" in topics and self._shown.state is State.FINISHED:
            self.notices.withdraw_about(_SHOWN)
            if self.isVisible():
                self.look_for_runs()

    def evaluate(self, path: Path) -> None:
        """Evaluate a run, which accesses the labels of its test pictures once."""
        self.wanted.emit()
        self.notices.clear()
        for helper in (self._desk, self._planes, self._readings):
            helper.give_up()
            helper.turn_to(path)
        self.embedding.show_progress("")
        self._next_clusters = None
        self.state.show(None)
        self._opening = path
        if self._place_of(path) < 0:
            self.run.addItem(path.name, path)
        self.run.setCurrentIndex(self._place_of(path))
        self._on_progress("starting", 0, 0)
        self._desk.ask("open", lambda value, arrays: self._take_look(path, value, arrays), self._not_opened)
        self._show_what_there_is()

    def _take_look(self, path: Path, value: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
        self._opening = None
        look = view_data_of(path, value, arrays)
        self.session.folder = RunFolder(path)
        if self.state.readout not in look.answers:
            self.state.readout = next(iter(look.answers))
        self.state.show(look, plane_of(value, arrays))
        self._show_what_there_is()
        self.clusters.begin(max(2, look.n_classes))
        self.embedding.scatter.setFocus()

    def _not_opened(self, reason: str) -> None:
        name = self._opening.name if self._opening is not None else "the run"
        self._opening = None
        self.notices.add_notice(f"Cannot evaluate {name}: {reason}", True)
        self._show_what_there_is()

    def _give_up(self) -> None:
        self._opening = None
        self._desk.give_up()
        self._show_what_there_is()

    def _on_progress(self, phase: str, done: int, total: int) -> None:
        self.busy_words.setText(f"{phase} …")
        self.busy.show_part(done, total)

    def _arrange(self) -> None:
        """Restore the saved sizes of the views, or set the defaults, once the page has a size."""
        self._arranged = True
        for number, split in enumerate(self._splits):
            arrange(split, self._settings.value(_SAVED[number]), _SHARES[number])

    # -- computations ----------------------------------------------------------------------------------------------

    def _want_clusters(self, method: str, k: int | None) -> None:
        """Request clusters: now, or after cancelling those being computed."""
        self._next_clusters = method, k
        self.clusters.show_busy(True)
        if not self._desk.busy:
            self._ask_for_clusters()

    def _ask_for_clusters(self) -> None:
        if self._next_clusters is None:
            self.clusters.show_busy(False)
        else:
            (method, k), self._next_clusters = self._next_clusters, None
            self._desk.ask("cluster", self._take_clusters, self._no_clusters, method=method, k=k)

    def _take_clusters(self, value: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
        first = self.state.clustering is None
        self.state.set_clustering(clustering_of(value, arrays))
        self._ask_for_clusters()
        if first:
            self._want_readings()

    def _want_readings(self) -> None:
        """Request the slow read-outs, after the views shown first are ready."""
        self.state.set_accuracies(None, "computing spike-time and supervised read-outs …")
        self._readings.ask(
            "settle",
            lambda _, arrays: self.state.set_over_time(over_time_of(arrays)),
            lambda reason: self.state.set_over_time({}, reason),
        )
        self._readings.ask("read", self._take_readings, self._no_readings)

    def _take_readings(self, value: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
        self._readings.give_up()  # it has no further requests, and takes memory
        if self.state.look is not None:
            self.state.set_accuracies(with_accuracies(self.state.look, value["accuracies"]))

    def _no_readings(self, reason: str) -> None:
        self._readings.give_up()
        self.state.set_accuracies(None, f"no spike-time and supervised read-outs: {reason}")

    def _no_clusters(self, reason: str) -> None:
        self.notices.add_notice(f"Clustering failed: {reason}", True)
        self._ask_for_clusters()

    def _give_up_clusters(self) -> None:
        self._next_clusters = None
        self._desk.give_up()
        self.clusters.show_busy(False)

    def _want_plane(self, method: str) -> None:
        known = self.state.planes.get(method)
        self._give_up_plane()
        if known is not None:
            self.state.set_plane(known)
        else:
            self.embedding.method.setCurrentIndex(self.embedding.method.findData(method))
            self.embedding.show_progress(f"computing {self.embedding.method.currentText()} …")
            self._planes.ask("embed", self._take_plane, self._no_plane, method=method)

    def _take_plane(self, value: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
        self.state.set_plane(plane_of(value, arrays))
        self.embedding.show_progress("")

    def _no_plane(self, reason: str) -> None:
        self.embedding.show_progress("")
        self.notices.add_notice(f"Embedding failed: {reason}", True)

    def _give_up_plane(self) -> None:
        self._planes.give_up()
        self.embedding.show_progress("")

    # -- the report ------------------------------------------------------------------------------------------------

    def write_report(self) -> None:
        """Write the report, and open it."""
        path = self.chosen_run()
        if path is not None and not self.reports.busy:
            self.wanted.emit()
            self.reports.write(path)

    # -- display ---------------------------------------------------------------------------------------------------

    def _on_state(self, topics: set[str]) -> None:
        look = self.state.look
        if topics & {"look", "readout", "clusters"} and look is not None:
            self.setAccessibleDescription(look.summary(self.state.readout, self.state.clustering))
        if "look" in topics and look is not None:
            self.verdict.show_look(look)
        chosen, folder = self.state.chosen, self._shown.folder
        same = look is not None and folder is not None and folder.path.resolve() == look.path.resolve()
        if "chosen" in topics and same and chosen.kind == "neuron":
            self._shown.selection.select_read_neuron(chosen.numbers[0])

    def _show_what_there_is(self) -> None:
        look, opening = self.state.look, self._opening is not None
        open_ = look is not None and look.path == self.chosen_run()
        self.views.setVisible(open_)
        self.details.setVisible(open_)
        self.verdict.setVisible(open_)
        self.stream.setVisible(self._is_stream)
        self.empty.setVisible(not open_ and not self._is_stream)
        if open_ and not self._arranged:
            QTimer.singleShot(0, self._arrange)
        for widget in (self.busy, self.busy_words, self.cancel):
            widget.setVisible(opening)
        self._fit_buttons()

    def _fit_buttons(self) -> None:
        some, opening = self.chosen_run() is not None, self._opening is not None
        look = self.state.look
        self.go.setEnabled(some and not opening and not self._is_stream)
        self.go.setToolTip("A stream has no labels" if self._is_stream else _GO)
        self.empty.setText(_EMPTY if self.run.count() or opening else _NO_RUNS)
        self.go.setText("Evaluate again" if look is not None and look.path == self.chosen_run() else "Evaluate")
        self.report.setEnabled(some and not self.reports.busy)
        self.run.setEnabled(bool(self.run.count()) and not opening)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 - Qt's name
        """Evaluate when Enter is pressed in the box of runs."""
        assert event is not None
        if (
            event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
            and self.focusWidget() is self.run
            and self.go.isEnabled()
        ):
            self._evaluate_chosen()
        else:
            super().keyPressEvent(event)

    def restyle(self) -> None:
        """Apply the colours of the theme."""
        self.verdict.restyle()
        self.stream.restyle()
        for box in self.boxes:
            box.restyle()

    def save(self) -> None:
        """Save the layout of the page and end its processes."""
        self._settings.setValue("evaluate/details", "true" if self.details.isChecked() else "false")
        for number, split in enumerate(self._splits if self._arranged else []):
            self._settings.setValue(_SAVED[number], split.saveState())
        for one in (self._desk, self._planes, self._readings, self.reports):
            one.give_up()
