"""A network of rectified units, trained by scikit-learn or elsewhere, converted into one of spiking neurons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import errors_within
from stdpbench.declare.parameters import Parameters, parameter, with_digest
from stdpbench.experiment.graph import Graph
from stdpbench.experiment.graph.bias import BIAS
from stdpbench.experiment.references.base import Learnt, Reference, Task, Trainer
from stdpbench.experiment.references.converted import network_table
from stdpbench.experiment.references.feed_forward import LAYERS, chain, layer_problems, neurons_of
from stdpbench.experiment.references.layer_file import read_layers
from stdpbench.experiment.references.loss import cross_entropy, left_out, rate_at
from stdpbench.experiment.references.relu_network import Array, Classifier, activations, scaled, scales_of
from stdpbench.kinds.encoding import Encoder
from stdpbench.kinds.neurons.lif_discrete import LIFDiscrete


class AnnConversion(Reference):
    r"""Train a network of rectified units, and convert it to spiking neurons whose rates represent its activations.

    scikit-learn's ``MLPClassifier`` learns with weights :math:`W_l`, without biases, from inputs :math:`a_0` between 0
    and 1:

    .. math:: a_l = \max(0, a_{l-1} W_l)

    The spiking network has integrate-and-fire neurons (``lif-discrete`` with :math:`\beta = 1` that subtract the
    threshold :math:`\vartheta`) and constant currents as input. Its weights are

    .. math:: W_l' = \vartheta\, W_l\, \lambda_{l-1} / \lambda_l, \qquad \lambda_0 = 1

    where :math:`\lambda_l` is a percentile of the activations of the layer that are larger than 0, over training
    pictures. The number of spikes of a neuron in T steps then approaches :math:`T\, a_l / \lambda_l`, up to one per
    step. Input of a step acts in the next one, so that layer l has l steps less than T. Neurons that are reset to zero
    lose the potential above the threshold, and their rates follow activations less closely.

    With a file `weights`, nothing is trained: its network, which may have convolutions, average pooling and biases, is
    converted in the same way (`stdpbench.experiment.references.converted`).

    Sources: Rueckauer et al. (2017); Diehl et al. (2015) for networks without biases.
    """

    kind: Literal["ann-conversion"] = "ann-conversion"

    percentile: float = parameter(
        99.9, unit="", gt=0, le=100, help="Percentile of a layer's activations that becomes one spike per step."
    )
    images: int = parameter(
        2000, ge=1, structural=True, help="Number of training pictures whose activations scale the weights."
    )
    learning_rate: float = parameter(1e-3, unit="", ge=0, le=1, help="η: step size of Adam.")
    decay: Literal["cosine", "none"] = parameter(
        "cosine", help="Whether the learning rate falls to 0 along a cosine, or stays."
    )
    batch: int = parameter(200, ge=1, le=100_000, structural=True, help="Pictures between two changes of weights.")
    weight_decay: float = parameter(
        1e-4,
        unit="",
        ge=0,
        structural=True,
        help="Strength of the penalty on squared weights: scikit-learn's alpha.",
    )
    dropout: float = parameter(
        0.2, unit="", ge=0, lt=1, help="Fraction of the inputs that are left out at random in training, as noise."
    )

    weights: str = parameter(
        "",
        structural=True,
        files="*.npz *.nir",
        help="File (.npz or .nir) of a trained network that is converted, rather than training one; empty: none.",
    )
    sha256: str = parameter("", structural=True, help="Digest of the network in this file; default: that of the file.")

    in_few_bits: ClassVar[bool] = False
    summary: ClassVar[str] = "A network of rectified units from scikit-learn, converted into spiking neurons"
    reference: ClassVar[str] = "Rueckauer et al. 2017, doi:10.3389/fnins.2017.00682"
    usual: ClassVar[Mapping[str, Any]] = {
        **LAYERS,
        "network.beta": 1.0,
        "network.gain": 1.4,
        "schedule.passes": 16,
        "schedule.stimulus": "50 ms",
    }

    @classmethod
    def declared_by(cls, mapping: Mapping[str, Any], where: str) -> tuple[type[Parameters], dict[str, Any]]:
        """Return class and values for a table, with the current digest of its file unless the table has one."""
        return cls, with_digest(mapping, "weights", where, lambda path: read_layers(path).digest)

    def to_mapping(self) -> dict[str, Any]:
        """Return the values as in a file, without a file of weights if there is none."""
        mapping = super().to_mapping()
        if not self.weights:
            del mapping["weights"], mapping["sha256"]
        return mapping

    @property
    def file(self) -> str:
        """File whose network is converted; empty: one is trained."""
        return self.weights

    @classmethod
    def usual_of_file(cls, file: str) -> Mapping[str, Any]:
        """Return the values that an experiment needs to run the network of a file; see `Reference`."""
        kept = {path: value for path, value in cls.usual.items() if not path.startswith("network.")}
        return {**kept, "schedule.passes": 0}

    @classmethod
    def network_of_file(cls, file: str) -> dict[str, Any]:
        """Return the table ``network`` for the network of a file; see `Reference`."""
        with errors_within("reference.weights: "):
            return network_table(read_layers(Path(file).expanduser().resolve()))

    def problems(self, graph: Graph, encoding: Encoder, n_steps: int) -> Iterator[str]:
        """Yield a sentence for each reason why a network cannot be trained; see `Reference.problems`."""
        if not encoding.currents:
            yield "encoding.kind must be 'current' for this reference, whose inputs are constant currents"
        if self.weights:
            names = [name for name, population in graph.populations.items() if population.neuron and name != BIAS]
        else:
            sentences = list(layer_problems(graph))
            yield from sentences
            if sentences:
                return
            names = [graph.projections[name].target for name in chain(graph)]
            if graph.n_read < 3:
                yield f"network.populations.{graph.read}.size must be at least 3: scikit-learn has one output for two"
        for name in names:
            neuron, where = graph.populations[name].neuron, f"network.populations.{name}.neuron"
            if not isinstance(neuron, LIFDiscrete):
                yield f"{where}.kind must be 'lif-discrete' for this reference"
            elif neuron.beta != 1:
                yield f"{where}.beta must be 1 for this reference, whose neurons keep all of their potential"
        if n_steps <= len(names):
            yield f"schedule.stimulus must be more than {len(names)} steps, so that spikes pass through all layers"

    def trainer(self, weights: Mapping[str, NDArray[Any]], task: Task) -> Trainer:
        """Return the trainer of a network; see `Reference.trainer`."""
        if self.weights:
            return FixedTrainer(weights, task)
        return ConversionTrainer(self, weights, task)


class FixedTrainer(Trainer):
    """A trainer that keeps the weights of a file unchanged."""

    batch = 1

    def learn(self, numbers: NDArray[np.int64], position: int) -> Learnt:
        """Change nothing; see `Trainer.learn`."""
        return Learnt(0.0, 0)

    def state(self) -> dict[str, NDArray[Any]]:
        """Return an empty state."""
        return {}

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Continue from a `state`."""


