"""Answers over time: read-outs of the spikes up to moments within the presentation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stdpbench.results.readout.base import NO_ANSWER, Assignment, Readout
from stdpbench.results.readout.spike_trains import SpikeTrains

POINTS = 50
"""Number of equidistant moments at which answers are read."""


@dataclass(frozen=True, eq=False)
class AnswersOverTime:
    """Answers from the spikes up to several moments.

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
        """Moment in ms from which the answer equals the final answer: (n_images,); NaN without an answer."""
        same = np.logical_and.accumulate((self.answers == self.answers[-1])[::-1], axis=0)[::-1]
        first = self.time[same.argmax(axis=0)]
        return np.where(self.answers[-1] == NO_ANSWER, np.nan, first)

    def settled_ms(self, labels: NDArray[np.int64]) -> dict[str, float | None]:
        """Return percentiles of `settled` for classes (n_images,); None without answers.

        Returns
        -------
        dict
            ``median`` and ``nine_tenths`` of all answers; ``median_right`` and ``median_wrong`` of those whose final
            answer is right or wrong.
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
            name: float(np.percentile(settled[selected], share)) if selected.any() else None
            for name, selected, share in parts
        }


def answers_over_time(
    trains: SpikeTrains, assignment: Assignment, readout: Readout, n_moments: int = POINTS
) -> AnswersOverTime:
    """Read answers from the spikes up to several moments.

    The classes of neurons are those of complete responses; only spikes of the evaluated stimuli are left out.

    Parameters
    ----------
    trains : SpikeTrains
        Responses to the stimuli.
    assignment : Assignment
        Classes of the neurons.
    readout : Readout
        Read-out of spike counts, such as `stdpbench.results.readout.vote.Vote`.
    n_moments : int
        Number of equidistant moments; at most one per time step.
    """
    ends = np.unique(np.ceil(np.linspace(0, trains.n_bins, min(n_moments, trains.n_bins) + 1)[1:]).astype(np.int64))
    counts = np.zeros((len(trains), trains.n_exc), np.uint16)
    image, bins = trains.image, trains.bin.astype(np.int64)
    answers, start = np.empty((len(ends), len(trains)), np.int64), 0
    for number, end in enumerate(ends.tolist()):
        in_interval = (bins >= start) & (bins < end)
        np.add.at(counts, (image[in_interval], trains.neuron[in_interval]), np.uint16(1))
        answers[number], start = readout.predict(counts, assignment), end
    return AnswersOverTime(np.asarray(ends * trains.dt, np.float64), answers)
