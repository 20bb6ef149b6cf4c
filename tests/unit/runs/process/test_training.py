"""The training loop: what happens between two presentations. Mostly on a simulator with scripted answers."""

from __future__ import annotations

from contextlib import closing

import numpy as np
import pytest
from training_cases import BINS, SIDE, ScriptedSimulator, experiment, pictures, same

from stdpbench.data.datasets import Images
from stdpbench.data.stimuli import Events, EventSet
from stdpbench.engine.simulators import open_graph
from stdpbench.experiment import Experiment, encode, training_order
from stdpbench.kinds.encoding import Spikes
from stdpbench.runs.presentation.frozen import present_frozen
from stdpbench.runs.process.engine import presentation_frame
from stdpbench.runs.process.homeostasis import theta_decay
from stdpbench.runs.process.pace import Pace
from stdpbench.runs.process.training import Training, train
from stdpbench.runs.protocol.facts import Progress

# -- order -----------------------------------------------------------------------------------------


def test_pictures_come_in_the_order_of_the_data_set():
    assert training_order(experiment(schedule__passes=2), 4).tolist() == [0, 1, 2, 3, 0, 1, 2, 3]
    assert training_order(experiment(schedule__train_images=3), 4).tolist() == [0, 1, 2]
    assert training_order(experiment(schedule__train_images=9), 4).tolist() == [0, 1, 2, 3]
    assert training_order(experiment(schedule__passes=0), 4).tolist() == []


def test_shuffled_pictures_come_once_per_pass_and_in_another_order_each_time():
    made = experiment(schedule__order="shuffled", schedule__passes=3, schedule__train_images=50)
    order = training_order(made, 60)
    passes = order.reshape(3, 50)
    assert [sorted(one.tolist()) for one in passes] == [list(range(50))] * 3
    assert len({tuple(one.tolist()) for one in passes}) == 3
    assert (training_order(made, 60) == order).all()
    assert (training_order(made.override({"seed": 4}), 60) != order).any()
    # more passes do not change the earlier ones
    assert (training_order(made.override({"schedule.passes": 2}), 60) == order[:100]).all()
    assert training_order(made.override({"schedule.passes": 0}), 60).tolist() == []


def test_each_presentation_shows_its_picture():
    made, images = experiment(schedule__order="shuffled", schedule__passes=2), pictures()
    simulator = ScriptedSimulator(made, lambda number, spikes: 9)
    done = list(train(simulator, made, images))
    assert [one.presentation for one in done] == list(range(24))
    assert [one.image for one in done] == training_order(made, 12).tolist()
    assert [one.attempts for one in done] == [1] * 24
    assert all(shown.plastic for shown in simulator.shown)
    for one, shown in zip(done, simulator.shown, strict=True):
        assert same(shown.spikes, encode(made, images, "train", one.presentation, 0, one.image))
        assert one.response.counts("exc").sum() == 9


# -- retries ---------------------------------------------------------------------------------------


def test_a_black_picture_stops_at_the_last_attempt_and_the_next_one_follows():
    made, images = experiment(), pictures()
    images.pixels[5] = 0
    simulator = ScriptedSimulator(made, lambda number, spikes: len(spikes))
    done = list(train(simulator, made, images))
    assert [one.attempts for one in done] == [1] * 5 + [4] + [1] * 6
    assert done[5].response.counts("exc").sum() == 0
    assert len(simulator.shown) == 11 + 4


def test_a_dim_picture_is_shown_again_brighter_until_it_draws_enough():
    made, images = experiment(schedule__max_attempts=8, schedule__stimulus=400.0), pictures(3, brightness=60)
    # fires once the picture draws half as many spikes again as at first
    first = [len(encode(made, images, "train", number, 0, number)) for number in range(3)]
    wanted = iter(first)
    state: dict[str, int] = {}

    def answer(number: int, spikes: Spikes) -> int:
        if "at first" not in state:
            state["at first"] = next(wanted)
        if len(spikes) >= 1.4 * state["at first"]:
            state.clear()
            return 5
        return 4

    simulator = ScriptedSimulator(made, answer)
    done = list(train(simulator, made, images))
    # intensity 2, 3, 4, ...
    assert [one.attempts for one in done] == [2] * 3
    for number in range(3):
        for attempt in range(2):
            shown = simulator.shown[2 * number + attempt]
            assert same(shown.spikes, encode(made, images, "train", number, attempt, number))
    # after a success it is back at the first intensity
    counts = [len(shown.spikes) for shown in simulator.shown]
    assert np.sum(counts[1::2]) == pytest.approx(1.5 * np.sum(counts[::2]), rel=0.1)


