"""Query the lock of a run folder without holding it, cheaply enough for lists of thousands of runs.

A process that works on a folder holds its lock with `filelock.FileLock`. On Unix this is flock(2): a query requests a
shared lock, so concurrent queries do not mistake each other for a holder.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path


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
