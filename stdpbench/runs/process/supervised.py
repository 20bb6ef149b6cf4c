r"""Training with labels: a reference instead of training by plasticity rules.

The classes have the interfaces of `Training` and `TrainingRecord`, so that positions, pauses, checkpoints and changes
of parameters work as in every run. Positions count pictures; the run can stop only after a part of several batches.
The simulator owns the weights: the trainer continues from the arrays that a checkpoint or the user has set there.
After each part, the last picture is shown to the simulated network for the displays.

With few bits, the trainer of a reference sees the rounded weights :math:`Q(w)` of each projection, and its step
changes the weights w of full precision, which nothing else sees (the *straight-through* estimator: the derivative of Q
is taken to be 1):

.. math::

    w \leftarrow w + \Delta\big(Q(w)\big)

where :math:`\Delta` is the change that the trainer makes after a batch. Many small changes thus add up to a step of Q.
The network that is simulated, tested and saved has the weights :math:`Q(w)`.

Source: Courbariaux, Bengio & David (2015), doi:10.48550/arXiv.1511.00363, for weights of one bit.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.data.datasets import Split
from stdpbench.engine.network import Learned
from stdpbench.engine.network.rounding import quantised
from stdpbench.engine.simulators import Simulator
from stdpbench.experiment import Experiment, encode, n_bins
from stdpbench.experiment.references import Learnt, Task, Trainer
from stdpbench.kinds.encoding.current import Current
from stdpbench.runs.analysis.curves import taught_columns
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.presentation.frozen import noise_of
from stdpbench.runs.process.figures import draw_surrogate_training
from stdpbench.runs.process.training import Presented, Training, sums_are_finite
from stdpbench.runs.process.training_record import TrainingRecord
from stdpbench.runs.protocol.facts import Progress, Taught

_ROUNDING = 302  # stream of the seed
_FULL, _ROUNDED = "full.", "rounded."


class StraightThrough(Trainer):
    """Trains a network through another trainer that sees rounded weights; `weights` are the rounded ones.

    The measures of a part are means over its batches.

    Parameters
    ----------
    inner : Trainer
        Trains the network from the weights that are set before each call.
    bits : int
        Bits of a weight; if a projection has weights of both signs, one bit is the sign.
    stochastic : bool
        Whether weights are rounded up or down at random, which preserves the mean, instead of to the nearest value.
        Random numbers depend on the seed, the projection and the position.
    """

    def __init__(self, inner: Trainer, bits: int, stochastic: bool) -> None:
        super().__init__({name: w.copy() for name, w in inner.weights.items()}, inner.task)
        self.batch = inner.batch
        self._inner, self._bits, self._stochastic = inner, bits, stochastic
        self._full = {name: w.copy() for name, w in inner.weights.items()}
        self._last_rounded: dict[str, NDArray[Any]] = {}  # rounded weights at the end of the last part

    def learn(self, numbers: NDArray[np.int64], position: int) -> Learnt:
        """Show pictures in batches, each of which changes the full-precision weights; see `Trainer.learn`."""
        for name, w in self.weights.items():
            if name not in self._last_rounded or not np.array_equal(w, self._last_rounded[name]):  # set from outside
                self._full[name][...] = w
        loss, correct, values = 0.0, 0, dict[str, float]()
        for start in range(0, len(numbers), self.batch):
            chosen = numbers[start : start + self.batch]
            rounded = self._rounded(position + start)
            for name, w in rounded.items():
                self._inner.weights[name][...] = w
            learnt = self._inner.learn(chosen, position + start)
            for name, w in rounded.items():
                self._full[name] += self._inner.weights[name] - w
            loss, correct = loss + learnt.loss * len(chosen), correct + learnt.correct
            for name, value in learnt.values.items():
                values[name] = values.get(name, 0.0) + value * len(chosen)
        self._last_rounded = self._rounded(position + len(numbers))
        for name, w in self._last_rounded.items():
            self.weights[name][...] = w
        n = len(numbers)
        return Learnt(loss / n, correct, {name: value / n for name, value in values.items()})

    def state(self) -> dict[str, NDArray[Any]]:
        """Return the state of the inner trainer, the full-precision weights, and the corresponding rounded weights."""
        full = {_FULL + name: w.copy() for name, w in self._full.items()}
        return {**self._inner.state(), **full, **{_ROUNDED + name: w.copy() for name, w in self._last_rounded.items()}}

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Continue from a `state`, or from that of a training with full precision."""
        self._inner.restore(state)
        self._last_rounded = {}
        for name in self._full:
            if _ROUNDED + name in state:
                self._full[name][...] = state[_FULL + name]
                self._last_rounded[name] = np.array(state[_ROUNDED + name], self._full[name].dtype)

    def _rounded(self, position: int) -> dict[str, NDArray[Any]]:
        """Return the rounded weights for the batch at a position."""
        rounded = {}
        for name, w in self._full.items():
            random = None
            if self._stochastic:
                entropy = (_ROUNDING, self.task.seed, position, *name.encode())
                random = np.random.default_rng(np.random.SeedSequence(entropy))
            rounded[name] = quantised(w.astype(np.float64), self._bits, random).astype(w.dtype)
        return rounded


