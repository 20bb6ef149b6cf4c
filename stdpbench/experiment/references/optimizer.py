"""The optimizer Adam, and the base class of trainers that use it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.experiment.references.base import Trainer

_BETA_1, _BETA_2, _EPSILON = 0.9, 0.999, 1e-8


class Adam:
    r"""Gradient descent with a step size per weight, from running means of the gradient g and of its square.

    .. math::

        m \leftarrow \beta_1 m + (1 - \beta_1) g, \quad s \leftarrow \beta_2 s + (1 - \beta_2) g^2, \quad
        w \leftarrow w - \eta\, \frac{m / (1 - \beta_1^n)}{\sqrt{s / (1 - \beta_2^n)} + \epsilon}

    with :math:`\beta_1 = 0.9, \beta_2 = 0.999, \epsilon = 10^{-8}` and n steps so far. Source: Kingma & Ba (2015),
    doi:10.48550/arXiv.1412.6980.

    Parameters
    ----------
    weights : sequence of ndarray
        The arrays that `step` changes, in place.
    """

    def __init__(self, weights: Sequence[NDArray[np.floating]]) -> None:
        self._weights = weights
        self._m = [np.zeros_like(w) for w in weights]
        self._s = [np.zeros_like(w) for w in weights]
        self._n = 0

    def step(self, gradients: Sequence[NDArray[np.floating]], rate: float) -> None:
        """Change the weights by one step of size `rate`."""
        self._n += 1
        size = rate * np.sqrt(1 - _BETA_2**self._n) / (1 - _BETA_1**self._n)
        small = _EPSILON * np.sqrt(1 - _BETA_2**self._n)
        for w, g, m, s in zip(self._weights, gradients, self._m, self._s, strict=True):
            real = w.dtype.type
            m *= real(_BETA_1)
            m += real(1 - _BETA_1) * g
            s *= real(_BETA_2)
            s += real(1 - _BETA_2) * g * g
            change = np.sqrt(s)
            change += real(small)
            np.divide(m, change, out=change)
            change *= real(size)
            w -= change

    def state(self) -> dict[str, NDArray[np.generic]]:
        """Return all that `restore` needs, as arrays."""
        arrays: dict[str, NDArray[np.generic]] = {"n": np.array(self._n, np.int64)}
        for number, (m, s) in enumerate(zip(self._m, self._s, strict=True)):
            arrays |= {f"m{number}": m.copy(), f"s{number}": s.copy()}
        return arrays

    def restore(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Continue from a `state`."""
        self._n = int(state["n"])
        for number, (m, s) in enumerate(zip(self._m, self._s, strict=True)):
            m[...] = state[f"m{number}"]
            s[...] = state[f"s{number}"]


class AdamTrainer(Trainer):
    """A trainer whose state is that of its optimizer."""

    optimizer: Adam

    def state(self) -> dict[str, NDArray[Any]]:
        """Return the state of the optimizer."""
        return dict(self.optimizer.state())

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Continue from a `state`."""
        self.optimizer.restore(state)
