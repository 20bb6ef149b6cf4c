"""Measures of streams on spikes whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest

from stdpbench.results.readout.streams import (
    DELTA,
    GAMMA,
    Intervals,
    answers,
    false_alarms,
    histogram,
    latencies,
    rhythm,
    synchrony,
)

DT = 1e-3


def poisson(n: int, n_steps: int, probability: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    step, index = np.nonzero(np.random.default_rng(seed).random((n_steps, n)) < probability)
    return index, step


def test_a_clock_is_regular_and_a_poisson_process_is_not():
    clock = np.arange(5, 1000, 10)
    assert Intervals(1, DT).add(np.zeros_like(clock), clock, 1000) == pytest.approx(0, abs=1e-6)
    index, step = poisson(50, 10_000, 0.02)
    assert Intervals(50, DT).add(index, step, 10_000) == pytest.approx(0.99, abs=0.05)


def test_intervals_reach_across_pieces():
    index, step = poisson(3, 2000, 0.05)
    whole, cut = Intervals(3, DT), Intervals(3, DT)
    whole.add(index, step, 2000)
    for start in range(0, 2000, 100):
        mine = (step >= start) & (step < start + 100)
        cut.add(index[mine], step[mine], 100)
    np.testing.assert_array_equal(whole.last, cut.last)
    assert (whole.sums[0] == [np.sum(index == k) - 1 for k in range(3)]).all()
    assert cut.sums[0].max() < whole.sums[0].max()  # forgotten


def test_few_intervals_say_nothing():
    assert Intervals(2, DT).add(np.array([0, 0, 1]), np.array([1, 5, 6]), 10) is None
    assert Intervals(2, DT).add(np.empty(0, int), np.empty(0, int), 10) is None


def test_synchrony_is_one_together_and_small_apart():
    index, step = poisson(100, 5000, 0.02)
    assert synchrony(index, step, 100, 5000, DT) == pytest.approx(0.1, abs=0.02)
    once = np.unique(step[index == 0])
    assert synchrony(np.tile(np.arange(100), len(once)), np.repeat(once, 100), 100, 5000, DT) == pytest.approx(1)
    assert synchrony(index, step, 1, 5000, DT) is None
    assert synchrony(index[:0], step[:0], 100, 5000, DT) is None


def test_a_rhythm_is_in_its_band_and_independent_neurons_have_none():
    found = [
        [rhythm(poisson(50, 1000, 0.01, seed)[1], 1000, DT, band) for seed in range(200)] for band in (DELTA, GAMMA)
    ]
    assert np.mean(found, axis=1) == pytest.approx([1, 1], abs=0.15)
    volleys = np.repeat(np.arange(0, 1000, 25), 20)  # 40 Hz
    assert rhythm(volleys, 1000, DT, GAMMA) == pytest.approx(len(volleys) / 41)  # all power at one of 41 frequencies
    assert rhythm(volleys, 1000, DT, DELTA) == pytest.approx(0, abs=1e-9)
    assert rhythm(volleys, 300, DT, DELTA) is None  # too short for two frequencies
    assert rhythm(volleys[:0], 1000, DT, GAMMA) is None


def test_histograms_have_all_weights():
    found = histogram(np.array([[0.0, 0.049], [0.5, 1.2]]), 1.0)
    assert (len(found), sum(found), found[0], found[10], found[-1]) == (20, 4, 2, 1, 1)


def test_answers_to_patterns():
    index, step = np.array([0, 1, 0, 0, 1]), np.array([3, 12, 15, 40, 41])
    assert latencies(index, step, 10, 20, 2, DT) == (5.0, 2.0)
    assert latencies(index, step, 20, 30, 2, DT) == (None, None)
    assert false_alarms(index, step, np.array([10]), np.array([20]), 2) == (2, 1)
    assert false_alarms(index, step, np.empty(0, int), np.empty(0, int), 2) == (3, 2)
    shown = [(0.0, 0, (5.0, None)), (1.0, 1, (None, 3.0)), (2.0, 1, (4.0, 5.0)), (3.0, 0, (7.0, None))]
    first, second = answers(shown, [(1, 0), (2, 0)], 10.0)
    assert (first.pattern, first.hit_rate, first.latency, first.false_alarms) == (0, 1.0, 6.0, 0.3)
    assert (second.pattern, second.hit_rate, second.latency, second.occurrences) == (1, 1.0, 4.0, 2)
    assert answers([], [], 1.0) == []
