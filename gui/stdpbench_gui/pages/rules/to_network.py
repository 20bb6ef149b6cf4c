"""The buttons of the Rules page that use a rule in an experiment or apply it to the running network."""

from __future__ import annotations

import textwrap

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtWidgets import QMenu, QToolButton, QWidget

from stdpbench_gui.pages.rules import apply
from stdpbench_gui.pages.rules.state import RulesState
from stdpbench_gui.session.parameter_changes import Changes
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.widgets.basic import not_none, push_button, tool_button
from stdpbench_gui.widgets.notices import Notices

_WIDE = 70  # characters per line of the menu
_RULE = "rule of the run"
"""Subject of notices about rule changes in the current run; only the newest is kept, for that run."""


class ToNetwork(QObject):
    """Actions of the two buttons.

    Attributes
    ----------
    use_wanted : signal of (PlasticityRule, str)
        Request for a new run with a rule; the projection on display learns by it, if it can.
    use_button, apply_button, menu
        Widgets for the page; the menu shows the effect of applying the rule, or why it cannot be applied.
    """

    use_wanted = pyqtSignal(object, str)

    def __init__(
        self,
        state: RulesState,
        shown: RunSession,
        changes: Changes,
        notices: Notices,
        page: QWidget,
    ) -> None:
        super().__init__(page)
        self._state, self._shown, self._changes = state, shown, changes
        self._notices = notices
        self.use_button = push_button(
            "Use in an experiment…", tip="Open the form for a new run with this rule (Ctrl+Shift+U)", style="primary"
        )
        self.apply_button = tool_button(
            "Apply to the network",
            name="Apply to the running network",
            tip="Apply to the run on the Train page, directly or in a branch",
            style="menubutton",
        )
        self.apply_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu = QMenu(page)
        self.menu.setToolTipsVisible(True)
        self.apply_button.setMenu(self.menu)
        self.use_button.clicked.connect(lambda _: self.use())
        self.menu.aboutToShow.connect(self.fill_menu)
        shown.opened.connect(lambda: notices.withdraw_about(_RULE))

    def use(self) -> None:
        """Request a new run with the rule."""
        self.use_wanted.emit(self._state.rule, self._shown.selection.projection)

    def fill_menu(self) -> None:
        """Show the effect of applying the rule now, or why it cannot be applied."""
        self.menu.clear()
        for projection in apply.learners(self._shown.experiment) or ("",):
            self._offer(projection)

    def _offer(self, projection: str) -> None:
        """Add the ways to apply the rule to the menu: to the network, or to a projection where several can learn."""
        seen = apply.outlook(self._shown, self._state.rule, self._changes, projection)
        if not self.menu.isEmpty():
            self.menu.addSeparator()
        self._say(seen.says)
        of = f" ({projection})" if projection else ""
        for text, why_not, slot in (
            (f"To this run, from the next presentation on{of}", seen.why_not_here, self.apply_here),
            (f"In a branch, to compare{of}", seen.why_not_in_branch, self.apply_in_branch),
        ):
            action = not_none(self.menu.addAction(text))
            action.setEnabled(not why_not)
            action.setToolTip(why_not or text)
            action.triggered.connect(lambda _=False, slot=slot: slot(projection))
        for reason in dict.fromkeys((seen.why_not_here, seen.why_not_in_branch)):
            if reason != seen.says:
                self._say(reason)

    def _say(self, sentence: str) -> None:
        for line in textwrap.wrap(sentence, _WIDE):
            not_none(self.menu.addAction(line)).setEnabled(False)

    def apply_here(self, projection: str = "") -> None:
        """Apply the rule to the current run, by default to the projection on display if several can learn by it."""
        apply.apply_here(
            self._shown, self._state.rule, self._changes, self._tell, projection or self._projection_on_display()
        )

    def apply_in_branch(self, projection: str = "") -> None:
        """Continue with the rule in a branch of the current run, see `apply_here`."""
        apply.apply_in_branch(
            self._shown, self._state.rule, self._changes, self._tell, projection or self._projection_on_display()
        )

    def _projection_on_display(self) -> str:
        shown = self._shown.selection.projection
        return shown if shown in apply.learners(self._shown.experiment) else ""

    def _tell(self, sentence: str, failed: bool) -> None:
        self._notices.add_notice(sentence, failed, about=_RULE, brief=not failed)
