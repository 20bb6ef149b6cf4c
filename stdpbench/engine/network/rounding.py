"""Weights of few bits: multiples of equal steps from 0 to the largest weight."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError

MOST_BITS = 24


def round_weights(
    w: NDArray[np.floating[Any]], largest: float, bits: int, random: np.random.Generator | None = None
) -> None:
    """Round weights in place to 2^bits values, equally spaced from 0 to the largest one.

    Parameters
    ----------
    w : ndarray, float64 or float32
        Weights of any shape, at least 0; those above `largest` become `largest`.
    largest : float
        Largest value, above 0.
    bits : int
        Number of bits, at least 1.
    random : numpy.random.Generator, optional
        Rounds stochastically: up with a probability that makes the mean of the result equal the weight. Default: to
        the nearest value.
    """
    steps = 2.0**bits - 1
    scaled = np.asarray(w, np.float64) / largest * steps
    rounded = np.rint(scaled) if random is None else np.floor(scaled + random.random(w.shape))
    w[...] = np.minimum(rounded, steps) * (largest / steps)


def quantised(w: NDArray[np.float64], bits: int, random: np.random.Generator | None = None) -> NDArray[np.float64]:
    """Return values of few bits: equal steps from 0 to the largest magnitude.

    If both signs occur, the sign takes one bit. If there is only one bit, all magnitudes become their mean.

    Parameters
    ----------
    w : ndarray, float64
        Values of any shape.
    bits : int
        Number of bits, at least 1.
    random : numpy.random.Generator, optional
        Rounds stochastically, as in `round_weights`.
    """
    magnitude, signed = np.abs(w), bool(np.min(w, initial=0.0) < 0 < np.max(w, initial=0.0))
    largest = max(float(magnitude.max(initial=0.0)), 1e-300)
    if signed and bits == 1:
        return np.asarray(np.sign(w) * magnitude.mean(), np.float64)
    round_weights(magnitude, largest, bits - signed, random)
    return np.asarray(np.copysign(magnitude, w) + 0.0, np.float64)


def pruned(w: NDArray[np.float64], share: float) -> NDArray[np.float64]:
    """Return weights of which the share with the smallest magnitude is set to 0; of equals, the first."""
    smallest = np.argsort(np.abs(w), axis=None, kind="stable")[: round(share * w.size)]
    kept = w.copy()
    kept.reshape(-1)[smallest] = 0.0
    return kept


def checked_bits(bits: object) -> int:
    """Return a number of bits of a weight, given as a number or as text.

    Raises
    ------
    StdpbenchError
        If it is not a whole number from 1 to 24.
    """
    try:
        number = int(bits) if isinstance(bits, str) else operator.index(bits)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        number = 0
    if not 1 <= number <= MOST_BITS:
        raise StdpbenchError(f"the number of bits must be a whole number from 1 to {MOST_BITS}, not {bits!r}")
    return number
