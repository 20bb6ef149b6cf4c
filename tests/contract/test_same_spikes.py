"""The same input spikes give the same spikes and weights: on both simulators, with inhibitory layer or without."""

from __future__ import annotations

import graphs
import numpy as np
import pytest
from networks import (
    DELAYS,
    SIMULATORS,
    assert_same_spikes,
    experiment,
    open_network,
    put_start_of_learning,
    random_spikes,
    stimulus,
)

from stdpbench.data.datasets import Images
from stdpbench.engine.network import normalise
from stdpbench.engine.simulators import Response, Simulator, open_graph
from stdpbench.experiment import Experiment, encode


def assert_same_learning(
    first: Simulator, second: Simulator, images: Images, presentations: int, layers: tuple[str, ...] = ()
) -> list[Response]:
    """Train two simulators on the same pictures; what the first answered."""
    made = first.experiment
    for simulator in (first, second):
        put_start_of_learning(simulator, made, images)
    responses = []
    for number in range(presentations):
        spikes = encode(made, images, "train", number, 0, number)
        for simulator in (first, second):
            normalise(simulator.w, made.network.weight_sum or 78.0)
        one, other = (
            simulator.present(spikes, simulator.experiment.stimulus_bins, plastic=True, n_rest=made.rest_bins)
            for simulator in (first, second)
        )
        assert_same_spikes(one, other, layers)
        assert np.abs(first.w - second.w).max() <= 1e-9, f"weights after presentation {number}"
        assert np.abs(first.theta - second.theta).max() <= 1e-12
        responses.append(one)
    return responses


def diehl_cook(inhibition: str, delays: str, between: str = "carry", n_exc: int = 400) -> Experiment:
    return Experiment.from_mapping(
        {"network": {"inhibition": inhibition, "delays": delays, "n_exc": n_exc}, "schedule": {"between": between}}
    )


@pytest.mark.parametrize(
    ("inhibition", "delays", "between", "n_exc", "n"),
    [
        # the layer is compared with direct inhibition below, and with the other simulator on synthetic input
        ("direct", "none", "carry", 100, 6),
        pytest.param("direct", "none", "carry", 100, 50, marks=pytest.mark.slow),
        pytest.param("layer", "uniform", "carry", 100, 6, marks=pytest.mark.slow),
        pytest.param("layer", "uniform", "carry", 100, 50, marks=pytest.mark.slow),
        pytest.param("layer", "none", "carry", 400, 50, marks=pytest.mark.slow),
        pytest.param("layer", "uniform", "carry", 400, 50, marks=pytest.mark.slow),
        pytest.param("direct", "uniform", "carry", 400, 50, marks=pytest.mark.slow),
        pytest.param("direct-undelayed", "none", "carry", 400, 50, marks=pytest.mark.slow),
        pytest.param("layer", "homogeneous", "carry", 400, 50, marks=pytest.mark.slow),
        pytest.param("layer", "none", "rest", 400, 50, marks=pytest.mark.slow),
        pytest.param("layer", "uniform", "rest", 400, 50, marks=pytest.mark.slow),
    ],
)
def test_both_simulators_give_the_same_on_digits(inhibition, delays, between, n_exc, n, built, mnist):
    first, second = (built(name, diehl_cook(inhibition, delays, between, n_exc), 784) for name in SIMULATORS)
    responses = assert_same_learning(first, second, mnist, n)
    assert sum(int(response.counts("exc").sum()) for response in responses) > 6 * n


@pytest.mark.parametrize("name", SIMULATORS)
@pytest.mark.parametrize("delays", DELAYS)
def test_direct_inhibition_is_the_layer_spike_for_spike(name, delays, built):
    layer, direct = (built(name, experiment(inhibition, delays)) for inhibition in ("layer", "direct"))
    last_step = 0
    for number in range(60 if name == "compiled" else 12):
        n_rest = 20 * (number % 2)
        # a spike in the last step inhibits in the next presentation, on both sides: see that there are such spikes
        spikes = stimulus(number, layer, 0.06, n_rest=n_rest)
        one, other = (
            simulator.present(spikes, simulator.experiment.stimulus_bins, plastic=True, n_rest=n_rest)
            for simulator in (layer, direct)
        )
        assert_same_spikes(one, other, ("exc",))
        assert other.spikes.keys() == {"exc"}
        assert np.abs(layer.w - direct.w).max() <= 1e-9
        last_step += int((one.spikes["exc"].bin == 199 + n_rest).sum())
        for simulator in (layer, direct):
            normalise(simulator.w, 20.0)
            simulator.theta[...] = np.minimum(simulator.theta, 21e-3)
    assert last_step > 0 or delays != "none"


@pytest.mark.slow
@pytest.mark.parametrize("delays", DELAYS)
def test_direct_inhibition_is_the_layer_on_2000_digits(delays, built, mnist):
    layer, direct = (built("compiled", diehl_cook(inhibition, delays), 784) for inhibition in ("layer", "direct"))
    assert_same_learning(layer, direct, mnist, 2000, layers=("exc",))


ONE_LAYER = graphs.graph("input:input:12 exc:adaptive:4x3", "feed input>exc all each triplet ge uniform plain")
"""A network with each kind of code once: a step, a threshold, a reset, and synapses with delays that learn."""


@pytest.mark.timeout(1200)  # Cython modules take minutes where others use the processors
def test_cython_code_gives_the_same_as_the_other_simulators():
    simulators = [open_network(ONE_LAYER, name) for name in SIMULATORS]
    simulators.append(open_graph(ONE_LAYER, "runtime", target="cython")[0])
    for simulator in simulators:
        simulator.weights("feed")[...] = graphs.start_weights(ONE_LAYER)["feed"]
        simulator.reset()
    start = simulators[0].weights("feed").copy()
    for number, plastic in enumerate((True, False, True)):
        spikes = random_spikes(number, 200, 0.05, 12)
        one, *others = (each.present(spikes, 200, plastic=plastic, n_rest=40) for each in simulators)
        assert len(one.spikes["exc"]) > 10
        for other, simulator in zip(others, simulators[1:], strict=True):
            assert_same_spikes(one, other)
            for name, value in simulators[0].state().items():
                np.testing.assert_allclose(simulator.state()[name], value, rtol=1e-7, atol=1e-9, err_msg=name)
    assert np.abs(simulators[0].weights("feed") - start).max() > 1e-2
    for simulator in simulators:
        simulator.close()
