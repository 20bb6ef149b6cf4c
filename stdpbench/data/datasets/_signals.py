"""From signals as read to signals that are shown: their rate, and channels scaled alike."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stdpbench.data.datasets._signal_files import RawSignals
from stdpbench.data.stimuli import Signals


def scaling(train: Signals) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return minimum and span of each channel over some signals, float32, (n_channels, 1); a constant one spans 1."""
    low = np.full((len(train.values), 1), np.inf, np.float32)
    high = -low
    for start, stop in zip(train.first, train.stop, strict=True):
        part = train.values[:, start:stop]
        low, high = np.minimum(low, part.min(axis=1, keepdims=True)), np.maximum(high, part.max(axis=1, keepdims=True))
    return low, np.where(high > low, high - low, np.float32(1.0)).astype(np.float32)


def scaled(signals: Signals, by: tuple[NDArray[np.float32], NDArray[np.float32]]) -> Signals:
    """Return signals whose channels are scaled as `scaling` says, without samples of others."""
    low, span = by
    arrays = signals.arrays
    return Signals.of_arrays(arrays | {"values": (arrays["values"] - low) / span}, signals.labels)


def signals_of(raw: RawSignals, rate: float) -> Signals:
    """Return signals as read, without labels."""
    stop = np.cumsum(raw.lengths)
    return Signals(raw.values.astype(np.float32), stop - raw.lengths, stop, np.array([rate]), None)
