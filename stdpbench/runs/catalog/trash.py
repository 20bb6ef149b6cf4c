"""The bin of a runs folder, which keeps deleted runs until it is emptied.

It is the folder ``bin`` in the runs folder. Active runs cannot be moved there. Runs in the bin are marked with a file,
so that emptying the bin does not remove files that the user put there.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path

from stdpbench.base.errors import StdpbenchError, disk_errors, suggestion
from stdpbench.base.files import remove_file, remove_folder, remove_tree
from stdpbench.runs.catalog.store import BIN, INDEX
from stdpbench.runs.folder.lock import has_process
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.folder.status import held

_MARK = ".stdpbench-deleted"
"""Empty file that `move_to_bin` creates in a run folder."""


def bin_folder(runs: Path) -> Path:
    """Return the folder of deleted runs in a runs folder."""
    return runs / BIN


def move_to_bin(folder: RunFolder) -> Path:
    """Move a run to the bin of its runs folder; return its new path.

    Raises
    ------
    StdpbenchError
        If the run is active or already in the bin, or cannot be moved.
    """
    path = folder.path.resolve()
    if path.parent.name == BIN:
        raise StdpbenchError(f"{path} is already in the bin; `stdpbench delete --empty-bin` removes it permanently")
    target = _free(bin_folder(path.parent) / path.name)
    _refuse_link(target.parent)
    with disk_errors(f"cannot move {path} to the bin"):
        target.parent.mkdir(exist_ok=True)
        with held(folder):
            (path / _MARK).touch()
            path.rename(target)
    return target


def names_in_bin(runs: Path) -> list[str]:
    """Return the sorted names of the runs in the bin."""
    return sorted(path.parent.name for path in bin_folder(runs).glob(f"*/{_MARK}"))


def restore(runs: Path, name: str, called: str = "") -> RunFolder:
    """Move a run back from the bin.

    Parameters
    ----------
    runs : Path
        The runs folder.
    name : str
        Name of the run in the bin, or a unique prefix of it.
    called : str
        Name of the restored run; default: its name in the bin.

    Raises
    ------
    StdpbenchError
        If no run or several runs match, or the runs folder already has a run of that name.
    """
    names = names_in_bin(runs)
    matches = [name] if name in names else [other for other in names if name and other.startswith(name)]
    if len(matches) > 1:
        raise StdpbenchError(f"{name!r} is ambiguous: {', '.join(matches[:5])}; write more of the name")
    if not matches:
        hint = suggestion(name, names) if names else "the bin is empty"
        raise StdpbenchError(f"there is no run {name!r} in {bin_folder(runs)}; {hint}")
    target = runs / (called or matches[0])
    if target.exists():
        raise StdpbenchError(f"{target} already exists; move or rename it before restoring this run")
    with disk_errors(f"cannot restore {matches[0]} from the bin"):
        (bin_folder(runs) / matches[0]).rename(target)
    with suppress(OSError):
        remove_file(target / _MARK)
    return RunFolder.open(target)


@dataclass(frozen=True)
class BinContent:
    """Contents of a bin, as sorted names.

    Attributes
    ----------
    runs : list of str
        Run folders that can be removed.
    busy : list of str
        Run folders that a process is working on.
    foreign : list of str
        All other entries, which were not created by stdpbench and are never removed.
    """

    runs: list[str]
    busy: list[str]
    foreign: list[str]


def bin_content(runs: Path) -> BinContent:
    """Return the contents of the bin.

    A folder counts as a run if `move_to_bin` marked it.

    Raises
    ------
    StdpbenchError
        If the bin cannot be read, or is a symbolic link.
    """
    folder = bin_folder(runs)
    _refuse_link(folder)
    content = BinContent([], [], [])
    try:
        names = sorted(path.name for path in folder.iterdir())
    except FileNotFoundError:
        return content
    except OSError as error:
        raise StdpbenchError(f"cannot read {folder}: {error.strerror}") from None
    for name in names:
        if _is_binned(folder / name):
            (content.busy if has_process(folder / name) else content.runs).append(name)
        elif name != INDEX:
            content.foreign.append(name)
    return content


def empty_bin(runs: Path, names: Collection[str]) -> tuple[list[str], list[str], int]:
    """Remove runs in the bin permanently, and the bin itself once it is empty.

    Parameters
    ----------
    runs : Path
        The runs folder.
    names : collection of str
        Names of run folders in the bin to be removed.

    Returns
    -------
    removed, kept : list of str
        Names of removed runs, and of runs that are kept because a process uses them.
    size : int
        Number of bytes freed.

    Raises
    ------
    StdpbenchError
        If a run cannot be removed.
    """
    folder, content = bin_folder(runs), bin_content(runs)
    removed: list[str] = []
    size = 0
    for name in content.runs:
        if name not in names:
            continue
        freed = sum(path.lstat().st_size for path in (folder / name).rglob("*") if not path.is_dir())
        with disk_errors(f"cannot remove {folder / name}"):
            remove_tree(folder / name, re.escape(name), runs)
        removed.append(name)
        size += freed
    with suppress(OSError):
        if removed and len(removed) == len(content.runs) and not content.busy:
            remove_folder(folder, re.escape(INDEX), BIN)
    return removed, [name for name in content.busy if name in names], size


def _is_binned(path: Path) -> bool:
    """Return whether an entry of the bin is a run folder that may be removed."""
    if path.is_symlink() or not path.is_dir():
        return False
    return (path / _MARK).is_file()


def _refuse_link(folder: Path) -> None:
    if folder.is_symlink():
        raise StdpbenchError(
            f"{folder} is a symbolic link; replace it with a folder, since the bin must be inside the runs folder"
        )


def _free(path: Path) -> Path:
    """Return a path that does not exist, with a number appended if necessary."""
    numbered = (path.with_name(f"{path.name}-{number}") for number in count(2))
    return next(free for free in chain([path], numbered) if not free.exists())
