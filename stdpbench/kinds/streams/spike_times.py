"""Spike times from the user's own file."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.files import stamp_of
from stdpbench.base.foreign_files import check_content, read_npz
from stdpbench.declare.parameters import parameter
from stdpbench.kinds.encoding import Spikes
from stdpbench.kinds.streams.base import Stream, digest, spikes_of, step_of

_MOST_INPUTS = 1_000_000
_LATEST = 1e6  # s
_BYTES = 40  # of memory for each spike while a file is read: number, time, their order and copies


class SpikeTimes(Stream):
    """Spikes from a file: for each, the number of the input and the time in seconds from the start of the stream.

    The file is a NumPy archive (.npz) with the arrays ``index`` and ``time``, such as
    ``numpy.savez("mine.npz", index=index, time=time)`` writes, or a CSV file whose lines are ``index,time``, with or
    without a header line. The order of spikes does not matter. A spike belongs to the time step that contains it;
    several of one input in one step become one. After the last spike, inputs are silent.
    """

    kind: Literal["spike-times"] = "spike-times"
    path: str | None = parameter(
        None, files="*.npz *.csv", help="The file: .npz with index and time, or .csv with a line per spike."
    )
    n: int | None = parameter(
        None, ge=1, le=_MOST_INPUTS, structural=True, help="Number of inputs; none: the largest index of the file + 1."
    )

    summary: ClassVar[str] = "Spike times from a file"
    reference: ClassVar[str] = "https://numpy.org/doc/stable/reference/generated/numpy.savez.html"

    @property
    def n_inputs(self) -> int:
        """Number of inputs."""
        index, _ = self._spikes()
        return self.n or int(index.max(initial=0)) + 1

    def spikes(self, seed: int, start: int, stop: int, dt: float) -> Spikes:
        """Return the spikes of a range of time steps; see `Stream.spikes`."""
        index, time = self._spikes()
        first, last = np.searchsorted(time, [(start - 1) * dt, (stop + 1) * dt])
        return spikes_of(index[first:last], step_of(time[first:last], dt), start, stop, self.n_inputs)

    def share_after(self, seconds: float) -> float:
        """Return the share of all spikes of the file that come after a time."""
        _, time = self._spikes()
        return float((time >= seconds).mean()) if len(time) else 0.0

    def fingerprint(self) -> str:
        """Return the SHA-256 of all spikes."""
        return digest(*self._spikes())

    def _spikes(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        if not self.path:
            raise StdpbenchError("data.path is missing; it must name a file with spikes: .npz or .csv")
        path = Path(self.path).expanduser()
        index, time = _read(path, stamp_of(path))
        if self.n is not None and len(index) and index.max() >= self.n:
            raise StdpbenchError(f"{path} has spikes of input {index.max()}, but data.n is {self.n}")
        return index, time


@lru_cache(maxsize=2)
def _read(path: Path, stamp: tuple[int, int]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the spikes of a file in temporal order; `stamp` invalidates the cache."""
    index, time = _csv(path) if path.suffix.lower() in (".csv", ".txt") else _npz(path)
    if index.ndim != 1 or index.shape != time.shape:
        raise StdpbenchError(f"{path}: index and time must be two lists of the same length")
    if not ((time >= 0) & (time <= _LATEST)).all():
        raise StdpbenchError(f"{path}: every time must be a number of seconds from 0 to {_LATEST:g}")
    if not ((index >= 0) & (index < _MOST_INPUTS) & (index == np.floor(index))).all():
        raise StdpbenchError(f"{path}: every index must be a whole number from 0 to {_MOST_INPUTS - 1}")
    order = np.lexsort((index, time))
    return index[order].astype(np.int64), time[order].astype(np.float64)


def _csv(path: Path) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    try:
        lines = [line for line in path.read_text(encoding="utf-8-sig").splitlines() if line and not line.isspace()]
        if lines and any(letter.isalpha() and letter not in "eE" for letter in lines[0]):
            del lines[0]
        table = np.loadtxt(lines, delimiter=",", ndmin=2) if lines else np.empty((0, 2))
    except (OSError, ValueError) as error:
        raise StdpbenchError(f"{path} cannot be read as lines of index,time: {error}") from None
    if table.size and table.shape[1] != 2:
        raise StdpbenchError(f"{path} has {table.shape[1]} columns; it must have two: index, time")
    return table[:, 0], table[:, 1]


def _npz(path: Path) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    arrays = read_npz(path, ("index", "time"))
    if any(name not in arrays or arrays[name].dtype.kind not in "biuf" for name in ("index", "time")):
        raise StdpbenchError(f"{path} is not an .npz file with the arrays index and time, both of numbers")
    check_content(path, _BYTES * arrays["index"].size)
    return arrays["index"].astype(np.float64), arrays["time"].astype(np.float64)
