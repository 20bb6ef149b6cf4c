"""The preview of the input spikes of a run while parameters of its encoding are edited."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PyQt6.QtCore import QObject

from stdpbench.base.errors import StdpbenchError
from stdpbench.experiment import Experiment
from stdpbench_gui.look import theme
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.widgets.encoding_preview import EncodingPreviewBox
from stdpbench_gui.widgets.parameter_form import ParameterForm

_SECTION = "encoding"


class LivePreview(QObject):
    """A preview below the parameters of the encoding, from the first time that one of them is edited.

    It shows the values in the form, sent or not: those that are edited, else those that the run has not confirmed yet,
    else the current ones. While what is entered is invalid, the last valid preview stays.

    Parameters
    ----------
    form : ParameterForm
        Form of the parameters of a run.
    session : RunSession
        The run.

    Attributes
    ----------
    box : EncodingPreviewBox or None
        The preview; None until something is edited.
    """

    def __init__(self, form: ParameterForm, session: RunSession) -> None:
        super().__init__(form)
        self._form, self._session = form, session
        self._experiment: Experiment | None = None
        self._sent: dict[str, Any] = {}
        self._edits: dict[str, str] = {}
        self.box: EncodingPreviewBox | None = None
        form.edited.connect(self._edit)

    def reset(self) -> None:
        """Discard the previous run."""
        self._experiment, self._sent, self._edits = None, {}, {}
        self._form.take_away(_SECTION)
        self.box = None

    def show_experiment(self, experiment: Experiment, in_flight: Mapping[str, Any]) -> None:
        """Show the input spikes with the current values, if there is a preview, and with values that were sent."""
        self._experiment = experiment
        self._sent = {path: value for path, value in in_flight.items() if path.startswith(f"{_SECTION}.")}
        self._show(bool(self._sent))

    def restyle(self) -> None:
        """Apply the colours of the theme."""
        if self.box is not None:
            self.box.restyle()

    def _edit(self, path: str, text: str | None) -> None:
        if not path.startswith(f"{_SECTION}."):
            return
        if text is None:
            self._edits.pop(path, None)
        else:
            self._edits[path] = text
        self._show(text is not None)

    def _show(self, wanted: bool) -> None:
        experiment = self._experiment
        if experiment is None or (self.box is None and not wanted):
            return
        if self.box is None:
            self.box = EncodingPreviewBox(self._session)
            self.box.setContentsMargins(theme.GRID, theme.GRID // 2, theme.GRID, theme.GRID // 2)
            self._form.put_below(_SECTION, self.box)
        try:
            self.box.show_for(experiment.changed_live({**self._sent, **self._edits}))
        except StdpbenchError:  # the row says why once it is sent
            self.box.show_for(None)
