"""Curves of other runs, drawn below those of the current run and updated while those runs are active."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtWidgets import QWidget

from stdpbench.base.errors import StdpbenchError
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.lock import has_process
from stdpbench.runs.protocol.facts import Block, HeldOut
from stdpbench.runs.protocol.live_run import LiveRun
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.session.timers import timer

_LOOK_MS = 2000


@dataclass(frozen=True)
class Overlay:
    """Curves of another run.

    Attributes
    ----------
    name : str
        Name of the run; in the legend if it has no title.
    blocks : mapping of int to Block
        Blocks of training presentations by the position of their end.
    path : Path or None
        Run folder; None if only the blocks are known.
    slot : int or None
        Line style (`stdpbench_gui.look.run_lines`); None: the next free one.
    live : LiveRun or None
        State replayed from its journal, with measures on held-out pictures; None until it is read.
    branch : Path or None
        The branch it is compared with: it is removed when neither of the two is shown. None: it stays until removed.
    title : str
        The title that a person gave to it; may be empty.
    """

    name: str
    blocks: Mapping[int, Block]
    path: Path | None = None
    slot: int | None = None
    live: LiveRun | None = None
    branch: Path | None = None
    title: str = ""

    @property
    def held_out(self) -> Mapping[int, HeldOut]:
        """Measures on held-out pictures by position; empty until read."""
        return self.live.held_out if self.live is not None else {}

    def known(self) -> LiveRun:
        """Return all known data of the run."""
        return replace(self.live or LiveRun(), blocks=dict(self.blocks))


class Overlays(QObject):
    """The runs drawn in addition to the current run, by name, in the order of adding.

    Parameters
    ----------
    session : RunSession
        The current run.
    panel : QWidget
        The panel that draws them; journals are read only while it is visible.
    """

    changed = pyqtSignal()

    def __init__(self, session: RunSession, panel: QWidget) -> None:
        super().__init__(panel)
        self._session, self._panel = session, panel
        self._overlays: dict[str, Overlay] = {}
        self._settled: set[str] = set()
        self._reading = False
        self._timer = timer(self, self._look, _LOOK_MS)
        session.opened.connect(self._drop_unrelated)

    def __len__(self) -> int:
        """Return the number of runs."""
        return len(self._overlays)

    def __contains__(self, name: object) -> bool:
        """Return whether a run of this name is drawn."""
        return name in self._overlays

    def slots(self) -> list[int]:
        """Return the line styles of the runs of `shown`; runs without one get free ones."""
        shown, taken = self.shown(), {overlay.slot for overlay in self._overlays.values()}
        free = (slot for slot in count() if slot not in taken)
        return [next(free) if overlay.slot is None else overlay.slot for overlay in shown]

    def shown(self) -> list[Overlay]:
        """Return all runs except the current one."""
        folder = self._session.folder
        return [o for o in self._overlays.values() if folder is None or o.path is None or o.path != folder.path]

    def add(self, overlay: Overlay) -> None:
        """Add a run; it replaces one of the same name."""
        self.add_all([overlay])

    def add_all(self, overlays: Iterable[Overlay]) -> None:
        """Add runs as `add` does, and tell of all of them at once."""
        added = list(overlays)
        for overlay in added:
            self._overlays[overlay.name] = overlay
            self._settled.discard(overlay.name)
            if overlay.path is not None:
                self._timer.start()
        if added:
            self.changed.emit()

    def _drop_unrelated(self) -> None:
        shown = self._session.folder.path if self._session.folder is not None else None
        for overlay in list(self._overlays.values()):
            if overlay.branch is not None and shown not in (overlay.branch, overlay.path):
                self.remove(overlay.name)

    def remove(self, name: str) -> None:
        """Remove a run."""
        if self._overlays.pop(name, None) is not None:
            self.changed.emit()

    def clear(self) -> None:
        """Remove all runs."""
        self._overlays.clear()
        self._timer.stop()
        self.changed.emit()

    def _look(self) -> None:
        paths = {o.name: o.path for o in self.shown() if o.path is not None and o.name not in self._settled}
        if not paths:
            self._timer.stop()
        elif self._panel.isVisible() and not self._reading:
            self._reading = True
            self._session.work(lambda: _read(paths), self._take, failed=self._fail, owner=self)

    def _fail(self, _: str) -> None:
        self._reading = False

    def _take(self, found: dict[str, tuple[LiveRun, bool]]) -> None:
        self._reading = False
        for name, (live, over) in found.items():
            before = self._overlays.get(name)
            if before is None:
                continue
            if over:
                self._settled.add(name)
            longer = len(live.blocks) > len(before.blocks) or len(live.held_out) > len(before.held_out)
            if before.live is None or longer or len(live.pieces) > len(before.known().pieces):
                blocks = max(live.blocks, before.blocks, key=len)
                self._overlays[name] = replace(before, blocks=blocks, live=live)
                self.changed.emit()


def _read(paths: Mapping[str, Path]) -> dict[str, tuple[LiveRun, bool]]:
    """Replay journals; return for each run its state and whether its process has ended."""
    found: dict[str, tuple[LiveRun, bool]] = {}
    for name, path in paths.items():
        over = not has_process(path)
        try:
            found[name] = LiveRun.replay(read_journal(path)), over
        except StdpbenchError:  # deleted or damaged: the known curves stay
            found[name] = LiveRun(), True
    return found
