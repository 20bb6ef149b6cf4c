"""The other end of a publisher's connection."""

from __future__ import annotations

import threading
from contextlib import suppress
from multiprocessing import AuthenticationError
from multiprocessing.connection import Connection, Listener
from typing import Any

from harness import wait_until

KEY = b"k" * 32


class Reader:
    """The other end of a connection; reads only when it is told to."""

    def __init__(self, key: bytes = KEY) -> None:
        self.listener = Listener(authkey=key)
        self.address = self.listener.address
        self.connection: Connection | None = None
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError, AuthenticationError):
            self.connection = self.listener.accept()

    def connected(self) -> Connection:
        wait_until(lambda: self.connection is not None)
        assert self.connection is not None
        return self.connection

    def say(self, *message: Any) -> None:
        self.connected().send(message)

    def read(self, wait: float = 60.0) -> Any:
        return self.connected().recv() if self.connected().poll(wait) else None

    def read_all(self, wait: float = 0.3) -> list[Any]:
        """Everything until nothing came for a while, or the end."""
        found = []
        with suppress(EOFError, OSError):
            while (message := self.read(wait)) is not None:
                found.append(message)
        return found

    def close(self) -> None:
        self.listener.close()
        if self.connection is not None:
            self.connection.close()
