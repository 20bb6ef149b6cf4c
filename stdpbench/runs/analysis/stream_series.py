"""Measures of the pieces of a stream as curves over time, and their summary at the end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
