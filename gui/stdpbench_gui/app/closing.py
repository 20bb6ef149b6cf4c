"""The question that is asked when the window closes while a run is active."""

from __future__ import annotations

from PyQt6.QtCore import QSettings, Qt
from PyQt6.QtWidgets import QMessageBox, QWidget

from stdpbench.runs.protocol.states import State
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.widgets.basic import CheckBox


def is_active(session: RunSession) -> bool:
    """Return whether the process of the run would keep running after the window closes."""
    return session.connected and session.state in (State.BUILDING, State.RUNNING, State.PAUSED, State.FINISHING)


class ClosingQuestion(QMessageBox):
    """Asks whether to stop an active run, and remembers the answer on request.

    Attributes
    ----------
    answer : str
        ``"leave"``, ``"stop"`` or ``"cancel"``.
    """

    def __init__(self, session: RunSession, settings: QSettings, parent: QWidget) -> None:
        super().__init__(parent)
        self._settings = settings
        self.answer = "cancel"
        self.setIcon(QMessageBox.Icon.Question)
        self.setWindowTitle("Close the window?")
        name = session.folder.path.name if session.folder is not None else "The run"
        paused = session.state is State.PAUSED
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(f"{name} is {'paused' if paused else 'running'}.")
        self.setInformativeText(
            "It can stay paused in its own process, which uses memory, or be stopped. It can be resumed either way."
            if paused
            else "It can keep running in its own process, or be stopped. It can be opened or resumed later either way."
        )
        self.leave_button = self.addButton(
            "Leave it paused" if paused else "Keep it running", QMessageBox.ButtonRole.AcceptRole
        )
        self.stop_button = self.addButton("Stop it", QMessageBox.ButtonRole.DestructiveRole)
        self.addButton(QMessageBox.StandardButton.Cancel)
        self.setDefaultButton(self.leave_button)
        self.remember = CheckBox("Remember my choice and do not ask again")
        self.setCheckBox(self.remember)
        self.buttonClicked.connect(self._clicked)

    def _clicked(self, button: object) -> None:
        if button is self.leave_button:
            self.answer = "leave"
        elif button is self.stop_button:
            self.answer = "stop"
        if self.remember.isChecked() and self.answer != "cancel":
            self._settings.setValue("closing", self.answer)
