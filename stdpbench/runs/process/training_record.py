"""Results of training: curves, facts about blocks and pieces of a stream, and the files written at the end.

Blocks also contain measures of populations and projections without main curves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.data.datasets import Split
from stdpbench.declare.learned_names import weights_of
from stdpbench.engine.network import Learned
from stdpbench.engine.simulators import Response, Simulator
from stdpbench.experiment import Experiment
from stdpbench.experiment.templates.diehl_cook import Network
from stdpbench.results.readout.streams import (
    DELTA,
    GAMMA,
    Intervals,
    false_alarms,
    histogram,
    latencies,
    rhythm,
    synchrony,
)
from stdpbench.runs.analysis.curves import Curves
from stdpbench.runs.analysis.silence import MOST_SILENT, Activity, arriving, no_effect, silence
from stdpbench.runs.analysis.stream_series import summary
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.learned_arrays import write_learned_files
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.process.figures import draw_training
from stdpbench.runs.process.training import Presented
from stdpbench.runs.protocol.facts import Block, Piece, Progress, Taught

_DIGITS = 6
_MOST_NEURONS = 100
"""Maximum number of neurons whose latencies in patterns are recorded: the first ones."""


class StreamMeasures:
    """Measures the pieces of a stream in sequence.

    Parameters
    ----------
    simulator : Simulator
        The network.
    experiment : Experiment
        The experiment, whose data are a stream.

    Attributes
    ----------
    rate : float or None
        Mean firing rate of the neurons that are read in the last piece, in Hz.
    """

    def __init__(self, simulator: Simulator, experiment: Experiment) -> None:
        assert experiment.stream is not None
        self.rate: float | None = None
        self._simulator, self._stream, self._seed = simulator, experiment.stream, experiment.seed
        self._dt, self._n_bins = experiment.network.dt * 1e-3, experiment.stimulus_bins
        self._intervals = {cells.name: Intervals(cells.size, self._dt) for cells in simulator.layout.cells}
        # spikes of the output neurons in the pattern that was incomplete at the end of the last piece
        self._index, self._step = np.empty(0, np.int64), np.empty(0, np.int64)

    def exchange(self, simulator: Simulator) -> None:
        """Measure another network from now on, which continues the previous one."""
        self._simulator = simulator

    def take(self, presented: Presented) -> Piece:
        """Return the measures of a piece."""
        start, spikes = presented.presentation * self._n_bins, presented.response.spikes
        rates, cv, together = dict[str, float](), dict[str, float | None](), dict[str, float | None]()
        delta, gamma = dict[str, float | None](), dict[str, float | None]()
        for cells in self._simulator.layout.cells:
            name, fired = cells.name, spikes[cells.name]
            step = fired.bin.astype(np.int64)
            rates[name] = _rounded(len(fired) / cells.size / (self._n_bins * self._dt)) or 0.0
            cv[name] = _rounded(self._intervals[name].add(fired.index, step + start, self._n_bins))
            together[name] = _rounded(synchrony(fired.index, step, cells.size, self._n_bins, self._dt))
            for powers, band in ((delta, DELTA), (gamma, GAMMA)):
                powers[name] = None if cells.size < 2 else _rounded(rhythm(step, self._n_bins, self._dt, band))
        graph = self._simulator.graph
        self.rate = rates[graph.read]
        weights = {}
        for name in graph.plastic:
            rule = graph.projections[name].plasticity
            assert rule is not None
            weights[name] = histogram(self._simulator.weights(name), rule.w_max)
        return Piece(rates, cv, together, weights, *self._answers(presented, start), delta, gamma)

    def _answers(
        self, presented: Presented, start: int
    ) -> tuple[tuple[tuple[float, int, tuple[float | None, ...]], ...], tuple[int, ...]]:
        if not self._stream.n_patterns:
            return (), ()
        spikes, stop = presented.response.spikes[self._simulator.graph.read], start + self._n_bins
        n = min(self._simulator.n_read, _MOST_NEURONS)
        index, step = spikes.index.astype(np.int64), spikes.bin.astype(np.int64) + start
        index, step = index[index < n], step[index < n]
        ended = self._stream.occurrences(self._seed, start, stop, self._dt)
        # a pattern at the end of the piece ends in a later one
        later = self._stream.occurrences(self._seed, stop, stop + self._longest, self._dt)
        starts, stops = np.concatenate([ended.start, later.start]), np.concatenate([ended.stop, later.stop])
        alarms = false_alarms(index, step, starts, stops, n)
        self._index, self._step = np.concatenate([self._index, index]), np.concatenate([self._step, step])
        occurrences = tuple(
            (round(first * self._dt, 9), pattern, latencies(self._index, self._step, first, last, n, self._dt))
            for first, last, pattern in zip(
                ended.start.tolist(), ended.stop.tolist(), ended.pattern.tolist(), strict=True
            )
        )
        unfinished = self._step >= stop - self._longest
        self._index, self._step = self._index[unfinished], self._step[unfinished]
        return occurrences, alarms

    @property
    def _longest(self) -> int:
        """Number of steps of a pattern."""
        return round(float(getattr(self._stream, "pattern", 0.0)) * 1e-3 / self._dt)

    def history(self) -> dict[str, NDArray[Any]]:
        """Return the data for `restore`, as arrays for a checkpoint."""
        arrays: dict[str, NDArray[Any]] = {"stream_index": self._index, "stream_step": self._step}
        for name, intervals in self._intervals.items():
            arrays |= {f"stream_last.{name}": intervals.last, f"stream_sums.{name}": intervals.sums}
        return arrays

    def restore(self, history: Mapping[str, NDArray[Any]]) -> None:
        """Restore the data of a checkpoint."""
        self._index, self._step = history["stream_index"], history["stream_step"]
        for name, intervals in self._intervals.items():
            intervals.last[...] = history[f"stream_last.{name}"]
            intervals.sums[...] = history[f"stream_sums.{name}"]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)


_CURVE, _SUM, _WEIGHTS = "curve.", "spikes_of_block.", "w_of_last_block."
"""Prefixes of the names of arrays in a checkpoint."""


class OtherMeasures:
    """Spikes, thresholds and weight changes of populations and projections without main curves.

    These are the targets of plastic projections, except the population that is read, and the plastic projections,
    except the one that is shown. The template diehl-cook has only the main curves; streams have other measures.

    Attributes
    ----------
    curves : dict of str to list of float
        By name: ``POPULATION.spikes``, mean per presentation; ``POPULATION.theta``, mean in mV or
        without unit; ``PROJECTION.change``, mean absolute change per synapse.
    """

    def __init__(self, experiment: Experiment, simulator: Simulator) -> None:
        graph = simulator.graph
        main_only = isinstance(experiment.network, Network) or experiment.stream is not None
        learning = () if main_only else graph.plastic
        targets = dict.fromkeys(graph.projections[name].target for name in learning)
        self._spikes = {name: 0 for name in targets if name != graph.read}
        self._weights = {name: simulator.weights(name).copy() for name in learning if name != graph.shown}
        self.curves: dict[str, list[float]] = {}

    def add(self, response: Response) -> None:
        """Add a presentation."""
        for name in self._spikes:
            self._spikes[name] += int(response.counts(name).sum())

    def measure(self, simulator: Simulator, n: int) -> dict[str, float]:
        """Return the measures of a completed block of `n` presentations."""
        measures, learned = dict[str, float](), simulator.learned_views
        for name, total in self._spikes.items():
            measures[f"{name}.spikes"] = total / n
            self._spikes[name] = 0
            if (theta := learned.get(f"{name}.theta")) is not None:
                measures[f"{name}.theta"] = float(theta.mean() * simulator.graph.shown_as(name)[0])
        for name, before in self._weights.items():
            weights = simulator.weights(name)
            measures[f"{name}.change"] = float(np.abs(weights - before).mean())
            before[...] = weights
        for name, value in measures.items():
            self.curves.setdefault(name, []).append(value)
        return measures

    def changes(self) -> dict[str, list[float]]:
        """Return the mean absolute change of the weights in each block, by projection."""
        return {name: self.curves.get(f"{name}.change", []) for name in self._weights}

    def arrays(self) -> dict[str, NDArray[np.float64]]:
        """Return the curves for ``training.npz``."""
        return {name: np.array(values, float) for name, values in self.curves.items()}

    def history(self) -> dict[str, NDArray[Any]]:
        """Return the data for `restore`."""
        return {
            **{_CURVE + name: np.array(values, float) for name, values in self.curves.items()},
            **{_SUM + name: np.array(total, np.int64) for name, total in self._spikes.items()},
            **{_WEIGHTS + name: before for name, before in self._weights.items()},
        }

    def restore(self, history: Mapping[str, NDArray[Any]], simulator: Simulator) -> None:
        """Restore the data of a checkpoint."""
        self.curves = {
            name.removeprefix(_CURVE): values.tolist() for name, values in history.items() if name.startswith(_CURVE)
        }
        self._spikes = {name: int(history[_SUM + name]) for name in self._spikes}
        for name, before in self._weights.items():
            before[...] = history[_WEIGHTS + name]


_ENOUGH = 20
"""Number of silent presentations before a warning."""


class TrainingRecord:
    """Collects the results of training presentations.

    Parameters
    ----------
    simulator : Simulator
        The network whose weights and thresholds are measured.
    split : Split
        The pictures.
    total : int
        Total number of training presentations.
    experiment : Experiment
        The experiment.

    Attributes
    ----------
    curves : Curves
        Curves over training.
    others : OtherMeasures
        Curves of other populations and projections.
    seconds : float
        Training time, in seconds.
    silent : int
        Largest number so far of exc neurons whose weights could not be normalised.
    undrawn : list of str
        A sentence for each figure that could not be drawn.
    total_spikes : ndarray, int64, (n_read,), or None
        Spikes of each neuron that is read in all training presentations of the run; None if they are not counted.
    arrived : int
        Input spikes so far, in the last attempt of each presentation.
    stream : StreamMeasures or None
        Measures of the pieces of a stream.
    """

    def __init__(self, simulator: Simulator, split: Split, total: int, experiment: Experiment) -> None:
        self.stream = None if experiment.stream is None else StreamMeasures(simulator, experiment)
        self.curves = Curves(total, split.train.labels, len(split.class_names))
        self.others = OtherMeasures(experiment, simulator)
        self.seconds = 0.0
        self.silent = self.arrived = 0
        self.undrawn: list[str] = []
        self.total_spikes: NDArray[np.int64] | None = np.zeros(simulator.n_read, np.int64)
        self._simulator = simulator
        self._total = total
        self._w_of_last_block = simulator.shown_weights.copy()

    def exchange(self, simulator: Simulator) -> None:
        """Measure another network with the same weights from now on."""
        self._simulator = simulator
        if self.stream is not None:
            self.stream.exchange(simulator)

    def take(self, presented: Presented) -> Block | Taught | None:
        """Add a presentation; return the fact of the block or part that it completes, or None."""
        self.silent = max(self.silent, presented.silent)
        if self.total_spikes is not None:
            self.total_spikes += presented.total_spikes
        self.others.add(presented.response)
        self.arrived += arriving(presented.response.input)
        curves = self.curves
        counts = presented.response.counts(self._simulator.graph.read)
        if self.stream is not None:
            counts = counts.sum(keepdims=True)  # there are no labels to compare neurons by
        if not curves.add(presented.image, presented.attempts, counts):
            return None
        w, theta = self._simulator.shown_weights, self._mean_theta()
        change = float(np.abs(w - self._w_of_last_block).mean())
        self._w_of_last_block[...] = w
        curves.measure(theta, change)
        n = curves.interval
        return Block(
            len(curves.image) - n,
            curves.attempts[-n:],
            curves.spikes[-n:],
            curves.mean_theta[-1],
            change,
            curves.latest_accuracy(),
            self.others.measure(self._simulator, n),
        )

    def warnings(self, experiment: Experiment, presented: Presented) -> Iterator[str]:
        """Yield warnings that follow from the newest block: of silence, and of plasticity without effect.

        Parameters
        ----------
        experiment : Experiment
            The experiment with the active parameters.
        presented : Presented
            The last presentation of the block.
        """
        curves, interval = self.curves, self.curves.interval
        n, n_blocks, enough = len(curves.image), len(curves.points), -(-min(self._total, _ENOUGH) // interval)
        shown = f"the first {n} {'training presentations' if self.stream is None else 'pieces of the stream'}"
        silent = np.array(curves.spikes) == 0
        so_far, before, allowed = int(silent.sum()), int(silent[:-interval].sum()), MOST_SILENT * self._total
        if (n_blocks == enough > 0 and so_far == n) or (before <= allowed < so_far < n):
            totals = {name: len(spikes) for name, spikes in presented.response.spikes.items()}
            yield silence(experiment, Activity(shown, n, so_far, self.arrived, totals))
        elif n_blocks == max(2, enough) and so_far < n:
            changes = {self._simulator.graph.shown: curves.weight_change, **self.others.changes()}
            scaled = {
                name: projection.normalise is not None for name, projection in experiment.graph().projections.items()
            }
            measured = {  # without the first block where it includes the first normalisation
                name: (max(changes[name][int(scaled[name]) :]), float(np.abs(self._simulator.weights(name)).mean()))
                for name in presented.plastic
                if name in changes
            }
            yield from no_effect(experiment, measured, shown)

    @property
    def _adapts(self) -> bool:
        """Whether the output neurons have an adaptive threshold."""
        return f"{self._simulator.graph.read}.theta" in self._simulator.learned_views

    def _mean_theta(self) -> float:
        """Return the mean threshold of the output neurons, in mV or without unit; 0 if they do not adapt."""
        if not self._adapts:
            return 0.0
        graph = self._simulator.graph
        factor, _ = graph.shown_as(graph.read)
        return float(self._simulator.learned_views[f"{graph.read}.theta"].mean() * factor)

    def _drawn(self, learned: Learned) -> NDArray[np.float64]:
        graph = self._simulator.graph
        w = learned.get(weights_of(graph.shown))
        return self._simulator.shown_weights if w is None else graph.fields(graph.shown, w)

    def progress(self, position: int) -> Progress:
        """Return the progress of training."""
        curves = self.curves
        if self.stream is not None:
            return Progress("train", position, self._total, rate=self.stream.rate)
        return Progress(
            "train",
            position,
            self._total,
            curves.spikes_per_image[-1] if curves.points else None,
            curves.repeats,
            curves.mean_theta[-1] if curves.points else None,
            curves.latest_accuracy(),
        )

    def sentences(self, experiment: Experiment) -> Iterator[str]:
        """Yield warnings about the completed training."""
        yield from self.undrawn
        if self.silent:
            graph = self._simulator.graph
            of = f" of {graph.read}" if len(graph.plastic) == 1 else ""
            yield f"Neurons{of} that will never fire, since their weights sum to 0: {self.silent}."
        schedule = experiment.schedule
        at_limit = self._at_limit(experiment)
        if at_limit:
            tried = f" even at the last of {schedule.max_attempts} attempts" if experiment.encoding.stronger else ""
            yield (
                f"{at_limit} presentations drew fewer than {schedule.min_spikes} spikes{tried}; raise the weights, "
                "or lower schedule.min_spikes."
            )

    def write(
        self, folder: RunFolder, experiment: Experiment, split: Split, learned: Learned, *, stopped: bool
    ) -> dict[str, Any]:
        """Write learned arrays, curves and figures, and return the section of ``metrics.json`` on training."""
        curves, done = self.curves, len(self.curves.image)
        write_learned_files(folder, learned)
        if self.total_spikes is not None:
            folder.write_array("exc_spikes.npy", self.total_spikes)
        folder.write_arrays("training.npz", **curves.arrays(), **self.others.arrays(), **self.further_arrays())
        records = [] if self.stream is None else read_journal(folder.path)
        pieces = {record.position: record.fact for record in records if isinstance(record.fact, Piece)}
        self.undrawn = draw_training(folder, experiment, split, self._drawn(learned), curves, pieces)
        measured = summary(pieces, experiment.schedule.piece or 1.0)
        return {
            **({"stream": measured} if measured else {}),
            "presentations": done,
            "planned": self._total,
            "stopped": stopped,
            "seconds": round(self.seconds, 2),
            "images_per_second": round(done / self.seconds, 2) if self.seconds > 0 else None,
            "spikes_per_image": round(float(np.mean(curves.spikes)), 3) if done else None,
            "presentations_per_image": round(float(np.mean(curves.attempts)), 4) if done else None,
            "too_few_spikes": self._at_limit(experiment),
            "mean_theta_mV": round(self._mean_theta(), 4) if self._adapts else None,
        }

    def further_arrays(self) -> dict[str, NDArray[Any]]:
        """Return curves for ``training.npz`` that only some kinds of training have."""
        return {}

    def history(self) -> dict[str, NDArray[Any]]:
        """Return the data for `restore`, as arrays for a checkpoint."""
        return {
            **self.curves.arrays(np.int32),
            **self.curves.recent(self._simulator.n_read if self.stream is None else 1),
            "w_of_last_block": self._w_of_last_block,
            **self.others.history(),
            "arrived": np.array(self.arrived),
            **({} if self.total_spikes is None else {"exc_spikes": self.total_spikes}),
            **({} if self.stream is None else self.stream.history()),
        }

    def restore(self, history: Mapping[str, NDArray[Any]], seconds: float, silent: int) -> None:
        """Restore the data of a checkpoint."""
        self._w_of_last_block = history["w_of_last_block"]
        self.total_spikes = history.get("exc_spikes")
        self.curves.restore(history)
        self.arrived = int(history["arrived"])
        if self.stream is not None:
            self.stream.restore(history)
        self.others.restore(history, self._simulator)
        self.seconds, self.silent = seconds, silent

    def _at_limit(self, experiment: Experiment) -> int:
        return sum(spikes < experiment.schedule.min_spikes for spikes in self.curves.spikes)