_PARTS, _MOST = 20, 2000  # parts of a pass, after which the run can stop, and maximum number of pictures in a part
_STATE = "reference."
"""Prefix of the names of arrays of a trainer's state in a checkpoint."""


@dataclass(frozen=True, eq=False)
class PresentedPart(Presented):
    """A completed part of the training, with the response to its last picture after the weights have changed.

    Attributes
    ----------
    pictures : int
        Number of pictures of the part.
    learnt : Learnt
        Loss, correct answers and other measures of the part.
    """

    pictures: int
    learnt: Learnt


def check_task(experiment: Experiment, split: Split) -> None:
    """Check that the pictures can train the network of a reference.

    Raises
    ------
    StdpbenchError
        If they have no labels, or more classes than the network has outputs.
    """
    if not experiment.reference.trains:
        return
    kind = getattr(experiment.reference, "kind", "")
    if split.train.labels is None:
        raise StdpbenchError(f"reference.kind {kind!r} trains with labels, but the training pictures carry none")
    graph, n_classes = experiment.graph(), len(split.class_names)
    if graph.n_read < n_classes:
        path = experiment.short_path(f"network.populations.{graph.read}.size")
        raise StdpbenchError(f"{path} must be at least {n_classes}, the number of classes, not {graph.n_read}")


def sentence_on_labels(experiment: Experiment, split: Split) -> str:
    """Return a sentence that states which labels train the network."""
    kind = getattr(experiment.reference, "kind", "")
    if file := experiment.reference.file:
        return (
            f"Supervised: {kind} converts the network of {Path(file).name}, which was trained with labels elsewhere."
        )
    return f"Supervised: {kind} trains this network with the labels of {len(split.train)} training pictures."


