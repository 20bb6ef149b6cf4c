"""The linear read-out, against finite differences and in a run."""

from __future__ import annotations

import numpy as np
import pytest

from stdpbench.base.errors import StdpbenchError
from stdpbench.experiment import Experiment, read_experiment, with_reference
from stdpbench.experiment.references import Task
from stdpbench.experiment.references.linear import Linear, LinearTrainer


def experiment(**changes: object) -> Experiment:
    return with_reference(read_experiment("digits"), "linear", changes)


def test_the_gradient_is_that_of_finite_differences() -> None:
    random = np.random.default_rng(2)
    graph = experiment().graph(6)
    labels = np.array([0, 2, 1, 2])
    task = Task(graph, lambda numbers: np.zeros((len(numbers), 6), np.float32), labels, 3, 10, 100)
    w = {"feed": random.normal(0, 0.1, (6, 10))}
    trainer, inputs = LinearTrainer(Linear(loss_scale=3.0, penalty=0.2), w, task), random.uniform(0, 1, (4, 6))
    _, _, found = trainer.gradient(inputs, labels)
    expected, step = np.zeros((6, 10)), 1e-6
    for place in np.ndindex(6, 10):
        loss = []
        for sign in (1, -1):
            w["feed"][place] += sign * step
            loss.append(trainer.gradient(inputs, labels)[0])
            w["feed"][place] -= sign * step
        expected[place] = (loss[0] - loss[1]) / (2 * step)
    assert np.abs(found - expected).max() <= 1e-5 * np.abs(expected).max()


def test_hidden_layers_are_refused() -> None:
    with pytest.raises(StdpbenchError, match=r"network.hidden must be \[\]"):
        experiment(**{"network.hidden": [5]})
