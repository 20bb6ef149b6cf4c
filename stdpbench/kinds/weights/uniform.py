"""Weights drawn uniformly from an interval."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.weights.base import Weight


class Uniform(Weight):
    """Weights drawn uniformly from an interval.

    The defaults are those of Diehl & Cook's code, (U(0, 1) + 0.01) * 0.3.
    """

    kind: Literal["uniform"] = "uniform"
    low: float = parameter(0.003, unit="", ge=0, structural=True, help="Smallest weight.")
    high: float = parameter(0.303, unit="", ge=0, structural=True, help="Largest weight.")

    summary: ClassVar[str] = "Weights drawn uniformly from an interval"

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.high < self.low:
            raise ValueError(f"high ({self.high:g}) must be at least low ({self.low:g})")
        return self

    def draw(self, random: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
        """Return weights of this shape, float64."""
        return np.asarray(self.low + random.random(shape) * (self.high - self.low))
