"""Control a run through its folder, wherever it was started: pause, resume, step, stop, branch, rewind.

Every function blocks until the run has answered; callers that must not block use a thread.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from stdpbench.base.errors import StdpbenchError
from stdpbench.runs.client.run_client import RunClient, ask, ended_first
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.lock import has_process
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.folder.status import state_of
from stdpbench.runs.lineage import branches
from stdpbench.runs.lineage.branches import branch, check_rewind, resume_position
from stdpbench.runs.protocol.changes import n_train, reached_position
from stdpbench.runs.protocol.live_run import LiveRun
from stdpbench.runs.protocol.messages import STEPPED, EndedFirstError
from stdpbench.runs.protocol.states import State

_STOP_TIMEOUT = 120.0  # s that a process may take to exit after a request to stop


def pause(folder: RunFolder) -> str:
    """Pause a run between two presentations; return a sentence that confirms it.

    Raises
    ------
    StdpbenchError
        If the run is not active, or refuses.
    """
    answer = ask(folder.path, "pause")
    return f"{folder.path.name} pauses at presentation {answer['position']}."


def checkpoint(folder: RunFolder) -> str:
    """Let a run write a checkpoint between two presentations; return a sentence that says where.

    Raises
    ------
    StdpbenchError
        If the run is not active, or writes no checkpoint.
    """
    answer = ask(folder.path, "checkpoint")
    return f"{folder.path.name} wrote a checkpoint at presentation {answer['position']}."


def step(folder: RunFolder, n: int = 1) -> str:
    """Let a run carry out `n` presentations, wait until it is paused, and return a sentence that says where.

    Raises
    ------
    StdpbenchError
        If the run is not active, refuses, or fails.
    """
    client, live = RunClient.attach(folder.path), LiveRun()
    try:
        client.ask("step", n=n)
        while not client.over:
            for message in client.drain(budget=0.05, wait=0.1):
                live.take(message)
            if live.state is not State.RUNNING:
                break
    finally:
        client.close()
    if live.state is State.FAILED:
        raise StdpbenchError(f"{folder.path.name} failed: {live.reason}")
    if live.state is State.RUNNING:
        raise StdpbenchError(ended_first(folder.path))
    reason = "" if live.reason == STEPPED else live.reason.rstrip(".")
    return f"{folder.path.name} is {live.state} at presentation {live.position}{f': {reason}' if reason else ''}."


def resume(folder: RunFolder) -> str:
    """Resume a paused run, or start the process of an inactive one; return a sentence that confirms it.

    Raises
    ------
    StdpbenchError
        If the run is finished or refuses, or its process fails to start.
    """
    if has_process(folder.path):
        answer = ask(folder.path, "resume")
        return f"{folder.path.name} is {answer['state']} at presentation {answer['position']}."
    waits = state_of(folder)[0] is State.QUEUED
    client = RunClient.start(folder.path)
    try:
        client.wait_for_connection()
    finally:
        client.close()
    return f"{folder.path.name} {'starts' if waits else 'resumes from its newest checkpoint'}."


def stop(folder: RunFolder, reason: str = "on request", timeout: float = _STOP_TIMEOUT) -> str:
    """Stop a run and wait until its process has released it; return a sentence that confirms it.

    Of a run that is just ending, the end is waited for.

    Raises
    ------
    StdpbenchError
        If the run is not active, or its process does not exit within `timeout` seconds.
    """
    with suppress(EndedFirstError):
        ask(folder.path, "stop", reason=reason)
    until = time.monotonic() + timeout
    while has_process(folder.path):
        if time.monotonic() > until:
            raise StdpbenchError(f"{folder.path.name} was asked to stop, but its process is still running")
        time.sleep(0.02)
    return f"{folder.path.name} is {state_of(folder)[0]}."


def branch_off(
    folder: RunFolder,
    at: int | None = None,
    changes: Mapping[str, Any] | None = None,
    rule: Mapping[str, Any] | None = None,
    about: Mapping[str, Any] | None = None,
    projection: str = "",
) -> RunFolder:
    """Branch a run at its current or an earlier position; see `runs.lineage.branches.branch`.

    To branch an active run at its current position, a checkpoint is requested first, so that the branch need not
    recompute presentations.

    Raises
    ------
    StdpbenchError
        If the run has not reached the position, or the changes or the rule are invalid.
    """
    if at is None and has_process(folder.path):
        with suppress(StdpbenchError):
            ask(folder.path, "checkpoint")
    return branch(folder, at, changes, about=about, rule=rule, projection=projection)


def rewind(folder: RunFolder, to: int) -> tuple[RunFolder, int]:
    """Stop a run if it is active and rewind it; see `stdpbench.runs.lineage.branches.rewind`.

    Returns
    -------
    RunFolder, int
        The run that keeps the state before the rewind, and the position of the checkpoint from which the rewound run
        resumes.

    Raises
    ------
    StdpbenchError
        If the run has not reached the position, which is checked before it is stopped; or if it cannot be stopped.
    """
    check_rewind(folder, to, reached_by(folder))
    ensure_stopped(folder, f"to rewind to presentation {to}")
    kept = branches.rewind(folder, to)
    return kept, resume_position(folder.path, to)


def reached_by(folder: RunFolder) -> int:
    """Return the number of training presentations of a run so far.

    The journal of an active run lags behind, so its progress file is read as well.
    """
    records = read_journal(folder.path)
    reached = reached_position(records)
    if has_process(folder.path):
        with suppress(StdpbenchError, TypeError, ValueError):
            reached = max(reached, min(n_train(records), int(folder.read_json("progress.json").get("position", 0))))
    return reached


def ensure_stopped(folder: RunFolder, reason: str) -> None:
    """Stop a run if it is active.

    Raises
    ------
    StdpbenchError
        If its process does not exit.
    """
    if has_process(folder.path):
        stop(folder, reason)
