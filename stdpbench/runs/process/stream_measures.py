"""Measures of each piece of a stream, as facts, and what they need to continue from a checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.engine.simulators import Simulator
from stdpbench.experiment import Experiment
from stdpbench.results.readout.streams import (
    DELTA,
    GAMMA,
    Intervals,
    false_alarms,
    histogram,
    latencies,
    rhythm,
    synchrony,
)
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.process.training import Presented
from stdpbench.runs.protocol.facts import Piece

_DIGITS = 6
_MOST_NEURONS = 100
"""Neurons of which answers to patterns are recorded: the first ones."""


class StreamMeasures:
    """Measures the pieces of a stream, one after the other.

    Parameters
    ----------
    simulator : Simulator
        The network.
    experiment : Experiment
        With a stream as its data.

    Attributes
    ----------
    rate : float or None
        Mean firing rate of the neurons that are read in the last piece, in Hz.
    """

    def __init__(self, simulator: Simulator, experiment: Experiment) -> None:
        assert experiment.stream is not None
        self.rate: float | None = None
        self._simulator, self._stream, self._seed = simulator, experiment.stream, experiment.seed
        self._dt, self._n_bins = experiment.network.dt * 1e-3, experiment.stimulus_bins
        self._intervals = {each.name: Intervals(each.size, self._dt) for each in simulator.layout.cells}
        # spikes of the neurons that are read, in the pattern that was not over at the end of the last piece
        self._index, self._step = np.empty(0, np.int64), np.empty(0, np.int64)

    def exchange(self, simulator: Simulator) -> None:
        """Measure another network from now on, which continues the previous one."""
        self._simulator = simulator

    def take(self, presented: Presented) -> Piece:
        """Return the measures of a piece."""
        start, spikes = presented.presentation * self._n_bins, presented.response.spikes
        rates, cv, together = dict[str, float](), dict[str, float | None](), dict[str, float | None]()
        delta, gamma = dict[str, float | None](), dict[str, float | None]()
        for each in self._simulator.layout.cells:
            name, mine = each.name, spikes[each.name]
            step = mine.bin.astype(np.int64)
            rates[name] = _rounded(len(mine) / each.size / (self._n_bins * self._dt)) or 0.0
            cv[name] = _rounded(self._intervals[name].add(mine.index, step + start, self._n_bins))
            together[name] = _rounded(synchrony(mine.index, step, each.size, self._n_bins, self._dt))
            for found, band in ((delta, DELTA), (gamma, GAMMA)):
                found[name] = None if each.size < 2 else _rounded(rhythm(step, self._n_bins, self._dt, band))
        graph = self._simulator.graph
        self.rate = rates[graph.read]
        weights = {}
        for name in graph.plastic:
            rule = graph.projections[name].plasticity
            assert rule is not None
            weights[name] = histogram(self._simulator.weights(name), rule.w_max)
        return Piece(rates, cv, together, weights, *self._answers(presented, start), delta, gamma)

    def _answers(
        self, presented: Presented, start: int
    ) -> tuple[tuple[tuple[float, int, tuple[float | None, ...]], ...], tuple[int, ...]]:
        if not self._stream.n_patterns:
            return (), ()
        mine, stop = presented.response.spikes[self._simulator.graph.read], start + self._n_bins
        n = min(self._simulator.n_read, _MOST_NEURONS)
        index, step = mine.index.astype(np.int64), mine.bin.astype(np.int64) + start
        index, step = index[index < n], step[index < n]
        ended = self._stream.occurrences(self._seed, start, stop, self._dt)
        # a pattern at the end of the piece ends in a later one
        later = self._stream.occurrences(self._seed, stop, stop + self._longest, self._dt)
        assert ended is not None
        assert later is not None
        starts, stops = (np.concatenate(each) for each in ((ended.start, later.start), (ended.stop, later.stop)))
        alarms = false_alarms(index, step, starts, stops, n)
        self._index, self._step = np.concatenate([self._index, index]), np.concatenate([self._step, step])
        found = tuple(
            (round(first * self._dt, 9), pattern, latencies(self._index, self._step, first, last, n, self._dt))
            for first, last, pattern in zip(
                ended.start.tolist(), ended.stop.tolist(), ended.pattern.tolist(), strict=True
            )
        )
        kept = self._step >= stop - self._longest
        self._index, self._step = self._index[kept], self._step[kept]
        return found, alarms

    @property
    def _longest(self) -> int:
        """Number of steps of a pattern."""
        return round(float(getattr(self._stream, "pattern", 0.0)) * 1e-3 / self._dt)

    def history(self) -> dict[str, NDArray[Any]]:
        """Return the data for `restore`, as arrays for a checkpoint."""
        found: dict[str, NDArray[Any]] = {"stream_index": self._index, "stream_step": self._step}
        for name, each in self._intervals.items():
            found |= {f"stream_last.{name}": each.last, f"stream_sums.{name}": each.sums}
        return found

    def restore(self, history: Mapping[str, NDArray[Any]]) -> None:
        """Restore the data of a checkpoint."""
        self._index, self._step = history["stream_index"], history["stream_step"]
        for name, each in self._intervals.items():
            each.last[...] = history[f"stream_last.{name}"]
            each.sums[...] = history[f"stream_sums.{name}"]


def pieces_of(folder: RunFolder) -> dict[int, Piece]:
    """Return the pieces in the journal of a run by the position of their end."""
    return {record.position: record.fact for record in read_journal(folder.path) if isinstance(record.fact, Piece)}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)
