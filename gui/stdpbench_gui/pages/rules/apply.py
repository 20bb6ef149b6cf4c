"""A rule of the laboratory goes to the network that is running.

Other values of the rule in force are a change of parameters, as on the Parameters panel: with the next presentation,
journaled, and undone there; here, or in a branch beside the run. Other equations need another network: the run is
asked with ``change_rule`` to build it beside the old one, and learns on until it is there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from stdpbench.errors import StdpbenchError
from stdpbench.lab.use import experiment_with, is_same_rule, live_changes
from stdpbench.plasticity import PlasticityRule
from stdpbench.runs.protocol.states import State
from stdpbench_gui.session.parameter_changes import Changes
from stdpbench_gui.session.run_session import RunSession

Tell = Callable[[str, bool], None]
"""Hears a sentence, and whether something failed."""


@dataclass(frozen=True)
class Outlook:
    """What applying a rule would do now.

    Attributes
    ----------
    why_not_here, why_not_beside : str
        Why it cannot be applied to the run, or to a branch of it; empty where it can.
    says : str
        What it would do.
    values : dict of str to Any
        What would change, where the equations are the same.
    same : bool
        Whether they are.
    """

    why_not_here: str
    why_not_beside: str
    says: str = ""
    values: dict[str, Any] | None = None
    same: bool = True


def outlook(session: RunSession, rule: PlasticityRule, changes: Changes) -> Outlook:
    """What applying a rule to the run that is shown would do."""
    running = session.experiment
    if session.folder is None or running is None:
        nothing = "No network is shown on the Train page: start a run, or open one."
        return Outlook(nothing, nothing)
    name = session.folder.path.name
    over = session.live.progress.get("phase", "train") != "train" or session.state is State.FINISHED
    why_not = "" if session.connected else f"No process works on {name}: resume it first."
    if not why_not and session.state not in (State.RUNNING, State.PAUSED):
        why_not = f"{name} is {session.state}."
    if not why_not and over:
        why_not = f"{name} has learned all it will: labels and test go by the rule at the end of training."
    busy = changes.busy or ("Changes are under way." if changes.in_flight else "")
    if over:
        busy = busy or f"{name} has learned all it will: the Parameters panel branches off from an earlier position."
    if is_same_rule(rule, running.plasticity):
        try:
            values = live_changes(rule, running)
        except StdpbenchError as error:
            return Outlook(str(error), str(error))
        if not values:
            same = f"{name} has this rule with these values already."
            return Outlook(same, same, same, values)
        listed = ", ".join(f"{path.partition('.')[2]} → {value}" for path, value in values.items())
        return Outlook(why_not or busy, busy, f"{name}: {listed}", values)
    try:
        experiment_with(rule, running)
    except StdpbenchError as error:
        return Outlook(f"{error}.", f"{error}.", same=False)
    says = (
        f"{name}: {getattr(running.plasticity, 'kind', '')} → {getattr(rule, 'kind', '')}, with weights and thresholds"
    )
    return Outlook(why_not or session.cannot_change_rule() or busy, busy, says, None, False)


def apply_here(session: RunSession, rule: PlasticityRule, changes: Changes, tell: Tell) -> None:
    """Put a rule in force in the run that is shown, from the next presentation on."""
    seen = outlook(session, rule, changes)
    if seen.why_not_here:
        tell(seen.why_not_here, True)
    elif seen.values is not None:
        changes.here(seen.values)
        tell(f"Sent to {seen.says}. The Parameters panel shows it, and undoes it.", False)
    else:
        change_rule(session, rule, tell)


def change_rule(session: RunSession, rule: PlasticityRule, tell: Tell) -> None:
    """Ask the run that is shown for a rule with other equations; it answers when that is in force, or cannot be."""
    kind = getattr(rule, "kind", "")
    tell(f"The network with {kind} is being built beside the one that runs …", False)
    session.change_rule(
        rule.to_mapping(),
        lambda _: tell(f"{kind} is in force.", False),
        lambda reason: tell(f"The rule was not changed: {reason}", True),
    )


def apply_beside(session: RunSession, rule: PlasticityRule, changes: Changes, tell: Tell) -> None:
    """Have a branch of the run that is shown go on with a rule."""
    seen = outlook(session, rule, changes)
    if seen.why_not_beside:
        tell(seen.why_not_beside, True)
    elif seen.values is not None:
        changes.branch(seen.values)
    else:
        changes.branch({}, rule=rule.to_mapping())
