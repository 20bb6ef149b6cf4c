"""The client side of a run: start its process, follow it, send requests. It imports neither Brian2 nor Qt.

A lock ensures that only one process at a time works on a run folder. A client listens at its own address, and the
process of the run connects to it: either a process that the client starts, or one that is already running and receives
the address through the run folder.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.files import is_own
from stdpbench.base.helper import ATTACH
from stdpbench.base.paths import child_environment
from stdpbench.base.signals import own_session
from stdpbench.base.wire import VERSION, Channel, Listener, WireError
from stdpbench.runs.client.process_end import detach, why_ended
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.lock import has_process
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.folder.status import state_of
from stdpbench.runs.protocol.changes import missing_kinds
from stdpbench.runs.protocol.facts import Record
from stdpbench.runs.protocol.messages import FRAMES, TOO_LATE, EndedFirstError, Mailbox
from stdpbench.runs.protocol.states import State

LOG = "worker.log"
_log = logging.getLogger(__name__)
_CONNECT, _ANSWER, _BUILDING = 60.0, 30.0, 300.0  # s
_EXIT, _MOMENT = 5.0, 0.2  # s


def ask(folder: Path, name: str, **arguments: Any) -> Any:
    """Send a request to the process of a run through its folder; return the answer.

    Raises
    ------
    EndedFirstError
        If the run ends before it can answer.
    StdpbenchError
        If the run is not active, or the request is refused.
    """
    if not has_process(folder):
        raise StdpbenchError(_no_process(folder, "has no active process"))
    if not is_own(folder / "run.json"):  # the process writes this file when it starts
        raise StdpbenchError(
            f"a process of another user is working on {folder}, which accepts requests from that user only"
        )
    building = RunFolder.open(folder).about.get("state") == State.BUILDING  # compilation takes a while
    timeout = _BUILDING if building or name == "change_rule" else _ANSWER
    try:
        return Mailbox(folder).ask(name, arguments, lambda: has_process(folder), timeout)
    except EndedFirstError:  # the request came after the last check of the mailbox
        raise EndedFirstError(_no_process(folder, "no longer has an active process")) from None


def ended_first(folder: Path) -> str:
    """Return why the process of a run can no longer answer, as a clause."""
    state, text = _state_text(folder)
    return "the connection to the run was lost; the run continues" if state.active else f"{TOO_LATE}: it is {text}"


def _no_process(folder: Path, clause: str) -> str:
    return f"{folder} {clause}: the run is {_state_text(folder)[1]}"


def _state_text(folder: Path) -> tuple[State, str]:
    state, reason = state_of(RunFolder.open(folder))
    return state, f"{state} ({reason.rstrip('.')})" if reason else str(state)


def spawn(output: IO[bytes], module: str, *arguments: str) -> tuple[Listener, subprocess.Popen[bytes]]:
    """Start a module as a process that connects to the returned listener."""
    listener = Listener()
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", module, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        env={**child_environment(), ATTACH: json.dumps(listener.invitation.to_mapping())},
        **own_session(),  # Ctrl+C in the terminal must only reach the client
    )
    return listener, process


class RunClient:
    """A connection to the process of a run.

    Use `start` or `attach` to get one.
    """

    def __init__(
        self, folder: Path, listener: Listener, process: subprocess.Popen[bytes] | None, log_start: int = 0
    ) -> None:
        self.folder = folder
        self._log_start = log_start
        self._listener = listener
        self._process = process
        self._channel: Channel | None = None
        self._requests = 0
        self._over = False
        self._lost_at = 0.0  # time at which the connection was lost; 0 while it exists
        self._ended_at = 0.0  # time at which the process was found to have exited before it connected
        self._acceptor = threading.Thread(target=self._accept, name="acceptor", daemon=True)
        self._acceptor.start()

    @classmethod
    def start(cls, folder: Path) -> RunClient:
        """Start the process of a queued, stopped or failed run, and connect to it.

        Raises
        ------
        StdpbenchError
            If the run is active or finished, or uses a kind that is not installed.
        """
        run = RunFolder.open(folder)
        state, _ = state_of(run)
        if has_process(folder):
            raise StdpbenchError(f"another process is working on {folder}; `stdpbench watch` follows it")
        if state is State.FINISHED:
            raise StdpbenchError(
                f"{folder} is finished and cannot be resumed; `stdpbench branch` creates another run from it"
            )
        missing: tuple[str, ...] = ()
        with suppress(StdpbenchError):  # damage is reported by the process
            missing = missing_kinds(run.stored_experiment, read_journal(folder))
        if missing:
            raise StdpbenchError(f"{run.path.name} cannot run here: {' and '.join(missing)}")
        with (folder / LOG).open("ab") as log:
            log_start = log.tell()  # earlier output is from earlier processes
            return cls(folder, *spawn(log, "stdpbench.runs.process.worker", str(folder.resolve())), log_start)

    @classmethod
    def attach(cls, folder: Path) -> RunClient:
        """Connect to the process of an active run.

        Raises
        ------
        StdpbenchError
            If the run is not active, or its process belongs to an older version of stdpbench.
        """
        listener = Listener()
        client = cls(folder, listener, None)
        try:
            reply = ask(folder, "attach", **listener.invitation.to_mapping())
            if reply.get("wire") != VERSION:
                raise StdpbenchError(
                    f"the process of {folder} belongs to an older version of stdpbench and cannot be followed; "
                    "stop the run and resume it"
                )
        except StdpbenchError:
            client.close()
            raise
        return client

    def _accept(self) -> None:
        with suppress(OSError):
            self._channel = channel = self._listener.accept()
            if self._over:  # closed in the meantime
                channel.close()
        self._listener.close()

    @property
    def connected(self) -> bool:
        """Whether the process of the run has connected."""
        return self._channel is not None

    @property
    def receiving(self) -> bool:
        """Whether the last `drain` received part of a message; the rest may arrive at any moment."""
        return self._channel is not None and not self._over and self._channel.progressing

    @property
    def over(self) -> bool:
        """Whether the process has exited and all its messages have been drained."""
        return self._over

    def want(self, *kinds: str, gaps: Mapping[str, float] | None = None) -> None:
        """Subscribe to kinds of frames, replacing the previous subscription.

        Parameters
        ----------
        *kinds : str
            Kinds of frames; see `stdpbench.runs.protocol.messages`.
        gaps : mapping of str to float, optional
            Minimum interval between frames of a kind, in s.
        """
        self._send(("want", [kind for kind in kinds if kind in FRAMES], dict(gaps or {})))

    def request(self, name: str, **arguments: Any) -> int:
        """Send a request without waiting; the answer arrives as a message ``("reply", number, error, value)``."""
        self._requests += 1
        self._send(("request", self._requests, name, arguments))
        return self._requests

    def drain(self, budget: float = 0.01, wait: float = 0.0) -> list[Any]:
        """Return received messages in order, and grant credit for further frames.

        Parameters
        ----------
        budget : float
            Time in s after which no further messages are read.
        wait : float
            Time in s to wait for a first message. With 0 the call never waits, not even for the rest of a partly
            received message; see `receiving`.
        """
        messages: list[Any] = []
        until = time.monotonic() + budget
        rest = budget if wait else 0.0
        while received := self._receive(0.0 if messages else wait, rest):
            messages += received
            if time.monotonic() > until:
                break
        return messages

    def wait_for_connection(self) -> None:
        """Wait until the process of the run has connected.

        Raises
        ------
        StdpbenchError
            If the process exits first, or does not connect in time.
        """
        until = time.monotonic() + _CONNECT
        while not self.connected:
            self._acceptor.join(0.02)
            ended = self._ended()
            if not self.connected and (ended or time.monotonic() > until):
                if ended:
                    raise StdpbenchError(f"the process of the run exited: {self.why_ended()}")
                raise StdpbenchError(
                    f"the process of the run did not connect within {_CONNECT:.0f} s; its output is in "
                    f"{self.folder / LOG}"
                )

    def why_ended(self) -> str:
        """Return why the process exited, as a clause: the error that it reported, or the signal or exit status."""
        try:
            with (self.folder / LOG).open("rb") as log:
                log.seek(self._log_start)
                output = log.read().decode("utf-8", "replace")
        except OSError:
            output = ""
        return why_ended(None if self._process is None else self._process.poll(), output, self.folder / LOG)

    def wait_for_process(self, timeout: float | None = None) -> int | None:
        """Wait for the process started by `start`; return its exit status, or None if unknown."""
        if self._process is None:
            return None
        try:
            return self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None

    def terminate(self) -> None:
        """Ask the process started by `start` to exit after its current presentation, without waiting for it."""
        if self._process is not None:
            self._process.terminate()

    def close(self) -> None:
        """Close the connection; the run continues."""
        self._listener.close()
        if self._channel is not None:
            self._channel.close()
        if self._process is not None:
            detach(self._process)
        self._over = True

    def _send(self, message: Any) -> None:
        self.wait_for_connection()
        assert self._channel is not None
        self._channel.post(message)

    def _receive(self, wait: float, rest: float = 0.05) -> list[Any]:
        """Return the next message if it starts within `wait` s and is complete `rest` s later; else an empty list."""
        if self._over:
            return []
        if self._channel is None or self._lost_at:
            self._over = self._is_over()
            if self._channel is None:
                self._acceptor.join(wait)
            elif not self._over:
                time.sleep(wait)
            return []
        try:
            self._channel.flush()
            message = self._channel.receive(wait, rest)
        except (OSError, EOFError, WireError) as error:
            if isinstance(error, WireError):
                _log.warning("the process of %s is no longer followed: %s", self.folder, error)
            self._lost_at = time.monotonic()
            self._channel.close()
            self._over = self._is_over()
            return []
        if message is None:
            return []
        kind, *values = message
        if kind == "record":
            return [(kind, Record.from_mapping(values[0]))]
        if kind == "frame":
            self._send(("credit", values[0], 1))
        return [(kind, *values)]

    def _ended(self) -> bool:
        return not has_process(self.folder) if self._process is None else self._process.poll() is not None

    def _is_over(self) -> bool:
        """Return whether the process has exited, without waiting."""
        moment, ended = time.monotonic(), self._ended()
        if self._lost_at:  # the process may take a moment to exit
            return ended or moment - self._lost_at > _EXIT
        if not ended:
            return False
        self._ended_at = self._ended_at or moment  # its connection may still be in the queue of the listener
        return moment - self._ended_at > _MOMENT
