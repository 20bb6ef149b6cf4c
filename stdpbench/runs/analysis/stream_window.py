"""The last seconds of a stream: where its pieces lie in time, what was not seen of them, and where patterns occur."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.runs.protocol.facts import Piece

Stretch = tuple[float, float]
"""Start and end, in s from the start of the stream."""


def unseen(seen: Sequence[Stretch], start: float, end: float) -> list[Stretch]:
    """Return the stretches between two times of which no spikes have arrived, in order.

    Parameters
    ----------
    seen : sequence of (float, float)
        Pieces that have arrived, in order and without overlap.
    start, end : float
        The times, in the unit of the pieces.
    """
    found, at = [], start
    for first, last in seen:
        if first > at + 1e-9 and at < end:
            found.append((at, min(first, end)))
        at = max(at, last)
    if at < end - 1e-9:
        found.append((at, end))
    return found


def occurrences(
    pieces: Mapping[int, Piece], piece: float, pattern: float, start: float, end: float
) -> list[tuple[float, float, int]]:
    """Return the patterns that reach into a stretch of the stream, as far as they have ended: start, end, and number.

    Facts name each pattern, also in pieces whose spikes were not sent.

    Parameters
    ----------
    pieces : mapping of int to Piece
        Pieces by the position of their end.
    piece, pattern : float
        Durations of a piece and of a pattern, in s.
    start, end : float
        Of the stretch, in s.
    """
    first, last = int(start // piece), int(np.ceil((end + pattern) / piece)) + 1
    return [
        (at, at + pattern, number)
        for position in range(max(0, first), last + 1)
        if position in pieces
        for at, number, _ in pieces[position].occurrences
        if at < end and at + pattern > start
    ]


def thinning(count: int, most: int) -> int:
    """Return the smallest power of two n for which the spikes of every nth neuron are at most `most` of `count`."""
    return 1 if count <= most else 1 << int(np.ceil(np.log2(count / most)))


def rate_of(bins: NDArray[np.integer[Any]], dt: float, duration: float, n: int, width: float) -> NDArray[np.float64]:
    """Return spikes per second and neuron in bins of a width; the last bin may be shorter.

    Parameters
    ----------
    bins : ndarray, integer, (n_spikes,)
        Time step of each spike.
    dt, duration, width : float
        Time step, duration of the stretch, and width of a bin, in ms.
    n : int
        Number of neurons.
    """
    n_bins = max(1, int(np.ceil(duration / width - 1e-9)))
    counts = np.bincount((bins * (dt / width) + 1e-9).astype(np.int64), minlength=n_bins)[:n_bins]
    widths = np.minimum(width, duration - width * np.arange(n_bins))
    return np.asarray(counts / (max(1, n) * widths * 1e-3), np.float64)
