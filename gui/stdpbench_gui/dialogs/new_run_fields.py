"""The first fields of the form for a new run: what it is made from, how it is trained, its start, its seeds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QFormLayout, QLabel, QLineEdit, QPushButton, QSizePolicy, QWidget

from stdpbench.base.errors import StdpbenchError
from stdpbench.declare.parameters import Parameter
from stdpbench.experiment import Group, shipped_experiments, trained_kinds
from stdpbench.runs.catalog.store import Entry, newest
from stdpbench.runs.protocol.options import Options
from stdpbench.runs.protocol.states import State
from stdpbench.runs.queue.new_run import NewRun
from stdpbench_gui.look import theme
from stdpbench_gui.session.background import Background
from stdpbench_gui.widgets.basic import CheckBox, Label, wrapped
from stdpbench_gui.widgets.layouts import hbox, vbox
from stdpbench_gui.widgets.parameter_fields import Choice
from stdpbench_gui.widgets.parameter_row import ParameterRow, RowTexts

_MOST = 500


class RunChoice(Choice):
    """A drop-down list of runs, newest first, which a thread reads.

    Parameters
    ----------
    runs : Path
        The runs folder.
    none : str
        Text of the first item, which stands for no run.
    fits : callable
        Whether a run can be chosen.
    name : str
        Name of the list for screen readers.

    Attributes
    ----------
    chosen : signal of Path or None
        The user has chosen a run.
    """

    chosen = pyqtSignal(object)

    def __init__(self, runs: Path, none: str, fits: Callable[[Entry], bool], name: str) -> None:
        super().__init__((none,))
        self._runs, self._fits = runs, fits
        self.setAccessibleName(name)
        self._background = Background(self, 1)
        self._wanted: Path | None = None
        self.activated.connect(lambda _: self.chosen.emit(self.path))

    @property
    def path(self) -> Path | None:
        """Folder of the chosen run."""
        found: Path | None = self.currentData()
        return found

    def fill(self) -> None:
        """Read the runs folder in a thread and list its runs."""
        runs = self._runs

        def look() -> list[Entry]:
            try:
                return newest(runs, _MOST)
            except (StdpbenchError, OSError):  # the Runs page says why
                return []

        self._background.do(look, self._take)

    def _take(self, entries: list[Entry]) -> None:
        while self.count() > 1:
            self.removeItem(1)
        for entry in filter(self._fits, entries):
            self.addItem(f"{entry.title} · {entry.name}" if entry.title else entry.name, entry.path)
        self.show_path(self._wanted)

    def show_path(self, path: Path | None) -> None:
        """Show a run, which is added to the list if it is not in it; None: no run."""
        self._wanted = path
        place = 0 if path is None else next((i for i in range(1, self.count()) if self.itemData(i) == path), -1)
        if place < 0 and path is not None:
            self.insertItem(1, path.name, path)
            place = 1
        self.setCurrentIndex(place)


FILE = "\0file"
_WITHOUT_LABELS = "local rules, without labels"
_NO_FEATURES, _NO_START = "the pictures", "as the experiment declares"


class NewRunFields(QWidget):
    """The fields.

    Parameters
    ----------
    given : str
        What the experiment that the form was opened with is called in the list of experiments, unless it ships with
        stdpbench; empty if it does.
    runs : Path
        The runs folder.
    texts : RowTexts
        Texts of the rows about their state.

    Attributes
    ----------
    source_chosen : signal of str
        The name of a shipped experiment, `FILE`, or empty for the experiment that the form was opened with.
    reference_chosen : signal of str
        Kind of a reference; empty: as declared.
    features_chosen, start_chosen : signal of Path or None
        The run that responded; the run whose weights the new one starts from.
    projection_chosen : signal of str
        The projection that learns by the rule of the Rules page.
    name_edited, seeds_edited : signal of str
        A text was entered.
    options_changed : signal of Options
        A box was ticked.
    rows : dict of str to ParameterRow
        The parameters that are asked for first, by path.
    """

    source_chosen = pyqtSignal(str)
    reference_chosen = pyqtSignal(str)
    features_chosen = pyqtSignal(object)
    start_chosen = pyqtSignal(object)
    projection_chosen = pyqtSignal(str)
    name_edited = pyqtSignal(str)
    seeds_edited = pyqtSignal(str)
    options_changed = pyqtSignal(object)

    def __init__(self, given: str, runs: Path, texts: RowTexts) -> None:
        super().__init__()
        self._texts, self._given = texts, given
        self.rows: dict[str, ParameterRow] = {}
        names = list(shipped_experiments())
        self.source = Choice((*((given,) if given else ()), *names))
        for place, name in enumerate(names, bool(given)):
            self.source.setItemData(place, name)
        if given:
            self.source.setItemData(0, "")
        self.source.setAccessibleName("Experiment that the run is made from")
        self.file = QPushButton("File…")
        self.file.setAutoDefault(False)
        self.file.setAccessibleName("Choose an experiment file")
        self.name = QLineEdit()
        self.name.setAccessibleName("Name of the experiment")
        self.name.setToolTip("Name of the experiment, used for the run folder and a file")
        self.reference = Choice(())
        self.reference.setAccessibleName("How the network is trained")
        self.features = RunChoice(runs, _NO_FEATURES, _has_responded, "Data: pictures, or the responses of a run")
        self.projection = Choice(())
        self.projection.setAccessibleName("Projection that learns by the rule")
        self.start = RunChoice(runs, _NO_START, _has_weights, "Run whose weights and thresholds it starts from")
        self.start.setToolTip(
            "Start from the weights and thresholds of another run; arrays that do not fit are not taken over"
        )
        self.seeds = QLineEdit()
        self.seeds.setAccessibleName("Seeds")
        self.seeds.setToolTip("Several seeds, such as 0 1 2 or 0-4, make one item of the queue each")
        self.seeds_problem = wrapped("", "problem")
        self.seeds_problem.setAccessibleName("Problem of the seeds")
        self.choice_problem = wrapped("", "problem")
        self.choice_problem.setAccessibleName("Problem of the choice")
        self.validation = CheckBox("evaluate on held-out training pictures")
        self.validation.setToolTip(
            "Hold out some training pictures, and evaluate on them instead of the test pictures"
        )
        self.baselines = CheckBox("evaluate baselines as well")
        self.baselines.setToolTip("Start weights, samples as prototypes, and k-means")
        self.hold = CheckBox("hold in the queue until released")
        self.about = wrapped("", "faint")
        self.about.setAccessibleName("About the experiment")
        self._own = QWidget()
        self._own.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._rows = vbox(within=self._own, spacing=2)
        self._form = form = QFormLayout()
        form.setSpacing(theme.GRID // 2)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow(_label("made from", self.source), hbox((self.source, 1), self.file, spacing=theme.GRID // 2))
        form.addRow(_label("name", self.name), self.name)
        form.addRow(_label("trained by", self.reference), self.reference)
        form.addRow(_label("learns by it", self.projection), self.projection)
        form.addRow(_label("responses of", self.features), self.features)
        form.addRow(_label("weights of", self.start), self.start)
        form.addRow(_label("seeds", self.seeds), vbox(self.seeds, self.seeds_problem, spacing=theme.GRID // 2))
        below = vbox(self.validation, self.baselines, self.hold, spacing=theme.GRID // 2)
        vbox(
            self.about,
            form,
            self.choice_problem,
            self._own,
            below,
            within=self,
            margins=(0, 0, theme.GRID, 0),
            spacing=theme.GRID // 2,
        )
        self._connect()

    def _connect(self) -> None:
        self.source.activated.connect(lambda _: self.source_chosen.emit(str(self.source.currentData())))
        self.file.clicked.connect(lambda _: self.source_chosen.emit(FILE))
        self.name.editingFinished.connect(lambda: self.name_edited.emit(self.name.text().strip()))
        self.reference.activated.connect(lambda _: self.reference_chosen.emit(str(self.reference.currentData())))
        self.features.chosen.connect(self.features_chosen)
        self.projection.activated.connect(lambda _: self.projection_chosen.emit(self.projection.currentText()))
        self.start.chosen.connect(self.start_chosen)
        self.seeds.editingFinished.connect(lambda: self.seeds_edited.emit(self.seeds.text()))
        for box in (self.validation, self.baselines):
            box.clicked.connect(lambda _: self._change_options())
        self.features.fill()
        self.start.fill()

    def _change_options(self) -> None:
        options = replace(self._options, validation=self.validation.isChecked(), baselines=self.baselines.isChecked())
        self.options_changed.emit(options)

    # -- showing ---------------------------------------------------------------------------------------------------

    def show_run(self, run: NewRun, projections: Sequence[str], projection: str, *, has_rule: bool) -> None:
        """Show a run; with the rule of the Rules page, the projections that can learn by it."""
        self._options = run.options
        place = self.source.findData(run.source)
        if place < 0:  # a file
            self.source.addItem(Path(run.source).name, run.source)
            place = self.source.count() - 1
        self.source.setCurrentIndex(place)
        self.source.setToolTip(run.source)
        if not self.name.hasFocus() or not self.name.isModified():
            self.name.setText(run.draft.unchecked.name)
        self._show_reference(run)
        self._form.setRowVisible(self.reference, not has_rule)
        self._form.setRowVisible(self.features, bool(run.reference))
        self._form.setRowVisible(self.projection, len(projections) > 1)
        if [self.projection.itemText(place) for place in range(self.projection.count())] != list(projections):
            self.projection.clear()
            self.projection.addItems(projections)
        self.projection.setCurrentIndex(max(0, self.projection.findText(projection)))
        self.features.show_path(run.features)
        self.start.show_path(run.start_from)
        if not self.seeds.isModified():
            self.seeds.setText(" ".join(map(str, run.seeds)))
        self.seeds.setPlaceholderText(f"{run.draft.unchecked.seed}; several: 0 1 2 or 0-4")
        self.validation.setChecked(run.options.validation)
        self.baselines.setChecked(run.options.baselines)
        for box in (self.validation, self.baselines):
            box.setVisible(run.draft.unchecked.stream is None)
        self.baselines.setVisible(run.draft.unchecked.stream is None and not run.draft.unchecked.reference.trains)
        about = run.template.about
        summary = about.summary if run.is_template else ""
        accuracy = f"Expected: {about.expected_accuracy}." if run.is_template and about.expected_accuracy else ""
        text = " ".join(filter(None, (summary, accuracy)))
        self.about.setText(text)
        self.about.setVisible(bool(text))

    def _show_reference(self, run: NewRun) -> None:
        declared = str(getattr(run.given.reference, "kind", "none"))
        first = f"{declared}, as declared" if run.given.reference.trains else _WITHOUT_LABELS
        items = [(first, ""), *((f"{kind} (labels)", kind) for kind in trained_kinds() if kind != declared)]
        if [self.reference.itemText(place) for place in range(self.reference.count())] != [text for text, _ in items]:
            self.reference.clear()
            for text, kind in items:
                self.reference.addItem(text, kind)
        self.reference.setCurrentIndex(max(0, self.reference.findData(run.reference)))

    def show_rows(
        self, asked: Sequence[tuple[Group, Parameter]], committed: Callable[..., object], edited: Callable[..., object]
    ) -> None:
        """Make a row for each parameter that is asked for first, unless there is one."""
        wanted = {f"{group.path}.{declared.name}": (group.path, declared) for group, declared in asked}
        kept = {path: row for path, row in self.rows.items() if path in wanted and row.declared == wanted[path][1]}
        if list(kept) == list(wanted):
            return
        for path in self.rows.keys() - kept.keys():
            self.rows[path].hide()
            self.rows[path].deleteLater()
        self.rows = {}
        for place, (path, (section, declared)) in enumerate(wanted.items()):
            row = kept.get(path)
            if row is None:
                row = ParameterRow(section, declared, self._texts)
                row.committed.connect(committed)
                row.edited.connect(edited)
            self.rows[path] = row
            self._rows.insertWidget(place, row)
        width = max((row.name.sizeHint().width() for row in self.rows.values()), default=0)
        for row in self.rows.values():
            row.name.setMinimumWidth(width + theme.GRID)

    def show_problem(self, label: QLabel, sentence: str) -> None:
        """Show a sentence below the fields it belongs to; an empty one hides it."""
        label.setText(f"⚠ {sentence}" if sentence else "")
        label.setVisible(bool(sentence))

    _options = Options()


def _label(text: str, field: QWidget) -> QLabel:
    label = Label(text)
    label.setBuddy(field)
    return label


def _has_responded(entry: Entry) -> bool:
    return entry.state == State.FINISHED and entry.vote is not None


def _has_weights(entry: Entry) -> bool:
    return entry.state in (State.FINISHED, State.STOPPED)
