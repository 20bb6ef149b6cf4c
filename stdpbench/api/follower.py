"""Follow a run in a thread, and send it requests.

Only that thread uses the connection to the process of the run: it sends the requests of others, receives messages and
applies them to a `LiveRun`. Other threads read copies of it and wait on one condition, so any thread may use a
`Follower`.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from queue import Empty, SimpleQueue
from typing import Any

from stdpbench.base.errors import StdpbenchError
from stdpbench.runs.client.run_client import RunClient, ended_first
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.lock import has_process
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.protocol.live_run import LiveRun
from stdpbench.runs.protocol.messages import EndedFirstError, error_of
from stdpbench.runs.protocol.states import State

_log = logging.getLogger(__name__)
_POLL = 0.02  # s; maximum delay of a request
_SLICE = 0.2  # s; waits are split so that Ctrl+C works on every system
_FIRST_FRAME = 120.0  # s to wait for the first frame of a network


class _Answer:
    """Answer to a request."""

    def __init__(self) -> None:
        self.received = False
        self.error = ""
        self.value: Any = None


class Follower:
    """Follows the process of one run until it ends; use `start` or `attach` to get one.

    Attributes
    ----------
    over : bool
        Whether the process has exited or the connection to it is closed.
    """

    def __init__(self, folder: RunFolder, replayed: LiveRun, n_records: int, connect: Callable[[], RunClient]) -> None:
        self.over = False
        self._folder = folder
        self._live = replayed
        self._n_records = n_records
        self._connect = connect
        self._error = ""
        self._detached = False
        self._network_wanted = False
        self._outbox: SimpleQueue[Callable[[RunClient], None]] = SimpleQueue()
        self._waiting: dict[int, _Answer] = {}
        self._changed = threading.Condition()
        threading.Thread(target=self._follow, name=f"follower of {folder.path.name}", daemon=True).start()

    @classmethod
    def start(cls, folder: RunFolder) -> Follower:
        """Start the process of a run and follow it.

        Raises
        ------
        StdpbenchError
            If the run is already active or is finished, or its journal is damaged.
        """
        records = read_journal(folder.path)  # before the process can append to it
        replayed = LiveRun.replay(records)
        client = RunClient.start(folder.path)
        replayed.state, replayed.reason = State.BUILDING, ""
        return cls(folder, replayed, len(records), lambda: client)

    @classmethod
    def attach(cls, folder: RunFolder) -> Follower:
        """Follow the process of an active run.

        Raises
        ------
        StdpbenchError
            If the journal of the run is damaged.
        """
        records = read_journal(folder.path)
        return cls(folder, LiveRun.replay(records), len(records), lambda: RunClient.attach(folder.path))

    # -- any thread ------------------------------------------------------------------------------------------------

    def live(self) -> LiveRun:
        """Return a copy of the current state of the run."""
        with self._changed:
            live = self._live
            return replace(
                live,
                blocks=dict(live.blocks),
                changes=list(live.changes),
                marks=list(live.marks),
                log=list(live.log),
                metrics=dict(live.metrics),
                held_out=dict(live.held_out),
                checkpoints=list(live.checkpoints),
                replies={},
            )

    def ask(self, name: str, **arguments: Any) -> Any:
        """Send a request, which the run handles between two presentations, and wait for the answer.

        Raises
        ------
        EndedFirstError
            If the run ends before it answers.
        StdpbenchError
            If it refuses the request.
        """
        answer = _Answer()

        def send(client: RunClient) -> None:
            self._waiting[client.request(name, **arguments)] = answer

        self._outbox.put(send)
        with self._changed:
            self._wait(lambda: answer.received or self.over)
        if answer.error:
            raise error_of(answer.error)
        if not answer.received:
            raise EndedFirstError(self._error or ended_first(self._folder.path))
        return answer.value

    def until(self, condition: Callable[[LiveRun], bool], timeout: float | None = None) -> bool:
        """Wait until the state of the run satisfies a condition or following ends; return False after a timeout."""
        with self._changed:
            return self._wait(lambda: self.over or condition(self._live), timeout)

    def network(self) -> Mapping[str, Any]:
        """Return the newest frame ``network`` (`runs.protocol.messages`) that includes the last fact, or empty."""
        with self._changed:
            position, learned_set = self._live.position, self._live.learned_set
            if not self._network_wanted:
                self._network_wanted = True
                self._outbox.put(lambda client: client.want("progress", "network"))
            self._wait(lambda: self.over or _is_current(self._live.network, position, learned_set), _FIRST_FRAME)
            return self._live.network

    def detach(self) -> None:
        """Stop following the run, which continues."""
        self._detached = True

    def _wait(self, condition: Callable[[], bool], timeout: float | None = None) -> bool:
        until = None if timeout is None else time.monotonic() + timeout
        while not condition():
            remaining = _SLICE if until is None else min(_SLICE, until - time.monotonic())
            if remaining <= 0:
                return False
            self._changed.wait(remaining)
        return True

    # -- the thread ------------------------------------------------------------------------------------------------

    def _follow(self) -> None:
        try:
            client = self._connect()
            try:
                client.wait_for_connection()
                self._drain(client)
            finally:
                client.close()
            if not self._detached and client.wait_for_process(10) is None:
                self._wait_until_released()
        except EndedFirstError as error:
            self._error = str(error)
            self._wait_until_released()
        except StdpbenchError as error:
            self._error = str(error)
        except Exception as error:  # a bug, which is reported to callers that wait for an answer
            _log.exception("%s is no longer followed", self._folder.path.name)
            self._error = f"{type(error).__name__}: {error}"
        finally:
            with self._changed:
                self.over = True
                self._changed.notify_all()

    def _drain(self, client: RunClient) -> None:
        while not client.over and not self._detached:
            self._send(client)
            messages = client.drain(budget=0.05, wait=_POLL)
            if not messages:
                continue
            with self._changed:
                for message in messages:
                    self._take(message)
                self._changed.notify_all()

    def _send(self, client: RunClient) -> None:
        while True:
            try:
                send = self._outbox.get_nowait()
            except Empty:
                return
            send(client)

    def _take(self, message: Any) -> None:
        if message[0] == "reply":
            answer = self._waiting.pop(message[1], None)
            if answer is not None:
                answer.error, answer.value, answer.received = message[2], message[3], True
        elif message[0] != "record" or message[1].number >= self._n_records:
            self._live.take(message)

    def _wait_until_released(self) -> None:
        """Wait until the process has released the run folder; after that the folder does not change."""
        until = time.monotonic() + 10
        while has_process(self._folder.path) and time.monotonic() < until:
            time.sleep(0.02)


def _is_current(frame: Mapping[str, Any], position: int, learned_set: int) -> bool:
    """Return whether a network frame is not older than `position` and includes the learned arrays set by a fact."""
    return bool(frame.get("position", -1) >= position and frame.get("n_facts", 0) > learned_set)
