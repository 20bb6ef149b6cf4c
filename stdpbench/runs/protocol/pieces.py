"""The fact that a piece of a stream is complete."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar


@dataclass(frozen=True)
class Piece:
    """A piece of a stream is complete; measures by `stdpbench.results.readout.streams`.

    Attributes
    ----------
    rates : mapping of str to float
        Mean firing rate by population, in Hz.
    cv, synchrony : mapping of str to (float or None)
        Irregularity of intervals, and synchrony, by population.
    weights : mapping of str to tuple of int
        Histogram of the weights of each projection that learns: 20 equal bins from 0 to its w_max.
    occurrences : tuple of (float, int, tuple of (float or None))
        Of each pattern that ended: its start in s, its number, and the latency of each neuron that is read, in ms.
    false_alarms : tuple of int
        Spikes of each neuron that is read outside patterns; empty without patterns.
    delta, gamma : mapping of str to (float or None)
        Power of the rate at 2 to 4 Hz and at 30 to 70 Hz, relative to that of independent neurons, by population.
    """

    rates: Mapping[str, float]
    cv: Mapping[str, float | None]
    synchrony: Mapping[str, float | None]
    weights: Mapping[str, tuple[int, ...]]
    occurrences: tuple[tuple[float, int, tuple[float | None, ...]], ...] = ()
    false_alarms: tuple[int, ...] = ()
    delta: Mapping[str, float | None] = field(default_factory=dict)
    gamma: Mapping[str, float | None] = field(default_factory=dict)
    recurs: ClassVar[bool] = True
