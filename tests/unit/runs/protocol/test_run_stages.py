"""The stages of a run, from what is known of it."""

from __future__ import annotations

import pytest

from stdpbench.runs.protocol.facts import Started
from stdpbench.runs.protocol.live_run import LiveRun
from stdpbench.runs.protocol.stages import share_done, stages
from stdpbench.runs.protocol.states import State

PLAN = (("train", 100), ("label", 40), ("test", 20), ("start weights: label", 40), ("start weights: test", 20))


def live(phase: str = "", done: int = 0, *, position: int = 0, plan: tuple[tuple[str, int], ...] = PLAN) -> LiveRun:
    found = LiveRun(state=State.RUNNING, started=Started({}, "compiled", "", plan, (8, 8), ()), position=position)
    if phase:
        found.progress = {"phase": phase, "done": done, "total": dict(plan).get(phase, 1)}
    return found


def told(of: LiveRun) -> list[tuple[str, int, bool]]:
    return [(stage.name, stage.done, stage.is_current) for stage in stages(of)]


@pytest.mark.parametrize(
    ("phase", "done", "position", "expected"),
    [
        ("", 0, 0, [0, 0, 0, 0]),
        ("train", 30, 25, [30, 0, 0, 0]),
        ("waiting for held-out measurements", 3, 100, [100, 0, 0, 0]),
        ("label", 10, 100, [100, 10, 0, 0]),
        ("test", 5, 100, [100, 40, 5, 0]),
        ("start weights: label", 8, 100, [100, 40, 20, 8]),
        ("start weights: test", 8, 100, [100, 40, 20, 48]),
    ],
)
def test_a_stage_is_as_far_as_its_presentations(phase: str, done: int, position: int, expected: list[int]) -> None:
    found = stages(live(phase, done, position=position))
    assert [stage.name for stage in found] == ["train", "label", "test", "baselines"]
    assert [stage.total for stage in found] == [100, 40, 20, 60]
    assert [stage.done for stage in found] == expected
    assert share_done(found) == pytest.approx(sum(expected) / 220)
    assert sum(stage.is_current for stage in found) == 1


def test_a_stage_that_has_no_presentations_left_is_under_way_until_the_next_begins() -> None:
    assert told(live("label", 40, position=100))[1] == ("label", 40, True)
    of = live("k-means, K = 100", 0, position=100)
    of.metrics = {"network": {}, "start weights": {}}
    assert told(of)[-1] == ("baselines", 60, True)
    assert share_done(stages(of)) < 1


def test_a_run_that_was_stopped_while_it_was_tested_tells_it_by_its_facts() -> None:
    of = live(position=100)
    of.state, of.metrics = State.STOPPED, {"network": {}}
    assert told(of) == [("train", 100, False), ("label", 40, False), ("test", 20, False), ("baselines", 0, True)]


def test_a_finished_run_has_nothing_left() -> None:
    of = live(position=100)
    of.state = State.FINISHED
    assert all(stage.is_over for stage in stages(of))
    assert share_done(stages(of)) == 1


def test_a_stream_is_trained_only_and_a_run_without_labels_is_not_labelled() -> None:
    assert told(live("train", 7, position=7, plan=(("train", 10),))) == [("train", 7, True)]
    unlabelled = live("test", 1, position=10, plan=(("train", 10), ("test", 5)))
    assert told(unlabelled) == [("train", 10, False), ("test", 1, True)]


def test_nothing_is_known_before_the_network_is_ready() -> None:
    assert stages(LiveRun()) == ()
