"""Recognise the data set at a path: pictures, in folders, npz or IDX files; and signals, events and tables."""

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
from stdpbench.data.datasets.folder import Folder
from stdpbench.data.datasets.idx import IDX
from stdpbench.data.datasets.n_mnist import HALVES, NMNIST
from stdpbench.data.datasets.npz import NPZ
from stdpbench.data.datasets.shd import FILES, SHD
from stdpbench.data.datasets.signals import Signals
from stdpbench.data.datasets.tabular import Tabular

STIMULI = (".csv", ".ts", *HDF5)
"""How names of files end that hold signals, events or tables; .npz files may hold pictures, too."""

_LOOKED_AT = 64  # files of a folder, and kB of a text
_PICTURES = {".png", ".jpg", ".jpeg"}
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
        Its pictures are not read yet.

    Raises
    ------
    StdpbenchError
        If it is none of these.
    """
    if path.is_dir():
        inside = sorted(entry for entry in path.iterdir() if entry.is_file() and is_idx(entry))
        named = [entry for entry in inside if "image" in entry.name and "t10k" not in entry.name]
        return _idx(named[0] if named else inside[0]) if inside else Folder(path=str(path))
    if not path.is_file():
        raise StdpbenchError(f"there is no file or folder {path}")
    if path.suffix.lower() == ".npz":
        return NPZ(path=str(path))
    if path.suffix.lower() in _PICTURES:
        raise StdpbenchError(f"{path.name} is a single picture; choose the folder that holds the pictures")
    if is_idx(path):
        return _idx(path)
    raise StdpbenchError(f"{path.name} is neither an .npz file nor an IDX file, nor a folder of pictures")


def stimuli_at(path: Path) -> Source | None:
    """Return the signals, events or rows of a table in a file or folder; None if these would be pictures.

    Parameters
    ----------
    path : Path
        An ``.npz``, ``.csv``, ``.ts`` or ``.h5`` file, or a folder of ``.csv`` or ``.ts`` files, of N-MNIST or of SHD.

    Returns
    -------
    Source or None
        It is not read yet, but for the names of columns and arrays.

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
        held = _arrays_in(path)
        if "values" in held:
            return Signals(path=str(path))
        return Events(path=str(path)) if {"index", "time"} <= held else None
    return None


def _stimuli_in(folder: Path) -> Source | None:
    """Return the stimuli in a folder."""
    if all((folder / half / "0").is_dir() for half in HALVES):
        return NMNIST(path=str(folder))
    if all((folder / name).is_file() for name in FILES):
        return SHD(path=str(folder))
    try:
        inside = sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
        files = [entry for entry in inside if entry.is_file()]
        if len(files) == len(inside) == 1 and files[0].suffix.lower() in (*STIMULI, ".npz"):
            return stimuli_at(files[0])
        deeper = [entry for entry in inside if entry.is_dir()]
        deeper += [entry for half in deeper if half.name in ("train", "test") for entry in half.iterdir()]
        some = (islice(place.iterdir(), _LOOKED_AT) for place in deeper if place.is_dir())
        held = [*files, *chain.from_iterable(some)]
    except OSError:
        return None  # said where the folder is read
    return Signals(path=str(folder)) if any(file.suffix.lower() in (".csv", ".ts") for file in held) else None


def _first_line(path: Path) -> str:
    """Return the first line of a text file that is not a comment; empty if it cannot be read."""
    try:
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            lines = file.read(_LOOKED_AT * 1024).splitlines()
    except OSError:
        return ""
    return next((line for line in lines if line.strip() and not line.lstrip().startswith("#")), "")


def _arrays_in(path: Path) -> set[str]:
    """Return the names of the arrays in an archive; none if it is damaged."""
    try:
        with zipfile.ZipFile(path) as archive:
            return {name.removesuffix(".npy") for name in archive.namelist()}
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError):
        return set()


def is_idx(path: Path) -> bool:
    """Whether a file has an IDX header, plain or in gzip."""
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
        found = _sibling(path, [(label, image) for image, label in _PAIRS])
        if found is None:
            raise StdpbenchError(f"{path.name} holds labels, but their pictures are not in the same folder")
        images = found
    given: dict[str, Any] = {"train_images": str(images)}
    if labels := _sibling(images, _PAIRS):
        given["train_labels"] = str(labels)
    for change in _TESTS:
        test = _sibling(images, [change])
        if test is not None:
            given["test_images"] = str(test)
            if labels := _sibling(test, _PAIRS):
                given["test_labels"] = str(labels)
            break
    return IDX(**given)


def _sibling(path: Path, changes: Any) -> Path | None:
    """Return the file next to `path` with parts of the name replaced, plain or in gzip."""
    name = path.name.removesuffix(".gz")
    changed = name
    for old, new in changes:
        changed = changed.replace(old, new)
    if changed == name:
        return None
    return next((found for suffix in ("", ".gz") if (found := path.with_name(changed + suffix)).is_file()), None)
