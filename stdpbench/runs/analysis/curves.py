"""Curves over training: measures of blocks of presentations, of training with labels, and on held-out pictures."""

from __future__ import annotations

import math
from array import array
from collections import deque
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from stdpbench.experiment import Experiment
from stdpbench.results.readout import READOUTS, assign, scores_of
from stdpbench.results.readout.held_out import MEASURES
from stdpbench.runs.protocol.facts import Block, Taught
from stdpbench.runs.protocol.live_run import LiveRun

_POINTS, _SHORTEST, _LONGEST = 16, 500, 4000
"""Number of measurements on held-out pictures, and limits of presentations between two of them."""


def held_out_interval(experiment: Experiment, total: int) -> int:
    """Return the number of training presentations between measurements on held-out pictures, of `total`; 0: none."""
    chosen = experiment.schedule.held_out_every
    if experiment.stream is not None:
        return 0
    if experiment.reference.trains:
        return total // max(1, experiment.schedule.passes) if chosen else 0
    return max(_SHORTEST, min(_LONGEST, total // _POINTS)) if chosen is None else chosen


def first_accuracy(n_presentations: int) -> int | None:
    """Return the number of training presentations before running accuracy is first measured; None: never."""
    interval, window = _steps(n_presentations)
    first = -(-2 * window // interval) * interval
    return first if first <= n_presentations else None


def _steps(n_presentations: int) -> tuple[int, int]:
    """Return the numbers of presentations between two points of the curves, and in a window of running accuracy."""
    return max(1, min(250, n_presentations // 40)), max(20, min(1000, n_presentations // 10))


class Curves:
    """Collects training presentations and computes the curves of a run.

    Running accuracy only indicates the progress of training, not the quality of the network: neurons are labelled by
    one window of training presentations and tested on the next, while the network continues to learn.

    Parameters
    ----------
    n_presentations : int
        Total number of training presentations.
    labels : ndarray, int64, (n_images,) or None
        Classes of the training pictures.
    n_classes : int
        Number of classes.
    """

    def __init__(self, n_presentations: int, labels: NDArray[np.int64] | None, n_classes: int) -> None:
        self.interval, self.window = _steps(n_presentations)
        self._labels = labels
        self._n_classes = n_classes
        self._recent: deque[NDArray[np.uint16]] = deque(maxlen=2 * self.window)  # responses to the last pictures
        self.image, self.attempts, self.spikes = array("i"), array("i"), array("i")  # one value per presentation
        self.points: list[int] = []
        self.mean_theta: list[float] = []
        self.spikes_per_image: list[float] = []
        self.weight_change: list[float] = []
        self.accuracy: dict[str, list[float]] = {name: [] for name in READOUTS}

    def add(self, image: int, attempts: int, spike_counts: NDArray[np.int64]) -> bool:
        """Add a presentation; return whether the next point of the curves is due."""
        self.image.append(image)
        self.attempts.append(attempts)
        self.spikes.append(int(spike_counts.sum()))
        self._recent.append(spike_counts.astype(np.uint16))
        return len(self.image) % self.interval == 0

    def measure(self, mean_theta: float, weight_change: float = np.nan) -> None:
        """Add a point to every curve; `mean_theta` in mV, `weight_change` per synapse since the last point."""
        self.points.append(len(self.image))
        self.mean_theta.append(mean_theta)
        self.weight_change.append(weight_change)
        self.spikes_per_image.append(float(np.mean(self.spikes[-self.interval :])))
        measured = self._running_accuracy()
        for name, values in self.accuracy.items():
            values.append(measured.get(name, np.nan))

    @property
    def repeats(self) -> float:
        """Fraction of the last presentations that needed more than one attempt."""
        last = self.attempts[-self.interval :]
        return sum(attempts > 1 for attempts in last) / len(last) if last else 0.0

    def latest_accuracy(self) -> dict[str, float]:
        """Return the newest running accuracy by read-out; empty if none has been measured."""
        return {name: values[-1] for name, values in self.accuracy.items() if values and np.isfinite(values[-1])}

    def _running_accuracy(self) -> dict[str, float]:
        if self._labels is None or len(self._recent) < 2 * self.window:
            return {}
        counts = np.array(self._recent)
        labels, half = self._labels[self._recent_images()], self.window
        assignment = assign(counts[:half], labels[:half], self._n_classes)
        return {name: one.accuracy for name, one in scores_of(counts[half:], assignment, labels[half:]).items()}

    def arrays(self, dtype: type[np.signedinteger[Any]] = np.int64) -> dict[str, NDArray[Any]]:
        """Return everything as arrays for ``training.npz``; values per presentation have type `dtype`."""
        curves = {f"accuracy_{name}": np.array(values, float) for name, values in self.accuracy.items()}
        return {
            "image": np.array(self.image, dtype),
            "attempts": np.array(self.attempts, dtype),
            "spikes": np.array(self.spikes, dtype),
            "points": np.array(self.points, np.int64),
            "mean_theta_mV": np.array(self.mean_theta, float),
            "spikes_per_image": np.array(self.spikes_per_image, float),
            "weight_change": np.array(self.weight_change, float),
            **curves,
        }

    def recent(self, n_exc: int) -> dict[str, NDArray[np.int64] | NDArray[np.uint16]]:
        """Return the last presentations, which running accuracy needs to continue from a checkpoint."""
        counts = np.array(self._recent, np.uint16).reshape(-1, n_exc)
        return {"recent_image": self._recent_images(), "recent_counts": counts}

    def _recent_images(self) -> NDArray[np.int64]:
        return np.array(self.image[len(self.image) - len(self._recent) :], np.int64)

    def restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Restore the state from the results of `arrays` and `recent`."""
        for name in ("image", "attempts", "spikes"):
            setattr(self, name, array("i", arrays[name].tolist()))
        for name, key in (
            ("points", "points"),
            ("mean_theta", "mean_theta_mV"),
            ("spikes_per_image", "spikes_per_image"),
            ("weight_change", "weight_change"),
        ):
            setattr(self, name, arrays[key].tolist())
        unknown = np.full(len(self.points), np.nan)  # for a read-out that was installed later
        self.accuracy = {name: arrays.get(f"accuracy_{name}", unknown).tolist() for name in READOUTS}
        self._recent = deque(arrays["recent_counts"], 2 * self.window)


Points = tuple[NDArray[np.float64], NDArray[np.float64]]
Series = dict[str, Points]


def series(blocks: Mapping[int, Block], population: str = "", projection: str = "") -> Series:
    """Return the curves of a run by name, as presentations and values; unknown values are omitted.

    ``"spikes"`` is the mean per presentation, ``"theta"`` the mean in mV, ``"change"`` the mean |Δw| per synapse; the
    curves of read-outs are running accuracies in per cent.

    Parameters
    ----------
    blocks : mapping of int to Block
        Blocks by the position at which they end.
    population, projection : str
        Names of the population (spikes, thresholds) and the projection (weight changes). Default: those of the main
        curves.
    """
    ends = np.array(sorted(blocks), float)
    ordered = [blocks[int(end)] for end in ends]
    curves = {
        "spikes": np.array([float(np.mean(block.spikes)) for block in ordered]),
        "theta": np.array([block.mean_theta for block in ordered]),
        "change": np.array([block.weight_change for block in ordered]),
    }
    for name, owner in (("spikes", population), ("theta", population), ("change", projection)):
        if owner:
            curves[name] = np.array([block.others.get(f"{owner}.{name}", np.nan) for block in ordered], float)
    for name in READOUTS:
        curves[name] = 100 * np.array([block.accuracy.get(name, np.nan) for block in ordered])
    return {name: (ends[np.isfinite(y)], y[np.isfinite(y)]) for name, y in curves.items()}


def taught_columns(taught: Mapping[int, Taught]) -> dict[str, NDArray[np.float64]]:
    """Return the measures of all parts as columns, one value per part; NaN if unknown.

    ``"position"`` is the end of each part, in training presentations; ``"loss"`` and ``"accuracy"``, 0 to 1, are means
    over its pictures; further columns have the names of `Taught.values`.
    """
    ends = sorted(taught)
    parts = [taught[end] for end in ends]
    names = dict.fromkeys(name for part in parts for name in part.values)
    return {
        "position": np.array(ends, float),
        "loss": np.array([part.loss for part in parts], float),
        "accuracy": np.array([part.accuracy for part in parts], float),
        **{name: np.array([part.values.get(name, np.nan) for part in parts], float) for name in names},
    }


USUAL: Final = ("accuracy_vote", "purity", "nmi", "neuron_purity")
"""Measures that are plotted by default."""
_OF = {"share": "%", "bit": "% of all classes alike", "neurons": "% of neurons", "clusters": "% of neurons"}
PERCENT: Final[Mapping[str, str]] = {
    name: f"{measure.title} ({_OF[measure.unit]})" for name, measure in MEASURES.items() if measure.unit in _OF
}
"""Measures that can be expressed in per cent, with their titles."""


def held_out_columns(live: LiveRun) -> dict[str, NDArray[Any]]:
    """Return the measures on held-out pictures, one value per position of measurement.

    Returns
    -------
    dict of str to ndarray, (n,)
        ``position`` and ``images`` (int64), and the available measures of
        `stdpbench.results.readout.held_out.MEASURES`, float64, NaN if undefined.
    """
    positions = sorted(live.held_out)
    measured = [live.held_out[position] for position in positions]
    names = dict.fromkeys(name for fact in measured for name in fact.values)
    return {
        "position": np.array(positions, np.int64),
        "images": np.array([fact.images for fact in measured], np.int64),
        **{name: np.array([fact.values.get(name) for fact in measured], float) for name in names},  # None: NaN
    }


def _n_read(experiment: Mapping[str, Any]) -> float:
    """Return the number of neurons of the population that is read; NaN if unknown."""
    network = experiment["network"]
    if "n_exc" in network:  # Diehl & Cook's network, without the time to validate all parameters
        return float(network["n_exc"])
    checked = Experiment.from_mapping(experiment, stand_ins=True)
    return math.nan if checked.missing_kinds else float(checked.graph().n_read)


def percentages(live: LiveRun) -> dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Return measures in per cent (`PERCENT`) by name, as presentations and values; unknown values are omitted.

    Numbers of neurons are relative to all neurons, and label entropy relative to that of a neuron that responds
    equally to all classes.
    """
    if live.started is None:
        return {}
    columns = held_out_columns(live)
    n_exc = _n_read(live.started.experiment)
    max_entropy = math.log2(len(live.started.class_names)) if len(live.started.class_names) > 1 else 1.0
    maximum = {"share": 1.0, "bit": max_entropy, "neurons": n_exc, "clusters": n_exc}
    curves = {}
    for name in PERCENT:
        if name in columns:
            values = 100 * columns[name] / maximum[MEASURES[name].unit]
            finite = np.isfinite(values)
            curves[name] = (columns["position"][finite].astype(float), values[finite])
    return curves
