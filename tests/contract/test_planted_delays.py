"""The proof by planted offsets, with few seeds; `benchmarks/planted_delays.py` has a hundred, and ablations."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from dataclasses import replace
from types import ModuleType

import numpy as np
import pytest

from stdpbench.base.paths import shipped
from stdpbench.engine.simulators import find_compiler

pytestmark = pytest.mark.skipif(find_compiler() is None, reason="needs a C++ compiler")


@pytest.fixture(scope="module")
def planted() -> Iterator[ModuleType]:
    spec = importlib.util.spec_from_file_location("planted_delays", shipped("benchmarks") / "planted_delays.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["planted_delays"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["planted_delays"]


def test_shares_are_of_the_largest_group_within_a_millisecond(planted: ModuleType) -> None:
    assert planted.together(np.array([5.0, 0.0, 0.5, 1.0, 1.01])) == 0.6
    assert planted.together(np.array([3.0, 1.0])) == 0.5


def test_spikes_are_those_of_the_pattern_distractors_and_noise(planted: ModuleType) -> None:
    drawn = planted.Pattern(replace(planted.MAIN, noise=0.0, jitter=0.0), 3)
    shown, bins, index = drawn.draw(2)
    times = []
    for k in range(2):
        mine = index[shown == k]
        assert sorted(mine) == list(range(planted.N_INPUT))  # once each
        times.append(bins[shown == k][np.argsort(mine)] * planted.DT)
    np.testing.assert_allclose(np.ptp(times[0][: planted.N_PATTERN] - drawn.offsets), 0, atol=planted.DT)
    pattern, others = (times[1] - times[0])[: planted.N_PATTERN], (times[1] - times[0])[planted.N_PATTERN :]
    assert np.ptp(pattern) <= planted.DT  # moved together, but for rounding
    assert np.ptp(others) > 10


def test_arrivals_of_the_pattern_come_together(planted: ModuleType) -> None:
    for result in planted.run(planted.MAIN, (1000, 1001)):
        assert result.before < 0.2
        assert result.after >= 0.9
        assert result.delays < 0.3  # they differ, as the offsets do


def test_without_a_pattern_arrivals_do_not_come_together(planted: ModuleType) -> None:
    control = replace(planted.ABLATIONS["offsets drawn anew (control)"], presentations=1000)
    assert all(result.after < 0.3 for result in planted.run(control, (1000, 1001)))
