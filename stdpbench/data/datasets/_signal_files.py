"""Read signals from .npz archives, .ts files and folders of CSV files; scale their channels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.files import read_text
from stdpbench.base.foreign_files import check_content, read_npz
from stdpbench.data.datasets._checks import label_values, visible_entries
from stdpbench.data.datasets._csv import read_cells
from stdpbench.data.datasets._holding_out import test_file_of
from stdpbench.data.stimuli import Signals

_NAMES = ("values", "lengths", "labels", "test_values", "test_lengths", "test_labels", "rate")
_LARGEST = 1e30
_PER_SAMPLE = 16  # bytes of memory, with copies
_FLAGS = {"true": True, "false": False}


@dataclass(frozen=True, eq=False)
class RawSignals:
    """Signals as read.

    Attributes
    ----------
    where : str
        File or folder, for error messages.
    values : ndarray, float64 or float32, (n_channels, n_samples)
        Samples of all signals, one after the other.
    lengths : ndarray, int64, (n,)
        Samples of each signal, at least 1.
    labels : ndarray, int64 or str, (n,), or None
        Classes as written.
    rate : float or None
        Samples per second, if the file has it.
    """

    where: str
    values: NDArray[np.floating[Any]]
    lengths: NDArray[np.int64]
    labels: NDArray[Any] | None
    rate: float | None = None


def read_signals(path: Path) -> tuple[RawSignals, RawSignals | None]:
    """Read the signals of a file or folder: training signals, and test signals if they are separate.

    Raises
    ------
    StdpbenchError
        If data are missing, damaged or inconsistent.
    """
    try:
        if path.is_dir():
            signals = _read_folder(path)
        elif not path.exists():
            raise StdpbenchError(f"there is no file or folder {path}")
        elif path.suffix.lower() == ".npz":
            signals = _read_archive(path)
        elif path.suffix.lower() == ".ts":
            test = test_file_of(path)
            signals = read_ts(path), None if test is None else read_ts(test)
        else:
            raise StdpbenchError(
                f"{path} has no signals that can be read; choose an .npz file, a .ts file, or a folder of CSV files"
            )
    except OSError as error:
        raise StdpbenchError(f"{error.filename or path} cannot be read: {error.strerror or error}") from None
    train, test_part = signals
    if test_part is not None and len(train.values) != len(test_part.values):
        raise StdpbenchError(
            f"{train.where} has signals of {len(train.values)} channels, but {test_part.where} of "
            f"{len(test_part.values)}; all must have the same channels"
        )
    return signals


# -- npz --------------------------------------------------------------------------------------------------------------


def _read_archive(path: Path) -> tuple[RawSignals, RawSignals | None]:
    arrays = read_npz(path, _NAMES)
    if "values" not in arrays:
        raise StdpbenchError(
            f"{path} holds no array values (number×channels×samples, or channels×samples with lengths); it holds "
            f"{', '.join(arrays) or 'nothing'}"
        )
    for name in ("test_lengths", "test_labels"):
        if name in arrays and "test_values" not in arrays:
            raise StdpbenchError(f"{path} holds {name}, but no test_values")
    check_content(path, _PER_SAMPLE * sum(arrays[name].size for name in ("values", "test_values") if name in arrays))
    rate = None
    if "rate" in arrays:
        value = arrays["rate"]
        if value.size != 1 or value.dtype.kind not in "iuf" or not 0 < float(value.reshape(-1)[0]) < np.inf:
            raise StdpbenchError(f"rate of {path} must be one positive number: samples per second")
        rate = float(value.reshape(-1)[0])
    halves = [_signals_of_arrays(path, arrays, name, rate) for name in ("", "test_") if f"{name}values" in arrays]
    return halves[0], halves[1] if len(halves) > 1 else None


def _signals_of_arrays(path: Path, arrays: dict[str, NDArray[Any]], prefix: str, rate: float | None) -> RawSignals:
    where = f"{prefix}values of {path}"
    values, lengths = arrays[f"{prefix}values"], arrays.get(f"{prefix}lengths")
    shape = "×".join(map(str, values.shape)) or "a single value"
    if values.dtype.kind not in "biuf":
        raise StdpbenchError(f"{where} holds values of type {values.dtype}; it must hold numbers")
    if values.ndim != (3 if lengths is None else 2) or not values.size:
        expected = "number×channels×samples, or channels×samples with an array lengths"
        raise StdpbenchError(
            f"{where} has the shape {shape}; it must be {expected if lengths is None else 'channels×samples'}, each "
            "at least 1"
        )
    if lengths is None:
        n, n_channels, n_samples = values.shape
        flat = values.transpose(1, 0, 2).reshape(n_channels, n * n_samples)
        sizes = np.full(n, n_samples, np.int64)
    else:
        flat, sizes = values, _lengths(f"{prefix}lengths of {path}", lengths, values.shape[1])
    labels = arrays.get(f"{prefix}labels")
    checked = (
        None if labels is None else label_values(f"{prefix}labels of {path}", labels, len(sizes), where, "signal")
    )
    return RawSignals(where, _finite(where, flat), sizes, checked, rate)


def _lengths(where: str, lengths: NDArray[Any], n_samples: int) -> NDArray[np.int64]:
    whole = lengths.ndim == 1 and lengths.dtype.kind in "iuf" and bool((lengths == np.floor(lengths)).all())
    if not whole or not len(lengths) or lengths.min() < 1 or lengths.sum(dtype=np.float64) != n_samples:
        raise StdpbenchError(
            f"{where} must be a list of whole numbers of at least 1, the samples of each signal, which add up to the "
            f"{n_samples} samples"
        )
    return lengths.astype(np.int64)


def _finite(where: str, values: NDArray[Any]) -> NDArray[np.floating[Any]]:
    if values.dtype.kind == "f" and not np.abs(values).max(initial=0) <= _LARGEST:
        raise StdpbenchError(f"{where} holds values that are not finite, or beyond {_LARGEST:g}")
    return values.astype(np.float32 if values.dtype.itemsize <= 4 else np.float64, copy=False)


# -- folders of CSV files ---------------------------------------------------------------------------------------------


def _read_folder(root: Path) -> tuple[RawSignals, RawSignals | None]:
    halves = [root / name for name in ("train", "test")]
    if all(half.is_dir() for half in halves):
        return _read_class_folders(halves[0]), _read_class_folders(halves[1])
    series = [path for path in visible_entries(root) if path.is_file() and path.suffix.lower() == ".ts"]
    if series:
        first = next((path for path in series if test_file_of(path) is not None), series[0])
        test = test_file_of(first)
        others = [path.name for path in series if path not in (first, test)]
        if others:
            raise StdpbenchError(
                f"{root} holds several sets of signals ({first.name}, {others[0]}); choose a .ts file"
            )
        return read_ts(first), None if test is None else read_ts(test)
    return _read_class_folders(root), None


def _read_class_folders(root: Path) -> RawSignals:
    loose = _tables(root)
    classes = {entry.name: files for entry in visible_entries(root) if entry.is_dir() and (files := _tables(entry))}
    if loose and classes:
        raise StdpbenchError(
            f"{root} holds signals, such as {loose[0].name}, next to class folders, such as {next(iter(classes))}; "
            "either all signals must be in the folder of their class, or none"
        )
    if not loose and not classes:
        raise StdpbenchError(f"{root} holds no CSV or .ts files, neither directly nor in a folder for each class")
    files = loose or [path for members in classes.values() for path in members]
    parts = list[NDArray[np.float64]]()
    for path in files:
        cells = read_cells(path)
        part = cells.numbers(range(cells.width)).T
        if parts and len(part) != len(parts[0]):
            raise StdpbenchError(
                f"{path} has {len(part)} columns, but {files[0].name} has {len(parts[0])}; each column is a channel, "
                "and all signals must have the same channels"
            )
        parts.append(part)
    names = None if loose else np.array([name for name, members in classes.items() for _ in members])
    values = _finite(str(root), np.concatenate(parts, axis=1))
    return RawSignals(str(root), values, np.array([part.shape[1] for part in parts], np.int64), names)


def _tables(folder: Path) -> list[Path]:
    return [entry for entry in visible_entries(folder) if entry.suffix.lower() == ".csv" and entry.is_file()]


# -- .ts --------------------------------------------------------------------------------------------------------------


def read_ts(path: Path) -> RawSignals:
    """Read a .ts file of the UEA archive, the format of sktime: a line per signal, channels separated by colons.

    Raises
    ------
    StdpbenchError
        If the file cannot be read, is damaged, or has time stamps, missing values or numbers to predict.
    """
    header, in_header = dict[str, str](), True
    parts, labels = list[NDArray[np.float64]](), list[str]()
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        where = f"{path}, line {number}"
        if in_header:
            if not line.startswith("@"):
                raise StdpbenchError(f"{where} comes before @data, but is not a header line such as @classLabel")
            name, _, value = line[1:].partition(" ")
            if name.lower() == "data":
                _check_header(path, header)
                in_header = False
            else:
                header[name.lower()] = value.strip()
            continue
        channels = line.split(":")
        if _classes(header) is not None:
            labels.append(_class_of(where, channels.pop().strip(), header))
        parts.append(_channels(where, channels, parts))
    if not parts:
        raise StdpbenchError(f"{path} holds no signals after a line @data; it must be a .ts file of the UEA archive")
    values = _finite(str(path), np.concatenate(parts, axis=1))
    sizes = np.array([part.shape[1] for part in parts], np.int64)
    return RawSignals(str(path), values, sizes, np.array(labels) if labels else None)


def _check_header(path: Path, header: dict[str, str]) -> None:
    for name, problem in (("timestamps", "time stamps"), ("targetlabel", "numbers to predict instead of classes")):
        if header.get(name, "false").lower().startswith("true"):
            raise StdpbenchError(f"{path} has {problem}, which are not supported")
    flag = header.get("classlabel", "false").split()
    if not flag or flag[0].lower() not in _FLAGS:
        raise StdpbenchError(f"{path}: @classLabel must be true with the names of the classes, or false")


def _classes(header: dict[str, str]) -> list[str] | None:
    """Return the names of the classes; None if signals have none."""
    flag, *names = header.get("classlabel", "false").split() or ["false"]
    return names if _FLAGS[flag.lower()] else None


def _class_of(where: str, label: str, header: dict[str, str]) -> str:
    classes = _classes(header)
    if not label or (classes and label not in classes):
        raise StdpbenchError(f"{where} ends with {label[:40]!r}, which is not a class in @classLabel")
    return label


def _channels(where: str, channels: list[str], earlier: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Parse one signal, (n_channels, n_samples)."""
    if not channels:
        raise StdpbenchError(f"{where} holds only a class; it must hold a signal")
    if earlier and len(channels) != len(earlier[0]):
        raise StdpbenchError(f"{where} has {len(channels)} channels, but the first signal has {len(earlier[0])}")
    signal = list[NDArray[np.float64]]()
    for channel in channels:
        try:
            signal.append(np.array(channel.split(","), np.float64))
        except ValueError:  # also a missing value, which is written ?
            raise StdpbenchError(f"{where} holds a value that is missing or not a number") from None
        if len(signal[-1]) != len(signal[0]):
            raise StdpbenchError(f"{where} has channels of {len(signal[0])} and of {len(signal[-1])} samples")
    return np.array(signal)


def scaling(train: Signals) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return minimum and span of each channel, float32, (n_channels, 1); the span of a constant channel is 1."""
    low = np.full((len(train.values), 1), np.inf, np.float32)
    high = -low
    for start, stop in zip(train.first, train.stop, strict=True):
        part = train.values[:, start:stop]
        low, high = np.minimum(low, part.min(axis=1, keepdims=True)), np.maximum(high, part.max(axis=1, keepdims=True))
    return low, np.where(high > low, high - low, np.float32(1.0)).astype(np.float32)


def scaled(signals: Signals, minimum_and_span: tuple[NDArray[np.float32], NDArray[np.float32]]) -> Signals:
    """Return signals with channels scaled by the minimum and span from `scaling`."""
    low, span = minimum_and_span
    arrays = signals.arrays
    return Signals.of_arrays(arrays | {"values": (arrays["values"] - low) / span}, signals.labels)


def signals_of(raw: RawSignals, rate: float) -> Signals:
    """Convert raw signals, without their labels."""
    stop = np.cumsum(raw.lengths)
    return Signals(raw.values.astype(np.float32), stop - raw.lengths, stop, np.array([rate]), None)
