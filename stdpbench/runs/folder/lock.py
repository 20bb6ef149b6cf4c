"""The lock of a run folder, as those see it who do not hold it: light enough for lists of thousands of runs.

Whoever works on a folder holds its lock with `filelock.FileLock`. On Unix that is flock(2), and asking for a shared
lock tells whether somebody holds it, so that any number of askers do not take each other for a holder.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path


def lock_path(folder: Path) -> Path:
    """The file that is locked while a process works on a run."""
    return folder / "lock"


def at_work(folder: Path) -> bool:
    """Whether a process works on the run in a folder."""
    return locked(lock_path(folder))


def locked(path: Path) -> bool:
    """Whether a process holds a lock file."""
    if sys.platform == "win32":
        return path.exists() and _held(path)
    import fcntl

    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:  # not there, or in a folder that one may not read
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # a file system without flock, where filelock has another way
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
