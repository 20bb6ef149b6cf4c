"""Recent answers of the network: neurons are assigned to classes by the last observed presentations.

Like running accuracy, this only indicates progress: labels come from earlier training pictures, while the network
continues to learn. The accuracy of a run is measured with frozen weights (`stdpbench.runs.process.assessment`).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.results.readout import NO_ANSWER, Assignment
from stdpbench.results.readout.vote import Vote


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
        """Return the class that neurons vote for, or `NO_ANSWER` if no presentation was labelled."""
        if not self.n_labelled:
            return NO_ANSWER
        return int(Vote().predict(np.asarray(spike_counts)[None], self.assignment())[0])

    def assignment(self) -> Assignment:
        """Return the assignment of neurons to classes by the stored presentations."""
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
    """Return up to `n` pictures with the highest nonzero counts, most first, each picture once."""
    best: dict[int, int] = {}
    for place in np.argsort(-counts.astype(np.int64), kind="stable").tolist():
        if counts[place] == 0 or len(best) == n:
            break
        best.setdefault(int(images[place]), int(counts[place]))
    return list(best.items())
