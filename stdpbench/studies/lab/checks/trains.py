"""Checks by irregular spike trains: every rule against its published equations, written a second time.

The other checks look at one pair, at a few protocols or at one starting weight, and an error elsewhere passes them: a
trace that is set where it should be incremented, or a factor that is one at w_max/2. Here all terms of a rule act at
once, on trains in which no interval repeats, from weights between the bounds and on them, with the published constants
and with others that are all different.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from stdpbench.declare.parameters import Parameters
from stdpbench.kinds.plasticity import PlasticityRule, projection_rules
from stdpbench.studies.lab.checks.base import Outcome
from stdpbench.studies.lab.checks.equations import EQUATIONS, STEP, Constants, Floats
from stdpbench.studies.lab.protocols import impose

_WEIGHTS = (0.0, 0.0002, 0.08, 0.3, 0.55, 0.93, 1.0, 1.05)
"""Starting weights, in units of w_max; normalisation may lift a weight above it."""
_N_TRAINS = 3


def _rule(kind: str, given: dict[str, Any]) -> PlasticityRule:
    return projection_rules.build({"kind": kind, **given}, "plasticity")


def irregular() -> tuple[list[Floats], list[Floats]]:
    """Return irregular trains of input and of output spikes, in ms from the first of all spikes on.

    In each train, one input and one output spike coincide.
    """
    generator = np.random.default_rng(16)
    inputs, outputs = [], []
    for number in range(_N_TRAINS):
        gaps = STEP * generator.integers(4, 60, 14), STEP * generator.integers(16, 80, 12)
        one, other = (10.0 + np.cumsum(each) for each in gaps)
        # so that every update is the last one somewhere, and no later one hides what it did beyond a bound
        last = max(one[-1], other[-1]) + 6.5
        one, other = (np.append(one, last), other) if number % 2 else (one, np.append(other, last))
        inputs.append(np.unique(np.append(one, other[5])))
        outputs.append(other)
    first = min(float(train.min()) for train in (*inputs, *outputs))
    return [train - first for train in inputs], [train - first for train in outputs]


def irregular_trains(outcome: Outcome) -> None:
    """Compare a rule with its equations: default constants, other constants, and those of its presets.

    With reversed amplitudes each update reaches the other bound. With extreme constants, bounds inside an equation
    act: a rate of at most 1, or the distance from w_max of a weight beyond it, whose power is that of 0.
    """
    equations = EQUATIONS[outcome.kind]
    other = {**equations.odd, **{name: -equations.odd[name] for name in equations.reversible}}
    inputs, outputs = irregular()
    _follow_trains(outcome, "default constants", equations.published, {}, inputs, outputs)
    _follow_trains(outcome, "other constants", equations.odd, dict(equations.odd), inputs, outputs)
    if equations.reversible:
        _follow_trains(outcome, "other constants, amplitudes reversed", other, dict(other), inputs, outputs)
    if equations.extreme:
        extreme = {**equations.odd, **equations.extreme}
        # no further, since later updates of this size would hide what the first one did beyond a bound
        first = [train[:1] for train in outputs]
        before = [train[train <= one] for train, one in zip(inputs, first, strict=True)]
        _follow_trains(
            outcome, "extreme constants", extreme, dict(extreme), before, first, "to the first output spike"
        )
    for name, given in equations.presets.items():
        _follow_trains(outcome, f"preset {name}", given, {"preset": name}, inputs, outputs)
    if needed := _rule(outcome.kind, {}).input_spike_needs:
        _without_output(outcome, needed, inputs)


def _follow_trains(
    outcome: Outcome,
    name: str,
    constants: Constants,
    given: dict[str, Any],
    inputs: list[Floats],
    outputs: list[Floats],
    extent: str = "on both sides",
) -> None:
    """Compare a rule on trains, and its constants if they are declared, not given one by one."""
    equations = EQUATIONS[outcome.kind]
    rule = _rule(outcome.kind, given)
    if given != constants:
        check_constants(outcome, name, rule, constants)
    w = np.tile(np.array(_WEIGHTS) * constants["w_max"], len(inputs))
    trains = [[spikes * 1e-3 for spikes in side for _ in _WEIGHTS] for side in (inputs, outputs)]
    found, _ = impose(rule, trains[0], trains[1], w, equations.state)
    pairs = [pair for pair in zip(inputs, outputs, strict=True) for _ in _WEIGHTS]
    ends = [equations.run(*pair, start, constants) for pair, start in zip(pairs, w.tolist(), strict=True)]
    outcome.formula(
        f"{_N_TRAINS} irregular trains {extent}, {len(_WEIGHTS)} starting weights: {name}",
        "the equations, spike by spike",
        np.array(ends) - w,
        found,
        equations.tolerance,
        rule.reference or "by definition",
    )


def check_constants(outcome: Outcome, name: str, rule: Parameters, constants: Constants) -> None:
    """Compare all constants of a rule, also those that do not act with these values."""
    declared = {each.name: float(getattr(rule, each.name)) for each in rule.describe()}
    other = [f"{name} {value:g}" for name, value in declared.items() if constants.get(name) != value]
    other += [f"no {name}" for name in constants if name not in declared]
    outcome.finding(
        name,
        ", ".join(f"{name} {value:g}" for name, value in constants.items()),
        ", ".join(other) or "the same",
        not other,
        getattr(rule, "reference", "") or "by definition",
        "exact",
    )


def _without_output(outcome: Outcome, needed: str, inputs: list[Floats]) -> None:
    """Check what lets networks skip part of an input spike: no change while a trace is 0."""
    rule = _rule(outcome.kind, dict(EQUATIONS[outcome.kind].odd))
    trains = [spikes * 1e-3 for spikes in inputs for share in _WEIGHTS if share <= 1]
    w = np.tile([share * rule.w_max for share in _WEIGHTS if share <= 1], len(inputs))
    found, _ = impose(rule, trains, [np.empty(0)] * len(trains), w)
    outcome.formula(f"input spikes alone, where {needed} is 0", "0", 0.0, found, 0.0, "by definition")
