"""The readers' side of a run: start its process, follow it, ask it for things. Imports neither Brian2 nor Qt.

One process works on a run folder at a time; a lock says so. Whoever wants to follow a run listens at an address of
its own and has the run's process connect to it: the process that it starts, or, by way of the run folder, one that
is at work already.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from stdpbench.errors import StdpbenchError
from stdpbench.files import is_own
from stdpbench.runs.client.process_end import leave, why_ended
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.lock import has_process
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.folder.status import state_of
from stdpbench.runs.protocol.changes import missing_kinds
from stdpbench.runs.protocol.facts import Record
from stdpbench.runs.protocol.messages import FRAMES, TOO_LATE, EndedFirstError, Mailbox
from stdpbench.runs.protocol.states import State
from stdpbench.runs.protocol.wire import VERSION, Channel, Listener, WireError

ATTACH = "STDPBENCH_ATTACH"
"""Environment variable that tells the process of a run whom to connect to."""
LOG = "worker.log"
_log = logging.getLogger(__name__)
_CONNECT, _ANSWER, _BUILDING = 60.0, 30.0, 300.0  # s
_ENDS, _MOMENT = 5.0, 0.2  # s


def ask(folder: Path, name: str, **arguments: Any) -> Any:
    """Have the process of a run do something, by way of its folder; returns its answer.

    Raises
    ------
    StdpbenchError
        If no process works on the run, or with what it answered.
    """
    if not has_process(folder):
        raise StdpbenchError(_nobody(folder, "works"))
    if not is_own(folder / "run.json"):  # which the process writes when it starts
        raise StdpbenchError(f"another user's process works on {folder}, and takes requests from that user alone")
    building = RunFolder.open(folder).read_json("run.json").get("state") == State.BUILDING  # compiling takes a while
    timeout = _BUILDING if building or name == "change_rule" else _ANSWER
    try:
        return Mailbox(folder).ask(name, arguments, lambda: has_process(folder), timeout)
    except EndedFirstError:  # asked in the moment between its last word and its end
        raise StdpbenchError(_nobody(folder, "works any longer")) from None


def ended_first(folder: Path) -> str:
    """Why the process of a run cannot answer any more, in a sentence without its full stop."""
    state, how = _how_it_is(folder)
    return "the connection to the run was lost; the run goes on" if state.active else f"{TOO_LATE}: it is {how}"


def _nobody(folder: Path, works: str) -> str:
    return f"no process {works} on {folder}: the run is {_how_it_is(folder)[1]}"


def _how_it_is(folder: Path) -> tuple[State, str]:
    state, reason = state_of(RunFolder.open(folder))
    return state, f"{state} ({reason.rstrip('.')})" if reason else str(state)


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
        self._held: deque[Any] = deque()
        self._requests = 0
        self._over = False
        self._lost_at = 0.0  # when the connection ended; 0: it did not
        self._ended_at = 0.0  # when the process was found to have ended before it connected
        self._acceptor = threading.Thread(target=self._accept, name="acceptor", daemon=True)
        self._acceptor.start()

    @classmethod
    def start(cls, folder: Path) -> RunClient:
        """Start the process of a run that waits, was stopped or failed, and connect to it.

        Raises
        ------
        StdpbenchError
            If another process works on it, it is finished, or a kind that it needs is missing here.
        """
        run = RunFolder.open(folder)
        state, _ = state_of(run)
        if has_process(folder):
            raise StdpbenchError(f"another process is at work on {folder}; `stdpbench watch` follows it")
        if state is State.FINISHED:
            raise StdpbenchError(
                f"{folder} is finished, so there is nothing to go on with; `stdpbench branch` makes another run of it"
            )
        missing: tuple[str, ...] = ()
        with suppress(StdpbenchError):  # damage, which its process reports
            missing = missing_kinds(run.stored_experiment, read_journal(folder))
        if missing:
            raise StdpbenchError(f"{run.path.name} cannot run here: {' and '.join(missing)}")
        listener = Listener()
        environment = {**os.environ, ATTACH: json.dumps(listener.invitation.to_mapping())}
        with (folder / LOG).open("ab") as log:
            log_start = log.tell()  # what precedes it is of earlier processes
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "stdpbench.runs.process.worker", str(folder.resolve())],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                start_new_session=True,  # Ctrl+C in the terminal is for the reader
            )
        return cls(folder, listener, process, log_start)

    @classmethod
    def attach(cls, folder: Path) -> RunClient:
        """Connect to the process that works on a run.

        Raises
        ------
        StdpbenchError
            If there is none, or it is of another version of stdpbench.
        """
        listener = Listener()
        client = cls(folder, listener, None)
        try:
            said = ask(folder, "attach", **listener.invitation.to_mapping())
            if said.get("wire") != VERSION:
                raise StdpbenchError(
                    f"the process that works on {folder} is of an older version of stdpbench and cannot be followed; "
                    "stop the run and resume it"
                )
        except StdpbenchError:
            client.close()
            raise
        return client

    def _accept(self) -> None:
        with suppress(OSError):
            self._channel = channel = self._listener.accept()
            if self._over:  # closed meanwhile
                channel.close()
        self._listener.close()

    @property
    def connected(self) -> bool:
        """Whether the process of the run has connected."""
        return self._channel is not None

    @property
    def receiving(self) -> bool:
        """Whether the last `drain` got a part of a message: the rest may be there in a moment."""
        return self._channel is not None and not self._over and self._channel.progressing

    @property
    def over(self) -> bool:
        """Whether all is said: the process is gone, and what it said was drained."""
        return self._over and not self._held

    def want(self, *kinds: str, gaps: Mapping[str, float] | None = None) -> None:
        """Say which frames to send from now on.

        Parameters
        ----------
        *kinds : str
            Kinds of frames; see `stdpbench.runs.protocol.messages`.
        gaps : mapping of str to float, optional
            Seconds from one frame of a kind to the next, at least, where fewer than there are do.
        """
        self._say(("want", [kind for kind in kinds if kind in FRAMES], dict(gaps or {})))

    def request(self, name: str, **arguments: Any) -> int:
        """Ask for something without waiting; the answer comes as a message ``("reply", number, error, value)``."""
        self._requests += 1
        self._say(("request", self._requests, name, arguments))
        return self._requests

    def change_rule(self, rule: Mapping[str, Any]) -> int:
        """Ask for another plasticity rule, a table with its ``kind``, without waiting; see `request`.

        The answer comes when the rule is in force, from the next presentation on, or says why it cannot be: then the
        run goes on as it did.
        """
        return self.request("change_rule", rule=dict(rule))

    def ask(self, name: str, timeout: float = 60.0, **arguments: Any) -> Any:
        """Ask for something and wait for the answer; other messages stay for `drain`.

        Raises
        ------
        StdpbenchError
            With what the process answered, or that it ended or does not answer.
        """
        self.wait_for_connection()
        number = self.request(name, **arguments)
        until = time.monotonic() + timeout
        while time.monotonic() < until:
            for message in self._receive(0.05):
                if message[0] == "reply" and message[1] == number:
                    if message[2]:
                        raise StdpbenchError(message[2])
                    return message[3]
                self._held.append(message)
            if self._over:
                raise StdpbenchError(ended_first(self.folder))
        raise StdpbenchError(f"the run did not answer within {timeout:.0f} s")

    def drain(self, budget: float = 0.01, wait: float = 0.0) -> list[Any]:
        """Messages that have come, in order, and credit for their frames.

        Parameters
        ----------
        budget : float
            Seconds after which no more are read, though there may be more.
        wait : float
            Seconds to wait for a first one. With 0 the call never waits, not for the rest of a message either of which
            a part has come; see `receiving`.
        """
        messages = list(self._held)
        self._held.clear()
        until = time.monotonic() + budget
        rest = budget if wait else 0.0
        while more := self._receive(0.0 if messages else wait, rest):
            messages += more
            if time.monotonic() > until:
                break
        return messages

    def wait_for_connection(self) -> None:
        """Wait until the process of the run has connected.

        Raises
        ------
        StdpbenchError
            If it ends before, with the reason.
        """
        until = time.monotonic() + _CONNECT
        while not self.connected:
            self._acceptor.join(0.02)
            ended = self._ended()
            if not self.connected and (ended or time.monotonic() > until):
                if ended:
                    raise StdpbenchError(f"the process of the run ended: {self.why_ended()}")
                raise StdpbenchError(f"the process of the run does not connect; its output is in {self.folder / LOG}")

    def why_ended(self) -> str:
        """Why the process ended, as a clause: the error that it reported, else the signal or exit status."""
        try:
            with (self.folder / LOG).open("rb") as log:
                log.seek(self._log_start)
                output = log.read().decode("utf-8", "replace")
        except OSError:
            output = ""
        return why_ended(self._status(), output, self.folder / LOG)

    def _status(self) -> int | None:
        return None if self._process is None else self._process.poll()

    def wait_for_process(self, timeout: float | None = None) -> int | None:
        """Wait for the end of the process that `start` started; its exit status, None if there is none."""
        if self._process is None:
            return None
        try:
            return self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None

    def terminate(self) -> None:
        """Have the process that `start` started end, without waiting: as soon as it has finished a presentation."""
        if self._process is not None:
            self._process.terminate()

    def close(self) -> None:
        """Leave the run alone: it goes on."""
        self._listener.close()
        if self._channel is not None:
            self._channel.close()
        if self._process is not None:
            leave(self._process)
        self._over = True

    def _say(self, message: Any) -> None:
        self.wait_for_connection()
        assert self._channel is not None
        self._channel.post(message)

    def _receive(self, wait: float, rest: float = 0.05) -> list[Any]:
        """The next message, if it begins within `wait` seconds and is complete within `rest` seconds more."""
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
            self._say(("credit", values[0], 1))
        return [(kind, *values)]

    def _ended(self) -> bool:
        return not has_process(self.folder) if self._process is None else self._process.poll() is not None

    def _is_over(self) -> bool:
        """Whether the process is gone, without waiting for it."""
        now, ended = time.monotonic(), self._ended()
        if self._lost_at:  # it may take a moment to end
            return ended or now - self._lost_at > _ENDS
        if not ended:
            return False
        self._ended_at = self._ended_at or now  # its connection may just be made
        return now - self._ended_at > _MOMENT