class ConversionTrainer(Trainer):
    """Trains a network of rectified units, whose scaled weights are those of the spiking network.

    Parameters
    ----------
    reference : AnnConversion
        The parameters, which may be replaced between two calls of `learn`.
    weights, task
        As for `Trainer`.
    """

    def __init__(self, reference: AnnConversion, weights: Mapping[str, NDArray[Any]], task: Task) -> None:
        super().__init__(weights, task)
        self.reference = reference
        self.batch = reference.batch
        names = chain(task.graph)
        self._targets = [task.graph.projections[name].target for name in names]
        self._weights: list[Array] = [self.weights[name] for name in names]
        self._thresholds = np.array([neurons_of(task.graph, name).threshold for name in self._targets])
        self._scales = np.ones(len(names))
        self._classifier = Classifier(self._unscaled(), reference.weight_decay)

    def learn(self, numbers: NDArray[np.int64], position: int) -> Learnt:
        """Show pictures in batches, each of which changes the weights; see `Trainer.learn`."""
        self._take_weights()
        loss, correct = 0.0, 0
        for start in range(0, len(numbers), self.batch):
            batch = numbers[start : start + self.batch]
            inputs, labels = self._inputs(batch, position + start), self.task.labels[batch]
            outputs = activations(inputs, self._classifier.weights)[-1]
            batch_loss, n_correct, _ = cross_entropy(outputs, labels, self.task.n_classes, 1.0)
            loss, correct = loss + batch_loss * len(batch), correct + n_correct
            rate = rate_at(position + start, self.task.total, self.reference.learning_rate, self.reference.decay)
            self._classifier.step(inputs, labels, rate)
        shown = np.arange(min(self.reference.images, len(self.task.labels)))
        layers = activations(self._of(shown), self._classifier.weights)
        self._scales = scales_of(layers, self.reference.percentile)
        for weight, w in zip(self._weights, self._converted(), strict=True):
            weight[...] = w
        values = {f"{name}.scale": float(scale) for name, scale in zip(self._targets, self._scales, strict=True)}
        return Learnt(loss / len(numbers), correct, values)

    def state(self) -> dict[str, NDArray[Any]]:
        """Return the scales, the weights before scaling, and the state of Adam."""
        return {"scales": self._scales.copy(), **self._classifier.state()}

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Continue from a `state`."""
        self._scales = np.array(state["scales"], np.float64)
        self._classifier.restore(state)

    def _converted(self) -> list[Array]:
        """Return the weights of the spiking network."""
        weights = scaled(self._classifier.weights, self._scales)
        return [w * w.dtype.type(threshold) for w, threshold in zip(weights, self._thresholds, strict=True)]

    def _unscaled(self) -> list[Array]:
        """Return the weights before scaling, computed from the current weights of the spiking network."""
        weights = scaled(self._weights, 1 / self._scales)
        return [w / w.dtype.type(threshold) for w, threshold in zip(weights, self._thresholds, strict=True)]

    def _take_weights(self) -> None:
        """Take over the weights of the spiking network if they have changed since the last call of `learn`."""
        if any(not np.array_equal(w, left) for w, left in zip(self._weights, self._converted(), strict=True)):
            self._classifier.set(self._unscaled())

    def _of(self, numbers: NDArray[np.int64]) -> Array:
        return self.task.inputs(numbers).astype(self._weights[0].dtype, copy=False)

    def _inputs(self, numbers: NDArray[np.int64], position: int) -> Array:
        return left_out(self._of(numbers), self.reference.dropout, (self.task.seed, _DROPOUT, position))


_DROPOUT = 302  # number of the random stream of dropout
