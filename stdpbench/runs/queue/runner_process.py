"""Queue runners as others see them: which are at work, how one is started, and what they are asked.

A queue runner holds the lock ``queue/runner-NAME.lock`` as long as it lives, says in ``runner-NAME.about`` who it is,
how many runs it works on at a time and when it stops, and is asked to change that by way of the mailbox
``runner-NAME.requests``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stdpbench.errors import DiskError, StdpbenchError
from stdpbench.files import is_own, remove_file, write_text_aside
from stdpbench.runs.catalog import index
from stdpbench.runs.client.process_end import leave, why_ended
from stdpbench.runs.folder.lock import locked
from stdpbench.runs.protocol.messages import EndedFirstError, Mailbox

LOG = "runner.log"
NOW, AFTER = "now", "after what is at work"
"""When a runner shall stop: at once, its runs too; or when they are over."""
_STARTS = 30.0  # s that a runner may take until it holds its lock


@dataclass(frozen=True)
class Runner:
    """A queue runner that lives.

    Attributes
    ----------
    name : str
        What queue items call it by.
    pid : int
        Its process; 0 where it did not say.
    at_once : int
        Runs that are at work at the same time, at most.
    stopping : str
        `NOW`, `AFTER`, or empty: whether it will stop before the queue is empty.
    """

    name: str
    pid: int = 0
    at_once: int = 1
    stopping: str = ""


def lock_of(runs: Path, name: str) -> Path:
    """The file that a queue runner holds locked as long as it lives."""
    return index.queue_folder(runs) / f"runner-{name}.lock"


def mailbox_of(runs: Path, name: str) -> Mailbox:
    """Where a queue runner is asked for things."""
    return Mailbox(index.queue_folder(runs), f"runner-{name}.requests")


def runners(runs: Path) -> list[Runner]:
    """The queue runners of a runs folder that live, by name."""
    found = []
    for lock in sorted(index.queue_folder(runs).glob("runner-*.lock")):
        if locked(lock):
            said, stop = _read(lock.with_suffix(".about")), ""
            if said.get("stopping") in (NOW, AFTER):
                stop = said["stopping"]
            name = lock.stem.removeprefix("runner-")
            found.append(Runner(name, _whole(said.get("pid"), 0), _whole(said.get("at_once"), 1), stop))
    return found


def announce(runs: Path, name: str, at_once: int, stopping: str = "") -> None:
    """Say who a runner is and what it does; for itself."""
    about = {"pid": os.getpid(), "at_once": at_once, "stopping": stopping}
    write_text_aside(lock_of(runs, name).with_suffix(".about"), json.dumps(about) + "\n")


def withdraw(runs: Path, name: str) -> None:
    """Remove what a runner said and was asked; for itself."""
    mailbox_of(runs, name).remove()
    for suffix in (".about", ".lock"):
        with suppress(OSError):
            remove_file(lock_of(runs, name).with_suffix(suffix), rf"runner-[0-9a-f]{{32}}\{suffix}", runs)


def ask_runner(runs: Path, name: str, *, at_once: int = 0, stop: str = "") -> None:
    """Have a runner work on another number of runs at a time, or stop; returns once it has answered.

    Raises
    ------
    StdpbenchError
        If it does not live any more, does not answer, or nothing can be written.
    """
    lock = lock_of(runs, name)
    try:
        if not locked(lock):
            raise EndedFirstError
        if not is_own(lock):
            raise StdpbenchError(f"another user's process works on the queue of {runs}, and heeds that user alone")
        mailbox_of(runs, name).ask("work", {"at_once": at_once, "stop": stop}, lambda: locked(lock))
    except EndedFirstError:
        raise StdpbenchError("nothing works on the queue any more") from None


def start_runner(runs: Path, at_once: int) -> None:
    """Start ``stdpbench queue run`` in a process that lives on by itself; returns once it is at work.

    Raises
    ------
    StdpbenchError
        If one is at work already, or it does not start, with the reason.
    """
    if runners(runs):
        raise StdpbenchError("something works on the queue already")
    folder = index.queue_folder(runs)
    command = [sys.executable, "-P", "-m", "stdpbench", "queue", "run", "--at-once", str(at_once), "--runs", str(runs)]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / LOG).open("wb") as log:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
    except OSError as error:
        raise DiskError(f"the queue cannot be worked on: {error.strerror}") from error
    until = time.monotonic() + _STARTS
    while time.monotonic() < until:
        if any(runner.pid for runner in runners(runs)):  # which it announces after it has locked its file
            leave(process)
            return
        if process.poll() is not None:
            if process.returncode == 0:  # there was nothing to do, or it is done already
                return
            break
        time.sleep(0.05)
    output = ""
    with suppress(OSError):
        output = (folder / LOG).read_text(encoding="utf-8", errors="replace")
    why = why_ended(process.poll(), output, folder / LOG)
    raise StdpbenchError(f"the process that works on the queue does not start: {why}")


def _read(path: Path) -> dict[str, Any]:
    with suppress(OSError, ValueError):
        said = json.loads(path.read_bytes())
        if isinstance(said, dict):
            return said
    return {}


def _whole(value: Any, otherwise: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else otherwise
