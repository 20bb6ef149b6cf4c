"""Publish the facts and frames of a run to its readers without ever waiting for them.

Each reader has a sending and a receiving thread. Facts are queued for a slow reader. Of each kind of frame, only the
newest is kept, and it is sent only against credit, which the reader returns as it processes frames. A reader that
hangs blocks only its own thread.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from queue import SimpleQueue
from typing import Any

from stdpbench.base.threads import give_way
from stdpbench.base.wire import Channel, Invitation, WireError, connect
from stdpbench.runs.protocol.facts import Record
from stdpbench.runs.protocol.messages import CREDIT, FRAMES, Request

_log = logging.getLogger(__name__)
_SHORTEST_GAP = {"progress": 1 / 10, "network": 1 / 10, "presentation": 1 / 40}
"""Minimum interval between two frames of a kind, in seconds. Progress is read by people, and the weights, by far the
largest frames, change little within a tenth of a second."""
_SHARE = 0.01  # maximum share of the time spent on making frames

Makers = Mapping[str, Callable[[], Any]]


class Publisher:
    """Sends facts and frames to all readers of a run.

    Parameters
    ----------
    requests : SimpleQueue of Request
        Receives the requests from readers.
    """

    def __init__(self, requests: SimpleQueue[Request]) -> None:
        self._requests = requests
        self._readers: list[_Reader] = []
        self._next: dict[str, float] = dict.fromkeys(FRAMES, 0.0)

    def attach(self, invitation: Invitation, past: Iterable[Record]) -> None:
        """Connect to a listening reader, which first receives all past facts.

        The connection is made in a thread per reader, so a reader that does not answer blocks nothing else.
        """
        self._readers.append(_Reader(invitation, past, self._requests))

    def publish(self, record: Record) -> None:
        """Send a fact to all readers."""
        for reader in self._connected():
            reader.put(("record", record))

    def offer(self, makers: Makers, *, flush: bool = False) -> None:
        """Make and send the frames that are due and requested by readers.

        Parameters
        ----------
        makers : mapping of str to callable
            Function that returns the values of a frame, by kind; called only if the frame is sent.
        flush : bool
            Whether all frames are due, which is so before a pause and at the end.
        """
        if not self._readers:
            return
        now = time.monotonic()
        for kind, make in makers.items():
            if not flush and now < self._next[kind]:
                continue
            readers = [reader for reader in self._connected() if reader.waits_for(kind, now, flush)]
            if not readers:
                continue
            values = make()
            for reader in readers:
                reader.put_frame(kind, values, now)
            end = time.monotonic()
            self._next[kind] = end + max(_SHORTEST_GAP[kind], (end - now) / _SHARE)
            now = end

    def close(self, timeout: float = 2.0) -> None:
        """Send the remaining messages for at most `timeout` s, then disconnect all readers."""
        until = time.monotonic() + timeout
        for reader in self._readers:
            reader.finish(max(0.0, until - time.monotonic()))

    def _connected(self) -> list[_Reader]:
        self._readers = [reader for reader in self._readers if not reader.gone]
        return self._readers


class _Reader:
    def __init__(self, invitation: Invitation, past: Iterable[Record], requests: SimpleQueue[Request]) -> None:
        self.gone = False
        self._invitation = invitation
        self._facts: deque[Any] = deque(("record", record) for record in past)
        self._frames: dict[str, Any] = {}
        self._wanted: frozenset[str] = frozenset({"progress"})
        self._gaps: Mapping[str, float] = {}
        self._due = dict.fromkeys(FRAMES, 0.0)
        self._credit = dict.fromkeys(FRAMES, CREDIT)
        self._ending = False
        self._changed = threading.Condition()
        self._requests = requests
        self._sender = threading.Thread(target=self._send, name="sender", daemon=True)
        self._sender.start()

    def put(self, message: Any) -> None:
        with self._changed:
            self._facts.append(message)
            self._changed.notify()

    def waits_for(self, kind: str, now: float, flush: bool) -> bool:
        ready = now >= self._due[kind] and self._credit[kind] > 0 and kind not in self._frames
        return kind in self._wanted and (flush or ready)

    def put_frame(self, kind: str, values: Any, now: float) -> None:
        self._due[kind] = now + self._gaps.get(kind, 0.0)
        with self._changed:
            self._frames[kind] = values
            self._changed.notify()

    def finish(self, timeout: float) -> None:
        with self._changed:
            self._ending = True
            self._changed.notify()
        self._sender.join(timeout)
        self.gone = True

    def _take(self) -> Any:
        """Return the next message to send; None when the run is over and everything is sent."""
        with self._changed:
            while True:
                if self._facts:
                    return self._facts.popleft()
                for kind in list(self._frames):
                    if self._credit[kind] > 0 or self._ending:
                        self._credit[kind] -= 1
                        return "frame", kind, self._frames.pop(kind)
                if self._ending:
                    return None
                self._changed.wait()

    def _send(self) -> None:
        give_way()
        try:
            channel = connect(self._invitation)
        except (OSError, EOFError, WireError):  # the reader no longer listens, or another process does
            self.gone = True
            return
        threading.Thread(target=self._receive, args=(channel,), name="receiver", daemon=True).start()
        try:
            while (message := self._take()) is not None:
                if message[0] == "record":
                    message = "record", message[1].to_mapping()
                channel.send(message)
        except OSError:
            pass  # the reader has disconnected
        except Exception:
            _log.exception("disconnecting a reader: a message to it cannot be sent")
        finally:
            self.gone = True
            channel.close()

    def _receive(self, channel: Channel) -> None:
        give_way()
        try:
            while True:
                self._handle(channel.receive())
        except (OSError, EOFError):
            pass  # the reader has disconnected
        except WireError as error:
            _log.warning("disconnecting a reader: %s", error)
        except Exception:
            _log.exception("disconnecting a reader")
        finally:
            self.gone = True
            channel.shut_down()  # the sender may wait for the reader
            with self._changed:
                self._ending = True
                self._facts.clear()
                self._frames.clear()
                self._changed.notify()

    def _handle(self, message: Any) -> None:
        match message:
            case ["credit", str(kind), int(n)] if kind in FRAMES:
                with self._changed:
                    self._credit[kind] += n
                    self._changed.notify()
            case ["want", list(kinds), dict(gaps)] if all(isinstance(kind, str) for kind in kinds):
                if not all(isinstance(gap, int | float) for gap in gaps.values()):
                    raise WireError("a gap between frames is not a number of seconds")
                self._gaps, self._wanted = gaps, frozenset(kinds)
            case ["request", int(number), str(name), dict(arguments)]:
                self._requests.put(
                    Request(name, arguments, lambda error, value: self.put(("reply", number, error, value)))
                )
            case _:
                raise WireError("it sent an invalid message")
