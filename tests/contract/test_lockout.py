"""The neuron whose spikes are locked out, as ports of Diehl & Cook's code have it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from networks import SIMULATORS, Opener, assert_same_bytes, assert_same_spikes, experiment, stimulus

from stdpbench.base.errors import StdpbenchError
from stdpbench.experiment import Experiment


def locked_out(t_lockout: float, **changes: Any) -> Experiment:
    return experiment(exc__kind="adaptive-lif-lockout", exc__t_lockout=t_lockout, **changes)


@pytest.mark.parametrize("name", SIMULATORS)
def test_a_lockout_as_long_as_the_refractory_period_changes_no_bit(name: str, built: Opener) -> None:
    plain, other = built(name, experiment()), built(name, locked_out(5.0))
    drawn = 0
    for number in range(10):
        spikes = stimulus(number, plain)
        one, two = (
            simulator.present(spikes, simulator.experiment.stimulus_bins, plastic=True) for simulator in (plain, other)
        )
        assert_same_spikes(one, two)
        drawn += int(one.counts("exc").sum())
    assert drawn > 50
    assert_same_bytes(plain.state(), other.state())


@pytest.mark.parametrize("name", SIMULATORS)
def test_no_spike_follows_within_the_lockout_and_v_moves_on_meanwhile(name: str, built: Opener) -> None:
    simulator = built(name, locked_out(50.0, network__w_inh_exc=0.0))
    neurons = np.arange(simulator.n_read)
    response = simulator.present(
        stimulus(1, simulator, 0.1), simulator.experiment.stimulus_bins, plastic=False, record={"exc": neurons}
    )
    shortest = []
    for neuron in neurons:
        bins = response.spikes["exc"].bin[response.spikes["exc"].index == neuron]
        shortest += np.diff(bins).tolist()
        for first in bins[bins < 80]:
            v = response.recordings["exc"].courses["v"][:, neuron]
            held, moving = v[first + 1 : first + 9], v[first + 12 : first + 95]
            assert np.ptp(held) == 0
            assert moving.max() > held[0] + 5e-3
    # driven that hard, a neuron fires as soon as it may: 100 steps of 0.5 ms
    assert min(shortest) == 100


def test_it_cannot_be_shorter_than_the_refractory_period() -> None:
    with pytest.raises(StdpbenchError, match=r"t_lockout \(4 ms\) must be at least t_ref \(5 ms\)"):
        locked_out(4.0)
