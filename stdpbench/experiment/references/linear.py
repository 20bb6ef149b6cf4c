"""A linear read-out: output neurons whose input is a weighted sum of the inputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.declare.parameters import parameter
from stdpbench.experiment.graph import Graph
from stdpbench.experiment.references.base import Learnt, Reference, Task, Trainer
from stdpbench.experiment.references.feed_forward import LAYERS, chain, layer_problems
from stdpbench.experiment.references.loss import cross_entropy, rate_at
from stdpbench.experiment.references.optimizer import Adam, AdamTrainer
from stdpbench.kinds.encoding import Encoder


class Linear(Reference):
    r"""Multinomial logistic regression, whose sums are the input currents of spiking output neurons.

    .. math::

        z = s\, x W, \qquad p_c = \frac{e^{z_c}}{\sum_{c'} e^{z_{c'}}}, \qquad
        L = -\ln p_y + \frac{\lambda}{2} \sum W^2

    for inputs x, classes y and a penalty :math:`\lambda` on weights. There are no hidden layers and no bias. An output
    neuron without leak (:math:`\beta = 1`) counts its sum in units of the threshold: over T steps it fires about
    :math:`T\, (xW)_c / \vartheta` times, at most once per step, so that the neuron with the largest sum fires most.
    Sums are distinguished to one spike in T. Since the gradient of L adds up to 0 over the classes, so do the sums:
    the largest one is positive.
    """

    kind: Literal["linear"] = "linear"

    loss_scale: float = parameter(30.0, unit="", gt=0, help="s: factor on the sums in the softmax.")
    learning_rate: float = parameter(1e-3, unit="", ge=0, le=1, help="η: step size of Adam.")
    decay: Literal["cosine", "none"] = parameter(
        "cosine", help="Whether the learning rate falls to 0 along a cosine, or stays."
    )
    penalty: float = parameter(0.0, unit="", ge=0, help="λ: penalty on the squares of the weights.")
    batch: int = parameter(100, ge=1, le=100_000, structural=True, help="Pictures between two changes of weights.")

    summary: ClassVar[str] = "Logistic regression, whose sums drive spiking output neurons"
    reference: ClassVar[str] = "Bishop 2006, Pattern Recognition and Machine Learning, section 4.3.4"
    usual: ClassVar[Mapping[str, Any]] = {
        **LAYERS,
        "network.hidden": (),
        "network.beta": 1.0,
        "network.gain": 0.0,
        "schedule.passes": 10,
        "schedule.stimulus": "200 ms",
    }

    def problems(self, graph: Graph, encoding: Encoder, n_steps: int) -> Iterator[str]:
        """Yield a sentence for each reason why a network cannot be trained; see `Reference.problems`."""
        sentences = list(layer_problems(graph))
        yield from sentences
        if not sentences and len(chain(graph)) != 1:
            yield "network.hidden must be [] for this reference, which has no hidden layers"
        if not encoding.currents:
            yield "encoding.kind must be 'current' for this reference, which trains with constant input currents"

    def trainer(self, weights: Mapping[str, NDArray[Any]], task: Task) -> Trainer:
        """Return the trainer of a network; see `Reference.trainer`."""
        return LinearTrainer(self, weights, task)


class LinearTrainer(AdamTrainer):
    """Trains a linear read-out with batches.

    Parameters
    ----------
    reference : Linear
        The parameters.
    weights, task
        As for `Trainer`.
    """

    def __init__(self, reference: Linear, weights: Mapping[str, NDArray[Any]], task: Task) -> None:
        super().__init__(weights, task)
        self.reference, self.batch = reference, reference.batch
        (self._name,) = chain(task.graph)
        self.optimizer = Adam([self.weights[self._name]])

    def learn(self, numbers: NDArray[np.int64], position: int) -> Learnt:
        """Show pictures in batches, each of which changes the weights; see `Trainer.learn`."""
        loss, correct, norm, reference = 0.0, 0, 0.0, self.reference
        starts = range(0, len(numbers), self.batch)
        for start in starts:
            batch = numbers[start : start + self.batch]
            batch_loss, n_correct, gradient = self.gradient(self.task.inputs(batch), self.task.labels[batch])
            rate = rate_at(position + start, self.task.total, reference.learning_rate, reference.decay)
            self.optimizer.step([gradient], rate)
            loss += batch_loss * len(batch)
            correct += n_correct
            norm += float(np.sqrt((gradient * gradient).sum()))
        return Learnt(loss / len(numbers), correct, {"gradient": norm / len(starts)})

    def gradient(self, inputs: NDArray[Any], labels: NDArray[np.int64]) -> tuple[float, int, NDArray[Any]]:
        """Return the mean loss, the number of correct answers, and the gradient of the loss.

        Parameters
        ----------
        inputs : ndarray, (n, n_input)
            Input currents.
        labels : ndarray, int64, (n,)
            Classes.
        """
        reference, w = self.reference, self.weights[self._name]
        inputs = inputs.astype(w.dtype, copy=False)
        loss, correct, g = cross_entropy(inputs @ w, labels, self.task.n_classes, reference.loss_scale)
        loss += 0.5 * reference.penalty * float((w * w).sum())
        return loss, correct, inputs.T @ g + w.dtype.type(reference.penalty) * w
