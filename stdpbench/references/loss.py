"""The loss that references lower, and the learning rate over a training."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def cross_entropy(
    outputs: NDArray[Any], labels: NDArray[np.int64], n_classes: int, scale: float
) -> tuple[float, int, NDArray[Any]]:
    r"""Return the mean cross-entropy of a softmax, the number of correct answers, and the gradient of the loss.

    .. math:: p_c = \frac{e^{s\, o_c}}{\sum_{c'} e^{s\, o_{c'}}}, \qquad L = -\ln p_y, \qquad
        \frac{\partial L}{\partial o_c} = s\, (p_c - \delta_{cy})

    Parameters
    ----------
    outputs : ndarray, (n, n_outputs)
        o; those beyond the number of classes do not matter.
    labels : ndarray, int64, (n,)
        y.
    n_classes : int
        Number of classes.
    scale : float
        s.

    Returns
    -------
    loss : float
    correct : int
    gradient : ndarray, (n, n_outputs)
        Of the mean loss, in the type of the outputs.
    """
    real, rows, n = outputs.dtype.type, np.arange(len(labels)), len(labels)
    scaled = outputs[:, :n_classes] * real(scale)
    p = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    loss = float(-np.log(np.maximum(p[rows, labels], np.finfo(p.dtype).tiny)).mean())
    correct = int((scaled.argmax(axis=1) == labels).sum())
    gradient = np.zeros_like(outputs)
    gradient[:, :n_classes] = p
    gradient[rows, labels] -= 1
    gradient *= real(scale / n)
    return loss, correct, gradient


def falling(rate: float, position: int, total: int) -> float:
    """Return a learning rate that falls to 0 along half a cosine.

    Parameters
    ----------
    rate : float
        At the start.
    position, total : int
        Presentations so far, and in the whole training.
    """
    return rate * 0.5 * (1 + float(np.cos(np.pi * position / total)))
