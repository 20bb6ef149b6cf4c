"""Presentations of a real run, reconstructed from its frames."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from harness import Driven, experiment, new_run
from sparse_streams import sparse_stream

from stdpbench.base.errors import StdpbenchError
from stdpbench.declare.learned_names import FEED
from stdpbench.experiment import Experiment
from stdpbench.runs.analysis.slow_motion import SlowMotion, experiment_at, rule_starts, slow_motion
from stdpbench.runs.protocol import facts
from stdpbench.runs.protocol.facts import Record
from stdpbench.runs.protocol.live_run import LiveRun

Frames = list[tuple[Mapping[str, Any], Mapping[str, Any]]]
CHANGED = 12


def run_of(
    runs: Path, made: Experiment | None = None, population: str = "top", **changes: Any
) -> tuple[LiveRun, Frames]:
    """A run, and the frames of every training presentation with all neurons recorded."""
    frames: Frames = []
    recorded, population = ([0, 1, 2, 3], "") if made is None else ([0, 1], population)

    def take(engine: Driven) -> None:
        engine._recorded, engine._recorded_of = recorded, population
        if engine._presented is not None and (not frames or engine._position > frames[-1][0]["position"]):
            kinds = engine._frames()
            frames.append((kinds["presentation"](), kinds["network"]()))

    if made is None:
        lively = {"exc__theta_offset": 24.0, "schedule__min_spikes": 0}  # so that nothing is shown twice
        made, at = experiment(**lively | changes), {CHANGED: [("set", {"changes": {"plasticity.nu_pre": 0.02}})]}
    else:
        at = {CHANGED: ["stop"]}
    engine = Driven(new_run(runs, made), at=at, boundary=take)
    engine.run()
    return LiveRun.replay(engine.records), [pair for pair in frames if pair[0]["position"] == pair[1]["position"]]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[LiveRun, Frames]:
    return run_of(tmp_path_factory.mktemp("runs"), schedule__rest=300.0, plasticity__nu_pre=0.001)


def busiest(frame: Mapping[str, Any]) -> int:
    return int(np.bincount(frame["spikes"]["exc"][0], minlength=4).argmax())


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
        assert moment.output.tolist() == frame["spikes"]["exc"][1][frame["spikes"]["exc"][0] == moment.neuron].tolist()
        exact += any("agree with those of the run at the end" in remark for remark in moment.remarks)
    assert exact == CHANGED - 1  # the weights before the first one were not seen


def test_weights_at_the_start_are_computed_from_those_at_the_end(ran: tuple[LiveRun, Frames]) -> None:
    live, frames = ran
    moment = shown(live, frames, 5, alone=True)
    np.testing.assert_allclose(moment.replay.end, frames[5][1]["learned"][FEED][:, moment.neuron], atol=1e-9)
    assert [remark.split()[0] for remark in moment.remarks] == ["Traces", "Weights"]
    assert "wrong for 120 ms" in moment.remarks[0]


def test_factors_of_input_spikes_are_named_and_change_no_replay(ran: tuple[LiveRun, Frames]) -> None:
    live, frames = ran
    plain = shown(live, frames, 5)
    frame = {**frames[5][0], "input_factor": np.full(len(frames[5][0]["spikes"]["input"][0]), 0.5)}
    moment = shown(live, [*frames[:5], (frame, frames[5][1])], 5)
    assert [remark for remark in moment.remarks if remark not in plain.remarks] == [
        "The effect of input spikes is multiplied by the factor 0.5. The rule ignores these factors."
    ]
    np.testing.assert_array_equal(moment.replay.end, plain.replay.end)
    assert moment.source_factor is frame["input_factor"]
    assert plain.source_factor is None


def test_parameters_are_those_of_the_presentation(ran: tuple[LiveRun, Frames]) -> None:
    live, _ = ran
    rates = [experiment_at(live, n).plasticity.nu_pre for n in (0, CHANGED - 1, CHANGED)]  # type: ignore[attr-defined]
    assert rates == [0.001, 0.001, 0.02]
    with pytest.raises(StdpbenchError, match="not ready yet"):
        experiment_at(LiveRun(), 3)


def test_weights_of_another_presentation_are_refused(ran: tuple[LiveRun, Frames]) -> None:
    live, frames = ran
    made = experiment_at(live, 3)
    with pytest.raises(StdpbenchError, match="a later presentation"):
        slow_motion(made, frames[3][0], frames[4][1], 0, earlier={}, before={})


@pytest.mark.parametrize("delays", [pytest.param("homogeneous", marks=pytest.mark.slow), "uniform"])
def test_delays_and_resets_are_respected(tmp_path: Path, delays: str) -> None:
    live, frames = run_of(tmp_path, delays=delays, schedule__between="reset", plasticity__nu_pre=0.001)
    moments = [shown(live, frames, place) for place in (0, 4, 7)]
    for place, moment in zip((0, 4, 7), moments, strict=True):
        assert len(moment.remarks) == 1  # nothing is assumed of traces
        assert ("agree with" in moment.remarks[0]) == (place > 0)
    assert any(np.abs(moment.replay.end - moment.replay.start).max() > 1e-4 for moment in moments)


GRAPH = """
[network]
kind = "graph"
read = "exc"
[network.populations.eyes]
[network.populations.exc]
shape = [2, 3]
neuron = { kind = "adaptive-lif", theta_start = "10 mV", theta_offset = "24 mV" }
[network.populations.top]
size = 5
neuron = { kind = "adaptive-lif", theta_start = "10 mV", theta_offset = "24 mV" }
[network.projections.up]
source = "eyes"
target = "exc"
receptor = "ge"
weight = { kind = "uniform", low = 0.2, high = 0.6 }
plasticity = { kind = "diehl-cook-triplet", nu_pre = 0.001, tau_x = "2 ms", tau_y1 = "2 ms", tau_y2 = "2 ms" }
normalise = { kind = "sum", value = 8 }
[network.projections.rivals]
source = "exc"
target = "exc"
receptor = "gi"
connect = { kind = "others", within = "field" }
weight = { kind = "uniform", low = 0.2, high = 0.6 }
delay = "1 ms"
plasticity = { kind = "pair-additive", a_plus = 0.05, tau_plus = "2 ms", tau_minus = "2 ms" }
[network.projections.back]
source = "top"
target = "exc"
receptor = "ge"
weight = { kind = "uniform", low = 0.1, high = 0.3 }
plasticity = { kind = "symmetric", eta = 0.001, tau_x = "2 ms", tau_y = "2 ms" }
[network.projections.further]
source = "exc"
target = "top"
receptor = "ge"
weight = { kind = "uniform", low = 12.0, high = 30.0 }
delay = { kind = "uniform", high = "20 ms" }
plasticity = { kind = "triplet", w_max = 40, tau_plus = "2 ms", tau_minus = "2 ms", tau_x = "2 ms", tau_y = "2 ms" }
normalise = { kind = "sum", value = 60 }
[network.projections.twin]
source = "exc"
target = "exc"
receptor = "ge"
connect = "one-to-one"
weight = { kind = "uniform", low = 0.2, high = 0.6 }
delay = "2 ms"
plasticity = { kind = "pair-additive", a_minus = 0.05, tau_plus = "2 ms", tau_minus = "2 ms" }
"""


@pytest.fixture(scope="module")
def ran_graph(tmp_path_factory: pytest.TempPathFactory) -> tuple[LiveRun, Frames]:
    """A network in which every sort of projection learns; spikes in flight are carried over, traces fade before."""
    usual = experiment().to_mapping()
    tables = {name: usual[name] for name in ("name", "seed", "data", "encoding")}
    schedule = {**usual["schedule"], "between": "carry", "min_spikes": 0}
    network = Experiment.from_toml(GRAPH).to_mapping()["network"]
    made = Experiment.from_mapping({**tables, "schedule": schedule, "network": network})
    return run_of(tmp_path_factory.mktemp("graph"), made)


@pytest.mark.parametrize("projection", ["up", "rivals", "back", "further", "twin"])
def test_the_weights_of_any_projection_are_replayed(ran_graph: tuple[LiveRun, Frames], projection: str) -> None:
    live, frames = ran_graph
    moved = 0.0
    for place in range(1, len(frames)):
        (frame, network), (earlier, before) = frames[place], frames[place - 1]
        made = experiment_at(live, frame["presentation"])
        for neuron in range(5):
            moment = slow_motion(made, frame, network, neuron, earlier=earlier, before=before, projection=projection)
            w = network["learned"][f"{projection}.w"]
            np.testing.assert_allclose(moment.replay.end, w[[neuron]] if w.ndim == 1 else w[:, neuron], atol=1e-5)
            assert "agree with those of the run" in moment.remarks[-1]
            moved = max(moved, float(np.abs(moment.replay.end - moment.replay.start).max()))
        assert (moment.source, moment.target) == {
            "up": ("eyes", "exc"),
            "back": ("top", "exc"),
            "further": ("exc", "top"),
        }.get(projection, ("exc", "exc"))
        first = slow_motion(made, frame, network, 0, earlier=earlier, before=before, projection=projection)
        assert (first.courses is not None) == (moment.target == "top")  # which is recorded
        if first.courses is not None and place > 1:
            assert first.courses.v[first.output] == pytest.approx(-65.0)
        spikes = frame["spikes"][moment.target]
        assert moment.output.tolist() == spikes[1][spikes[0] == neuron].tolist()
    assert moved > 1e-3


def test_what_slow_motion_of_a_projection_cannot_know(ran_graph: tuple[LiveRun, Frames]) -> None:
    live, frames = ran_graph
    (frame, network), made = frames[5], experiment_at(live, 5)

    def shown(projection: str, **changed: Any) -> SlowMotion:
        return slow_motion(made, {**frame, **changed}, network, 0, earlier={}, before={}, projection=projection)

    assert "Spikes that were in flight at the start are unknown." in shown("further").remarks
    assert not any("in flight" in remark for remark in (*shown("up").remarks, *shown("back").remarks))
    assert shown("").projection == "up"
    with pytest.raises(StdpbenchError, match="up does not learn in this stage of the training"):
        shown("up", plastic=["further"])
    with pytest.raises(StdpbenchError, match="up, rivals, back, further and twin can"):
        shown("onward")


@pytest.fixture(scope="module")
def ran_sparse(tmp_path_factory: pytest.TempPathFactory) -> tuple[LiveRun, Frames]:
    """A stream into a network whose projections are sparse, have delays, and learn."""
    return run_of(tmp_path_factory.mktemp("sparse"), sparse_stream(), "exc")


@pytest.mark.parametrize("projection", ["feed", "loop"])
def test_sparse_weights_of_a_stream_are_replayed(ran_sparse: tuple[LiveRun, Frames], projection: str) -> None:
    live, frames = ran_sparse
    moved, counted = 0.0, 0
    for place in range(1, 8):
        (frame, network), (earlier, before) = frames[place], frames[place - 1]
        made = experiment_at(live, frame["presentation"])
        synapses = made.graph(30, 1).synapses(projection)
        for neuron in range(8):
            past: dict[str, Any] = {"earlier": earlier, "before": before, "projection": projection, "shape": (30, 1)}
            moment = slow_motion(made, frame, network, neuron, **past)
            mine = np.flatnonzero(synapses.target == neuron)
            w = network["learned"][f"{projection}.w"][mine]
            assert moment.sources.tolist() == synapses.source[mine].tolist()
            np.testing.assert_allclose(moment.replay.end, w, atol=1e-5)
            assert "agree with those of the run" in moment.remarks[-1]
            dense = synapses.dense(network["learned"][f"{projection}.w"], absent=np.nan)[:, neuron]
            np.testing.assert_allclose(moment.per_source(moment.replay.end), dense, atol=1e-5)
            for source in range(moment.n_source):
                several = moment.synapses_from(source)
                assert moment.sources[several].tolist() == [source] * len(several)
                assert bool(len(several)) == bool(np.isfinite(dense[source]))
                counted = max(counted, len(several))
            moved = max(moved, float(np.abs(moment.replay.end - moment.replay.start).max()))
    assert moved > 1e-3
    assert (counted > 1) == (projection == "loop")  # which has several synapses between the same neurons


def test_a_neuron_without_synapses_has_nothing_to_replay(ran_sparse: tuple[LiveRun, Frames]) -> None:
    live, frames = ran_sparse
    (frame, network), made = frames[5], experiment_at(live, 5)
    lonely = made.override({"network.projections.loop.connect": {"kind": "random", "p": 1e-9}})
    network = {**network, "learned": {**network["learned"], "loop.w": np.empty(0, np.float32)}}
    moment = slow_motion(lonely, frame, network, 2, earlier={}, before={}, projection="loop")
    assert not len(moment.replay.end)
    assert np.isnan(moment.per_source(moment.replay.start)).all()
    assert not len(moment.synapses_from(3))


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
