"""Read recordings of events from HDF5 files in the layout of SHD."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.foreign_files import open_hdf5, read_apart
from stdpbench.data.datasets._checks import label_values
from stdpbench.data.datasets._recordings import MOST_EVENTS, RawRecordings, recordings

HDF5 = (".h5", ".hdf5", ".hdf")
"""Suffixes of HDF5 files."""

_AT_ONCE = 256  # recordings


def read_hdf5(path: Path, *, sort: bool = False) -> RawRecordings:
    """Read an HDF5 file in the layout of SHD.

    ``spikes/times`` (in s) and ``spikes/units`` hold a list per recording, ``labels`` a whole number per recording,
    and ``extra/keys``, which is optional, the names of the classes.

    Parameters
    ----------
    path : Path
        The file.
    sort : bool
        Whether to sort the events of each recording by time, instead of refusing unsorted ones.

    Raises
    ------
    StdpbenchError
        If data are missing, damaged or inconsistent.
    """
    (arrays,) = read_apart("stdpbench.data.datasets._hdf5:parse", path)
    labels = arrays.get("labels")
    return recordings(str(path), arrays["index"], arrays["time"], arrays["stop"], labels, sort=sort)


def parse(path: Path) -> list[dict[str, Any]]:
    """Return index, time and stop of all recordings, and labels if present; for `read_apart`.

    Raises
    ------
    StdpbenchError
        As `read_hdf5`.
    """
    try:
        with open_hdf5(path) as file:
            times, units = (_dataset(path, file, f"spikes/{name}") for name in ("times", "units"))
            if times.shape != units.shape:
                raise StdpbenchError(f"{path}: spikes/times and spikes/units must have the same number of recordings")
            lists = list(_lists(path, times, units))
            labels = None
            if "labels" in file:
                labels = _labels(path, _values(path, file, "labels"), len(lists))
                if "extra/keys" in file:
                    labels = _class_names(path, labels, _values(path, file, "extra/keys"))
    except (StdpbenchError, MemoryError):
        raise
    except Exception as error:  # h5py raises exceptions of many types for damaged files
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise StdpbenchError(f"{path} is damaged, or not an HDF5 file ({reason})") from None
    counts = np.array([len(channels) for channels, _ in lists], np.int64)
    arrays = {
        "index": np.concatenate([np.empty(0, np.int64), *(channels for channels, _ in lists)]),
        "time": np.concatenate([np.empty(0), *(seconds for _, seconds in lists)]),
        "stop": np.cumsum(counts),
    }
    return [arrays if labels is None else arrays | {"labels": labels}]


def _dataset(path: Path, file: Any, name: str) -> Any:
    """Return an HDF5 data set that holds a list of numbers per recording."""
    import h5py

    dataset = file.get(name)
    kind = h5py.check_vlen_dtype(dataset.dtype) if isinstance(dataset, h5py.Dataset) else None
    if kind is None or dataset.ndim != 1 or np.dtype(kind).kind not in "iuf":
        raise StdpbenchError(f"{path} needs a data set {name} that holds a list of numbers for each recording")
    return dataset


def _lists(path: Path, times: Any, units: Any) -> Iterator[tuple[NDArray[Any], NDArray[np.float64]]]:
    """Yield channels and times of each recording."""
    n_events = 0
    for start in range(0, times.shape[0], _AT_ONCE):
        stop = min(start + _AT_ONCE, times.shape[0])
        for number, (unit, time) in enumerate(zip(units[start:stop], times[start:stop], strict=True), start=start):
            channels, seconds = np.asarray(unit), np.asarray(time)
            if channels.shape != seconds.shape or channels.ndim != 1:
                raise StdpbenchError(f"{path}: recording {number} has {channels.size} units, but {seconds.size} times")
            n_events += len(channels)
            if n_events > MOST_EVENTS:
                raise StdpbenchError(f"{path} has more than {MOST_EVENTS} events, more than are read")
            yield channels, seconds.astype(np.float64)


def _values(path: Path, file: Any, name: str) -> NDArray[Any]:
    import h5py

    dataset = file.get(name)
    if not isinstance(dataset, h5py.Dataset) or dataset.ndim != 1:
        raise StdpbenchError(f"{path}: {name} must be a list")
    return np.asarray(dataset[:])


def _labels(path: Path, values: NDArray[Any], n: int) -> NDArray[Any]:
    if values.dtype.kind == "O":  # texts of any length
        values = np.array([_text(value) for value in values])
    return label_values(f"labels of {path}", values, n, f"spikes/times of {path}", "recording")


def _class_names(path: Path, labels: NDArray[Any], keys: NDArray[Any]) -> NDArray[Any]:
    """Replace numbers of classes by their names."""
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
