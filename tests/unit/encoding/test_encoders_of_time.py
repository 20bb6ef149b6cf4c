"""Spikes of several inputs per value, of currents, signals and events, against values computed by hand."""

from __future__ import annotations

import numpy as np
import pytest
from encoded import make_alone
from networks import pairs

from stdpbench.base.errors import StdpbenchError
from stdpbench.data.stimuli import Events, Signal, Stimulus
from stdpbench.kinds.encoding import Encoder, Spikes

DT = 1e-3


def encode(encoder: Encoder, stimulus: Stimulus, n_bins: int = 100, attempt: int = 0, dt: float = DT) -> Spikes:
    return encoder.spikes(stimulus, np.random.default_rng(0), attempt=attempt, n_bins=n_bins, dt=dt)


def test_population_code_of_bohte() -> None:
    # three fields at -0.5, 0.5 and 1.5 with sigma 1/1.5; x = 0.5: answers 0.3247, 1, 0.3247; x = 1: 0.0796, 0.7548,
    # 0.7548; an answer g fires at 100 ms (1 - g), none below 0.1; input = field * 2 + value
    encoder = make_alone("population", fields=3)
    assert pairs(encode(encoder, np.array([127.5, 255.0]))) == [(0, 2), (24, 3), (24, 5), (67, 0), (67, 4)]
    assert encoder.copies == 3
    assert encoder.input_shape((4, 5)) == (12, 5)
    early = make_alone("population", fields=3, duration="50 ms", g_min=0.5)
    assert pairs(encode(early, np.array([127.5, 255.0]))) == [(0, 2), (12, 3), (12, 5)]
    strength = encoder.strength(np.array([127.5, 255.0]), n_input=6, n_bins=100, dt=DT)
    assert strength == pytest.approx([0.3247, 0.0, 1.0, 0.7548, 0.3247, 0.7548], abs=1e-4)


def test_population_code_with_rates() -> None:
    # 100 Hz times the answers 0.3247, 1, 0.3247, for 10 s
    spikes = encode(make_alone("population", fields=3, form="rate", rate="100 Hz"), np.array([127.5]), n_bins=10_000)
    counts = np.bincount(spikes.index, minlength=3)
    assert counts.tolist() == pytest.approx([324.7, 1000, 324.7], abs=1)
    assert set(np.diff(spikes.bin[spikes.index == 1]).tolist()) == {10}


def test_population_code_of_a_signal() -> None:
    # answers of the three fields to 0.5 and 1, as above; samples of 100 ms, a volley for each
    signal = Signal(np.array([[0.5, 1.0]]), rate=10.0)
    encoder = make_alone("population", fields=3, white=1.0)
    assert pairs(encode(encoder, signal, n_bins=200)) == [(0, 1), (67, 0), (67, 2), (124, 1), (124, 2)]
    assert pairs(encode(encoder, signal, n_bins=100)) == [(0, 1), (67, 0), (67, 2)]  # cut
    early = make_alone("population", fields=3, white=1.0, duration="50 ms", g_min=0.5)
    assert pairs(encode(early, signal, n_bins=200)) == [(0, 1), (112, 1), (112, 2)]
    means = encoder.strength(signal, n_input=3, n_bins=200, dt=DT)
    assert means == pytest.approx([0.3247 / 2, 1.7548 / 2, (0.3247 + 0.7548) / 2], abs=1e-4)
    first = encoder.strength(signal, n_input=3, n_bins=100, dt=DT)
    assert first == pytest.approx([0.3247, 1.0, 0.3247], abs=1e-4)
    with pytest.raises(
        StdpbenchError, match=r"encoding.duration \(150 ms\) must be at most the time of a sample of the sig"
    ):
        encode(make_alone("population", fields=3, white=1.0, duration="150 ms"), signal, n_bins=200)


