"""Run folders while they are made: aside, under a name that starts with a dot, beside a lock of their maker.

The maker holds the lock from before the folder is there until the folder has its name or is gone. So a folder whose
lock nobody holds was left behind by a process that was killed, and may be removed by whoever comes across it.
"""

from __future__ import annotations

import os
import re
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from stdpbench.files import remove_file, remove_tree
from stdpbench.runs.folder.lock import locked

_PREFIX, _LOCK = ".making-", ".lock"
_NAME = r"\.making-[0-9a-f]{32}"
_FORGOTTEN = 86_400  # s after which what has no lock, or is nothing but a lock, was left behind


@contextmanager
def made_aside(runs: Path) -> Iterator[Path]:
    """A folder in `runs` to fill and to rename; what of it is still there at the end is removed.

    Raises
    ------
    OSError
        If nothing can be written there.
    """
    from filelock import FileLock

    runs.mkdir(parents=True, exist_ok=True)
    remove_left_behind(runs)
    aside = runs / f"{_PREFIX}{uuid.uuid4().hex}"
    try:
        with FileLock(_lock_of(aside)):
            try:
                aside.mkdir()
                yield aside
            finally:
                with suppress(OSError):
                    remove_tree(aside, _NAME)
    finally:
        with suppress(OSError):
            remove_file(_lock_of(aside))


def remove_left_behind(runs: Path) -> None:
    """Remove what processes left in a runs folder that were killed while they made a run; what cannot be, stays."""
    try:
        with os.scandir(runs) as entries:
            found = [runs / entry.name for entry in entries if re.fullmatch(rf"{_NAME}({_LOCK})?", entry.name)]
    except OSError:
        return
    for path in found:
        lock = path if path.suffix == _LOCK else _lock_of(path)
        if locked(lock):
            continue
        if path == lock and path.with_suffix("").exists():
            continue  # it goes with the folder
        # a lock alone may be one that its maker is about to take, before it makes the folder
        left = (path != lock and lock.exists()) or _is_old(path)
        if left:
            with suppress(OSError):
                remove_tree(path.with_suffix(""), _NAME)
                remove_file(lock)


def _lock_of(aside: Path) -> Path:
    return aside.with_name(aside.name + _LOCK)


def _is_old(path: Path) -> bool:
    try:
        return time.time() - path.stat().st_mtime > _FORGOTTEN
    except OSError:  # it is gone
        return False
