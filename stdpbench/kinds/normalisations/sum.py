"""Scaling of the weights of each target neuron to a fixed sum."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.normalisations.base import Normalisation, scaled


class Sum(Normalisation):
    """Scale the weights of each target neuron to a fixed sum: 78 for 784 inputs in Diehl & Cook's code."""

    kind: Literal["sum"] = "sum"
    value: float = parameter(78.0, unit="", gt=0, help="Sum of the weights of each target neuron.")

    summary: ClassVar[str] = "The weights of each target neuron are scaled to a fixed sum"

    def apply(self, w: NDArray[np.float64], targets: NDArray[np.int32] | None = None) -> NDArray[np.int64]:
        """Scale the weights of each target neuron to the sum, in place; return neurons whose weights sum to 0.

        After scaling, a weight may exceed w_max until it is next clipped.
        """
        sums = w.sum(axis=0, dtype=np.float64) if targets is None else np.bincount(targets, w)  # for any dtype of w
        return scaled(w, np.asarray(sums, np.float64), self.value, targets)
