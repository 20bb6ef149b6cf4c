"""Trainers of references and the simulators agree on what a network does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from networks import SIMULATORS, open_network, pairs

from stdpbench.encoding.current import Current
from stdpbench.experiment import Experiment
from stdpbench.network import Learned
from stdpbench.references.feed_forward import chain, neurons_of
from stdpbench.references.spiking_layers import forward

N_STEPS = 25


def experiment(reset: str = "subtract", hidden: tuple[int, ...] = (24, 16), **others: Any) -> Experiment:
    tables = {
        "network": {"kind": "layers", "hidden": hidden, "outputs": 10, "reset": reset, "gain": 1.5},
        "encoding": {"kind": "current"},
        "schedule": {"stimulus": "25 ms", "between": "reset", "min_spikes": 0},
        **others,
    }
    return Experiment.from_mapping(tables)


@pytest.mark.parametrize("name", SIMULATORS)
@pytest.mark.parametrize("reset", ["subtract", "zero"])
def test_the_forward_pass_is_what_the_simulator_does_spike_for_spike(name: str, reset: str) -> None:
    graph = experiment(reset).graph(64)
    simulator = open_network(graph, name)
    random = np.random.default_rng(8)
    w = [random.normal(0, 1.3 / np.sqrt(n), (n, m)) for n, m in ((64, 24), (24, 16), (16, 10))]
    simulator.set_learned(Learned(dict(zip(("feed.w", "feed2.w", "feed3.w"), w, strict=True))))
    layers = [neurons_of(graph, graph.projections[each].target) for each in chain(graph)]
    pixels = random.integers(0, 256, (6, 64)).astype(np.float64)
    inputs, encoder = Current().currents_of(pixels), Current()
    courses = forward(inputs, w, N_STEPS, layers)
    fired = 0
    for number, picture in enumerate(pixels):
        simulator.reset()
        spikes = encoder.encode(picture, random, attempt=0, n_bins=N_STEPS, dt=1e-3)
        response = simulator.present(spikes, N_STEPS, plastic=False, record={"output": range(10)})
        for population, course in zip(("hidden1", "hidden2", "output"), courses, strict=True):
            step, neuron = np.nonzero(course.spikes[:, number])
            assert pairs(response.spikes[population]) == list(zip(step.tolist(), neuron.tolist(), strict=True))
            fired += len(step)
        np.testing.assert_allclose(response.recordings["output"].courses["v"], courses[-1].v[:, number], atol=1e-12)
    assert fired > 500
