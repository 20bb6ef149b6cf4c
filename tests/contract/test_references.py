"""Trainers of references and the simulators agree on what a network does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from networks import SIMULATORS, open_network, pairs

from stdpbench.data.datasets import Images
from stdpbench.data.datasets.digits import Digits
from stdpbench.engine.network import Learned, projection_weights
from stdpbench.engine.simulators import Response
from stdpbench.experiment import Experiment
from stdpbench.experiment.graph.graph import Precision
from stdpbench.experiment.references import Task
from stdpbench.experiment.references.feed_forward import chain, neurons_of
from stdpbench.experiment.references.spiking_layers import Course, forward
from stdpbench.kinds.encoding.current import Current

N_STEPS = 25


def experiment(
    reset: str = "subtract", hidden: tuple[int, ...] = (24, 16), gain: float = 1.5, **others: Any
) -> Experiment:
    tables = {
        "network": {"kind": "layers", "hidden": hidden, "outputs": 10, "reset": reset, "gain": gain},
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


REFERENCE = {"kind": "surrogate-gradient", "batch": 50, "learning_rate": 0.003, "loss_scale": 1.0}
CLOSE = 1e-5
"""A potential this near to its threshold, in units of it, is a tie in float32."""


def compare_decisions(images: Images, n_shown: int, passes: int, precision: Precision) -> None:
    """Train in float32, and compare the last pictures in the trainer and in the simulator."""
    n_train = len(images) - n_shown
    made = experiment(hidden=(256,) if n_shown > 100 else (30,), gain=0.5, reference=REFERENCE)
    graph, encoder, labels = made.graph(images.n_values), Current(), images.labels
    inputs = encoder.currents_of(images.pixels.reshape(len(images), -1))
    weights = {name: w.astype(np.float32) for name, w in projection_weights(graph).items()}
    task = Task(graph, lambda numbers: inputs[numbers], labels, 10, N_STEPS, passes * n_train)
    trainer = made.reference.trainer(weights, task)
    for number in range(passes):
        trainer.learn(np.arange(n_train), number * n_train)
    simulator = open_network(replace(graph, precision=precision), "compiled")
    simulator.set_learned(Learned({f"{name}.w": w.astype(np.float64) for name, w in trainer.weights.items()}))
    names = chain(graph)
    layers = [neurons_of(graph, graph.projections[each].target) for each in names]
    courses = forward(inputs[n_train:], [trainer.weights[name] for name in names], N_STEPS, layers)
    decided = courses[-1].spikes.sum(axis=0).argmax(axis=1)
    others = 0
    for number in range(n_shown):
        simulator.reset()
        picture = images.stimulus(n_train + number)
        spikes = encoder.encode(picture, np.random.default_rng(0), attempt=0, n_bins=N_STEPS, dt=1e-3)
        response = simulator.present(spikes, N_STEPS, plastic=False)
        same = is_same_until_a_tie(response, courses, [graph.projections[each].target for each in names], number)
        decision = int(response.counts("output").argmax())
        assert not same or decision == decided[number]
        others += decision != decided[number]
    assert others <= n_shown // 200
    assert (decided == labels[n_train:]).mean() > 0.6


def is_same_until_a_tie(response: Response, courses: list[Course], populations: list[str], number: int) -> bool:
    """Whether all spikes are the same; where they are not, the first that differs must be one of a tie."""
    for population, course in zip(populations, courses, strict=True):
        fired = np.zeros(course.v[:, number].shape, bool)
        fired[response.spikes[population].bin, response.spikes[population].index] = True
        odd = fired != (course.spikes[:, number] > 0)
        if odd.any():
            step = int(odd.any(axis=1).argmax())
            distance = np.abs(course.v[step, number, odd[step]] - 1.0)
            assert (distance <= CLOSE).all(), (population, number, step, distance)
            return False
    return True


@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_a_difference_to_training_in_float32_begins_with_a_tie(precision: Precision) -> None:
    images = Digits().load().train
    compare_decisions(images.part(0, 640), 40, 5, precision)


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_the_decisions_of_1000_pictures_agree_but_for_ties(mnist: Images, precision: Precision) -> None:
    compare_decisions(mnist.part(0, 7000), 1000, 2, precision)
