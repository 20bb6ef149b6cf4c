"""Dialogs for adding to the queue, branching and rewinding."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QPlainTextEdit,
    QPushButton,
    QSpinBox,
    QWidget,
)

from stdpbench.errors import StdpbenchError
from stdpbench.experiment import parse_assignment
from stdpbench.runs.lineage.export import SUFFIX
from stdpbench.units import thousands
from stdpbench_gui.look import theme
from stdpbench_gui.session.background import Background
from stdpbench_gui.widgets.basic import wrapped
from stdpbench_gui.widgets.layouts import vbox


class _FormDialog(QDialog):
    """A form with an error message and two buttons; it performs its action before it closes."""

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
        self.problem.setAccessibleName("Problem")
        self.problem.hide()
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.go = QPushButton(go)
        self.go.setObjectName("primary")
        buttons.addButton(self.go, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self.submit)
        buttons.rejected.connect(self.reject)
        self.layout_ = vbox(
            self.form, self.problem, buttons, within=self, margins=2 * theme.GRID, spacing=2 * theme.GRID
        )
        self.go.setDefault(True)  # only effective inside the dialog; otherwise Return in a field would cancel

    def submit(self) -> None:
        """Read the form and perform the action."""
        raise NotImplementedError

    def show_problem(self, sentence: str) -> None:
        """Show an error message; an empty sentence hides it."""
        self.problem.setText(f"⚠ {sentence}")
        self.problem.setVisible(bool(sentence))
        self.go.setEnabled(True)

    def do(self, work: Callable[[], object]) -> None:
        """Do something in a thread; the dialog closes on success and shows the problem otherwise."""
        self.show_problem("")
        self.go.setEnabled(False)
        self._background.do(work, lambda _: self.accept(), self.show_problem, owner=self)


def _assignments_field() -> QPlainTextEdit:
    field = QPlainTextEdit()
    field.setPlaceholderText("plasticity.nu_post=0.02\nexc.tau_m=80 ms")
    field.setTabChangesFocus(True)
    field.setAccessibleName("Changed parameters, one per line")
    field.setToolTip("One per line, as for --set: dotted path = value with its unit")
    field.setFixedHeight(4 * field.fontMetrics().lineSpacing() + 2 * theme.GRID)
    return field


def assignments(text: str) -> list[str]:
    """Return the non-empty lines of a text, without a leading ``--set``."""
    lines = (line.strip().removeprefix("--set").strip() for line in text.splitlines())
    return [line for line in lines if line]


class BranchDialog(_FormDialog):
    """Asks for the position and the changed parameters of a branch.

    Attributes
    ----------
    START, QUEUE, WAIT : str
        Choices for what to do with the branch.
    """

    START, QUEUE, WAIT = "start it now", "add it to the queue", "start it later"

    def __init__(
        self,
        name: str,
        reached: int,
        make: Callable[[int, dict[str, Any], str], object],
        background: Background,
        parent: QWidget,
    ) -> None:
        super().__init__("Create a branch", "Create branch", background, parent)
        self._make = make
        self.at = _position_field(reached, "Number of training presentations before the branch starts")
        self.set_ = _assignments_field()
        self.then = QComboBox()
        self.then.addItems([self.START, self.QUEUE, self.WAIT])
        self.then.setAccessibleName("What to do with the branch")
        self.form.addRow(
            wrapped(
                f"A branch is a second run that continues from {name} with changed parameters and the same input "
                f"spikes. {name} stays as it is. Both runs are ticked and drawn in the same plots."
            )
        )
        self.form.addRow("At presentation", self.at)
        self.form.addRow("Changed", self.set_)
        self.form.addRow("Then", self.then)
        self.set_.setFocus()

    def submit(self) -> None:
        """Read the form and create the branch."""
        try:
            changes = dict(parse_assignment(text) for text in assignments(self.set_.toPlainText()))
        except StdpbenchError as error:
            self.show_problem(str(error))
            return
        at, then, make = self.at.value(), self.then.currentText(), self._make
        self.do(lambda: make(at, changes, then))


class RewindDialog(_FormDialog):
    """Asks for the position to rewind a run to, and shows where it will resume."""

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
        super().__init__("Rewind", "Stop and rewind" if has_process else "Rewind", background, parent)
        self._explain, self._go_back = explain, go_back
        self.to = _position_field(reached, "Training presentations to keep")
        self.resumes = wrapped("", "faint")
        self.resumes.setAccessibleName("Where the run resumes")
        stops = " It is stopped first." if has_process else ""
        self.form.addRow(
            wrapped(
                f"Rewind {name} to an earlier presentation. The later part is not lost: it is kept as a separate run."
                f"{stops}"
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

    def submit(self) -> None:
        """Rewind the run."""
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


Exported = Literal["zip", "nir", "responses"]
"""What is exported: a whole run, its network, or its responses."""
_EXPORTED: dict[Exported, tuple[str, dict[str, str]]] = {
    "zip": ("Export a run", {".zip": "Zip (*.zip)"}),
    "nir": ("Export a network", {".nir": "NIR (*.nir)"}),
    "responses": ("Export responses", {".nwb": "NWB (*.nwb)", ".nix": "Neo (*.nix)"}),
}
"""Title of the dialog, and types of files by suffix."""


def file_to_export_to(name: str, folder: str, parent: QWidget, kind: Exported = "zip") -> Path | None:
    """Ask for the file to export a run to, with the suffix of its type; return None if cancelled."""
    title, types = _EXPORTED[kind]
    first, proposed = next(iter(types)), Path(folder) / name
    suggested = f"{proposed}{SUFFIX if kind == 'zip' else first}"
    chosen, filtered = QFileDialog.getSaveFileName(parent, title, suggested, ";;".join(types.values()))
    if not chosen:
        return None
    path = Path(chosen)
    suffix = next((each for each, type_ in types.items() if type_ == filtered), first)
    return path if path.suffix.lower() in types else path.with_name(f"{path.name}{suffix}")
