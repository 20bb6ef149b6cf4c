"""Curves over training: what is shown while it goes on and drawn afterwards."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.readout import READOUTS, assign, readouts, score


class Curves:
    """Collects training presentations and measures now and then.

    Running accuracy is for the eye only: neurons are labelled by one window of training presentations and tested on
    the next, while the network learns on. It says how training goes, not how good the network is.

    Parameters
    ----------
    n_presentations : int
        Training presentations in all.
    labels : ndarray, int64, (n_images,) or None
        Classes of the training pictures.
    n_classes : int
        Number of classes.
    """

    def __init__(self, n_presentations: int, labels: NDArray[np.int64] | None, n_classes: int) -> None:
        self.interval = max(1, min(250, n_presentations // 40))
        self.window = max(20, min(1000, n_presentations // 10))
        self._labels = labels
        self._n_classes = n_classes
        self._recent: deque[tuple[int, NDArray[np.int64]]] = deque(maxlen=2 * self.window)
        # one number per presentation, of which there may be millions
        self.image, self.attempts, self.spikes = array("q"), array("q"), array("q")
        self.points: list[int] = []
        self.mean_theta: list[float] = []
        self.spikes_per_image: list[float] = []
        self.weight_change: list[float] = []
        self.accuracy: dict[str, list[float]] = {name: [] for name in READOUTS}

    def add(self, image: int, attempts: int, spike_counts: NDArray[np.int64]) -> bool:
        """Take a presentation; True where it is time to measure."""
        self.image.append(image)
        self.attempts.append(attempts)
        self.spikes.append(int(spike_counts.sum()))
        self._recent.append((image, spike_counts))
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
        """Share of the last presentations that were shown more than once."""
        last = self.attempts[-self.interval :]
        return sum(attempts > 1 for attempts in last) / len(last) if last else 0.0

    def latest_accuracy(self) -> dict[str, float]:
        """The newest running accuracy by read-out; empty where none was measured."""
        return {name: values[-1] for name, values in self.accuracy.items() if values and np.isfinite(values[-1])}

    def _running_accuracy(self) -> dict[str, float]:
        if self._labels is None or len(self._recent) < self._recent.maxlen:  # type: ignore[operator]
            return {}
        images = np.array([image for image, _ in self._recent])
        counts = np.array([count for _, count in self._recent])
        labels, half = self._labels[images], self.window
        assignment = assign(counts[:half], labels[:half], self._n_classes)
        return {
            name: score(
                readouts.get(name)().predict(counts[half:], assignment), labels[half:], self._n_classes
            ).accuracy
            for name in READOUTS
        }

    def arrays(self) -> dict[str, NDArray[np.float64] | NDArray[np.int64]]:
        """Everything, as arrays for ``training.npz``."""
        curves = {f"accuracy_{name}": np.array(values, float) for name, values in self.accuracy.items()}
        return {
            "image": np.array(self.image, np.int64),
            "attempts": np.array(self.attempts, np.int64),
            "spikes": np.array(self.spikes, np.int64),
            "points": np.array(self.points, np.int64),
            "mean_theta_mV": np.array(self.mean_theta, float),
            "spikes_per_image": np.array(self.spikes_per_image, float),
            "weight_change": np.array(self.weight_change, float),
            **curves,
        }

    def recent(self, n_exc: int) -> dict[str, NDArray[np.int64] | NDArray[np.uint16]]:
        """The last presentations, from which running accuracy goes on after a checkpoint."""
        counts = [count for _, count in self._recent]
        return {
            "recent_image": np.array([image for image, _ in self._recent], np.int64),
            "recent_counts": np.array(counts, np.uint16).reshape(len(counts), n_exc),
        }

    def restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Put back what `arrays` and `recent` gave."""
        for name in ("image", "attempts", "spikes"):
            setattr(self, name, array("q", arrays[name].astype(np.int64).tobytes()))
        for name, key in (
            ("points", "points"),
            ("mean_theta", "mean_theta_mV"),
            ("spikes_per_image", "spikes_per_image"),
            ("weight_change", "weight_change"),
        ):
            setattr(self, name, arrays[key].tolist())
        self.accuracy = {name: arrays[f"accuracy_{name}"].tolist() for name in READOUTS}
        self._recent.clear()
        for image, counts in zip(arrays["recent_image"].tolist(), arrays["recent_counts"], strict=True):
            self._recent.append((image, counts.astype(np.int64)))
