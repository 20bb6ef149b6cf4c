"""Shows the network of the run on display a picture: by the process of the run, or by one that only looks at it."""

from __future__ import annotations

from typing import Any

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from stdpbench.runs.client.probe_client import ProbeClient
from stdpbench_gui.session.run_session import RunSession

_TICK_MS = 30


class NetworkProbe(QObject):
    """One question at a time; of those that come meanwhile, the newest is asked next.

    Where a process works on the run, it is asked between two presentations. Where none does, a process is started that
    opens the network as the run left it; it stays until another run is shown, or `close`.

    Attributes
    ----------
    answered : signal of dict
        What `stdpbench.runs.process.present_image.try_picture` returns.
    refused : signal of str
        Why there is no answer, a sentence.
    """

    answered = pyqtSignal(object)
    refused = pyqtSignal(str)

    def __init__(self, session: RunSession, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._client: ProbeClient | None = None
        self._next: list[float] | None = None
        self._asked: list[float] | None = None
        self._by_run = False
        self._number = 0
        self._generation = 0
        self._timer = QTimer(self)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._tick)
        session.opened.connect(self._on_opened)
        session.changed.connect(self._on_changed)

    @property
    def waiting(self) -> bool:
        """Whether an answer is still to come."""
        return self._asked is not None or self._next is not None

    @property
    def by_run(self) -> bool:
        """Whether the process of the run is asked, rather than one that only looks."""
        return self._session.connected

    def ask(self, picture: list[float]) -> None:
        """Show the network a picture; `answered` or `refused` follows, unless a newer question overtakes it."""
        self._next = picture
        self._go_on()

    def close(self) -> None:
        """Let the process go that only looks."""
        self._timer.stop()
        self._asked = self._next = None
        self._generation += 1
        if self._client is not None:
            self._client.close()
            self._client = None

    def _go_on(self) -> None:
        session = self._session
        if self._asked is not None or self._next is None:
            return
        if session.folder is None:
            self._next = None
            self.refused.emit("No run is open, so there is no network to ask.")
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
            try:
                self._client = ProbeClient.open(session.folder.path)
            except OSError as error:
                self._next = None
                self.refused.emit(f"No process can be started that opens the network: {error.strerror}.")
                return
            self._timer.start()
        elif self._client.connected:
            self._asked, self._next, self._by_run = self._next, None, False
            self._number = self._client.request("try", image=self._asked)
            self._timer.start()

    def _take_from_run(self, generation: int, error: str, value: Any) -> None:
        if generation == self._generation:
            self._take(error, value)

    def _take(self, error: str, value: Any) -> None:
        self._asked = None
        if error:
            self.refused.emit(f"{error.rstrip('.')}.")
        else:
            self.answered.emit(value)
        self._go_on()

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
            self.refused.emit(f"The process that opens the network ended: {why}")
            return
        self._go_on()
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
            # the run ended before it could answer: its network can be looked at now
            self._next, self._asked = self._next or self._asked, None
            self._generation += 1
            self._go_on()
