"""The other end of a publisher's connection."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import replace
from typing import Any

from harness import wait_until

from stdpbench.base.wire import Channel, Listener
from stdpbench.runs.protocol.facts import Record


class Reader:
    """The other end of a connection; reads only on request."""

    def __init__(self) -> None:
        self.listener = Listener()
        self.invitation = self.listener.invitation
        self.channel: Channel | None = None
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            self.channel = self.listener.accept()

    def wrong_key(self) -> Any:
        return replace(self.invitation, key=b"another")

    def connected(self) -> Channel:
        wait_until(lambda: self.channel is not None)
        assert self.channel is not None
        return self.channel

    def say(self, *message: Any) -> None:
        self.connected().send(message)

    def read(self, wait: float = 60.0) -> Any:
        message = self.connected().receive(wait, 60.0)
        if message is not None and message[0] == "record":
            message[1] = Record.from_mapping(message[1])
        return message

    def read_all(self, wait: float = 0.3) -> list[Any]:
        """Everything until nothing came for a while, or the end."""
        found = []
        with suppress(EOFError, OSError):
            while (message := self.read(wait)) is not None:
                found.append(message)
        return found

    def close(self) -> None:
        self.listener.close()
        if self.channel is not None:
            self.channel.close()
