"""Recordings of events, such as spikes of a silicon retina or cochlea."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from stdpbench.data.stimuli.base import StimulusSet, is_whole
from stdpbench.data.stimuli.stimulus import Events


@dataclass(frozen=True, eq=False)
class EventSet(StimulusSet):
    """Recordings of events.

    Attributes
    ----------
    index : ndarray, int32, (n_events,)
        Channel of each event of all recordings, one recording after the other.
    time : ndarray, float64, (n_events,)
        Time of each event in s from the start of its recording, ascending within a recording.
    first, stop : ndarray, int64, (n,)
        First event of each recording, and the event after its last one.
    duration : ndarray, float64, (n,)
        Duration of each recording in s.
    grid : ndarray, int64, (3,)
        Planes (such as two polarities), height and width of the channels: channel = (plane·height + row)·width +
        column.
    labels : ndarray, int64, (n,) or None
        Class of each recording, 0 .. n_classes - 1; None if unknown.
    """

    index: NDArray[np.int32]
    time: NDArray[np.float64]
    first: NDArray[np.int64]
    stop: NDArray[np.int64]
    duration: NDArray[np.float64]
    grid: NDArray[np.int64]
    labels: NDArray[np.int64] | None
    pool: NDArray[np.float64] | None = None

    kind: ClassVar[str] = "events"
    kind_noun: ClassVar[str] = "recording"
    static_name: ClassVar[str] = "counts"
    per_stimulus: ClassVar[tuple[str, ...]] = ("first", "stop", "duration")

    @classmethod
    def of_events(
        cls,
        recording: NDArray[np.int64],
        index: NDArray[np.integer],
        time: NDArray[np.float64],
        duration: NDArray[np.float64],
        grid: tuple[int, int, int],
        labels: NDArray[np.int64] | None,
    ) -> EventSet:
        """Create a set from events in any order, each with the number of its recording."""
        order, counts = np.lexsort((index, time, recording)), np.bincount(recording, minlength=len(duration))
        stop, sizes = np.cumsum(counts), np.array(grid, np.int64)
        return cls(index[order].astype(np.int32), time[order], stop - counts, stop, duration, sizes, labels)

    @classmethod
    def of_list(
        cls, recordings: Sequence[Events], grid: tuple[int, int, int], labels: NDArray[np.int64] | None
    ) -> EventSet:
        """Create a set from single recordings."""
        counts = np.array([len(recording) for recording in recordings], np.int64)
        stop = np.cumsum(counts)
        return cls(
            np.concatenate([np.empty(0, np.int32), *(recording.index for recording in recordings)]).astype(np.int32),
            np.concatenate([np.empty(0), *(recording.time for recording in recordings)]),
            stop - counts,
            stop,
            np.array([recording.seconds for recording in recordings], np.float64),
            np.array(grid, np.int64),
            labels,
        )

    @property
    def planes(self) -> int:
        """Number of planes, such as two polarities."""
        return int(self.grid[0])

    @property
    def shape(self) -> tuple[int, int]:
        """Rows of all planes, one plane below the other, and columns."""
        planes, height, width = (int(size) for size in self.grid)
        return planes * height, width

    @cached_property
    def static(self) -> NDArray[np.float32]:
        """Number of events of each channel: float32, (n, rows, columns)."""
        height, width = self.shape
        counts = np.zeros((len(self), height * width), np.float32)
        for number, (start, stop) in enumerate(zip(self.first, self.stop, strict=True)):
            counts[number] = np.bincount(self.index[start:stop], minlength=height * width)
        return counts.reshape(len(self), height, width)

    @property
    def drawn(self) -> NDArray[np.float32]:
        """Number of events at each pixel, summed over planes: float32, (n, height, width)."""
        planes, height, width = (int(size) for size in self.grid)
        drawn: NDArray[np.float32] = self.static.reshape(len(self), planes, height, width).sum(axis=1)
        return drawn

    def stimulus(self, number: int) -> Events:
        """Return one recording."""
        events = slice(int(self.first[number]), int(self.stop[number]))
        return Events(self.index[events], self.time[events], float(self.duration[number]))

    def seconds(self, number: int) -> float:
        """Return the duration of a recording in s."""
        return float(self.duration[number])

    @property
    def arrays(self) -> dict[str, NDArray[Any]]:
        """See `StimulusSet.arrays`; without events of other recordings."""
        if is_whole(self.first, self.stop, len(self.index)):
            return super().arrays
        chosen = [np.empty(0, np.int64), *(np.arange(a, b) for a, b in zip(self.first, self.stop, strict=True))]
        events, stop = np.concatenate(chosen), np.cumsum(self.stop - self.first)
        first = stop - (self.stop - self.first)
        return super().arrays | {"index": self.index[events], "time": self.time[events], "first": first, "stop": stop}

    def shares_memory(self, other: StimulusSet) -> bool:
        """Return whether both sets have recordings in common; empty recordings do not count."""
        if not isinstance(other, EventSet) or not np.shares_memory(self.index, other.index):
            return False
        mine, theirs = self.first[self.stop > self.first], other.first[other.stop > other.first]
        return bool(np.isin(mine, theirs).any())
