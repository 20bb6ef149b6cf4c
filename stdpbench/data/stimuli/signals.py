"""Signals: values over time on several channels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from stdpbench.data.stimuli.base import StimulusSet, is_whole
from stdpbench.data.stimuli.stimulus import Signal


@dataclass(frozen=True, eq=False)
class Signals(StimulusSet):
    """Signals of different lengths.

    Attributes
    ----------
    values : ndarray, float32, (n_channels, n_samples)
        The samples of all signals, one after the other.
    first, stop : ndarray, int64, (n,)
        First sample of each signal, and the sample after its last one.
    rate : ndarray, float64, (1,)
        Samples per second.
    labels : ndarray, int64, (n,) or None
        Class of each signal, 0 .. n_classes - 1; None if unknown.
    """

    values: NDArray[np.float32]
    first: NDArray[np.int64]
    stop: NDArray[np.int64]
    rate: NDArray[np.float64]
    labels: NDArray[np.int64] | None
    pool: NDArray[np.float64] | None = None

    kind: ClassVar[str] = "signals"
    kind_noun: ClassVar[str] = "signal"
    static_name: ClassVar[str] = "means over time"

    @classmethod
    def of_list(cls, signals: list[NDArray[Any]], rate: float, labels: NDArray[np.int64] | None) -> Signals:
        """Create a set from a list of arrays (n_channels, n_samples)."""
        lengths = np.array([signal.shape[1] for signal in signals], np.int64)
        stop = np.cumsum(lengths)
        values = np.concatenate(signals, axis=1) if signals else np.zeros((1, 0))
        return cls(values.astype(np.float32), stop - lengths, stop, np.array([rate]), labels)

    @property
    def shape(self) -> tuple[int, int]:
        """One row with a value per channel."""
        return 1, len(self.values)

    @cached_property
    def static(self) -> NDArray[np.float32]:
        """Mean of each channel over time: float32, (n, 1, n_channels)."""
        ends = zip(self.first, self.stop, strict=True)
        means = [self.values[:, start:stop].mean(axis=1, dtype=np.float64) for start, stop in ends]
        return np.array(means, np.float32).reshape(len(self), 1, len(self.values))

    def stimulus(self, number: int) -> Signal:
        """Return one signal."""
        values = self.values[:, self.first[number] : self.stop[number]].astype(np.float64)
        return Signal(values, float(self.rate[0]))

    def seconds(self, number: int) -> float:
        """Return the duration of a signal in s."""
        return float((self.stop[number] - self.first[number]) / self.rate[0])

    @property
    def arrays(self) -> dict[str, NDArray[Any]]:
        """See `StimulusSet.arrays`; without samples of other signals."""
        if is_whole(self.first, self.stop, self.values.shape[1]):
            return super().arrays
        parts = [self.values[:, a:b] for a, b in zip(self.first, self.stop, strict=True)] or [self.values[:, :0]]
        stop = np.cumsum(self.stop - self.first)
        first = stop - (self.stop - self.first)
        return super().arrays | {"values": np.concatenate(parts, axis=1), "first": first, "stop": stop}

    def shares_memory(self, other: StimulusSet) -> bool:
        """Return whether both sets have samples in common."""
        if not isinstance(other, Signals) or not np.shares_memory(self.values, other.values):
            return False
        return bool(np.isin(self.first, other.first).any())
