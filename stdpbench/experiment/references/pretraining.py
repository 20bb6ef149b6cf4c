"""Weights learned without labels as the start of a hidden layer that is trained with labels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def as_hidden_layer(w: NDArray[Any], drawn: NDArray[Any], shown: NDArray[Any]) -> NDArray[Any]:
    r"""Return the weights of prototypes as those of hidden neurons: differences from their mean, scaled.

    Prototypes are positive and resemble each other, so that all of them would respond to every picture. Their
    differences from the mean, which distinguish pictures, give currents whose sum over neurons is 0, as random weights
    approximately do. Each neuron is scaled to the root mean square of the current that random weights would give it,

    .. math:: w'_{ij} = c_j d_{ij}, \qquad d_{ij} = w_{ij} - \frac{1}{n} \sum_k w_{ik}, \qquad
        c_j^2 = \frac{\sum_x (\sum_i w^{drawn}_{ij} x_i)^2}{\sum_x (\sum_i d_{ij} x_i)^2}

    so that training starts with about the same activity as from random weights. If all prototypes are equal, their
    differences vanish, and neurons keep the random weights.

    Parameters
    ----------
    w : ndarray, (n_input, n)
        Learned input weights of each neuron.
    drawn : ndarray, (n_input, n)
        Random start weights of the hidden layer.
    shown : ndarray, (n_pictures, n_input)
        Training pictures x.

    Returns
    -------
    ndarray, (n_input, n)
        Of the dtype of `drawn`.
    """
    differences = w - w.mean(axis=1, keepdims=True)
    random_currents, difference_currents = ((shown @ weights).astype(np.float64) for weights in (drawn, differences))
    target_power, power = ((currents * currents).sum(axis=0) for currents in (random_currents, difference_currents))
    scale = np.sqrt(target_power / np.where(power > 0, power, 1.0))
    return np.where(power > 0, differences * scale, drawn).astype(drawn.dtype)
