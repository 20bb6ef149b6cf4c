"""Weights of both signs, trained by a supervised reference."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.weights.base import Weight


class TrainedWeight(Weight):
    r"""Weights of both signs that a supervised reference changes between presentations; spikes do not change them.

    They start from a normal distribution with the mean :math:`\mu/n` and the standard deviation :math:`g/\sqrt{n}`,
    where n is the number of source neurons, so that the input of a neuron does not depend on n. They are learned
    arrays of the run: they are in checkpoints and exports, and another run can start from them.
    """

    kind: Literal["trained"] = "trained"
    gain: float = parameter(
        1.0, unit="", ge=0, structural=True, help="g: SD of the start weights times the root of the number of sources."
    )
    mean: float = parameter(
        0.0, unit="", structural=True, help="μ: mean of the start weights times the number of sources."
    )

    summary: ClassVar[str] = "Weights of both signs that a supervised reference trains"
    trained: ClassVar[bool] = True

    def draw(self, random: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
        """Return weights of the shape (n_source, n_target), float64."""
        n = max(1, shape[0])
        drawn = np.asarray(random.standard_normal(shape) * (self.gain / np.sqrt(n)))
        return drawn + self.mean / n if self.mean else drawn

    def to_mapping(self) -> dict[str, Any]:
        """Return the values as in a file, without the mean if it is 0."""
        mapping = super().to_mapping()
        if not self.mean:
            del mapping["mean"]
        return mapping
