"""A converted network in the simulators: spike for spike what its trainer and its curve compute."""

from __future__ import annotations

import numpy as np
import pytest
from networks import SIMULATORS, open_network, pairs

from stdpbench.engine.network import Learned
from stdpbench.experiment import Experiment
from stdpbench.experiment.references.converted import conversion_curve
from stdpbench.experiment.references.feed_forward import chain, neurons_of
from stdpbench.experiment.references.relu_network import activations, scaled, scales_of
from stdpbench.experiment.references.spiking_layers import forward
from stdpbench.kinds.encoding.current import Current

N_STEPS, N_PICTURES = 30, 8


@pytest.mark.parametrize("name", SIMULATORS)
def test_the_forward_pass_and_the_curve_are_what_the_simulator_does(name: str) -> None:
    experiment = Experiment.from_mapping(
        {
            "network": {"kind": "layers", "hidden": [20, 14], "outputs": 10, "beta": 1.0, "threshold": 0.8},
            "encoding": {"kind": "current"},
            "reference": {"kind": "ann-conversion"},
            "schedule": {"stimulus": f"{N_STEPS} ms", "between": "reset", "min_spikes": 0},
        }
    )
    graph, random = experiment.graph(64), np.random.default_rng(6)
    names = chain(graph)
    layers = [neurons_of(graph, graph.projections[each].target) for each in names]
    raw = [random.normal(0, 1 / np.sqrt(n), (n, m)) for n, m in ((64, 20), (20, 14), (14, 10))]
    pixels = random.integers(0, 256, (N_PICTURES, 64)).astype(np.float64)
    inputs = Current().currents_of(pixels)
    w = [np.asarray(0.8 * each, np.float64) for each in scaled(raw, scales_of(activations(inputs, raw), 99.9))]
    simulator = open_network(graph, name)
    simulator.set_learned(Learned({f"{each}.w": values for each, values in zip(names, w, strict=True)}))
    courses = forward(inputs, w, N_STEPS, layers)
    answers, total = [], 0
    for number, picture in enumerate(pixels):
        simulator.reset()
        spikes = Current().encode(picture, random, attempt=0, n_bins=N_STEPS, dt=1e-3)
        response = simulator.present(spikes, N_STEPS, plastic=False)
        for population, course in zip(("hidden1", "hidden2", "output"), courses, strict=True):
            step, neuron = np.nonzero(course.spikes[:, number])
            assert pairs(response.spikes[population]) == list(zip(step.tolist(), neuron.tolist(), strict=True))
            total += len(step)
        answers.append(int(response.counts("output").argmax()))
    curve = conversion_curve(w, layers, inputs, np.array(answers), N_STEPS, 10)
    assert curve.correct[-1] == N_PICTURES
    assert curve.spikes[-1] == total / N_PICTURES > 50
