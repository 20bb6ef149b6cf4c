"""The forward pass of SpikeProp is what the simulators do."""

from __future__ import annotations

import numpy as np
import pytest
from networks import open_network, spikes_at
from numpy.typing import NDArray

from stdpbench.experiment import Experiment
from stdpbench.network import Learned
from stdpbench.references import Task
from stdpbench.references.spikeprop import SpikePropTrainer, decided
from stdpbench.simulators import Response

DT, N_STEPS, N_INPUT, N_OUTPUTS = 0.1, 400, 5, 4


def experiment(first_only: bool, hidden: tuple[int, ...]) -> Experiment:
    return Experiment.from_mapping(
        {
            "seed": 2,
            "network": {
                "kind": "timed-layers",
                "hidden": hidden,
                "outputs": N_OUTPUTS,
                "delays": 3,
                "first_only": first_only,
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


@pytest.mark.parametrize(("name", "first_only"), [("compiled", True), ("runtime", False)])
def test_spike_times_of_the_trainer_are_those_of_the_simulator(name: str, first_only: bool) -> None:
    made = experiment(first_only, (7, 6))
    graph = made.graph(N_INPUT)
    simulator = open_network(graph, name)
    random = np.random.default_rng(9)
    sizes = {"input": N_INPUT, "hidden1": 7, "hidden2": 6, "output": N_OUTPUTS}
    trained = {n: p for n, p in graph.projections.items() if p.weight.trained}
    w = {n: random.normal(0.2, 0.45, (sizes[p.source], sizes[p.target])) for n, p in trained.items()}
    simulator.set_learned(Learned({f"{name}.w": each for name, each in w.items()}))
    steps = random.integers(0, 100, (6, N_INPUT)).astype(np.float64)
    steps[2, 3] = np.inf
    task = Task(graph, lambda numbers: steps.astype(np.float32), np.zeros(6, np.int64), 3, N_STEPS, 6)
    trainer = made.reference.trainer(w, task)
    assert isinstance(trainer, SpikePropTrainer)
    rounded, exact = (trainer.forward(steps * DT, step) for step in (DT, 0.0))
    answers = decided(rounded[-1].times)
    for number, given in enumerate(steps):
        simulator.reset()
        events = [(int(step), index) for index, step in enumerate(given) if np.isfinite(step)]
        response = simulator.present(spikes_at(*events), N_STEPS, plastic=False)
        for layer, fired in zip(("hidden1", "hidden2"), rounded, strict=False):
            found = spike_times(response, layer, sizes[layer])
            np.testing.assert_allclose(found, fired.times[number], atol=1e-9)
        # exact times: those of the first layer are rounded up to a step by the simulator
        shown, of_layer = spike_times(response, "hidden1", 7), exact[0].times[number]
        finite = np.isfinite(of_layer)
        apart = shown[finite] - of_layer[finite]
        assert ((apart > -1e-9) & (apart <= DT + 1e-9)).all()
        outputs = spike_times(response, "output", N_OUTPUTS)
        if first_only:
            first = rounded[-1].times[number].min()
            expected = np.where(rounded[-1].times[number] <= first + 1e-9, first, np.inf)
            assert int(response.counts("output").argmax()) == answers[number]
        else:
            expected = rounded[-1].times[number]
        np.testing.assert_allclose(outputs, expected, atol=1e-9)
    fires = [fired.fires for fired in rounded]
    assert all(each.any() for each in fires)
    assert not all(each.all() for each in fires)
