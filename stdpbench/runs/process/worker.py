"""The process of a run: ``python -m stdpbench.runs.process.worker FOLDER``.

This process trains and evaluates the network. It holds the run's lock, answers its readers, and continues if they hang
or die. It ignores Ctrl+C; a termination signal stops it at the next boundary.

The run folder is its working directory, and it reads and writes all files of the run by relative paths. So it
continues even if the folder is moved.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from queue import SimpleQueue
from types import FrameType

from filelock import FileLock, Timeout

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.helper import ATTACH
from stdpbench.base.threads import one_blas_thread
from stdpbench.base.wire import Invitation, WireError
from stdpbench.runs.client.process_end import ERROR
from stdpbench.runs.folder.lock import lock_path
from stdpbench.runs.folder.run_folder import RunFolder, remove_left_parts
from stdpbench.runs.process.publisher import Publisher
from stdpbench.runs.protocol.messages import TERMINATED, TOO_LATE, Mailbox, Request
from stdpbench.runs.protocol.states import State

_LOCK = 1.0  # s to wait for the lock, which other processes hold briefly to query it


def main(arguments: list[str]) -> int:
    """Carry out the run in the given folder and return the exit status."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    folder = RunFolder.open(Path(arguments[0]))
    lock = FileLock(lock_path(folder.path))
    try:
        lock.acquire(timeout=_LOCK)
    except Timeout:
        print(f"{ERROR}another process is working on {folder.path}", file=sys.stderr)
        return 3
    os.chdir(folder.path)
    folder = RunFolder(Path())
    remove_left_parts(folder.path)
    Mailbox(folder.path).clear()  # earlier requests were for another process
    return _carry_out(folder)


def _carry_out(folder: RunFolder) -> int:
    from stdpbench.runs.process.engine import RunEngine

    one_blas_thread()
    requests: SimpleQueue[Request] = SimpleQueue()

    def terminate(number: int, frame: FrameType | None) -> None:
        requests.put(Request("stop", {"reason": TERMINATED}, lambda error, value: None))

    publisher = Publisher(requests)
    engine = RunEngine(folder, publisher, requests)
    if wanted := os.environ.pop(ATTACH, ""):
        try:
            publisher.attach(Invitation.from_mapping(json.loads(wanted)), engine.records)
        except WireError as error:  # the run is carried out without this reader
            print(error, file=sys.stderr)
    if hasattr(signal, "SIGTERM"):
        signal.signal(signal.SIGTERM, terminate)
    try:
        state = engine.run()
    finally:
        _refuse(requests, Mailbox(folder.path))
        publisher.close()
    return 1 if state is State.FAILED else 0


def _refuse(requests: SimpleQueue[Request], mailbox: Mailbox) -> None:
    """Reply to requests that arrived too late."""
    for request in mailbox.take():
        requests.put(request)
    while not requests.empty():
        requests.get().reply(TOO_LATE, None)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except StdpbenchError as error:
        sys.exit(f"{ERROR}{error}")
