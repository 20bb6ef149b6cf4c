"""Recordings of events in a user's files: .npz archives, CSV files, and HDF5 files in the layout of SHD."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.datasets._archives import read_arrays
from stdpbench.datasets._checks import label_values
from stdpbench.datasets._csv import Cells, class_cells, read_cells
from stdpbench.datasets._recordings import MOST_EVENTS, RawRecordings, grid_of, recordings
from stdpbench.errors import StdpbenchError

HDF5 = (".h5", ".hdf5", ".hdf")
"""How names of HDF5 files end."""

_NAMES = ("index", "time", "first", "label", "labels", "duration", "grid")
_COLUMNS = ("recording", "index", "time", "label")
_AT_ONCE = 256  # recordings
_MOST_NAMES = 100_000


def read_npz(path: Path) -> tuple[RawRecordings, RawRecordings | None]:
    """Read the recordings of an archive: training, and test if it has them.

    Raises
    ------
    StdpbenchError
        One sentence if something is missing, damaged or does not fit together.
    """
    arrays = read_arrays(path, [*_NAMES, *(f"test_{name}" for name in _NAMES)])
    for prefix in ("", *(("test_",) if any(name.startswith("test_") for name in arrays) else ())):
        missing = [f"{prefix}{name}" for name in ("index", "time", "first") if f"{prefix}{name}" not in arrays]
        if missing:
            raise StdpbenchError(
                f"{path} holds no array {missing[0]} (events need index, time, first); it holds "
                f"{', '.join(arrays) or 'nothing'}"
            )
    grid = grid_of(f"grid of {path}", arrays["grid"]) if "grid" in arrays else None
    halves = [_of_arrays(path, arrays, prefix, grid) for prefix in ("", "test_") if f"{prefix}index" in arrays]
    return halves[0], halves[1] if len(halves) > 1 else None


def _of_arrays(
    path: Path, arrays: dict[str, NDArray[Any]], prefix: str, grid: tuple[int, int, int] | None
) -> RawRecordings:
    where = f"{prefix}index and {prefix}time of {path}"
    index, time, first = (arrays[f"{prefix}{name}"] for name in ("index", "time", "first"))
    if index.ndim != 1 or index.shape != time.shape:
        raise StdpbenchError(f"{where} must be two lists of the same length")
    named = f"{prefix}labels" if f"{prefix}labels" in arrays else f"{prefix}label"
    labels = arrays.get(named)
    n = None if labels is None else len(labels.reshape(-1))
    stop = _stops(f"{prefix}first of {path}", first, len(index), n)
    if labels is not None:
        labels = label_values(f"{named} of {path}", labels, len(stop), f"{prefix}first of {path}", "recording")
    duration = arrays.get(f"{prefix}duration")
    if duration is not None:
        good = duration.dtype.kind in "iuf" and duration.size in (1, len(stop)) and duration.ndim <= 1
        if not good or not np.isfinite(duration).all() or duration.min() <= 0 or duration.max() > 1e6:
            raise StdpbenchError(
                f"{prefix}duration of {path} must be positive, in s: one number, or one per recording"
            )
        duration = np.broadcast_to(duration.astype(np.float64), len(stop)).copy()
    return recordings(where, index, time, stop, labels, duration=duration, grid=grid)


def _stops(where: str, first: NDArray[Any], n_events: int, n: int | None) -> NDArray[np.int64]:
    """Return the end of each recording from the starts, which may include the end of the last one."""
    whole = first.ndim == 1 and first.dtype.kind in "iuf" and bool((first == np.floor(first)).all())
    if not whole or not len(first) or first[0] != 0 or first.min() < 0 or first.max() > n_events:
        raise StdpbenchError(f"{where} must list the first event of each recording: 0, then numbers up to {n_events}")
    starts = first.astype(np.int64)
    if (np.diff(starts) < 0).any():
        raise StdpbenchError(f"{where} descends; recordings lie one after the other")
    with_end = len(starts) == n + 1 if n is not None else len(starts) > 1 and starts[-1] == n_events
    if with_end and starts[-1] != n_events:
        raise StdpbenchError(f"{where} ends with {starts[-1]}, but there are {n_events} events")
    return starts[1:] if with_end else np.append(starts[1:], n_events)


# -- CSV --------------------------------------------------------------------------------------------------------------


def read_csv(path: Path) -> RawRecordings:
    """Read a CSV file with a line per event: recording, index, time in s, and optionally label.

    Raises
    ------
    StdpbenchError
        One sentence if a column is missing, or a cell cannot be read.
    """
    cells = read_cells(path, texts=(0, 3))
    columns = _columns(cells)
    values = cells.numbers([columns["index"], columns["time"]])
    names = cells.column(columns["recording"])
    if "" in names:
        raise StdpbenchError(f"{path}, line {cells.lines[names.index('')]} names no recording")
    number_of = {name: number for number, name in enumerate(dict.fromkeys(names))}
    number = np.array([number_of[name] for name in names], np.int64)
    order = np.argsort(number, kind="stable")
    labels = None
    if "label" in columns:
        given = class_cells(f"{path}: the column of labels", cells.column(columns["label"]))
        _, place = np.unique(number, return_index=True)
        labels = given[place]
        other = np.flatnonzero(given != labels[number])
        if len(other):
            raise StdpbenchError(
                f"{path}, line {cells.lines[other[0]]}: recording {names[other[0]]} has the label {given[other[0]]}, "
                f"but {labels[number[other[0]]]} before"
            )
    stop = np.cumsum(np.bincount(number))
    return recordings(str(path), values[order, 0], values[order, 1], stop, labels)


def _columns(cells: Cells) -> dict[str, int]:
    """Return the number of each column, by its name or, without names, by its place."""
    if not cells.names:
        if cells.width not in (3, 4):
            raise StdpbenchError(
                f"{cells.path} has {cells.width} columns; events need recording, index, time and optionally label"
            )
        return dict(zip(_COLUMNS, range(cells.width), strict=False))
    lower = [name.lower() for name in cells.names]
    for name in _COLUMNS[:3]:
        if name not in lower:
            raise StdpbenchError(
                f"{cells.path} has no column {name!r}; events need recording, index, time and optionally label"
            )
    return {name: lower.index(name) for name in _COLUMNS if name in lower}


# -- HDF5 -------------------------------------------------------------------------------------------------------------


def read_hdf5(path: Path, *, sort: bool = False) -> RawRecordings:
    """Read an HDF5 file in the layout of SHD.

    ``spikes/times`` (in s) and ``spikes/units`` hold a list per recording, ``labels`` a whole number; ``extra/keys``,
    if it is there, the names of the classes.

    Parameters
    ----------
    path : Path
        The file.
    sort : bool
        Whether to sort the events of a recording by time, rather than to refuse them.

    Raises
    ------
    StdpbenchError
        One sentence if something is missing, damaged or does not fit together.
    """
    import h5py

    if not path.is_file():
        raise StdpbenchError(f"there is no file {path}")
    try:
        with h5py.File(path, "r", locking=False) as file:
            times, units = (_dataset(path, file, f"spikes/{name}") for name in ("times", "units"))
            if times.shape != units.shape:
                raise StdpbenchError(f"{path}: spikes/times and spikes/units must have the same number of recordings")
            lists = list(_lists(path, times, units))
            labels = None
            if "labels" in file:
                labels = _labels(path, _values(path, file, "labels"), len(lists))
                if "extra/keys" in file:
                    labels = _named(path, labels, _values(path, file, "extra/keys"))
    except StdpbenchError:
        raise
    except Exception as error:  # h5py raises whatever fits the state of a damaged file
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise StdpbenchError(f"{path} is damaged, or not an HDF5 file ({reason})") from None
    counts = np.array([len(each) for each, _ in lists], np.int64)
    index = np.concatenate([np.empty(0, np.int64), *(each for each, _ in lists)])
    time = np.concatenate([np.empty(0), *(each for _, each in lists)])
    return recordings(str(path), index, time, np.cumsum(counts), labels, sort=sort)


def _dataset(path: Path, file: Any, name: str) -> Any:
    """Return a list of lists of numbers."""
    import h5py

    found = file.get(name)
    if not isinstance(found, h5py.Dataset):
        raise StdpbenchError(f"{path} has no data set {name}; events need spikes/times, spikes/units and labels")
    kind = h5py.check_vlen_dtype(found.dtype)
    if found.ndim != 1 or kind is None or np.dtype(kind).kind not in "iuf":
        raise StdpbenchError(f"{path}: {name} must hold a list of numbers for each recording")
    # each element takes 16 bytes in the file; a larger number cannot be true
    if found.shape[0] * 8 > path.stat().st_size:
        raise StdpbenchError(f"{path} announces {found.shape[0]} recordings, more than the file can hold")
    return found


def _lists(path: Path, times: Any, units: Any) -> Iterator[tuple[NDArray[Any], NDArray[np.float64]]]:
    """Yield channels and times of each recording."""
    n_events = 0
    for start in range(0, times.shape[0], _AT_ONCE):
        stop = min(start + _AT_ONCE, times.shape[0])
        for number, (unit, time) in enumerate(zip(units[start:stop], times[start:stop], strict=True), start=start):
            channels, moments = np.asarray(unit), np.asarray(time)
            if channels.shape != moments.shape or channels.ndim != 1:
                raise StdpbenchError(f"{path}: recording {number} has {channels.size} units, but {moments.size} times")
            n_events += len(channels)
            if n_events > MOST_EVENTS:
                raise StdpbenchError(f"{path} has more than {MOST_EVENTS} events, more than are read")
            yield channels, moments.astype(np.float64)


def _values(path: Path, file: Any, name: str) -> NDArray[Any]:
    import h5py

    found = file.get(name)
    if not isinstance(found, h5py.Dataset) or found.ndim != 1:
        raise StdpbenchError(f"{path}: {name} must be a list")
    if found.shape[0] > max(_MOST_NAMES, path.stat().st_size):
        raise StdpbenchError(f"{path} announces {found.shape[0]} {name}, more than the file can hold")
    return np.asarray(found[:])


def _labels(path: Path, values: NDArray[Any], n: int) -> NDArray[Any]:
    if values.dtype.kind == "O":  # texts of any length
        values = np.array([_text(each) for each in values])
    return label_values(f"labels of {path}", values, n, f"spikes/times of {path}", "recording")


def _named(path: Path, labels: NDArray[Any], keys: NDArray[Any]) -> NDArray[Any]:
    """Return the names of classes that are numbers."""
    if labels.dtype.kind not in "iu":
        return labels
    names = [_text(key) for key in keys]
    if len(labels) and (labels.min() < 0 or labels.max() >= len(names)):
        raise StdpbenchError(
            f"{path} has the label {labels.min() if labels.min() < 0 else labels.max()}, but {len(names)} extra/keys"
        )
    return np.array([names[label] for label in labels.tolist()])


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
