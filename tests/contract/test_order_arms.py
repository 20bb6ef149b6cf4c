"""The four arms of `benchmarks/order_of_spikes.py`: what is to be frozen keeps every bit, and all else is the same."""

from __future__ import annotations

import importlib.util
from types import ModuleType

import numpy as np
import pytest
from networks import random_spikes

from stdpbench.base.paths import shipped
from stdpbench.engine.simulators import find_compiler

pytestmark = pytest.mark.skipif(find_compiler() is None, reason="needs a C++ compiler")


@pytest.fixture(scope="module")
def order() -> ModuleType:
    spec = importlib.util.spec_from_file_location("order_of_spikes", shipped("benchmarks") / "order_of_spikes.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


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
    assert order.probe(told, told, labels, labels) == 1.0
    assert order.probe(silent, silent, labels, labels) == 0.25
