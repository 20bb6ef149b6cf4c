"""Layers of neurons that fire once, trained by the gradient of their spike times."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.data.datasets import Source
from stdpbench.data.datasets.tabular import Tabular
from stdpbench.declare.parameters import parameter
from stdpbench.experiment.graph import Graph
from stdpbench.experiment.references.base import Learnt, Reference, Task, Trainer
from stdpbench.experiment.references.loss import cross_entropy, rate_at
from stdpbench.experiment.references.optimizer import Adam
from stdpbench.experiment.references.spike_times import Cell, Fired, Floats, fire, of_times, of_weights
from stdpbench.experiment.references.timed_chain import timed_chain, timed_problems
from stdpbench.kinds.encoding import Encoder


class SpikeProp(Reference):
    r"""Gradient descent on spike times: every neuron fires once, and output neuron c fires first for class c.

    With the times t of the m outputs for one input of class y, the loss is

    .. math::

        L = \frac{1}{2} \sum_c (t_c - \hat t_c)^2, \qquad \hat t_y = t_{early}, \quad \hat t_c = t_{late}

    or, with ``loss = "first"``, the cross-entropy of the softmax of :math:`-s\, t`, in which only differences of spike
    times count (Mostafa 2018, doi:10.1109/TNNLS.2017.2726060): with many classes, most outputs are late ones, and the
    first loss hardly tells the few early ones apart.

    `stdpbench.experiment.references.spike_times` has the gradient. It contains :math:`1/v'`, which is infinite where
    the potential only just touches the threshold: the slope counts as at least `least_slope`. A neuron that does not
    fire has no spike time to change. An output neuron that is silent for an input (with ``loss = "first"``, for one
    of its class), and a hidden one that is silent for all inputs of a batch, therefore add :math:`\kappa\, (1 -
    v_{max}/\vartheta)` to the loss, which raises the maximum of their potential until they fire.

    In training, spikes occur at the time steps of the simulator, and the gradient passes through this rounding
    unchanged. Adam changes the weights after each batch.

    Source: Bohte, Kok & La Poutré (2002), with Adam in the place of a fixed learning rate, a remedy for silent
    neurons, and one output per class.
    """

    kind: Literal["spikeprop"] = "spikeprop"

    loss: Literal["times", "first"] = parameter(
        "times", structural=True, help="What the loss compares: spike times with early and late, or with each other."
    )
    loss_scale: float = parameter(
        1.0, unit="", gt=0, help="s: factor on spike times in ms in the softmax, with loss = 'first'."
    )
    early: float = parameter(12.0, unit="ms", ge=0, help="Time at which the output of the class should fire.")
    late: float = parameter(18.0, unit="ms", ge=0, help="Time at which the other outputs should fire.")
    learning_rate: float = parameter(3e-3, unit="", ge=0, le=10, help="η: step size of Adam.")
    decay: Literal["cosine", "none"] = parameter(
        "cosine", help="Whether the learning rate falls to 0 along a cosine, or stays."
    )
    batch: int = parameter(25, ge=1, le=100_000, structural=True, help="Inputs between two changes of weights.")
    least_slope: float = parameter(
        0.05, unit="", gt=0, help="Slope of the potential, in thresholds per ms, below which it counts as this one."
    )
    silent: float = parameter(
        20.0, unit="", ge=0, help="κ: weight of silent neurons in the loss, in ms² per threshold."
    )

    summary: ClassVar[str] = "One spike per neuron and delayed synapses, trained by the gradient of spike times"
    reference: ClassVar[str] = "Bohte, Kok & La Poutré 2002, doi:10.1016/S0925-2312(01)00658-0"
    takes: ClassVar[Literal["currents", "times"]] = "times"
    usual: ClassVar[Mapping[str, Any]] = {
        "network.kind": "timed-layers",
        "network.hidden": (60,),
        "encoding.kind": "latency",
        "encoding.duration": "10 ms",
        "encoding.x_min": 0.2,
        "schedule.order": "shuffled",
        "schedule.rest": "0 ms",
        "schedule.between": "reset",
        "schedule.min_spikes": 0,
        "schedule.max_attempts": 1,
        "schedule.stimulus": "40 ms",
        "schedule.passes": 15,
        "network.dt": 0.5,
        "reference.loss": "first",
        "reference.batch": 50,
    }

    @classmethod
    def usual_for(cls, data: Source) -> Mapping[str, Any]:
        """Return `usual`; rows of a table get overlapping fields for each value, as in the source."""
        if not isinstance(data, Tabular):
            return cls.usual
        fields = {"encoding.kind": "population", "encoding.fields": 5, "encoding.duration": "10 ms"}
        others = {name: value for name, value in cls.usual.items() if name not in _OF_PICTURES}
        return {**others, **fields, "network.hidden": (10,), "schedule.passes": 50}

    def problems(self, graph: Graph, encoding: Encoder, n_steps: int) -> Iterator[str]:
        """Yield a sentence for each way in which a network cannot be trained; see `Reference.problems`."""
        yield from timed_problems(graph, n_steps * graph.dt)
        if not encoding.one_spike:
            yield (
                "encoding must give each input at most one spike, at a time that its value alone sets, for this "
                "reference: kind = 'latency' or 'population' with a duration, or 'rank-order' with a step"
            )
        if max(self.early, self.late) >= n_steps * graph.dt:
            yield "reference.early and reference.late must lie before the end of schedule.stimulus"

    def trainer(self, weights: Mapping[str, NDArray[Any]], task: Task) -> Trainer:
        """Return what trains a network; see `Reference.trainer`."""
        return SpikePropTrainer(self, weights, task)


_OF_PICTURES = ("encoding.x_min", "network.dt", "reference.loss", "reference.batch")
"""What is usual for pictures and not for rows of a table."""


class SpikePropTrainer(Trainer):
    """Trains layers of neurons that fire once.

    Parameters
    ----------
    reference : SpikeProp
        The parameters, which may be replaced between two calls of `learn`.
    weights, task
        As for `Trainer`; the inputs of the task are time steps, infinite for inputs that do not fire.
    """

    def __init__(self, reference: SpikeProp, weights: Mapping[str, NDArray[Any]], task: Task) -> None:
        super().__init__(weights, task)
        self.reference, self.batch = reference, reference.batch
        self.layers = timed_chain(task.graph)
        self._flat = [self.weights[name] for layer in self.layers for name in layer.projections]
        self._adam = Adam(self._flat)

    def learn(self, numbers: NDArray[np.int64], position: int) -> Learnt:
        """Show inputs in batches, each of which changes the weights; see `Trainer.learn`."""
        made, task = self.reference, self.task
        loss, correct, norm, first = 0.0, 0, 0.0, 0.0
        silent = np.zeros(len(self.layers))
        starts = range(0, len(numbers), self.batch)
        for start in starts:
            chosen = numbers[start : start + self.batch]
            times = task.inputs(chosen).astype(np.float64) * task.graph.dt
            fired = self.forward(times, task.graph.dt)
            one, gradients = self.gradients(fired, task.labels[chosen])
            flat = [w for layer in gradients for w in layer]
            kept = [g.astype(w.dtype) for g, w in zip(flat, self._flat, strict=True)]
            rate = rate_at(position + start, task.total, made.learning_rate, made.decay)
            self._adam.step(kept, rate)
            loss += one * len(chosen)
            correct += int((decided(fired[-1].times) == task.labels[chosen]).sum())
            norm += float(np.sqrt(sum(float((g * g).sum()) for g in flat)))
            silent += [len(chosen) * float((~layer.fires).mean()) for layer in fired]
            first += float(np.minimum(fired[-1].times.min(axis=1), fired[-1].cell.end).sum())
        n = len(numbers)
        values = {"gradient": norm / len(starts), "first.ms": first / n}
        values |= {f"{layer.name}.silent": float(x) / n for layer, x in zip(self.layers, silent, strict=True)}
        return Learnt(loss / n, correct, values)

    def forward(self, times: Floats, step: float) -> list[Fired]:
        """Return when the neurons of each layer fire.

        Parameters
        ----------
        times : ndarray, float64, (n, n_input)
            Spike times of the inputs, in ms; infinite for inputs that do not fire.
        step : float
            Time step of the simulator whose spikes these are, in ms; 0: times are exact.
        """
        found, dt = list[Fired](), self.task.graph.dt
        for layer, w in zip(self.layers, self._stacked(), strict=True):
            cell = Cell(layer.tau, layer.threshold, (self.task.n_steps - 1) * dt, step)
            found.append(fire(times, w, np.array(layer.delays), cell))
            times = found[-1].times
        return found

    def gradients(self, fired: list[Fired], labels: NDArray[np.int64]) -> tuple[float, list[Floats]]:
        """Return the mean loss, and its gradient for each layer: float64, (n_delays, n_source, n_neurons).

        Parameters
        ----------
        fired : list of Fired
            What `forward` returned.
        labels : ndarray, int64, (n,)
            Classes.
        """
        made = self.reference
        loss, slower, pushed = self._of_outputs(fired[-1], labels)
        found = list[Floats]()
        for number, (layer, w) in reversed(list(enumerate(zip(fired, self._stacked(), strict=True)))):
            theta = layer.cell.threshold
            loss += made.silent * float(np.where(pushed, 1 - layer.peak / theta, 0.0).sum())
            change = np.where(pushed, made.silent / theta, slower / np.maximum(layer.slope, made.least_slope * theta))
            change /= len(labels)
            found.append(of_weights(layer, w.shape, change))
            if number:
                slower = of_times(layer, w, change) * len(labels)
                pushed = np.broadcast_to(~fired[number - 1].fires.any(axis=0), fired[number - 1].times.shape)
        return loss / len(labels), found[::-1]

    def _of_outputs(self, last: Fired, labels: NDArray[np.int64]) -> tuple[float, Floats, NDArray[np.bool_]]:
        """Return the sum of the loss of spike times, its gradient, and which outputs must not be silent."""
        made, rows = self.reference, np.arange(len(labels))
        if made.loss == "first":
            times = np.where(last.fires, last.times, last.cell.end)
            loss, _, gradient = cross_entropy(-times, labels, self.task.n_classes, made.loss_scale)
            own = np.zeros(times.shape, bool)
            own[rows, labels] = True
            return loss * len(labels), np.where(last.fires, -gradient * len(labels), 0.0), own & ~last.fires
        wanted = np.full(last.times.shape, made.late)
        wanted[rows, labels] = made.early
        apart = np.where(last.fires, last.times, wanted) - wanted
        return 0.5 * float((apart**2).sum()), apart, ~last.fires

    def state(self) -> dict[str, NDArray[Any]]:
        """Return the state of Adam."""
        return dict(self._adam.state())

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Continue from a state of Adam."""
        self._adam.restore(state)

    def _stacked(self) -> list[Floats]:
        """The weights of each layer, float64, (n_delays, n_source, n_neurons)."""
        return [
            np.stack([self.weights[name] for name in layer.projections]).astype(np.float64) for layer in self.layers
        ]


def decided(times: Floats) -> NDArray[np.int64]:
    """Return the class of each input: the output that fires first, in a tie the lowest, -1 if none fires.

    Parameters
    ----------
    times : ndarray, float64, (n, n_outputs)
        Spike times of the outputs, infinite for those that do not fire.
    """
    return np.where(np.isfinite(times).any(axis=1), times.argmin(axis=1), -1).astype(np.int64)
