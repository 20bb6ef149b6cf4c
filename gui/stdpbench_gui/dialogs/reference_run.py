"""Dialog for a run that trains a network with labels on the data of an experiment."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QPushButton, QWidget

from stdpbench.errors import StdpbenchError
from stdpbench.experiment import Experiment, trained_kinds, value_at, with_reference
from stdpbench.parameters import Parameter
from stdpbench.references import references
from stdpbench_gui.look import theme
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.widgets.basic import grow, wrapped
from stdpbench_gui.widgets.forecast_label import ForecastLabel
from stdpbench_gui.widgets.kind_fields import KindFields, ValueEntry
from stdpbench_gui.widgets.layouts import vbox

_OTHERS = ("network.hidden", "schedule.passes")
"""Parameters outside of the reference that are asked for."""


class ReferenceDialog(QDialog):
    """Asks for a reference and its parameters, and for the experiment whose data it is trained on.

    Parameters
    ----------
    experiments : mapping of str to Experiment
        The choice of data, by the name that is shown; not empty.
    runs : Path
        The runs folder.
    session : RunSession
        The current run, which is replaced.
    parent : QWidget
        Parent of the dialog.

    Attributes
    ----------
    chosen : signal of Experiment
        Request to start the experiment.
    """

    chosen = pyqtSignal(object)

    def __init__(
        self, experiments: Mapping[str, Experiment], runs: Path, session: RunSession, parent: QWidget | None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Train a supervised reference")
        self.setAccessibleName("Train a supervised reference")
        self.setMinimumWidth(520)
        self._experiments = dict(experiments)
        self.data = ValueEntry(_choice("data", tuple(experiments), "Experiment that gives pictures and seed."), None)
        self.kind = ValueEntry(_choice("kind", trained_kinds(), "How the network is trained."), None)
        self.data.widget.setAccessibleName("data of")
        self.kind.widget.setAccessibleName("reference.kind")
        self.summary, self.error = wrapped("", "faint"), wrapped("", "problem")
        self.fields, self.others = KindFields(), dict[str, ValueEntry]()
        self.time = ForecastLabel(runs, session)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.make = QPushButton("Start training")
        self.make.setObjectName("primary")
        buttons.addButton(self.make, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self.form = QFormLayout()
        self.form.addRow("data of", self.data.widget)
        self.form.addRow("reference", self.kind.widget)
        vbox(
            wrapped(
                "A network that is trained <b>with the labels</b> of the training pictures, to compare others with. "
                "Lists and reports call its accuracy supervised."
            ),
            self.form,
            self.summary,
            self.fields,
            self.error,
            self.time,
            buttons,
            within=self,
            margins=2 * theme.GRID,
            spacing=2 * theme.GRID,
        )
        self.data.changed.connect(lambda _: self._check())
        self.kind.changed.connect(lambda _: self._show_kind())
        self.fields.changed.connect(self._check)
        self.accepted.connect(lambda: self.chosen.emit(self.experiment()))
        self._show_kind()

    def experiment(self) -> Experiment:
        """Return the experiment that was put together.

        Raises
        ------
        StdpbenchError
            If a value is invalid, or the data cannot train the reference.
        """
        changes: dict[str, Any] = {f"reference.{name}": text for name, text in self.fields.values().items()}
        changes |= {path: entry.text for path, entry in self.others.items() if entry.text != entry.shown}
        return with_reference(self._experiments[self.data.text], self.kind.text, changes)

    def _show_kind(self) -> None:
        cls = references.get(self.kind.text)
        self.summary.setText(cls.summary)
        self.fields.show_kind(cls, "reference", None)
        for entry in self.others.values():
            self.form.removeRow(entry.widget)
        usual = Experiment.from_mapping({}).override({"reference.kind": self.kind.text, **cls.usual})
        self.others = {}
        for path in _OTHERS:
            section, _, name = path.partition(".")
            described: tuple[Parameter, ...] = getattr(usual, section).describe()
            declared = next(each for each in described if each.name == name)
            entry = self.others[path] = ValueEntry(declared, value_at(usual, path))
            entry.widget.setAccessibleName(path)
            entry.changed.connect(lambda _: self._check())
            self.form.addRow(path, entry.widget)
        self._check()

    def _check(self) -> None:
        made: Experiment | None = None
        sentences: tuple[str, ...] = ()
        try:
            made = self.experiment()
        except StdpbenchError as error:
            sentences = error.sentences
        self.error.setText("\n".join(f"⚠ {each}" for each in sentences))
        self.error.setVisible(bool(sentences))
        self.make.setEnabled(made is not None)
        self.time.show_for(made)
        grow(self)


def _choice(name: str, choices: tuple[str, ...], help_: str) -> Parameter:
    return Parameter(name, "choice", None, choices[0], None, None, False, False, choices, help_, structural=True)
