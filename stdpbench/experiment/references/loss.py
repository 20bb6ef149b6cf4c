"""Loss, learning rate schedule and dropout of inputs, shared by references."""

from __future__ import annotations

from typing import Any, Literal

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
        o; those beyond the number of classes are ignored.
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
        Gradient of the mean loss, in the dtype of the outputs.
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


def rate_at(position: int, total: int, rate: float, decay: Literal["cosine", "none"]) -> float:
    """Return the learning rate at a position, which falls to 0 along half a cosine unless `decay` is ``"none"``.

    Parameters
    ----------
    position, total : int
        Presentations so far, and in the whole training.
    rate : float
        At the start.
    decay : {"cosine", "none"}
        How it falls.
    """
    return rate if decay == "none" else rate * 0.5 * (1 + float(np.cos(np.pi * position / total)))


def left_out(inputs: NDArray[Any], share: float, seed: tuple[int, ...]) -> NDArray[Any]:
    """Return inputs with dropout: a random share is set to 0, and the others are scaled up to keep the mean.

    Parameters
    ----------
    inputs : ndarray, (n, n_input)
        float32 or float64.
    share : float
        Probability, 0 to below 1; at 0, the inputs are returned as they are.
    seed : tuple of int
        Seed of the choice.
    """
    if not share:
        return inputs
    random = np.random.default_rng(np.random.SeedSequence(seed))
    return inputs * ((random.random(inputs.shape, np.float32) >= share) / np.float32(1 - share))
