"""Layers of spiking neurons, trained by back-propagation through time with a surrogate gradient."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.declare.parameters import parameter
from stdpbench.experiment.graph import Graph
from stdpbench.experiment.references.base import Learnt, Reference, Task, Trainer
from stdpbench.experiment.references.feed_forward import LAYERS, chain, layer_problems, neurons_of
from stdpbench.experiment.references.loss import cross_entropy, left_out, rate_at
from stdpbench.experiment.references.optimizer import Adam, AdamTrainer
from stdpbench.experiment.references.spiking_layers import Buffers, Course, Neurons, backward, forward
from stdpbench.experiment.references.surrogates import USUAL_K, Kind, Surrogate
from stdpbench.kinds.encoding import Encoder


class SurrogateGradient(Reference):
    r"""Back-propagation through time, with a surrogate for the derivative of a spike.

    The network is one of layers of `lif-discrete` (``network.kind = "layers"``), whose input is a constant current per
    pixel. The loss is the cross-entropy L of the softmax of the outputs o, for pictures of class y:

    .. math::

        p_c = \frac{e^{s\, o_c}}{\sum_{c'} e^{s\, o_{c'}}}, \qquad L = -\ln p_y

    o is the number of spikes of each output neuron (``counts``), or the mean of the potential that it would have
    without resets (``membrane``). In both cases, the class of a picture is the output neuron with the most spikes when
    the network is tested. `stdpbench.experiment.references.spiking_layers` has the gradient, and Adam changes the
    weights after each batch. `learning_rate` falls to 0 along a cosine over the whole training, or stays.

    Sources: Neftci, Mostafa & Zenke (2019); Zenke & Ganguli (2018).
    """

    kind: Literal["surrogate-gradient"] = "surrogate-gradient"

    surrogate: Kind = parameter(
        "arctan", structural=True, help="Function that replaces the derivative of a spike in the backward pass."
    )
    k: float | None = parameter(
        None,
        unit="",
        gt=0,
        le=1e4,
        help="k: steepness of the surrogate; none: 25 for fast-sigmoid and sigmoid, 2 for arctan, 1 for triangle.",
    )
    loss: Literal["counts", "membrane"] = parameter(
        "counts", structural=True, help="What the loss compares with the classes: output spikes, or potentials."
    )
    loss_scale: float = parameter(0.3, unit="", gt=0, help="s: factor on the outputs in the softmax.")
    learning_rate: float = parameter(2e-3, unit="", ge=0, le=1, help="η: step size of Adam.")
    decay: Literal["cosine", "none"] = parameter(
        "cosine", help="Whether the learning rate falls to 0 along a cosine, or stays."
    )
    batch: int = parameter(100, ge=1, le=100_000, structural=True, help="Pictures between two changes of weights.")
    through_reset: bool = parameter(True, help="Whether the gradient also passes through the reset after a spike.")
    dropout: float = parameter(
        0.2, unit="", ge=0, lt=1, help="Fraction of the inputs that are left out at random in training, as noise."
    )

    summary: ClassVar[str] = "Back-propagation through time with a surrogate for the derivative of a spike"
    reference: ClassVar[str] = "Neftci et al. 2019, doi:10.1109/MSP.2019.2931595"
    usual: ClassVar[Mapping[str, Any]] = {
        **LAYERS,
        "schedule.passes": 16,
        "schedule.stimulus": "25 ms",
    }

    def problems(self, graph: Graph, encoding: Encoder, n_steps: int) -> Iterator[str]:
        """Yield a sentence for each reason why a network cannot be trained; see `Reference.problems`."""
        yield from layer_problems(graph)
        if not encoding.currents:
            yield "encoding.kind must be 'current' for this reference, which trains with constant input currents"

    def trainer(self, weights: Mapping[str, NDArray[Any]], task: Task) -> Trainer:
        """Return the trainer of a network; see `Reference.trainer`."""
        return SurrogateTrainer(self, weights, task)


class SurrogateTrainer(AdamTrainer):
    r"""Trains layers of spiking neurons by `spiking_layers.backward`.

    For each layer, `learn` returns its ``spikes`` per picture; ``gradient``, the mean over batches of the norm of the
    gradient with respect to its weights; ``silent``, the share of its neurons without a spike in this part; and
    ``dead`` and ``always``, the shares of neurons that have fired for no picture and for every picture since the pass
    began.

    Parameters
    ----------
    reference : SurrogateGradient
        The parameters, which may be replaced between two calls of `learn`.
    weights, task
        As for `Trainer`.
    """

    def __init__(self, reference: SurrogateGradient, weights: Mapping[str, NDArray[Any]], task: Task) -> None:
        super().__init__(weights, task)
        self.reference = reference
        self.batch = reference.batch
        names = chain(task.graph)
        self._targets = [task.graph.projections[name].target for name in names]
        self._weights = [self.weights[name] for name in names]
        self.optimizer = Adam(self._weights)
        self._buffers = Buffers()
        self._shown = 0  # pictures since the pass began; `_answered`: for how many of them each neuron has fired
        self._answered = [np.zeros(w.shape[1], np.int64) for w in self._weights]

    @property
    def _layers(self) -> list[Neurons]:
        """The neurons of each layer; the last layer may not spike in training."""
        layers = [neurons_of(self.task.graph, name) for name in self._targets]
        if self.reference.loss == "membrane":
            layers[-1] = Neurons(layers[-1].beta, layers[-1].threshold, "none")
        return layers

    def learn(self, numbers: NDArray[np.int64], position: int) -> Learnt:
        """Show pictures in batches, each of which changes the weights; see `Trainer.learn`."""
        loss, correct, norm = 0.0, 0, 0.0
        spikes, norms = [np.zeros(w.shape[1]) for w in self._weights], np.zeros(len(self._weights))
        starts = range(0, len(numbers), self.batch)
        if position % max(1, len(self.task.labels)) == 0:
            self._shown = 0
            for counts in self._answered:
                counts[...] = 0
        for start in starts:
            batch = numbers[start : start + self.batch]
            inputs = self._inputs(batch, position + start)
            batch_loss, n_correct, gradients, courses = self.gradients(inputs, self.task.labels[batch])
            rate = rate_at(position + start, self.task.total, self.reference.learning_rate, self.reference.decay)
            self.optimizer.step(gradients, rate)
            loss += batch_loss * len(batch)
            correct += n_correct
            squares = [float((g * g).sum()) for g in gradients]
            norm += float(np.sqrt(sum(squares)))
            norms += np.sqrt(squares)
            for total, answered, course in zip(spikes, self._answered, courses, strict=True):
                of_picture = course.spikes.sum(axis=0)
                total += of_picture.sum(axis=0)
                answered += np.count_nonzero(of_picture, axis=0)
        n = len(numbers)
        self._shown += n
        values = {"gradient": norm / len(starts)}
        for name, total, answered, length in zip(self._targets, spikes, self._answered, norms, strict=True):
            values[f"{name}.spikes"] = float(total.sum()) / n
            values[f"{name}.silent"] = float((total == 0).mean())
            values[f"{name}.gradient"] = float(length) / len(starts)
            values[f"{name}.dead"] = float((answered == 0).mean())
            values[f"{name}.always"] = float((answered == self._shown).mean())
        return Learnt(loss / n, correct, values)

    def gradients(
        self, inputs: NDArray[Any], labels: NDArray[np.int64]
    ) -> tuple[float, int, list[NDArray[Any]], list[Course]]:
        """Return mean loss, number of correct answers, gradients of the loss, and the courses of the layers.

        Parameters
        ----------
        inputs : ndarray, (n, n_input)
            Current of each input.
        labels : ndarray, int64, (n,)
            Classes.
        """
        reference, layers = self.reference, self._layers
        courses = forward(inputs, self._weights, self.task.n_steps, layers, buffers=self._buffers)
        last, counts = courses[-1], reference.loss == "counts"
        outputs = last.spikes.sum(axis=0) if counts else last.v.mean(axis=0)
        loss, correct, g = cross_entropy(outputs, labels, self.task.n_classes, reference.loss_scale)
        if not counts:
            g /= inputs.dtype.type(self.task.n_steps)
        g_outputs = np.broadcast_to(g, last.v.shape)
        surrogate = Surrogate(
            reference.surrogate, USUAL_K[reference.surrogate] if reference.k is None else reference.k
        )
        gradients = backward(
            inputs,
            self._weights,
            courses,
            layers,
            surrogate,
            g_outputs if counts else None,
            None if counts else g_outputs,
            through_reset=reference.through_reset,
            buffers=self._buffers,
        )
        return loss, correct, gradients, courses

    def state(self) -> dict[str, NDArray[Any]]:
        """Return the state of Adam, and the number of pictures of this pass for which each neuron has fired."""
        answered = {f"answered{number}": counts.copy() for number, counts in enumerate(self._answered)}
        return {**super().state(), "shown": np.array(self._shown), **answered}

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Continue from a `state`."""
        super().restore(state)
        self._shown = int(state["shown"])
        for number, counts in enumerate(self._answered):
            counts[...] = state[f"answered{number}"]

    def _inputs(self, numbers: NDArray[np.int64], position: int) -> NDArray[Any]:
        inputs = self.task.inputs(numbers).astype(self._weights[0].dtype, copy=False)
        return left_out(inputs, self.reference.dropout, (self.task.seed, _DROPOUT, position))


_DROPOUT = 301  # number of the random stream of dropout
