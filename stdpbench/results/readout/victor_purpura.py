"""Read-out by the distance of Victor & Purpura.

The distance is implemented here because elephant, the maintained library with it, depends on neo and quantities and
computes one pair of trains at a time, while a read-out compares ten thousand pictures with every class. Results equal
those of elephant 1.2 up to rounding.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.declare.parameters import parameter
from stdpbench.results.readout.base import NO_ANSWER
from stdpbench.results.readout.spike_trains import SpikeTrains
from stdpbench.results.readout.timed import Known, TimedReadout


def victor_purpura_pairs(
    a: NDArray[np.float64],
    a_spikes: NDArray[np.integer[Any]],
    b: NDArray[np.float64],
    b_spikes: NDArray[np.integer[Any]],
    cost: float,
) -> NDArray[np.float64]:
    r"""Return the Victor-Purpura distances of many pairs of trains at once.

    The distance is the smallest cost of transforming one train into the other: adding or removing a spike costs 1,
    moving it by :math:`\Delta t` costs :math:`q |\Delta t|`. With q = 0 it is the difference of the numbers of spikes.
    Source: J. D. Victor and K. P. Purpura, "Nature and precision of temporal coding in visual cortex", J.
    Neurophysiol. 76:1310 (1996).

    Parameters
    ----------
    a, b : ndarray, float64, (n_pairs or 1, most spikes)
        Spike times, ascending; values after the last spike of a train are ignored.
    a_spikes, b_spikes : ndarray, integer, (n_pairs or 1,)
        Number of spikes of each train.
    cost : float
        q, the cost of moving a spike by one unit of time.

    Returns
    -------
    ndarray, float64, (n_pairs,)
    """
    n = max(len(a), len(b))
    a_spikes, b_spikes = np.broadcast_to(a_spikes, n), np.broadcast_to(b_spikes, n)
    long_a, long_b = int(a_spikes.max(initial=0)), int(b_spikes.max(initial=0))
    # row[j]: cost of transforming the first i spikes of a into the first j of b
    row = [np.full(n, float(j)) for j in range(long_b + 1)]
    result = np.where(a_spikes == 0, b_spikes, 0.0)
    for i in range(1, long_a + 1):
        new = [np.full(n, float(i))]
        for j in range(1, long_b + 1):
            with_shift = row[j - 1] + cost * np.abs(a[:, i - 1] - b[:, j - 1])
            new.append(np.minimum(np.minimum(row[j], new[j - 1]) + 1.0, with_shift))
        row = new
        ends = np.flatnonzero(a_spikes == i)
        if len(ends):
            result[ends] = np.array(row)[b_spikes[ends], ends]
    return result


Line = tuple[NDArray[np.float64], NDArray[np.int64]]
"""Spike times of one line, padded, (n_images, most spikes), ms; and number of spikes of each picture."""


class VictorPurpura(TimedReadout):
    """The class whose template is nearest in the metric of Victor & Purpura, on one line per class.

    Spikes of all neurons with the same label form one line, and distances are summed over lines. Since the mean of
    trains is not a train, the template of a class is the medoid of `candidates` labelled responses, with the smallest
    sum of distances to the others. A picture without spikes of labelled neurons has no answer.
    """

    kind: Literal["victor-purpura"] = "victor-purpura"
    timescale: float = parameter(
        50.0, unit="ms", gt=0, help="1/q: moving a spike by this time costs as much as removing it."
    )
    candidates: int = parameter(
        60,
        ge=1,
        le=1000,
        help="Number of first labelled responses per class from which its template is chosen.",
    )

    summary: ClassVar[str] = (
        "Class with the nearest typical response, one line per class (Victor & Purpura's distance)"
    )
    reference: ClassVar[str] = "Victor & Purpura 1996, doi:10.1152/jn.1996.76.2.1310"

    def predict(self, trains: SpikeTrains, known: Known) -> NDArray[np.int64]:
        """Predict the class of each picture; see `TimedReadout.predict`."""
        n_classes, labels = known.assignment.n_classes, known.assignment.labels
        lines = [line(trains, labels == number) for number in range(n_classes)]
        labelled = [line(known.trains, labels == number) for number in range(n_classes)]
        distances = np.full((len(trains), n_classes), np.inf)
        for number in range(n_classes):
            members = np.flatnonzero(known.labels == number)[: self.candidates]
            if not len(members):
                continue
            template = self._medoid(labelled, members)
            distances[:, number] = sum(
                victor_purpura_pairs(times[[template]], n[[template]], *other, 1 / self.timescale)
                for (times, n), other in zip(labelled, lines, strict=True)
            )
        answered = np.sum([n for _, n in lines], axis=0) > 0
        return np.where(answered, distances.argmin(axis=1), NO_ANSWER).astype(np.int64)

    def _medoid(self, lines: list[Line], members: NDArray[np.int64]) -> int:
        first, second = (side.ravel() for side in np.meshgrid(members, members, indexing="ij"))
        costs = np.zeros(len(first))
        for times, n in lines:
            costs += victor_purpura_pairs(times[first], n[first], times[second], n[second], 1 / self.timescale)
        return int(members[costs.reshape(len(members), -1).sum(axis=1).argmin()])


def line(trains: SpikeTrains, neurons: NDArray[np.bool_]) -> Line:
    """Merge the spikes of selected neurons into one line per picture."""
    chosen = neurons[trains.neuron]
    image, times = trains.image[chosen], trains.bin[chosen] * trains.dt
    order = np.lexsort((times, image))
    image, times = image[order], times[order]
    n = np.bincount(image, minlength=len(trains)).astype(np.int64)
    begin = np.concatenate([[0], np.cumsum(n)[:-1]]) if len(n) else n
    padded = np.zeros((len(trains), int(n.max(initial=0))))
    padded[image, np.arange(len(image)) - begin[image]] = times
    return padded, n
