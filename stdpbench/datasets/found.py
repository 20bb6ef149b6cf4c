"""Recognise the data set at a path: a folder of pictures, an npz file, or IDX files that belong together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from stdpbench.datasets._idx_format import open_plain
from stdpbench.datasets.base import Dataset
from stdpbench.datasets.folder import Folder
from stdpbench.datasets.idx import IDX
from stdpbench.datasets.npz import NPZ
from stdpbench.errors import StdpbenchError

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
