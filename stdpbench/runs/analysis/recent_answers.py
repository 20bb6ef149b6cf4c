"""Recent answers and firing rates of the network, from the presentations that a reader received most recently.

Like running accuracy, answers only indicate progress: labels come from earlier training pictures, while the network
continues to learn. The accuracy of a run is measured with frozen weights (`stdpbench.runs.process.assessment`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.experiment.graph import Graph
from stdpbench.results.readout import NO_ANSWER, Assignment
from stdpbench.results.readout.vote import Vote
from stdpbench.runs.analysis.frame_spikes import rates_in


class RecentResponses:
    """Responses in the last observed presentations; older ones are dropped.

    Parameters
    ----------
    n_exc : int
        Number of exc neurons.
    n_classes : int
        Number of classes; 0 for unlabelled pictures.
    memory : int
        Maximum number of presentations.
    """

    def __init__(self, n_exc: int, n_classes: int, memory: int = 1000) -> None:
        self._counts = np.zeros((memory, n_exc), np.uint16)
        self._images = np.full(memory, -1, np.int64)
        self._labels = np.full(memory, NO_ANSWER, np.int64)
        self._sums = np.zeros((n_classes, n_exc), np.int64)
        self._class_counts = np.zeros(n_classes, np.int64)
        self._added = 0

    @property
    def n_seen(self) -> int:
        """Number of stored presentations."""
        return min(self._added, len(self._counts))

    @property
    def n_labelled(self) -> int:
        """Number of stored presentations of labelled pictures."""
        return int(self._class_counts.sum())

    def add(self, image: int, label: int, spike_counts: NDArray[np.integer[Any]]) -> int:
        """Add a presentation; return the answer to it according to the earlier ones, or `NO_ANSWER`.

        Parameters
        ----------
        image : int
            Index of the picture.
        label : int
            Its class; `NO_ANSWER` if unknown.
        spike_counts : ndarray, integer, (n_exc,)
            The response.
        """
        answer = self.answer(spike_counts)
        place = self._added % len(self._counts)
        if self._added >= len(self._counts):
            self._count(place, -1)
        self._counts[place] = np.minimum(spike_counts, np.iinfo(np.uint16).max)
        self._images[place], self._labels[place] = image, label
        self._count(place, 1)
        self._added += 1
        return answer

    def answer(self, spike_counts: NDArray[np.integer[Any]]) -> int:
        """Return the class that the neurons vote for, or `NO_ANSWER` without labelled presentations."""
        if not self.n_labelled:
            return NO_ANSWER
        return int(Vote().predict(np.asarray(spike_counts)[None], self.assignment())[0])

    def assignment(self) -> Assignment:
        """Return the assignment of neurons to classes from the stored presentations."""
        labels = np.full(self._counts.shape[1], NO_ANSWER, np.int64)
        mean = self._sums / np.maximum(self._class_counts, 1)[:, None]
        if len(mean):
            labels = np.where(self._sums.any(axis=0), mean.argmax(axis=0), NO_ANSWER).astype(np.int64)
        return Assignment(labels, mean, self._class_counts.copy())

    def best_images(self, neuron: int, n: int) -> list[tuple[int, int]]:
        """Return the pictures to which a neuron responded most, as (picture, spikes), most spikes first."""
        counts = self._counts[: self.n_seen, neuron]
        return best_of(self._images[: self.n_seen], counts, n)

    def _count(self, place: int, sign: int) -> None:
        label = self._labels[place]
        if 0 <= label < len(self._sums):
            self._sums[label] += sign * self._counts[place].astype(np.int64)
            self._class_counts[label] += sign


def best_of(images: NDArray[np.int64], counts: NDArray[np.integer[Any]], n: int) -> list[tuple[int, int]]:
    """Return up to `n` different pictures with the highest nonzero counts, highest first."""
    best: dict[int, int] = {}
    for place in np.argsort(-counts.astype(np.int64), kind="stable").tolist():
        if counts[place] == 0 or len(best) == n:
            break
        best.setdefault(int(images[place]), int(counts[place]))
    return list(best.items())


_KEPT = 20


class RecentRates:
    """Mean rates over the last received presentations, at most 20.

    Attributes
    ----------
    rates : mapping of str to float
        Mean rate of a neuron during the stimulus in Hz, by population with known spikes. Empty before the first
        presentation is received.
    """

    def __init__(self) -> None:
        self.rates: Mapping[str, float] = {}
        self._recent: deque[tuple[int, dict[str, float]]] = deque(maxlen=_KEPT)

    @property
    def n(self) -> int:
        """Number of presentations over which the rates are averaged."""
        return len(self._recent)

    @property
    def last(self) -> int:
        """Number of the last of these presentations; -1 without one."""
        return self._recent[-1][0] if self._recent else -1

    def reset(self) -> None:
        """Forget all presentations."""
        self._recent.clear()
        self.rates = {}

    def take(self, frame: Mapping[str, Any], graph: Graph, dt: float) -> bool:
        """Add a frame of ``presentation``, and return whether it was a new one; see `frame_spikes.rates_in`."""
        if "presentation" not in frame or frame["presentation"] == self.last:
            return False
        rates = rates_in(frame, graph, dt)
        went_back = frame["presentation"] < self.last  # a rewind, or a branch from an earlier position
        if went_back or (self._recent and self._recent[-1][1].keys() != rates.keys()):
            self._recent.clear()
        self._recent.append((int(frame["presentation"]), rates))
        self.rates = {name: sum(past[name] for _, past in self._recent) / len(self._recent) for name in rates}
        return True