class SupervisedTraining(Training):
    """Shows the training pictures with their labels; see `Training`.

    Parameters
    ----------
    simulator, experiment, start
        As for `Training`.
    split : Split
        The pictures.
    """

    def __init__(self, simulator: Simulator, experiment: Experiment, split: Split, start: int = 0) -> None:
        super().__init__(simulator, experiment, split.train, start)
        check_task(experiment, split)
        self._n_classes = len(split.class_names)
        self._trainer = self._new_trainer(self._weights())
        pass_ = max(1, len(split.train))
        batches = max(1, min(_MOST, pass_ // _PARTS) // self._trainer.batch)
        self._before = start
        self._learnt: Learnt | None = None
        self._part, self._pass = batches * self._trainer.batch, pass_

    def change(self, experiment: Experiment) -> None:
        """Activate the parameters of another experiment from the next part on; see `Training.change`."""
        super().change(experiment)
        state = self._trainer.state()
        self._trainer = self._new_trainer(self._weights())
        self._trainer.restore(state)

    def checkpoint_due(self, every: int, chosen: bool) -> bool:
        """Return whether a checkpoint is due: at the end of each pass, unless the user has `chosen` the interval."""
        if not chosen:
            return self.position % self._pass == 0
        return self.position // every > self._before // every

    def step(self, record: Sequence[int] | None = None, population: str = "") -> PresentedPart:
        """Train with the next part of the pictures, and show its last one to the network; see `Training.step`."""
        first = self.position
        last = min(first + self._part, (first // self._pass + 1) * self._pass, self.total)
        numbers, simulator = self._order[first:last], self._simulator
        for name, w in self._weights().items():
            self._trainer.weights[name][...] = w
        learnt = self._trainer.learn(numbers, first)
        for name, w in self._trainer.weights.items():
            simulator.weights(name)[...] = w
        image, shown = int(numbers[-1]), last - 1
        recorded = None if record is None else {population or simulator.graph.read: record}
        bins = n_bins(self.experiment, self._images, image)
        simulator.reset()
        response = simulator.present(
            encode(self.experiment, self._images, "train", shown, 0, image),
            bins,
            plastic=False,
            record=recorded,
            noise=noise_of(simulator.graph, self.experiment, "train", shown, 0, bins),
        )
        simulator.reset()
        self._before, self.position, self._learnt = first, last, learnt
        names = tuple(self._trainer.weights)
        spikes = response.counts(simulator.graph.read).astype(np.int64)
        return PresentedPart(shown, image, 1, response, 0, spikes, names, last - first, learnt)

    @property
    def divergence(self) -> str:
        """A sentence if weights or the loss are not finite after the last part; else empty."""
        measures = () if self._learnt is None else (self._learnt.loss, *self._learnt.values.values())
        if sums_are_finite(self._trainer.weights.values()) and np.isfinite(measures).all():
            return ""
        return (
            f"weights or the loss are no longer finite after training presentation {self.position - 1}: "
            "reference.learning_rate is too large"
        )

    def history(self) -> dict[str, NDArray[Any]]:
        """Return the state of the trainer, for a checkpoint."""
        return {_STATE + name: array for name, array in self._trainer.state().items()}

    def restore(self, history: Mapping[str, NDArray[Any]]) -> None:
        """Continue from the `history` of a checkpoint."""
        state = {name.removeprefix(_STATE): a for name, a in history.items() if name.startswith(_STATE)}
        if state:
            self._trainer.restore(state)

    def seconds_per_picture(self) -> float:
        """Measure the training time per picture with one batch, without changing the network."""
        numbers = self._order[: self._trainer.batch]
        if not len(numbers):
            return 0.0
        trial = self._new_trainer(self._weights())
        trial.learn(numbers, 0)  # the first batch is slower
        begun = time.perf_counter()
        trial.learn(numbers, 0)
        return (time.perf_counter() - begun) / len(numbers)

    def _weights(self) -> dict[str, NDArray[np.float32]]:
        return {name: self._simulator.weights(name).astype(np.float32) for name in self._simulator.graph.trained}

    def _new_trainer(self, weights: Mapping[str, NDArray[np.float32]]) -> Trainer:
        experiment = self.experiment
        task = Task(
            self._simulator.graph,
            self._inputs,
            self._images.known_labels,
            self._n_classes,
            experiment.stimulus_bins,
            self.total,
            experiment.seed,
        )
        trainer = experiment.reference.trainer(weights, task)
        bits, rounding = experiment.simulator.weight_bits, experiment.simulator.weight_rounding
        return trainer if bits is None else StraightThrough(trainer, bits, rounding == "stochastic")

    def _inputs(self, numbers: NDArray[np.int64]) -> NDArray[np.float32]:
        encoding = self.experiment.encoding
        if self.experiment.reference.takes == "times":
            return self._times(numbers)
        assert isinstance(encoding, Current)
        pixels = self._images.chosen(numbers).static
        return np.asarray(encoding.currents_of(pixels.reshape(len(pixels), -1)), np.float32)

    def _times(self, numbers: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the time step of the spike of each input; infinite without a spike."""
        graph = self._simulator.graph
        times = np.full((len(numbers), graph.populations[graph.input].size), np.inf, np.float32)
        for row, number in zip(times, numbers.tolist(), strict=True):
            spikes = encode(self.experiment, self._images, "train", 0, 0, number)
            row[spikes.index] = spikes.bin
        return times


class SupervisedRecord(TrainingRecord):
    """Collects the results of a training with labels; see `TrainingRecord`.

    Attributes
    ----------
    taught : list of (int, Taught)
        Parts of the training, with the position of their ends.
    """

    def __init__(self, simulator: Simulator, split: Split, total: int, experiment: Experiment) -> None:
        super().__init__(simulator, split, 0, experiment)
        self._all = total
        self.taught: list[tuple[int, Taught]] = []
        self.total_spikes = None  # a trainer does not count the spikes of each neuron

    def take(self, presented: Presented) -> Taught:
        """Add a part, and return it as a fact."""
        assert isinstance(presented, PresentedPart)
        learnt, n = presented.learnt, presented.pictures
        fact = Taught(n, learnt.loss, learnt.correct / n, dict(learnt.values))
        self.taught.append((presented.presentation + 1, fact))
        return fact

    def progress(self, position: int) -> Progress:
        """Return the progress of training."""
        accuracy = {"training pictures": self.taught[-1][1].accuracy} if self.taught else {}
        loss = self.taught[-1][1].loss if self.taught else None
        return Progress("train", position, self._all, accuracy=accuracy, loss=loss)

    def write(
        self, folder: RunFolder, experiment: Experiment, split: Split, learned: Learned, *, stopped: bool
    ) -> dict[str, Any]:
        """Write learned arrays, curves and figures, and return the section of ``metrics.json`` on training."""
        done = self.taught[-1][0] if self.taught else 0
        metrics = super().write(folder, experiment, split, learned, stopped=stopped)
        columns = taught_columns(dict(self.taught))
        self.undrawn += draw_surrogate_training(folder, experiment, max(1, len(split.train)), columns)
        for name in ("spikes_per_image", "presentations_per_image", "too_few_spikes", "mean_theta_mV"):
            metrics.pop(name, None)
        last = self.taught[-1][1] if self.taught else None
        return {
            **metrics,
            "presentations": done,
            "planned": self._all,
            "images_per_second": round(done / self.seconds, 2) if self.seconds > 0 else None,
            "loss": None if last is None else last.loss,
            "accuracy_on_training_pictures": None if last is None else last.accuracy,
        }

    def further_arrays(self) -> dict[str, NDArray[Any]]:
        """Return the curves for ``training.npz``, one value per part."""
        names = self.taught[0][1].values if self.taught else ()
        columns = {name: np.array([part.values[name] for _, part in self.taught], float) for name in names}
        return {
            "taught.position": np.array([position for position, _ in self.taught], np.int64),
            "taught.pictures": np.array([part.pictures for _, part in self.taught], np.int64),
            "taught.loss": np.array([part.loss for _, part in self.taught], float),
            "taught.accuracy": np.array([part.accuracy for _, part in self.taught], float),
            **{f"taught.{name}": values for name, values in columns.items()},
        }

    def history(self) -> dict[str, NDArray[Any]]:
        """Return the data for `restore`, as arrays for a checkpoint."""
        return {**super().history(), **self.further_arrays()}

    def restore(self, history: Mapping[str, NDArray[Any]], seconds: float, silent: int) -> None:
        """Restore the data of a checkpoint."""
        super().restore(history, seconds, silent)
        standard = ("position", "pictures", "loss", "accuracy")
        names = [name.removeprefix("taught.") for name in history if name.startswith("taught.")]
        measures = [name for name in names if name not in standard]
        self.taught = [
            (
                int(history["taught.position"][i]),
                Taught(
                    int(history["taught.pictures"][i]),
                    float(history["taught.loss"][i]),
                    float(history["taught.accuracy"][i]),
                    {name: float(history[f"taught.{name}"][i]) for name in measures},
                ),
            )
            for i in range(len(history["taught.position"]))
        ]
