"""Numbers that a correct implementation shows (MODEL.md, section 3)."""

from __future__ import annotations

import numpy as np
import pytest
from networks import SIMULATORS, delays_of, experiment, put_start, put_start_of_learning, spikes_at

from stdpbench.experiment import Experiment, encode
from stdpbench.runs.process.training import train

DIEHL_COOK = {"network": {"inhibition": "layer", "delays": "uniform"}, "schedule": {"between": "rest"}}
"""400 neurons as in the authors' code: inhibitory layer, uniform delays, simulated rest, Euler conductance step."""


def test_a_digit_draws_about_2285_input_spikes(mnist):
    made = Experiment.from_mapping(DIEHL_COOK)
    numbers = range(0, 60_000, 100)
    counts = [len(encode(made, mnist, "train", number, 0, number)) for number in numbers]
    # 2285 is the mean over all digits: of these 600, it is known from their pixels
    expected = np.mean([mnist.stimulus(number).sum() for number in numbers]) / 8 * 2 * 0.35
    assert float(np.mean(counts)) == pytest.approx(expected, rel=0.005)
    everywhere = float(mnist.pixels.mean()) * 784 / 8 * 2 * 0.35
    assert everywhere == pytest.approx(2285, abs=10)


@pytest.mark.parametrize("name", SIMULATORS)
def test_the_charge_of_a_spike_by_conductance_step(name, built):
    """The exact decay delivers 1.27 times the charge of Euler's at 0.5 ms for ge."""
    charge = {}
    for step in ("euler", "exact"):
        simulator = built(name, experiment(network__conductance_step=step))
        put_start(simulator)
        simulator.theta[...] = 1.0
        response = simulator.present(
            spikes_at((50, 3)), simulator.experiment.stimulus_bins, plastic=False, record={"exc": [5]}
        )
        charge[step] = response.recordings["exc"].courses["ge"][:, 0].sum() / simulator.w[3, 5]
    assert charge["euler"] == pytest.approx(1 / (0.5 / 1.0), rel=1e-9)
    assert charge["exact"] / charge["euler"] == pytest.approx(1.27, abs=0.005)


def test_delays_are_uniform_over_0_to_10_ms():
    made = Experiment.from_mapping(DIEHL_COOK)
    delays = delays_of(made, 784)
    assert (delays.min(), delays.max()) == (0, 20)
    shares = np.bincount(delays.reshape(-1)) / delays.size
    np.testing.assert_allclose(shares[1:-1], 1 / 20, rtol=0.05)
    np.testing.assert_allclose(shares[[0, -1]], 1 / 40, rtol=0.05)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_an_epoch_at_400_neurons(mnist, opened):
    """One pass over MNIST with the authors' settings, learning."""
    made = Experiment.from_mapping(DIEHL_COOK)
    simulator = opened("compiled", made, 784)
    put_start_of_learning(simulator, made, mnist)
    spikes, attempts, inputs, exc, inh = [], [], [], 0, 0
    for presented in train(simulator, made, mnist):
        assert presented.silent == 0
        spikes.append(int(presented.response.counts("exc").sum()))
        attempts.append(presented.attempts)
        if presented.attempts == 1:
            inputs.append(len(presented.response.input))
        exc, inh = exc + len(presented.response.spikes["exc"]), inh + len(presented.response.spikes["inh"])
    assert len(spikes) == 60_000
    assert exc - inh in (0, 1)  # the inh spike of an exc spike in the very last step is still to come
    assert np.mean(inputs) == pytest.approx(2285, rel=0.03)
    assert 13 <= np.mean(spikes[40_000:]) <= 20
    assert 1.02 <= np.mean(attempts[20_000:]) <= 1.15
    mean_theta = float(simulator.theta.mean() * 1e3)
    print(
        f"mean theta {mean_theta:.2f} mV, {np.mean(spikes[40_000:]):.2f} spikes per image, "
        f"{np.mean(attempts[20_000:]):.3f} presentations per image, range of theta "
        f"{simulator.theta.min() * 1e3:.1f} .. {simulator.theta.max() * 1e3:.1f} mV"
    )
    assert mean_theta == pytest.approx(43, abs=3)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_theta_settles_where_spikes_and_decay_balance(mnist, opened):
    """Mean theta = spikes per second and neuron * theta_plus * tau_theta; soon reached with a short tau_theta."""
    made = Experiment.from_mapping(
        {
            "network": {"n_exc": 100, "inhibition": "direct"},
            "exc": {"tau_theta": 1e6},
            "schedule": {"between": "carry", "train_images": 12_000},
        }
    )
    simulator = opened("compiled", made, 784)
    put_start_of_learning(simulator, made, mnist)
    spikes, shown, thetas = [], [], []
    for presented in train(simulator, made, mnist):
        spikes.append(int(presented.response.counts("exc").sum()))
        shown.append(presented.attempts)
        thetas.append(float(simulator.theta.mean()))
    # repeated attempts draw spikes as well, fewer than 5 each: half of that, on average
    late = slice(6000, None)
    total = np.sum(spikes[late]) + 2 * np.sum(np.array(shown[late]) - 1)
    seconds = np.sum(shown[late]) * 0.5
    expected = total / seconds / 100 * 0.05e-3 * 1e3
    assert np.mean(thetas[late]) == pytest.approx(expected, rel=0.1)
