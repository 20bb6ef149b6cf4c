"""Scaling of the weights of each target neuron to a fixed length."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.normalisations.base import Normalisation, scaled


class Norm(Normalisation):
    r"""Scale the weights of each target neuron to a fixed Euclidean norm.

    With weights of equal length, the drive :math:`w \cdot x` of a neuron is proportional to the cosine between its
    weights and the input: the neuron whose weights have the direction of the input gets the largest drive, however
    many inputs its weights are spread over. With equal sums, it is the neuron whose weights are concentrated on active
    inputs.
    """

    kind: Literal["norm"] = "norm"
    value: float = parameter(1.0, unit="", gt=0, help="Euclidean norm of the weights of each target neuron.")

    summary: ClassVar[str] = "The weights of each target neuron are scaled to a fixed length"

    def apply(self, w: NDArray[np.float64], targets: NDArray[np.int32] | None = None) -> NDArray[np.int64]:
        """Scale the weights of each target neuron to the length, in place; return neurons whose weights are all 0.

        After scaling, a weight may exceed w_max until it is next clipped.
        """
        if targets is None:
            squares = np.einsum("ij,ij->j", w, w, dtype=np.float64)  # for any dtype of w
        else:
            squares = np.bincount(targets, np.square(w, dtype=np.float64))
        return scaled(w, np.sqrt(squares), self.value, targets)
