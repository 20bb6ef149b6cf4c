"""Results of training: curves, facts of its blocks, and the files written at the end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.files import remove_file
from stdpbench.data.datasets import Split
from stdpbench.declare.learned_names import weights_of
from stdpbench.engine.network import Learned
from stdpbench.engine.simulators import Simulator
from stdpbench.experiment import Experiment
from stdpbench.runs.analysis.curves import Curves
from stdpbench.runs.analysis.silence import MOST_SILENT, Activity, arriving, no_effect, silence
from stdpbench.runs.analysis.stream_series import summary
from stdpbench.runs.folder.learned_files import write_learned_files
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.process.figures import draw_training
from stdpbench.runs.process.other_measures import OtherMeasures
from stdpbench.runs.process.stream_measures import StreamMeasures, pieces_of
from stdpbench.runs.process.training import Presented
from stdpbench.runs.protocol.facts import Block, Progress, Taught

_ENOUGH = 20
"""Presentations that have to be silent before a warning is due."""


class TrainingRecord:
    """Collects the results of training presentations.

    Parameters
    ----------
    simulator : Simulator
        The network whose weights and thresholds are measured.
    experiment : Experiment
        The experiment.
    split : Split
        The pictures.
    total : int
        Total number of training presentations.
    experiment : Experiment, optional
        The experiment; needed for a stream.

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
    exc_spikes : ndarray, int64, (n_exc,), or None
        Spikes of each exc neuron in all training presentations of the run; None if the run continues from a
        checkpoint of a version that did not count them.
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
        self.exc_spikes: NDArray[np.int64] | None = np.zeros(simulator.n_read, np.int64)
        self._simulator = simulator
        self._total = total
        self._w_of_last_block = simulator.shown_weights.copy()

    def exchange(self, simulator: Simulator) -> None:
        """Measure another network with the same weights from now on."""
        self._simulator = simulator
        if self.stream is not None:
            self.stream.exchange(simulator)

    def take(self, presented: Presented) -> Block | Taught | None:
        """Add a presentation, and return the fact of the block or part that it completes, if any."""
        self.silent = max(self.silent, presented.silent)
        if self.exc_spikes is not None:
            self.exc_spikes += presented.exc_spikes
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
            curves.attempts.last(n).tolist(),
            curves.spikes.last(n).tolist(),
            curves.mean_theta[-1],
            change,
            curves.latest_accuracy(),
            self.others.measure(self._simulator, n),
        )

    def warnings(self, experiment: Experiment, presented: Presented) -> Iterator[str]:
        """Yield warnings that the newest block makes certain: of silence, and of plasticity without effect.

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
        silent = curves.spikes.all == 0
        so_far, before, many = int(silent.sum()), int(silent[:-interval].sum()), MOST_SILENT * self._total
        if (n_blocks == enough and so_far == n) or (before <= many < so_far < n):
            others = {name: len(spikes) for name, spikes in presented.response.spikes.items()}
            yield silence(experiment, Activity(shown, n, so_far, self.arrived, others))
        elif n_blocks == max(2, enough) and so_far < n:
            changes = {self._simulator.graph.shown: curves.weight_change, **self.others.changes()}
            measured = {  # without the first block, which includes the first normalisation
                name: (max(changes[name][1:]), float(np.abs(self._simulator.weights(name)).mean()))
                for name in presented.plastic
                if name in changes
            }
            yield from no_effect(experiment, measured, shown)

    @property
    def _adapts(self) -> bool:
        """Whether the neurons that are read have an adaptive threshold."""
        return f"{self._simulator.graph.read}.theta" in self._simulator.learned_views

    def _mean_theta(self) -> float:
        """Return the mean threshold of the neurons that are read, mV or without unit; 0 if they do not adapt."""
        if not self._adapts:
            return 0.0
        graph = self._simulator.graph
        factor, _ = graph.shown_as(graph.read)
        return float(self._simulator.learned_views[f"{graph.read}.theta"].mean() * factor)

    def _drawn(self, learned: Learned) -> NDArray[np.float64]:
        graph = self._simulator.graph
        shown, w = graph.shown, learned.get(weights_of(graph.shown), self._simulator.shown_weights)
        if w.ndim == 1 and graph.is_sparse(shown) and graph.projections[shown].source == graph.input:
            w = self._simulator.synapses(shown).dense(w)
        return w if w.ndim == 2 else w[None]

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
            neurons = f"{graph.read} neurons" if len(graph.plastic) == 1 else "neurons"
            yield (
                f"{self.silent} {neurons} had weights that summed to 0; they were not normalised and will never fire."
            )
        schedule = experiment.schedule
        at_limit = self._at_limit(experiment)
        if at_limit:
            yield (
                f"{at_limit} presentations drew fewer than {schedule.min_spikes} spikes even at the last of "
                f"{schedule.max_attempts} attempts (schedule.min_spikes, schedule.max_attempts)."
                if experiment.encoding.stronger
                else f"{at_limit} presentations drew fewer than {schedule.min_spikes} spikes (schedule.min_spikes)."
            )

    def write(
        self, folder: RunFolder, experiment: Experiment, split: Split, learned: Learned, *, stopped: bool
    ) -> dict[str, Any]:
        """Write learned arrays, curves and figures, and return the section of ``metrics.json`` on training."""
        curves, done = self.curves, len(self.curves.image)
        write_learned_files(folder, learned)
        if self.exc_spikes is not None:
            folder.write_array("exc_spikes.npy", self.exc_spikes)
        else:
            remove_file(folder.path / "exc_spikes.npy")
        folder.write_arrays("training.npz", **curves.arrays(), **self.others.arrays(), **self.further_arrays())
        pieces = {} if self.stream is None else pieces_of(folder)
        self.undrawn = draw_training(folder, experiment, split, self._drawn(learned), curves, pieces)
        measured = summary(pieces, experiment.schedule.piece or 1.0)
        return {
            **({"stream": measured} if measured else {}),
            "presentations": done,
            "planned": self._total,
            "stopped": stopped,
            "seconds": round(self.seconds, 2),
            "images_per_second": round(done / self.seconds, 2) if self.seconds > 0 else None,
            "spikes_per_image": round(float(curves.spikes.all.mean()), 3) if done else None,
            "presentations_per_image": round(float(curves.attempts.all.mean()), 4) if done else None,
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
            **({} if self.exc_spikes is None else {"exc_spikes": self.exc_spikes}),
            **({} if self.stream is None else self.stream.history()),
        }

    def restore(self, history: Mapping[str, NDArray[Any]], seconds: float, silent: int) -> None:
        """Restore the data of a checkpoint."""
        self._w_of_last_block = history["w_of_last_block"]
        if len(history["image"]):  # otherwise no neuron can have fired
            self.exc_spikes = history.get("exc_spikes")
        self.curves.restore(history)
        self.arrived = int(history["arrived"])
        if self.stream is not None:
            self.stream.restore(history)
        self.others.restore(history, self._simulator)
        self.seconds, self.silent = seconds, silent

    def _at_limit(self, experiment: Experiment) -> int:
        return int((self.curves.spikes.all < experiment.schedule.min_spikes).sum())
