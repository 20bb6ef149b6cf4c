"""Base class of normalisations, which scale the weights of a projection before each training presentation."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from stdpbench.declare.parameters import Parameters


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
            Target neurons whose weights could not be scaled and are unchanged.
        """


def scaled(
    w: NDArray[np.float64], measures: NDArray[np.float64], value: float, targets: NDArray[np.int32] | None
) -> NDArray[np.int64]:
    """Scale weights in place so that a measure of each target neuron, such as their sum, becomes `value`.

    Parameters
    ----------
    w, targets : ndarray
        See `Normalisation.apply`.
    measures : ndarray, float64, (n_target,)
        Present measures, at least 0, proportional to the weights; changed in place.
    value : float
        Measure after scaling.

    Returns
    -------
    ndarray, int64, (n_silent,)
        Target neurons whose factor would not be finite; their weights are unchanged.
    """
    factors, silent = factors_of(measures, value, targets, real=w.dtype)
    with np.errstate(invalid="ignore"):  # the caller reports weights that are not finite
        factors = factors.astype(w.dtype, copy=False)
        np.multiply(w, factors if targets is None else factors[targets], out=w)
    return silent


def factors_of(
    measures: NDArray[np.float64],
    value: float,
    targets: NDArray[np.int32] | None = None,
    *,
    real: np.dtype[np.floating[Any]],
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the factors and the silent neurons of `scaled`; `real` is the dtype of the weights."""
    silent = np.flatnonzero(measures < value * float(np.finfo(real).tiny))
    if targets is not None:
        silent = np.intersect1d(silent, targets)  # neurons without synapses are not silent
    if len(silent):
        measures[silent] = value
    with np.errstate(invalid="ignore"):
        return value / measures, silent
