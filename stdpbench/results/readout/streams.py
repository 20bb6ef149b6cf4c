"""Measures of a stream, piece by piece: irregularity, synchrony, rhythms, answers to patterns.

*Irregularity* is the coefficient of variation of the intervals between the spikes of a neuron, SD over mean (1 for a
Poisson process, 0 for a clock), averaged over neurons. Intervals count in the piece in which they end, with
weights that decay with the time constant `MEMORY`; neurons with a total weight below `FEWEST` intervals are left out.

*Synchrony* is the measure of Golomb & Rinzel (1994, doi:10.1016/0167-2789(94)90214-3) for spike counts in windows of
`WINDOW`: the SD over time of the count averaged over neurons, divided by the root mean square of the SDs of single
neurons. It is 1 if all neurons have the same counts, and of the order of 1/sqrt(n) for n independent neurons.

*Rhythm* is the power of the population spike count in a frequency band, averaged over the Fourier frequencies of a
piece within the band, in units of the power of independent Poisson neurons, which is the number of spikes: 1 without
a rhythm. Oscillations at 2 to 4 Hz are called delta, those at 30 to 70 Hz gamma.

*Answers to patterns* follow Masquelier, Guyonneau & Thorpe (2008): a *hit* is a pattern in which the neuron fires, its
*latency* the time from the start of the pattern to the first spike in it, and a *false alarm* a spike outside
patterns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

MEMORY = 10.0  # s
FEWEST = 3.0
WINDOW = 5e-3  # s
DELTA, GAMMA = (2.0, 4.0), (30.0, 70.0)  # Hz
N_BINS = 20
"""Bins of histograms of weights."""


class Intervals:
    """Intervals between the spikes of each neuron of a population, over pieces.

    Parameters
    ----------
    n : int
        Number of neurons.
    dt : float
        Time step in seconds.
    """

    def __init__(self, n: int, dt: float) -> None:
        self._dt = dt
        self.last = np.full(n, -1, np.int64)
        self.sums = np.zeros((3, n))

    def add(self, index: NDArray[np.integer], step: NDArray[np.int64], n_steps: int) -> float | None:
        """Add the spikes of a piece, sorted by step; return the irregularity at its end, None if undefined.

        Steps are counted from the start of the stream.
        """
        order = np.argsort(index, kind="stable")
        neuron, sorted_step = np.asarray(index, np.int64)[order], step[order]
        first = np.flatnonzero(np.diff(neuron, prepend=-1))
        previous = np.roll(sorted_step, 1)
        previous[first] = self.last[neuron[first]]
        known = previous >= 0
        interval = (sorted_step - previous)[known] * self._dt
        self.sums *= np.exp(-n_steps * self._dt / MEMORY)
        for row, power in enumerate((0, 1, 2)):
            self.sums[row] += np.bincount(neuron[known], interval**power, len(self.last))
        self.last[neuron] = sorted_step  # the last spike of each neuron wins
        count, total, squares = self.sums[:, self.sums[0] >= FEWEST]
        if not len(count):
            return None
        mean = total / count
        return float((np.sqrt(np.maximum(squares / count - mean**2, 0)) / mean).mean())


def synchrony(index: NDArray[np.integer], step: NDArray[np.integer], n: int, n_steps: int, dt: float) -> float | None:
    """Return the synchrony of a population in a piece; None if undefined.

    Parameters
    ----------
    index, step : ndarray, integer, (n_spikes,)
        Neuron and step of each spike, from the start of the piece.
    n, n_steps : int
        Number of neurons and of steps.
    dt : float
        Time step in seconds.
    """
    width = max(1, round(WINDOW / dt))
    n_windows = n_steps // width
    if n < 2 or n_windows < 10:
        return None
    window = np.asarray(step, np.int64) // width
    within = window < n_windows
    window, neuron = window[within], np.asarray(index, np.int64)[within]
    cells, counts = np.unique(neuron * n_windows + window, return_counts=True)
    mean = np.bincount(neuron, minlength=n) / n_windows
    squares = np.bincount(cells // n_windows, counts**2, n) / n_windows
    single = float((squares - mean**2).mean())
    together = float((np.bincount(window, minlength=n_windows) / n).var())
    return float(np.sqrt(together / single)) if single > 0 else None


def rhythm(step: NDArray[np.integer], n_steps: int, dt: float, band: tuple[float, float]) -> float | None:
    """Return the power of a population in a frequency band; None if undefined.

    Parameters
    ----------
    step : ndarray, integer, (n_spikes,)
        Step of each spike, from the start of the piece.
    n_steps : int
        Number of steps.
    dt : float
        Time step in seconds.
    band : tuple of float
        Lowest and highest frequency, in Hz; it must contain at least two Fourier frequencies of the piece.
    """
    first, last = (int(np.floor(edge * n_steps * dt + 1e-6)) for edge in band)
    first += int(first < band[0] * n_steps * dt - 1e-6)
    if last <= first or 2 * last > n_steps or not len(step):
        return None
    counts = np.bincount(np.asarray(step, np.int64), minlength=n_steps)
    power = np.abs(np.fft.rfft(counts)[first : last + 1]) ** 2
    return float(power.mean() / len(step))


def histogram(weights: NDArray[np.float64], w_max: float) -> tuple[int, ...]:
    """Return the number of weights in each of `N_BINS` equal bins from 0 to `w_max`; the last includes larger ones."""
    bins = np.clip((weights.reshape(-1) * (N_BINS / w_max)).astype(np.int64), 0, N_BINS - 1)
    return tuple(np.bincount(bins, minlength=N_BINS).tolist())


def latencies(
    index: NDArray[np.integer], step: NDArray[np.int64], start: int, stop: int, n: int, dt: float
) -> tuple[float | None, ...]:
    """Return the latency of each neuron's first spike from the start of a pattern, in ms; None without a spike."""
    first, last = np.searchsorted(step, [start, stop])
    result: list[float | None] = [None] * n
    for neuron, spike_step in zip(index[first:last].tolist(), step[first:last].tolist(), strict=True):
        if result[neuron] is None:
            result[neuron] = round((spike_step - start) * dt * 1e3, 6)
    return tuple(result)


