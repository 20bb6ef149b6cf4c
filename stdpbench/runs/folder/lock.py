"""Locks of run folders, which can be queried cheaply for thousands of runs, and staging folders of new runs.

A process that works on a folder holds its lock with `filelock.FileLock`. On Unix this is flock(2): a query requests a
shared lock, so concurrent queries do not mistake each other for a holder.

A new run folder is filled under a temporary name that starts with a dot, next to a lock file. The creating process
holds the lock from before the folder exists until the folder is renamed or removed. A staging folder whose lock is not
held was left behind by a killed process, and any process may remove it.
"""

from __future__ import annotations

import os
import re
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from stdpbench.base.files import remove_file, remove_tree


def lock_path(folder: Path) -> Path:
    """Return the file that is locked while a process works on a run."""
    return folder / "lock"


def has_process(folder: Path) -> bool:
    """Return whether a process works on the run in a folder."""
    return locked(lock_path(folder))


def locked(path: Path) -> bool:
    """Return whether a process holds a lock file."""
    if sys.platform == "win32":
        return path.exists() and _held(path)
    import fcntl

    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:  # missing, or in a folder without read permission
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # a file system without flock, for which filelock has a fallback
        return _held(path)
    finally:
        os.close(handle)
    return False


def _held(path: Path) -> bool:
    from filelock import FileLock, Timeout

    try:
        with FileLock(path, timeout=0):
            return False
    except Timeout:
        return True
    except OSError:
        return False


_PREFIX, _LOCK = ".making-", ".lock"
_NAME = r"\.making-[0-9a-f]{32}"
_ABANDONED = 86_400  # s after which a folder without a lock, or a lock without a folder, counts as left behind


@contextmanager
def staging_folder(runs: Path) -> Iterator[Path]:
    """Create a staging folder in `runs`, to be filled and renamed; it is removed at the end unless it was renamed.

    Raises
    ------
    OSError
        If the folder cannot be written to.
    """
    from filelock import FileLock

    runs.mkdir(parents=True, exist_ok=True)
    remove_left_behind(runs)
    folder = runs / f"{_PREFIX}{uuid.uuid4().hex}"
    try:
        with FileLock(_lock_of(folder)):
            try:
                folder.mkdir()
                yield folder
            finally:
                with suppress(OSError):
                    remove_tree(folder, _NAME)
    finally:
        with suppress(OSError):
            remove_file(_lock_of(folder))


def remove_left_behind(runs: Path) -> None:
    """Remove the staging folders of killed processes from a runs folder, ignoring errors."""
    try:
        with os.scandir(runs) as entries:
            paths = [runs / entry.name for entry in entries if re.fullmatch(rf"{_NAME}({_LOCK})?", entry.name)]
    except OSError:
        return
    for path in paths:
        lock = path if path.suffix == _LOCK else _lock_of(path)
        if locked(lock):
            continue
        if path == lock and path.with_suffix("").exists():
            continue  # removed with its folder
        # a lock without a folder may belong to a process that is about to acquire it and create the folder
        abandoned = (path != lock and lock.exists()) or _is_old(path)
        if abandoned:
            with suppress(OSError):
                remove_tree(path.with_suffix(""), _NAME)
                remove_file(lock)


def _lock_of(folder: Path) -> Path:
    return folder.with_name(folder.name + _LOCK)


def _is_old(path: Path) -> bool:
    try:
        return time.time() - path.stat().st_mtime > _ABANDONED
    except OSError:  # already removed
        return False
