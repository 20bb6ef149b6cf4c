"""The laboratory for the Rules page: requests, the process that answers them, and rules that go into experiments."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest

from stdpbench.base.errors import StdpbenchError
from stdpbench.experiment import Experiment, read_experiment
from stdpbench.experiment.learning import same_kind
from stdpbench.kinds.plasticity import rules
from stdpbench.studies import lab
from stdpbench.studies.lab.default_protocol import protocol
from stdpbench.studies.lab.quick import QUICK, as_opened, options_for, plan_for, why_not
from stdpbench.studies.lab.result import Result
from stdpbench.studies.lab.service import Desk
from stdpbench.studies.lab.use import experiment_with, live_changes


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


def test_an_option_is_read_or_refused() -> None:
    options = {option.name: option for option in QUICK["frequency"].options}
    assert options["dts"].read("10; -10") == (10.0, -10.0)
    assert options["pairs"].read(" ") is None
    with pytest.raises(StdpbenchError, match=r"pairs must be a whole number, not '1\.5'"):
        options["pairs"].read("1.5")


@pytest.mark.parametrize("kind", rules.kinds())
def test_a_rule_is_shown_by_what_tells_most(kind: str) -> None:
    rule = rules.build({"kind": kind}, "rule")
    plan = plan_for(rule)
    assert plan[0] == (rule.opening.protocol if rule.opening.protocol in QUICK else "pair-window")
    assert len(set(plan)) == 3
    assert not any(why_not(rule, name) for name in plan)


def test_the_opening_has_its_own_options_and_values() -> None:
    triplet = rules.build({"kind": "triplet"}, "rule")
    opened, put_in = as_opened(triplet, "frequency")
    assert opened.w_max == 3
    assert put_in == {"w_max": "3"}
    assert as_opened(triplet, "pair-window") == (triplet, {})
    chosen = rules.build({"kind": "triplet", "w_max": 2}, "rule")
    assert as_opened(chosen, "frequency") == (chosen, {})  # a value of one's own goes first
    released = rules.build({"kind": "diehl-cook-triplet"}, "rule")
    assert options_for(released, "pair-window", {"pairs": 5}) == {"pairs": 5, "frequency": 20.0}
    assert options_for(released, "frequency", {}) == {}
    assert why_not(released, "reward-delay")


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


def test_equations_come_as_picture_and_as_text() -> None:
    asked = {"rule": {"kind": "oja"}, "colour": "#000000", "faint": "#444444", "width": 200, "size": 9, "dpi": 72}
    value, _ = Desk().answer("equations", asked, nothing)
    assert value["png"].startswith("iVBOR")
    assert value["width"] <= 200
    assert any(r"\gamma" in tex for _, tex in value["tex"])


def test_what_is_wrong_is_a_sentence() -> None:
    with pytest.raises(StdpbenchError, match="must lie within the bounds"):
        curve(Desk(), "oja", "pair-window", weight=7)
    with pytest.raises(StdpbenchError, match="unknown request"):
        Desk().answer("dance", {}, nothing)


# from the laboratory to a network: experiments with a rule, and what changes in a running one


def test_an_experiment_takes_the_rule_and_leaves_what_it_said_to_expect() -> None:
    base, rule = read_experiment("fast-100"), rules.build({"kind": "triplet", "a2_minus": 1e-4}, "rule")
    made = experiment_with(rule, base)
    assert made.name == "fast-100-triplet"
    assert made.plasticity == rule
    assert made.about.expected_accuracy == ""
    assert set(base.differences(made)) == {path for path in base.differences(made) if path.startswith("plasticity.")}
    assert Experiment.from_mapping(made.to_mapping()) == made


def test_a_rule_that_does_not_run_there_says_why() -> None:
    rule = next(
        rule
        for rule in (rules.build({"kind": kind}, "rule") for kind in rules.kinds())
        if not rule.runs_in_digit_network
    )
    with pytest.raises(StdpbenchError) as caught:
        experiment_with(rule, read_experiment("digits"))
    assert rule.in_digit_network in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "name", "value", "shown"),
    [("pair-additive", "tau_plus", 25.0, "25 ms"), ("custom", "a_plus", 0.03, 0.03)],
)
def test_other_values_are_changes_of_parameters(kind: str, name: str, value: float, shown: object) -> None:
    running = Experiment.from_mapping({"plasticity": {"kind": kind}})
    rule = rules.build({**running.plasticity.to_mapping(), name: value}, "rule")
    assert same_kind(rule, running.plasticity)
    assert live_changes(rule, running) == {f"plasticity.{name}": shown}
    assert live_changes(running.plasticity, running) == {}


def test_other_expressions_are_another_rule() -> None:
    one = rules.build({"kind": "custom", "on_output_spike": "w = w + 1"}, "rule")
    other = rules.build({"kind": "custom", "on_output_spike": "w = w + 2"}, "rule")
    assert not same_kind(one, other)
    assert same_kind(one, rules.build({"kind": "custom", "on_output_spike": "w = w + 1", "w_max": 2}, "rule"))