@pytest.mark.parametrize(("min_spikes", "spikes", "attempts"), [(5, 5, 1), (5, 4, 4), (0, 0, 1), (1, 0, 4), (9, 9, 1)])
def test_how_many_spikes_are_enough(min_spikes, spikes, attempts):
    made = experiment(schedule__min_spikes=min_spikes)
    simulator = ScriptedSimulator(made, lambda number, shown: spikes)
    assert next(iter(train(simulator, made, pictures()))).attempts == attempts


def test_spikes_of_the_rest_do_not_count():
    made = experiment(schedule__between="rest")
    simulator = ScriptedSimulator(made, lambda number, spikes: 4, late=30)
    first = next(iter(train(simulator, made, pictures())))
    assert (first.attempts, first.response.counts("exc").sum(), len(first.response.spikes["exc"])) == (4, 4, 34)


# -- between two presentations ---------------------------------------------------------------------


def test_weights_are_normalised_before_every_attempt():
    made = experiment()
    simulator = ScriptedSimulator(made, lambda number, spikes: 9 if number % 3 == 2 else 0)
    done = list(train(simulator, made, pictures()))
    assert len(simulator.shown) == 36
    for shown in simulator.shown:
        np.testing.assert_allclose(shown.column_sums, 12.0, rtol=1e-12)
    assert [one.silent for one in done] == [0] * 12


def test_without_a_sum_weights_are_left_alone():
    made = experiment().override({"network.weight_sum": "none"})
    simulator = ScriptedSimulator(made, lambda number, spikes: 9)
    w = simulator.w.copy()
    next(iter(train(simulator, made, pictures())))
    np.testing.assert_array_equal(simulator.shown[0].column_sums, w.sum(axis=0))


def test_silent_neurons_are_counted_and_survive():
    made = experiment()
    simulator = ScriptedSimulator(made, lambda number, spikes: 9)
    simulator.w[:, [1, 4]] = 0
    done = list(train(simulator, made, pictures(3)))
    assert [one.silent for one in done] == [2] * 3
    assert np.isfinite(simulator.w).all()


@pytest.mark.parametrize("between", ["rest", "reset", "carry"])
def test_what_happens_to_the_state(between):
    made = experiment(schedule__between=between)
    simulator = ScriptedSimulator(made, lambda number, spikes: 9 if number % 2 else 0)
    list(train(simulator, made, pictures(3)))
    assert len(simulator.shown) == 6
    n_bins = [shown.n_bins for shown in simulator.shown]
    assert n_bins == [BINS + 20 if between == "rest" else BINS] * 6
    v = [float(shown.v[0]) for shown in simulator.shown]
    moved = [0.0] * 6 if between == "reset" else [number * 1e-3 for number in range(6)]
    np.testing.assert_allclose(np.array(v) + 65e-3, moved, atol=1e-12)


@pytest.mark.parametrize("between", ["rest", "reset", "carry"])
def test_theta_decays_over_stimulus_and_rest_of_every_attempt(between):
    made = experiment(schedule__between=between, exc__tau_theta=1000.0)
    simulator = ScriptedSimulator(made, lambda number, spikes: 9 if number % 2 else 0)
    list(train(simulator, made, pictures(3)))
    factor = np.exp(-(20 + 10) / 1000.0)
    assert theta_decay(made) == pytest.approx(factor, rel=1e-14)
    for number, shown in enumerate(simulator.shown):
        np.testing.assert_allclose(shown.theta, 20e-3 * factor**number, rtol=1e-12)
    np.testing.assert_allclose(simulator.theta, 20e-3 * factor**6, rtol=1e-12)


# -- where it begins and ends ----------------------------------------------------------------------


