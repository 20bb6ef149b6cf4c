r"""SpikeProp: layers of neurons that fire once, each connected to the next by delays, trained by their spike times.

The potential of a neuron is a sum over synapses, each of which gets one spike, at the time a:

.. math::

    v(t) = \sum_{a_s < t} w_s\, \epsilon(t - a_s), \qquad
    \epsilon(x) = \frac{x}{\tau}\, e^{1 - x/\tau} = \frac{e}{\tau}\, e^{-t/\tau}\, e^{a/\tau}\, (t - a)

so between two arrivals, :math:`v(t) = (e/\tau)\, e^{-t/\tau} (P\, t - Q)` with the sums P of
:math:`w_s e^{a_s/\tau}` and Q of :math:`w_s a_s e^{a_s/\tau}` so far, and the first crossing of the threshold follows
without time steps. If the neuron fires at t, the implicit function theorem gives

.. math::

    \frac{\partial t}{\partial w_s} = -\frac{\epsilon(t - a_s)}{v'(t)}, \qquad
    \frac{\partial t}{\partial a_s} = \frac{w_s\, \epsilon'(t - a_s)}{v'(t)}

Source: Bohte, Kok & La Poutré (2002), equations 7 to 19; they compute v in steps of time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.data.datasets import Source
from stdpbench.data.datasets.tabular import Tabular
from stdpbench.declare.parameters import parameter
from stdpbench.experiment.graph import Graph
from stdpbench.experiment.references.base import Learnt, Reference, Task, Trainer
from stdpbench.experiment.references.feed_forward import projection_problems
from stdpbench.experiment.references.loss import cross_entropy, rate_at
from stdpbench.experiment.references.optimizer import Adam, AdamTrainer
from stdpbench.experiment.templates.timed_layers import G_L
from stdpbench.kinds.encoding import Encoder
from stdpbench.kinds.neurons.lif_current import LIFCurrent


@dataclass(frozen=True)
class TimedLayer:
    """A layer of neurons, and the projections to it.

    Attributes
    ----------
    name : str
        Population.
    projections : tuple of str
        One for each delay.
    delays : tuple of float
        In ms.
    tau : float
        Time constant of the potential, in ms.
    threshold : float
        In mV, the unit of the weights.
    """

    name: str
    projections: tuple[str, ...]
    delays: tuple[float, ...]
    tau: float
    threshold: float


def timed_chain(graph: Graph) -> list[TimedLayer]:
    """Return the layers from the first one after the input to the one that is read.

    Empty if they are not a chain in which each layer has one source. Projections of a population to itself, such as
    lateral inhibition, are ignored.
    """
    layers, population, used = list[TimedLayer](), graph.read, set[str]()
    while population != graph.input:
        into = {
            name: projection
            for name, projection in graph.projections.items()
            if projection.target == population and projection.source != population
        }
        sources, neuron = {projection.source for projection in into.values()}, graph.populations[population].neuron
        if len(sources) != 1 or population in used or not isinstance(neuron, LIFCurrent):
            return []
        used.add(population)
        delays = tuple(projection.delay.longest for projection in into.values())
        layers.append(TimedLayer(population, tuple(into), delays, neuron.tau_m, neuron.v_thresh - neuron.v_rest))
        population = sources.pop()
    return layers[::-1]


def timed_problems(graph: Graph, duration: float) -> Iterator[str]:
    """Yield a sentence for each reason why SpikeProp cannot train a network.

    Parameters
    ----------
    graph : Graph
        The network.
    duration : float
        Of a presentation, in ms.
    """
    layers = timed_chain(graph)
    lateral = [
        name for name, projection in graph.projections.items() if projection.source == projection.target == graph.read
    ]
    if not layers or sum(len(layer.projections) for layer in layers) + len(lateral) < len(graph.projections):
        yield (
            "network must be a chain of layers of the neuron 'lif-current' from the input to the population that is "
            "read to be trained by this reference; use network.kind = 'timed-layers'"
        )
        return
    for layer in layers:
        for name in layer.projections:
            yield from projection_problems(graph, name)
            if graph.projections[name].delay.form == "each":
                yield f"network.projections.{name} must have one delay to be trained by this reference"
        neuron, at = graph.populations[layer.name].neuron, f"network.populations.{layer.name}.neuron"
        assert isinstance(neuron, LIFCurrent)
        if not neuron.tau_m == neuron.tau_exc == neuron.tau_inh:
            yield f"{at}.tau_exc and tau_inh must equal tau_m for this reference, so that potentials are alpha-shaped"
        if abs(neuron.g_L / G_L - 1) > 1e-9 or neuron.I_background:
            yield f"{at}.g_L must be {G_L:.15g} and I_background 0 for this reference, so that weights are in mV"
        if neuron.t_ref < duration:
            yield f"{at}.t_ref must be at least schedule.stimulus for this reference, so that neurons fire once"
    for name in lateral:
        if graph.projections[name].receptor != "I_inh":
            yield f"network.projections.{name}.receptor must be 'I_inh' to be trained by this reference"


Floats = NDArray[np.float64]
_HALVINGS = 50
_ROUNDING = 1e-9  # of a step: a time that exceeds a step by less lies on it


@dataclass(frozen=True)
class Cell:
    """Parameters of the neurons of a layer, and the time within which they can fire.

    Attributes
    ----------
    tau : float
        Time constant of the potential, in ms.
    threshold : float
        Potential that a spike exceeds, in the unit of the weights.
    end : float
        No neuron fires later than this, in ms.
    step : float
        Time step in ms: arrivals are rounded to its multiples, and spikes occur at the first multiple at which v
        exceeds the threshold, as in a simulator. 0: times are exact.
    """

    tau: float
    threshold: float
    end: float
    step: float = 0.0


@dataclass(frozen=True, eq=False)
class Fired:
    r"""Spike times of a layer, and the quantities that its gradient needs.

    Attributes
    ----------
    times : ndarray, float64, (n, n_neurons)
        Spike times, in ms; infinite for neurons that do not fire.
    exact : ndarray, float64, (n, n_neurons)
        Time of the crossing before rounding, in ms; for a silent neuron, time of the maximum of its potential.
    slope : ndarray, float64, (n, n_neurons)
        Slope of v at the crossing, per ms.
    peak : ndarray, float64, (n, n_neurons)
        Maximum of v for silent neurons; for others, v at the crossing.
    cell : Cell
        The neurons.
    arrivals : ndarray, float64, (n, n_synapses)
        Arrival of the spike of each synapse, in ms, at most the end. Synapses are numbered by delay, then source.
    rank : ndarray, int64, (n, n_synapses)
        Number of the interval between two arrivals that an arrival begins.
    last : ndarray, int64, (n, n_neurons)
        Number of the interval in which `exact` lies.
    rising, delayed : sparse array, (n * n_intervals, n_synapses)
        :math:`e^{a/\tau}` and :math:`a\, e^{a/\tau}` where the spike of a synapse begins an interval.
    """

    times: Floats
    exact: Floats
    slope: Floats
    peak: Floats
    cell: Cell
    arrivals: Floats
    rank: NDArray[np.int64]
    last: NDArray[np.int64]
    rising: Any
    delayed: Any

    @property
    def fires(self) -> NDArray[np.bool_]:
        """Whether each neuron fires, (n, n_neurons)."""
        return np.isfinite(self.times)


def fire(times: Floats, weights: Floats, delays: Floats, cell: Cell) -> Fired:
    """Compute the spike times of a layer.

    Parameters
    ----------
    times : ndarray, float64, (n, n_source)
        Spike times of the sources for each input, in ms; infinite where one does not fire.
    weights : ndarray, float64, (n_delays, n_source, n_neurons)
        Maximum of the potential that a spike evokes.
    delays : ndarray, float64, (n_delays,)
        Times from a spike to its arrival, in ms.
    cell : Cell
        The neurons.
    """
    n, n_synapses, n_neurons = len(times), weights.shape[0] * weights.shape[1], weights.shape[2]
    arrivals = (times[:, None, :] + delays[None, :, None]).reshape(n, n_synapses)
    if cell.step:
        arrivals = np.rint(arrivals / cell.step) * cell.step
    arrivals = np.minimum(arrivals, cell.end)
    rank, starts = _intervals(arrivals, cell.end)
    rising, delayed = _matrices(arrivals, rank, starts.shape[1], cell)
    flat = weights.reshape(n_synapses, n_neurons)
    shape = (n, starts.shape[1], n_neurons)
    p = np.asarray(rising @ flat).reshape(shape).cumsum(axis=1)
    q = np.asarray(delayed @ flat).reshape(shape).cumsum(axis=1)
    ends = np.append(starts[:, 1:], np.full((n, 1), cell.end), axis=1)[:, :, None]
    top = _highest(p, q, starts[:, :, None], ends, cell)
    # if v falls from the start of an interval on, its maximum is at the end of the interval before
    reached = np.where(top > starts[:, :, None], _potential(top, p, q, cell.tau), -np.inf)
    above = reached > cell.threshold
    fires = above.any(axis=1)
    last = np.where(fires, above.argmax(axis=1), reached.argmax(axis=1))
    p, q, top, reached = (np.take_along_axis(x, last[:, None, :], axis=1)[:, 0] for x in (p, q, top, reached))
    crossing = _crossing(np.take_along_axis(starts, last, axis=1), top, p, q, cell)
    exact = np.where(fires, crossing, top)
    v = _potential(exact, p, q, cell.tau)
    slope = (np.e * np.exp(-exact / cell.tau) * p - v) / cell.tau
    shown = np.ceil(exact / cell.step - _ROUNDING) * cell.step if cell.step else exact
    return Fired(
        np.where(fires, shown, np.inf),
        exact,
        slope,
        np.where(fires | np.isneginf(reached), v, reached),
        cell,
        arrivals,
        rank,
        last,
        rising,
        delayed,
    )


def of_weights(fired: Fired, shape: tuple[int, ...], change: Floats) -> Floats:
    r"""Return the gradient of the weights, float64, (n_delays, n_source, n_neurons).

    Parameters
    ----------
    fired : Fired
        What `fire` returned.
    shape : tuple of int
        That of the weights.
    change : ndarray, float64, (n, n_neurons)
        Decrease of the loss per increase of the potential at the time `fired.exact`:
        :math:`\partial L/\partial t\; /\; v'` if a neuron fires, since a higher potential makes it fire earlier;
        :math:`-\partial L/\partial v_{max}` if it is silent.
    """
    tau, t = fired.cell.tau, fired.exact
    kept = change * np.exp(-t / tau)
    n_intervals = fired.rising.shape[0] // len(t)
    before = np.arange(n_intervals)[None, :, None] <= fired.last[:, None, :]
    late, early = (np.where(before, x[:, None, :], 0.0).reshape(-1, t.shape[1]) for x in (kept * t, kept))
    gradient = -(np.e / tau) * (fired.rising.T @ late - fired.delayed.T @ early)
    return np.asarray(gradient, np.float64).reshape(shape)


def of_times(fired: Fired, weights: Floats, change: Floats) -> Floats:
    """Return the gradient of the spike times of the sources, float64, (n, n_source); 0 without effect.

    Parameters
    ----------
    fired : Fired
        What `fire` returned.
    weights : ndarray, float64, (n_delays, n_source, n_neurons)
        The same weights.
    change : ndarray, float64, (n, n_neurons)
        As for `of_weights`.
    """
    tau, t, a = fired.cell.tau, fired.exact, fired.arrivals
    kept = change * np.exp(-t / tau)
    arrived, flat = fired.rank[:, :, None] <= fired.last[:, None, :], weights.reshape(-1, weights.shape[2])
    constant, linear = (
        np.einsum("nsj,sj->ns", np.where(arrived, x[:, None, :], 0.0), flat)
        for x in (kept * (1 - t / tau), kept / tau)
    )
    gradient = (np.e / tau) * np.exp(a / tau) * (constant + a * linear)
    # if the maximum lies at the next arrival, it moves with that arrival
    kink = (fired.rank[:, :, None] == fired.last[:, None, :] + 1) & ~fired.fires[:, None, :]
    moved = np.where(kink, (change * fired.slope)[:, None, :], 0.0) / np.maximum(kink.sum(axis=1, keepdims=True), 1)
    gradient = np.where(a < fired.cell.end, gradient - moved.sum(axis=2), 0.0)
    return np.asarray(gradient.reshape(len(t), *weights.shape[:2]).sum(axis=1))


def _intervals(arrivals: Floats, end: float) -> tuple[NDArray[np.int64], Floats]:
    """Return the number of the interval that each arrival begins, and the start of each interval."""
    order = np.argsort(arrivals, axis=1, kind="stable")
    ordered = np.take_along_axis(arrivals, order, axis=1)
    new = np.zeros(arrivals.shape, np.int64)
    new[:, 1:] = ordered[:, 1:] > ordered[:, :-1]
    ranks = new.cumsum(axis=1)
    rank = np.empty_like(ranks)
    np.put_along_axis(rank, order, ranks, axis=1)
    starts = np.full((len(arrivals), int(ranks.max()) + 1), end)
    np.put_along_axis(starts, ranks, ordered, axis=1)
    return rank, starts


def _matrices(arrivals: Floats, rank: NDArray[np.int64], n_intervals: int, cell: Cell) -> tuple[Any, Any]:
    """Return the sparse matrices of `Fired`, whose products with weights are the steps of P and Q."""
    from scipy.sparse import csr_array

    row, synapse = np.nonzero(arrivals < cell.end)
    a = arrivals[row, synapse]
    where = (row * n_intervals + rank[row, synapse], synapse)
    shape = (len(arrivals) * n_intervals, arrivals.shape[1])
    grown = np.exp(a / cell.tau)
    return csr_array((grown, where), shape=shape), csr_array((grown * a, where), shape=shape)


def _potential(t: Floats, p: Floats, q: Floats, tau: float) -> Floats:
    potential: Floats = (np.e / tau) * np.exp(-t / tau) * (p * t - q)
    return potential


def _highest(p: Floats, q: Floats, starts: Floats, ends: Floats, cell: Cell) -> Floats:
    """Return the time of the maximum of v in each interval after its start, a multiple of the step if not 0."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        top = np.where(p > 0, cell.tau + q / p, np.inf)
    top = np.clip(top, starts, ends)
    if not cell.step:
        return top
    steps = top / cell.step
    low, high = (np.clip(f(steps) * cell.step, starts, ends) for f in (np.floor, np.ceil))
    better = _potential(high, p, q, cell.tau) >= _potential(low, p, q, cell.tau)
    return np.where(better, high, low)