def test_rates_of_a_population_follow_the_signal() -> None:
    # 100 Hz times answers of 1 and 0.7548 in field 1, for 10 s each, and of 0.3247 and 0 in field 0
    signal = Signal(np.array([[0.5, 1.0]]), rate=0.1)
    spikes = encode(make_alone("population", fields=3, form="rate", rate="100 Hz", white=1.0), signal, n_bins=20_000)
    early = np.bincount(spikes.index[spikes.bin < 10_000], minlength=3)
    late = np.bincount(spikes.index[spikes.bin >= 10_000], minlength=3)
    assert early.tolist() == pytest.approx([324.7, 1000, 324.7], abs=1)
    assert late.tolist() == pytest.approx([0, 754.8, 754.8], abs=1)
    ticks = np.diff(spikes.bin[(spikes.index == 1) & (spikes.bin >= 10_000)])
    assert set(ticks.tolist()) == {13, 14}  # 13.25 ms
    # an interval that spans both samples: half of it in the first, whose rate is 10 Hz, the rest at 7.548 Hz
    for seed in range(5):
        slow = make_alone("population", fields=3, form="rate", rate="10 Hz", white=1.0).spikes(
            Signal(np.array([[0.5, 1.0]]), rate=10.0), np.random.default_rng(seed), attempt=0, n_bins=200, dt=DT
        )
        first, *others = slow.bin[slow.index == 1].tolist()
        assert first < 100
        assert others == [] or others[0] == pytest.approx(100 + (10 * first / 1000) / 7.548 * 1000, abs=1.5)


def test_phases_are_the_bits_of_a_value() -> None:
    # 0b10000010 = 130, 0b00000001 = 1, 0; phases of 2 ms, a period of 16 ms; of 40 ms, two periods
    picture = np.array([130.0, 1.0, 0.0])
    single = encode(make_alone("phase", form="single", phase="2 ms"), picture, n_bins=40)
    assert pairs(single) == [(0, 0), (12, 0), (14, 1), (16, 0), (28, 0), (30, 1)]
    channels = make_alone("phase", phase="2 ms")
    # bit k of value i is input 3 k + i
    assert pairs(encode(channels, picture, n_bins=40)) == [(0, 0), (12, 18), (14, 22), (16, 0), (28, 18), (30, 22)]
    assert channels.copies == 8
    weighted = encode(make_alone("phase", form="weighted", phase="2 ms"), picture, n_bins=40)
    assert pairs(weighted) == pairs(single)
    assert weighted.factor.tolist() == [1 / 2, 1 / 128, 1 / 256, 1 / 2, 1 / 128, 1 / 256]
    assert single.factor is None


def test_the_value_of_a_phase_code_is_that_of_the_picture() -> None:
    greys = np.arange(256, dtype=float)
    spikes = encode(make_alone("phase", form="single"), greys, n_bins=8)
    value = np.bincount(spikes.index, 2.0 ** -(1 + spikes.bin), minlength=256)
    assert value * 256 == pytest.approx(greys)
    # phases of 1.3 ms, with steps of 1 ms between their starts or 2: three periods
    weighted = encode(make_alone("phase", form="weighted", phase="1.3 ms"), greys, n_bins=32)
    assert (np.bincount(weighted.index, weighted.factor, minlength=256) * 256 == 3 * greys).all()


def test_a_constant_current_fires_at_equal_intervals() -> None:
    # 20 ms ln(3/2) = 8.11 ms, so every 9 steps; 20 ms ln(1.5/0.5) = 21.97 ms: 22; a current of 0.9 never fires
    encoder = make_alone("direct", gain=3.0)
    picture = 255 * np.array([1.0, 0.5, 0.3])
    assert pairs(encode(encoder, picture, n_bins=50)) == [(8, 0), (17, 0), (21, 1), (26, 0), (35, 0), (43, 1), (44, 0)]
    rests = make_alone("direct", gain=3.0, refractory="2 ms")
    assert encode(rests, picture, n_bins=50).bin.tolist() == [8, 19, 21, 30, 41, 45]
    assert len(encode(encoder, picture, attempt=1)) > len(encode(encoder, picture))


@pytest.mark.parametrize("refractory", [0.0, 3.0])
@pytest.mark.parametrize("dt", [1e-3, 0.5e-3])
def test_closed_form_and_steps_of_direct_coding_agree(dt: float, refractory: float) -> None:
    x = np.random.default_rng(0).random(200)
    encoder = make_alone("direct", gain=4.0, refractory=refractory, white=1.0)
    closed = encode(encoder, x, n_bins=300, dt=dt)
    stepped = encode(encoder, Signal(np.repeat(x[:, None], 3, axis=1), 10.0), n_bins=300, dt=dt)
    assert pairs(closed) == pairs(stepped)


