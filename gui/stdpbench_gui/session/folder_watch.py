"""Notices that the folder of the run on display is gone, and that it is back."""

from __future__ import annotations

from typing import Protocol

from PyQt6.QtCore import QObject, pyqtSignal

from stdpbench.runs.catalog.trash import bin_folder
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.folder.status import state_of
from stdpbench.runs.protocol.live_run import LiveRun
from stdpbench.runs.protocol.states import State
from stdpbench_gui.session.background import Background
from stdpbench_gui.session.found_run import journal_mark
from stdpbench_gui.session.timers import timer

_EVERY_MS = 2000


class Watched(Protocol):
    """The parts of a session that `FolderWatch` uses."""

    folder: RunFolder | None
    live: LiveRun
    journal: object

    @property
    def connected(self) -> bool:
        """Whether there is a connection to a process of the run."""


class FolderWatch(QObject):
    """Looks every two seconds, in a thread, whether the folder of a run without a process is there.

    A run in the bin of its runs folder does not count as gone: it can be restored. The process of an active run
    notices by itself.

    Parameters
    ----------
    session : Watched
        Has the run.
    background : Background
        Provides the thread.

    Attributes
    ----------
    gone : str
        A clause that says that the folder is gone; empty if it is there or in the bin.
    changed : signal
        `gone` has changed, because of a look.
    """

    changed = pyqtSignal()

    def __init__(self, session: Watched, background: Background) -> None:
        super().__init__(background)
        self.gone = ""
        self._session, self._background, self._looking = session, background, False
        self._timer = timer(self, self.look, _EVERY_MS)

    def begin(self) -> None:
        """Watch the folder of another run, which is there."""
        self.gone = ""
        self._timer.start()

    def look(self) -> None:
        """Look now, unless a process or an earlier look, at a disk that does not respond, will tell."""
        session, folder, was_gone = self._session, self._session.folder, self.gone
        if folder is None or session.connected or self._looking:
            return
        mark, self._looking = session.journal, True

        def find() -> tuple[str, tuple[State, str] | None]:
            gone = where_gone(folder, mark)
            return gone, state_of(folder) if was_gone and folder.path.is_dir() else None

        def take(found: tuple[str, tuple[State, str] | None]) -> None:
            self._looking = False
            gone, state = found
            if session.folder is not folder or session.connected or gone == self.gone:
                return
            if state is not None and session.live.reason == self.gone:  # it had failed for that reason
                session.live.state, session.live.reason = state
            self.gone = gone
            self.changed.emit()

        def fail(_reason: str) -> None:  # the folder is damaged, which opening it says
            self._looking = False

        self._background.do(find, take, fail, self)


def where_gone(folder: RunFolder, mark: object) -> str:
    """Return a clause that says that a folder is gone; empty if it is there, or in the bin with the same journal."""
    gone = folder.gone
    if not gone or mark is None:
        return gone
    binned = bin_folder(folder.path.parent).glob(f"{folder.path.name}*")
    return "" if any(journal_mark(RunFolder(path)) == mark for path in binned) else gone
