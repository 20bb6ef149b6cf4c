"""The user's own pictures: choose or drop them, preview their preparation, and make an experiment from them."""

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

from stdpbench.datasets import Dataset
from stdpbench.datasets.found import STIMULI, dataset_at, is_idx, stimuli_at
from stdpbench.errors import StdpbenchError
from stdpbench.experiment import Experiment
from stdpbench.files import write_text_aside
from stdpbench.runs.catalog.forecast import Size
from stdpbench.runs.folder.run_folder import looks_like_run
from stdpbench.runs.preparation.own_data import (
    BASES,
    DataPreview,
    PictureReader,
    experiment_name,
    experiment_on,
    suggest_steps,
)
from stdpbench.units import thousands
from stdpbench_gui.look import theme
from stdpbench_gui.session.background import Background, Job
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.session.timers import timer
from stdpbench_gui.widgets.basic import dropped_paths, experiment_target, short_path, wrapped
from stdpbench_gui.widgets.forecast_label import ForecastLabel
from stdpbench_gui.widgets.layouts import hbox, vbox
from stdpbench_gui.widgets.steps_form import StepsForm
from stdpbench_gui.widgets.thumbnails import Thumbnails

_WAIT_MS = 250


def is_own_data(path: Path) -> bool:
    """Return whether a path is data: pictures, signals, events or a table; any folder that is not a run."""
    if path.is_dir():
        return not looks_like_run(path)
    return path.suffix.lower() in (".npz", *STIMULI) or (
        path.is_file() and path.suffix.lower() != ".toml" and is_idx(path)
    )


T = TypeVar("T")


