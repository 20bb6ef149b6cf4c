"""What a converted network answers after each step, and how its rates follow the activations that they stand for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.experiment.references.relu_network import Array, activations
from stdpbench.experiment.references.spiking_layers import Neurons, forward

_AT_ONCE, _MOST = 250, 2**25  # pictures whose potentials are in memory, and their number


@dataclass(frozen=True, eq=False)
class ConversionCurve:
    """Spiking network and network of rectified units on the same pictures.

    Attributes
    ----------
    n_pictures : int
        Number of pictures.
    correct : ndarray, int64, (n_steps,)
        Pictures answered correctly by the output spikes of the first 1, 2, ... steps.
    spikes : ndarray, float64, (n_steps,)
        Mean spikes of all layers per picture in these steps.
    correct_without_spikes : int
        Pictures answered correctly by the network of rectified units.
    activations : list of ndarray, float32, (n_pictures, n_neurons)
        Of each layer, rectified, as fractions of one spike per step.
    rates : list of ndarray, float32, (n_pictures, n_neurons)
        Of each layer: spikes per step, from the first step in which its input can make it fire.
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
    """Simulate a converted network, and compare it with the network of rectified units that has its weights.

    Parameters
    ----------
    weights : sequence of ndarray or sparse array, (n_source, n_target)
        Of each layer of the spiking network.
    layers : sequence of Neurons
        Of each layer, with beta 1.
    inputs : ndarray, (n_pictures, n_inputs)
        Constant input currents.
    labels : ndarray of int, (n_pictures,)
        Classes.
    n_steps : int
        Number of steps, more than there are layers.
    n_classes : int
        Number of classes, those of the first output neurons.
    constants : sequence of ndarray, (n_target,), optional
        Constant currents of each layer; see `stdpbench.experiment.references.spiking_layers.forward`. Default: none.
    """
    # of the type of the inputs; float64 is what the simulators compute with
    own = [w.astype(inputs.dtype, copy=False) for w in weights]
    relu = [w / w.dtype.type(each.threshold) for w, each in zip(own, layers, strict=True)]
    given = None if constants is None else [each.astype(inputs.dtype, copy=False) for each in constants]
    bias = None
    if given is not None:
        bias = [each / each.dtype.type(one.threshold) for each, one in zip(given, layers, strict=True)]
    at_once = max(1, min(_AT_ONCE, _MOST // (n_steps * max(w.shape[1] for w in own))))
    correct, spikes = np.zeros(n_steps, np.int64), np.zeros(n_steps)
    without, found, rates = 0, [list[Array]() for _ in own], [list[Array]() for _ in own]
    for start in range(0, len(inputs), at_once):
        chosen, right = inputs[start : start + at_once], labels[start : start + at_once]
        exact = activations(chosen, relu, bias)
        without += int((exact[-1][:, :n_classes].argmax(axis=1) == right).sum())
        courses = forward(chosen, own, n_steps, layers, constants=given)
        counts = courses[-1].spikes[:, :, :n_classes].cumsum(axis=0)
        correct += (counts.argmax(axis=2) == right).sum(axis=1)
        spikes += sum(course.spikes.sum(axis=(1, 2), dtype=np.float64) for course in courses).cumsum()
        for number, (course, each) in enumerate(zip(courses, exact, strict=True)):
            found[number].append(np.maximum(each, 0).astype(np.float32))
            rates[number].append((course.spikes.sum(axis=0) / (n_steps - 1 - number)).astype(np.float32))
    return ConversionCurve(
        len(inputs),
        correct,
        spikes / len(inputs),
        without,
        [np.concatenate(each) for each in found],
        [np.concatenate(each) for each in rates],
    )
