"""Reads the runs folder once a second, in a thread, while the Runs page is visible."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import QObject, pyqtSignal

from stdpbench.runs.watching import RunsFolderState, RunsWatch
from stdpbench_gui.session.background import Background
from stdpbench_gui.session.timers import timer

_LOOK_MS = 1000


class Watcher(QObject):
    """Reports the content of a runs folder whenever it changes.

    Attributes
    ----------
    seen : signal of RunsFolderState
        The current content of the folder.
    failed : signal of str
        Why the folder cannot be read; empty once it can be read again.
    last : RunsFolderState or None
        The last reported content.
    """

    seen = pyqtSignal(object)
    failed = pyqtSignal(str)

    def __init__(self, runs: Path, parent: QObject) -> None:
        super().__init__(parent)
        self._watch = RunsWatch(runs)
        self._background = Background(self, 1)
        self._again = False
        self._trouble = ""
        self.last: RunsFolderState | None = None
        self._timer = timer(self, self.look, _LOOK_MS)

    def start(self) -> None:
        """Read the folder now, and keep watching."""
        self._timer.start()
        self.look()

    def stop(self) -> None:
        """Stop watching."""
        self._timer.stop()

    def look(self) -> None:
        """Read the folder now; if a read is in progress, read again after it, as it may have been too early."""
        if self._background.busy:
            self._again = True
            return
        self._background.do(self._watch.look, self._take, self._fail)

    def _take(self, seen: RunsFolderState | None) -> None:
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
