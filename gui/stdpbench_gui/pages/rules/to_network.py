"""The buttons of the Rules page that use a rule in an experiment or apply it to the running network."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtWidgets import QMenu, QWidget

from stdpbench.base.errors import StdpbenchError
from stdpbench.declare.rule_paths import table_of_rule
from stdpbench.experiment import Experiment
from stdpbench.experiment.learning import same_kind
from stdpbench.kinds.plasticity import PlasticityRule
from stdpbench.runs.protocol.states import State
from stdpbench.studies.lab.use import experiment_with, live_changes
from stdpbench_gui.pages.rules.state import RulesState
from stdpbench_gui.session.parameter_changes import Changes
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.widgets.basic import menu_action, menu_button, not_none, plain_tip, push_button
from stdpbench_gui.widgets.notices import Notices

Report = Callable[[str, bool], None]
"""Receives a message, and whether it reports a failure."""


@dataclass(frozen=True)
class Outlook:
    """The effect of applying a rule now.

    Attributes
    ----------
    why_not_here, why_not_in_branch : str
        Why it cannot be applied to the run, or in a branch of it; empty if it can.
    says : str
        Description of the effect.
    values : dict of str to Any
        Values that would change, if the equations are the same.
    same : bool
        Whether the equations are the same.
    """

    why_not_here: str
    why_not_in_branch: str
    says: str = ""
    values: dict[str, Any] | None = None
    same: bool = True


def learners(experiment: Experiment | None) -> tuple[str, ...]:
    """Return the projections to choose from, if several can learn by another rule."""
    names = () if experiment is None else tuple(experiment.rules_by_projection)
    return names if len(names) > 1 else ()


def outlook(session: RunSession, rule: PlasticityRule, changes: Changes, projection: str = "") -> Outlook:
    """Return the effect of applying a rule to the current run, to a projection where several can learn by it."""
    running = session.experiment
    if session.folder is None or running is None:
        nothing = "No run is open on the Train page: start one or open one."
        return Outlook(nothing, nothing)
    name = session.folder.path.name
    over = session.live.progress.get("phase", "train") != "train" or session.state is State.FINISHED
    why_not = "" if session.connected else f"{name} is not running: resume it first."
    if not why_not and session.state not in (State.RUNNING, State.PAUSED):
        why_not = f"{name} is {session.state}."
    if not why_not and over:
        why_not = f"{name} has finished training: labelling and test use the rule at the end of training."
    busy = changes.busy or ("Changes are pending." if changes.in_flight else "")
    if over:
        busy = busy or f"{name} has finished training: use the Parameters panel to branch from an earlier position."
    try:
        owner = running.rule_owner(projection)
    except StdpbenchError as error:
        return Outlook(f"{error}.", f"{error}.", same=False)
    current, whose = running.rules_by_projection[owner], f", {owner}" if owner else ""
    if same_kind(rule, current):
        try:
            values = live_changes(rule, running, owner)
        except StdpbenchError as error:
            return Outlook(str(error), str(error))
        if not values:
            same = f"{name}{whose} already has this rule with these values."
            return Outlook(same, same, same, values)
        table = f"{table_of_rule(owner)}."
        listed = ", ".join(f"{path.removeprefix(table)} → {value}" for path, value in values.items())
        return Outlook(why_not or busy, busy, f"{name}{whose}: {listed}", values)
    try:
        experiment_with(rule, running, projection=owner)
    except StdpbenchError as error:
        return Outlook(f"{error}.", f"{error}.", same=False)
    kinds = f"{getattr(current, 'kind', '')} → {getattr(rule, 'kind', '')}"
    says = f"{name}{whose}: {kinds}, with weights and thresholds"
    return Outlook(why_not or session.cannot_change_rule() or busy, busy, says, None, False)


def apply_here(
    session: RunSession, rule: PlasticityRule, changes: Changes, report: Report, projection: str = ""
) -> None:
    """Apply a rule to the current run from the next presentation on."""
    seen = outlook(session, rule, changes, projection)
    if seen.why_not_here:
        report(seen.why_not_here, True)
    elif seen.values is not None:
        changes.here(seen.values)
        report(f"Sent to {seen.says}. The Parameters panel shows the change and can undo it.", False)
    else:
        kind = getattr(rule, "kind", "")
        report(f"Building the network with {kind}; the run continues meanwhile …", False)
        session.change_rule(
            rule.to_mapping(),
            lambda _: report(f"{kind} is active.", False),
            lambda reason: report(f"The rule was not changed: {reason}", True),
            projection,
        )


def apply_in_branch(
    session: RunSession, rule: PlasticityRule, changes: Changes, report: Report, projection: str = ""
) -> None:
    """Continue with a rule in a branch of the current run."""
    seen = outlook(session, rule, changes, projection)
    if seen.why_not_in_branch:
        report(seen.why_not_in_branch, True)
    elif seen.values is not None:
        changes.branch(seen.values)
    else:
        changes.branch({}, rule=rule.to_mapping(), projection=projection)


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
        self.use_button = push_button("Use in an experiment…", clicked=lambda _: self.use(), style="primary")
        self.menu = QMenu(page)
        self.menu.setToolTipsVisible(True)
        self.apply_button = menu_button("Apply to the network", self.menu, name="Apply to the running network")
        self.menu.aboutToShow.connect(self.fill_menu)
        shown.opened.connect(lambda: notices.withdraw_about(_RULE))
        state.changed.connect(lambda _: self._enable())
        self._enable()

    def _enable(self) -> None:
        """Enable the buttons, or say which value cannot be used."""
        wrong = "\n".join(self._state.refused.values())
        for button, tip in (
            (self.use_button, "Open the form for a new run with this rule (Ctrl+Shift+U)"),
            (self.apply_button, "Apply to the run on the Train page, directly or in a branch"),
        ):
            button.setEnabled(not wrong)
            button.setToolTip(plain_tip(wrong or tip))

    def _can(self) -> bool:
        """Return whether all values can be used, and say which cannot."""
        for sentence in self._state.refused.values():
            self._tell(f"{sentence}.", True)
        return not self._state.refused

    def use(self) -> None:
        """Request a new run with the rule."""
        if self._can():
            self.use_wanted.emit(self._state.now, self._shown.selection.projection)

    def fill_menu(self) -> None:
        """Show the effect of applying the rule now, or why it cannot be applied."""
        self.menu.clear()
        for projection in learners(self._shown.experiment) or ("",):
            self._offer(projection)

    def _offer(self, projection: str) -> None:
        """Add the ways to apply the rule to the menu: to the network, or to a projection where several can learn."""
        seen = outlook(self._shown, self._state.now, self._changes, projection)
        if not self.menu.isEmpty():
            self.menu.addSeparator()
        self._say(seen.says)
        of = f" ({projection})" if projection else ""
        for text, why_not, slot in (
            (f"To this run, from the next presentation on{of}", seen.why_not_here, self.apply_here),
            (f"In a branch, to compare{of}", seen.why_not_in_branch, self.apply_in_branch),
        ):
            menu_action(self.menu, text, partial(slot, projection), why_not or text).setEnabled(not why_not)
        for reason in dict.fromkeys((seen.why_not_here, seen.why_not_in_branch)):
            if reason != seen.says:
                self._say(reason)

    def _say(self, sentence: str) -> None:
        for line in textwrap.wrap(sentence, _WIDE):
            not_none(self.menu.addAction(line)).setEnabled(False)

    def apply_here(self, projection: str = "") -> None:
        """Apply the rule to the current run, by default to the projection on display if several can learn by it."""
        self._apply(apply_here, projection)

    def apply_in_branch(self, projection: str = "") -> None:
        """Continue with the rule in a branch of the current run, see `apply_here`."""
        self._apply(apply_in_branch, projection)

    def _apply(self, way: Callable[..., None], projection: str) -> None:
        if self._can():
            shown = self._shown.selection.projection
            of = projection or (shown if shown in learners(self._shown.experiment) else "")
            way(self._shown, self._state.now, self._changes, self._tell, of)

    def _tell(self, sentence: str, failed: bool) -> None:
        self._notices.add_notice(sentence, failed, about=_RULE, brief=not failed)
