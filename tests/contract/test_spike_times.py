"""The forward pass of SpikeProp is what the simulators do."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from networks import open_network, spikes_at
from numpy.typing import NDArray

from stdpbench.engine.network import Learned
from stdpbench.engine.simulators import Response
from stdpbench.experiment import Experiment, read_experiment
from stdpbench.experiment.references import Task
from stdpbench.experiment.references.spikeprop import decided

DT, N_STEPS = 0.1, 400


def shipped() -> Experiment:
    """A network that tests of runs compile, too."""
    return read_experiment("spikeprop-xor")


def deeper() -> Experiment:
    """Two hidden layers, fewer delays, and outputs that all fire."""
    return Experiment.from_mapping(
        {
            "network": {
                "kind": "timed-layers",
                "hidden": (7, 6),
                "outputs": 4,
                "delays": 3,
                "first_only": False,
            },
            "encoding": {"kind": "latency", "duration": "10 ms"},
            "reference": {"kind": "spikeprop"},
            "schedule": {"stimulus": "40 ms", "between": "reset", "min_spikes": 0},
        }
    )


def spike_times(response: Response, population: str, n: int) -> NDArray[np.float64]:
    spikes = response.spikes[population]
    assert len(np.unique(spikes.index)) == len(spikes.index)  # a neuron fires once
    times = np.full(n, np.inf)
    times[spikes.index] = spikes.bin * DT
    return times


@pytest.mark.parametrize(
    ("name", "network", "n_input", "mean", "sd"),
    [("compiled", shipped, 3, 0.06, 0.2), ("runtime", deeper, 5, 0.2, 0.45)],
)
def test_spike_times_of_the_trainer_are_those_of_the_simulator(
    name: str, network: Callable[[], Experiment], n_input: int, mean: float, sd: float
) -> None:
    made = network()
    graph = made.graph(n_input)
    simulator = open_network(graph, name)
    random = np.random.default_rng(9)
    sizes = {name: population.size for name, population in graph.populations.items()}
    trained = {n: p for n, p in graph.projections.items() if p.weight.trained}
    w = {n: random.normal(mean, sd, (sizes[p.source], sizes[p.target])) for n, p in trained.items()}
    simulator.set_learned(Learned({f"{name}.w": each for name, each in w.items()}))
    steps = random.integers(0, 100, (12, n_input)).astype(np.float64)
    steps[2, 2] = np.inf
    labels = np.zeros(len(steps), np.int64)
    task = Task(graph, lambda numbers: steps.astype(np.float32), labels, sizes["output"], N_STEPS, len(steps))
    trainer = made.reference.trainer(w, task)
    rounded, exact = (trainer.forward(steps * DT, step) for step in (DT, 0.0))
    answers = decided(rounded[-1].times)
    first_only = "first" in graph.projections
    for number, given in enumerate(steps):
        simulator.reset()
        events = [(int(step), index) for index, step in enumerate(given) if np.isfinite(step)]
        response = simulator.present(spikes_at(*events), N_STEPS, plastic=False)
        for layer, fired in zip(trainer.layers, rounded, strict=True):
            expected = fired.times[number]
            if layer.name == "output" and first_only:
                expected = np.where(expected <= expected.min() + 1e-9, expected, np.inf)
            np.testing.assert_allclose(spike_times(response, layer.name, sizes[layer.name]), expected, atol=1e-9)
        if answers[number] >= 0 and first_only:
            assert int(response.counts("output").argmax()) == answers[number]
        # exact times: those of the first layer are rounded up to a step by the simulator
        first = trainer.layers[0].name
        shown, of_layer = spike_times(response, first, sizes[first]), exact[0].times[number]
        finite = np.isfinite(of_layer)
        apart = shown[finite] - of_layer[finite]
        assert ((apart > -1e-9) & (apart <= DT + 1e-9)).all()
    fires = [fired.fires for fired in rounded]
    assert all(each.any() for each in fires)
    assert not all(each.all() for each in fires)
