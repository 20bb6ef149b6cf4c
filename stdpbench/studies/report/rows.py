"""One line of a table of accuracies."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.results.readout import INTERVAL, NO_ANSWER, Score, score, wilson_interval
from stdpbench.results.readout.metric import Metric

GROUPS = {
    "read-out": "read-outs of the trained network: labels name neurons, or give their mean responses to classes",
    "timed": "read-outs of spike times",
    "untrained": "untrained networks, labelled and read out in the same way",
    "start": "with the weights of another network, from which this one started, labelled and read out in the same way",
    "pixels": "without a network: centres of k-means and samples as prototypes, labelled like neurons",
    "supervised": "supervised: trained with labels, not a measure of what the network learned",
}
"""Groups of rows, in order."""


@dataclass(frozen=True)
class Accuracy:
    """An accuracy with its details.

    Attributes
    ----------
    group : str
        One of `GROUPS`.
    name : str
        Name of the read-out or baseline.
    accuracy : float
        0 to 1.
    low, high : float
        Bounds of the 95 % Wilson interval.
    n_images, n_labelled : int
        Number of classified pictures, and of labelled pictures used.
    n_unanswered : int
        Pictures without an answer, which count as wrong.
    note : str
        Remark.
    balanced : float or None
        Mean of the accuracies of all classes, 0 to 1; None if all classes have about the same number of pictures.
    """

    group: str
    name: str
    accuracy: float
    low: float
    high: float
    n_images: int
    n_labelled: int
    n_unanswered: int = 0
    note: str = field(default="")
    balanced: float | None = None

    @property
    def supervised(self) -> bool:
        """Whether labels were used for more than labelling neurons or centres."""
        return self.group == "supervised"

    @property
    def metric(self) -> Metric:
        """The accuracy with its interval."""
        return Metric(self.accuracy, self.low, self.high, INTERVAL)

    def to_mapping(self) -> dict[str, Any]:
        """Return plain values for JSON and CSV."""
        return {**asdict(self), "supervised": self.supervised, "interval": INTERVAL}


def accuracy_row(
    group: str,
    name: str,
    answers: NDArray[np.int64],
    labels: NDArray[np.int64],
    n_labelled: int,
    note: str = "",
) -> Accuracy:
    """Score answers."""
    n, n_correct, unanswered = len(labels), int((answers == labels).sum()), int((answers == NO_ANSWER).sum())
    low, high = wilson_interval(n_correct, n)
    scored = score(answers, labels, int(max(answers.max(initial=0), labels.max(initial=0))) + 1)
    return Accuracy(group, name, n_correct / n, low, high, n, n_labelled, unanswered, note, _balanced(scored))


def stored_row(group: str, name: str, stored: dict[str, Any], n_labelled: int, note: str = "") -> Accuracy:
    """Return an accuracy from ``metrics.json`` of the run."""
    n, n_correct, unanswered = int(stored["n_images"]), int(stored["n_correct"]), int(stored.get("n_unanswered", 0))
    low, high = wilson_interval(n_correct, n)
    balanced = _balanced(Score.from_mapping(stored)) if "confusion" in stored else None
    note = note or str(stored.get("description", ""))
    return Accuracy(group, name, n_correct / n, low, high, n, n_labelled, unanswered, note, balanced)


def _balanced(scored: Score) -> float | None:
    return scored.balanced_accuracy if scored.uneven else None


def times(n: int) -> str:
    """Return a number of times in words."""
    return "once" if n == 1 else "twice" if n == 2 else f"{n} times"
