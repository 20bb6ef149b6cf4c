"""Dialog for a new run that starts from the network of another run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PyQt6.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QPushButton, QWidget

from stdpbench.errors import StdpbenchError
from stdpbench.experiment import Experiment, family_of, owner_of, value_at
from stdpbench.parameters import Parameter
from stdpbench.runs.catalog.forecast import Size
from stdpbench_gui.look import theme
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.widgets.basic import grow, wrapped
from stdpbench_gui.widgets.encoding_preview import EncodingPreviewBox
from stdpbench_gui.widgets.forecast_label import ForecastLabel
from stdpbench_gui.widgets.kind_fields import KindFields, ValueEntry
from stdpbench_gui.widgets.layouts import STRETCH, vbox
from stdpbench_gui.widgets.stages_form import StagesEntry

_SHOWN = ("schedule.stimulus", "schedule.timing")
"""Parameters outside of the encoding on which the input spikes depend."""
_RULE = " To change the rule of this run while it learns, use the Rules page."


class NewRunDialog(QDialog):
    """Asks for the value of a structural parameter, or for a kind and its parameters.

    Parameters
    ----------
    experiment : Experiment
        Experiment with the current parameters.
    path : str
        Dotted path of the parameter.
    declared : Parameter or None
        Declaration of the parameter; None for the stages of the training, which have a form.
    session : RunSession
        The current run; it is stopped if active.
    parent : QWidget
        Parent of the dialog.
    """

    def __init__(
        self,
        experiment: Experiment,
        path: str,
        declared: Parameter | None,
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
        self._section, _, name = path.rpartition(".")
        ends = " This run is stopped first, to save its weights; it can be resumed." if has_process else ""
        what = {"kind": "another kind", "stages": "another order of learning"}.get(name, "another value")
        text = wrapped(
            f"{path} is structural: {what} requires a new network. The new run starts from the weights and "
            f"thresholds of this run, with its current parameters.{ends}{_RULE if path == 'plasticity.kind' else ''}"
        )
        self._entry: ValueEntry | StagesEntry
        if declared is None:
            self._entry = StagesEntry(experiment, self._check)
        else:
            self._entry = ValueEntry(declared, value_at(experiment, path))
            self._entry.widget.setAccessibleName(path)
        self.field = self._entry.widget
        self.error = wrapped("", "problem")
        self.summary = wrapped("", "faint")
        self.fields = KindFields()
        self.time = ForecastLabel(runs, session)
        self.preview: EncodingPreviewBox | None = None
        if self._section == "encoding" or path in _SHOWN:
            self.preview = EncodingPreviewBox(session)
            self.preview.changed.connect(lambda: grow(self))
            self.setMinimumWidth(620)
        form = QFormLayout()
        form.addRow(*((self.field,) if declared is None else (path, self.field)))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.make = QPushButton("Stop this run and start a new one" if has_process else "Start a new run")
        self.make.setObjectName("primary")
        buttons.addButton(self.make, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        vbox(
            text,
            form,
            self.summary,
            self.fields,
            self.error,
            *([(self.preview, 1)] if self.preview is not None else []),
            self.time,
            *([STRETCH] if self.preview is None else []),
            buttons,
            within=self,
            margins=2 * theme.GRID,
            spacing=2 * theme.GRID,
        )
        is_kind = name == "kind"
        if isinstance(self._entry, ValueEntry):
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
        """The changed values by dotted path."""
        if isinstance(self._entry, StagesEntry):
            return self._entry.values
        own = {f"{self._section}.{name}": text for name, text in self.fields.values().items()}
        return {self._path: self._entry.text, **own}

    def _show_kind(self) -> None:
        """Show the parameters of the chosen kind."""
        family = family_of(self._section)
        assert family is not None
        assert isinstance(self._entry, ValueEntry)
        try:
            cls = family.get(self._entry.text, self._path)
        except StdpbenchError:  # from another package and not loadable: `_check` shows the reason
            self.fields.hide()
            self.summary.setText("")
        else:
            self.summary.setText(getattr(cls, "summary", ""))
            self.fields.show_kind(cls, self._section, owner_of(self._experiment, self._path)[0])
        self._check()

    def _check(self) -> None:
        changed: Experiment | None = None
        sentences: Sequence[str] = ()
        try:
            changed = self._experiment.override(self.values)
        except StdpbenchError as error:
            sentences = error.sentences
        if isinstance(self._entry, StagesEntry):
            sentences = self._entry.show_problems(sentences)
        self.error.setText("\n".join(f"⚠ {each}" for each in sentences))
        if self.preview is not None:
            self.preview.show_for(changed)
        differs = changed is not None and bool(self._experiment.differences(changed))
        self.error.setVisible(bool(sentences))
        self.make.setEnabled(differs)
        self.time.show_for(changed if differs else None, self._size_of(changed))
        grow(self)

    def _size_of(self, changed: Experiment | None) -> Size | None:
        """Return the size of the current run's data, if the new run uses the same."""
        return self._size if changed is not None and changed.data == self._experiment.data else None
