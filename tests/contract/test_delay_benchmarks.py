"""What is claimed of delays that learn, as in `benchmarks/order_of_spikes.py` and `benchmarks/planted_delays.py`.

The four arms of the first differ in what learns only; of the second, which has ablations, there are few seeds here.
"""

from __future__ import annotations

from dataclasses import replace
from types import ModuleType

import numpy as np
import pytest
from networks import benchmark, random_spikes

from stdpbench.engine.simulators import find_compiler

pytestmark = pytest.mark.skipif(find_compiler() is None, reason="needs a C++ compiler")


@pytest.fixture
def order(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    return benchmark("order_of_spikes", monkeypatch)


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    return benchmark("planted_delays", monkeypatch)


def test_arms_differ_in_what_learns_only(order: ModuleType) -> None:
    starts = []
    for weights, delays in order.ARMS.values():
        simulator = order.open_network(5, weights=weights, delays=delays)
        before = simulator.learned
        starts.append(before)
        for number in range(3):
            simulator.present(random_spikes(number, 120, 0.05, order.CHANNELS), 120, plastic=True, n_rest=100)
        after = simulator.learned
        simulator.close()
        assert (before["feed.w"] != after["feed.w"]).any() == weights
        assert (before["feed.d"] != after["feed.d"]).any() == delays
        assert (before["exc.theta"] != after["exc.theta"]).any()
    assert all(start == starts[0] for start in starts)


def test_the_probe_is_a_share_of_correct_answers(order: ModuleType) -> None:
    labels = np.arange(40) % order.CLASSES
    told, silent = np.eye(order.CLASSES, dtype=np.int64)[labels], np.zeros((40, 3), np.int64)
    assert (order.probe(told, told, labels, labels), order.probe(silent, silent, labels, labels)) == (1.0, 0.25)


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
