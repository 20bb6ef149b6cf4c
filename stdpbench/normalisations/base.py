"""Base class of normalisations: how the weights of a projection are scaled before each training presentation."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from stdpbench.parameters import Parameters


class Normalisation(Parameters):
    """Scaling of the weights of a projection before each training presentation; one kind per file."""

    summary: ClassVar[str]

    @abstractmethod
    def apply(self, w: NDArray[np.float64], targets: NDArray[np.int32] | None = None) -> NDArray[np.int64]:
        """Scale weights in place.

        Parameters
        ----------
        w : ndarray, float64, (n_source, n_target); sparse (n_synapses,)
            Weights, changed in place.
        targets : ndarray, int32, (n_synapses,), optional
            Target of each synapse of a sparse projection.

        Returns
        -------
        ndarray, int64, (n_silent,)
            Target neurons whose weights could not be scaled, and were left as they are.
        """
