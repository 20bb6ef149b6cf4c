"""A delay per synapse, drawn uniformly."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.delays.base import Delay


class Uniform(Delay):
    """Each synapse has its own delay, drawn uniformly between 0 and the longest."""

    kind: Literal["uniform"] = "uniform"
    high: float = parameter(10.0, unit="ms", ge=0, le=100, structural=True, help="Longest delay.")

    summary: ClassVar[str] = "A delay per synapse, drawn uniformly between 0 and the longest"
    form: ClassVar[Literal["each"]] = "each"

    @property
    def longest(self) -> float:
        """Longest possible delay, in ms."""
        return self.high

    def draw(self, random: np.random.Generator, shape: tuple[int, ...], dt: float) -> NDArray[np.int32]:
        """Return the delay of each synapse in steps of `dt` ms, int32."""
        return np.rint(random.random(shape) * self.high / dt).astype(np.int32)
