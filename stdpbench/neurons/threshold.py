"""The threshold that a membrane potential has to exceed, as a course: for drawing it beside the potential."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from stdpbench.expressions import evaluate
from stdpbench.neurons.base import Neuron

_EXCEEDED = re.compile(r"\s*v\s*>=?\s*(.+?)(?:\s+and\s+.*)?\s*", re.DOTALL)


def threshold_course(neuron: Neuron, theta: NDArray[np.float64]) -> NDArray[np.float64]:
    """What v has to exceed for a spike.

    Parameters
    ----------
    neuron : Neuron
        With the parameters that were in force; its `threshold` reads ``v > … and …``.
    theta : ndarray, float64, volt
        Adaptive threshold.

    Returns
    -------
    ndarray, float64, volt
        Of the shape of `theta`.

    Raises
    ------
    StdpbenchError
        If the threshold is written otherwise.
    """
    found = _EXCEEDED.fullmatch(neuron.threshold)
    value = evaluate(found[1] if found else neuron.threshold, {**neuron.quantities(), "theta": theta})
    return np.broadcast_to(np.asarray(value, np.float64), theta.shape)
