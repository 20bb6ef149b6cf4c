"""Recognise the data set at a path: pictures in folders, .npz or IDX files, signals, events and tables."""

from __future__ import annotations

import re
import zipfile
from itertools import chain, islice
from pathlib import Path
from typing import Any

from stdpbench.base.errors import StdpbenchError
from stdpbench.data.datasets._hdf5 import HDF5
from stdpbench.data.datasets._idx_format import open_plain
from stdpbench.data.datasets.base import Dataset, Source
from stdpbench.data.datasets.events import Events
from stdpbench.data.datasets.folder import PICTURES, Folder
from stdpbench.data.datasets.idx import IDX
from stdpbench.data.datasets.n_mnist import HALVES, NMNIST
from stdpbench.data.datasets.npz import NPZ
from stdpbench.data.datasets.shd import FILES, SHD
from stdpbench.data.datasets.signals import Signals
from stdpbench.data.datasets.tabular import Tabular

STIMULI = (".csv", ".ts", *HDF5)
"""Suffixes of files with signals, events or tables; .npz files may also hold pictures."""

_SAMPLE = 64  # files of a folder, or kB of a text file
_PAIRS = (("images", "labels"), ("idx3", "idx1"))
_TESTS = (("train", "t10k"), ("train", "test"))


def dataset_at(path: Path) -> Dataset:
    """Return the data set in a file or folder, without preprocessing steps.

    Parameters
    ----------
    path : Path
        A folder of pictures, an ``.npz`` file, or an IDX file of pictures or of labels. For IDX files, labels and
        test pictures with the usual names in the same folder are included.

    Returns
    -------
    Dataset
        The data set; its pictures are not read.

    Raises
    ------
    StdpbenchError
        If the path is none of these.
    """
    if path.is_dir():
        idx_files = sorted(entry for entry in path.iterdir() if entry.is_file() and is_idx(entry))
        image_files = [entry for entry in idx_files if "image" in entry.name and "t10k" not in entry.name]
        return _idx(image_files[0] if image_files else idx_files[0]) if idx_files else Folder(path=str(path))
    if not path.is_file():
        raise StdpbenchError(f"there is no file or folder {path}")
    if path.suffix.lower() == ".npz":
        return NPZ(path=str(path))
    if path.suffix.lower() in PICTURES:
        raise StdpbenchError(f"{path.name} is a single picture; choose the folder that holds the pictures")
    if is_idx(path):
        return _idx(path)
    raise StdpbenchError(f"{path.name} is neither an .npz file nor an IDX file, nor a folder of pictures")


def stimuli_at(path: Path) -> Source | None:
    """Return the signals, events or table in a file or folder; None if it may hold pictures.

    Parameters
    ----------
    path : Path
        An ``.npz``, ``.csv``, ``.ts`` or ``.h5`` file, or a folder of ``.csv`` or ``.ts`` files, of N-MNIST or of SHD.

    Returns
    -------
    Source or None
        The data set; only names of columns and arrays are read.

    """
    suffix = path.suffix.lower()
    if path.is_dir():
        return _stimuli_in(path)
    if suffix == ".ts":
        return Signals(path=str(path))
    if suffix in HDF5:
        return Events(path=str(path))
    if suffix == ".csv":
        names = {name.strip().strip('"').lower() for name in re.split("[,;\t]", _first_line(path))}
        return Events(path=str(path)) if {"recording", "index", "time"} <= names else Tabular(path=str(path))
    if suffix == ".npz":
        arrays = _arrays_in(path)
        if "values" in arrays:
            return Signals(path=str(path))
        return Events(path=str(path)) if {"index", "time"} <= arrays else None
    return None


def _stimuli_in(folder: Path) -> Source | None:
    """Return the signals or events in a folder, if any."""
    if all((folder / half / "0").is_dir() for half in HALVES):
        return NMNIST(path=str(folder))
    if all((folder / name).is_file() for name in FILES):
        return SHD(path=str(folder))
    try:
        entries = sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
        files = [entry for entry in entries if entry.is_file()]
        if len(files) == len(entries) == 1 and files[0].suffix.lower() in (*STIMULI, ".npz"):
            return stimuli_at(files[0])
        folders = [entry for entry in entries if entry.is_dir()]
        folders += [entry for half in folders if half.name in ("train", "test") for entry in half.iterdir()]
        samples = (islice(place.iterdir(), _SAMPLE) for place in folders if place.is_dir())
        candidates = [*files, *chain.from_iterable(samples)]
    except OSError:
        return None  # reading the folder reports the error
    return Signals(path=str(folder)) if any(file.suffix.lower() in (".csv", ".ts") for file in candidates) else None


def _first_line(path: Path) -> str:
    """Return the first line of a text file that is not a comment; empty if it cannot be read."""
    try:
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            lines = file.read(_SAMPLE * 1024).splitlines()
    except OSError:
        return ""
    return next((line for line in lines if line.strip() and not line.lstrip().startswith("#")), "")


def _arrays_in(path: Path) -> set[str]:
    """Return the names of the arrays in an archive; an empty set if it is damaged."""
    try:
        with zipfile.ZipFile(path) as archive:
            return {name.removesuffix(".npy") for name in archive.namelist()}
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError):
        return set()


def is_idx(path: Path) -> bool:
    """Return whether a file, plain or gzip, has an IDX header."""
    return _dimensions(path) > 0


def _dimensions(path: Path) -> int:
    """Return the number of dimensions in an IDX header; 0 if it is not an IDX file."""
    try:
        with open_plain(path) as file:
            magic = file.read(4)
    except (StdpbenchError, OSError):
        return 0
    return magic[3] if len(magic) == 4 and magic[:2] == b"\0\0" and magic[2] in range(0x08, 0x0F) else 0


def _idx(path: Path) -> IDX:
    images = path
    if _dimensions(path) == 1:
        sibling = _sibling(path, [(label, image) for image, label in _PAIRS])
        if sibling is None:
            raise StdpbenchError(f"{path.name} holds labels, but their pictures are not in the same folder")
        images = sibling
    files: dict[str, Any] = {"train_images": str(images)}
    if labels := _sibling(images, _PAIRS):
        files["train_labels"] = str(labels)
    for change in _TESTS:
        test = _sibling(images, [change])
        if test is not None:
            files["test_images"] = str(test)
            if labels := _sibling(test, _PAIRS):
                files["test_labels"] = str(labels)
            break
    return IDX(**files)


def _sibling(path: Path, changes: Any) -> Path | None:
    """Return the file, plain or gzip, next to `path` with parts of the name replaced; None if there is none."""
    name = path.name.removesuffix(".gz")
    changed = name
    for old, new in changes:
        changed = changed.replace(old, new)
    if changed == name:
        return None
    return next((sibling for suffix in ("", ".gz") if (sibling := path.with_name(changed + suffix)).is_file()), None)
