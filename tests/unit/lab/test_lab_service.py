"""The laboratory for the Rules page: requests, the process that answers them, and rules that go into experiments."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest

from stdpbench.experiment.learning import same_kind
from stdpbench.kinds.plasticity import rules
from stdpbench.studies import lab
from stdpbench.studies.lab.default_protocol import protocol
from stdpbench.studies.lab.quick import QUICK, plan_for, why_not
from stdpbench.studies.lab.result import Result
from stdpbench.studies.lab.service import Desk


def nothing(*_: object) -> None:
    """What is under way is not listened to."""


def curve(desk: Desk, kind: str, name: str, coarse: bool = False, **options: Any) -> dict[str, Any]:
    asked = {"rule": {"kind": kind}, "protocol": name, "options": options, "coarse": coarse}
    return desk.answer("curve", asked, nothing)[0]


@pytest.mark.parametrize("name", QUICK)
def test_options_are_those_of_the_protocol(name: str) -> None:
    declared = inspect.signature(protocol(name)).parameters
    for option in QUICK[name].options:
        assert option.default == declared[option.name].default, option.name
        assert option.read(option.show(option.default)) == option.default
        assert option.help
    assert set(QUICK[name].coarse) | set(QUICK[name].coarse_with_averages) <= set(declared)


@pytest.mark.parametrize("kind", rules.kinds())
def test_a_rule_is_shown_by_what_tells_most(kind: str) -> None:
    rule = rules.build({"kind": kind}, "rule")
    plan = plan_for(rule)
    assert plan[0] == (rule.opening.protocol if rule.opening.protocol in QUICK else "pair-window")
    assert len(set(plan)) == 3
    assert not any(why_not(rule, name) for name in plan)


def test_a_curve_is_that_of_the_laboratory() -> None:
    found = Result.from_mapping(curve(Desk(), "pair-additive", "weight-dependence", pairs=2))
    wanted = lab.weight_dependence("pair-additive", pairs=2)
    assert (found.protocol, found.conditions, found.x_name) == (wanted.protocol, wanted.conditions, wanted.x_name)
    assert found.rule == wanted.rule
    for one, other in zip(found.curves, wanted.curves, strict=True):
        np.testing.assert_array_equal(one.change, other.change)
    assert found.to_csv() == wanted.to_csv()


def test_spreads_and_labels_come_along() -> None:
    desk = Desk()
    spread = Result.from_mapping(curve(desk, "oja", "poisson-pairs", duration=0.1, repeats=3)).curves[0].spread
    assert spread.shape == (9,)
    assert Result.from_mapping(curve(desk, "oja", "triplets", repeats=2)).x_labels[0] == "in-out-in +5, -5 ms"


# from the laboratory to a network: experiments with a rule, and what changes in a running one


def test_other_expressions_are_another_rule() -> None:
    one = rules.build({"kind": "custom", "on_output_spike": "w = w + 1"}, "rule")
    other = rules.build({"kind": "custom", "on_output_spike": "w = w + 2"}, "rule")
    assert not same_kind(one, other)
    assert same_kind(one, rules.build({"kind": "custom", "on_output_spike": "w = w + 1", "w_max": 2}, "rule"))
