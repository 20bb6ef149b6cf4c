"""What the dialogs for the user's own data share: a place, settings, a network, and an experiment made from them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from PyQt6.QtCore import Qt, pyqtBoundSignal, pyqtSignal
from PyQt6.QtGui import QDragEnterEvent, QDropEvent
from PyQt6.QtWidgets import (
    QBoxLayout,
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QWidget,
)

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.files import write_text_aside
from stdpbench.data.datasets import STEPS, Source
from stdpbench.declare.parameters import Parameter, build
from stdpbench.experiment import Experiment
from stdpbench_gui.look import theme
from stdpbench_gui.session.background import Background, Job
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.session.timers import timer
from stdpbench_gui.widgets.basic import (
    CheckBox,
    Dialog,
    Label,
    dropped_paths,
    experiment_target,
    named,
    push_button,
    scrolling,
    short_path,
    wrapped,
)
from stdpbench_gui.widgets.forecast_label import ForecastLabel
from stdpbench_gui.widgets.layouts import hbox, vbox

_SHOWN = ("bool", "int", "float")


class StepsForm(QWidget):
    """Fields for the switches and numbers among the declared parameters of a data set."""

    changed = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self._layout = QFormLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(theme.GRID)
        self.fields: dict[str, QWidget] = {}
        self._read: dict[str, Callable[[], Any]] = {}
        self._dataset: Source | None = None

    def show_dataset(self, dataset: Source) -> None:
        """Show the values of a data set."""
        while self._layout.rowCount():
            self._layout.removeRow(0)
        self.fields.clear()
        self._read.clear()
        self._dataset = dataset
        declared = [p for p in dataset.describe() if p.type in _SHOWN and not p.choices]
        for parameter in sorted(declared, key=lambda p: p.name not in STEPS):
            self._add(parameter, getattr(dataset, parameter.name))

    def dataset(self) -> Source:
        """Return the data set with the values of the form.

        Raises
        ------
        StdpbenchError
            If the values are inconsistent.
        """
        assert self._dataset is not None
        values = {name: read() for name, read in self._read.items()}
        return build(type(self._dataset), self._dataset.model_dump() | values, "data")

    def _add(self, parameter: Parameter, value: Any) -> None:
        words = parameter.name.replace("_", " ")
        field: QWidget
        if parameter.type == "bool":
            box = CheckBox()
            box.setChecked(bool(value))
            box.toggled.connect(lambda _: self.changed.emit())
            self._read[parameter.name] = box.isChecked
            field = box
        else:
            field = self._number(parameter, value)
        field.setToolTip(parameter.help)
        field.setAccessibleName(words)
        field.setAccessibleDescription(parameter.help)
        label = named(Label(words), tip=parameter.help)
        label.setBuddy(field)
        self.fields[parameter.name] = field
        self._layout.addRow(label, field)

    def _number(self, parameter: Parameter, value: Any) -> QWidget:
        optional = parameter.default is None
        whole = parameter.type == "int"
        spin = QSpinBox() if whole else QDoubleSpinBox()
        low, high = parameter.minimum or 0, parameter.maximum
        top = 2_000_000_000 if high is None or high > 2_000_000_000 else high
        if isinstance(spin, QSpinBox):
            first = int(low) - 1 if optional else int(low)
            spin.setRange(first, int(top))
            spin.setValue(first if value is None else int(value))
        else:
            spin.setDecimals(0 if optional else 2)
            spin.setRange(0.0 if optional else 0.01, float(top) if high is None else float(top) - 0.01)
            spin.setSingleStep(1000 if optional else 0.05)
            spin.setValue(0.0 if value is None else float(value))
        if optional:
            spin.setSpecialValueText("one sixth" if parameter.name == "validation_images" else "unchanged")
        if parameter.name in ("resize", "frame"):
            spin.setSuffix(" pixels")
        spin.setKeyboardTracking(False)
        spin.valueChanged.connect(lambda _: self.changed.emit())
        self._read[parameter.name] = lambda: None if optional and spin.value() == spin.minimum() else spin.value()
        return spin


_WAIT_MS = 250

T = TypeVar("T")


class OwnDialog(Dialog):
    """Base of the dialogs that make an experiment from the user's own data.

    Attributes
    ----------
    chosen : signal of Experiment
        Request to start the experiment.
    edit_wanted : signal of Experiment
        Request to change more of it before it is started.
    other_wanted : signal of Path
        A path with data of another kind was chosen or dropped.
    form : StepsForm
        Parameters of the data.
    problem : QLabel
        Error message; empty if there is none.
    """

    chosen = pyqtSignal(object)
    edit_wanted = pyqtSignal(object)
    other_wanted = pyqtSignal(object)

    def __init__(self, session: RunSession, runs: Path, title: str, parent: QWidget | None) -> None:
        super().__init__(title, parent)
        self.setAcceptDrops(True)
        self._session = session
        self._path: Path | None = None
        self._experiment: Experiment | None = None
        self._background = Background(self, 1)
        self._job: Job | None = None
        self._timer = timer(self, self._refresh, _WAIT_MS, once=True)
        self.place = QLineEdit()
        self.place.setReadOnly(True)
        self.folder_button, self.file_button = QPushButton("Folder…"), QPushButton("File…")
        self.folder_button.clicked.connect(self._choose_folder)
        self.file_button.clicked.connect(self._choose_file)
        self.status = wrapped("")
        self.problem = named(wrapped("", "problem"), "Problem")
        self.form = StepsForm()
        self.form.changed.connect(self._timer.start)
        self.name = named(QLineEdit(), "Name of the experiment")
        self.n_exc = named(
            QSpinBox(),
            "Exc neurons",
            tip="Each exc neuron learns one prototype; more neurons learn more, but take longer",
        )
        self.n_exc.setRange(1, 100_000)
        self.plan = wrapped("", "faint")
        self.time = ForecastLabel(runs, session)
        self.start_button = push_button("Start learning", style="primary")
        self.save_button = QPushButton("Save as file…")
        self.edit_button = push_button(
            "Edit…", tip="Open the form for a new run, with everything that the experiment declares"
        )
        self.start_button.clicked.connect(lambda _: self._give(self.chosen))
        self.edit_button.clicked.connect(lambda _: self._give(self.edit_wanted))
        self.save_button.clicked.connect(self._save)
        self._show_problem("")

    def _lay_out(
        self, heading: str, choice: tuple[str, QComboBox], shown: QWidget | QBoxLayout, widths: tuple[int, int]
    ) -> None:
        """Arrange the fields, with a choice of the network and what shows the data, in these proportions."""
        place = hbox((self.place, 1), self.folder_button, self.file_button)
        network = QFormLayout()
        network.setSpacing(theme.GRID)
        for words, field in (("name", self.name), choice, ("exc neurons", self.n_exc)):
            label = Label(words)
            label.setMinimumWidth(self.fontMetrics().horizontalAdvance("validation images"))
            label.setBuddy(field)
            network.addRow(label, field)
        column = QWidget()
        scroll = named(scrolling(column), "Settings")
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        margins = (0, 0, theme.GRID, 0)
        left = vbox(wrapped(heading, "cardtitle"), self.form, within=column, margins=margins, spacing=theme.GRID)
        left.addSpacing(theme.GRID)
        left.addWidget(wrapped("Network", "cardtitle"))
        left.addLayout(network)
        left.addWidget(self.plan)
        left.addWidget(self.time)
        left.addStretch(1)
        middle = hbox((scroll, widths[0]), (shown, widths[1]), spacing=3 * theme.GRID)
        buttons = hbox((self.problem, 1))
        cancel = push_button("Cancel", clicked=self.reject)
        for button in (cancel, self.edit_button, self.save_button, self.start_button):
            button.setAutoDefault(button is self.start_button)
            buttons.addWidget(button)
        vbox(place, self.status, (middle, 1), buttons, within=self, margins=2 * theme.GRID, spacing=theme.GRID)

    # -- for subclasses --------------------------------------------------------------------------------------------

    def take(self, path: Path) -> None:
        """Preview a file or folder."""
        raise NotImplementedError

    def _refresh(self) -> None:
        """Read the form anew."""
        raise NotImplementedError

    def _choose_folder(self) -> None:
        raise NotImplementedError

    def _choose_file(self) -> None:
        raise NotImplementedError

    # -- location --------------------------------------------------------------------------------------------------

    def _show_path(self, path: Path) -> None:
        self._path = path
        self.place.setText(short_path(path))
        self.place.setCursorPosition(len(self.place.text()))
        self.status.setText("Reading …")

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

    def _work(self, work: Callable[[], T], done: Callable[[T], object], failed: Callable[[str], object]) -> None:
        """Do only the newest work, one job at a time."""
        if self._job is not None:
            self._job.cancel()
        self._job = self._background.do(work, done, failed)

    # -- the experiment --------------------------------------------------------------------------------------------

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
        for button in (self.start_button, self.edit_button, self.save_button):
            button.setEnabled(enabled)

    def _show_problem(self, sentence: str) -> None:
        self.problem.setText(f"⚠ {sentence}" if sentence else "")

    def done(self, result: int) -> None:
        """Cancel reading."""
        if self._job is not None:
            self._job.cancel()
        self._timer.stop()
        super().done(result)
