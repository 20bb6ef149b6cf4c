"""Answers what the console's process asks the app, over `stdpbench.base.wire`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from PyQt6.QtCore import QObject

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.wire import Channel, Listener
from stdpbench_gui.session.timers import timer

_TICK_MS = 20


class AppServer(QObject):
    """Waits for the console to connect, and answers its questions; whoever does not know the key cannot ask.

    Parameters
    ----------
    answers : mapping of str to callable
        What can be asked: called in the main thread with the rest of the question. A `StdpbenchError` is the answer
        to what is not possible.
    parent : QObject
        Owner.
    """

    def __init__(self, answers: Mapping[str, Callable[[dict[str, Any]], Any]], parent: QObject) -> None:
        super().__init__(parent)
        self._answers = answers
        self._listener = Listener()
        self._channel: Channel | None = None
        threading.Thread(target=self._accept, name="console", daemon=True).start()
        self._timer = timer(self, self._look, _TICK_MS)
        self._timer.start()

    @property
    def invitation(self) -> dict[str, Any]:
        """How the console connects, as plain values."""
        return self._listener.invitation.to_mapping()

    def close(self) -> None:
        """End the connection, and stop listening."""
        self._timer.stop()
        self._listener.close()
        if self._channel is not None:
            self._channel.close()

    def _accept(self) -> None:
        with suppress(OSError):
            self._channel = self._listener.accept()

    def _look(self) -> None:
        if self._channel is None:
            return
        try:
            while (question := self._channel.receive(0.0)) is not None:
                self._channel.post(self._reply(*question))
        except (OSError, EOFError, StdpbenchError):  # the console has ended
            self.close()

    def _reply(self, number: int, what: str, more: dict[str, Any]) -> tuple[int, str, Any]:
        """Return the number of a question with an error, or with the answer."""
        try:
            return number, "", self._answers[what](more)
        except StdpbenchError as error:
            return number, str(error), None
