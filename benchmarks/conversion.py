"""Accuracy of a converted network over steps and over spikes, beside that of the rectified units it stands for.

Reads a run of the reference ann-conversion, and simulates its network on the test pictures in NumPy, spike for spike
as the simulators do. Everything here is supervised.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

import stdpbench
from stdpbench.declare.learned_names import weights_of
from stdpbench.experiment.graph import Graph
from stdpbench.experiment.graph.bias import BIAS
from stdpbench.experiment.references.feed_forward import chain, neurons_of
from stdpbench.experiment.references.relu_network import Array, activations
from stdpbench.experiment.references.spiking_layers import Neurons, forward
from stdpbench.kinds.encoding.current import Current
from stdpbench.results.figures.paper import figure_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MOST_POINTS = 4000
_SHOWN = 15  # percentage points below the rectified units
AT = (5, 10, 15, 20, 30, 50, 75, 100, 200)
"""Numbers of steps that are printed."""


def main() -> None:
    """Print what comes of a run, and draw it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", type=Path, nargs="+", help="folders of runs of ann-conversion")
    parser.add_argument("--steps", type=int, default=100, help="number of steps")
    parser.add_argument("--images", type=int, help="number of test pictures; default: all")
    parser.add_argument("--reset", choices=("subtract", "zero"), help="what a spike does; default: as in the run")
    parser.add_argument("--figure", type=Path, help="file for the figure of the first run, such as conversion.png")
    options = parser.parse_args()
    for number, path in enumerate(options.runs):
        curve, names, title = measure(path, options.steps, options.images, options.reset)
        print(json.dumps({"run": path.name, **summary(curve, names)}))
        if number == 0 and options.figure is not None:
            conversion_figure(curve, names, title).savefig(options.figure)


def measure(
    path: Path, n_steps: int, n_images: int | None, reset: Literal["subtract", "zero"] | None = None
) -> tuple[ConversionCurve, list[str], str]:
    """Return the curve of a run, with its own reset or another one, the names of its layers, and a title."""
    run = stdpbench.open_run(path)
    experiment, test = run.experiment, run.experiment.data.prepare().test
    graph, encoding, learned = experiment.graph(), experiment.encoding, run.weights
    assert isinstance(encoding, Current)
    assert test.labels is not None
    pixels = np.asarray(test.static[:n_images], np.float64)
    inputs = np.asarray(encoding.currents_of(pixels.reshape(len(pixels), -1)))
    if experiment.reference.file:
        arrays = {f"{name}.w": np.asarray(learned[name]) for name in graph.trained}
        found = spiking_layers(experiment.graph(*test.shape), arrays)
        layers, constants = [each.name for each in found], [each.constant for each in found]
        weights, neurons = [each.weight for each in found], [each.neurons for each in found]
        inputs = inputs.astype(np.float32)
    else:
        names, constants = chain(graph), None
        layers = [graph.projections[name].target for name in names]
        weights = [np.asarray(learned[name], np.float64) for name in names]
        neurons = [neurons_of(graph, layer) for layer in layers]
    if reset is not None:
        neurons = [replace(each, reset=reset) for each in neurons]
    labels, n_classes = np.asarray(test.labels)[:n_images], int(np.max(test.labels)) + 1
    curve = conversion_curve(weights, neurons, inputs, labels, n_steps, n_classes, constants)
    return curve, layers, f"{experiment.name}, {len(pixels)} test pictures"


def summary(curve: ConversionCurve, names: list[str]) -> dict[str, Any]:
    """Return the numbers that are printed: accuracies in per cent."""
    steps = [n for n in AT if n <= len(curve.correct)]
    return {
        "pictures": curve.n_pictures,
        "rectified_units": round(100 * curve.accuracy_without_spikes, 2),
        "accuracy": {n: round(100 * float(curve.accuracy[n - 1]), 2) for n in steps},
        "spikes": {n: round(float(curve.spikes[n - 1]), 1) for n in steps},
        "error_of_rates": dict(zip(names, (round(e, 4) for e in curve.errors()), strict=True)),
    }