def false_alarms(
    index: NDArray[np.integer], step: NDArray[np.int64], starts: NDArray[np.int64], stops: NDArray[np.int64], n: int
) -> tuple[int, ...]:
    """Return the number of spikes of each neuron outside patterns, which are sorted and do not overlap."""
    number = np.searchsorted(starts, step, side="right") - 1
    inside = (number >= 0) & (step < stops[number]) if len(starts) else np.zeros(len(step), bool)
    return tuple(np.bincount(np.asarray(index, np.int64)[~inside], minlength=n).tolist())


@dataclass(frozen=True)
class Answers:
    """Responses of a neuron to a pattern.

    Attributes
    ----------
    neuron, pattern : int
        Numbers of the neuron and the pattern.
    hit_rate : float
        Fraction of the occurrences with a spike.
    false_alarms : float
        Spikes outside patterns, per second.
    latency : float or None
        Mean latency of hits, in ms.
    occurrences : int
        Number of occurrences.
    """

    neuron: int
    pattern: int
    hit_rate: float
    false_alarms: float
    latency: float | None
    occurrences: int


def answers(
    occurrences: Sequence[tuple[float, int, Sequence[float | None]]], alarms: Sequence[Sequence[int]], seconds: float
) -> list[Answers]:
    """Return the responses of each neuron to its preferred pattern: the one with the highest hit rate.

    Parameters
    ----------
    occurrences : sequence of (float, int, sequence of (float or None))
        Start in s, pattern, and latency by neuron, as recorded in the journal.
    alarms : sequence of sequence of int
        False alarms by neuron, of each piece.
    seconds : float
        Duration of all pieces together.
    """
    if not occurrences or not alarms:
        return []
    result = []
    totals = np.sum(np.array(alarms), axis=0)
    by_pattern: Mapping[int, list[Sequence[float | None]]] = {
        pattern: [latency for _, shown_pattern, latency in occurrences if shown_pattern == pattern]
        for pattern in sorted({shown_pattern for _, shown_pattern, _ in occurrences})
    }
    for neuron in range(len(totals)):
        alarm_rate, responses = float(totals[neuron] / seconds), list[Answers]()
        for pattern, latencies_by_neuron in by_pattern.items():
            hits = [latency[neuron] for latency in latencies_by_neuron if latency[neuron] is not None]
            mean_latency, n = float(np.mean(np.array(hits, float))) if hits else None, len(latencies_by_neuron)
            responses.append(Answers(neuron, pattern, len(hits) / n, alarm_rate, mean_latency, n))
        result.append(max(responses, key=attrgetter("hit_rate")))
    return result
