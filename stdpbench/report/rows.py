"""One line of a table of accuracies."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.readout import INTERVAL, NO_ANSWER, wilson_interval

GROUPS = {
    "read-out": "read-outs of the trained network: neurons named by labels, nothing else learned from them",
    "timed": "read-outs of spike times",
    "untrained": "untrained networks, labelled and read in the same way",
    "pixels": "k-means on pixels, centres named by labels",
    "supervised": "supervised: these learn from labels, and are no part of what the network learned by itself",
}
"""Groups of rows, in order."""


@dataclass(frozen=True)
class Accuracy:
    """An accuracy, and how it came about.

    Attributes
    ----------
    group : str
        One of `GROUPS`.
    name : str
        What was measured.
    accuracy : float
        0 to 1.
    low, high : float
        Bounds of the 95 % Wilson interval.
    n_images, n_labelled : int
        Pictures that were read, and labelled ones behind it.
    n_unanswered : int
        Pictures without an answer, which count as wrong.
    note : str
        What should be known beside it.
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

    @property
    def supervised(self) -> bool:
        """Whether labels did more than name neurons or centres."""
        return self.group == "supervised"

    def to_mapping(self) -> dict[str, Any]:
        """Plain values for JSON and CSV."""
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
    return Accuracy(group, name, n_correct / n, low, high, n, n_labelled, unanswered, note)


def stored_row(group: str, name: str, score: dict[str, Any], n_labelled: int, note: str = "") -> Accuracy:
    """An accuracy that the run measured itself, from ``metrics.json``."""
    n, n_correct, unanswered = int(score["n_images"]), int(score["n_correct"]), int(score.get("n_unanswered", 0))
    low, high = wilson_interval(n_correct, n)
    return Accuracy(group, name, n_correct / n, low, high, n, n_labelled, unanswered, note)
