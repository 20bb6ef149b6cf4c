"""Presentations of a real run, reconstructed from its frames."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from harness import Driven, experiment, new_run

from stdpbench.errors import StdpbenchError
from stdpbench.learned_names import FEED
from stdpbench.neurons.adaptive_lif import AdaptiveLIF
from stdpbench.neurons.lif import LIF
from stdpbench.neurons.threshold import threshold_course
from stdpbench.runs.analysis.slow_motion import SlowMotion, experiment_at, rule_starts, slow_motion
from stdpbench.runs.protocol import facts
from stdpbench.runs.protocol.facts import Record
from stdpbench.runs.protocol.live_run import LiveRun

Frames = list[tuple[Mapping[str, Any], Mapping[str, Any]]]
CHANGED = 12


def run_of(runs: Path, **changes: Any) -> tuple[LiveRun, Frames]:
    """A run, and the frames of every training presentation with all neurons recorded."""
    frames: Frames = []

    def take(engine: Driven) -> None:
        engine._recorded = [0, 1, 2, 3]
        if engine._presented is not None and (not frames or engine._position > frames[-1][0]["position"]):
            made = engine._frames()
            frames.append((made["presentation"](), made["network"]()))

    lively = {"exc__theta_offset": 24.0, "schedule__min_spikes": 0}  # so that nothing is shown twice
    folder = new_run(runs, experiment(**lively | changes))
    at = {CHANGED: [("set", {"changes": {"plasticity.nu_pre": 0.02}})]}
    engine = Driven(folder, at=at, boundary=take)
    engine.run()
    return LiveRun.replay(engine.records), [pair for pair in frames if pair[0]["position"] == pair[1]["position"]]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[LiveRun, Frames]:
    return run_of(tmp_path_factory.mktemp("runs"), schedule__rest=300.0, plasticity__nu_pre=0.001)


def busiest(frame: Mapping[str, Any]) -> int:
    return int(np.bincount(frame["exc"][0], minlength=4).argmax())


def shown(live: LiveRun, frames: Frames, place: int, *, alone: bool = False) -> SlowMotion:
    frame, network = frames[place]
    earlier, before = frames[place - 1] if place and not alone else ({}, {})
    made = experiment_at(live, frame["presentation"])
    return slow_motion(made, frame, network, busiest(frame), earlier=earlier, before=before)


def test_replayed_weights_agree_with_those_of_the_run(ran: tuple[LiveRun, Frames]) -> None:
    live, frames = ran
    exact = 0
    for place, (frame, network) in enumerate(frames[:CHANGED]):
        moment = shown(live, frames, place)
        np.testing.assert_allclose(moment.replay.end, network["learned"][FEED][:, moment.neuron], atol=1e-6)
        assert moment.output.tolist() == frame["exc"][1][frame["exc"][0] == moment.neuron].tolist()
        exact += any("agree with those of the run at the end" in remark for remark in moment.remarks)
    assert exact == CHANGED - 1  # the weights before the first one were not seen


def test_weights_at_the_start_are_computed_from_those_at_the_end(ran: tuple[LiveRun, Frames]) -> None:
    live, frames = ran
    moment = shown(live, frames, 5, alone=True)
    np.testing.assert_allclose(moment.replay.end, frames[5][1]["learned"][FEED][:, moment.neuron], atol=1e-9)
    assert [remark.split()[0] for remark in moment.remarks] == ["Traces", "Weights"]
    assert "wrong for 120 ms" in moment.remarks[0]


def test_parameters_are_those_of_the_presentation(ran: tuple[LiveRun, Frames]) -> None:
    live, _ = ran
    rates = [experiment_at(live, n).plasticity.nu_pre for n in (0, CHANGED - 1, CHANGED)]  # type: ignore[attr-defined]
    assert rates == [0.001, 0.001, 0.02]
    with pytest.raises(StdpbenchError, match="not ready yet"):
        experiment_at(LiveRun(), 3)


def test_courses_meet_the_spikes(ran: tuple[LiveRun, Frames]) -> None:
    live, frames = ran
    moment = shown(live, frames, 3)
    courses = moment.courses
    assert courses is not None
    assert len(courses.v) == moment.n_bins
    assert courses.v[moment.output] == pytest.approx(-65.0)  # at the end of the step: reset
    inside = moment.output[moment.output > 0]
    assert (courses.v[inside - 1] > courses.threshold[inside - 1] - 5).all()
    theta = frames[3][0]["recording"]["theta"][:, moment.neuron] * 1e3
    np.testing.assert_allclose(courses.threshold, theta - 76.0)


def test_weights_of_another_presentation_are_refused(ran: tuple[LiveRun, Frames]) -> None:
    live, frames = ran
    made = experiment_at(live, 3)
    with pytest.raises(StdpbenchError, match="a later presentation"):
        slow_motion(made, frames[3][0], frames[4][1], 0, earlier={}, before={})


@pytest.mark.parametrize("delays", ["homogeneous", "uniform"])
def test_delays_and_resets_are_respected(tmp_path: Path, delays: str) -> None:
    live, frames = run_of(tmp_path, delays=delays, schedule__between="reset", plasticity__nu_pre=0.001)
    moments = [shown(live, frames, place) for place in (0, 4, 7)]
    for place, moment in zip((0, 4, 7), moments, strict=True):
        assert len(moment.remarks) == 1  # nothing is assumed of traces
        assert ("agree with" in moment.remarks[0]) == (place > 0)
    assert any(np.abs(moment.replay.end - moment.replay.start).max() > 1e-4 for moment in moments)


def test_v_exceeds_the_threshold_at_spikes() -> None:
    theta = np.array([0.020, 0.025])
    np.testing.assert_allclose(threshold_course(AdaptiveLIF(), theta), [-0.052, -0.047])
    np.testing.assert_allclose(threshold_course(LIF(), theta), [-0.040, -0.040])


def test_a_rule_starts_without_traces(ran: tuple[LiveRun, Frames]) -> None:
    live, frames = ran
    place = 5
    (frame, network), (earlier, before) = frames[place], frames[place - 1]
    made, neuron = experiment_at(live, frame["presentation"]), busiest(frame)
    usual, begun = (
        slow_motion(made, frame, network, neuron, earlier=earlier, before=before, rule_starts=starts)
        for starts in (False, True)
    )
    assert begun.remarks[0] == "The rule is active from this presentation on: its traces start at 0."
    assert "preceding presentation" in usual.remarks[0]


def test_presentations_in_which_a_rule_starts() -> None:
    start = experiment().plasticity.to_mapping()
    other = experiment().with_rule({"kind": "oja"}).plasticity.to_mapping()
    live = LiveRun(started=facts.Started(experiment().to_mapping(), "", "", (("train", 20),), (8, 8), ()))
    for number, (at, old, new) in enumerate(
        [(3, start, other), (7, other, start), (7, start, other), (9, other, start)]
    ):
        live.take_record(Record(number, at, "", facts.RuleChanged(old, new)))
    live.take_record(Record(9, 5, "", facts.ParametersChanged({"plasticity.eta": (0.01, 0.02)})))
    assert [presentation for presentation in range(12) if rule_starts(live, presentation)] == [3, 9]
