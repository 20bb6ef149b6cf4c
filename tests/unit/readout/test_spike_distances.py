"""Distances between spike trains: values of the papers, and what makes a distance one."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from stdpbench.results.readout.victor_purpura import van_rossum, victor_purpura, victor_purpura_pairs

TRAINS = st.lists(st.floats(0, 350), max_size=6).map(sorted)


def test_van_rossum_of_one_spike_against_none_is_the_root_of_a_half():
    assert van_rossum([40.0], [], 20.0) ** 2 == pytest.approx(0.5)


@pytest.mark.parametrize("distance", [0.0, 3.0, 20.0, 500.0])
def test_van_rossum_of_two_spikes(distance):
    assert van_rossum([10.0], [10.0 + distance], 20.0) ** 2 == pytest.approx(1 - np.exp(-distance / 20), abs=1e-12)


def test_van_rossum_is_the_integral_that_defines_it():
    a, b, tau, dt = [3.0, 8.0, 30.0], [5.0, 31.0], 12.0, 1e-3
    t = np.arange(0, 400, dt)

    def filtered(train):
        return sum(np.where(t >= s, np.exp(-(t - s) / tau), 0.0) for s in train)

    integral = ((filtered(a) - filtered(b)) ** 2).sum() * dt / tau
    assert van_rossum(a, b, tau) ** 2 == pytest.approx(integral, rel=1e-3)


@pytest.mark.parametrize(
    ("a", "b", "cost", "expected"),
    [
        ([], [], 1.0, 0),
        ([5.0], [], 1.0, 1),
        ([1.0, 2.0, 3.0], [7.0], 0.0, 2),  # q = 0: the difference of the numbers
        ([1.0], [1.5], 1.0, 0.5),  # moved
        ([1.0], [9.0], 1.0, 2),  # removed and added: cheaper than 8
        ([1.0, 4.0], [1.2, 4.4], 1.0, 0.6),
        ([1.0, 4.0, 9.0], [4.5], 1.0, 2.5),
        ([1.0, 4.0], [1.0, 4.0], 1e6, 0),
        ([1.0, 4.0], [1.001, 4.001], 1e6, 4),  # q without bound: spikes that do not coincide
    ],
)
def test_victor_purpura_by_hand(a, b, cost, expected):
    assert victor_purpura(a, b, cost) == pytest.approx(expected)
    assert victor_purpura(b, a, cost) == pytest.approx(expected)


@given(TRAINS, TRAINS, TRAINS, st.floats(0, 2))
def test_victor_purpura_is_a_metric(a, b, c, cost):
    assert victor_purpura(a, a, cost) == 0
    assert victor_purpura(a, b, cost) >= abs(len(a) - len(b)) - 1e-9
    assert victor_purpura(a, b, cost) <= len(a) + len(b)
    assert victor_purpura(a, c, cost) <= victor_purpura(a, b, cost) + victor_purpura(b, c, cost) + 1e-9


@given(st.lists(st.tuples(TRAINS, TRAINS), min_size=1, max_size=5))
def test_many_pairs_at_once_are_the_same(pairs):
    def packed(trains):
        n = np.array([len(train) for train in trains])
        table = np.full((len(trains), max(n.max(), 1)), 99.0)
        for row, train in zip(table, trains, strict=True):
            row[: len(train)] = train
        return table, n

    together = victor_purpura_pairs(*packed([a for a, _ in pairs]), *packed([b for _, b in pairs]), 0.05)
    np.testing.assert_allclose(together, [victor_purpura(a, b, 0.05) for a, b in pairs])
