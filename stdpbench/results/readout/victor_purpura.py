"""Read-out by the distance of Victor & Purpura."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.declare.parameters import parameter
from stdpbench.results.readout.base import NO_ANSWER
from stdpbench.results.readout.spike_distances import victor_purpura_pairs
from stdpbench.results.readout.spike_trains import SpikeTrains
from stdpbench.results.readout.timed import Known, TimedReadout, check_trains

Line = tuple[NDArray[np.float64], NDArray[np.int64]]
"""Spike times of one line, padded, (n_images, most spikes), ms; and number of spikes of each picture."""


class VictorPurpura(TimedReadout):
    """The class whose template is nearest in the metric of Victor & Purpura, on one line per class.

    Spikes of all neurons with the same label form one line, and distances are summed over lines. Since a mean of
    trains is not a train, the template of a class is one of `candidates` labelled responses, that with the smallest
    sum of distances to the others. A picture without spikes of labelled neurons has no answer.
    """

    kind: Literal["victor-purpura"] = "victor-purpura"
    timescale: float = parameter(
        50.0, unit="ms", gt=0, help="1/q: moving a spike by this much costs as much as removing it."
    )
    candidates: int = parameter(
        60,
        ge=1,
        le=1000,
        help="Number of labelled responses per class, from the first, from which its template is chosen.",
    )

    summary: ClassVar[str] = (
        "Class with the nearest typical response, one line per class (Victor & Purpura's distance)"
    )
    reference: ClassVar[str] = "Victor & Purpura 1996, doi:10.1152/jn.1996.76.2.1310"

    def predict(self, trains: SpikeTrains, known: Known) -> NDArray[np.int64]:
        """Predict the class of each picture; see `TimedReadout.predict`."""
        check_trains(trains, known)
        n_classes, labels = known.assignment.n_classes, known.assignment.labels
        shown = [line(trains, labels == number) for number in range(n_classes)]
        given = [line(known.trains, labels == number) for number in range(n_classes)]
        distances = np.full((len(trains), n_classes), np.inf)
        for number in range(n_classes):
            members = np.flatnonzero(known.labels == number)[: self.candidates]
            if not len(members):
                continue
            template = self._medoid(given, members)
            distances[:, number] = sum(
                victor_purpura_pairs(times[[template]], n[[template]], *other, 1 / self.timescale)
                for (times, n), other in zip(given, shown, strict=True)
            )
        answered = np.sum([n for _, n in shown], axis=0) > 0
        return np.where(answered, distances.argmin(axis=1), NO_ANSWER).astype(np.int64)

    def _medoid(self, lines: list[Line], members: NDArray[np.int64]) -> int:
        one, other = (side.ravel() for side in np.meshgrid(members, members, indexing="ij"))
        costs = np.zeros(len(one))
        for times, n in lines:
            costs += victor_purpura_pairs(times[one], n[one], times[other], n[other], 1 / self.timescale)
        return int(members[costs.reshape(len(members), -1).sum(axis=1).argmin()])


def line(trains: SpikeTrains, neurons: NDArray[np.bool_]) -> Line:
    """Merge the spikes of some neurons into one line."""
    chosen = neurons[trains.neuron]
    image, times = trains.image[chosen], trains.bin[chosen] * trains.dt
    order = np.lexsort((times, image))
    image, times = image[order], times[order]
    n = np.bincount(image, minlength=len(trains)).astype(np.int64)
    begin = np.concatenate([[0], np.cumsum(n)[:-1]]) if len(n) else n
    padded = np.zeros((len(trains), int(n.max(initial=0))))
    padded[image, np.arange(len(image)) - begin[image]] = times
    return padded, n
