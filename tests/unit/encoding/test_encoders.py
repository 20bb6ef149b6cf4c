"""Spike times of the encoders, against values computed by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from encoded import make_alone
from networks import pairs
from numpy.typing import NDArray
from refusals import refused

from stdpbench.base.errors import StdpbenchError
from stdpbench.experiment import Experiment
from stdpbench.kinds.encoding import Encoder, Spikes, encoders, generator

DT = 1e-3
BINS = 100


def make(kind: str, **values: Any) -> Encoder:
    return Experiment.from_mapping({"encoding": {"kind": kind, **values}}).encoding


def encode(encoder: Encoder, image: list[float] | NDArray[np.float64], n_bins: int = BINS, attempt: int = 0) -> Spikes:
    rng = generator(0, "train", 0, attempt)
    return encoder.encode(np.asarray(image, float), rng, attempt=attempt, n_bins=n_bins, dt=DT)


OF_PICTURES = sorted(
    kind for kind in encoders.kinds() if "images" in encoders.get(kind).takes and not encoders.get(kind).currents
)


@pytest.mark.parametrize("kind", OF_PICTURES)
def test_spikes_are_sorted_within_the_time_and_those_of_lit_pixels(kind: str) -> None:
    image = np.random.default_rng(3).integers(0, 256, 500).astype(float)
    image[:200] = 0
    spikes = encode(make(kind), image, n_bins=700)
    assert spikes.index.dtype == spikes.bin.dtype == np.int32
    key = spikes.bin.astype(np.int64) * len(image) * make(kind).copies + spikes.index
    assert (np.diff(key) > 0).all()
    assert 0 <= spikes.bin.min() <= spikes.bin.max() < 700
    assert len(spikes) > 250
    assert spikes.index.max() < make(kind).copies * len(image)
    assert len(encode(make(kind), np.full(9, 200.0), n_bins=0)) == 0
    if kind != "population":  # which has fields for 0
        assert (image[spikes.index % len(image)] > 0).all()
        assert len(encode(make(kind), np.zeros(9))) == 0


@pytest.mark.parametrize("kind", OF_PICTURES)
@pytest.mark.parametrize("values", [{}, {"phase": "zero"}, {"form": "rate"}])
def test_only_encoders_that_draw_depend_on_random_numbers(kind: str, values: dict[str, str]) -> None:
    if values and {"regular": "phase", "population": "form"}.get(kind) not in values:
        return
    encoder, image = make(kind, **values), np.random.default_rng(3).integers(0, 256, 300).astype(float)
    one, other = (encoder.encode(image, np.random.default_rng(k), attempt=0, n_bins=700, dt=DT) for k in (1, 2))
    assert encoder.draws == (pairs(one) != pairs(other))


def test_generators_are_those_of_numpy_for_the_same_numbers() -> None:
    for numbers in [(0, "train", 0, 0), (7, "test", 59_999, 2), (2**63 - 1, "label", 3, 0), (1, "test", 2**32 + 5, 1)]:
        entropy = (numbers[0], ("train", "label", "test").index(numbers[1]), *numbers[2:])
        drawn = np.random.Generator(np.random.SFC64(np.random.SeedSequence(entropy))).random(3)
        assert (generator(*numbers).random(3) == drawn).all()


def test_a_current_is_in_proportion_to_the_pixel_and_there_are_no_spikes() -> None:
    spikes = encode(make_alone("current", gain=2.0), [0.0, 51.0, 255.0])
    assert len(spikes) == 0
    assert spikes.currents is not None
    np.testing.assert_allclose(spikes.currents, [0.0, 0.4, 2.0])


def test_currents_need_a_network_that_learns_nothing_from_input_spikes() -> None:
    with pytest.raises(StdpbenchError, match=r"from which plasticity.kind cannot learn; use an encoding with spikes"):
        Experiment.from_mapping({"encoding": {"kind": "current"}})
    assert Experiment.from_mapping({"encoding": {"kind": "current"}, "network": {"kind": "layers"}}).encoding.currents


def test_spikes_with_factors_need_projections_that_pass_them_on() -> None:
    weighted: dict[str, Any] = {"encoding": {"kind": "phase", "form": "weighted"}}
    assert Experiment.from_mapping(weighted).encoding.graded
    with pytest.raises(
        StdpbenchError, match=r"^plasticity.kind changes weights in every step, which it cannot do with"
    ):
        Experiment.from_mapping({**weighted, "plasticity": {"kind": "reward"}})


def test_regular_spikes_have_equal_intervals_and_the_rate_of_poisson() -> None:
    # 255 * 0.125 * 2 = 63.75 Hz: intervals of 15.69 ms; half of it: 31.37 ms
    spikes = encode(make("regular", phase="zero"), [255.0, 0.0, 127.5])
    assert pairs(spikes) == [
        (0, 0), (0, 2), (15, 0), (31, 0), (31, 2), (47, 0), (62, 0), (62, 2), (78, 0), (94, 0), (94, 2),
    ]  # fmt: skip
    brighter = encode(make("regular", phase="zero"), [255.0], attempt=2)  # intensity 4: 127.5 Hz
    assert brighter.bin.tolist() == [int(k * 1000 / 127.5) for k in range(13)]


def test_regular_spikes_start_at_a_random_phase() -> None:
    spikes = encode(make("regular"), np.full(2000, 255.0), n_bins=1000)
    counts = np.bincount(spikes.index, minlength=2000)
    assert set(counts.tolist()) == {63, 64}  # of a mean of 63.75
    assert counts.mean() == pytest.approx(63.75, abs=0.05)
    first = np.full(2000, 1000)
    np.minimum.at(first, spikes.index, spikes.bin)
    assert np.bincount(first, minlength=16)[:15] == pytest.approx(2000 / 15.686, rel=0.4)


@pytest.mark.parametrize("dt", [0.5e-3, 1e-4])
def test_a_pixel_that_fires_in_almost_every_step_has_one_spike_per_step(dt: float) -> None:
    encoder = make("regular", phase="zero", rate_per_grey=0.125)
    rate = 0.999 / (0.25 * dt)  # grey value at which p = 0.999
    spikes = encoder.encode(np.array([rate]), generator(0, "train", 0, 0), attempt=0, n_bins=1000, dt=dt)
    assert len(spikes) == 999
    assert (np.diff(spikes.bin) >= 1).all()


# equal times come in the order of the index; black pixels do not fire
LINEAR = [255.0, 51.0, 0.0, 255.0, 25.5, 500.0]
RANKED = [10.0, 200.0, 0.0, 200.0, 255.0]


@pytest.mark.parametrize(
    ("values", "image", "spikes"),
    [
        # t = (1 - x) * 100 ms
        ({"kind": "latency"}, LINEAR, [(0, 0), (0, 3), (0, 5), (80, 1), (90, 4)]),
        ({"kind": "latency", "duration": "50 ms", "x_min": 0.15}, LINEAR, [(0, 0), (0, 3), (0, 5), (40, 1)]),
        # the brightest pixel of a picture may count as white
        ({"kind": "latency", "white": "none"}, [100.0, 25.0], [(0, 0), (75, 1)]),
        # a latency beyond the picture is no spike
        ({"kind": "latency", "form": "logarithmic", "tau": "200 ms", "x_min": 0.2}, [255.0, 52.0], [(44, 0)]),
        # first above the decaying threshold, at 20 ms * ln(0.8/x): 0 for x >= 0.8, 9.40 ms for 0.5, 69.3 for 0.025
        (
            {"kind": "latency", "form": "exponential", "tau": "20 ms", "theta_0": 0.8},
            255 * np.array([1.0, 0.8, 0.5, 0.025]),
            [(0, 0), (0, 1), (9, 2), (69, 3)],
        ),
        ({"kind": "rank-order"}, RANKED, [(0, 4), (25, 1), (50, 3), (75, 0)]),
        ({"kind": "rank-order", "step": "40 ms"}, RANKED, [(0, 4), (40, 1), (80, 3)]),
        ({"kind": "rank-order", "x_min": 0.1}, RANKED, [(0, 4), (33, 1), (66, 3)]),
        # x = 1: 5 spikes, 2 ms apart; 0.5: ceil(2.5) = 3, 11 ms apart; 0.2: 1; 0.21: 2, 16.22 ms apart
        (
            {"kind": "burst", "N_max": 5, "T_min": "2 ms", "T_max": "20 ms"},
            255 * np.array([1.0, 0.5, 0.2, 0.21]),
            [(0, 0), (0, 1), (0, 2), (0, 3), (2, 0), (4, 0), (6, 0), (8, 0), (11, 1), (16, 3), (22, 1)],
        ),
    ],
)
def test_spikes_are_those_computed_by_hand(
    values: dict[str, Any], image: list[float], spikes: list[tuple[int, int]]
) -> None:
    assert pairs(encode(make(**values), image)) == spikes


def test_logarithmic_latency_is_that_of_an_rc_circuit() -> None:
    encoder = make("latency", form="logarithmic", tau="20 ms", x_min=0.2)
    x = np.array([1.0, 0.5, 0.21, 0.2])
    # 20 ms * ln(x/(x - 0.2)) = 4.46, 10.22, 60.89 ms; 0.2 never reaches the threshold
    assert pairs(encode(encoder, 255 * x)) == [(4, 0), (10, 1), (60, 2)]
    for value, time in zip(x[:3], (4, 10, 60), strict=True):
        charge = value * (1 - np.exp(-np.arange(BINS + 1) / 20))  # the circuit, at the start of each step
        assert np.searchsorted(charge, 0.2) - 1 == time
    # stretched: the times from x = 1 to the weakest pixel, 4.46 to 60.89 ms, take 0 to 100 ms
    scaled = make("latency", form="logarithmic", tau="20 ms", x_min=0.2, scaled=True)
    assert pairs(encode(scaled, 255 * x)) == [(0, 0), (10, 1), (99, 2)]
    assert pairs(encode(scaled, np.full(2, 255.0))) == [(0, 0), (0, 1)]


@pytest.mark.parametrize(
    ("encoding", "message"),
    [
        ({"kind": "burst", "N_max": 10, "T_max": "200 ms"}, "a burst may last for"),
        (
            {"kind": "burst", "T_min": "0.1 ms"},
            "encoding.T_min (0.1 ms) must be at least a step of network.dt (0.5 ms)",
        ),
        ({"kind": "burst", "T_min": "60 ms"}, "T_min (60 ms) must be at most T_max (50 ms)"),
        ({"kind": "latency", "duration": "400 ms"}, "encoding.duration (400 ms) must be at most the time"),
        ({"kind": "latency", "form": "logarithmic"}, "x_min must be above 0 with form 'logarithmic'"),
        ({"kind": "regular", "rate_per_grey": "9 kHz"}, "lower encoding.rate_per_grey"),
        ({"kind": "latency", "x_min": 1.0}, "encoding.x_min must be less than 1"),
        ({"kind": "phase", "phase": "0.2 ms"}, "encoding.phase (0.2 ms) must be at least a step"),
        ({"kind": "phase", "phase": "50 ms"}, "a period of 8 phases lasts for 400 ms"),
        ({"kind": "population", "duration": "400 ms"}, "encoding.duration (400 ms) must be at most the time"),
        ({"kind": "population", "fields": 2}, "encoding.fields must be at least 3"),
        (
            {"kind": "delta"},
            "data.kind 'digits' gives pictures, which encoding.kind 'delta' cannot show; choose one of",
        ),
    ],
)
def test_parameters_that_do_not_fit_are_refused_in_a_sentence(encoding: dict[str, Any], message: str) -> None:
    with refused(message):
        Experiment.from_mapping({"encoding": encoding})


def test_the_longest_burst_is_that_of_the_check() -> None:
    encoder = make("burst", N_max=7, T_min="3 ms", T_max="21 ms")
    greys = np.linspace(0.01, 255, 20_000)
    spikes = encode(encoder, greys, n_bins=1000)
    longest = spikes.bin.max()
    assert not encoder.problem(255.0, 0, longest + 2, DT)
    assert "a burst may last" in encoder.problem(255.0, 0, longest - 1, DT)


@pytest.mark.parametrize("kind", OF_PICTURES)
def test_a_picture_is_shown_again_only_if_that_is_stronger(kind: str) -> None:
    made = Experiment.from_mapping({"encoding": {"kind": kind}, "schedule": {"max_attempts": 7}})
    image = np.full(50, 100.0)
    first, second = (encode(made.encoding, image, attempt=attempt) for attempt in (0, 6))
    if made.encoding.stronger:
        assert made.attempts == 7
        assert len(second) > 1.5 * len(first)
    else:
        assert made.attempts == 1
        assert pairs(first) == pairs(second)
