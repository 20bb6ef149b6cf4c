"""Weights that start from training pictures."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.declare.parameters import parameter
from stdpbench.kinds.weights.base import Weight


class Samples(Weight):
    """The weights of each target neuron start from a training picture, blurred and mixed with random weights.

    Pictures are drawn without replacement until none is left; labels are not used. Shared weights of a unit start from
    the patch at one place, drawn in proportion to its brightness. Between neurons, a sample is the response of the
    source neurons to a picture, in spikes; it is taken when the projection begins to learn (``schedule.stages``), with
    what earlier layers have learned by then. After Cachi et al. (2020), who start from training samples.
    """

    kind: Literal["samples"] = "samples"
    blur: float = parameter(1.0, unit="px", ge=0, structural=True, help="Width (SD) of the blur.")
    noise: float = parameter(0.1, unit="", ge=0, le=1, structural=True, help="Fraction of random weights.")

    summary: ClassVar[str] = "Weights that start from training pictures, blurred and mixed with random weights"
    from_pictures: ClassVar[bool] = True

    def draw(self, random: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
        """Raise an error: weights of this kind need pictures."""
        raise StdpbenchError(
            "weights of kind 'samples' start from training pictures, and cannot be drawn without them"
        )
