"""Presents pictures to the network of the current run, in the process of the run or in a read-only probe process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PyQt6 import sip
from PyQt6.QtCore import QObject, pyqtSignal

from stdpbench.base.errors import StdpbenchError
from stdpbench.runs.client.helper import HelperClient
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.session.timers import timer

_TICK_MS = 30


class NetworkProbe(QObject):
    """Presents one picture at a time; of those requested meanwhile, the newest is next.

    If the run has a process, that process presents the picture between two training presentations. Otherwise a probe
    process is started, which loads the network as the run left it; it stays until another run is shown or until
    `close`.

    Attributes
    ----------
    answered : signal of dict
        Result of `stdpbench.runs.process.present_image.try_picture`.
    refused : signal of str
        Reason why there is no answer, a sentence.
    """

    answered = pyqtSignal(object)
    refused = pyqtSignal(str)

    def __init__(self, session: RunSession, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._client: HelperClient | None = None
        self._next: list[float] | None = None
        self._asked: list[float] | None = None
        self._by_run = False
        self._number = 0
        self._generation = 0
        self._opening = False
        self._timer = timer(self, self._tick, _TICK_MS)
        session.opened.connect(self._on_opened)
        session.changed.connect(self._on_changed)

    @property
    def waiting(self) -> bool:
        """Whether an answer is pending."""
        return self._asked is not None or self._next is not None

    @property
    def by_run(self) -> bool:
        """Whether the process of the run presents pictures; otherwise a probe process does."""
        return self._session.connected

    def ask(self, picture: list[float]) -> None:
        """Present a picture; `answered` or `refused` follows, unless a newer picture replaces it."""
        self._next = picture
        self._continue()

    def close(self) -> None:
        """End the probe process."""
        self._timer.stop()
        self._asked = self._next = None
        self._generation += 1
        if self._client is not None:
            self._client.close()
            self._client = None

    def _continue(self) -> None:
        session = self._session
        if self._asked is not None or self._next is None:
            return
        if session.folder is None:
            self._next = None
            self.refused.emit("No run is open, so there is no network to present the drawing to.")
        elif session.connected:
            self._drop_client()
            self._asked, self._next, self._by_run = self._next, None, True
            self._generation += 1
            generation = self._generation
            session.request(
                "try",
                lambda value: self._take_from_run(generation, "", value),
                lambda error: self._take_from_run(generation, error, None),
                image=self._asked,
            )
        elif self._client is None:
            if not self._opening:
                self._opening, folder, generation = True, session.folder.path, self._generation
                session.work(
                    lambda: _open(folder),
                    lambda client: self._opened(generation, client),
                    failed=lambda reason: self._opened(generation, None, reason),
                )
        elif self._client.connected:
            self._asked, self._next, self._by_run = self._next, None, False
            self._number = self._client.request("try", image=self._asked)
            self._timer.start()

    def _opened(self, generation: int, client: HelperClient | None, reason: str = "") -> None:
        self._opening, gone = False, sip.isdeleted(self)
        if client is not None and (gone or generation != self._generation):
            client.close()
        elif client is not None:
            self._client = client
            self._timer.start()
        elif not gone and generation == self._generation:
            self._next = None
            self.refused.emit(f"{reason}.")
        if not gone:
            self._continue()

    def _take_from_run(self, generation: int, error: str, value: Any) -> None:
        if generation == self._generation:
            self._take(error, value)

    def _take(self, error: str, value: Any) -> None:
        self._asked = None
        if error:
            self.refused.emit(f"{error.rstrip('.')}.")
        else:
            self.answered.emit(value)
        self._continue()

    def _tick(self) -> None:
        client = self._client
        if client is None:
            self._timer.stop()
            return
        for message in client.drain(0.005):
            if message[0] == "reply" and message[1] == self._number and not self._by_run:
                self._take(message[2], message[3])
        if client.over:
            why = client.why_ended()
            self._drop_client()
            self._asked = self._next = None
            self.refused.emit(f"The process that loads the network exited: {why}")
            return
        self._continue()
        if not self.waiting:
            self._timer.stop()

    def _drop_client(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None
        self._timer.stop()

    def _on_opened(self) -> None:
        self.close()

    def _on_changed(self, topics: set[str]) -> None:
        if "state" not in topics:
            return
        if self._by_run and self._asked is not None and not self._session.connected:
            # the run ended before it could answer: a probe process can load its network now
            self._next, self._asked = self._next or self._asked, None
            self._generation += 1
            self._continue()


def _open(folder: Path) -> HelperClient:
    try:
        return HelperClient.open("stdpbench.runs.process.probe", str(folder))
    except OSError as error:
        raise StdpbenchError(f"Cannot start a process to load the network: {error.strerror}") from None
