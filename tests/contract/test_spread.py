"""Traces that spread to neighbouring inputs, and the rule that learns from them, against a loop in NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from networks import Opener

from stdpbench.base.errors import StdpbenchError
from stdpbench.engine.network.elements import spread_synapses
from stdpbench.engine.simulators import open_simulator
from stdpbench.experiment import Experiment
from stdpbench.kinds.encoding import Spikes

SIDE, N_EXC, N_BINS = 6, 5, 120
ETA, ETA_MIN, GAIN, TAU = 0.8, 0.1, 0.05, 300.0


def experiment(**network: Any) -> Experiment:
    return Experiment.from_mapping(
        {
            "network": {
                "n_exc": N_EXC,
                "inhibition": "direct-undelayed",
                "w_inh_exc": 0.5,
                "weight_sum": "none",
                **network,
            },
            "exc": {
                "kind": "adaptive-lif-discrete",
                "v_thresh": 3.0,
                "theta_plus": 0.2,
                "reset_mechanism": "subtract",
                "refractory_steps": 0,
                "beta": 0.98,
            },
            "plasticity": {
                "kind": "competitive",
                "spread": 0.8,
                "eta": ETA,
                "eta_min": ETA_MIN,
                "gain": GAIN,
                "tau_x": TAU,
            },
            "schedule": {"stimulus": 60.0, "between": "reset"},
        }
    )


def trains(seed: int) -> Spikes:
    rng = np.random.default_rng(seed)
    bins, index = np.nonzero(rng.random((N_BINS, SIDE**2)) < 0.08)
    keep = bins < N_BINS - 10
    return Spikes(index[keep].astype(np.int32), bins[keep].astype(np.int32))


def reference(
    w: np.ndarray, spikes: Spikes, output: Spikes, wins: np.ndarray, late: int = 0
) -> tuple[np.ndarray, ...]:
    """Weights, trace and wins after a presentation with these output spikes."""
    synapses, amounts = spread_synapses((SIDE, SIDE), 0.8)
    spreads, x, w, wins = synapses.dense(amounts), np.zeros(SIDE**2), w.copy(), wins.copy()
    for now in range(N_BINS):
        x *= np.exp(-0.5 / TAU)
        for number in spikes.index[spikes.bin == now - late]:
            x += spreads[number]
        fired = output.index[output.bin == now]
        for neuron in fired:
            rate = np.clip(ETA / (1 + wins[neuron]), ETA_MIN, 1)
            w[:, neuron] = np.clip(w[:, neuron] + rate * (GAIN * x - w[:, neuron]), 0, 1)
        wins[fired] += 1
    return w, x, wins


@pytest.mark.parametrize("name", ["compiled", "runtime"])
@pytest.mark.parametrize("delays", ["none", "homogeneous"])
def test_weights_and_traces_are_those_of_the_loop(name: str, delays: str, built: Opener) -> None:
    simulator = built(name, experiment(delays=delays, max_delay=2.0), SIDE**2)
    rng = np.random.default_rng(3)
    simulator.w[...] = rng.random((SIDE**2, N_EXC)) * 0.4
    late, wins, n_spikes = (4 if delays == "homogeneous" else 0), np.zeros(N_EXC), 0
    for seed in range(3):
        simulator.reset()
        before, spikes = simulator.w.copy(), trains(seed)
        response = simulator.present(spikes, N_BINS, plastic=True)
        n_spikes += len(response.spikes["exc"])
        w, x, wins = reference(before, spikes, response.spikes["exc"], wins, late)
        np.testing.assert_allclose(simulator.w, w, atol=1e-12)
        np.testing.assert_allclose(simulator.array("feed.x"), x, atol=1e-10)
        np.testing.assert_allclose(simulator.array("feed.wins"), wins, rtol=1e-5)
    assert n_spikes > 10
    simulator.reset()
    before = simulator.w.copy()
    simulator.present(trains(9), N_BINS, plastic=False)
    assert np.array_equal(simulator.w, before)
    assert not simulator.array("feed.x").any()


def test_synapses_with_delays_of_their_own_are_refused() -> None:
    with pytest.raises(StdpbenchError, match="spikes must arrive at all neurons at once, but the delays of"):
        open_simulator(experiment(delays="uniform", max_delay=2.0), SIDE**2)


def test_the_input_may_have_any_shape(built: Opener) -> None:
    simulator, _ = open_simulator(experiment(), (2, 18), "compiled")
    only = Spikes(np.array([0], np.int32), np.array([0], np.int32))
    simulator.present(only, 2, plastic=True)
    x = simulator.array("feed.x").reshape(2, 18)
    assert x[0, 0] > x[1, 0] > 0
    assert x[0, 1] > x[0, 2] > 0
    assert not x[:, 4:].any()
