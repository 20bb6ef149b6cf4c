"""What is asked before something goes into the queue, a run branches off, or a run goes back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QCompleter,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from stdpbench.errors import StdpbenchError
from stdpbench.experiment import Experiment, parse_assignment, shipped_experiments
from stdpbench.runs.protocol.options import Options
from stdpbench.runs.queue.enqueue import check_data, experiments_of
from stdpbench.units import thousands
from stdpbench_gui.look import theme
from stdpbench_gui.session.background import Background
from stdpbench_gui.widgets.basic import wrapped


class _Asking(QDialog):
    """A form with a place for what is wrong, and two buttons; what was asked for is done before it closes."""

    def __init__(self, title: str, go: str, background: Background, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self.setAccessibleName(title)
        self.setMinimumWidth(520)
        self._background = background
        self.form = QFormLayout()
        self.form.setSpacing(theme.GRID)
        self.problem = wrapped("", "problem")
        self.problem.setAccessibleName("What is wrong")
        self.problem.hide()
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.go = QPushButton(go)
        self.go.setObjectName("primary")
        buttons.addButton(self.go, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self.try_it)
        buttons.rejected.connect(self.reject)
        self.layout_ = QVBoxLayout(self)
        self.layout_.setContentsMargins(*(2 * theme.GRID,) * 4)
        self.layout_.setSpacing(2 * theme.GRID)
        self.layout_.addLayout(self.form)
        self.layout_.addWidget(self.problem)
        self.layout_.addWidget(buttons)
        self.go.setDefault(True)  # heeded only within the dialog: Return in a field would cancel else

    def try_it(self) -> None:
        """Do what is asked for."""
        raise NotImplementedError

    def say(self, sentence: str) -> None:
        """Say what is wrong; with an empty sentence, nothing."""
        self.problem.setText(f"⚠ {sentence}")
        self.problem.setVisible(bool(sentence))
        self.go.setEnabled(True)

    def do(self, work: Callable[[], object]) -> None:
        """Do something in a thread; the dialog closes once it is done, and says so where it fails."""
        self.say("")
        self.go.setEnabled(False)
        self._background.do(work, lambda _: self.accept(), self.say, owner=self)


def _assignments_field() -> QPlainTextEdit:
    field = QPlainTextEdit()
    field.setPlaceholderText("plasticity.nu_post=0.02\nexc.tau_m=80 ms")
    field.setTabChangesFocus(True)
    field.setAccessibleName("Changed parameters, one a line")
    field.setToolTip("One a line, as after --set: dotted path = value with its unit")
    field.setFixedHeight(4 * field.fontMetrics().lineSpacing() + 2 * theme.GRID)
    return field


def assignments(text: str) -> list[str]:
    """The lines of a text that say something, without ``--set`` in front."""
    lines = (line.strip().removeprefix("--set").strip() for line in text.splitlines())
    return [line for line in lines if line]


class AddDialog(_Asking):
    """Asks for an experiment and what is changed of it; puts it into the queue.

    Parameters
    ----------
    put : callable
        Puts experiments in, with their options and whether they are held; in a thread.
    background : Background
        The threads.
    parent : QWidget
        Over which it stands.
    """

    def __init__(
        self, put: Callable[[Sequence[Experiment], Options, bool], object], background: Background, parent: QWidget
    ) -> None:
        super().__init__("Put into the queue", "Put into the queue", background, parent)
        self._put = put
        self.experiment = QComboBox()
        self.experiment.setEditable(True)
        self.experiment.addItems(sorted(shipped_experiments()))
        self.experiment.setCurrentText("digits")
        self.experiment.setAccessibleName("Experiment, or a file")
        completer = self.experiment.completer()
        if completer is not None:
            completer.setFilterMode(Qt.MatchFlag.MatchContains)
            completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        browse = QPushButton("File…")
        browse.setAccessibleName("Choose an experiment file")
        browse.clicked.connect(self._browse)
        place = QHBoxLayout()
        place.addWidget(self.experiment, 1)
        place.addWidget(browse)
        self.set_ = _assignments_field()
        self.seeds = QLineEdit()
        self.seeds.setPlaceholderText("as in the experiment; or several: 0 1 2")
        self.seeds.setAccessibleName("Seeds")
        self.validation = QCheckBox("evaluate on held-out training pictures, not on the test set")
        self.baselines = QCheckBox("also evaluate start weights and k-means")
        self.baselines.setChecked(True)
        self.hold = QCheckBox("hold: wait until it is released")
        self.form.addRow("Experiment", place)
        self.form.addRow("Changed", self.set_)
        self.form.addRow("Seeds", self.seeds)
        for box in (self.validation, self.baselines, self.hold):
            self.form.addRow("", box)
        self.experiment.setFocus()

    def _browse(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, "An experiment file", "", "Experiments (*.toml)")
        if chosen:
            self.experiment.setCurrentText(chosen)

    def try_it(self) -> None:
        """Read what is asked for, see that it can be run, and put it in."""
        name, changed = self.experiment.currentText().strip(), assignments(self.set_.toPlainText())
        words = self.seeds.text().replace(",", " ").split()
        if not all(word.isdecimal() for word in words):
            self.say(f"Seeds are whole numbers from 0 on, with spaces between them, not {self.seeds.text()!r}.")
            return
        seeds = [int(word) for word in words]
        options = Options(validation=self.validation.isChecked(), baselines=self.baselines.isChecked())
        hold, put = self.hold.isChecked(), self._put

        def work() -> None:
            wanted = experiments_of(name, changed, seeds)
            check_data(wanted[0], options)
            put(wanted, options, hold)

        self.do(work)


class BranchDialog(_Asking):
    """Asks where a branch begins and what is changed there.

    Attributes
    ----------
    START, QUEUE, WAIT : str
        What becomes of the branch.
    """

    START, QUEUE, WAIT = "start it now", "put it into the queue", "let it wait in the history"

    def __init__(
        self,
        name: str,
        reached: int,
        make: Callable[[int, dict[str, Any], str], object],
        background: Background,
        parent: QWidget,
    ) -> None:
        super().__init__("Branch off", "Branch off", background, parent)
        self._make = make
        self.at = _position_field(reached, "Training presentations after which the branch goes its own way")
        self.set_ = _assignments_field()
        self.then = QComboBox()
        self.then.addItems([self.START, self.QUEUE, self.WAIT])
        self.then.setAccessibleName("What becomes of the branch")
        self.form.addRow(
            wrapped(
                f"A second run goes on from {name} with other parameters, and sees the same input spikes. {name} "
                "stays as it is. Both are ticked, so that their curves lie over each other."
            )
        )
        self.form.addRow("At presentation", self.at)
        self.form.addRow("Changed", self.set_)
        self.form.addRow("Then", self.then)
        self.set_.setFocus()

    def try_it(self) -> None:
        """Read what is asked for, and branch off."""
        try:
            changes = dict(parse_assignment(text) for text in assignments(self.set_.toPlainText()))
        except StdpbenchError as error:
            self.say(str(error))
            return
        at, then, make = self.at.value(), self.then.currentText(), self._make
        self.do(lambda: make(at, changes, then))


class RewindDialog(_Asking):
    """Asks how far back a run goes, and says what becomes of the rest."""

    def __init__(
        self,
        name: str,
        reached: int,
        has_process: bool,
        explain: Callable[[int], str],
        go_back: Callable[[int], object],
        background: Background,
        parent: QWidget,
    ) -> None:
        super().__init__("Go back", "Stop it and go back" if has_process else "Go back", background, parent)
        self._explain, self._go_back = explain, go_back
        self.to = _position_field(reached, "Training presentations to keep")
        self.resumes = wrapped("", "faint")
        self.resumes.setAccessibleName("Where the run resumes")
        stops = " It is stopped first." if has_process else ""
        self.form.addRow(
            wrapped(
                f"{name} is taken back to an earlier presentation. What comes after it is not lost: it is kept as "
                f"another run.{stops}"
            )
        )
        self.form.addRow("To presentation", self.to)
        self.form.addRow("", self.resumes)
        self.to.valueChanged.connect(self._show_resumption)
        self._show_resumption(reached)
        self.to.setFocus()
        self.to.selectAll()

    def _show_resumption(self, to: int) -> None:
        self.resumes.setText(self._explain(to))

    def try_it(self) -> None:
        """Go back."""
        to, go_back = self.to.value(), self._go_back
        self.do(lambda: go_back(to))


def _position_field(reached: int, name: str) -> QSpinBox:
    field = QSpinBox()
    field.setRange(0, reached)
    field.setValue(reached)
    field.setSuffix(f" of {thousands(reached)}")
    field.setAccessibleName(name)
    field.setToolTip(name)
    return field


def file_for_zip(name: str, folder: str, parent: QWidget) -> Path | None:
    """Ask where the zip of a run goes; None where it shall go nowhere."""
    chosen, _ = QFileDialog.getSaveFileName(parent, "Export a run", str(Path(folder) / f"{name}.zip"), "Zip (*.zip)")
    if not chosen:
        return None
    path = Path(chosen)
    return path if path.suffix.lower() == ".zip" else path.with_name(f"{path.name}.zip")