class OwnDataDialog(QDialog):
    """Makes an experiment from pictures.

    Attributes
    ----------
    chosen : signal of Experiment
        Request to start the experiment.
    network_wanted : signal of Experiment
        Request to edit its network before it is started.
    other_wanted : signal of Path
        A path with signals, events or a table was chosen or dropped.
    form : StepsForm
        Settings of the preparation.
    raw, ready : Thumbnails
        Pictures before and after preparation.
    problem : QLabel
        Error message; empty if there is none.
    """

    chosen = pyqtSignal(object)
    network_wanted = pyqtSignal(object)
    other_wanted = pyqtSignal(object)

    def __init__(
        self, session: RunSession, runs: Path, parent: QWidget | None = None, path: Path | None = None
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Your own pictures")
        self.setAcceptDrops(True)
        self._session = session
        self._reader = PictureReader()
        self._path: Path | None = None
        self._look: DataPreview | None = None
        self._experiment: Experiment | None = None
        self._background = Background(self, 1)
        self._job: Job | None = None
        self._timer = timer(self, self._refresh, _WAIT_MS, once=True)
        self.place = QLineEdit()
        self.place.setReadOnly(True)
        self.place.setPlaceholderText("Choose pictures, or drop them here")
        self.place.setAccessibleName("Location of the pictures")
        self.folder_button, self.file_button = QPushButton("Folder…"), QPushButton("File…")
        self.folder_button.setToolTip("A folder of PNG or JPEG pictures with one subfolder per class")
        self.file_button.setToolTip("An npz file or an IDX file; labels in the same folder are found automatically")
        self.folder_button.clicked.connect(self._choose_folder)
        self.file_button.clicked.connect(self._choose_file)
        self.status = wrapped(
            "A folder of PNG or JPEG pictures (one subfolder per class; without subfolders there are no labels), an "
            "npz file with an array named images, or IDX files like those of MNIST. Or signals, events and tables: "
            ".npz, .csv, .ts and .h5 files, and folders of them."
        )
        self.problem = wrapped("", "problem")
        self.problem.setAccessibleName("Problem")
        self.form = StepsForm()
        self.form.changed.connect(self._changed)
        self.raw = Thumbnails("Original pictures")
        self.ready = Thumbnails("Pictures as the network sees them")
        self.name = QLineEdit()
        self.name.setAccessibleName("Name of the experiment")
        self.base = QComboBox()
        for base in BASES:
            self.base.addItem(base)
        self.base.setToolTip("The included experiment that provides all other settings")
        self.base.setAccessibleName("Settings")
        self.n_exc = QSpinBox()
        self.n_exc.setRange(1, 100_000)
        self.n_exc.setValue(100)
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
        self.base.activated.connect(self._base_chosen)
        self.n_exc.valueChanged.connect(lambda _: self._plan())
        self.name.textEdited.connect(lambda _: self._plan())
        self._lay_out()
        self._show_problem("")
        self._enable(False)
        self.resize(980, 640)
        if path is not None:
            self.take(path)

    def _lay_out(self) -> None:
        place = hbox((self.place, 1), self.folder_button, self.file_button)
        network = QFormLayout()
        network.setSpacing(theme.GRID)
        for words, field in (("name", self.name), ("based on", self.base), ("exc neurons", self.n_exc)):
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
        left = vbox(
            wrapped("Preparation", "cardtitle"),
            self.form,
            within=column,
            margins=(0, 0, theme.GRID, 0),
            spacing=theme.GRID,
        )
        left.addSpacing(theme.GRID)
        left.addWidget(wrapped("Network", "cardtitle"))
        left.addLayout(network)
        left.addWidget(self.plan)
        left.addWidget(self.time)
        left.addStretch(1)
        right = vbox(wrapped("Original", "cardtitle"), self.raw, spacing=theme.GRID)
        right.addSpacing(theme.GRID)
        right.addWidget(wrapped("As the network sees them", "cardtitle"))
        right.addWidget(self.ready)
        right.addStretch(1)
        middle = hbox((scroll, 1), right, spacing=3 * theme.GRID)
        buttons = hbox((self.problem, 1))
        cancel = QPushButton("Cancel")
        cancel.clicked.connect(self.reject)
        for button in (cancel, self.network_button, self.save_button, self.start_button):
            button.setAutoDefault(button is self.start_button)
            buttons.addWidget(button)
        vbox(place, self.status, (middle, 1), buttons, within=self, margins=2 * theme.GRID, spacing=theme.GRID)

    # -- location --------------------------------------------------------------------------------------------------

    def take(self, path: Path) -> None:
        """Preview a file or folder with suggested preparation; of other data, leave that to the dialog for them."""
        if stimuli_at(path) is not None:
            self.other_wanted.emit(path)
            self.reject()
            return
        self._path = path
        self.place.setText(short_path(path))
        self.place.setCursorPosition(len(self.place.text()))
        self.status.setText("Reading …")
        self._enable(False)

        def read() -> tuple[Dataset, DataPreview]:
            dataset = suggest_steps(dataset_at(path), self._reader)
            return dataset, self._reader.preview(dataset)

        self._work(read, lambda found: self._take_read(path, *found), self._fail_read)

    def _fail_read(self, reason: str) -> None:
        self.status.setText("The pictures could not be read.")
        self.raw.clear()
        self._fail_look(reason)

    def _take_read(self, path: Path, dataset: Dataset, look: DataPreview) -> None:
        with QSignalBlocker(self.form):
            self.form.show_dataset(dataset)
        self.name.setText(experiment_name(path))
        self._show_look(look)

    def _choose_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "Choose a folder of pictures", str(self._path or ""))
        if chosen:
            self.take(Path(chosen))

    def _choose_file(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(
            self,
            "Choose a file",
            str(self._path or ""),
            "Data (*.npz *ubyte *ubyte.gz *.idx *.gz *.csv *.ts *.h5 *.hdf5);;All files (*)",
        )
        if chosen:
            self.take(Path(chosen))

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:  # noqa: N802 - Qt's name
        """Accept files and folders."""
        data = event.mimeData() if event is not None else None
        if event is not None and data is not None and data.hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent | None) -> None:  # noqa: N802 - Qt's name
        """Preview the dropped files."""
        paths = dropped_paths(event.mimeData() if event is not None else None)
        if paths:
            self.take(paths[0])

    # -- preparation -----------------------------------------------------------------------------------------------

    def _changed(self) -> None:
        self._timer.start()

    def _refresh(self) -> None:
        try:
            dataset = self._dataset()
        except StdpbenchError as error:
            self._show_problem(f"{error}.")
            return

        self._work(lambda: self._reader.preview(dataset), self._show_look, self._fail_look)

    def _fail_look(self, reason: str) -> None:
        self.ready.clear()
        self._look = None
        self._enable(False)
        self._show_problem(f"{reason.rstrip('.')}.")

    def _show_look(self, look: DataPreview) -> None:
        self._look = look
        self.status.setText(look.sentence)
        self.raw.show_pictures(look.raw, look.classes)
        self.ready.show_pictures(look.ready, look.classes, white=float(look.ready.max(initial=0)))
        self._plan()

    def _work(self, work: Callable[[], T], done: Callable[[T], object], failed: Callable[[str], object]) -> None:
        """Do only the newest work, one job at a time: `Pictures` is not thread-safe."""
        if self._job is not None:
            self._job.cancel()
        self._job = self._background.do(work, done, failed)

    # -- the network -----------------------------------------------------------------------------------------------

    def _base_chosen(self) -> None:
        self.n_exc.setValue(int(self.base.currentText().rpartition("-")[2]))
        self._plan()

    def _plan(self) -> None:
        """Update the experiment and its description."""
        look, self._experiment = self._look, None
        if look is None:
            return
        try:
            dataset = self._dataset()
            name = self.name.text().strip() or "own-pictures"
            self._experiment = made = experiment_on(dataset, look, self.base.currentText(), self.n_exc.value(), name)
        except StdpbenchError as error:
            self._enable(False)
            self._show_problem(f"{error}.")
            self.plan.setText("")
            self.time.show_for(None)
            return
        self._show_problem("")
        self._enable(True)
        passes = made.schedule.passes
        shown = passes * len(look.split.train)
        self.plan.setText(
            f"{thousands(look.split.train.n_values)} inputs, weights per neuron sum to {made.network.weight_sum:g}; "
            f"{passes} pass{'es' if passes > 1 else ''}, {thousands(shown)} presentations."
        )
        self.time.show_for(made, Size.of(look.split))

    def _dataset(self) -> Dataset:
        """Return the data set with the values of the form."""
        dataset = self.form.dataset()
        assert isinstance(dataset, Dataset)
        return dataset

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

    def _enable(self, enabled: bool) -> None:
        self.start_button.setEnabled(enabled)
        self.network_button.setEnabled(enabled)
        self.save_button.setEnabled(enabled)

    def _show_problem(self, sentence: str) -> None:
        self.problem.setText(f"⚠ {sentence}" if sentence else "")

    def done(self, result: int) -> None:
        """Cancel reading."""
        if self._job is not None:
            self._job.cancel()
        self._timer.stop()
        super().done(result)
