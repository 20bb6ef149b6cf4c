"""Firing rates of all populations over the presentations that a reader received last."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

from stdpbench.experiment.graph import Graph
from stdpbench.runs.analysis.frame_spikes import rates_in

_KEPT = 20


class RecentRates:
    """Mean rates over the last received presentations, at most 20.

    Attributes
    ----------
    rates : mapping of str to float
        Mean rate of a neuron during the stimulus in Hz, by population. Empty before a presentation was received;
        without populations whose spikes are not known.
    """

    def __init__(self) -> None:
        self.rates: Mapping[str, float] = {}
        self._recent: deque[tuple[int, dict[str, float]]] = deque(maxlen=_KEPT)

    @property
    def n(self) -> int:
        """Number of presentations that the rates are means of."""
        return len(self._recent)

    @property
    def last(self) -> int:
        """Number of the last of these presentations; -1 if there is none."""
        return self._recent[-1][0] if self._recent else -1

    def reset(self) -> None:
        """Forget all presentations."""
        self._recent.clear()
        self.rates = {}

    def take(self, frame: Mapping[str, Any], graph: Graph, stimulus: float, dt: float) -> bool:
        """Add a frame of ``presentation``, and return whether it was a new one; see `frame_spikes.rates_in`."""
        if "presentation" not in frame or frame["presentation"] == self.last:
            return False
        found = rates_in(frame, graph, stimulus, dt)
        went_back = frame["presentation"] < self.last  # a rewind, or a branch from an earlier position
        if went_back or (self._recent and self._recent[-1][1].keys() != found.keys()):
            self._recent.clear()
        self._recent.append((int(frame["presentation"]), found))
        self.rates = {name: sum(each[name] for _, each in self._recent) / len(self._recent) for name in found}
        return True
