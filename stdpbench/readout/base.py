"""What a read-out is: spike counts and an assignment of neurons to classes in, one class per picture out.

The network learns without labels. Afterwards, `assign` looks at its responses to labelled *training* pictures (the
label phase) and writes down what each neuron stands for; a `Readout` then reads classes off the responses to other
pictures. The assignment is frozen, a read-out keeps nothing: the same counts give the same classes, in any order and
in any process.

Where there is nothing to read, the answer is `NO_ANSWER` and not a guess: a picture without a spike, or with spikes
only of neurons that say nothing. It counts as wrong, and `stdpbench.readout.metrics` reports it in a column of its
own.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from stdpbench.errors import StdpbenchError
from stdpbench.parameters import Parameters

NO_ANSWER: Final = -1
"""Instead of a class: of a picture that nothing can be said about, and of a neuron that never fired."""

Counts = NDArray[np.integer[Any]]
"""Spikes of each exc neuron during each picture: any integer type, (n_images, n_exc)."""

_BLOCK_ELEMENTS = 2**22  # 32 MiB as float64: all pictures at once would be 3 GB for 60 000 of them and 6400 neurons


@dataclass(frozen=True, eq=False)
class Assignment:
    """What each exc neuron stands for, as seen in the label phase.

    Attributes
    ----------
    labels : ndarray, int64, (n_exc,)
        Class of the neuron's highest mean response, the lowest of several; `NO_ANSWER` for a neuron that never fired.
    mean_response : ndarray, float64, (n_classes, n_exc)
        Spikes per picture of each class; 0 for a class that no labelled picture belongs to.
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
        """Neurons that carry the label of each class: int64, (n_classes,)."""
        return np.bincount(self.labels[self.labels >= 0], minlength=self.n_classes).astype(np.int64)

    @property
    def proportions(self) -> NDArray[np.float64]:
        r"""Share of each class in a neuron's mean responses: float64, (n_classes, n_exc).

        .. math:: p_{cj} = \bar r_{cj} \Big/ \sum_{c'} \bar r_{c'j}

        Columns sum to 1, or to 0 for a neuron that never fired. Because they are made of means, a class with more
        labelled pictures weighs no more than another.
        """
        total = self.mean_response.sum(axis=0)
        shares: NDArray[np.float64] = self.mean_response / np.where(total > 0, total, 1.0)
        return shares


class Readout(Parameters):
    """A way to read classes off spike counts; one kind per file."""

    summary: ClassVar[str]
    reference: ClassVar[str]

    @abstractmethod
    def predict(self, spike_counts: Counts, assignment: Assignment) -> NDArray[np.int64]:
        """Say what class each picture belongs to.

        Parameters
        ----------
        spike_counts : ndarray, integer, (n_images, n_exc)
            Spikes of each neuron during each picture.
        assignment : Assignment
            What the neurons stand for.

        Returns
        -------
        ndarray, int64, (n_images,)
            Classes 0 .. n_classes - 1, or `NO_ANSWER`. Of several classes that are equally good, the lowest.

        Raises
        ------
        StdpbenchError
            If the counts are no table of whole numbers, or are those of another number of neurons.
        """


def assign(spike_counts: Counts, labels: NDArray[np.integer[Any]], n_classes: int) -> Assignment:
    r"""Give each exc neuron the class that it responds to most.

    .. math:: \bar r_{cj} = \frac{1}{N_c} \sum_{i:\, y_i = c} n_{ij}, \qquad \text{label}_j = \arg\max_c \bar r_{cj}

    with :math:`n_{ij}` the spikes of neuron j during picture i, and :math:`N_c` the labelled pictures of class c.
    Source: Diehl & Cook (2015), section 2.6, and released code.

    Parameters
    ----------
    spike_counts : ndarray, integer, (n_images, n_exc)
        Responses of the label phase. No float copy of the whole is made.
    labels : ndarray, integer, (n_images,)
        Class of each picture, 0 .. n_classes - 1.
    n_classes : int
        Number of classes, at least 1.

    Raises
    ------
    StdpbenchError
        If counts and labels do not fit together, or a label is no class.

    Notes
    -----
    Sums of whole numbers and one division each: the result does not depend on the order of the pictures, and classes
    that are equally good are exactly equal.
    """
    counts = checked_counts(spike_counts)
    classes = checked_labels(labels, n_classes)
    if len(classes) != len(counts):
        raise StdpbenchError(f"there are spike counts of {len(counts)} pictures, but labels of {len(classes)}")
    sums = np.zeros((n_classes, counts.shape[1]))
    numbers = np.arange(n_classes)
    for rows in row_blocks(counts):
        belongs = (classes[rows, None] == numbers).astype(np.float64)
        sums += belongs.T @ counts[rows].astype(np.float64)
    class_counts = np.bincount(classes, minlength=n_classes).astype(np.int64)
    mean_response = sums / np.maximum(class_counts, 1)[:, None]
    neuron_labels = np.where(sums.any(axis=0), mean_response.argmax(axis=0), NO_ANSWER).astype(np.int64)
    for array in (neuron_labels, mean_response, class_counts):
        array.setflags(write=False)
    return Assignment(neuron_labels, mean_response, class_counts)


def row_blocks(counts: Counts) -> Iterator[slice]:
    """Slices of rows that are small enough to be made float64."""
    step = max(1, _BLOCK_ELEMENTS // max(1, counts.shape[1]))
    for start in range(0, len(counts), step):
        yield slice(start, start + step)


def checked_counts(spike_counts: Counts) -> Counts:
    """The counts, if they are a table of whole numbers from 0 on."""
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
    """The labels as int64, if each is one of `n_classes` classes."""
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
