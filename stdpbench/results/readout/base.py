"""Base of read-outs, which predict the class of each picture from spike counts and an assignment of neurons.

The network learns without labels. Afterwards, `assign` assigns a class to each neuron from the responses to labelled
*training* pictures (the label phase); a `Readout` then predicts classes from the responses to other pictures. The
assignment is frozen and a read-out has no state: the same counts give the same classes, in any order and in any
process.

If a picture evokes no spikes, or only spikes of neurons without information, the answer is `NO_ANSWER` instead of a
guess. It counts as wrong, and `stdpbench.results.readout.metrics` reports it in a separate column.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.declare.parameters import Parameters

NO_ANSWER: Final = -1
"""Value instead of a class, for a picture without an answer or a neuron that never fired."""

Counts = NDArray[np.integer[Any]]
"""Spikes of each exc neuron during each picture: any integer type, (n_images, n_exc)."""

_BLOCK_ELEMENTS = 2**22  # 32 MiB as float64; 60 000 pictures and 6400 neurons at once would need 3 GB


@dataclass(frozen=True, eq=False)
class Assignment:
    """Classes of the exc neurons, from the label phase.

    Attributes
    ----------
    labels : ndarray, int64, (n_exc,)
        Class with the highest mean response of the neuron, the lowest in a tie; `NO_ANSWER` for a neuron that never
        fired.
    mean_response : ndarray, float64, (n_classes, n_exc)
        Spikes per picture of each class; 0 for a class without labelled pictures.
    class_counts : ndarray, int64, (n_classes,)
        Labelled pictures of each class.
    """

    labels: NDArray[np.int64]
    mean_response: NDArray[np.float64]
    class_counts: NDArray[np.int64]

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return len(self.mean_response)

    @property
    def n_exc(self) -> int:
        """Number of exc neurons."""
        return len(self.labels)

    @property
    def class_sizes(self) -> NDArray[np.int64]:
        """Number of neurons with the label of each class: int64, (n_classes,)."""
        return np.bincount(self.labels[self.labels >= 0], minlength=self.n_classes).astype(np.int64)

    @property
    def proportions(self) -> NDArray[np.float64]:
        r"""Share of each class in a neuron's mean responses: float64, (n_classes, n_exc).

        .. math:: p_{cj} = \bar r_{cj} \Big/ \sum_{c'} \bar r_{c'j}

        Columns sum to 1, or to 0 for a neuron that never fired. Since they are computed from means, classes with more
        labelled pictures do not have larger weights.
        """
        total = self.mean_response.sum(axis=0)
        shares: NDArray[np.float64] = self.mean_response / np.where(total > 0, total, 1.0)
        return shares


class Readout(Parameters):
    """A read-out of spike counts; one kind per file."""

    summary: ClassVar[str]
    reference: ClassVar[str]

    @abstractmethod
    def predict(self, spike_counts: Counts, assignment: Assignment) -> NDArray[np.int64]:
        """Predict the class of each picture.

        Parameters
        ----------
        spike_counts : ndarray, integer, (n_images, n_exc)
            Spikes of each neuron during each picture.
        assignment : Assignment
            Classes of the neurons.

        Returns
        -------
        ndarray, int64, (n_images,)
            Classes 0 .. n_classes - 1, or `NO_ANSWER`. In a tie, the lowest class.

        Raises
        ------
        StdpbenchError
            If the counts are not a table of whole numbers, or the number of neurons differs.
        """


def assign(spike_counts: Counts, labels: NDArray[np.integer[Any]], n_classes: int) -> Assignment:
    r"""Assign to each exc neuron the class to which it responds most.

    .. math:: \bar r_{cj} = \frac{1}{N_c} \sum_{i:\, y_i = c} n_{ij}, \qquad \text{label}_j = \arg\max_c \bar r_{cj}

    with :math:`n_{ij}` the spikes of neuron j during picture i, and :math:`N_c` the labelled pictures of class c.
    Source: Diehl & Cook (2015), section 2.6, and released code.

    Parameters
    ----------
    spike_counts : ndarray, integer, (n_images, n_exc)
        Responses in the label phase; not copied to float as a whole.
    labels : ndarray, integer, (n_images,)
        Class of each picture, 0 .. n_classes - 1.
    n_classes : int
        Number of classes, at least 1.

    Raises
    ------
    StdpbenchError
        If counts and labels do not match, or a label is not a class.

    Notes
    -----
    The result is computed from sums of whole numbers, each divided once, so it does not depend on the order of the
    pictures, and ties are exact.
    """
    counts = checked_counts(spike_counts)
    classes = checked_labels(labels, n_classes)
    if len(classes) != len(counts):
        raise StdpbenchError(f"there are spike counts for {len(counts)} pictures, but labels for {len(classes)}")
    sums = np.zeros((n_classes, counts.shape[1]))
    numbers = np.arange(n_classes)
    for rows in row_blocks(counts):
        membership = (classes[rows, None] == numbers).astype(np.float64)
        sums += membership.T @ counts[rows].astype(np.float64)
    class_counts = np.bincount(classes, minlength=n_classes).astype(np.int64)
    mean_response = sums / np.maximum(class_counts, 1)[:, None]
    neuron_labels = np.where(sums.any(axis=0), mean_response.argmax(axis=0), NO_ANSWER).astype(np.int64)
    for array in (neuron_labels, mean_response, class_counts):
        array.setflags(write=False)
    return Assignment(neuron_labels, mean_response, class_counts)


def classes_of_outputs(n_outputs: int, labels: NDArray[np.int64], n_classes: int) -> Assignment:
    """Return the assignment of output neurons that were trained with labels: neuron c has class c.

    All read-outs then choose the neuron that fires most.

    Parameters
    ----------
    n_outputs : int
        Number of output neurons; those beyond the number of classes have no class.
    labels : ndarray, int64, (n,)
        Classes of the training pictures.
    n_classes : int
        Number of classes.
    """
    classes = np.where(np.arange(n_outputs) < n_classes, np.arange(n_outputs), NO_ANSWER).astype(np.int64)
    mean_response = np.eye(n_classes, n_outputs)
    for array in (classes, mean_response):
        array.setflags(write=False)
    return Assignment(classes, mean_response, np.bincount(labels, minlength=n_classes).astype(np.int64))


def row_blocks(counts: Counts) -> Iterator[slice]:
    """Yield slices of rows that are small enough to convert to float64."""
    step = max(1, _BLOCK_ELEMENTS // max(1, counts.shape[1]))
    for start in range(0, len(counts), step):
        yield slice(start, start + step)


def checked_counts(spike_counts: Counts) -> Counts:
    """Check that spike counts are a table of non-negative whole numbers, and return them."""
    counts = np.asarray(spike_counts)
    if counts.ndim != 2 or not np.issubdtype(counts.dtype, np.integer):
        raise StdpbenchError(
            "spike counts must be whole numbers of shape (pictures, neurons), "
            f"not {counts.dtype} of shape {counts.shape}"
        )
    if np.issubdtype(counts.dtype, np.signedinteger) and counts.size and counts.min() < 0:
        raise StdpbenchError(f"spike counts must be at least 0, but the smallest is {counts.min()}")
    return counts


def checked_labels(labels: NDArray[np.integer[Any]], n_classes: int) -> NDArray[np.int64]:
    """Check that labels are classes below `n_classes`, and return them as int64."""
    if n_classes < 1:
        raise StdpbenchError(f"the number of classes must be at least 1, not {n_classes}")
    classes = np.asarray(labels)
    if classes.ndim != 1 or not (np.issubdtype(classes.dtype, np.integer) or classes.size == 0):
        raise StdpbenchError(
            f"labels must be whole numbers of shape (pictures,), not {classes.dtype} of shape {classes.shape}"
        )
    wrong = np.flatnonzero((classes < 0) | (classes >= n_classes))
    if len(wrong):
        raise StdpbenchError(
            f"labels must be 0 to {n_classes - 1}, but picture {wrong[0]} has label {classes[wrong[0]]}"
        )
    return classes.astype(np.int64)
