"""The bin of a runs folder: where runs go that are deleted, until it is emptied.

It is a folder ``bin`` beside the runs. A run that a process works on does not go there. What is moved there is marked,
so that emptying the bin removes nothing that somebody else put into a folder of that name.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from stdpbench.errors import DiskError, StdpbenchError, suggestion
from stdpbench.files import remove_file, remove_folder, remove_tree
from stdpbench.runs.catalog.index import FILES
from stdpbench.runs.catalog.store import BIN
from stdpbench.runs.folder.lock import has_process
from stdpbench.runs.folder.run_folder import RunFolder, is_whole_run
from stdpbench.runs.folder.status import held

_MARK = ".stdpbench-deleted"
"""Empty file in a run folder that `move_to_bin` moved."""


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
    _refuse_link(target.parent)
    try:
        target.parent.mkdir(exist_ok=True)
        with held(folder):
            (path / _MARK).touch()
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
    with suppress(OSError):
        remove_file(target / _MARK)
    return RunFolder.open(target)


@dataclass(frozen=True)
class BinContent:
    """What lies in a bin, names in order.

    Attributes
    ----------
    runs : list of str
        Run folders that can be removed.
    busy : list of str
        Run folders that a process works on all the same.
    foreign : list of str
        Everything else: it is not of this program, and is never removed.
    """

    runs: list[str]
    busy: list[str]
    foreign: list[str]


def bin_content(runs: Path) -> BinContent:
    """What lies in the bin.

    A run folder is what `move_to_bin` marked, or, from earlier versions, what is a run folder beyond doubt.

    Raises
    ------
    StdpbenchError
        If the bin cannot be read, or is a link.
    """
    folder = bin_folder(runs)
    _refuse_link(folder)
    found = BinContent([], [], [])
    try:
        names = sorted(path.name for path in folder.iterdir())
    except FileNotFoundError:
        return found
    except OSError as error:
        raise StdpbenchError(f"{folder} cannot be read: {error.strerror}") from None
    for name in names:
        if _is_binned(folder / name):
            (found.busy if has_process(folder / name) else found.runs).append(name)
        elif not re.fullmatch(FILES, name):
            found.foreign.append(name)
    return found


def empty_bin(runs: Path, names: Collection[str]) -> tuple[list[str], list[str], int]:
    """Remove runs in the bin for good, and the bin itself once nothing is left in it.

    Parameters
    ----------
    runs : Path
        The folder of all runs.
    names : collection of str
        Of run folders in the bin; others stay.

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
    folder, found = bin_folder(runs), bin_content(runs)
    removed: list[str] = []
    size = 0
    for name in found.runs:
        if name not in names:
            continue
        freed = _size(folder / name)
        try:
            remove_tree(folder / name, re.escape(name), runs)
        except OSError as error:
            raise DiskError(f"{folder / name} cannot be removed: {error.strerror}") from error
        removed.append(name)
        size += freed
    with suppress(OSError):
        if removed and len(removed) == len(found.runs) and not found.busy:
            remove_folder(folder, FILES, BIN)
    return removed, [name for name in found.busy if name in names], size


def _is_binned(path: Path) -> bool:
    """Whether an entry of the bin is a run folder that may be removed."""
    if path.is_symlink() or not path.is_dir():
        return False
    return (path / _MARK).is_file() or is_whole_run(path)


def _refuse_link(folder: Path) -> None:
    if folder.is_symlink():
        raise StdpbenchError(
            f"{folder} is a link, so it is not the bin: give the runs folder a real folder of that name"
        )


def _free(path: Path) -> Path:
    """A path of which nothing is there: this one, or with a number behind."""
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_name(f"{path.name}-{number}")
    return free


def _size(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir())