@dataclass(frozen=True, eq=False)
class SpikingLayer:
    """A layer of a converted network.

    Attributes
    ----------
    name : str
        Name of its population.
    weight : ndarray or scipy.sparse.csr_array, float64, (n_source, n_target)
        Weights of its synapses.
    constant : ndarray, float64, (n_target,)
        Its constant currents.
    neurons : Neurons
        Its neurons.
    """

    name: str
    weight: Any
    constant: NDArray[np.float64]
    neurons: Neurons


def spiking_layers(graph: Graph, learned: Mapping[str, NDArray[np.float64]]) -> list[SpikingLayer]:
    """Return the layers of a converted network, from the first to the output.

    Parameters
    ----------
    graph : Graph
        The network of `network_table`, with the shape of its input.
    learned : mapping of str to ndarray
        Its learned arrays.
    """
    from scipy.sparse import csr_array

    layers = list[SpikingLayer]()
    for name, projection in graph.projections.items():
        if projection.source == BIAS:
            continue
        target = projection.target
        w: Any = np.asarray(learned[weights_of(name)], np.float64)
        if graph.is_sparse(name):
            synapses = graph.synapses(name)
            shape = (synapses.n_source, synapses.n_target)
            w = csr_array((w, synapses.target, synapses.first), shape=shape)
        constant = learned.get(weights_of(f"{BIAS}_{target}"), np.zeros((1, w.shape[1])))
        layers.append(SpikingLayer(target, w, np.asarray(constant, np.float64)[0], neurons_of(graph, target)))
    return layers


_PICTURES_AT_ONCE, _MOST = 250, 2**25  # most pictures and most potentials in memory


@dataclass(frozen=True, eq=False)
class ConversionCurve:
    """Comparison of a spiking network and a network of rectified units on the same pictures.

    Attributes
    ----------
    n_pictures : int
        Number of pictures.
    correct : ndarray, int64, (n_steps,)
        Pictures classified correctly by the output spikes of the first 1, 2, ... steps.
    spikes : ndarray, float64, (n_steps,)
        Mean spikes of all layers per picture in these steps.
    correct_without_spikes : int
        Pictures classified correctly by the network of rectified units.
    activations : list of ndarray, float32, (n_pictures, n_neurons)
        Rectified activations of each layer, as fractions of one spike per step.
    rates : list of ndarray, float32, (n_pictures, n_neurons)
        Spikes per step of each layer, from the first step in which it can receive input.
    """

    n_pictures: int
    correct: NDArray[np.int64]
    spikes: NDArray[np.float64]
    correct_without_spikes: int
    activations: list[NDArray[np.float32]]
    rates: list[NDArray[np.float32]]

    @property
    def accuracy(self) -> NDArray[np.float64]:
        """Accuracy after each step, between 0 and 1."""
        return self.correct / self.n_pictures

    @property
    def accuracy_without_spikes(self) -> float:
        """Accuracy of the network of rectified units."""
        return self.correct_without_spikes / self.n_pictures

    def errors(self) -> list[float]:
        """Return the root mean square difference of rate and activation of each layer, activations above 1 as 1."""
        pairs = zip(self.rates, self.activations, strict=True)
        return [float(np.sqrt(np.mean((rate - np.minimum(a, 1)) ** 2))) for rate, a in pairs]


