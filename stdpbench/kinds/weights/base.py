"""Base class of weights: what the weights of a projection are before any learning."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from stdpbench.declare.parameters import Parameters


class Weight(Parameters):
    """Weights of a projection before any learning; one kind per file.

    A weight is dimensionless: what a spike adds to the receptor of the target neuron, in units of its variable.
    """

    summary: ClassVar[str]
    from_pictures: ClassVar[bool] = False
    """Whether weights start from training pictures, so that `draw` cannot make them."""
    from_table: ClassVar[bool] = False
    """Whether the connection gives the weights, so that `draw` cannot make them."""
    trained: ClassVar[bool] = False
    """Whether a reference (`stdpbench.experiment.references`) changes the weights between presentations."""

    @abstractmethod
    def draw(self, random: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
        """Return the weights, float64, in the given shape."""
