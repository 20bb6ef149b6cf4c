"""Means over seeds and paired differences, against what comes out by hand."""

from __future__ import annotations

import math

import pytest

from stdpbench.studies.sweeps.statistics import paired_difference, spread


def test_mean_and_standard_deviation_of_a_sample() -> None:
    made = spread([1.0, 2.0, 4.0])
    assert made.n == 3
    assert made.mean == pytest.approx(7 / 3)
    assert made.sd == pytest.approx(math.sqrt(7 / 3))  # ((4/3)² + (1/3)² + (5/3)²) / 2 = 42/18


def test_too_few_values_have_no_spread() -> None:
    assert (spread([0.5]).n, spread([0.5]).mean) == (1, 0.5)
    assert math.isnan(spread([0.5]).sd)
    assert spread([]).n == 0
    assert math.isnan(spread([]).mean)


def test_paired_difference_with_its_t_interval() -> None:
    made = paired_difference({0: 0.90, 1: 0.80, 2: 0.85}, {0: 0.80, 1: 0.75, 2: 0.85})
    # differences 0.10, 0.05, 0: mean 0.05, SD 0.05; t(0.975, 2 degrees of freedom) = 4.302653
    half = 4.302653 * 0.05 / math.sqrt(3)
    assert made.n == 3
    assert made.mean == pytest.approx(0.05)
    assert (made.low, made.high) == (pytest.approx(0.05 - half), pytest.approx(0.05 + half))


def test_one_pair_has_a_difference_and_no_interval() -> None:
    made = paired_difference({3: 0.9}, {3: 0.8, 4: 0.7})
    assert made.n == 1
    assert made.mean == pytest.approx(0.1)
    assert math.isnan(made.low)
    assert math.isnan(made.high)
    none = paired_difference({1: 0.5}, {2: 0.5})
    assert none.n == 0
    assert math.isnan(none.mean)
