r"""Networks of rectified units without biases, and their conversion to layers of spiking neurons.

With inputs :math:`a_0`, weights :math:`W_l` and :math:`a_l = \max(0, a_{l-1} W_l)`, the outputs scale with every
layer: for :math:`\lambda_l > 0`, the weights

.. math:: W_l' = W_l\, \lambda_{l-1} / \lambda_l, \qquad \lambda_0 = 1

have activations :math:`a_l / \lambda_l` and the same decisions. If :math:`\lambda_l` is about the largest activation
of the layer, activations lie between 0 and 1, like rates of a neuron with at most one spike per step.

Sources: Diehl et al. (2015), doi:10.1109/IJCNN.2015.7280696 (no biases, scaled by the largest activation); Rueckauer
et al. (2017), doi:10.3389/fnins.2017.00682 (by a percentile).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]
"""float32 in training, float64 in tests."""


def activations(inputs: Array, weights: Sequence[Array], constants: Sequence[Array] | None = None) -> list[Array]:
    """Return the activations of each layer, without the rectification of the last one.

    Parameters
    ----------
    inputs : ndarray, (n_pictures, n_inputs)
        Input activations.
    weights : sequence of ndarray or sparse array, (n_source, n_target)
        Of each layer.
    constants : sequence of ndarray, (n_target,), optional
        Biases of each layer. Default: none.

    Returns
    -------
    list of ndarray, (n_pictures, n_neurons)
        Of each layer.
    """
    layers: list[Array] = []
    for number, w in enumerate(weights):
        before = np.maximum(layers[-1], 0) if layers else inputs
        layers.append(before @ w if constants is None else before @ w + constants[number])
    return layers


def scales_of(layers: Sequence[Array], percentile: float) -> NDArray[np.float64]:
    """Return the scale of each layer: a percentile of its positive activations.

    Parameters
    ----------
    layers : sequence of ndarray, (n_pictures, n_neurons)
        Activations of each layer.
    percentile : float
        Between 0 and 100.

    Returns
    -------
    ndarray, float64, (n_layers,)
        1 for a layer without any activation.
    """
    scales = np.ones(len(layers))
    for number, layer in enumerate(layers):
        positive = layer[layer > 0]
        if positive.size:
            scales[number] = max(float(np.percentile(positive, percentile)), 1e-30)
    return scales


def scaled(weights: Sequence[Array], scales: NDArray[np.float64]) -> list[Array]:
    """Return the weights that divide the activations of layer l by ``scales[l]``; their dtype is kept."""
    ratios = [before / scale for before, scale in pairwise((1.0, *scales.tolist()))]
    return [w * w.dtype.type(ratio) for w, ratio in zip(weights, ratios, strict=True)]


class Classifier:
    """scikit-learn's ``MLPClassifier`` with rectified units, whose biases are held at 0.

    Its public interface neither accepts start weights nor returns the state of its optimizer, which resuming a
    training needs. Only this class uses its private attributes.

    Parameters
    ----------
    weights : sequence of ndarray, float32, (n_source, n_target)
        Start weights, copied; the last layer has one target per class, at least 3.
    decay : float
        Strength of the penalty on squared weights (``alpha``).
    """

    def __init__(self, weights: Sequence[Array], decay: float) -> None:
        from sklearn.neural_network import MLPClassifier

        self._n_classes = weights[-1].shape[1]
        self._mlp: Any = MLPClassifier(
            tuple(w.shape[1] for w in weights[:-1]), alpha=decay, solver="adam", shuffle=False, random_state=0
        )
        # a step on an empty picture creates weights and optimizer, which are then overwritten
        picture = np.zeros((1, len(weights[0])), weights[0].dtype)
        self._mlp.batch_size = 1
        self._mlp.partial_fit(picture, np.zeros(1, np.int64), classes=np.arange(self._n_classes))
        self._optimizer: Any = self._mlp._optimizer
        self._optimizer.t = 0
        for moments in (self._optimizer.ms, self._optimizer.vs):
            for moment in moments:
                moment[...] = 0
        self.set(weights)

    @property
    def weights(self) -> list[Array]:
        """The weights of each layer: views."""
        return list(self._mlp.coefs_)

    def set(self, weights: Sequence[Array]) -> None:
        """Copy weights into the network."""
        for target, source in zip(self._mlp.coefs_, weights, strict=True):
            target[...] = source
        self._without_biases()

    def step(self, inputs: Array, labels: NDArray[np.int64], rate: float) -> None:
        """Change the weights by one step of Adam down the gradient of the cross-entropy of a batch.

        Weights that are no longer finite stay in place, and the caller can detect them.
        """
        self._optimizer.learning_rate_init = rate
        self._mlp.batch_size = len(labels)
        self._mlp.loss_curve_.clear()
        try:
            self._mlp.partial_fit(inputs, labels)
        except ValueError:
            if all(np.isfinite(w).all() for w in self.weights):
                raise
        self._without_biases()

    def state(self) -> dict[str, NDArray[Any]]:
        """Return copies of the weights and of the moments of Adam, by name."""
        arrays: dict[str, NDArray[Any]] = {"n": np.array(self._optimizer.t, np.int64)}
        for number, w in enumerate(self.weights):
            m, s = self._optimizer.ms[number], self._optimizer.vs[number]
            arrays |= {f"w{number}": w.copy(), f"m{number}": m.copy(), f"s{number}": s.copy()}
        return arrays

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Continue from a `state`."""
        self._optimizer.t = int(state["n"])
        for number, w in enumerate(self.weights):
            w[...] = state[f"w{number}"]
            self._optimizer.ms[number] = state[f"m{number}"].copy()
            self._optimizer.vs[number] = state[f"s{number}"].copy()

    def _without_biases(self) -> None:
        for biases in self._mlp.intercepts_:
            biases[...] = 0
