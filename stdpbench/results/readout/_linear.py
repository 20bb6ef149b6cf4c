"""Base of linear read-outs, in which each spike adds a weight of its neuron to the score of each class."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.results.readout.base import NO_ANSWER, Assignment, Counts, Readout, checked_counts, row_blocks

_TIE = 1e-11  # relative; larger than rounding errors of thousands of summands, smaller than the effect of one spike


class LinearReadout(Readout):
    r"""The class with the largest weighted sum of spikes.

    .. math:: s_{ic} = b_c + \sum_j n_{ij} W_{jc}, \qquad \text{class}_i = \arg\max_c s_{ic}

    with :math:`n_{ij}` the spikes of neuron j during picture i. Each kind defines :math:`W`, and optionally :math:`b`,
    which is 0 by default. There is no answer if no neuron with a nonzero weight fires. Sums that are equal up to
    rounding are a tie, which the lowest class wins, since otherwise the result would depend on the order of neurons or
    the processor.
    """

    @abstractmethod
    def weights(self, assignment: Assignment) -> NDArray[np.float64]:
        """Return the weight of a spike of each neuron for each class: float64, (n_exc, n_classes)."""

    def offsets(self, assignment: Assignment) -> NDArray[np.float64]:
        """Return the score of each class without spikes: float64, (n_classes,)."""
        return np.zeros(assignment.n_classes)

    def predict(self, spike_counts: Counts, assignment: Assignment) -> NDArray[np.int64]:
        """Predict the class of each picture; see `Readout.predict`."""
        counts = checked_counts(spike_counts)
        if counts.shape[1] != assignment.n_exc:
            raise StdpbenchError(
                f"the spike counts are of {counts.shape[1]} neurons, but {assignment.n_exc} neurons were labelled"
            )
        weights, offsets = self.weights(assignment), self.offsets(assignment)
        counted = weights.any(axis=1)
        predictions = np.full(len(counts), NO_ANSWER, np.int64)
        for rows in row_blocks(counts):
            scores = counts[rows].astype(np.float64) @ weights + offsets
            best = scores.max(axis=1, keepdims=True)
            winners = (scores >= best - _TIE * np.abs(best)).argmax(axis=1)
            predictions[rows] = np.where(counts[rows][:, counted].any(axis=1), winners, NO_ANSWER)
        return predictions


def carried_labels(assignment: Assignment) -> NDArray[np.float64]:
    """Return 1 / number of neurons of the class for the label of each neuron, and 0 otherwise: (n_exc, n_classes).

    The column of a class without neurons is 0, not NaN, so that it cannot win.
    """
    carries = assignment.labels[:, None] == np.arange(assignment.n_classes)
    weights: NDArray[np.float64] = carries / np.maximum(assignment.class_sizes, 1)
    return weights
