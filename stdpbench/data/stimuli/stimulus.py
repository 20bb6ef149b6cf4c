"""One stimulus: a picture, a signal, or events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Image: TypeAlias = NDArray[np.float64]
"""One picture: its values, float64, (n_values,)."""


@dataclass(frozen=True, eq=False)
class Signal:
    """Values over time.

    Attributes
    ----------
    values : ndarray, float64, (n_channels, n_samples)
        Values of each channel; a value holds until the next sample.
    rate : float
        Samples per second.
    """

    values: NDArray[np.float64]
    rate: float

    @property
    def seconds(self) -> float:
        """Duration in s."""
        return float(self.values.shape[1] / self.rate)


@dataclass(frozen=True, eq=False)
class Events:
    """Spikes of one recording.

    Attributes
    ----------
    index : ndarray, int32, (n_events,)
        Channel of each event.
    time : ndarray, float64, (n_events,)
        Time of each event in s from the start, ascending.
    seconds : float
        Duration of the recording in s.
    """

    index: NDArray[np.int32]
    time: NDArray[np.float64]
    seconds: float

    def __len__(self) -> int:
        """Count the events."""
        return len(self.index)


Stimulus: TypeAlias = Image | Signal | Events
"""One stimulus."""
