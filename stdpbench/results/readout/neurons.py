r"""Measures of single neurons: classes, activity and selectivity.

All are computed from spike counts of labelled pictures. With :math:`\bar r_{cj}` the mean response of neuron j to
class c, and :math:`p_{cj}` its share in the sum over classes (`Assignment.proportions`):

* purity: the largest share; entropy: :math:`-\sum_c p_{cj} \log_2 p_{cj}` in bits; both undefined for a neuron that
  never fired.
* selectivity: :math:`(\mu_{max} - \mu_{rest}) / (\mu_{max} + \mu_{rest})`, with the largest mean response and the mean
  of the others (after A. S. Morcos et al., ICLR 2018).
* sparseness: :math:`(1 - a)/(1 - 1/n)` with :math:`a = (\sum r/n)^2 / (\sum r^2/n)`, over pictures for a neuron
  (lifetime) and over neurons for a picture (population): 0 if all respond equally, 1 if only one responds (W. E.
  Vinje and J. L. Gallant, Science 287:1273 (2000), after E. T. Rolls and A. Treves).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.results.readout.base import NO_ANSWER, Assignment, Counts, checked_counts, checked_labels, row_blocks

_MOST_LEVELS = 12
"""Counts of at least this number form one level of response in the mutual information."""


@dataclass(frozen=True, eq=False)
class NeuronMeasures:
    """Arrays with one value per neuron, NaN for neurons that never fired, or one value per picture.

    Attributes
    ----------
    mean_spikes : ndarray, float64, (n_exc,)
        Spikes per picture.
    purity, entropy, selectivity, lifetime_sparseness : ndarray, float64, (n_exc,)
    information : ndarray, float64, (n_exc,), bit
        Mutual information of spike count and class, corrected for bias; see `mutual_information`.
    population_sparseness : ndarray, float64, (n_images,)
        NaN for a picture without spikes.
    """

    mean_spikes: NDArray[np.float64]
    purity: NDArray[np.float64]
    entropy: NDArray[np.float64]
    selectivity: NDArray[np.float64]
    lifetime_sparseness: NDArray[np.float64]
    information: NDArray[np.float64]
    population_sparseness: NDArray[np.float64]

    @property
    def never_fired(self) -> NDArray[np.bool_]:
        """Neurons without a spike in these pictures: bool, (n_exc,)."""
        return np.asarray(self.mean_spikes == 0)


def measure_neurons(spike_counts: Counts, labels: NDArray[np.integer[Any]], assignment: Assignment) -> NeuronMeasures:
    """Measure each neuron.

    Parameters
    ----------
    spike_counts : ndarray, integer, (n_images, n_exc)
    labels : ndarray, integer, (n_images,)
        Classes of those pictures.
    assignment : Assignment
        Assignment from these responses, for purity, entropy and selectivity.
    """
    counts = checked_counts(spike_counts)
    shares, means = assignment.proportions, assignment.mean_response
    silent = assignment.labels == NO_ANSWER
    with np.errstate(divide="ignore", invalid="ignore"):
        entropy = -np.where(shares > 0, shares * np.log2(np.where(shares > 0, shares, 1)), 0.0).sum(axis=0)
        largest = means.max(axis=0)
        rest = (means.sum(axis=0) - largest) / max(assignment.n_classes - 1, 1)
        selectivity = (largest - rest) / (largest + rest)
    total = counts.sum(axis=0, dtype=np.float64)
    return NeuronMeasures(
        mean_spikes=total / max(len(counts), 1),
        purity=np.where(silent, np.nan, shares.max(axis=0)),
        entropy=np.where(silent, np.nan, entropy),
        selectivity=np.where(silent, np.nan, selectivity),
        lifetime_sparseness=sparseness(counts, axis=0),
        information=np.where(total > 0, mutual_information(counts, labels, assignment.n_classes), np.nan),
        population_sparseness=sparseness(counts, axis=1),
    )


def sparseness(spike_counts: Counts, axis: int) -> NDArray[np.float64]:
    """Return the sparseness over pictures of each neuron (`axis` 0), or over neurons of each picture (1): float64.

    NaN for a neuron or picture without a spike.
    """
    counts = checked_counts(spike_counts)
    total, squares = np.zeros(counts.shape[1 - axis]), np.zeros(counts.shape[1 - axis])
    for rows in row_blocks(counts):
        block = counts[rows].astype(np.float64)
        target: slice = slice(None) if axis == 0 else rows
        total[target] += block.sum(axis=axis)
        squares[target] += (block**2).sum(axis=axis)
    return _sparseness(total, squares, counts.shape[axis])


def _sparseness(total: NDArray[np.float64], squares: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    if n < 2:
        return np.full(len(total), np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        active = (total / n) ** 2 / (squares / n)
        return np.where(squares > 0, (1 - active) / (1 - 1 / n), np.nan)


def mutual_information(
    spike_counts: Counts, labels: NDArray[np.integer[Any]], n_classes: int, *, corrected: bool = True
) -> NDArray[np.float64]:
    r"""Return the mutual information of each neuron's spike count and the class, in bits.

    Counts of 12 and more form one level. Most of the bias of a finite sample is subtracted:

    .. math:: \frac{1}{2 N \ln 2} \Big( \sum_c (R_c - 1) - (R - 1) \Big)

    with R the levels that occurred, and :math:`R_c` those that occurred in class c (S. Panzeri and A. Treves, Network
    7:87 (1996), with the naive count of levels). The result for an uninformative neuron can therefore
    be slightly negative.

    Returns
    -------
    ndarray, float64, (n_exc,)
    """
    counts, classes = checked_counts(spike_counts), checked_labels(labels, n_classes)
    n, n_exc = counts.shape
    joint = np.zeros((n_classes, _MOST_LEVELS + 1, n_exc))
    for number in range(n_classes):
        of_class = counts[classes == number]
        for level in range(_MOST_LEVELS):
            joint[number, level] = (of_class == level).sum(axis=0)
        joint[number, _MOST_LEVELS] = (of_class >= _MOST_LEVELS).sum(axis=0)
    p = joint / max(n, 1)
    p_class, p_level = p.sum(axis=1, keepdims=True), p.sum(axis=0, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(p > 0, p * np.log2(p / (p_class * p_level)), 0.0)
    information: NDArray[np.float64] = terms.sum(axis=(0, 1))
    if corrected:
        occurred = joint > 0
        present = occurred.any(axis=1)
        levels_of_class = (occurred.sum(axis=1) - present).sum(axis=0)
        levels = occurred.any(axis=0).sum(axis=0) - 1
        information = information - (levels_of_class - levels) / (2 * max(n, 1) * np.log(2))
    return information


def unit_fields(w: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Return the fields, one per column, with mean 0 and norm 1."""
    centred = np.asarray(w, np.float32) - w.mean(axis=0, dtype=np.float32)
    norm = np.linalg.norm(centred, axis=0)
    return np.asarray(centred / np.where(norm > 0, norm, 1), np.float32)


def most_alike(w: NDArray[np.floating[Any]], block: int = 1024) -> NDArray[np.float64]:
    """Return the correlation of each receptive field with the most similar other one: float64, (n_exc,).

    The result is NaN if there is only one neuron.
    """
    fields = unit_fields(w)
    n = fields.shape[1]
    largest = np.full(n, np.nan)
    for first in range(0, n, block):
        correlation = fields.T @ fields[:, first : first + block]
        columns = np.arange(correlation.shape[1])
        correlation[first + columns, columns] = -np.inf
        if n > 1:
            largest[first : first + block] = correlation.max(axis=0)
    return largest
