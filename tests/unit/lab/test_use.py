"""From the laboratory to a network: experiments with a rule, and what changes in a running one."""

from __future__ import annotations

import pytest

from stdpbench.base.errors import StdpbenchError
from stdpbench.experiment import Experiment, read_experiment
from stdpbench.kinds.plasticity import rules
from stdpbench.studies.lab.use import experiment_with, is_same_rule, live_changes


def test_an_experiment_takes_the_rule_and_leaves_what_it_said_to_expect() -> None:
    base, rule = read_experiment("fast-100"), rules.build({"kind": "triplet", "a2_minus": 1e-4}, "rule")
    made = experiment_with(rule, base)
    assert made.name == "fast-100-triplet"
    assert made.plasticity == rule
    assert made.about.expected_accuracy == ""
    assert set(base.differences(made)) == {path for path in base.differences(made) if path.startswith("plasticity.")}
    assert experiment_with(rule, base, "mine").name == "mine"
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
    assert is_same_rule(rule, running.plasticity)
    assert live_changes(rule, running) == {f"plasticity.{name}": shown}
    assert live_changes(running.plasticity, running) == {}


def test_other_expressions_are_another_rule() -> None:
    one = rules.build({"kind": "custom", "on_output_spike": "w = w + 1"}, "rule")
    other = rules.build({"kind": "custom", "on_output_spike": "w = w + 2"}, "rule")
    assert not is_same_rule(one, other)
    assert is_same_rule(one, rules.build({"kind": "custom", "on_output_spike": "w = w + 1", "w_max": 2}, "rule"))