def _crossing(low: Floats, high: Floats, p: Floats, q: Floats, cell: Cell) -> Floats:
    """Return the time at which v crosses the threshold from below, between two times."""
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        above = _potential(middle, p, q, cell.tau) > cell.threshold
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return high


class SpikeProp(Reference):
    r"""Gradient descent on spike times: every neuron fires once, and output neuron c fires first for class c.

    With the times t of the m outputs for one input of class y, the loss is

    .. math::

        L = \frac{1}{2} \sum_c (t_c - \hat t_c)^2, \qquad \hat t_y = t_{early}, \quad \hat t_c = t_{late}

    or, with ``loss = "first"``, the cross-entropy of the softmax of :math:`-s\, t`, in which only differences of spike
    times count (Mostafa 2018, doi:10.1109/TNNLS.2017.2726060): with many classes, most outputs are late, and the first
    loss hardly depends on the few early ones.

    The docstring of `stdpbench.experiment.references.spikeprop` derives the gradient. It contains :math:`1/v'`, which
    is infinite if the potential only touches the threshold; the slope is therefore bounded below by `least_slope`. A
    neuron that does not fire has no spike time. An output neuron that is silent for an input (with
    ``loss = "first"``, for one of its class), and a hidden neuron that is silent for all inputs of a batch, therefore
    add :math:`\kappa\, (1 - v_{max}/\vartheta)` to the loss, which raises the maximum of their potential until they
    fire.

    In training, spikes occur at the time steps of the simulator, and the gradient passes through this rounding
    unchanged. Adam changes the weights after each batch.

    Source: Bohte, Kok & La Poutré (2002), with Adam instead of a fixed learning rate, a remedy for silent
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
        """Yield a sentence for each reason why a network cannot be trained; see `Reference.problems`."""
        yield from timed_problems(graph, n_steps * graph.dt)
        if not encoding.one_spike:
            yield (
                "encoding must give each input at most one spike, at a time that its value alone sets, for this "
                "reference: kind = 'latency' or 'population' with a duration, or 'rank-order' with a step"
            )
        if max(self.early, self.late) >= n_steps * graph.dt:
            yield "reference.early and reference.late must lie before the end of schedule.stimulus"

    def trainer(self, weights: Mapping[str, NDArray[Any]], task: Task) -> Trainer:
        """Return the trainer of a network; see `Reference.trainer`."""
        return SpikePropTrainer(self, weights, task)


_OF_PICTURES = ("encoding.x_min", "network.dt", "reference.loss", "reference.batch")
"""Usual values for pictures that do not apply to rows of a table."""


class SpikePropTrainer(AdamTrainer):
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
        self.optimizer = Adam(self._flat)

    def learn(self, numbers: NDArray[np.int64], position: int) -> Learnt:
        """Show inputs in batches, each of which changes the weights; see `Trainer.learn`."""
        reference, task = self.reference, self.task
        loss, correct, norm, first = 0.0, 0, 0.0, 0.0
        silent = np.zeros(len(self.layers))
        starts = range(0, len(numbers), self.batch)
        for start in starts:
            batch = numbers[start : start + self.batch]
            times = task.inputs(batch).astype(np.float64) * task.graph.dt
            fired = self.forward(times, task.graph.dt)
            batch_loss, gradients = self.gradients(fired, task.labels[batch])
            flat = [w for layer in gradients for w in layer]
            kept = [g.astype(w.dtype) for g, w in zip(flat, self._flat, strict=True)]
            rate = rate_at(position + start, task.total, reference.learning_rate, reference.decay)
            self.optimizer.step(kept, rate)
            loss += batch_loss * len(batch)
            correct += int((decided(fired[-1].times) == task.labels[batch]).sum())
            norm += float(np.sqrt(sum(float((g * g).sum()) for g in flat)))
            silent += [len(batch) * float((~layer.fires).mean()) for layer in fired]
            first += float(np.minimum(fired[-1].times.min(axis=1), fired[-1].cell.end).sum())
        n = len(numbers)
        values = {"gradient": norm / len(starts), "first.ms": first / n}
        values |= {f"{layer.name}.silent": float(x) / n for layer, x in zip(self.layers, silent, strict=True)}
        return Learnt(loss / n, correct, values)

    def forward(self, times: Floats, step: float) -> list[Fired]:
        """Compute the spike times of all layers.

        Parameters
        ----------
        times : ndarray, float64, (n, n_input)
            Spike times of the inputs, in ms; infinite for inputs that do not fire.
        step : float
            Time step of the simulator to which spikes are rounded, in ms; 0: times are exact.
        """
        fired, dt = list[Fired](), self.task.graph.dt
        for layer, w in zip(self.layers, self._stacked(), strict=True):
            cell = Cell(layer.tau, layer.threshold, (self.task.n_steps - 1) * dt, step)
            fired.append(fire(times, w, np.array(layer.delays), cell))
            times = fired[-1].times
        return fired

    def gradients(self, fired: list[Fired], labels: NDArray[np.int64]) -> tuple[float, list[Floats]]:
        """Return the mean loss, and its gradient for each layer: float64, (n_delays, n_source, n_neurons).

        Parameters
        ----------
        fired : list of Fired
            What `forward` returned.
        labels : ndarray, int64, (n,)
            Classes.
        """
        reference = self.reference
        loss, slower, pushed = self._of_outputs(fired[-1], labels)
        gradients = list[Floats]()
        for number, (layer, w) in reversed(list(enumerate(zip(fired, self._stacked(), strict=True)))):
            theta = layer.cell.threshold
            loss += reference.silent * float(np.where(pushed, 1 - layer.peak / theta, 0.0).sum())
            change = np.where(
                pushed, reference.silent / theta, slower / np.maximum(layer.slope, reference.least_slope * theta)
            )
            change /= len(labels)
            gradients.append(of_weights(layer, w.shape, change))
            if number:
                slower = of_times(layer, w, change) * len(labels)
                pushed = np.broadcast_to(~fired[number - 1].fires.any(axis=0), fired[number - 1].times.shape)
        return loss / len(labels), gradients[::-1]

    def _of_outputs(self, last: Fired, labels: NDArray[np.int64]) -> tuple[float, Floats, NDArray[np.bool_]]:
        """Return the summed loss of spike times, its gradient, and a mask of outputs that must not be silent."""
        reference, rows = self.reference, np.arange(len(labels))
        if reference.loss == "first":
            times = np.where(last.fires, last.times, last.cell.end)
            loss, _, gradient = cross_entropy(-times, labels, self.task.n_classes, reference.loss_scale)
            of_class = np.zeros(times.shape, bool)
            of_class[rows, labels] = True
            return loss * len(labels), np.where(last.fires, -gradient * len(labels), 0.0), of_class & ~last.fires
        target = np.full(last.times.shape, reference.late)
        target[rows, labels] = reference.early
        error = np.where(last.fires, last.times, target) - target
        return 0.5 * float((error**2).sum()), error, ~last.fires

    def _stacked(self) -> list[Floats]:
        """Return the weights of each layer, float64, (n_delays, n_source, n_neurons)."""
        return [
            np.stack([self.weights[name] for name in layer.projections]).astype(np.float64) for layer in self.layers
        ]


def decided(times: Floats) -> NDArray[np.int64]:
    """Return the class of each input: the output that fires first, the lowest in a tie, -1 if none fires.

    Parameters
    ----------
    times : ndarray, float64, (n, n_outputs)
        Spike times of the outputs, infinite for those that do not fire.
    """
    return np.where(np.isfinite(times).any(axis=1), times.argmin(axis=1), -1).astype(np.int64)
