"""Weights from the file of a connection."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.kinds.weights.base import Weight


class TableWeight(Weight):
    """The weight of each synapse is in the column ``weight`` of the file of the connection ``table``."""

    kind: Literal["table"] = "table"

    summary: ClassVar[str] = "The weights in the file of the connection 'table'"
    from_table: ClassVar[bool] = True

    def draw(self, random: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
        """Raise an error: weights of this kind come from the connection."""
        raise StdpbenchError("weights of kind 'table' come from the file of a connection")
