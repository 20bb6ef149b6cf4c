"""SpikeProp: exact spike times, gradients against finite differences of them, silent neurons, refusals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from refusals import refused

from stdpbench.experiment import Experiment, read_experiment, with_reference
from stdpbench.experiment.references import Task
from stdpbench.experiment.references.spikeprop import (
    Cell,
    SpikePropTrainer,
    decided,
    fire,
    of_times,
    of_weights,
)

TAU, END = 7.0, 40.0
DELAYS = np.array([1.0, 4.0, 9.0])
_random = np.random.default_rng(6)
TIMES = _random.uniform(0, 8, (5, 6))
TIMES[1, 2] = TIMES[3, 0] = np.inf
WEIGHTS = _random.normal(0.06, 0.2, (3, 6, 4))


def potential(t: NDArray[Any], times: NDArray[Any], w: NDArray[Any]) -> NDArray[Any]:
    """v of one neuron at the times t, from its definition."""
    since = t[:, None, None] - times[None, None, :] - DELAYS[None, :, None]
    since = np.where(since > 0, since, 0.0)
    return np.asarray((since / TAU * np.exp(1 - since / TAU) * w[None]).sum(axis=(1, 2)))


@pytest.mark.parametrize("step", [0.0, 0.25])
def test_spikes_occur_where_the_potential_first_exceeds_the_threshold(step: float) -> None:
    times = TIMES if not step else np.rint(TIMES / step) * step
    fired = fire(times, WEIGHTS, DELAYS, Cell(TAU, 1.0, END, step))
    assert 5 < fired.fires.sum() < 20
    t = np.arange(1, round(END / (step or 0.01)) + 1) * (step or 0.01)
    for picture, neuron in np.ndindex(5, 4):
        v = potential(t, times[picture], WEIGHTS[:, :, neuron])
        above = v > 1.0
        at = fired.times[picture, neuron]
        assert above.any() == np.isfinite(at)
        if not above.any():
            assert fired.peak[picture, neuron] == pytest.approx(v.max(), abs=1e-12 if step else 5e-3)
        elif step:
            assert at == pytest.approx(t[above.argmax()], abs=1e-9)
            assert 0 <= at - fired.exact[picture, neuron] < step + 1e-6
        else:
            assert t[above.argmax()] - 0.01 - 1e-9 <= at <= t[above.argmax()]
            assert potential(np.array([at]), times[picture], WEIGHTS[:, :, neuron])[0] == pytest.approx(1.0, abs=1e-9)


def differences(function: Callable[[NDArray[Any]], float], at: NDArray[Any], step: float) -> NDArray[np.float64]:
    """Central differences of a function of an array."""
    found = np.zeros(at.shape)
    for place in np.ndindex(at.shape):
        if np.isfinite(at[place]):
            above, below = at.copy(), at.copy()
            above[place] += step
            below[place] -= step
            found[place] = (function(above) - function(below)) / (2 * step)
    return found


def test_gradients_are_those_of_finite_differences_of_spike_times() -> None:
    cell = Cell(TAU, 1.0, END)
    fired = fire(TIMES, WEIGHTS, DELAYS, cell)
    factors = np.random.default_rng(1).normal(0, 1, fired.times.shape)

    def total(times: NDArray[Any], w: NDArray[Any]) -> float:
        """A weighted sum of spike times, and of the maximal potentials of silent neurons."""
        again = fire(times, w, DELAYS, cell)
        assert (again.fires == fired.fires).all()
        return float((factors * np.where(again.fires, again.exact, again.peak)).sum())

    change = np.where(fired.fires, factors / np.where(fired.fires, fired.slope, 1.0), -factors)
    of_w = of_weights(fired, WEIGHTS.shape, change)
    expected = differences(lambda w: total(TIMES, w), WEIGHTS, 1e-6)
    assert np.abs(of_w - expected).max() <= 1e-5 * np.abs(expected).max()
    of_t = of_times(fired, WEIGHTS, change)
    expected = differences(lambda times: total(times, WEIGHTS), TIMES, 1e-6)
    assert np.abs(of_t - expected).max() <= 1e-5 * np.abs(expected).max()


def made(**changes: Any) -> Experiment:
    return read_experiment("spikeprop-xor").override({path.replace("__", "."): v for path, v in changes.items()})


def trainer_of(experiment: Experiment, seed: int = 0, total: int = 1) -> tuple[SpikePropTrainer, NDArray[Any]]:
    """A trainer with weights of a seed, and the spike times of the four inputs in ms."""
    graph = experiment.graph(3)
    split, encoder = experiment.data.prepare(), experiment.encoding
    steps = np.full((4, 3), np.inf, np.float32)
    for number, row in enumerate(steps):
        picture = np.asarray(split.test.stimulus(number))
        spikes = encoder.encode(picture, np.random.default_rng(0), attempt=0, n_bins=240, dt=1e-4)
        row[spikes.index] = spikes.bin
    task = Task(graph, lambda n: steps[n % 4], np.tile(split.test.labels, 500), 2, 400, total)
    random = np.random.default_rng(seed)
    shapes = {
        name: (graph.populations[p.source].size or 3, graph.populations[p.target].size)
        for name, p in graph.projections.items()
        if p.weight.trained
    }
    weights = {name: graph.projections[name].weight.draw(random, shape) for name, shape in shapes.items()}
    trainer = experiment.reference.trainer(weights, task)
    return trainer, steps.astype(np.float64) * 0.1


@pytest.mark.parametrize("loss", ["times", "first"])
def test_the_gradient_of_the_loss_is_that_of_finite_differences_with_silent_neurons_too(loss: str) -> None:
    changes = {"network__hidden": (4,), "network__delays": 3, "network__mean": 2.0, "reference__least_slope": 1e-6}
    trainer, times = trainer_of(made(**changes, reference__loss=loss))
    labels = np.array([0, 1, 1, 0])
    for k in range(1, 4):
        trainer.weights[f"feed_{k}"][:, 1] *= 0.1  # a hidden neuron that never fires
        trainer.weights[f"feed2_{k}"][:, 1] *= 0.2  # and an output
    fired = trainer.forward(times, 0.0)
    assert not fired[0].fires[:, 1].any()
    assert fired[0].fires[:, [0, 2, 3]].any()
    assert not fired[1].fires.all()
    assert fired[1].fires.any()
    value, found = trainer.gradients(fired, labels)
    assert value > 0
    for layer, of_layer in zip(trainer.layers, found, strict=True):
        for name, gradient in zip(layer.projections, of_layer, strict=True):
            w = trainer.weights[name]
            start = w.copy()

            def changed(values: NDArray[Any], w: NDArray[Any] = w, start: NDArray[Any] = start) -> float:
                w[...] = values
                value = trainer.gradients(trainer.forward(times, 0.0), labels)[0]
                w[...] = start
                return value

            expected = differences(changed, start, 1e-6)
            assert np.abs(gradient - expected).max() <= 1e-5 * max(np.abs(g).max() for g in found)


def test_xor_is_learned_from_weights_at_which_outputs_are_silent_too() -> None:
    trainer, times = trainer_of(made(network__mean=0.1, reference__decay="none"), seed=1)
    assert not trainer.forward(times, 0.1)[-1].fires.all()
    numbers = np.arange(600)
    first = trainer.learn(numbers[:4], 0)
    for start in range(0, 600, 60):
        last = trainer.learn(numbers[start : start + 60], start)
    assert last.loss < first.loss / 4
    assert decided(trainer.forward(times, 0.1)[-1].times).tolist() == [0, 1, 1, 0]


def test_silent_outputs_have_no_class() -> None:
    assert decided(np.array([[np.inf, np.inf], [3.0, 3.0], [np.inf, 2.0]])).tolist() == [-1, 0, 1]


@pytest.mark.parametrize(
    ("changes", "clause"),
    [
        ({"encoding.duration": "none"}, "encoding must give each input at most one spike"),
        ({"encoding.kind": "poisson"}, "encoding must give each input at most one spike"),
        ({"network.kind": "layers"}, "network must be a chain of layers of the neuron 'lif-current'"),
        ({"schedule.timing": "shifted"}, "schedule.timing must be 'intact' for this reference"),
        ({"reference.late": "50 ms"}, "reference.early and reference.late must lie before the end"),
    ],
)
def test_what_cannot_be_trained_is_refused(changes: dict[str, Any], clause: str) -> None:
    with refused(clause):
        read_experiment("spikeprop-xor").override(changes)


@pytest.mark.parametrize(
    ("path", "value", "clause"),
    [
        ("network.populations.hidden.neuron.tau_exc", 3.0, "tau_exc and tau_inh must equal tau_m"),
        ("network.populations.output.neuron.g_L", 1.0, "g_L must be 0.367879441171442"),
        ("network.populations.hidden.neuron.t_ref", 5.0, "t_ref must be at least schedule.stimulus"),
        ("network.projections.feed_3.receptor", "I_inh", "feed_3.receptor must be 'I_exc'"),
        ("network.projections.feed_3.weight", 1.0, "feed_3.weight.kind must be 'trained'"),
        ("network.projections.feed_3.delay", "uniform", "must have one delay"),
    ],
)
def test_a_network_spelled_out_is_refused_with_the_path(path: str, value: Any, clause: str) -> None:
    table = tables = made().spelled_out().to_mapping()
    *sections, name = path.split(".")
    for section in sections:
        table = table[section]
    table[name] = value
    with refused(clause):
        Experiment.from_mapping(tables)


def test_rows_of_a_table_get_receptive_fields_and_pictures_latencies() -> None:
    rows, pictures = (with_reference(read_experiment(name), "spikeprop") for name in ("iris", "digits"))
    assert [getattr(each.encoding, "kind", "") for each in (rows, pictures)] == ["population", "latency"]
    assert rows.encoding.one_spike
    assert pictures.encoding.one_spike
