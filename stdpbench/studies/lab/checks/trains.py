"""Checks with irregular spike trains: every rule against its published equations, written a second time.

Checks with one pair, a few protocols or one starting weight miss some errors: a trace that is set instead of
incremented, or a factor that is one at w_max/2. Here all terms of a rule act together, on trains in which no interval
repeats, from weights between and at the bounds, with the published constants and with others that are all different.
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
    """Return irregular trains of input and of output spikes, in ms after the first of all spikes.

    In each train, one input and one output spike coincide.
    """
    generator = np.random.default_rng(16)
    inputs, outputs = [], []
    for number in range(_N_TRAINS):
        gaps = STEP * generator.integers(4, 60, 14), STEP * generator.integers(16, 80, 12)
        train_in, train_out = (10.0 + np.cumsum(intervals) for intervals in gaps)
        # every type of update comes last in some train, where no later update hides an error beyond a bound
        last = max(train_in[-1], train_out[-1]) + 6.5
        train_in, train_out = (
            (np.append(train_in, last), train_out) if number % 2 else (train_in, np.append(train_out, last))
        )
        inputs.append(np.unique(np.append(train_in, train_out[5])))
        outputs.append(train_out)
    first = min(float(train.min()) for train in (*inputs, *outputs))
    return [train - first for train in inputs], [train - first for train in outputs]


def irregular_trains(outcome: Outcome) -> None:
    """Compare a rule with its equations, with default constants, other constants, and the constants of its presets.

    With reversed amplitudes, each update reaches the other bound. With extreme constants, bounds inside an equation
    become effective: a rate of at most 1, or the distance from w_max, which counts as 0 beyond it.
    """
    equations = EQUATIONS[outcome.kind]
    reversed_constants = {**equations.odd, **{name: -equations.odd[name] for name in equations.reversible}}
    inputs, outputs = irregular()
    _follow_trains(outcome, "default constants", equations.published, {}, inputs, outputs)
    _follow_trains(outcome, "other constants", equations.odd, dict(equations.odd), inputs, outputs)
    if equations.reversible:
        _follow_trains(
            outcome,
            "other constants, amplitudes reversed",
            reversed_constants,
            dict(reversed_constants),
            inputs,
            outputs,
        )
    if equations.extreme:
        extreme = {**equations.odd, **equations.extreme}
        # only the first output spike, since later updates of this size would hide errors beyond a bound
        first = [train[:1] for train in outputs]
        before = [train[train <= spike] for train, spike in zip(inputs, first, strict=True)]
        _follow_trains(
            outcome, "extreme constants", extreme, dict(extreme), before, first, "to the first output spike"
        )
    for name, constants in equations.presets.items():
        _follow_trains(outcome, f"preset {name}", constants, {"preset": name}, inputs, outputs)
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
    """Compare a rule on trains with its equations, and its declared constants unless all are given."""
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
    """Compare all constants of a rule, including those without effect at these values."""
    declared = {parameter.name: float(getattr(rule, parameter.name)) for parameter in rule.describe()}
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
    """Check that input spikes change nothing while a trace is 0, so that networks may skip them."""
    rule = _rule(outcome.kind, dict(EQUATIONS[outcome.kind].odd))
    trains = [spikes * 1e-3 for spikes in inputs for share in _WEIGHTS if share <= 1]
    w = np.tile([share * rule.w_max for share in _WEIGHTS if share <= 1], len(inputs))
    found, _ = impose(rule, trains, [np.empty(0)] * len(trains), w)
    outcome.formula(f"input spikes alone, where {needed} is 0", "0", 0.0, found, 0.0, "by definition")