@pytest.mark.parametrize("delays", ["none", "homogeneous", "uniform"])
@pytest.mark.parametrize("between", ["rest", "carry", "reset"])
@pytest.mark.parametrize("rest", [0.0, 3.0, 10.0, 50.0])
def test_the_last_bins_stay_empty_where_a_spike_would_be_in_flight(delays, between, rest):
    made = experiment(
        network__delays=delays,
        network__max_delay=5.0,
        schedule__between=between,
        schedule__rest=rest,
        schedule__max_attempts=20,
    )
    white = Images(np.full((1, SIDE, SIDE), 255, np.uint8), None)
    room = 0 if delays == "none" else max(0, 10 - made.rest_bins)
    assert made.rest_bins == (rest / 0.5 if between == "rest" else 0)
    last = max(int(encode(made, white, "train", number, 6, 0).bin.max()) for number in range(10))
    assert last == BINS - room - 1
    # a label or test presentation goes on until all has arrived
    last = max(int(encode(made, white, "test", number, 6, 0).bin.max()) for number in range(10))
    assert last == BINS - 1


# -- on a real network -----------------------------------------------------------------------------


# the speed of a run and the time that it says is left


def test_the_time_left_counts_the_limit_of_the_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    now, pace = 100.0, Pace()
    monkeypatch.setattr("time.monotonic", lambda: now)

    def left(position: int, phase: str = "train") -> float | None:
        pace.update(Progress(phase, position, 400), position)
        found: float | None = pace.values()["seconds_left"]
        return found

    assert left(0) is None, "no speed is known yet"
    now = 101.0
    assert left(100) == pytest.approx(3.0)
    pace.limit(1.0, 100)
    assert left(100) == pytest.approx(300.0), "a limit counts before it is measured"
    now = 105.0
    assert left(102) == pytest.approx(596.0), "and where the run is slower still"
    pace.limit(0.0, 102)
    assert left(102) is None
    now = 106.0
    assert left(202) == pytest.approx(1.98), "what was slow before is forgotten"
    pace.limit(1.0, 202)
    assert left(0, "label") is None, "only training is limited"


# stimuli of unequal lengths, through training and evaluation


@pytest.fixture
def made() -> Experiment:
    return Experiment.from_mapping(
        {
            "data": {"kind": "order", "channels": 6},
            "encoding": {"kind": "events"},
            "network": {"n_exc": 3, "inhibition": "direct", "delays": "none", "weight_sum": 3.0},
            "exc": {"tau_theta": "1 s", "theta_plus": "1 mV", "theta_start": "20 mV"},
            "schedule": {"stimulus": "50 ms", "rest": "10 ms", "min_spikes": 0, "between": "rest"},
        }
    )


def test_each_presentation_lasts_as_long_as_its_stimulus(made: Experiment) -> None:
    rng = np.random.default_rng(0)
    seconds = (0.02, 0.05, 0.2, 0.0003)
    recordings = [
        Events(rng.integers(0, 6, 40).astype(np.int32), np.sort(rng.random(40) * each), each) for each in seconds
    ]
    stimuli = EventSet.of_list(recordings, (1, 1, 6), None)
    simulator, _ = open_graph(made.graph(6), "runtime", target="numpy")
    simulator.set_parameters(made)
    with closing(Training(simulator, made, stimuli)) as training:
        for number, expected in enumerate((40, 100, 100, 1)):
            theta = simulator.theta.copy()
            presented = training.step()
            assert presented.response.n_bins == expected
            assert (presented.image, presented.attempts) == (number, 1)
            frame = presentation_frame(presented, made)
            assert (frame["stimulus_bins"], frame["n_bins"]) == (expected, expected + 20)
            spikes = presented.total_spikes
            decayed = np.exp(-(expected * 0.5e-3 + 0.01) / 1.0)
            assert simulator.theta == pytest.approx((theta + 1e-3 * spikes) * decayed, rel=1e-12)
    for number, expected in enumerate((40, 100, 100, 1)):
        response, attempts = present_frozen(simulator, made, stimuli, "test", number)
        assert (response.n_bins, attempts) == (expected, 1)
        assert response.input.bin.max() < expected
