"""Changes as facts: what they make of an experiment, of its tables, and in words."""

from __future__ import annotations

import json
from typing import Any

import pytest
from harness import experiment

from stdpbench.experiment import Experiment
from stdpbench.kinds.plasticity import projection_rules
from stdpbench.kinds.plasticity.custom import EXAMPLE
from stdpbench.kinds.plasticity.tables import rule_name
from stdpbench.runs.catalog.comparison import changes_of
from stdpbench.runs.protocol.changes import (
    changed_by,
    changes_between,
    describe_changes,
    experiment_at,
    missing_kinds,
    tables_with,
)
from stdpbench.runs.protocol.facts import Change, ParametersChanged, Record, RuleChanged, Started
from stdpbench.runs.protocol.live_run import LiveRun, describe

CUSTOM = {"kind": "custom", **EXAMPLE}
OTHER: dict[str, Any] = {
    "kind": "custom",
    "title": "Mine",
    "on_output_spike": "w = clip(w + rate*x, 0, w_max)",
    "traces": {"x": {"side": "input", "tau": "tau_x", "on_spike": "set"}},
    "parameters": {"rate": {"default": 0.02}, "tau_x": {"default": "20 ms", "unit": "ms"}},
}
RULES = [{"kind": "diehl-cook-triplet"}, {"kind": "oja", "eta": 0.5}, CUSTOM, OTHER, {**OTHER, "rate": 0.5}]


def read_back(change: Change, position: int, number: int) -> Record:
    """A fact as the journal has it."""
    return Record.from_mapping(json.loads(json.dumps(Record(number, position, "", change).to_mapping())))


@pytest.mark.parametrize("old", RULES)
@pytest.mark.parametrize("new", RULES)
def test_every_reader_comes_to_the_same_experiment(old: dict[str, Any], new: dict[str, Any]) -> None:
    before = experiment().with_rule(old)
    after = before.with_rule(new).override({"exc.theta_plus": 0.3})
    found = changes_between(before, after)
    assert [type(change) for change in found] == [
        *([] if before.same_rule(after) else [RuleChanged]),
        ParametersChanged,
    ]
    records = [read_back(change, 7, number) for number, change in enumerate(found)]
    assert experiment_at(before, records, 7) == after
    assert experiment_at(before, records, 6) == before
    tables = tables_with(before.to_mapping(), [(record.position, record.fact.changes) for record in records])  # type: ignore[union-attr]
    assert Experiment.from_mapping(tables) == after
    assert tables == after.to_mapping()
    step = before
    for change in found:
        step = changed_by(step, change)
    assert step == after
    assert changes_between(before, before) == []


def test_in_few_words() -> None:
    before, after, mine = (experiment().with_rule(rule) for rule in (RULES[0], RULES[1], OTHER))
    (change,) = changes_between(before, after)
    assert describe_changes(change.changes) == "rule → oja"
    assert next(iter(change.changes)) == "plasticity.kind"
    (change,) = changes_between(after, mine)
    assert describe_changes(change.changes) == "rule → custom “Mine”"
    (change,) = changes_between(mine, mine.with_rule({**OTHER, "on_output_spike": "w = clip(w + rate*x*x, 0, w_max)"}))
    assert describe_changes(change.changes) == "rule → custom “Mine”"
    assert (
        describe_changes({"plasticity.eta": (0.1, 0.2), "exc.tau_m": ("100 ms", "90 ms")})
        == "eta → 0.2, tau_m → 90 ms"
    )
    assert rule_name({"kind": "oja"}) == "oja"


def test_rules_of_projections_are_changed_one_by_one() -> None:
    before = experiment().spelled_out().override({"network.projections.drive.plasticity.kind": "oja"})
    after = before.with_rule({"kind": "bcm"}, "feed").with_rule(CUSTOM, "drive")
    after = after.override({"network.projections.drive.weight.value": 0.25})
    found = changes_between(before, after)
    assert [getattr(change, "projection", None) for change in found] == ["feed", "drive", None]
    records = [read_back(change, 7, number) for number, change in enumerate(found)]
    assert experiment_at(before, records, 7) == after
    tables = tables_with(before.to_mapping(), [(7, record.fact.changes) for record in records])  # type: ignore[union-attr]
    assert Experiment.from_mapping(tables) == after
    assert describe_changes(found[0].changes) == "rule of feed → bcm"
    assert [describe(record).partition(";")[0].partition(": ")[2] for record in records[:2]] == [
        "rule of feed bcm instead of diehl-cook-triplet",
        f"rule of drive {rule_name(CUSTOM)} instead of oja",
    ]
    live = LiveRun()
    live.started = Started(before.to_mapping(), "compiled", "", (), (8, 8), ())
    nu = {"network.projections.feed.plasticity.eta": 0.5}
    last = ParametersChanged({path: (None, value) for path, value in nu.items()})
    for record in [*records, Record(3, 8, "", last)]:
        live.take_record(record)
    assert Experiment.from_mapping(live.parameters()) == after.override(nu)
    at_first = Experiment.from_mapping(live.before_changes())
    assert at_first.rules_by_projection == after.rules_by_projection
    assert at_first.differences(after).keys() == {"network.projections.drive.weight.value"}


@pytest.mark.parametrize("kind", sorted({*projection_rules.kinds()} - {"diehl-cook-triplet"}))
def test_a_run_whose_projection_changed_to_any_rule_can_be_resumed_and_compared(kind: str) -> None:
    before = experiment().spelled_out()
    table = {"kind": kind, **(EXAMPLE if kind == "custom" else {})}
    fact = RuleChanged(before.rules_by_projection["feed"].to_mapping(), table, "feed")
    record = read_back(fact, 7, 0)
    assert missing_kinds(before, [record]) == ()
    paths = {change.path for change in changes_of([record])}
    assert "network.projections.feed.plasticity.kind" in paths
    assert all(path.startswith("network.projections.feed.plasticity.") for path in paths)


def test_changes_of_evaluation_come_to_a_run_that_had_none() -> None:
    before = experiment()
    after = before.override({"evaluation.thresholds": "start", "evaluation.values.exc.v_thresh": "-58 mV"})
    for old, new in ((before, after), (after, before)):
        (change,) = changes_between(old, new)
        record = read_back(change, 7, 0)
        assert experiment_at(old, [record], 7) == new
        assert isinstance(record.fact, ParametersChanged)
        tables = tables_with(old.to_mapping(), [(7, record.fact.changes)])
        assert Experiment.from_mapping(tables) == new


def test_changes_of_a_network_spelled_out_are_facts_as_well() -> None:
    before = experiment().spelled_out()
    feed = "network.projections.feed"
    after = before.changed_live({f"{feed}.plasticity.nu_post": 0.5, f"{feed}.normalise": "none"})
    (change,) = changes_between(before, after)
    record = read_back(change, 7, 0)
    assert experiment_at(before, [record], 7) == after
    start = before.to_mapping()
    assert isinstance(record.fact, Change)
    assert tables_with(start, [(7, record.fact.changes)]) == after.to_mapping()
    assert start == before.to_mapping()
