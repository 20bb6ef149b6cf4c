"""Control a run through its folder, wherever it was started: pause, resume, stop, branch, rewind.

Every function waits for the answer; callers that must not wait use a thread.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from stdpbench.errors import StdpbenchError
from stdpbench.runs.client.run_client import RunClient, ask
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.lock import has_process
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.folder.status import state_of
from stdpbench.runs.lineage import branches
from stdpbench.runs.lineage.branches import branch, check_rewind, resume_position
from stdpbench.runs.protocol.changes import n_train, reached_position
from stdpbench.runs.protocol.states import State

_ENDS = 120.0  # s that a process may take to end after it was asked to


def pause(folder: RunFolder) -> str:
    """Have a run stand between two presentations; returns what came of it, in a sentence.

    Raises
    ------
    StdpbenchError
        If no process works on it, or it refuses.
    """
    said = ask(folder.path, "pause")
    return f"{folder.path.name} pauses at presentation {said['position']}."


def resume(folder: RunFolder) -> str:
    """Have a run go on: at once where it is paused, else in a process of its own; returns what came of it.

    Raises
    ------
    StdpbenchError
        If it is finished, refuses, or its process does not start.
    """
    if has_process(folder.path):
        said = ask(folder.path, "resume")
        return f"{folder.path.name} is {said['state']} at presentation {said['position']}."
    waits = state_of(folder)[0] is State.QUEUED
    client = RunClient.start(folder.path)
    try:
        client.wait_for_connection()
    finally:
        client.close()
    return f"{folder.path.name} {'begins' if waits else 'goes on from its newest checkpoint'}."


def stop(folder: RunFolder, reason: str = "on request", patience: float = _ENDS) -> str:
    """Have a run stop, and wait until its process has let it go; returns what came of it.

    Raises
    ------
    StdpbenchError
        If no process works on it, or that does not end.
    """
    ask(folder.path, "stop", reason=reason)
    until = time.monotonic() + patience
    while has_process(folder.path):
        if time.monotonic() > until:
            raise StdpbenchError(f"{folder.path.name} was asked to stop, but its process is still at work")
        time.sleep(0.02)
    return f"{folder.path.name} is {state_of(folder)[0]}."


def branch_off(
    folder: RunFolder,
    at: int | None = None,
    changes: Mapping[str, Any] | None = None,
    rule: Mapping[str, Any] | None = None,
    about: Mapping[str, Any] | None = None,
) -> RunFolder:
    """Branch a run at its current or an earlier position; see `runs.lineage.branches.branch`.

    A run that is at work writes a checkpoint for it first, where it can, so that nothing has to be done twice.

    Raises
    ------
    StdpbenchError
        If it has not come as far, or the changes or the rule cannot be.
    """
    if at is None and has_process(folder.path):
        with suppress(StdpbenchError):
            ask(folder.path, "checkpoint")
    return branch(folder, at, changes, about=about, rule=rule)


def rewind(folder: RunFolder, to: int) -> tuple[RunFolder, int]:
    """Stop a run that is at work, and take it back; see `stdpbench.runs.lineage.branches.rewind`.

    Returns
    -------
    RunFolder, int
        The run that keeps what was there, and the position of the checkpoint that the run resumes from.

    Raises
    ------
    StdpbenchError
        If the run has not reached the position, which is checked before it is stopped; or if it cannot be stopped.
    """
    check_rewind(folder, to, reached_by(folder))
    end(folder, f"to go back to presentation {to}")
    kept = branches.rewind(folder, to)
    return kept, resume_position(folder.path, to)


def reached_by(folder: RunFolder) -> int:
    """Training presentations that a run has taken so far; of one at work, its journal lags behind."""
    records = read_journal(folder.path)
    reached = reached_position(records)
    if has_process(folder.path):
        with suppress(StdpbenchError, TypeError, ValueError):
            reached = max(reached, min(n_train(records), int(folder.read_json("progress.json").get("position", 0))))
    return reached


def end(folder: RunFolder, reason: str) -> None:
    """See that no process works on a run: stop the one that does.

    Raises
    ------
    StdpbenchError
        If it does not end.
    """
    if has_process(folder.path):
        stop(folder, reason)
