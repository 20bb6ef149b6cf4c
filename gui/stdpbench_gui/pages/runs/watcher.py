"""Looks at the runs folder once a second, in a thread, while somebody looks at the Runs page."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from stdpbench.runs.watching import RunsWatch, Seen
from stdpbench_gui.session.background import Background

_LOOK_MS = 1000


class Watcher(QObject):
    """Tells what is in a runs folder whenever that changes.

    Attributes
    ----------
    seen : signal of Seen
        The folder as it is now.
    failed : signal of str
        Why it cannot be looked at; empty once it can again.
    last : Seen or None
        What was told last.
    """

    seen = pyqtSignal(object)
    failed = pyqtSignal(str)

    def __init__(self, runs: Path, parent: QObject) -> None:
        super().__init__(parent)
        self._watch = RunsWatch(runs)
        self._background = Background(self, 1)
        self._again = False
        self._trouble = ""
        self.last: Seen | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self.look)

    def start(self) -> None:
        """Look now, and go on."""
        self._timer.start()
        self.look()

    def stop(self) -> None:
        """Look no more."""
        self._timer.stop()

    def look(self) -> None:
        """Look now; once more after a look that is under way, which may have been too early."""
        if self._background.busy:
            self._again = True
            return
        self._background.do(self._watch.look, self._take, self._fail)

    def _take(self, seen: Seen | None) -> None:
        if self._trouble:
            self._trouble = ""
            self.failed.emit("")
        if seen is not None:
            self.last = seen
            self.seen.emit(seen)
        self._go_on()

    def _fail(self, reason: str) -> None:
        if reason != self._trouble:
            self._trouble = reason
            self.failed.emit(reason)
        self._go_on()

    def _go_on(self) -> None:
        if self._again:
            self._again = False
            self.look()
