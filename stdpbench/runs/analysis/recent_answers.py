"""What the network answered lately: a class for each neuron from the last presentations that were seen.

For the eye only, as running accuracy is: labels come from training pictures, some time ago, while the network learns
on. The accuracy of a run is measured with frozen weights (`stdpbench.runs.process.assessment`).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.readout import NO_ANSWER, Assignment
from stdpbench.readout.vote import Vote


class RecentResponses:
    """Responses of the last presentations that were seen; older ones are forgotten.

    Parameters
    ----------
    n_exc : int
        Number of exc neurons.
    n_classes : int
        Number of classes; 0 for unlabelled pictures.
    memory : int
        How many presentations count.
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
        """Presentations that count."""
        return min(self._added, len(self._counts))

    @property
    def n_labelled(self) -> int:
        """Of these, presentations of labelled pictures."""
        return int(self._class_counts.sum())

    def add(self, image: int, label: int, spike_counts: NDArray[np.integer[Any]]) -> int:
        """Take a presentation in; returns what those before it make of it, `NO_ANSWER` for nothing.

        Parameters
        ----------
        image : int
            Which picture.
        label : int
            Its class; `NO_ANSWER` where it is not known.
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
        """The class that neurons vote for; `NO_ANSWER` where nothing can be said."""
        if not self.n_labelled:
            return NO_ANSWER
        return int(Vote().predict(np.asarray(spike_counts)[None], self.assignment())[0])

    def assignment(self) -> Assignment:
        """What the neurons stand for, as far as was seen."""
        labels = np.full(self._counts.shape[1], NO_ANSWER, np.int64)
        mean = self._sums / np.maximum(self._class_counts, 1)[:, None]
        if len(mean):
            labels = np.where(self._sums.any(axis=0), mean.argmax(axis=0), NO_ANSWER).astype(np.int64)
        return Assignment(labels, mean, self._class_counts.copy())

    def best_images(self, neuron: int, n: int) -> list[tuple[int, int]]:
        """The pictures that drew most spikes from a neuron: (picture, spikes), most first, each picture once."""
        counts = self._counts[: self.n_seen, neuron]
        return best_of(self._images[: self.n_seen], counts, n)

    def _count(self, place: int, sign: int) -> None:
        label = self._labels[place]
        if 0 <= label < len(self._sums):
            self._sums[label] += sign * self._counts[place].astype(np.int64)
            self._class_counts[label] += sign


def best_of(images: NDArray[np.int64], counts: NDArray[np.integer[Any]], n: int) -> list[tuple[int, int]]:
    """Pictures with the highest counts, most first, each once, at most `n`; none that drew no spike."""
    best: dict[int, int] = {}
    for place in np.argsort(-counts.astype(np.int64), kind="stable").tolist():
        if counts[place] == 0 or len(best) == n:
            break
        best.setdefault(int(images[place]), int(counts[place]))
    return list(best.items())
