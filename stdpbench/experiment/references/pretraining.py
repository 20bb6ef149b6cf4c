"""Weights that a rule learned without labels, as the start of a hidden layer that labels train."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def as_hidden_layer(w: NDArray[Any], drawn: NDArray[Any], shown: NDArray[Any]) -> NDArray[Any]:
    r"""Return the weights of prototypes as those of hidden neurons: differences from their mean, scaled.

    Prototypes are positive and resemble each other, so that all of them would respond to every picture. What one has
    more or less than the mean of them, which is what tells pictures apart, gives currents whose sum over neurons
    is 0, as those of weights that are drawn are about. Each neuron is scaled to the root mean square of the current
    that drawn weights would give it,

    .. math:: w'_{ij} = c_j d_{ij}, \qquad d_{ij} = w_{ij} - \frac{1}{n} \sum_k w_{ik}, \qquad
        c_j^2 = \frac{\sum_x (\sum_i w^{drawn}_{ij} x_i)^2}{\sum_x (\sum_i d_{ij} x_i)^2}

    so that training starts with about the same activity as without them. Of prototypes that are all equal nothing is
    left; such neurons keep what was drawn.

    Parameters
    ----------
    w : ndarray, (n_input, n)
        Weights of the inputs of each neuron, as a rule left them.
    drawn : ndarray, (n_input, n)
        Weights of the hidden layer as drawn at random.
    shown : ndarray, (n_pictures, n_input)
        Training pictures x.

    Returns
    -------
    ndarray, (n_input, n)
        Of the dtype of `drawn`.
    """
    differences = w - w.mean(axis=1, keepdims=True)
    usual, own = ((shown @ each).astype(np.float64) for each in (drawn, differences))
    wanted, has = ((each * each).sum(axis=0) for each in (usual, own))
    scale = np.sqrt(wanted / np.where(has > 0, has, 1.0))
    return np.where(has > 0, differences * scale, drawn).astype(drawn.dtype)
