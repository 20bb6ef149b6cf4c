"""Weights in the order of delays deliver what Brian2's queues deliver, also where weights are out of the ordinary."""

from __future__ import annotations

import numpy as np
from networks import SIMULATORS, Opener, assert_same_spikes, experiment, put_start, stimulus

from stdpbench.engine.simulators import Simulator


def both(built: Opener) -> tuple[Simulator, Simulator]:
    first, second = (built(name, experiment("direct", "uniform")) for name in SIMULATORS)
    for simulator in (first, second):
        put_start(simulator, 3)
    return first, second


def present(simulator: Simulator, number: int, plastic: bool = True) -> object:
    return simulator.present(
        stimulus(number, simulator, 0.03), simulator.experiment.stimulus_bins, plastic=plastic, n_rest=0
    )


def test_weights_beyond_their_bounds_are_brought_back_by_their_first_spike(built: Opener) -> None:
    first, second = both(built)
    rng = np.random.default_rng(0)
    beyond = np.where(rng.random(first.w.shape) < 0.1, 1.5, first.w)
    for plastic in (False, True):
        for simulator in (first, second):
            simulator.w[...] = beyond
        assert_same_spikes(present(first, 5, plastic), present(second, 5, plastic))
        assert np.abs(first.w - second.w).max() <= 1e-9
        assert bool((first.w == beyond).all()) is not plastic
    n_spikes = np.bincount(stimulus(5, first, 0.03).index, minlength=len(first.w))
    assert (first.w[n_spikes == 0] == beyond[n_spikes == 0]).all()
    assert first.w[n_spikes > 0].max() <= 1.0


def test_weights_next_to_nothing_change_as_if_each_arrival_were_dealt_with(built: Opener) -> None:
    first, second = both(built)
    rng = np.random.default_rng(1)
    tiny = np.where(rng.random(first.w.shape) < 0.3, 10.0 ** rng.uniform(-40, -5, first.w.shape), first.w)
    for simulator in (first, second):
        simulator.w[...] = tiny
    spikes = 0
    for number in range(6):  # traces of spikes in the first ones fade
        one, other = present(first, number), present(second, number)
        assert_same_spikes(one, other)
        spikes += len(one.spikes["exc"].index)  # type: ignore[attr-defined]
        np.testing.assert_allclose(first.w, second.w, rtol=1e-6, atol=1e-300)
    assert spikes > 20
