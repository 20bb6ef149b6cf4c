"""A network with delays that learn, written down step by step in plain NumPy, with numbers of its own.

Nothing of stdpbench is imported. Every synapse is an entry of a list, and every spike on its way an entry of a table
of arrivals that is filled when the spike leaves: so it keeps the delay that it left with.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import exp

import numpy as np
from numpy.typing import NDArray

DT = 0.5  # ms, as all times here; potentials in mV
V_REST, V_RESET, V_THRESH, OFFSET, THETA_PLUS = -45.0, -65.0, -52.0, 20.0, 0.05
TAU_M, T_REF, E_EXC, E_INH, TAU_GE, TAU_GI = 8.0, 5.0, 0.0, -100.0, 1.0, 2.0
A_PLUS, A_MINUS, W_MAX, TAU_W = 0.05, 0.045, 1.0, 20.0
ETA_PLUS, ETA_MINUS, SOFT, TAU_PLUS, TAU_MINUS = 2.0, 1.5, 3.0, 8.0, 6.0


@dataclass
class Path:
    """Synapses of a projection, in the order of its arrays; the source "input" or "exc".

    Traces: of arrivals, for weights and for delays, per synapse; of output spikes, per target.
    """

    source: str
    receptor: str
    pre: NDArray[np.int64]
    post: NDArray[np.int64]
    w: NDArray[np.float64]
    d: NDArray[np.float64]
    d_min: float
    d_max: float
    weights_learn: bool
    arrivals: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self.x_w, self.x_d = np.zeros(len(self.pre)), np.zeros(len(self.pre))
        n = int(self.post.max()) + 1
        self.y_w, self.y_d = np.zeros(n), np.zeros(n)


class Reference:
    """Neurons, and paths that end at them."""

    def __init__(self, n: int, paths: Sequence[Path], *, in_flight_keep: bool = True) -> None:
        self.v, self.ge, self.gi = np.full(n, V_REST), np.zeros(n), np.zeros(n)
        self.theta, self.lockout = np.full(n, OFFSET), np.zeros(n)
        self.paths, self.now, self.keep = paths, 0, in_flight_keep
        self.moved_in_flight = 0
        self.acting = [self._steps(path) for path in paths]

    @staticmethod
    def _steps(path: Path) -> NDArray[np.int64]:
        return np.rint(path.d / DT).astype(np.int64)

    def present(self, spikes: Iterable[tuple[int, int]], n_bins: int, learn: bool) -> list[tuple[int, int]]:
        """Present spikes (bin, index); return those of the neurons."""
        given, found = defaultdict(list), []
        for step, index in spikes:
            given[step].append(index)
        for k, path in enumerate(self.paths):
            before, self.acting[k] = self.acting[k], self._steps(path)
            for arrival in sorted(path.arrivals):
                for synapse in path.arrivals[arrival].copy():
                    late = self.acting[k][synapse] - before[synapse]
                    self.moved_in_flight += int(late != 0)
                    if late and not self.keep:  # for the test that this makes a difference
                        path.arrivals[arrival].remove(synapse)
                        path.arrivals[max(self.now, arrival + int(late))].append(synapse)
        for step in range(n_bins):
            fired = self._step(given[step], learn)
            found += [(step, int(neuron)) for neuron in fired]
        return found

    def _step(self, inputs: list[int], learn: bool) -> NDArray[np.intp]:
        self.lockout = np.maximum(self.lockout - DT, 0.0)
        free = self.lockout < 0.5 * DT
        total = 1 + self.ge + self.gi
        towards = (V_REST + self.ge * E_EXC + self.gi * E_INH) / total
        self.v = np.where(free, towards + (self.v - towards) * np.exp(-DT * total / TAU_M), self.v)
        self.ge, self.gi = self.ge * (1 - DT / TAU_GE), self.gi * (1 - DT / TAU_GI)
        if learn:
            for path in self.paths:
                path.x_w *= exp(-DT / TAU_W)
                path.y_w *= exp(-DT / TAU_W)
                path.x_d *= exp(-DT / TAU_PLUS)
                path.y_d *= exp(-DT / TAU_MINUS)
        fired = np.flatnonzero((self.v > V_THRESH - OFFSET + self.theta) & free)
        for k, path in enumerate(self.paths):
            for source in inputs if path.source == "input" else fired:
                for synapse in np.flatnonzero(path.pre == source):
                    path.arrivals[self.now + int(self.acting[k][synapse])].append(int(synapse))
        for path in self.paths:
            for synapse in path.arrivals.pop(self.now, []):
                self._arrive(path, synapse, learn)
        if learn:
            for path in self.paths:
                self._output(path, fired)
        self.v[fired], self.lockout[fired] = V_RESET, T_REF
        if learn:
            self.theta[fired] += THETA_PLUS
            for path in self.paths:
                path.y_w[fired] += 1
                path.y_d[fired] = 1
        self.now += 1
        return fired

    def _arrive(self, path: Path, s: int, learn: bool) -> None:
        target = path.post[s]
        getattr(self, path.receptor)[target] += path.w[s]
        if not learn:
            return
        if path.weights_learn:
            path.w[s] = min(max(path.w[s] - A_MINUS * W_MAX * path.y_w[target], 0.0), W_MAX)
        y, room = path.y_d[target], path.d[s] - path.d_min
        softly = room / (room + SOFT)
        path.d[s] = min(max(path.d[s] - 4 * ETA_MINUS * y * (1 - y) * softly, path.d_min), path.d_max)
        path.x_w[s] += 1
        path.x_d[s] = 1

    def _output(self, path: Path, fired: NDArray[np.intp]) -> None:
        for s in np.flatnonzero(np.isin(path.post, fired)):
            if path.weights_learn:
                path.w[s] = min(max(path.w[s] + A_PLUS * W_MAX * path.x_w[s], 0.0), W_MAX)
            x, room = path.x_d[s], path.d_max - path.d[s]
            softly = room / (room + SOFT)
            path.d[s] = min(max(path.d[s] + 4 * ETA_PLUS * x * (1 - x) * softly, path.d_min), path.d_max)
