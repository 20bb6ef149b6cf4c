"""Networks of rectified units, their conversion, and the trainer of ann-conversion, on the 8 × 8 digits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from networks import benchmark
from numpy.typing import NDArray
from refusals import refused

from stdpbench.data.datasets.digits import Digits
from stdpbench.experiment import Experiment
from stdpbench.experiment.references import Task, Trainer
from stdpbench.experiment.references.feed_forward import chain, neurons_of
from stdpbench.experiment.references.relu_network import Classifier, activations, scaled, scales_of
from stdpbench.kinds.encoding.current import Current

N_TRAIN, N_TEST, BATCH, PASSES = 1000, 300, 50, 12


def experiment(**changes: Any) -> Experiment:
    made = Experiment.from_mapping(
        {
            "data": {"kind": "digits"},
            "encoding": {"kind": "current"},
            "network": {"kind": "layers", "hidden": [32], "beta": 1.0, "gain": 1.4},
            "reference": {"kind": "ann-conversion", "batch": BATCH, "learning_rate": 0.005, "images": 500},
            "schedule": {"stimulus": "50 ms", "between": "reset", "min_spikes": 0},
        }
    )
    return made.override({path.replace("__", "."): value for path, value in changes.items()})


@pytest.fixture(scope="module")
def pictures() -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    images = Digits().prepare().train
    return Current().currents_of(images.static.reshape(len(images), -1)), images.labels


def trainer_of(pictures: tuple[NDArray[Any], NDArray[Any]], made: Experiment) -> Trainer:
    inputs, labels = pictures
    graph, random = made.graph(64), np.random.default_rng(2)
    shapes = {"feed": (64, 32), "feed2": (32, 10)}
    weights = {name: random.normal(0, 1.4 / np.sqrt(n), (n, m)).astype(np.float32) for name, (n, m) in shapes.items()}
    task = Task(graph, lambda numbers: inputs[numbers], labels[:N_TRAIN], 10, 50, N_TRAIN * PASSES, seed=1)
    return made.reference.trainer(weights, task)


def order() -> NDArray[np.int64]:
    random = np.random.default_rng(3)
    return np.concatenate([random.permutation(N_TRAIN) for _ in range(PASSES)])


def test_scaled_networks_decide_alike_and_their_activations_end_at_one() -> None:
    random = np.random.default_rng(5)
    inputs, w = random.uniform(0, 1, (200, 9)), [random.normal(0, 1, s) for s in ((9, 8), (8, 7), (7, 4))]
    layers = activations(inputs, w)
    scales = scales_of(layers, 99.9)
    after = activations(inputs, scaled(w, scales))
    for before, each, scale in zip(layers, after, scales, strict=True):
        np.testing.assert_allclose(each, before / scale)
        assert np.percentile(each[each > 0], 99.9) == pytest.approx(1)
    assert np.array_equal(layers[-1].argmax(axis=1), after[-1].argmax(axis=1))
    assert scales_of([np.zeros((3, 2))], 99.9).tolist() == [1]


def test_a_step_is_that_of_adam_down_the_gradient_of_the_cross_entropy() -> None:
    random = np.random.default_rng(7)
    inputs, labels = random.uniform(0, 1, (6, 5)), np.array([0, 1, 2, 2, 1, 0])
    w = [random.normal(0, 1, shape) for shape in ((5, 4), (4, 3))]
    classifier = Classifier(w, 0.0)
    classifier.step(inputs, labels, 1e-3)
    outputs = activations(inputs, w)[-1]
    p = np.exp(outputs) / np.exp(outputs).sum(axis=1, keepdims=True)
    p[range(6), labels] -= 1
    gradient = np.maximum(activations(inputs, w)[0], 0).T @ p / 6
    # the first step of Adam goes against the sign of the gradient, by the learning rate
    np.testing.assert_allclose(classifier.weights[1] - w[1], -1e-3 * gradient / (np.abs(gradient) + 3e-7), rtol=1e-3)


def test_a_tiny_network_learns_digits_and_answers_alike_with_spikes(
    pictures: tuple[NDArray[Any], NDArray[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    script = benchmark("conversion", monkeypatch)
    made, numbers = experiment(), order()
    trainer = trainer_of(pictures, made)
    learnt = trainer.learn(numbers, 0)
    assert learnt.loss > 0
    assert learnt.correct / len(numbers) > 0.6
    assert learnt.values.keys() == {"hidden.scale", "output.scale"}
    graph = made.graph(64)
    names = chain(graph)
    test = slice(N_TRAIN, N_TRAIN + N_TEST)
    curve = script.conversion_curve(
        [trainer.weights[name] for name in names],
        [neurons_of(graph, graph.projections[name].target) for name in names],
        pictures[0][test],
        pictures[1][test],
        50,
        10,
    )
    assert curve.accuracy_without_spikes > 0.9
    assert abs(curve.accuracy[-1] - curve.accuracy_without_spikes) < 0.02
    assert curve.accuracy[1] < 0.2  # nothing has passed both layers
    assert max(curve.errors()) < 0.02
    assert all(np.percentile(a[a > 0], 99) < 1.1 for a in curve.activations)
    figure = script.conversion_figure(curve, ["hidden", "output"], "digits")
    assert len(figure.axes) == 4


def test_parts_and_a_new_trainer_from_its_state_change_nothing(pictures: tuple[NDArray[Any], NDArray[Any]]) -> None:
    made, numbers = experiment(), order()[: 8 * BATCH]
    whole = trainer_of(pictures, made)
    whole.learn(numbers, 0)
    parts = trainer_of(pictures, made)
    parts.learn(numbers[: 3 * BATCH], 0)
    other = trainer_of(pictures, made)
    for name, w in parts.weights.items():
        other.weights[name][...] = w
    other.restore(parts.state())
    other.learn(numbers[3 * BATCH :], 3 * BATCH)
    assert all(np.array_equal(whole.weights[name], w) for name, w in other.weights.items())


def test_weights_that_are_set_are_what_it_continues_from(pictures: tuple[NDArray[Any], NDArray[Any]]) -> None:
    made, numbers = experiment(reference__learning_rate=0.0), order()[: 2 * BATCH]
    trainer = trainer_of(pictures, experiment())
    trainer.learn(numbers, 0)
    state = trainer.state()
    still = trainer_of(pictures, made)
    still.restore(state)
    for name, w in trainer.weights.items():
        still.weights[name][...] = w
    still.weights["feed2"][:, 3] *= 2
    still.learn(numbers, 2 * BATCH)
    ratio = still.weights["feed2"][:, 3] / trainer.weights["feed2"][:, 3]
    others = still.weights["feed2"][:, 4] / trainer.weights["feed2"][:, 4]
    np.testing.assert_allclose(ratio / others, 2, rtol=1e-5)


@pytest.mark.parametrize(
    ("changes", "clause"),
    [
        ({"network__beta": 0.9}, "network.beta must be 1 for this reference"),
        ({"network__outputs": 2}, "must be at least 3"),
        ({"schedule__stimulus": "2 ms"}, "schedule.stimulus must be more than 2 steps"),
        ({"encoding__kind": "poisson"}, "encoding.kind must be 'current'"),
    ],
)
def test_networks_that_do_not_fit_are_refused(changes: dict[str, Any], clause: str) -> None:
    with refused(clause):
        experiment(**changes)
