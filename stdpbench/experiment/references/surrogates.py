"""Surrogates, which replace the derivative of the step function in the backward pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Kind = Literal["fast-sigmoid", "arctan", "sigmoid", "triangle"]
USUAL_K: dict[str, float] = {"fast-sigmoid": 25.0, "arctan": 2.0, "sigmoid": 25.0, "triangle": 1.0}
"""Default steepness k of each kind."""


@dataclass(frozen=True)
class Surrogate:
    r"""A function of the potential above threshold, u, that is largest at u = 0.

    ================  ==============================================  ==========================================
    kind              slope, used for :math:`\Theta'`                 its integral, from 0
    ================  ==============================================  ==========================================
    ``fast-sigmoid``  :math:`1/(1 + k|u|)^2`                          :math:`u/(1 + k|u|)`
    ``arctan``        :math:`\frac{k}{2}/(1 + (\frac{\pi}{2}ku)^2)`   :math:`\frac{1}{\pi}\arctan(\frac{\pi}{2}ku)`
    ``sigmoid``       :math:`k\,\sigma(ku)\,(1 - \sigma(ku))`         :math:`\sigma(ku) - \frac{1}{2}`
    ``triangle``      :math:`\max(0, 1 - k|u|)`                       piecewise quadratic, constant from 1/k on
    ================  ==============================================  ==========================================

    The first three are those of snnTorch (``fast_sigmoid``, ``atan``, ``sigmoid``), with its values of k. Sources:
    Zenke & Ganguli (2018), doi:10.1162/neco_a_01086 (fast sigmoid); Fang et al. (2021), doi:10.48550/arXiv.2007.05785
    (arctan); Bellec et al. (2018), doi:10.48550/arXiv.1803.09574 (triangle).

    Attributes
    ----------
    kind : str
        Name of the function.
    k : float
        Steepness, larger than 0.
    """

    kind: Kind = "fast-sigmoid"
    k: float = 25.0

    def slope(self, u: NDArray[Any]) -> NDArray[Any]:
        """Return the slope at each u, in its dtype."""
        k = u.dtype.type(self.k)
        match self.kind:
            case "fast-sigmoid":
                slope = np.abs(u)
                slope *= k
                slope += 1
                np.multiply(slope, slope, out=slope)
                np.reciprocal(slope, out=slope)
            case "arctan":
                slope = (k / 2) / (1 + (u * (u.dtype.type(np.pi / 2) * k)) ** 2)
            case "sigmoid":
                s = _sigmoid(k * u)
                slope = k * s * (1 - s)
            case "triangle":
                slope = np.maximum(0, 1 - k * np.abs(u))
        return np.asarray(slope)


def _sigmoid(x: NDArray[Any]) -> NDArray[Any]:
    return np.asarray(1 / (1 + np.exp(-np.clip(x, -60, 60))))
