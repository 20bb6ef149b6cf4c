"""Time course of the firing threshold, for plots with the membrane potential."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from stdpbench.declare.expressions import evaluate
from stdpbench.kinds.neurons.base import Neuron

_EXCEEDED = re.compile(r"\s*v\s*>=?\s*(.+?)(?:\s+and\s+.*)?\s*", re.DOTALL)


def threshold_course(neuron: Neuron, theta: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the potential that v must exceed for a spike.

    Parameters
    ----------
    neuron : Neuron
        The neuron with its parameters at that time; its `threshold` has the form ``v > … and …``.
    theta : ndarray, float64, volt
        Adaptive threshold.

    Returns
    -------
    ndarray, float64, volt
        Threshold, in the shape of `theta`.

    Raises
    ------
    StdpbenchError
        If the threshold has another form.
    """
    match = _EXCEEDED.fullmatch(neuron.threshold)
    value = evaluate(match[1] if match else neuron.threshold, {**neuron.quantities(), "theta": theta})
    return np.broadcast_to(np.asarray(value, np.float64), theta.shape)
