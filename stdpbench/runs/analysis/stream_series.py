"""Measures of the pieces of a stream as curves, their summary at the end, and the last seconds with their patterns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.results.readout.streams import Answers, answers
from stdpbench.runs.protocol.facts import Piece

SUMMARY = 150.0
"""Last seconds of a stream that its summary is about, at most a third of it: those that Masquelier, Guyonneau & Thorpe
(2008) evaluate."""
_SCALARS = {"rates": "rate", "cv": "cv", "synchrony": "synchrony", "delta": "delta", "gamma": "gamma"}


def stream_columns(pieces: Mapping[int, Piece], seconds: float) -> dict[str, NDArray[Any]]:
    """Return the measures of a stream, one value per piece.

    Parameters
    ----------
    pieces : mapping of int to Piece
        Pieces by the position of their end.
    seconds : float
        Duration of a piece.

    Returns
    -------
    dict of str to ndarray
        ``position``, int64; ``time``, s, at the end of the piece; ``rate.POPULATION``, Hz; ``cv.POPULATION``,
        ``synchrony.POPULATION``, ``delta.POPULATION`` and ``gamma.POPULATION``, NaN where undefined;
        ``weights.PROJECTION``, int64, (n_pieces, 20), histograms from 0 to w_max.
    """
    positions = sorted(pieces)
    ordered = [pieces[position] for position in positions]
    found: dict[str, NDArray[Any]] = {
        "position": np.array(positions, np.int64),
        "time": seconds * np.array(positions, float),
    }
    if not ordered:
        return found
    for field, name in _SCALARS.items():
        for population in ordered[-1].rates:
            values = [getattr(piece, field).get(population) for piece in ordered]
            found[f"{name}.{population}"] = np.array([np.nan if each is None else each for each in values], float)
    for projection in ordered[-1].weights:
        found[f"weights.{projection}"] = np.array([piece.weights.get(projection, ()) for piece in ordered], np.int64)
    return found


def pattern_answers(pieces: Iterable[Piece]) -> dict[str, NDArray[Any]]:
    """Return the answers to patterns, one row per pattern that was shown; empty without patterns.

    Returns
    -------
    dict of str to ndarray
        ``start``, s; ``pattern``, int64; ``latency``, ms, (n, n_neurons), NaN for neurons that did not fire.
    """
    shown = [each for piece in pieces for each in piece.occurrences]
    if not shown:
        return {}
    latency = [[np.nan if one is None else one for one in each] for _, _, each in shown]
    return {
        "start": np.array([start for start, _, _ in shown], float),
        "pattern": np.array([pattern for _, pattern, _ in shown], np.int64),
        "latency": np.array(latency, float),
    }


def summary(pieces: Mapping[int, Piece], seconds: float) -> dict[str, Any]:
    """Return the measures at the end of a stream: means over its last pieces; see `SUMMARY`.

    Returns
    -------
    dict
        ``seconds``; ``rate``, ``cv``, ``synchrony``, ``delta`` and ``gamma`` by population; with patterns
        ``hit_rate``, ``false_alarms`` (per second) and ``latency`` (ms) of the neuron with the most hits, and
        ``neurons_with_hits``, the number of neurons that answer to more than half of the occurrences of a pattern.
    """
    if not pieces:
        return {}
    n = max(1, min(round(SUMMARY / seconds), len(pieces) // 3))
    last = [pieces[position] for position in sorted(pieces)[-n:]]
    found: dict[str, Any] = {"seconds": round(n * seconds, 6)}
    for field, name in _SCALARS.items():
        means = {}
        for population in last[-1].rates:
            known = [each for piece in last if (each := getattr(piece, field).get(population)) is not None]
            if known:
                means[population] = round(float(np.mean(known)), 4)
        if means:
            found[name] = means
    best = answers_of(last, seconds)
    if best:
        one = max(best, key=lambda each: (each.hit_rate, -each.false_alarms))
        found |= {"hit_rate": round(one.hit_rate, 4), "false_alarms": round(one.false_alarms, 4)}
        found |= {} if one.latency is None else {"latency": round(one.latency, 3)}
        found["neurons_with_hits"] = sum(each.hit_rate > 0.5 for each in best)
    return found


def answers_of(pieces: Iterable[Piece], seconds: float) -> list[Answers]:
    """Return how each neuron answers to the pattern that it answers to most often."""
    ordered = list(pieces)
    shown = [each for piece in ordered for each in piece.occurrences]
    return answers(shown, [piece.false_alarms for piece in ordered if piece.false_alarms], seconds * len(ordered))


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
