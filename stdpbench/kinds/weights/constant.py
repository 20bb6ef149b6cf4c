"""The same weight for all synapses."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.weights.base import Weight


class Constant(Weight):
    """The same weight for all synapses; stored once if the projection is not plastic."""

    kind: Literal["constant"] = "constant"
    value: float = parameter(1.0, unit="", ge=0, help="Weight of each synapse.")

    summary: ClassVar[str] = "The same weight for all synapses"

    def draw(self, random: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
        """Return weights of this shape, float64."""
        return np.full(shape, self.value)
