"""Answers what the console's process asks the app: a line of JSON each way, from this machine only."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from typing import Any

from PyQt6.QtCore import QObject
from PyQt6.QtNetwork import QHostAddress, QTcpServer, QTcpSocket

from stdpbench.base.errors import StdpbenchError

_LONGEST = 65_536  # bytes of a question


class AppServer(QObject):
    """Listens for questions of the console; whoever does not know the token gets no answer.

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
        self.token = secrets.token_hex(16)
        self._answers = answers
        self._server = QTcpServer(self)
        self._server.newConnection.connect(self._on_connection)
        if not self._server.listen(QHostAddress(QHostAddress.SpecialAddress.LocalHost)):
            raise StdpbenchError(f"the console cannot reach the app: {self._server.errorString()}")

    @property
    def port(self) -> int:
        """Port on this machine."""
        return int(self._server.serverPort())

    def close(self) -> None:
        """Stop listening."""
        self._server.close()

    def _on_connection(self) -> None:
        while (line := self._server.nextPendingConnection()) is not None:
            line.readyRead.connect(lambda line=line: self._read(line))
            line.disconnected.connect(line.deleteLater)
            self._read(line)

    def _read(self, line: QTcpSocket) -> None:
        if line.bytesAvailable() > _LONGEST:
            line.abort()
        elif line.canReadLine():
            reply = self._reply(bytes(line.readLine().data()))
            if reply is None:
                line.abort()
                return
            line.write(json.dumps(reply).encode() + b"\n")
            line.disconnectFromHost()

    def _reply(self, question: bytes) -> dict[str, Any] | None:
        """Return the answer; None to somebody who does not know the token."""
        try:
            asked = json.loads(question)
        except (ValueError, RecursionError):
            return None
        token = str(asked.pop("token", "")) if isinstance(asked, dict) else ""
        known = secrets.compare_digest(token.encode("utf-8", "replace"), self.token.encode())
        answer = self._answers.get(str(asked.pop("ask", ""))) if known else None
        if answer is None:
            return None
        try:
            return {"value": answer(asked)}
        except StdpbenchError as error:
            return {"error": str(error)}
