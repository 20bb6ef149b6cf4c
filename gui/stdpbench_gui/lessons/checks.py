"""The conditions by which lessons notice that a step is done.

Each is a function of what the app shows now, quick enough to be evaluated after every signal. Arguments come from the
declaration of the step and are keyword-only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from math import isclose, nan

from stdpbench.experiment import value_at
from stdpbench.kinds.plasticity.custom import CustomRule
from stdpbench.runs.protocol.changes import changes_rule
from stdpbench.runs.protocol.states import State
from stdpbench_gui.lessons.sight import Sight


def panel_shown(sight: Sight, *, name: str) -> bool:
    """Whether a panel of the Train page is in front."""
    panel = sight.panels[name]
    return sight.page_name == "train" and panel.isVisible() and not panel.visibleRegion().isEmpty()


def run_open(sight: Sight, *, name: str) -> bool:
    """Whether a run of an experiment is open and its network is ready."""
    return sight.run_name == name


def state_reached(sight: Sight, *, name: str, state: str) -> bool:
    """Whether a run of an experiment is open and in this state."""
    return sight.run_name == name and sight.session.state == State(state)


def position_reached(sight: Sight, *, name: str, at_least: int) -> bool:
    """Whether a run of an experiment has completed a number of presentations, or pieces of its stream."""
    live = sight.session.live
    training = live.progress.get("phase") == "train"
    done = max(live.position, int(live.progress.get("done", 0)) if training else 0)
    return sight.run_name == name and done >= at_least


def neuron_selected(sight: Sight) -> bool:
    """Whether a neuron is selected."""
    return sight.session.selection.neuron >= 0


def presentation_replayed(sight: Sight, *, after: str = "") -> bool:
    """Whether slow motion shows the recorded potential of a neuron that spikes, after the change of a parameter.

    Parameters
    ----------
    sight : Sight
        The app.
    after : str
        Path of the parameter; empty: any presentation.
    """
    moment = sight.slow_motion.moment
    if moment is None or moment.courses is None or not len(moment.output):
        return False
    changed = [at for at, change in sight.session.live.changes if after in change]
    return not after or (bool(changed) and moment.presentation >= changed[-1])


def parameter_set(sight: Sight, *, path: str, at_least: float | None = None, at_most: float | None = None) -> bool:
    """Whether a parameter was changed in the run, and its value now, in the unit that the app shows, is in a range."""
    experiment = sight.session.experiment
    if experiment is None or not any(path in change for _, change in sight.session.live.changes):
        return False
    value = value_at(experiment, path)
    if not isinstance(value, int | float):
        return False
    return (at_least is None or value >= at_least) and (at_most is None or value <= at_most)


def compared(sight: Sight) -> bool:
    """Whether another run, such as the one that a branch left, is drawn beside the current one."""
    return bool(sight.curves.overlays.shown())


def rule_changed(sight: Sight) -> bool:
    """Whether the run learns by another rule than it began with."""
    return any(changes_rule(change) for _, change in sight.session.live.changes)


def run_evaluated(sight: Sight, *, name: str) -> bool:
    """Whether the Evaluate page shows a run of an experiment."""
    look = sight.evaluate.state.look
    return look is not None and look.experiment == name


def answers_selected(sight: Sight, *, name: str) -> bool:
    """Whether the Evaluate page shows a run of an experiment, and something is selected in it."""
    return run_evaluated(sight, name=name) and bool(sight.evaluate.state.chosen)


def rule_chosen(sight: Sight, *, kind: str, values: Mapping[str, float] | None = None) -> bool:
    """Whether the Rules page shows a rule, with these values."""
    rule = sight.rules.state.rule
    return getattr(rule, "kind", "") == kind and all(
        isclose(getattr(rule, name, nan), value) for name, value in (values or {}).items()
    )


def rule_value_changed(sight: Sight, *, kind: str, name: str) -> bool:
    """Whether a value of a rule differs from its default, on the Rules page or in a curve kept there."""
    state = sight.rules.state
    for rule in (state.rule, *(kept.rule for kept in state.kept)):
        if getattr(rule, "kind", "") == kind:
            declared = next((p for p in rule.describe() if p.name == name), None)
            if declared is not None and getattr(rule, name) != declared.default:
                return True
    return False


def curve_kept(sight: Sight, *, kind: str = "") -> bool:
    """Whether the curve of a rule, or any curve, is kept on the Rules page."""
    return any(kind in ("", getattr(kept.rule, "kind", "")) for kept in sight.rules.state.kept)


def data_points_shown(sight: Sight) -> bool:
    """Whether measured data points are drawn on the Rules page."""
    return bool(sight.rules.state.points)


def protocol_shown(sight: Sight, *, name: str) -> bool:
    """Whether a plot of the Rules page shows a protocol."""
    state = sight.rules.state
    return any(state.protocol(place) == name for place in range(len(state.plans)))


def expression_wrong(sight: Sight) -> bool:
    """Whether the editor of the Rules page marks an error."""
    return bool(sight.rules.editor.found)


def expression_valid(sight: Sight, *, spot: str, has: str = "", lacks: str = "") -> bool:
    """Whether a custom rule is valid, and has or lacks a name in one of its expressions.

    Parameters
    ----------
    sight : Sight
        The app.
    spot : str
        ``"on_input_spike"`` or ``"on_output_spike"``.
    has, lacks : str
        Names; empty: any.
    """
    rule = sight.rules.state.rule
    if not isinstance(rule, CustomRule) or sight.rules.editor.found:
        return False
    names = set(re.findall(r"[A-Za-z_]\w*", str(rule.definition.get(spot, ""))))
    return (not has or has in names) and (not lacks or lacks not in names)


CHECKS: Mapping[str, Callable[..., bool]] = {
    check.__name__.replace("_", "-"): check
    for check in (
        panel_shown,
        run_open,
        state_reached,
        position_reached,
        neuron_selected,
        presentation_replayed,
        parameter_set,
        compared,
        rule_changed,
        run_evaluated,
        answers_selected,
        rule_chosen,
        rule_value_changed,
        curve_kept,
        data_points_shown,
        protocol_shown,
        expression_wrong,
        expression_valid,
    )
}
"""By the name that declarations use."""
