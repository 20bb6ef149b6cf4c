"""Read files that list the synapses of a projection, one per row: source, target, optionally weight and delay.

A file is identified by its synapses, not its bytes: `Rows` are sorted, and `Rows.digest` is their digest. A run keeps
them in its folder, in a file named by this digest.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError, suggestion
from stdpbench.base.files import stamp_of
from stdpbench.base.foreign_files import read_npy, read_npz
from stdpbench.data.datasets._csv import read_cells

COLUMNS = ("source", "target", "weight", "delay")
LONGEST = 100.0
"""Longest delay, in ms."""
_LARGEST_INDEX = 2**31 - 1
_FORM = "source,target, or source,target,weight,delay"


@dataclass(frozen=True, eq=False)
class Rows:
    """The synapses of a file, sorted by source, then target; several of a pair keep the order of the file.

    Attributes
    ----------
    source, target : ndarray, int64, (n_synapses,)
        Numbers of the neurons, from 0.
    weight : ndarray, float64, (n_synapses,), or None
        Weights; None if the file has none.
    delay : ndarray, float64, (n_synapses,), or None
        Delays in ms; None if the file has none.
    place : ndarray, int64, (n_synapses,)
        Line of each synapse in a CSV file, or its row in an array, from 0.
    word : str
        Unit of `place`: ``"line"`` or ``"row"``.
    """

    source: NDArray[np.int64]
    target: NDArray[np.int64]
    weight: NDArray[np.float64] | None
    delay: NDArray[np.float64] | None
    place: NDArray[np.int64]
    word: str

    def __len__(self) -> int:
        """Count the synapses."""
        return len(self.source)

    @classmethod
    def of_pairs(cls, source: NDArray[np.int64], target: NDArray[np.int64]) -> Rows:
        """Create rows without a file from pairs of neurons, sorted by source, then target."""
        return cls(source, target, None, None, np.arange(len(source)), "row")

    @property
    def columns(self) -> dict[str, NDArray[Any]]:
        """The columns of the file, by name."""
        columns = {name: getattr(self, name) for name in COLUMNS}
        return {name: column for name, column in columns.items() if column is not None}

    @property
    def digest(self) -> str:
        """SHA-256 of the synapses, hexadecimal."""
        hasher = hashlib.sha256()
        for name, column in self.columns.items():
            hasher.update(f"{name} {len(column)}\n".encode())
            hasher.update(np.ascontiguousarray(column, column.dtype.newbyteorder("<")).data)
        return hasher.hexdigest()

    def at(self, number: int) -> str:
        """Return the line or row of a synapse, such as ``"line 3"``."""
        return f"{self.word} {self.place[number]}"

    def write(self, file: IO[bytes]) -> None:
        """Write the synapses as a NumPy archive that `read_rows` reads."""
        np.savez_compressed(file, **self.columns)  # type: ignore[arg-type]


def read_rows(path: Path) -> Rows:
    """Read the synapses of a file: .csv (or .txt) with a header line, .npz with arrays, .npy with named fields.

    Raises
    ------
    StdpbenchError
        If the file cannot be read, or a row is not a valid synapse; the message names the line.
    """
    return _read(path, stamp_of(path))


@lru_cache(maxsize=8)
def _read(path: Path, stamp: tuple[int, int]) -> Rows:
    is_text = path.suffix.lower() in (".csv", ".txt")
    columns, place = _csv(path) if is_text else _arrays(path)
    return _checked(path, columns, place, "line" if is_text else "row")


def _csv(path: Path) -> tuple[dict[str, NDArray[np.float64]], NDArray[np.int64]]:
    cells = read_cells(path)
    _check_names(path, cells.names, "the header line")
    table = cells.numbers(range(cells.width))
    return {name: table[:, k] for k, name in enumerate(cells.names)}, np.array(cells.lines, np.int64)


def _arrays(path: Path) -> tuple[dict[str, NDArray[np.float64]], NDArray[np.int64]]:
    if path.suffix.lower() == ".npy":
        array = read_npy(path)
        arrays = {name: array[name] for name in array.dtype.names or ()}
    elif path.suffix.lower() == ".npz":
        arrays = read_npz(path)
    else:
        raise StdpbenchError(f"{path} is neither a CSV file (.csv) nor a NumPy file (.npz) with the arrays {_FORM}")
    _check_names(path, list(arrays), "it")
    sizes = {name: array.shape for name, array in arrays.items()}
    if len(set(sizes.values())) != 1 or any(len(shape) != 1 for shape in sizes.values()):
        raise StdpbenchError(f"{path}: {', '.join(sizes)} must be lists of the same length, not {sizes}")
    for name, array in arrays.items():
        if array.dtype.kind not in "biuf":
            raise StdpbenchError(f"{path}: {name} must be an array of numbers, not of {array.dtype}")
    columns = {name: array.astype(np.float64) for name, array in arrays.items()}
    return columns, np.arange(len(next(iter(columns.values()))))


def _check_names(path: Path, names: list[str], where: str) -> None:
    if not any(names):
        raise StdpbenchError(f"{path} has no names of columns; they are {_FORM}")
    for name in names:
        if name not in COLUMNS:
            raise StdpbenchError(f"{path}: {where} has the unknown column {name!r}; {suggestion(name, COLUMNS)}")
        if names.count(name) > 1:
            raise StdpbenchError(f"{path}: {where} has the column {name!r} twice")
    for name in ("source", "target"):
        if name not in names:
            raise StdpbenchError(f"{path}: {where} has no column {name!r}; columns are {_FORM}")


def _checked(path: Path, columns: dict[str, NDArray[np.float64]], place: NDArray[np.int64], word: str) -> Rows:
    if not len(place):
        raise StdpbenchError(f"{path} lists no synapse")

    def check(name: str, wrong: NDArray[np.bool_], expected: str) -> None:
        if wrong.any():
            k = int(np.argmax(wrong))
            raise StdpbenchError(f"{path}, {word} {place[k]}: {name} must be {expected}, not {columns[name][k]:g}")

    for name in ("source", "target"):
        index = columns[name]
        whole = np.isfinite(index) & (index == np.floor(index))
        wrong = ~(whole & (index >= 0) & (index <= _LARGEST_INDEX))
        check(name, wrong, "the number of a neuron, from 0")
    if "weight" in columns:
        check("weight", ~(columns["weight"] >= 0) | np.isinf(columns["weight"]), "a finite number of at least 0")
    if "delay" in columns:
        wrong = ~((columns["delay"] >= 0) & (columns["delay"] <= LONGEST))
        check("delay", wrong, f"a time from 0 to {LONGEST:g} ms")
    source, target = (columns[name].astype(np.int64) for name in ("source", "target"))
    order = np.lexsort((target, source))
    weight, delay = (columns[name][order] + 0.0 if name in columns else None for name in ("weight", "delay"))
    return Rows(source[order], target[order], weight, delay, place[order], word)
