"""The state of a run as its folder shows it, and the right to work on it."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from stdpbench.errors import StdpbenchError
from stdpbench.runs.folder.lock import at_work, lock_path
from stdpbench.runs.folder.run_folder import RunFolder, remove_left_parts
from stdpbench.runs.protocol.states import State


def state_of(folder: RunFolder) -> tuple[State, str]:
    """The state of a run and its reason, as they are: a run whose process died without a word has failed."""
    said = folder.read_json("run.json")
    try:
        state = State(said.get("state", ""))
    except ValueError:
        there = f" that there is: {said['state']!r}" if "state" in said else ""
        return State.FAILED, f"run.json names no state{there}"
    if state.active and not at_work(folder.path):
        return State.FAILED, "its process ended without a word (it was killed, or the machine went down)"
    return state, str(said.get("reason", ""))


@contextmanager
def held(folder: RunFolder) -> Generator[None, None, None]:
    """Hold the lock of a run.

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
            f"another process is at work on {folder.path}; `stdpbench watch` follows it, `stdpbench stop` ends it"
        ) from None
    except OSError as error:
        raise StdpbenchError(f"{folder.path} cannot be locked: {error.strerror}") from None
    try:
        remove_left_parts(folder.path)
        yield
    finally:
        lock.release()
