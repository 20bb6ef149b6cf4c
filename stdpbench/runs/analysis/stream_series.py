"""Measures of a stream: curves over its pieces, a summary of its end, and the patterns in a stretch of time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.results.readout.streams import Answers, answers
from stdpbench.runs.protocol.facts import Piece

SUMMARY = 150.0
"""Duration of the end of a stream that is summarised, in s, but at most a third of the stream: as evaluated by
Masquelier, Guyonneau & Thorpe (2008)."""
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
        ``synchrony.POPULATION``, ``delta.POPULATION`` and ``gamma.POPULATION``, NaN if undefined;
        ``weights.PROJECTION``, int64, (n_pieces, 20), histograms from 0 to w_max.
    """
    positions = sorted(pieces)
    ordered = [pieces[position] for position in positions]
    columns: dict[str, NDArray[Any]] = {
        "position": np.array(positions, np.int64),
        "time": seconds * np.array(positions, float),
    }
    if not ordered:
        return columns
    for field, name in _SCALARS.items():
        for population in ordered[-1].rates:
            values = [getattr(piece, field).get(population) for piece in ordered]
            columns[f"{name}.{population}"] = np.array(values, float)  # None becomes NaN
    for projection in ordered[-1].weights:
        columns[f"weights.{projection}"] = np.array([piece.weights.get(projection, ()) for piece in ordered], np.int64)
    return columns


def pattern_answers(pieces: Iterable[Piece]) -> dict[str, NDArray[Any]]:
    """Return the responses to patterns, one row per pattern that was shown; empty without patterns.

    Returns
    -------
    dict of str to ndarray
        ``start``, s; ``pattern``, int64; ``latency``, ms, (n, n_neurons), NaN for neurons that did not fire.
    """
    shown = [occurrence for piece in pieces for occurrence in piece.occurrences]
    if not shown:
        return {}
    return {
        "start": np.array([start for start, _, _ in shown], float),
        "pattern": np.array([pattern for _, pattern, _ in shown], np.int64),
        "latency": np.array([latencies for _, _, latencies in shown], float),  # None becomes NaN
    }


def summary(pieces: Mapping[int, Piece], seconds: float) -> dict[str, Any]:
    """Return the measures at the end of a stream: means over its last pieces; see `SUMMARY`.

    Returns
    -------
    dict
        ``seconds``; ``rate``, ``cv``, ``synchrony``, ``delta`` and ``gamma`` by population; with patterns
        ``hit_rate``, ``false_alarms`` (per second) and ``latency`` (ms) of the neuron with the most hits, and
        ``neurons_with_hits``, the number of neurons that respond to more than half of the occurrences of a pattern.
    """
    if not pieces:
        return {}
    n = max(1, min(round(SUMMARY / seconds), len(pieces) // 3))
    last = [pieces[position] for position in sorted(pieces)[-n:]]
    measures: dict[str, Any] = {"seconds": round(n * seconds, 6)}
    for field, name in _SCALARS.items():
        means = {}
        for population in last[-1].rates:
            values = [getattr(piece, field).get(population) for piece in last]
            defined = [value for value in values if value is not None]
            if defined:
                means[population] = round(float(np.mean(defined)), 4)
        if means:
            measures[name] = means
    neurons = answers_of(last, seconds)
    if neurons:
        best = max(neurons, key=lambda neuron: (neuron.hit_rate, -neuron.false_alarms))
        measures |= {"hit_rate": round(best.hit_rate, 4), "false_alarms": round(best.false_alarms, 4)}
        measures |= {} if best.latency is None else {"latency": round(best.latency, 3)}
        measures["neurons_with_hits"] = sum(neuron.hit_rate > 0.5 for neuron in neurons)
    return measures


def answers_of(pieces: Iterable[Piece], seconds: float) -> list[Answers]:
    """Return the responses of each neuron to the pattern that it responds to most often."""
    ordered = list(pieces)
    shown = [occurrence for piece in ordered for occurrence in piece.occurrences]
    return answers(shown, [piece.false_alarms for piece in ordered if piece.false_alarms], seconds * len(ordered))


Stretch = tuple[float, float]
"""Start and end, in s from the start of the stream."""


def unseen(seen: Sequence[Stretch], start: float, end: float) -> list[Stretch]:
    """Return the stretches between two times for which no spikes have arrived, in order.

    Parameters
    ----------
    seen : sequence of (float, float)
        Pieces that have arrived, in order and without overlap.
    start, end : float
        The times, in the unit of the pieces.
    """
    gaps, reached = [], start
    for first, last in seen:
        if first > reached + 1e-9 and reached < end:
            gaps.append((reached, min(first, end)))
        reached = max(reached, last)
    if reached < end - 1e-9:
        gaps.append((reached, end))
    return gaps


def occurrences(
    pieces: Mapping[int, Piece], piece: float, pattern: float, start: float, end: float
) -> list[tuple[float, float, int]]:
    """Return start, end and number of the completed patterns that overlap a stretch of the stream.

    Facts contain all patterns, even those in pieces whose spikes were not sent.

    Parameters
    ----------
    pieces : mapping of int to Piece
        Pieces by the position of their end.
    piece, pattern : float
        Durations of a piece and of a pattern, in s.
    start, end : float
        Start and end of the stretch, in s.
    """
    first, last = int(start // piece), int(np.ceil((end + pattern) / piece)) + 1
    return [
        (begun, begun + pattern, number)
        for position in range(max(0, first), last + 1)
        if position in pieces
        for begun, number, _ in pieces[position].occurrences
        if begun < end and begun + pattern > start
    ]


def thinning(count: int, most: int) -> int:
    """Return the smallest power of two n for which the spikes of every nth neuron are at most `most` of `count`."""
    return 1 if count <= most else 1 << int(np.ceil(np.log2(count / most)))


def rate_of(bins: NDArray[np.integer[Any]], dt: float, duration: float, n: int, width: float) -> NDArray[np.float64]:
    """Return spikes per second and neuron in bins of the given width; the last bin may be shorter.

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
