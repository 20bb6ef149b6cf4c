"""The question before a run that starts from the network of another one."""

from __future__ import annotations

from typing import Any

from PyQt6.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from stdpbench.errors import StdpbenchError
from stdpbench.experiment import Experiment
from stdpbench.parameters import Parameter
from stdpbench_gui import theme
from stdpbench_gui.panels._parameter_widgets import Choice
from stdpbench_gui.widgets import wrapped


class NewRunDialog(QDialog):
    """Asks for the value of a structural parameter, and says what will happen.

    Parameters
    ----------
    experiment : Experiment
        With the parameters in force.
    path : str
        Dotted path of the parameter.
    declared : Parameter
        What is declared about it.
    at_work : bool
        Whether a process works on the run that is shown: it will be ended.
    parent : QWidget
        Over which the dialog stands.
    """

    def __init__(
        self, experiment: Experiment, path: str, declared: Parameter, at_work: bool, parent: QWidget | None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("New run from here")
        self.setAccessibleName("New run from here")
        self.setMinimumWidth(420)
        self._experiment, self._path = experiment, path
        section, _, name = path.partition(".")
        value = getattr(getattr(experiment, section), name)
        shown = "none" if value is None else declared.show(value)
        ends = " This run is stopped first, so that its weights are written; it can be resumed." if at_work else ""
        said = wrapped(
            f"{path} is structural: another value needs another network. The new run starts from weights and "
            f"thresholds of this one, with the parameters in force.{ends}"
        )
        self.field: QLineEdit | Choice
        if declared.choices or declared.type == "bool":
            self.field = Choice(declared.choices or ("true", "false"))
            self.field.setCurrentText(shown)
            self.field.currentTextChanged.connect(lambda _: self._check())
        else:
            self.field = QLineEdit(shown)
            self.field.textChanged.connect(lambda _: self._check())
        self.field.setAccessibleName(path)
        self.field.setToolTip(declared.help)
        self.error = wrapped("", "parametererror")
        form = QFormLayout()
        form.addRow(path, self.field)
        form.addRow("", self.error)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.make = QPushButton("Stop this run and start a new one" if at_work else "Start a new run")
        self.make.setObjectName("primary")
        buttons.addButton(self.make, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*(2 * theme.GRID,) * 4)
        layout.setSpacing(2 * theme.GRID)
        layout.addWidget(said)
        layout.addLayout(form)
        layout.addWidget(buttons)
        self._check()

    @property
    def values(self) -> dict[str, Any]:
        """What is to be changed."""
        text = self.field.currentText() if isinstance(self.field, Choice) else self.field.text()
        return {self._path: text.strip()}

    def _check(self) -> None:
        try:
            changed = self._experiment.override(self.values)
        except StdpbenchError as error:
            self.error.setText(f"⚠ {error}")
            self.make.setEnabled(False)
        else:
            self.error.setText("")
            self.make.setEnabled(bool(self._experiment.differences(changed)))
