"""Apply a rule of the Rules page to the running network.

New values of the active rule are a change of parameters, as on the Parameters panel: applied with the next
presentation, journaled, and undone there; in the run itself or in a branch. New equations need a new network: the
request ``change_rule`` makes the run build it while the old network continues to learn.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from stdpbench.base.errors import StdpbenchError
from stdpbench.declare.rule_paths import table_of_rule
from stdpbench.experiment import Experiment
from stdpbench.experiment.learning import same_kind
from stdpbench.kinds.plasticity import PlasticityRule
from stdpbench.runs.protocol.states import State
from stdpbench.studies.lab.use import experiment_with, live_changes
from stdpbench_gui.session.parameter_changes import Changes
from stdpbench_gui.session.run_session import RunSession

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
        change_rule(session, rule, report, projection)


def change_rule(session: RunSession, rule: PlasticityRule, report: Report, projection: str = "") -> None:
    """Request a rule with new equations in the current run; the answer comes once it is active or refused."""
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
