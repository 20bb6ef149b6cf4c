"""The question before a run that starts from the network of another one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PyQt6.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QPushButton, QVBoxLayout, QWidget

from stdpbench.errors import StdpbenchError
from stdpbench.experiment import Experiment, family_of
from stdpbench.parameters import Parameter
from stdpbench.runs.catalog.forecast import Size
from stdpbench_gui.look import theme
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.widgets.basic import grow, wrapped
from stdpbench_gui.widgets.forecast_label import ForecastLabel
from stdpbench_gui.widgets.kind_fields import KindFields, ValueEntry

_RULE = " Another rule can also be put in force in this run, while it learns: on the Rules page."


class NewRunDialog(QDialog):
    """Asks for the value of a structural parameter, or for a kind and its parameters, and says what will happen.

    Parameters
    ----------
    experiment : Experiment
        With the parameters in force.
    path : str
        Dotted path of the parameter.
    declared : Parameter
        What is declared about it.
    session : RunSession
        The run that is shown. If a process works on it, it will be ended.
    parent : QWidget
        Over which the dialog stands.
    """

    def __init__(
        self,
        experiment: Experiment,
        path: str,
        declared: Parameter,
        session: RunSession,
        parent: QWidget | None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("New run from here")
        self.setAccessibleName("New run from here")
        self.setMinimumWidth(460)
        self._experiment, self._path = experiment, path
        self._size = None if session.split is None else Size.of(session.split)
        has_process, runs = session.connected, Path() if session.folder is None else session.folder.path.parent
        self._section, _, name = path.partition(".")
        value = getattr(getattr(experiment, self._section), name)
        ends = " This run is stopped first, so that its weights are written; it can be resumed." if has_process else ""
        what = "another kind" if name == "kind" else "another value"
        text = wrapped(
            f"{path} is structural: {what} needs another network. The new run starts from weights and "
            f"thresholds of this one, with the parameters in force.{ends}{_RULE if path == 'plasticity.kind' else ''}"
        )
        self._entry = ValueEntry(declared, value)
        self.field = self._entry.widget
        self.field.setAccessibleName(path)
        self.error = wrapped("", "problem")
        self.summary = wrapped("", "faint")
        self.fields = KindFields()
        self.time = ForecastLabel(runs, session)
        form = QFormLayout()
        form.addRow(path, self.field)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.make = QPushButton("Stop this run and start a new one" if has_process else "Start a new run")
        self.make.setObjectName("primary")
        buttons.addButton(self.make, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*(2 * theme.GRID,) * 4)
        layout.setSpacing(2 * theme.GRID)
        layout.addWidget(text)
        layout.addLayout(form)
        for widget in (self.summary, self.fields, self.error, self.time):
            layout.addWidget(widget)
        layout.addStretch(1)
        layout.addWidget(buttons)
        is_kind = name == "kind"
        self._entry.changed.connect(lambda _: self._show_kind() if is_kind else self._check())
        self.fields.changed.connect(self._check)
        self.summary.setVisible(is_kind)
        self.fields.hide()
        if is_kind:
            self._show_kind()
        else:
            self._check()

    @property
    def values(self) -> dict[str, Any]:
        """What is to be changed."""
        own = {f"{self._section}.{name}": text for name, text in self.fields.values().items()}
        return {self._path: self._entry.text, **own}

    def _show_kind(self) -> None:
        """Have the parameters appear that the chosen kind has."""
        family = family_of(self._section)
        assert family is not None
        try:
            cls = family.get(self._entry.text, self._path)
        except StdpbenchError:  # of another package, and does not load: that is said below
            self.fields.hide()
            self.summary.setText("")
        else:
            self.summary.setText(getattr(cls, "summary", ""))
            self.fields.show_kind(cls, self._section, getattr(self._experiment, self._section))
        self._check()

    def _check(self) -> None:
        changed: Experiment | None = None
        try:
            changed = self._experiment.override(self.values)
        except StdpbenchError as error:
            self.error.setText(f"⚠ {error}")
        else:
            self.error.setText("")
        differs = changed is not None and bool(self._experiment.differences(changed))
        self.error.setVisible(changed is None)
        self.make.setEnabled(differs)
        self.time.show_for(changed if differs else None, self._size_of(changed))
        grow(self)

    def _size_of(self, changed: Experiment | None) -> Size | None:
        """Of the pictures that are shown, if they are the same."""
        return self._size if changed is not None and changed.data == self._experiment.data else None
