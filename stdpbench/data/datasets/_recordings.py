"""Check recordings of events that were read from files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.data.stimuli import EventSet

MOST_CHANNELS = 100_000
MOST_EVENTS = 1_000_000_000


@dataclass(frozen=True, eq=False)
class RawRecordings:
    """Recordings as read, checked by `recordings`.

    Attributes
    ----------
    where : str
        File or folder, for error messages.
    events : EventSet
        The recordings without labels.
    labels : ndarray, int64 or str, (n,), or None
        Classes as written.
    grid : tuple of int or None
        Planes, height and width, if the file has them.
    """

    where: str
    events: EventSet
    labels: NDArray[Any] | None
    grid: tuple[int, int, int] | None = None

    @property
    def n_channels(self) -> int:
        """Number of channels up to the last one with an event."""
        return int(self.events.index.max(initial=-1)) + 1

    def stimuli(self, grid: tuple[int, int, int]) -> EventSet:
        """Return the recordings without labels.

        Raises
        ------
        StdpbenchError
            If a channel is not in the grid.
        """
        n = grid[0] * grid[1] * grid[2]
        if self.n_channels > n:
            raise StdpbenchError(
                f"{self.where} has an event of channel {self.n_channels - 1}, but the channels are 0 to {n - 1}"
            )
        return replace(self.events, grid=np.array(grid, np.int64))


def recordings(
    where: str,
    index: NDArray[Any],
    time: NDArray[Any],
    stop: NDArray[np.int64],
    labels: NDArray[Any] | None,
    *,
    duration: NDArray[np.float64] | None = None,
    grid: tuple[int, int, int] | None = None,
    sort: bool = False,
) -> RawRecordings:
    """Check concatenated recordings.

    Parameters
    ----------
    where : str
        File or folder, for error messages.
    index, time : ndarray, (n_events,)
        Channel and time in s of each event.
    stop : ndarray, int64, (n,)
        The event after the last one of each recording, not descending; the last value is n_events.
    labels : ndarray or None
        See `RawRecordings`.
    duration : ndarray, float64, (n,), optional
        Durations in s; default: up to the next whole ms after the last event of each recording.
    grid : tuple of int, optional
        See `RawRecordings`.
    sort : bool
        Whether to sort the events of each recording by time, instead of refusing unsorted ones.

    Raises
    ------
    StdpbenchError
        If a channel or time is not allowed, an empty recording has no duration, or an event lies after the end.
    """
    first = np.concatenate([np.zeros(1, np.int64), stop[:-1]])
    if not len(stop):
        raise StdpbenchError(f"{where} holds no recordings")
    _check_index(where, index)
    time = _checked_times(where, time)
    ends = np.zeros(max(len(time), 1), bool)
    ends[first[first < len(time)]] = True
    late = np.flatnonzero((np.diff(time) < 0) & ~ends[1 : len(time)])
    if len(late) and not sort:
        number = int(np.searchsorted(stop, late[0], side="right"))
        raise StdpbenchError(
            f"{where}: the times of recording {number} do not ascend ({time[late[0]]:g} s before "
            f"{time[late[0] + 1]:g} s); sort the events of each recording by time"
        )
    if len(late):
        order = np.lexsort((time, np.repeat(np.arange(len(stop)), stop - first)))
        index, time = index[order], time[order]
    empty = stop == first
    last = np.where(empty, 0.0, time[np.maximum(stop - 1, 0)] if len(time) else 0.0)
    if duration is None:
        if empty.any():
            raise StdpbenchError(
                f"{where}: recording {np.flatnonzero(empty)[0]} is empty; remove it, or state durations"
            )
        duration = (np.floor(last * 1e3 + 1e-6) + 1) * 1e-3
    over = np.flatnonzero(last > duration * (1 + 1e-9))
    if len(over):
        raise StdpbenchError(
            f"{where}: recording {over[0]} has an event at {last[over[0]]:g} s, after its end at "
            f"{duration[over[0]]:g} s"
        )
    channels = np.array(grid or (1, 1, MOST_CHANNELS), np.int64)
    events = EventSet(index.astype(np.int32), time, first, stop, duration, channels, labels=None)
    return RawRecordings(where, events, labels, grid)


def grid_of(where: str, values: NDArray[Any]) -> tuple[int, int, int]:
    """Return planes, height and width from an array of one to three sizes: channels; height, width; or all three.

    Raises
    ------
    StdpbenchError
        If they are not whole numbers, or there are too many channels.
    """
    sizes = values.reshape(-1)
    valid = 1 <= len(sizes) <= 3 and sizes.dtype.kind in "iuf" and bool((sizes == np.floor(sizes)).all())
    if not valid or sizes.min() < 1 or not np.prod(sizes, dtype=np.float64) <= MOST_CHANNELS:
        raise StdpbenchError(
            f"{where} must be one to three positive whole numbers, (planes,) (height,) channels, for at most "
            f"{MOST_CHANNELS} channels in all"
        )
    planes, height, width = (1, 1, 1, *(int(size) for size in sizes))[-3:]
    return planes, height, width


def _check_index(where: str, index: NDArray[Any]) -> None:
    decimals = index.dtype.kind == "f" and not (index == np.floor(index)).all()
    if index.ndim != 1 or index.dtype.kind not in "iuf" or decimals:
        raise StdpbenchError(f"{where}: channels must be a list of whole numbers")
    if len(index) and not (index.min() >= 0 and index.max() < MOST_CHANNELS):
        wrong = index.min() if index.min() < 0 else index.max()
        raise StdpbenchError(f"{where} has an event of channel {wrong:g}; channels are 0 to {MOST_CHANNELS - 1}")


def _checked_times(where: str, time: NDArray[Any]) -> NDArray[np.float64]:
    if time.ndim != 1 or time.dtype.kind not in "iuf":
        raise StdpbenchError(f"{where}: times must be a list of numbers, in s")
    if len(time) and not (time.min() >= 0 and time.max() <= 1e6):  # NaN is neither
        wrong = time.min() if time.min() < 0 else time.max()
        raise StdpbenchError(
            f"{where} has an event at {wrong:g} s; times are in s from the start of the recording, and at most 1e6"
        )
    return time.astype(np.float64)
