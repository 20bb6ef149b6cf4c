"""What a run looks like to its readers: the same from watching it and from replaying its journal."""

from __future__ import annotations

import pickle
from dataclasses import fields
from itertools import product

import pytest
from harness import Driven, drive, ended, finished, killed_at_position, new_run, set_

from stdpbench.base.errors import StdpbenchError
from stdpbench.engine.simulators import find_compiler
from stdpbench.experiment import Experiment
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.protocol import facts
from stdpbench.runs.protocol.facts import Record, Started
from stdpbench.runs.protocol.live_run import TOPICS, LiveRun, describe
from stdpbench.runs.protocol.stages import share_done, stages
from stdpbench.runs.protocol.states import TRANSITIONS, State, check_transition

FROM_FACTS = {field.name for field in fields(LiveRun)} - {"progress", "network", "presentation", "replies"}
WISHES = {
    3: [set_(plasticity__nu_post=0.05, network__weight_sum="none")],
    6: ["pause", ("checkpoint", {})],
    8: [set_(network__weight_sum=12.0), ("pause", {"reason": "a look"})],
    30: ["pause"],
}


def watched(engine: Driven, live: LiveRun) -> Driven:
    """Apply all facts that the engine publishes to a model, after a round trip through pickle."""
    publish = engine._publisher.publish

    def take_and_publish(record: Record) -> None:
        assert live.take(pickle.loads(pickle.dumps(("record", record)))) <= set(TOPICS)
        publish(record)

    engine._publisher.publish = take_and_publish  # type: ignore[method-assign]
    return engine


def assert_same(live: LiveRun, other: LiveRun) -> None:
    for name in FROM_FACTS:
        assert getattr(live, name) == getattr(other, name), name
    assert repr(live.changes) == repr(other.changes)  # tuples, not lists
    assert repr(live.started) == repr(other.started)
    assert live.parameters() == other.parameters()


@pytest.mark.skipif(find_compiler() is None, reason="needs a C++ compiler")
@pytest.mark.parametrize("baselines", [True, False])
def test_watching_and_replaying_give_the_same(baselines, tmp_path):
    folder, live = new_run(tmp_path, baselines=baselines), LiveRun()
    engine = watched(Driven(folder, at=WISHES), live)
    finished(folder, engine=engine)
    assert_same(live, LiveRun.replay(read_journal(folder.path)))
    assert live.state is State.FINISHED
    assert len(live.changes) == 2
    assert live.metrics.keys() == (
        {"network", "start weights", "samples as prototypes", "k-means", "spherical k-means"}
        if baselines
        else {"network"}
    )
    assert [blocks.first for blocks in live.blocks.values()] == list(range(24))
    assert live.checkpoints[-1] == 24
    assert Experiment.from_mapping(live.parameters()).differences(engine._active.experiment) == {}


@pytest.mark.skipif(find_compiler() is None, reason="needs a C++ compiler")
def test_watching_several_processes_one_after_the_other(tmp_path):
    """A reader that attaches at the second one gets the past first; repeated facts are not published again."""
    folder, live = new_run(tmp_path), LiveRun()
    drive(folder, engine=watched(Driven(folder, at=WISHES, die=killed_at_position(8)), live))
    assert_same(live, LiveRun.replay(read_journal(folder.path)))
    live = LiveRun()
    engine = Driven(folder, at={8: WISHES[8]})
    for record in engine.records:
        live.take(("record", record))
    finished(folder, engine=watched(engine, live))
    assert_same(live, LiveRun.replay(read_journal(folder.path)))
    undisturbed = ended(new_run(tmp_path), at=WISHES)
    other = LiveRun.replay(read_journal(undisturbed.path))
    for name in ("state", "blocks", "changes", "metrics", "labelled", "position"):
        assert getattr(live, name) == getattr(other, name), name


@pytest.mark.parametrize(
    ("fact", "topics"),
    [
        (facts.Started({}, "compiled", "", (("train", 3),), (1, 1), ()), {"state", "log"}),
        (facts.Estimated(5.0, 2**30), {"log"}),
        (facts.StateChanged("paused", "a look"), {"state", "log"}),
        (facts.Block(0, (1,), (1,), 1.0, 0.0, {}), {"curves"}),
        (facts.ParametersChanged({"exc.tau_m": ("1 ms", "2 ms")}), {"parameters", "curves", "log"}),
        (facts.CheckpointWritten("000000003"), {"log"}),
        (facts.Remarked("Well."), {"log"}),
        (facts.Labelled((1, 2), 1, ""), {"metrics", "log"}),
        (facts.Measured("network", {"vote": 0.5}), {"metrics", "log"}),
        (facts.Branched("id", "parent", 3, 0), {"log"}),
        (facts.Rewound("kept"), {"log"}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_topics_and_sentences(fact, topics):
    record, live = Record(0, 3, "2026-01-01T00:00:00+00:00", fact), LiveRun()
    assert live.take(("record", record)) == topics
    assert topics <= set(TOPICS)
    sentence = describe(record)
    assert "\n" not in sentence
    assert (sentence == "") == isinstance(fact, facts.Block)
    assert live.log == ([] if sentence == "" else [(3, record.time, sentence)])


# the stages of a run, from what is known of it

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


# the life of a run: one table, and a picture of it that leaves no state out

LEGAL = {
    ("queued", "building"),
    ("queued", "stopped"),
    ("building", "running"),
    ("building", "stopped"),
    ("building", "failed"),
    ("running", "paused"),
    ("running", "finishing"),
    ("running", "stopped"),
    ("running", "failed"),
    ("paused", "running"),
    ("paused", "stopped"),
    ("paused", "failed"),
    ("finishing", "paused"),  # where there is no room for what is written
    ("finishing", "finished"),
    ("finishing", "stopped"),
    ("finishing", "failed"),
    ("stopped", "building"),
    ("failed", "building"),
}


@pytest.mark.parametrize(("old", "new"), list(product(State, State)))
def test_every_transition(old, new):
    if (old, new) in LEGAL:
        check_transition(old, new)
        return
    with pytest.raises(StdpbenchError) as error:
        check_transition(old, new)
    message = str(error.value)
    assert old in message
    assert new in message
    assert "\n" not in message
    for legal in TRANSITIONS[old]:
        assert legal in message
    if not TRANSITIONS[old]:
        assert message.endswith("nothing")
