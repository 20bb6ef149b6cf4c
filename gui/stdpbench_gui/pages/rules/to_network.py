"""The two buttons of the Rule lab that lead to a network: into an experiment, and into the one that runs."""

from __future__ import annotations

import textwrap
from pathlib import Path

from PyQt6.QtCore import QObject, Qt, pyqtSignal
from PyQt6.QtWidgets import QMenu, QPushButton, QToolButton, QWidget

from stdpbench.experiment import Experiment
from stdpbench.runs.protocol.options import Options
from stdpbench.runs.queue.run_queue import Queue
from stdpbench_gui.pages.rules import apply
from stdpbench_gui.pages.rules.state import LabState
from stdpbench_gui.pages.rules.use_dialog import UseDialog
from stdpbench_gui.session.background import Background
from stdpbench_gui.session.parameter_changes import Changes
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.widgets.notices import Notices

_WIDE = 70  # letters of a line of the menu
_RULE = "rule of the run"
"""Subject of notices about what became of a rule in the run that is shown: the newest holds, for that run only."""


class ToNetwork(QObject):
    """What the buttons do.

    Attributes
    ----------
    experiment_chosen : signal of Experiment
        It shall be started.
    use_button, apply_button, menu
        What the page shows; the menu says what applying would do, or why it cannot be done.
    dialog : UseDialog or None
        The one that was opened last.
    """

    experiment_chosen = pyqtSignal(object)

    def __init__(
        self,
        state: LabState,
        shown: RunSession,
        changes: Changes,
        runs: Path,
        notices: Notices,
        background: Background,
        page: QWidget,
    ) -> None:
        super().__init__(page)
        self._state, self._shown, self._changes, self._runs = state, shown, changes, runs
        self._notices, self._background, self._page = notices, background, page
        self.dialog: UseDialog | None = None
        self.use_button = QPushButton("Use in an experiment…")
        self.use_button.setObjectName("primary")
        self.use_button.setToolTip("Start, queue or save an experiment with this rule (Ctrl+Shift+U)")
        self.apply_button = QToolButton()
        self.apply_button.setText("Apply to the network")
        self.apply_button.setAccessibleName("Apply to the running network")
        self.apply_button.setToolTip("To the run that the Train page shows: here, or in a branch beside it")
        self.apply_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu = QMenu(page)
        self.menu.setToolTipsVisible(True)
        self.apply_button.setMenu(self.menu)
        self.use_button.clicked.connect(lambda _: self.use())
        self.menu.aboutToShow.connect(self.fill_menu)
        shown.opened.connect(lambda: notices.withdraw_about(_RULE))

    def use(self) -> UseDialog:
        """Open the dialog that makes an experiment with the rule."""
        dialog = self.dialog = UseDialog(self._state.rule, self._shown, self._runs, self._page)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.chosen.connect(self.experiment_chosen)
        dialog.queued.connect(self._queue)
        dialog.saved.connect(lambda path: self._notices.tell(f"The experiment is in {path}."))
        dialog.open()
        return dialog

    def _queue(self, experiment: Experiment) -> None:
        runs = self._runs
        self._background.do(
            lambda: Queue(runs).add(experiment, Options()),
            lambda item: self._notices.tell(f"{item.name} waits in the queue, on the Runs page."),
            lambda reason: self._notices.tell(f"It cannot be queued: {reason}", True),
        )

    def fill_menu(self) -> None:
        """Say what applying would do now, or why it cannot be done."""
        seen = apply.outlook(self._shown, self._state.rule, self._changes)
        self.menu.clear()
        self._say(seen.says)
        for text, why_not, slot in (
            ("Here, from the next presentation on", seen.why_not_here, self.apply_here),
            ("In a branch, to compare", seen.why_not_beside, self.apply_beside),
        ):
            action = self.menu.addAction(text)
            assert action is not None
            action.setEnabled(not why_not)
            action.setToolTip(why_not or text)
            action.triggered.connect(lambda _=False, slot=slot: slot())
        for reason in dict.fromkeys((seen.why_not_here, seen.why_not_beside)):
            self._say(reason)

    def _say(self, sentence: str) -> None:
        for line in textwrap.wrap(sentence, _WIDE):
            said = self.menu.addAction(line)
            assert said is not None
            said.setEnabled(False)

    def apply_here(self) -> None:
        """Put the rule in force in the run that is shown."""
        apply.apply_here(self._shown, self._state.rule, self._changes, self._tell)

    def apply_beside(self) -> None:
        """Have a branch of the run that is shown go on with the rule."""
        apply.apply_beside(self._shown, self._state.rule, self._changes, self._tell)

    def _tell(self, sentence: str, failed: bool) -> None:
        self._notices.tell(sentence, failed, about=_RULE)
