"""Dialog that creates an experiment with a rule, to be started, queued or saved."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import QSignalBlocker, pyqtSignal
from PyQt6.QtWidgets import (
    QComboBox,
    QDialog,
    QFormLayout,
    QLineEdit,
    QPushButton,
    QWidget,
)

from stdpbench.errors import StdpbenchError
from stdpbench.experiment import Experiment, read_experiment, shipped_experiments
from stdpbench.files import write_text_aside
from stdpbench.lab.use import experiment_with
from stdpbench.plasticity import PlasticityRule
from stdpbench_gui.look import theme
from stdpbench_gui.pages.rules.apply import learners
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.widgets.basic import experiment_target, wrapped
from stdpbench_gui.widgets.forecast_label import ForecastLabel
from stdpbench_gui.widgets.layouts import STRETCH, hbox, vbox

_USUAL = "fast-100"


class UseDialog(QDialog):
    """Creates an experiment with a rule.

    Attributes
    ----------
    chosen, queued : signal of Experiment
        Request to start the experiment, or to add it to the queue.
    saved : signal of Path
        The experiment was written to a file.
    """

    chosen = pyqtSignal(object)
    queued = pyqtSignal(object)
    saved = pyqtSignal(object)

    def __init__(self, rule: PlasticityRule, shown: RunSession, runs: Path, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Use the rule in an experiment")
        self._rule, self._shown, self._running = rule, shown, shown.experiment
        running = self._running
        self._experiment: Experiment | None = None
        self.base = QComboBox()
        self.base.setAccessibleName("Base experiment for all other settings")
        if running is not None:
            self.base.addItem(f"{running.name} (current run)", "")
        for name in shipped_experiments():
            self.base.addItem(name, name)
        usual = 0 if running is not None else max(0, self.base.findData(_USUAL))
        self.base.setCurrentIndex(usual)
        self.projection = QComboBox()
        self.projection.setAccessibleName("Projection that learns by the rule")
        self.name = QLineEdit()
        self.name.setAccessibleName("Name of the experiment")
        self.note = wrapped("", "faint")
        self.time = ForecastLabel(runs, shown)
        self.problem = wrapped("", "problem")
        self.problem.setAccessibleName("Error")
        form = QFormLayout()
        form.setSpacing(theme.GRID)
        form.addRow("based on", self.base)
        form.addRow("for projection", self.projection)
        self._form = form
        form.addRow("name", self.name)
        self.start_button, self.queue_button = QPushButton("Start"), QPushButton("Add to queue")
        self.save_button, cancel = QPushButton("Save as file…"), QPushButton("Cancel")
        self.start_button.setObjectName("primary")
        self.start_button.setDefault(True)
        self.start_button.clicked.connect(lambda _: self._give(self.chosen))
        self.queue_button.clicked.connect(lambda _: self._give(self.queued))
        self.save_button.clicked.connect(lambda _: self._choose_target())
        cancel.clicked.connect(self.reject)
        buttons = (cancel, self.save_button, self.queue_button, self.start_button)
        for button in buttons:
            button.setAutoDefault(button is self.start_button)
        vbox(
            wrapped(rule.summary, "cardtitle"),
            wrapped(f"In the digit network: {rule.in_digit_network}.", "faint"),
            form,
            self.note,
            self.time,
            self.problem,
            STRETCH,
            hbox(STRETCH, *buttons),
            within=self,
            margins=2 * theme.GRID,
            spacing=theme.GRID,
        )
        self.base.currentIndexChanged.connect(lambda _: self._base_chosen())
        self.projection.currentIndexChanged.connect(lambda _: self._make())
        self.name.textEdited.connect(lambda _: self._make())
        self.setMinimumWidth(560)
        self._base_chosen()

    @property
    def experiment(self) -> Experiment | None:
        """The experiment to start; None while the input is invalid."""
        return self._experiment

    def _base(self) -> Experiment:
        name = self.base.currentData()
        return read_experiment(name) if name or self._running is None else self._running

    def _base_chosen(self) -> None:
        self.name.clear()
        self._offer_projections()
        self._make()
        if self._experiment is not None:
            self.name.setText(self._experiment.name)

    def _offer_projections(self) -> None:
        """Offer the projections of the base experiment, if several can learn by another rule."""
        try:
            names = learners(self._base())
        except StdpbenchError:  # `_make` shows it
            names = ()
        with QSignalBlocker(self.projection):
            self.projection.clear()
            self.projection.addItems(names)
            self.projection.setCurrentIndex(max(0, self.projection.findText(self._shown.selection.projection)))
        self._form.setRowVisible(self.projection, bool(names))

    def _make(self) -> None:
        self._experiment, reason = None, ""
        try:
            base, projection = self._base(), self.projection.currentText()
            self._experiment = made = experiment_with(self._rule, base, self.name.text().strip(), projection)
            graph = made.graph()
            learner = graph.projections[projection or graph.shown]
            norm, target = getattr(learner.normalise, "value", None), learner.target
            n = graph.populations[target].size
            self.note.setText(
                f"{n} {target} neurons; the weights of a neuron "
                + (f"sum to {norm:g}" if norm else "are not normalised")
                + f"; {made.schedule.passes} pass{'es' if made.schedule.passes > 1 else ''} over "
                f"{getattr(made.data, 'kind', '')}. The settings were tuned for a different rule."
            )
        except StdpbenchError as error:
            reason = f"⚠ {error}."
            self.note.setText("")
        self.time.show_for(self._experiment)
        self.problem.setText(reason)
        self.problem.setVisible(bool(reason))
        for button in (self.start_button, self.queue_button, self.save_button):
            button.setEnabled(self._experiment is not None)

    def _give(self, signal: object) -> None:
        if self._experiment is not None:
            signal.emit(self._experiment)  # type: ignore[attr-defined]  # a bound signal
            self.accept()

    def _choose_target(self) -> None:
        assert self._experiment is not None
        chosen = experiment_target(self, self._experiment)
        if chosen is not None:
            self.save(chosen)

    def save(self, path: Path) -> None:
        """Write the experiment to a file."""
        assert self._experiment is not None
        try:
            write_text_aside(path, self._experiment.to_toml())
        except StdpbenchError as error:
            self.problem.setText(f"⚠ {error}.")
            self.problem.show()
        else:
            self.saved.emit(path)
            self.accept()