def conversion_curve(
    weights: Sequence[NDArray[Any]],
    layers: Sequence[Neurons],
    inputs: Array,
    labels: NDArray[np.integer],
    n_steps: int,
    n_classes: int,
    constants: Sequence[NDArray[Any]] | None = None,
) -> ConversionCurve:
    """Simulate a converted network, and compare it with the network of rectified units with the same weights.

    Parameters
    ----------
    weights : sequence of ndarray or sparse array, (n_source, n_target)
        Weights of each layer of the spiking network.
    layers : sequence of Neurons
        Neurons of each layer, with beta 1.
    inputs : ndarray, (n_pictures, n_inputs)
        Constant input currents.
    labels : ndarray of int, (n_pictures,)
        Classes.
    n_steps : int
        Number of steps, more than there are layers.
    n_classes : int
        Number of classes; the first output neurons stand for them.
    constants : sequence of ndarray, (n_target,), optional
        Constant currents of each layer; see `stdpbench.experiment.references.spiking_layers.forward`. Default: none.
    """
    # computed in the type of the inputs; simulators compute in float64
    spiking = [w.astype(inputs.dtype, copy=False) for w in weights]
    relu = [w / w.dtype.type(neurons.threshold) for w, neurons in zip(spiking, layers, strict=True)]
    currents = None if constants is None else [current.astype(inputs.dtype, copy=False) for current in constants]
    bias = None
    if currents is not None:
        bias = [current / current.dtype.type(n.threshold) for current, n in zip(currents, layers, strict=True)]
    at_once = max(1, min(_PICTURES_AT_ONCE, _MOST // (n_steps * max(w.shape[1] for w in spiking))))
    correct, spikes = np.zeros(n_steps, np.int64), np.zeros(n_steps)
    n_correct, rectified, rates = 0, [list[Array]() for _ in spiking], [list[Array]() for _ in spiking]
    for start in range(0, len(inputs), at_once):
        batch, classes = inputs[start : start + at_once], labels[start : start + at_once]
        analog = activations(batch, relu, bias)
        n_correct += int((analog[-1][:, :n_classes].argmax(axis=1) == classes).sum())
        courses = forward(batch, spiking, n_steps, layers, constants=currents)
        counts = courses[-1].spikes[:, :, :n_classes].cumsum(axis=0)
        correct += (counts.argmax(axis=2) == classes).sum(axis=1)
        spikes += sum(course.spikes.sum(axis=(1, 2), dtype=np.float64) for course in courses).cumsum()
        for number, (course, activation) in enumerate(zip(courses, analog, strict=True)):
            rectified[number].append(np.maximum(activation, 0).astype(np.float32))
            rates[number].append((course.spikes.sum(axis=0) / (n_steps - 1 - number)).astype(np.float32))
    return ConversionCurve(
        len(inputs),
        correct,
        spikes / len(inputs),
        n_correct,
        [np.concatenate(batches) for batches in rectified],
        [np.concatenate(batches) for batches in rates],
    )


def conversion_figure(
    curve: ConversionCurve, names: Sequence[str], title: str = "", width: float | None = None
) -> Figure:
    """Draw accuracy over steps and over spikes, and the rates of each layer against its activations.

    Parameters
    ----------
    curve : ConversionCurve
        The result of `conversion_curve`.
    names : sequence of str
        Name of each layer.
    title : str
        Name of the network and the pictures; "supervised" is added.
    width : float, optional
        Width in mm, for a paper. Default: a width for the screen.

    Returns
    -------
    matplotlib.figure.Figure
        Two plots of the accuracy and one per layer, whose points are up to 4000 pairs of neuron and picture, evenly
        chosen.
    """
    parts = [
        _accuracy(curve, np.arange(1, len(curve.correct) + 1), "steps"),
        _accuracy(curve, curve.spikes, "spikes per picture"),
    ]
    for name, a, rate in zip(names, curve.activations, curve.rates, strict=True):
        step = max(1, a.size // _MOST_POINTS)
        dots = {"x": a.ravel()[::step], "y": rate.ravel()[::step], "style": "."}
        plots = [{"label": "spikes per step", "lines": [dots, {"x": [0, 1], "y": [0, 1], "style": "-"}]}]
        parts.append({"kind": "lines", "title": name, "x_label": "activation (per step)", "plots": plots})
    parts[0]["title"] = f"{title} (supervised)" if title else "Supervised"
    return figure_of({"kind": "stack", "parts": parts}, width)


def _accuracy(curve: ConversionCurve, over: np.ndarray, unit: str) -> dict[str, Any]:
    """Return the accuracy over steps or spikes, and that of the rectified units."""
    limit = 100 * curve.accuracy_without_spikes
    lines = [
        {"x": over, "y": 100 * curve.accuracy, "label": "spiking", "style": "-"},
        {"x": [over[0], over[-1]], "y": [limit, limit], "label": "rectified units", "style": "-"},
    ]
    plot = {"label": "accuracy (%)", "lines": lines, "range": (max(0, limit - _SHOWN), 100.5)}
    return {"kind": "lines", "x_label": unit, "plots": [plot]}


if __name__ == "__main__":
    main()
