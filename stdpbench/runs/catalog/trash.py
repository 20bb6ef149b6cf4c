"""The bin of a runs folder: where runs go that are deleted, until it is emptied.

It is a folder ``bin`` beside the runs. A run that a process works on does not go there.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from stdpbench.errors import DiskError, StdpbenchError, suggestion
from stdpbench.runs.catalog.store import BIN
from stdpbench.runs.folder.lock import at_work
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.folder.status import held


def bin_folder(runs: Path) -> Path:
    """Where the deleted runs of a runs folder lie."""
    return runs / BIN


def move_to_bin(folder: RunFolder) -> Path:
    """Move a run to the bin beside it; returns where it lies now.

    Raises
    ------
    StdpbenchError
        If a process works on it, it lies in the bin already, or it cannot be moved.
    """
    path = folder.path.resolve()
    if path.parent.name == BIN:
        raise StdpbenchError(f"{path} lies in the bin already; `stdpbench delete --empty-bin` removes it for good")
    target = _free(bin_folder(path.parent) / path.name)
    try:
        target.parent.mkdir(exist_ok=True)
        with held(folder):
            if os.name != "nt":
                path.rename(target)
        if os.name == "nt":  # where what is open cannot be moved
            path.rename(target)
    except OSError as error:
        raise DiskError(f"{path} cannot be moved to the bin: {error.strerror}") from error
    return target


def names_in_bin(runs: Path) -> list[str]:
    """Names of the runs in the bin, in order."""
    return sorted(path.parent.name for path in bin_folder(runs).glob("*/run.json"))


def restore(runs: Path, name: str) -> RunFolder:
    """Move a run back from the bin.

    Parameters
    ----------
    runs : Path
        The folder of all runs.
    name : str
        Of the run in the bin, or the beginning of it that only one has.

    Raises
    ------
    StdpbenchError
        If there is none, or several, or a run of that name beside the bin.
    """
    names = names_in_bin(runs)
    found = [name] if name in names else [known for known in names if name and known.startswith(name)]
    if len(found) > 1:
        raise StdpbenchError(f"{name!r} could be {', '.join(found[:5])}: write more of the name")
    if not found:
        hint = suggestion(name, names) if names else "the bin is empty"
        raise StdpbenchError(f"there is no run {name!r} in {bin_folder(runs)}; {hint}")
    target = runs / found[0]
    if target.exists():
        raise StdpbenchError(f"{target} is there already; move it away before this one is restored")
    try:
        (bin_folder(runs) / found[0]).rename(target)
    except OSError as error:
        raise DiskError(f"{found[0]} cannot be moved back from the bin: {error.strerror}") from error
    return RunFolder.open(target)


def empty_bin(runs: Path) -> tuple[list[str], list[str], int]:
    """Remove for good what lies in the bin.

    Returns
    -------
    removed, kept : list of str
        Names of runs; kept are those that a process works on all the same.
    size : int
        Bytes that were freed.

    Raises
    ------
    StdpbenchError
        If something cannot be removed.
    """
    folder = bin_folder(runs)
    removed: list[str] = []
    kept: list[str] = []
    size = 0
    for name in names_in_bin(runs):
        if at_work(folder / name):
            kept.append(name)
            continue
        freed = _size(folder / name)
        try:
            shutil.rmtree(folder / name)
        except OSError as error:
            raise DiskError(f"{folder / name} cannot be removed: {error.strerror}") from error
        removed.append(name)
        size += freed
    if folder.is_dir() and not kept:
        shutil.rmtree(folder, ignore_errors=True)  # and what lists of it left
    return removed, kept, size


def _free(path: Path) -> Path:
    """A path of which nothing is there: this one, or with a number behind."""
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_name(f"{path.name}-{number}")
    return free


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
