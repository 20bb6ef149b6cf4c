"""Base class of initial weights of projections."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from stdpbench.declare.parameters import Parameters


class Weight(Parameters):
    """Initial weights of a projection; one kind per file.

    A weight is dimensionless: the increment of the target's receptor per spike, in units of its variable.
    """

    summary: ClassVar[str]
    from_pictures: ClassVar[bool] = False
    """Whether weights start from training pictures, so that `draw` is not used."""
    from_table: ClassVar[bool] = False
    """Whether the connection provides the weights, so that `draw` is not used."""
    trained: ClassVar[bool] = False
    """Whether a reference (`stdpbench.experiment.references`) changes the weights between presentations."""

    @abstractmethod
    def draw(self, random: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
        """Return weights of this shape, float64."""
