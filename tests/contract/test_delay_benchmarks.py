"""What is claimed of delays that learn, as in `benchmarks/order_of_spikes.py` and `benchmarks/planted_delays.py`.

The four arms of the first differ in what learns only; of the second, which has ablations, there are few seeds here.
"""

from __future__ import annotations

from dataclasses import replace
from types import ModuleType

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


def test_arrivals_of_the_pattern_come_together(planted: ModuleType) -> None:
    for result in planted.run(planted.MAIN, (1000, 1001)):
        assert result.before < 0.2
        assert result.after >= 0.9
        assert result.delays < 0.3  # they differ, as the offsets do


def test_without_a_pattern_arrivals_do_not_come_together(planted: ModuleType) -> None:
    control = replace(planted.ABLATIONS["offsets drawn anew (control)"], presentations=1000)
    assert all(result.after < 0.3 for result in planted.run(control, (1000, 1001)))
