"""Applying a rule to the current run: the requests, and the reasons why it is impossible."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stdpbench.experiment import Experiment, read_experiment
from stdpbench.kinds.plasticity import rules
from stdpbench_gui.pages.rules import to_network
from stdpbench_gui.session.parameter_changes import Changes


class Run:
    """A substitute for the session, as far as applying a rule uses it."""

    def __init__(self, experiment: Experiment) -> None:
        self.experiment = experiment
        self.folder = type("Folder", (), {"path": Path("small")})()
        self.connected = True
        self.state = to_network.State.RUNNING
        self.live = type("Live", (), {"progress": {"phase": "train"}})()
        self.asked: list[dict[str, Any]] = []
        self.cannot = ""

    def cannot_change_rule(self) -> str:
        return self.cannot

    def change_rule(self, rule: Any, then: Any, refused: Any, projection: str) -> None:
        self.asked.append(rule)
        self.of = projection
        (refused if self.cannot else then)(self.cannot)


class Made(Changes):
    """Changes that are only recorded."""

    def __init__(self) -> None:
        self.busy, self.in_flight = "", {}
        self.made: list[tuple[str, Any]] = []

    def here(self, values: Any) -> None:
        self.made.append(("here", values))

    def branch(self, values: Any, at: int | None = None, rule: Any = None, projection: str = "") -> None:
        self.made.append(("branch", values if rule is None else (rule["kind"], projection)))


@pytest.fixture
def run() -> Any:
    return Run(read_experiment("digits"))


def test_other_values_of_the_rule_in_force_change_the_running_network(run: Any) -> None:
    changes, messages = Made(), list[str]()
    rule = rules.build({**run.experiment.plasticity.to_mapping(), "nu_post": 0.03, "tau_x": 25.0}, "rule")
    seen = to_network.outlook(run, rule, changes)
    assert (seen.why_not_here, seen.why_not_in_branch) == ("", "")
    to_network.apply_here(run, rule, changes, lambda sentence, failed: messages.append(sentence))
    assert changes.made == [("here", {"plasticity.nu_post": 0.03, "plasticity.tau_x": "25 ms"})]
    to_network.apply_in_branch(run, rule, changes, lambda sentence, failed: messages.append(sentence))
    assert changes.made[-1][0] == "branch"
    same = to_network.outlook(run, run.experiment.plasticity, changes)
    assert "already" in same.why_not_here


def test_why_a_rule_cannot_be_applied_is_said(run: Any) -> None:
    changes = Made()
    rule = rules.build({"kind": "diehl-cook-triplet", "nu_post": 0.03}, "rule")
    run.connected = False
    assert "small is not running" in to_network.outlook(run, rule, changes).why_not_here
    run.connected, run.live.progress = True, {"phase": "test"}
    assert "labelling and test use the rule" in to_network.outlook(run, rule, changes).why_not_here
    run.live.progress = {"phase": "train"}
    assert (
        "does not run there" in to_network.outlook(run, rules.build({"kind": "clopath"}, "rule"), changes).why_not_here
    )
    run.folder = None
    assert "No run is open" in to_network.outlook(run, rule, changes).why_not_here


def test_other_equations_are_asked_of_a_run_that_can_change_them(run: Any) -> None:
    changes, messages, rule = Made(), list[str](), rules.build({"kind": "pair-additive"}, "rule")
    run.cannot = "Another rule change is in progress: wait until its network is built."
    assert to_network.outlook(run, rule, changes).why_not_here == run.cannot
    to_network.apply_here(run, rule, changes, lambda sentence, failed: messages.append(sentence))
    assert (run.asked, messages) == ([], [run.cannot])
    run.cannot = ""
    assert to_network.outlook(run, rule, changes).why_not_here == ""
    to_network.apply_here(run, rule, changes, lambda sentence, failed: messages.append(sentence))
    assert (run.asked, messages[-1]) == ([rule.to_mapping()], "pair-additive is active.")


def test_where_several_projections_learn_one_is_chosen() -> None:
    digits = read_experiment("digits")
    two = digits.spelled_out().override({"network.projections.compete.plasticity.kind": "homeostatic"})
    assert (to_network.learners(digits), to_network.learners(digits.spelled_out())) == ((), ())
    assert to_network.learners(two) == ("feed", "compete")
    run: Any = Run(two)
    changes, messages, rule = Made(), list[str](), rules.build({"kind": "pair-additive"}, "rule")
    assert to_network.outlook(run, rule, changes).why_not_here.startswith("which projection is to learn by the rule?")
    assert "small, feed: diehl-cook-triplet → pair-additive" in to_network.outlook(run, rule, changes, "feed").says
    to_network.apply_here(run, rule, changes, lambda sentence, failed: messages.append(sentence), "feed")
    assert (run.asked, run.of) == ([rule.to_mapping()], "feed")
    to_network.apply_in_branch(run, rule, changes, lambda sentence, failed: messages.append(sentence), "feed")
    assert changes.made == [("branch", ("pair-additive", "feed"))]
    current = two.rules_by_projection["feed"]
    other = rules.build({**current.to_mapping(), "nu_post": 0.03}, "rule")
    to_network.apply_here(run, other, changes, lambda sentence, failed: messages.append(sentence), "feed")
    assert changes.made[-1] == ("here", {"network.projections.feed.plasticity.nu_post": 0.03})
    assert messages[-1].startswith("Sent to small, feed: nu_post → 0.03.")
