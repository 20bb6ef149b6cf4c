"""A helper process that answers requests of the app (`stdpbench.base.helper`).

It does everything that needs Brian2, scikit-learn or matplotlib, or takes longer than a screen update; the window only
receives the results.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray
from PyQt6.QtCore import QObject, QSocketNotifier, pyqtSignal

from stdpbench.runs.client.helper import HelperClient
from stdpbench_gui.session.timers import timer

_log = logging.getLogger(__name__)
_TICK_MS = 20
Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class _Request:
    name: str
    arguments: Mapping[str, Any]
    then: Callable[[Mapping[str, Any], Arrays], object]
    failed: Callable[[str], object]


class HelperProcess(QObject):
    """Sends requests to a process, which the first request starts; subclasses define the command.

    Attributes
    ----------
    progress : signal of str, int, int
        Phase, amount done and total amount of the active request.
    """

    progress = pyqtSignal(str, int, int)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._client: HelperClient | None = None
        self._unsent: list[_Request] = []
        self._waiting: dict[int, _Request] = {}
        self._notifier: QSocketNotifier | None = None  # for answers; the timer is for the begin and the end
        self._timer = timer(self, self._look, _TICK_MS)

    @property
    def busy(self) -> bool:
        """Whether a request is unanswered."""
        return bool(self._unsent or self._waiting)

    def command(self) -> list[str]:
        """Return the module and its arguments."""
        raise NotImplementedError

    def ask(
        self,
        name: str,
        then: Callable[[Mapping[str, Any], Arrays], object],
        failed: Callable[[str], object],
        **arguments: Any,
    ) -> None:
        """Send a request; `then` is called with plain values and arrays, `failed` with the error message."""
        self._client = self._client or HelperClient.open(*self.command())
        self._unsent.append(_Request(name, arguments, then, failed))
        self._send(self._client)
        self._timer.start()

    def give_up(self) -> None:
        """End the process and drop all requests; the next request starts a new process."""
        client, self._client = self._client, None
        self._unsent.clear()
        self._waiting.clear()
        self._timer.stop()
        self._forget()
        if client is not None:
            client.close()

    def _send(self, client: HelperClient) -> None:
        """Send the requests that wait, once there is a connection."""
        while client.connected and self._unsent:
            asked = self._unsent.pop(0)
            self._waiting[client.request(asked.name, **asked.arguments)] = asked

    def _look(self) -> None:
        """Send what waits for the connection, and pass on what has arrived."""
        client = self._client
        if client is None:
            return
        self._send(client)
        if self._notifier is None and client.fileno() >= 0:
            self._notifier = QSocketNotifier(client.fileno(), QSocketNotifier.Type.Read, self)  # type: ignore[call-overload]
            self._notifier.activated.connect(self._look)
        messages = client.drain(0.005)
        if client.fileno() < 0:
            self._forget()
        for kind, number, *values in messages:
            if self._client is not client:  # given up meanwhile
                return
            if kind == "progress":
                self.progress.emit(*values)
                continue
            asked, (error, answer) = self._waiting.pop(number), values
            if error:
                asked.failed(error)
            else:
                asked.then(*answer)
        if self._client is client and client.over:
            self._ended(client.why_ended())
        elif not self.busy:
            self._timer.stop()

    def _forget(self) -> None:
        """Listen no more to the connection."""
        notifier, self._notifier = self._notifier, None
        if notifier is not None:
            notifier.setEnabled(False)
            notifier.deleteLater()

    def _ended(self, why: str) -> None:
        """Fail all requests, because the process exited unexpectedly."""
        _log.error("the process %s exited: %s", " ".join(self.command()), why)
        waiting = [*self._waiting.values(), *self._unsent]
        self.give_up()
        for asked in waiting:
            asked.failed(why)
