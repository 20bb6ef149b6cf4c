"""Quality of answers: confusion matrix, and accuracy with its confidence interval."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.results.readout.base import NO_ANSWER, checked_labels

Z_95: Final = 1.959963984540054
"""Standard normal deviate with 2.5 % on either side."""
INTERVAL: Final = "95 % Wilson interval"
"""Name of all intervals of accuracies; see `wilson_interval`."""


@dataclass(frozen=True, eq=False)
class Score:
    """A confusion matrix, and the measures computed from it.

    Attributes
    ----------
    confusion : ndarray, int64, (n_classes, n_classes + 1)
        Number of pictures by true class (row) and answer (column); the last column is "no answer".
    description : str
        Description of the method, if not obvious.
    """

    confusion: NDArray[np.int64]
    description: str = ""

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return len(self.confusion)

    @property
    def n_images(self) -> int:
        """Number of pictures."""
        return int(self.confusion.sum())

    @property
    def n_correct(self) -> int:
        """Number of correct answers."""
        return int(np.trace(self.confusion))

    @property
    def n_unanswered(self) -> int:
        """Number of pictures without an answer, which count as wrong."""
        return int(self.confusion[:, -1].sum())

    @property
    def accuracy(self) -> float:
        """Share of correct answers in all pictures, 0 to 1."""
        return self.n_correct / self.n_images

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval of the accuracy; see `wilson_interval`."""
        return wilson_interval(self.n_correct, self.n_images)

    @property
    def class_accuracy(self) -> NDArray[np.float64]:
        """Share of correct answers for each class: float64, (n_classes,); NaN for classes without pictures."""
        totals = self.confusion.sum(axis=1)
        return np.where(totals > 0, np.diagonal(self.confusion) / np.maximum(totals, 1), np.nan)

    @property
    def balanced_accuracy(self) -> float:
        """Mean of the accuracies of all classes with pictures, 0 to 1; all classes have equal weights."""
        return float(np.nanmean(self.class_accuracy))

    @property
    def uneven(self) -> bool:
        """Whether the largest class has more than 1.5 times as many pictures as the smallest."""
        totals = self.confusion.sum(axis=1)
        return bool(totals.max() > 1.5 * totals[totals > 0].min())

    def to_mapping(self) -> dict[str, Any]:
        """Return plain numbers for a JSON file; the accuracy of a class without pictures is None."""
        mapping: dict[str, Any] = {
            "accuracy": self.accuracy,
            "balanced_accuracy": self.balanced_accuracy,
            "interval_95": list(self.interval),
            "n_images": self.n_images,
            "n_correct": self.n_correct,
            "n_unanswered": self.n_unanswered,
            "class_accuracy": [None if math.isnan(value) else value for value in self.class_accuracy.tolist()],
            "confusion": self.confusion.tolist(),
        }
        if self.description:
            mapping["description"] = self.description
        return mapping

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> Score:
        """Restore a score from the output of `to_mapping`.

        Raises
        ------
        StdpbenchError
            If the mapping has no confusion matrix.
        """
        try:
            confusion = np.array(mapping["confusion"], dtype=np.int64)
        except (KeyError, ValueError, TypeError):
            confusion = np.empty(0, np.int64)
        if confusion.ndim != 2 or confusion.shape[1] != confusion.shape[0] + 1:
            raise StdpbenchError("the score has no confusion matrix of shape (classes, classes + 1)")
        confusion.setflags(write=False)
        return cls(confusion, str(mapping.get("description", "")))

    def __eq__(self, other: object) -> bool:
        """Compare confusion matrix and description."""
        return (
            isinstance(other, Score)
            and self.description == other.description
            and np.array_equal(self.confusion, other.confusion)
        )


def score(predictions: NDArray[np.integer[Any]], labels: NDArray[np.integer[Any]], n_classes: int) -> Score:
    """Count correct and wrong answers.

    Parameters
    ----------
    predictions : ndarray, integer, (n_images,)
        Classes 0 .. n_classes - 1, or `NO_ANSWER`, which counts as wrong.
    labels : ndarray, integer, (n_images,)
        True classes, 0 .. n_classes - 1.
    n_classes : int
        Number of classes, at least 1.

    Raises
    ------
    StdpbenchError
        If there are no pictures, the numbers differ, or a label or an answer is not a class.
    """
    truth = checked_labels(labels, n_classes)
    answers = np.asarray(predictions)
    if answers.shape != truth.shape or not len(truth):
        raise StdpbenchError(
            f"there must be as many answers as labels, and at least one, not {answers.size} and {truth.size}"
        )
    if not np.issubdtype(answers.dtype, np.integer) or answers.min() < NO_ANSWER or answers.max() >= n_classes:
        raise StdpbenchError(f"answers must be whole numbers from {NO_ANSWER} (no answer) to {n_classes - 1}")
    columns = np.where(answers == NO_ANSWER, n_classes, answers)
    cells = np.bincount(truth * (n_classes + 1) + columns, minlength=n_classes * (n_classes + 1))
    confusion = cells.astype(np.int64).reshape(n_classes, n_classes + 1)
    confusion.setflags(write=False)
    return Score(confusion)


def wilson_interval(successes: int, trials: int) -> tuple[float, float]:
    r"""Return the 95 % interval of a binomial proportion by inverting the score test, without continuity correction.

    .. math::

        \left. \left( \hat p + \frac{z^2}{2n} \pm z \sqrt{\frac{\hat p (1 - \hat p)}{n} + \frac{z^2}{4 n^2}} \right)
        \right/ \left( 1 + \frac{z^2}{n} \right)

    with :math:`\hat p` successes in n trials. Source: E. B. Wilson, "Probable inference, the law of succession, and
    statistical inference", J. Am. Stat. Assoc. 22:209 (1927); recommended by L. D. Brown, T. T. Cai and A. DasGupta,
    Stat. Sci. 16:101 (2001). It assumes that the test pictures are a random sample, and does not include the variation
    between seeds, which is larger.

    Parameters
    ----------
    successes, trials : int
        0 <= successes <= trials, and at least one trial.

    Raises
    ------
    StdpbenchError
        If the numbers are not a proportion.
    """
    if not 0 <= successes <= trials or trials < 1:
        raise StdpbenchError(f"{successes} of {trials} is not a proportion")
    share, z = successes / trials, Z_95
    spread = z * math.sqrt(share * (1 - share) / trials + (z / (2 * trials)) ** 2)
    centre, scale = share + z * z / (2 * trials), 1 + z * z / trials
    # at the ends the exact bound is 0 or 1, which rounding must not exceed
    low = 0.0 if successes == 0 else max(0.0, (centre - spread) / scale)
    high = 1.0 if successes == trials else min(1.0, (centre + spread) / scale)
    return low, high
