"""Files of learned arrays in a run folder: of the trained network, and those that a run started with.

The arrays of Diehl & Cook's network have files of their own (``weights.npy``, ``theta.npy``, ``lateral.npy``; with
``start_`` for those at the start); all others are ``learned/NAME.npy`` and ``start_learned/NAME.npy``.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import DiskError, StdpbenchError
from stdpbench.declare.learned_names import COMPETE, FEED, NAME, THETA
from stdpbench.engine.network import Learned, shapes_in
from stdpbench.runs.folder.run_folder import RESULTS, RunFolder

_FILES = {FEED: "weights.npy", THETA: "theta.npy", COMPETE: "lateral.npy"}
FOLDERS = ("learned", "start_learned")
"""Folders of the arrays without a file of their own: at the end of a run, and at its start."""
ARRAY_OF_NAME = rf"{NAME}\.npy"
"""Names of the files in `FOLDERS`, as a regular expression."""
START_FILES = tuple(f"start_{name}" for name in _FILES.values())
"""Files of arrays at the start, in the run folder itself."""


def learned_file(name: str, *, start: bool = False) -> str:
    """Return the file of a learned array, relative to the run folder.

    Parameters
    ----------
    name : str
        Name of the array (`stdpbench.engine.network.Learned`).
    start : bool
        Whether it is the array at the start of a run, or at its end.
    """
    own = _FILES.get(name)
    if own is None:
        return f"{FOLDERS[start]}/{name}.npy"
    return f"start_{own}" if start else own


def learned_names(folder: RunFolder) -> tuple[str, ...]:
    """Return the names of the learned arrays of a run; if its experiment is damaged, of every network."""
    try:
        return tuple(shapes_in(folder.stored_experiment))
    except StdpbenchError:
        return FEED, THETA


def result_files(path: Path) -> tuple[str, ...]:
    """Return the files of results that a run folder may have, relative to it."""
    return (*RESULTS, *_in_folder(path, FOLDERS[0]))


def start_files(path: Path) -> tuple[str, ...]:
    """Return the files of arrays that a run started with, relative to its folder; none if it started from nothing."""
    return (*(name for name in START_FILES if (path / name).is_file()), *_in_folder(path, FOLDERS[1]))


def _in_folder(path: Path, name: str) -> list[str]:
    files = (path / name).glob("*.npy")
    return sorted(f"{name}/{file.name}" for file in files if re.fullmatch(ARRAY_OF_NAME, file.name))


def write_learned_files(folder: RunFolder, learned: Mapping[str, NDArray[np.float64]], *, start: bool = False) -> None:
    """Write learned arrays into a run folder."""
    for name, array in learned.items():
        file_name = learned_file(name, start=start)
        if "/" in file_name:
            _make_folder(folder.path / FOLDERS[start])
        folder.write_array(file_name, array)


def copy_start_files(source: Path, target: Path) -> None:
    """Copy the arrays that a run started with into another run folder.

    Raises
    ------
    OSError
        If a file cannot be copied.
    """
    for name in start_files(source):
        if "/" in name:
            (target / FOLDERS[1]).mkdir(exist_ok=True)
        shutil.copyfile(source / name, target / name)


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(exist_ok=True)  # without parents: a deleted run folder must not be partly recreated
    except OSError as error:
        raise DiskError(f"{path} cannot be created: {error.strerror or error}") from error


def read_learned_files(folder: RunFolder, shapes: Mapping[str, tuple[int, ...]], *, start: bool = False) -> Learned:
    """Read learned arrays from a run folder and check their shapes.

    Raises
    ------
    StdpbenchError
        If one is missing or damaged, or has another shape.
    """
    return Learned({name: folder.read_array(learned_file(name, start=start), shape) for name, shape in shapes.items()})
