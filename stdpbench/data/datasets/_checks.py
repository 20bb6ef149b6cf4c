"""Checks of arrays from a user's files: pictures and labels."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.paths import data_folders
from stdpbench.data.datasets._transform import Pixels

_LARGEST_LABEL = 2**53  # floating point numbers are whole up to it


def grey_values(arrays: Sequence[tuple[str, NDArray[Any]]]) -> list[Pixels]:
    """Check arrays of pictures and convert them to grey values in 0 .. 255.

    Integers are unchanged. Decimal numbers are multiplied by 255 if none in any array exceeds 1, as are truth values.

    Parameters
    ----------
    arrays : sequence of (str, ndarray)
        Origin for error messages, and array: (n, height, width), or with a last dimension of 1 or 3.

    Returns
    -------
    list of ndarray, uint8 or float32, (n, height, width) or (n, height, width, 3)
        uint8 for integers and truth values, float32 for decimal numbers.

    Raises
    ------
    StdpbenchError
        If an array has another number of dimensions, no pictures, or values that are not finite numbers in range.
    """
    for where, array in arrays:
        _check_shape(where, array)
        _check_range(where, array)
    decimal = [array for _, array in arrays if array.dtype.kind == "f"]
    factor = 255.0 if decimal and max(array.max() for array in decimal) <= 1 else 1.0
    result: list[Pixels] = []
    for _, array in arrays:
        pictures = array[..., 0] if array.ndim == 4 and array.shape[3] == 1 else array
        if array.dtype.kind == "f":
            result.append(pictures.astype(np.float32) * np.float32(factor))
        elif array.dtype.kind == "b":
            result.append(pictures.astype(np.uint8) * np.uint8(255))
        else:
            result.append(pictures.astype(np.uint8, copy=False))
    return result


def _check_shape(where: str, array: NDArray[Any]) -> None:
    shape = "×".join(map(str, array.shape)) or "a single value"
    if array.dtype.kind not in "biuf":
        raise StdpbenchError(f"{where} holds {_name(array)}; it must hold numbers")
    if array.ndim not in (3, 4) or (array.ndim == 4 and array.shape[3] not in (1, 3)) or not array.size:
        raise StdpbenchError(
            f"{where} has the shape {shape}; it must be number×height×width, or number×height×width×3 for colours, "
            "each at least 1"
        )


def _check_range(where: str, array: NDArray[Any]) -> None:
    low, high = array.min(), array.max()
    if not (low >= 0 and high <= 255):  # NaN is neither
        raise StdpbenchError(
            f"{where} holds the value {low if low < 0 else high:g}; "
            "grey values must lie in 0 .. 255, or as decimals in 0 .. 1"
        )


def label_values(
    where: str, array: NDArray[Any], pictures: int, pictures_where: str, noun: str = "picture"
) -> NDArray[Any]:
    """Check an array of labels: one whole number or text per stimulus.

    Parameters
    ----------
    where : str
        Where the labels come from, for error messages.
    array : ndarray, (n,)
        Labels; floats are accepted if they are whole.
    pictures : int
        Required number of labels.
    pictures_where : str
        Where the pictures come from.
    noun : str
        Name of a stimulus in error messages.

    Returns
    -------
    ndarray, int64 or str, (n,)
        The labels.

    Raises
    ------
    StdpbenchError
        If the number of dimensions or labels is wrong, or the labels are neither whole numbers nor texts.
    """
    if array.shape != (pictures,):
        shape = "×".join(map(str, array.shape)) or "1"
        raise StdpbenchError(f"{where} holds {shape} labels, but {pictures_where} holds {pictures} {noun}s")
    if array.dtype.kind in "biu" or (array.dtype.kind == "f" and (array == np.rint(array)).all()):
        if len(array) and not (array.min() > -_LARGEST_LABEL and array.max() < _LARGEST_LABEL):
            raise StdpbenchError(f"{where} holds the label {np.abs(array).max():g}; labels lie below {_LARGEST_LABEL}")
        return array.astype(np.int64)
    if array.dtype.kind == "U":
        return array
    if array.dtype.kind == "S":
        return np.char.decode(array, "utf-8", "replace")
    raise StdpbenchError(f"{where} holds {_name(array)}; it must hold whole numbers or texts")


def number_classes(
    train: NDArray[Any] | None, test: NDArray[Any] | None, where: str
) -> tuple[NDArray[np.int64] | None, NDArray[np.int64] | None, tuple[str, ...]]:
    """Number the classes 0 .. n_classes - 1, in the order of their values; numbers within texts sort as numbers.

    Parameters
    ----------
    train, test : ndarray, int64 or str, (n,), or None
        Labels from `label_values`, if any.
    where : str
        Name of the data set in error messages.

    Returns
    -------
    train, test : ndarray, int64, (n,), or None
        Numbers of the classes.
    class_names : tuple of str
        Names of the classes; empty without labels.

    Raises
    ------
    StdpbenchError
        If one has numbers and the other has texts.
    """
    parts = [labels for labels in (train, test) if labels is not None]
    if not parts:
        return None, None, ()
    if len({labels.dtype.kind for labels in parts}) > 1:
        raise StdpbenchError(f"{where}: training and test labels must both be numbers or both be texts")
    values = np.unique(np.concatenate(parts)).tolist()
    ordered = sorted(values, key=natural_order) if parts[0].dtype.kind == "U" else values
    number = {value: index for index, value in enumerate(ordered)}
    numbered = [
        None if labels is None else np.array([number[label] for label in labels.tolist()], np.int64)
        for labels in (train, test)
    ]
    return numbered[0], numbered[1], tuple(map(str, ordered))


def natural_order(text: str) -> tuple[list[tuple[int, int, str]], str]:
    """Return a sort key that orders numbers within texts as numbers, the same on every system."""
    pieces = re.findall(r"0*([0-9]+)|([^0-9]+)", unicodedata.normalize("NFC", text))
    return [(0, len(number), number) if number else (1, 0, word) for number, word in pieces], text


def local_path(parameter: str, text: str | None, needed: str = "it must name a file or folder") -> Path:
    """Return a path from user input, with ``~`` for the home folder; `needed` is a clause for when it is missing.

    Raises
    ------
    StdpbenchError
        If the text is empty or not a path; the message names `parameter`.
    """
    if not text:
        raise StdpbenchError(f"{parameter} is missing; {needed}")
    try:
        if "\0" in text:
            raise RuntimeError
        return Path(text).expanduser()
    except RuntimeError:
        raise StdpbenchError(f"{parameter} = {text!r} is not a valid path; it must name a file or folder") from None


def data_set_folder(name: str, path: str | None, complete: Callable[[Path], bool], missing: str, advice: str) -> Path:
    """Return the folder of a data set: `path`, or one of the data folders; in each, its subfolder `name` comes first.

    Parameters
    ----------
    name : str
        Name of the subfolder.
    path : str or None
        Value of ``data.path``.
    complete : callable
        Returns whether a folder has the files of the data set.
    missing, advice : str
        Beginning and end of the error message.

    Raises
    ------
    StdpbenchError
        If there is no such folder.
    """
    roots = data_folders() if path is None else (local_path("data.path", path),)
    for root in roots:
        for folder in (root / name, root):
            if complete(folder):
                return folder
    raise StdpbenchError(f"{missing} are not in {' or '.join(map(str, roots))}; {advice}")


def visible_entries(folder: Path) -> list[Path]:
    """Return the entries of a folder sorted by name, without hidden ones and remains of macOS archives."""
    entries = (entry for entry in folder.iterdir() if not entry.name.startswith((".", "__MACOSX")))
    return sorted(entries, key=lambda entry: natural_order(entry.name))


def _name(array: NDArray[Any]) -> str:
    return "Python objects" if array.dtype.kind == "O" else f"values of type {array.dtype}"
