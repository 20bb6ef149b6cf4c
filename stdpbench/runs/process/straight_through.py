r"""References that train a network in few bits: gradients of rounded weights change weights of all bits.

Of each projection, the trainer of a reference sees the rounded weights :math:`Q(w)`, and its step changes weights w of
all bits, which nothing else sees (the *straight-through* estimator: the derivative of Q is taken to be 1):

.. math::

    w \leftarrow w + \Delta\big(Q(w)\big)

for the change :math:`\Delta` that the trainer makes after a batch. Many small changes thus add up to a step of Q. The
network that is simulated, tested and saved has the weights :math:`Q(w)`.

Source: Courbariaux, Bengio & David (2015), doi:10.48550/arXiv.1511.00363, for weights of one bit.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.engine.network.rounding import quantised
from stdpbench.experiment.references import Learnt, Trainer

_ROUNDING = 302  # stream of the seed
_FULL, _ROUNDED = "full.", "rounded."


class StraightThrough(Trainer):
    """Trains with the rounded weights of a trainer's network; `weights` are the rounded ones.

    The measures of a part are means over its batches.

    Parameters
    ----------
    inner : Trainer
        Trains the network, whatever its weights are when it is called.
    bits : int
        Bits of a weight; where a projection has weights of both signs, the sign takes one.
    stochastic : bool
        Whether weights are rounded up and down at random, so that the mean stays, instead of to the nearest value.
        Random numbers depend on the seed, the projection and the position.
    """

    def __init__(self, inner: Trainer, bits: int, stochastic: bool) -> None:
        super().__init__({name: w.copy() for name, w in inner.weights.items()}, inner.task)
        self.batch = inner.batch
        self._inner, self._bits, self._stochastic = inner, bits, stochastic
        self._full = {name: w.copy() for name, w in inner.weights.items()}
        self._left: dict[str, NDArray[Any]] = {}  # rounded weights at the end of the last part

    def learn(self, numbers: NDArray[np.int64], position: int) -> Learnt:
        """Show pictures in batches, each of which changes the weights of all bits; see `Trainer.learn`."""
        for name, w in self.weights.items():
            if name not in self._left or not np.array_equal(w, self._left[name]):  # set by somebody else
                self._full[name][...] = w
        loss, correct, values = 0.0, 0, dict[str, float]()
        for start in range(0, len(numbers), self.batch):
            chosen = numbers[start : start + self.batch]
            rounded = self._rounded(position + start)
            for name, w in rounded.items():
                self._inner.weights[name][...] = w
            learnt = self._inner.learn(chosen, position + start)
            for name, w in rounded.items():
                self._full[name] += self._inner.weights[name] - w
            loss, correct = loss + learnt.loss * len(chosen), correct + learnt.correct
            for name, value in learnt.values.items():
                values[name] = values.get(name, 0.0) + value * len(chosen)
        self._left = self._rounded(position + len(numbers))
        for name, w in self._left.items():
            self.weights[name][...] = w
        n = len(numbers)
        return Learnt(loss / n, correct, {name: value / n for name, value in values.items()})

    def state(self) -> dict[str, NDArray[Any]]:
        """Return the state of the inner trainer, the weights of all bits, and the rounded ones that belong to them."""
        full = {_FULL + name: w.copy() for name, w in self._full.items()}
        return {**self._inner.state(), **full, **{_ROUNDED + name: w.copy() for name, w in self._left.items()}}

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Continue from a `state`, or from one of a training with all bits."""
        self._inner.restore(state)
        self._left = {}
        for name in self._full:
            if _ROUNDED + name in state:
                self._full[name][...] = state[_FULL + name]
                self._left[name] = np.array(state[_ROUNDED + name], self._full[name].dtype)

    def _rounded(self, position: int) -> dict[str, NDArray[Any]]:
        """The weights of few bits for the batch at a position."""
        found = {}
        for name, w in self._full.items():
            random = None
            if self._stochastic:
                words = (_ROUNDING, self.task.seed, position, *name.encode())
                random = np.random.default_rng(np.random.SeedSequence(words))
            found[name] = quantised(w.astype(np.float64), self._bits, random).astype(w.dtype)
        return found