@pytest.mark.parametrize("refractory", [0.0, 3.0])
def test_a_changing_current_drives_the_neuron_step_by_step(refractory: float) -> None:
    values = np.random.default_rng(1).random((30, 12))
    encoder = make_alone("direct", gain=4.0, refractory=refractory, white=1.0)
    found = encode(encoder, Signal(values, 40.0), n_bins=350)  # 25 steps per sample; the last one goes on
    v, rest = np.zeros(30), np.zeros(30)
    for step in range(350):
        now = 4 * values[:, min(step // 25, 11)]
        v = np.where(rest > 0, 0.0, now + (v - now) * np.exp(-1 / 20))
        rest -= 1
        fired = v >= 1
        assert np.flatnonzero(fired).tolist() == found.index[found.bin == step].tolist(), step
        v[fired], rest[fired] = 0.0, refractory


def test_delta_fires_where_the_line_crosses_a_level() -> None:
    # 0 to 1 within 100 ms: at 0.25, 0.5, 0.75 and 1; to 0.6: at 0.75; to -0.1: at 0.5, 0.25 and 0; 0.2: nowhere
    signal = Signal(np.array([[0, 1, 0.6, 0.6, -0.1, 0.2], [0.0] * 6]), 10.0)
    assert pairs(encode(make_alone("delta", threshold=0.25), signal, n_bins=1000)) == [
        (25, 0), (50, 0), (75, 0), (100, 0), (162, 2), (314, 2), (350, 2), (385, 2),
    ]  # fmt: skip
    assert encode(make_alone("delta", threshold=0.25), signal, n_bins=100).bin.tolist() == [25, 50, 75]


def test_delta_does_not_depend_on_how_a_line_is_sampled() -> None:
    coarse, fine = Signal(np.array([[0.0, 2.0]]), 1.0), Signal(np.linspace(0, 2, 501)[None], 500.0)
    encoder = make_alone("delta", threshold=0.3)
    assert pairs(encode(encoder, coarse, n_bins=1000)) == pairs(encode(encoder, fine, n_bins=1000))
    walk = np.cumsum(np.random.default_rng(2).normal(0, 0.2, (3, 400)), axis=1)
    spikes = encode(encoder, Signal(walk, 10.0), n_bins=10**6)
    net = np.bincount(spikes.index, minlength=6)
    moved = (walk[:, -1] - walk[:, 0]) / 0.3
    assert np.abs(net[:3] - net[3:] - moved).max() < 1


def test_a_stimulus_of_another_kind_is_refused_in_a_sentence() -> None:
    with pytest.raises(StdpbenchError, match=r"encoding\.kind 'latency' cannot encode signals"):
        encode(make_alone("latency"), Signal(np.zeros((1, 3)), 1.0))
    with pytest.raises(StdpbenchError, match=r"encoding\.kind 'events' cannot encode pictures"):
        encode(make_alone("events"), np.zeros(3))


@pytest.mark.parametrize("n", [400, 4000])
@pytest.mark.parametrize(("n_inputs", "n_steps"), [(50, 40), (90_000, 40), (50, 90_000), (90_000, 90_000)])
def test_events_in_any_order_are_sorted_by_step_and_channel_and_merged(n_inputs: int, n_steps: int, n: int) -> None:
    """Also many of them, and channels and steps beyond 65 535, which are sorted in other ways."""
    rng = np.random.default_rng(1)
    index = rng.integers(0, n_inputs, n, dtype=np.int32)
    step = rng.integers(0, n_steps, n)
    step[:50], index[:50] = step[50:100], index[50:100]
    found = encode(make_alone("events"), Events(index, (step + 0.5) * DT, n_steps * DT), n_bins=n_steps)
    expected = sorted(set(zip(step.tolist(), index.tolist(), strict=True)))
    assert pairs(found) == expected
    assert found.merged == n - len(expected)
    assert found.index.dtype == found.bin.dtype == np.int32
