"""Access to queue runners from other processes: list the active ones, start one, and send it requests.

A queue runner keeps ``queue/runner-NAME.lock`` locked while it is alive and publishes its process ID, its number of
concurrent runs and a requested stop in ``runner-NAME.about``. Other processes send requests through the mailbox
``runner-NAME.requests``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from stdpbench.base.errors import StdpbenchError, disk_errors
from stdpbench.base.files import is_own, remove_file, write_text_aside
from stdpbench.base.signals import own_session
from stdpbench.runs.catalog.store import QUEUE
from stdpbench.runs.client.process_end import detach, why_ended
from stdpbench.runs.folder.lock import locked
from stdpbench.runs.protocol.messages import EndedFirstError, Mailbox

LOG = "runner.log"
NOW, AFTER = "now", "after what is at work"
"""When a runner stops: immediately, along with its runs, or when its active runs have ended."""
_START_TIMEOUT = 30.0  # s that a runner may take to acquire its lock


@dataclass(frozen=True)
class Runner:
    """An active queue runner.

    Attributes
    ----------
    name : str
        Name by which queue items refer to it.
    pid : int
        Its process ID; 0 if unknown.
    at_once : int
        Maximum number of concurrent runs.
    stopping : str
        `NOW` or `AFTER` if it stops before the queue is empty; otherwise empty.
    """

    name: str
    pid: int = 0
    at_once: int = 1
    stopping: str = ""


def lock_of(runs: Path, name: str) -> Path:
    """Return the file that a queue runner keeps locked while it is alive."""
    return (runs / QUEUE) / f"runner-{name}.lock"


def mailbox_of(runs: Path, name: str) -> Mailbox:
    """Return the mailbox for requests to a queue runner."""
    return Mailbox((runs / QUEUE), f"runner-{name}.requests")


def runners(runs: Path) -> list[Runner]:
    """Return the active queue runners of a runs folder, sorted by name."""
    active = []
    for lock in sorted((runs / QUEUE).glob("runner-*.lock")):
        if locked(lock):
            runner = Runner(lock.stem.removeprefix("runner-"))
            with suppress(OSError, ValueError, TypeError):  # not announced yet
                runner = replace(runner, **json.loads(lock.with_suffix(".about").read_bytes()))
            active.append(runner)
    return active


def announce(runs: Path, name: str, at_once: int, stopping: str = "") -> None:
    """Publish the state of the runner in this process."""
    about = {"pid": os.getpid(), "at_once": at_once, "stopping": stopping}
    write_text_aside(lock_of(runs, name).with_suffix(".about"), json.dumps(about) + "\n")


def withdraw(runs: Path, name: str) -> None:
    """Remove the files of a runner; called by the runner itself when it ends."""
    mailbox_of(runs, name).remove()
    for suffix in (".about", ".lock"):
        with suppress(OSError):
            remove_file(lock_of(runs, name).with_suffix(suffix), rf"runner-[0-9a-f]{{32}}\{suffix}", runs)


def ask_runner(runs: Path, name: str, *, at_once: int = 0, stop: str = "") -> None:
    """Request another number of concurrent runs or a stop from a runner, and wait for its answer.

    Raises
    ------
    StdpbenchError
        If the runner has ended or does not answer, or the request cannot be written.
    """
    lock = lock_of(runs, name)
    try:
        if not locked(lock):
            raise EndedFirstError
        if not is_own(lock):
            raise StdpbenchError(
                f"the queue of {runs} is processed by another user, whose process accepts requests from that user only"
            )
        mailbox_of(runs, name).ask("work", {"at_once": at_once, "stop": stop}, lambda: locked(lock))
    except EndedFirstError:
        raise StdpbenchError("the queue is no longer running") from None


def start_runner(runs: Path, at_once: int) -> None:
    """Start ``stdpbench queue run`` in a detached process, and wait until it is running.

    Raises
    ------
    StdpbenchError
        If a runner is already active, or the process fails to start.
    """
    if runners(runs):
        raise StdpbenchError("the queue is already running")
    folder = runs / QUEUE
    command = [sys.executable, "-P", "-m", "stdpbench", "queue", "run", "--at-once", str(at_once), "--runs", str(runs)]
    with disk_errors("cannot start the queue"):
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / LOG).open("wb") as log:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **own_session())
    until = time.monotonic() + _START_TIMEOUT
    while time.monotonic() < until:
        if any(runner.pid for runner in runners(runs)):  # published after the lock is acquired
            detach(process)
            return
        if process.poll() is not None:
            if process.returncode == 0:  # the queue was empty, or is already finished
                return
            break
        time.sleep(0.05)
    output = ""
    with suppress(OSError):
        output = (folder / LOG).read_text(encoding="utf-8", errors="replace")
    why = why_ended(process.poll(), output, folder / LOG)
    raise StdpbenchError(f"the process of the queue failed to start: {why}")
