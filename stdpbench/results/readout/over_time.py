"""When an answer settles: read-outs of spikes up to a moment within the presentation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stdpbench.results.readout.base import NO_ANSWER, Assignment, Readout
from stdpbench.results.readout.spike_trains import SpikeTrains

POINTS = 50
"""Moments at which answers are read, at equal distances."""


@dataclass(frozen=True, eq=False)
class AnswersOverTime:
    """Answers from spikes up to each of some moments.

    Attributes
    ----------
    time : ndarray, float64, (n_moments,)
        Moments in ms from the start of the presentation, ascending; the last one is the end of the stimulus.
    answers : ndarray, int64, (n_moments, n_images)
        Predicted classes from the spikes before each moment, or `NO_ANSWER`.
    """

    time: NDArray[np.float64]
    answers: NDArray[np.int64]

    def accuracy(self, labels: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the accuracy at each moment for classes (n_images,): float64, (n_moments,)."""
        return np.asarray((self.answers == labels).mean(axis=1), np.float64)

    @property
    def settled(self) -> NDArray[np.float64]:
        """Moment in ms from which the answer stays as it is at the end: (n_images,); NaN without an answer."""
        same = np.logical_and.accumulate((self.answers == self.answers[-1])[::-1], axis=0)[::-1]
        first = self.time[same.argmax(axis=0)]
        return np.where(self.answers[-1] == NO_ANSWER, np.nan, first)

    def settled_ms(self, labels: NDArray[np.int64]) -> dict[str, float | None]:
        """Return percentiles of `settled` for classes (n_images,); None where there is no answer.

        Returns
        -------
        dict
            ``median`` and ``nine_tenths`` of all answers; ``median_right`` and ``median_wrong`` of those that are
            right, or wrong, at the end.
        """
        settled, right = self.settled, self.answers[-1] == labels
        known = np.isfinite(settled)
        parts = (
            ("median", known, 50),
            ("nine_tenths", known, 90),
            ("median_right", known & right, 50),
            ("median_wrong", known & ~right, 50),
        )
        return {
            name: float(np.percentile(settled[which], share)) if which.any() else None for name, which, share in parts
        }


def answers_over_time(
    trains: SpikeTrains, assignment: Assignment, readout: Readout, n_moments: int = POINTS
) -> AnswersOverTime:
    """Read answers from spikes up to each of some moments.

    Neurons keep the classes that they have from whole responses, so that nothing but the spikes of the evaluated
    stimulus is missing.

    Parameters
    ----------
    trains : SpikeTrains
        Responses to the stimuli.
    assignment : Assignment
        Classes of the neurons.
    readout : Readout
        Read-out of spike counts, such as `stdpbench.results.readout.vote.Vote`.
    n_moments : int
        Number of moments, at equal distances; at most one per time step.
    """
    ends = np.unique(np.ceil(np.linspace(0, trains.n_bins, min(n_moments, trains.n_bins) + 1)[1:]).astype(np.int64))
    counts = np.zeros((len(trains), trains.n_exc), np.uint16)
    image, bins = trains.image, trains.bin.astype(np.int64)
    answers, start = np.empty((len(ends), len(trains)), np.int64), 0
    for number, end in enumerate(ends.tolist()):
        now = (bins >= start) & (bins < end)
        np.add.at(counts, (image[now], trains.neuron[now]), np.uint16(1))
        answers[number], start = readout.predict(counts, assignment), end
    return AnswersOverTime(np.asarray(ends * trains.dt, np.float64), answers)
