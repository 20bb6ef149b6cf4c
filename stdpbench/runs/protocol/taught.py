"""The fact that a part of the training with labels is complete."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Taught:
    """A reference has been trained with some pictures and their labels.

    Attributes
    ----------
    pictures : int
        Number of pictures since the last fact of this kind.
    loss, accuracy : float
        Mean loss, and share of the pictures that were classified correctly, each before the changes that follow.
    values : mapping of str to float
        Further measures (`stdpbench.experiment.references.Learnt`).
    """

    pictures: int
    loss: float
    accuracy: float
    values: Mapping[str, float]
    recurs: ClassVar[bool] = True
