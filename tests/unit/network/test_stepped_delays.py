"""Delays of which each is as frequent as any other."""

from __future__ import annotations

import numpy as np
import pytest

from stdpbench.base.errors import StdpbenchError
from stdpbench.engine.network import projection_delays
from stdpbench.experiment import Experiment, read_experiment
from stdpbench.kinds.delays.stepped import Stepped


def test_each_neuron_has_each_delay_equally_often_in_random_order() -> None:
    graph = read_experiment("polychrony-2006").graph()
    delays = projection_delays(graph)
    for name, times in (("exc_exc", 4), ("exc_inh", 1)):
        rows = delays[name].reshape(800, 20 * times)
        assert (np.sort(rows, axis=1) == np.repeat(np.arange(20), times)).all()
        assert np.abs(rows.mean(axis=0) - 9.5).max() < 5 * np.sqrt((20**2 - 1) / 12 / 800)  # of any place in a row
        assert len(np.unique(rows, axis=0)) == 800


def test_delays_lie_between_low_and_high() -> None:
    found = Stepped(low=1.0, high=2.6, step=0.5).draw(np.random.default_rng(0), (3, 7), 0.25)
    assert found.shape == (3, 7)
    assert set(found.reshape(-1).tolist()) == {4, 6, 8, 10}
    assert np.bincount(found.reshape(-1)).max() <= 6


def test_the_longest_is_not_below_the_shortest() -> None:
    table = read_experiment("polychrony-2006").to_mapping()
    table["network"]["projections"]["exc_exc"]["delay"]["low"] = "20 ms"
    with pytest.raises(StdpbenchError, match=r"exc_exc\.delay: high \(19 ms\) must be at least low"):
        Experiment.from_mapping(table)
