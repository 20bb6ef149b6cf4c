"""Determine the current state of a run from its folder, and lock the folder."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from stdpbench.base.errors import StdpbenchError
from stdpbench.runs.folder.lock import has_process, lock_path
from stdpbench.runs.folder.run_folder import RunFolder, remove_left_parts
from stdpbench.runs.protocol.states import EXITED_UNEXPECTEDLY, State


def state_of(folder: RunFolder) -> tuple[State, str]:
    """Return the actual state of a run and its reason: a run whose process exited unexpectedly has failed."""
    about = folder.about
    state = State(about["state"])
    if state.active and not has_process(folder.path):
        return State.FAILED, EXITED_UNEXPECTEDLY
    return state, str(about["reason"])


def state_before(folder: RunFolder) -> State:
    """Return the state of a run to the holder of its lock: if it is recorded as active, its process has died."""
    state = State(folder.about["state"])
    return State.FAILED if state.active else state


@contextmanager
def held(folder: RunFolder) -> Generator[None, None, None]:
    """Hold the lock of a run during the block.

    Raises
    ------
    StdpbenchError
        If another process holds it.
    """
    lock = FileLock(lock_path(folder.path))
    try:
        lock.acquire(timeout=0.5)
    except Timeout:
        raise StdpbenchError(
            f"another process is working on {folder.path}; `stdpbench watch` follows it, `stdpbench stop` ends it"
        ) from None
    except OSError as error:
        raise StdpbenchError(f"{folder.path} cannot be locked: {error.strerror}") from None
    try:
        remove_left_parts(folder.path)
        yield
    finally:
        lock.release()
