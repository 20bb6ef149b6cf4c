"""The user's own signals, events or tables: preview them with their spikes, and make an experiment from them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from PyQt6.QtCore import QSignalBlocker, Qt, pyqtBoundSignal, pyqtSignal
from PyQt6.QtGui import QDragEnterEvent, QDropEvent
from PyQt6.QtWidgets import (
    QComboBox,
    QDialog,
    QFileDialog,
    QFormLayout,
    QFrame,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSpinBox,
    QWidget,
)

from stdpbench.datasets import Source, Split
from stdpbench.datasets.found import stimuli_at
from stdpbench.errors import StdpbenchError
from stdpbench.experiment import Experiment
from stdpbench.files import write_text_aside
from stdpbench.runs.catalog.forecast import Size
from stdpbench.runs.preparation.own_data import experiment_name
from stdpbench.runs.preparation.own_stimuli import (
    encoders_for,
    experiment_on_stimuli,
    stimuli_sentence,
    suggested_neurons,
)
from stdpbench.units import thousands
from stdpbench_gui.look import theme
from stdpbench_gui.session.background import Background, Job
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.session.timers import timer
from stdpbench_gui.widgets.basic import dropped_paths, experiment_target, short_path, wrapped
from stdpbench_gui.widgets.encoding_preview import EncodingPreviewBox
from stdpbench_gui.widgets.forecast_label import ForecastLabel
from stdpbench_gui.widgets.layouts import hbox, vbox
from stdpbench_gui.widgets.steps_form import StepsForm

_WAIT_MS = 250
_FILTER = "Signals, events and tables (*.npz *.csv *.ts *.h5 *.hdf5);;All files (*)"

T = TypeVar("T")


class OwnStimuliDialog(QDialog):
    """Makes an experiment from signals, events or the rows of a table.

    Attributes
    ----------
    chosen : signal of Experiment
        Request to start the experiment.
    network_wanted : signal of Experiment
        Request to edit its network before it is started.
    other_wanted : signal of Path
        A path with pictures was chosen or dropped.
    form : StepsForm
        Parameters of the data.
    preview : EncodingPreviewBox
        One stimulus and its spikes.
    problem : QLabel
        Error message; empty if there is none.
    """

    chosen = pyqtSignal(object)
    network_wanted = pyqtSignal(object)
    other_wanted = pyqtSignal(object)

    def __init__(self, session: RunSession, runs: Path, path: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Your own data")
        self.setAcceptDrops(True)
        self._session = session
        self._path = path
        self._source: Source | None = None
        self._split: Split | None = None
        self._experiment: Experiment | None = None
        self._background = Background(self, 1)
        self._job: Job | None = None
        self._timer = timer(self, self._refresh, _WAIT_MS, once=True)
        self.place = QLineEdit()
        self.place.setReadOnly(True)
        self.place.setAccessibleName("Location of the data")
        self.folder_button, self.file_button = QPushButton("Folder…"), QPushButton("File…")
        self.folder_button.setToolTip("A folder of CSV files, one per signal, with one subfolder per class")
        self.file_button.setToolTip("An .npz, .csv, .ts or .h5 file")
        self.folder_button.clicked.connect(self._choose_folder)
        self.file_button.clicked.connect(self._choose_file)
        self.status = wrapped("")
        self.problem = wrapped("", "problem")
        self.problem.setAccessibleName("Problem")
        self.form = StepsForm()
        self.form.changed.connect(self._timer.start)
        self.preview = EncodingPreviewBox(session)
        self.name = QLineEdit()
        self.name.setAccessibleName("Name of the experiment")
        self.encoder = QComboBox()
        self.encoder.setAccessibleName("Encoding")
        self.encoder.setToolTip("How stimuli become spikes; its parameters follow from the data")
        self.n_exc = QSpinBox()
        self.n_exc.setRange(1, 100_000)
        self.n_exc.setKeyboardTracking(False)
        self.n_exc.setToolTip("Each exc neuron learns one prototype; more neurons learn more, but take longer")
        self.n_exc.setAccessibleName("Exc neurons")
        self.plan = wrapped("", "faint")
        self.time = ForecastLabel(runs, session)
        self.start_button = QPushButton("Start learning")
        self.start_button.setObjectName("primary")
        self.save_button = QPushButton("Save as file…")
        self.network_button = QPushButton("Edit network…")
        self.start_button.clicked.connect(lambda _: self._give(self.chosen))
        self.network_button.clicked.connect(lambda _: self._give(self.network_wanted))
        self.save_button.clicked.connect(self._save)
        self.encoder.activated.connect(lambda _: self._timer.start())
        self.n_exc.valueChanged.connect(lambda _: self._timer.start())
        self.name.textEdited.connect(lambda _: self._timer.start())
        self._lay_out()
        self._show_problem("")
        self.resize(1000, 640)
        self.take(path)

    def _lay_out(self) -> None:
        place = hbox((self.place, 1), self.folder_button, self.file_button)
        network = QFormLayout()
        network.setSpacing(theme.GRID)
        for words, field in (("name", self.name), ("encoding", self.encoder), ("exc neurons", self.n_exc)):
            label = QLabel(words)
            label.setMinimumWidth(self.fontMetrics().horizontalAdvance("validation images"))
            label.setBuddy(field)
            network.addRow(label, field)
        column = QWidget()
        scroll = QScrollArea()
        scroll.setWidget(column)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setAccessibleName("Settings")
        margins = (0, 0, theme.GRID, 0)
        left = vbox(wrapped("Data", "cardtitle"), self.form, within=column, margins=margins, spacing=theme.GRID)
        left.addSpacing(theme.GRID)
        left.addWidget(wrapped("Network", "cardtitle"))
        left.addLayout(network)
        left.addWidget(self.plan)
        left.addWidget(self.time)
        left.addStretch(1)
        middle = hbox((scroll, 2), (self.preview, 3), spacing=3 * theme.GRID)
        buttons = hbox((self.problem, 1))
        cancel = QPushButton("Cancel")
        cancel.clicked.connect(self.reject)
        for button in (cancel, self.network_button, self.save_button, self.start_button):
            button.setAutoDefault(button is self.start_button)
            buttons.addWidget(button)
        vbox(place, self.status, (middle, 1), buttons, within=self, margins=2 * theme.GRID, spacing=theme.GRID)

    # -- location --------------------------------------------------------------------------------------------------

    def take(self, path: Path) -> None:
        """Preview a file or folder; of pictures, leave that to the dialog for them."""
        self._path = path
        self.place.setText(short_path(path))
        self.place.setCursorPosition(len(self.place.text()))
        self.status.setText("Reading …")
        self._forget()

        def read() -> tuple[Source, Split] | None:
            source = stimuli_at(path)
            return None if source is None else (source, source.prepare())

        def done(found: tuple[Source, Split] | None) -> None:
            if found is None:
                self.other_wanted.emit(path)
                self.reject()
                return
            self._take_read(path, *found)

        self._work(read, done)

    def _take_read(self, path: Path, source: Source, split: Split) -> None:
        self._source, self._split = source, split
        with QSignalBlocker(self.form):
            self.form.show_dataset(source)
        with QSignalBlocker(self.n_exc):
            self.n_exc.setValue(suggested_neurons(split))
        self.encoder.clear()
        self.encoder.addItems(encoders_for(source))
        self.name.setText(experiment_name(path))
        self._refresh()

    def _choose_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "Choose a folder of signals", str(self._path))
        if chosen:
            self.take(Path(chosen))

    def _choose_file(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, "Choose a file", str(self._path), _FILTER)
        if chosen:
            self.take(Path(chosen))

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:  # noqa: N802 - Qt's name
        """Accept files and folders."""
        data = event.mimeData() if event is not None else None
        if event is not None and data is not None and data.hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent | None) -> None:  # noqa: N802 - Qt's name
        """Preview the dropped file or folder."""
        paths = dropped_paths(event.mimeData() if event is not None else None)
        if paths:
            self.take(paths[0])

    # -- the experiment --------------------------------------------------------------------------------------------

    def _refresh(self) -> None:
        """Make the experiment anew from the form, in a thread."""
        known, split = self._source, self._split
        if known is None or split is None:
            return
        try:
            source = self.form.dataset()
        except StdpbenchError as error:
            self._fail(str(error))
            return
        encoder, n_exc, name = self.encoder.currentText(), self.n_exc.value(), self.name.text().strip() or "own-data"
        self._forget()

        def make() -> tuple[Source, Split, Experiment]:
            read = split if source == known else source.prepare()
            return source, read, experiment_on_stimuli(source, read, encoder, n_exc, name)

        self._work(make, lambda found: self._take_made(*found))

    def _take_made(self, source: Source, split: Split, made: Experiment) -> None:
        self._source, self._split, self._experiment = source, split, made
        self.status.setText(stimuli_sentence(source, split))
        self._show_problem("")
        self._enable(True)
        size, passes = Size.of(split), made.schedule.passes
        self.plan.setText(
            f"{thousands(size.n_input(made))} inputs, weights per neuron sum to {made.network.weight_sum:g}; "
            f"{made.schedule.stimulus:g} ms at most per stimulus; "
            f"{passes} pass{'es' if passes > 1 else ''}, {thousands(passes * len(split.train))} presentations. "
            "These settings are a start, and not tuned for your data."
        )
        self.time.show_for(made, size)
        self.preview.show_for(made)

    def _work(self, work: Callable[[], T], done: Callable[[T], object]) -> None:
        """Do only the newest work, one job at a time."""
        if self._job is not None:
            self._job.cancel()
        self._job = self._background.do(work, done, self._fail)

    @property
    def experiment(self) -> Experiment | None:
        """The experiment to start; None while there is a problem."""
        return self._experiment

    def _give(self, signal: pyqtBoundSignal) -> None:
        if self._experiment is not None:
            signal.emit(self._experiment)
            self.accept()

    def _save(self) -> None:
        if self._experiment is None:
            return
        chosen = experiment_target(self, self._experiment)
        if chosen is not None:
            self.save(chosen)

    def save(self, path: Path) -> None:
        """Write the experiment to a file."""
        assert self._experiment is not None
        try:
            write_text_aside(path, self._experiment.to_toml())
        except StdpbenchError as error:
            self._show_problem(f"{error}.")
        else:
            self._session.message.emit(f"Saved the experiment to {path}.")

    def _fail(self, reason: str) -> None:
        self._forget()
        if self._split is None:
            self.status.setText("The data could not be read.")
        self.plan.setText("")
        self.time.show_for(None)
        self._show_problem(f"{reason.rstrip('.')}.")

    def _forget(self) -> None:
        self._experiment = None
        self._enable(False)

    def _enable(self, enabled: bool) -> None:
        for button in (self.start_button, self.network_button, self.save_button):
            button.setEnabled(enabled)

    def _show_problem(self, sentence: str) -> None:
        self.problem.setText(f"⚠ {sentence}" if sentence else "")

    def done(self, result: int) -> None:
        """Cancel reading."""
        if self._job is not None:
            self._job.cancel()
        self._timer.stop()
        self.preview.show_for(None)
        super().done(result)
