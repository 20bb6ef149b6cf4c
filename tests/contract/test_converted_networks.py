"""Converted networks in the simulators: spike for spike what trainer and script, of NumPy and SciPy alone, compute."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from convolution_script import as_neurons, rectified, scales, spikes
from networks import SIMULATORS, benchmark, open_network, pairs
from numpy.typing import NDArray

from stdpbench.data.stimuli import pictures_of
from stdpbench.engine.network import Learned
from stdpbench.experiment import Experiment, read_experiment, with_reference
from stdpbench.experiment.references.feed_forward import chain, layer_problems, neurons_of
from stdpbench.experiment.references.relu_network import activations, scaled, scales_of
from stdpbench.experiment.references.spiking_layers import forward
from stdpbench.kinds.encoding.current import Current
from stdpbench.runs.preparation.creation import converted_start
from stdpbench.runs.preparation.start import load_split

N_STEPS, N_SCALED, N_SHOWN, PERCENTILE = 120, 40, 5, 99.0


def arrays_of(random: np.random.Generator) -> dict[str, Any]:
    """A network with all that can be said: padding, strides, biases, pooling between, mean and SD of its inputs."""
    return {
        "input": [1, 8, 8],
        "layers": ["conv1", "pool1", "conv2", "pool2", "dense1", "dense2"],
        "mean": 0.3,
        "std": 0.4,
        "conv1.weight": random.normal(0, 0.4, (4, 1, 3, 3)),
        "conv1.bias": random.normal(0, 0.2, 4),
        "conv1.padding": 1,
        "pool1.size": 2,
        "conv2.weight": random.normal(0, 0.3, (5, 4, 3, 3)),
        "conv2.bias": random.normal(0, 0.2, 5),
        "conv2.padding": 1,
        "pool2.size": [2, 2],
        "pool2.stride": 1,
        "dense1.weight": random.normal(0, 0.3, (12, 45)),
        "dense1.bias": random.normal(0, 0.2, 12),
        "dense2.weight": random.normal(0, 0.4, (10, 12)),
        "dense2.bias": random.normal(-0.8, 0.2, 10),
    }


@pytest.mark.parametrize("name", SIMULATORS)
def test_spikes_and_potentials_are_those_of_the_script(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = benchmark("conversion", monkeypatch)
    arrays = arrays_of(np.random.default_rng(12))
    np.savez(tmp_path / "net.npz", **arrays)
    changes = {"reference.weights": str(tmp_path / "net.npz"), "reference.percentile": PERCENTILE}
    shown = {"schedule.train_images": N_SCALED, "schedule.stimulus": f"{N_STEPS} ms"}
    experiment = with_reference(read_experiment("surrogate-digits"), "ann-conversion", {**changes, **shown})
    learned, remark = converted_start(experiment, validation=False)
    split = load_split(experiment, False)
    inputs = pictures_of(split.train).pixels[:, None].astype(np.float64) / 255
    scale, shift = scales(arrays, inputs, PERCENTILE)
    assert shift > 0
    assert "is added to all outputs" in remark

    simulator = open_network(experiment.graph(8, 8), name)
    simulator.set_learned(learned)
    populations, encoder, rng = ("conv1", "conv2", "dense1", "output"), Current(), np.random.default_rng(0)
    layers = script.spiking_layers(experiment.graph(8, 8), learned)
    assert chain(experiment.graph(8, 8)) == ["feed", "feed2", "feed3", "feed4"]  # constants are no part of it
    curve = script.conversion_curve(
        [each.weight for each in layers],
        [each.neurons for each in layers],
        inputs[:N_SHOWN].reshape(N_SHOWN, -1),
        np.zeros(N_SHOWN, np.int64),
        N_STEPS,
        10,
        [each.constant for each in layers],
    )
    fired_in_all = [0] * len(populations)
    for number in range(N_SHOWN):
        simulator.reset()
        given = encoder.encode(split.train.stimulus(number), rng, attempt=0, n_bins=N_STEPS, dt=1e-3)
        record = {each: range(12 if each.startswith("d") else 10) for each in populations}
        response = simulator.present(given, N_STEPS, plastic=False, record=record)
        fired, courses = spikes(arrays, inputs[number], scale, shift, N_STEPS)
        exact = rectified(arrays, inputs[number])
        exact[-1] = exact[-1] + shift
        for k, population in enumerate(populations):
            mine = as_neurons(fired[k])
            step, neuron = np.nonzero(mine)
            assert pairs(response.spikes[population]) == list(zip(step.tolist(), neuron.tolist(), strict=True))
            course = response.recordings[population].courses["v"]
            np.testing.assert_allclose(course, as_neurons(courses[k])[:, : course.shape[1]], atol=1e-9)
            np.testing.assert_array_equal(np.rint(curve.rates[k][number] * (N_STEPS - 1 - k)), mine.sum(axis=0))
            fired_in_all[k] += int(mine.sum())
            _check_rates(mine.sum(axis=0), as_neurons(exact[k][None])[0] / scale[k], N_STEPS - 1 - k, first=k == 0)
    assert min(fired_in_all) > 100


def test_a_network_with_biases_is_not_trained_by_layers(tmp_path: Path) -> None:
    np.savez(tmp_path / "net.npz", **arrays_of(np.random.default_rng(12)))
    changes = {"reference.weights": str(tmp_path / "net.npz")}
    experiment = with_reference(read_experiment("surrogate-digits"), "ann-conversion", changes)
    (problem,) = layer_problems(experiment.graph(8, 8))
    assert problem.startswith("network.populations.bias brings constants, which this reference does not train")


def _check_rates(counts: NDArray[Any], activation: NDArray[Any], n_steps: int, *, first: bool) -> None:
    """Counts of spikes against the activations of rectified units."""
    wanted = np.clip(activation, 0, 1) * n_steps
    if first:  # constant currents: exact but for what is left of the potential
        assert np.abs(counts - wanted).max() <= 1
    assert np.sqrt(np.mean((counts - wanted) ** 2)) / n_steps < 0.06


# a converted network in the simulators: spike for spike what its trainer and its curve compute


@pytest.mark.parametrize("name", SIMULATORS)
def test_the_forward_pass_and_the_curve_are_what_the_simulator_does(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    n_steps, n_pictures = 30, 8
    experiment = Experiment.from_mapping(
        {
            "network": {"kind": "layers", "hidden": [20, 14], "outputs": 10, "beta": 1.0, "threshold": 0.8},
            "encoding": {"kind": "current"},
            "reference": {"kind": "ann-conversion"},
            "schedule": {"stimulus": f"{n_steps} ms", "between": "reset", "min_spikes": 0},
        }
    )
    graph, random = experiment.graph(64), np.random.default_rng(6)
    names = chain(graph)
    layers = [neurons_of(graph, graph.projections[each].target) for each in names]
    raw = [random.normal(0, 1 / np.sqrt(n), (n, m)) for n, m in ((64, 20), (20, 14), (14, 10))]
    pixels = random.integers(0, 256, (n_pictures, 64)).astype(np.float64)
    inputs = Current().currents_of(pixels)
    w = [np.asarray(0.8 * each, np.float64) for each in scaled(raw, scales_of(activations(inputs, raw), 99.9))]
    simulator = open_network(graph, name)
    simulator.set_learned(Learned({f"{each}.w": values for each, values in zip(names, w, strict=True)}))
    courses = forward(inputs, w, n_steps, layers)
    answers, total = [], 0
    for number, picture in enumerate(pixels):
        simulator.reset()
        spikes = Current().encode(picture, random, attempt=0, n_bins=n_steps, dt=1e-3)
        response = simulator.present(spikes, n_steps, plastic=False)
        for population, course in zip(("hidden1", "hidden2", "output"), courses, strict=True):
            step, neuron = np.nonzero(course.spikes[:, number])
            assert pairs(response.spikes[population]) == list(zip(step.tolist(), neuron.tolist(), strict=True))
            total += len(step)
        answers.append(int(response.counts("output").argmax()))
    curve = benchmark("conversion", monkeypatch).conversion_curve(w, layers, inputs, np.array(answers), n_steps, 10)
    assert curve.correct[-1] == n_pictures
    assert curve.spikes[-1] == total / n_pictures > 50
