"""Curves of other runs under those of the run that is shown; they follow runs that are still at work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from PyQt6.QtCore import QObject, QTimer, pyqtSignal
from PyQt6.QtWidgets import QWidget

from stdpbench.errors import StdpbenchError
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.lock import at_work
from stdpbench.runs.protocol.facts import Block, HeldOut
from stdpbench.runs.protocol.live_run import LiveRun
from stdpbench_gui.session.run_session import RunSession

_LOOK_MS = 2000


@dataclass(frozen=True)
class Overlay:
    """Curves of another run.

    Attributes
    ----------
    name : str
        Names it in the legend.
    blocks : mapping of int to Block
        Blocks of training presentations by the position of their end.
    path : Path or None
        Its folder; None where only the blocks are known.
    slot : int or None
        What it is drawn as (`stdpbench_gui.look.run_lines`); None: by its place among the others.
    live : LiveRun or None
        All that its journal says, once it was read: measures on held-out pictures are in it.
    branch : Path or None
        The branch of it that it is compared with: it goes when neither of the two is shown. None: it stays until
        it is taken away.
    """

    name: str
    blocks: Mapping[int, Block]
    path: Path | None = None
    slot: int | None = None
    live: LiveRun | None = None
    branch: Path | None = None

    @property
    def held_out(self) -> Mapping[int, HeldOut]:
        """Measures on held-out pictures by position; empty until they are read."""
        return self.live.held_out if self.live is not None else {}

    def known(self) -> LiveRun:
        """All that is known of it."""
        return replace(self.live or LiveRun(), blocks=dict(self.blocks))


class Overlays(QObject):
    """The runs that are drawn beside the one that is shown, by name, in the order in which they came.

    Parameters
    ----------
    session : RunSession
        The run that is shown.
    panel : QWidget
        Where they are drawn; while nobody looks at it, no journal is read.
    """

    changed = pyqtSignal()

    def __init__(self, session: RunSession, panel: QWidget) -> None:
        super().__init__(panel)
        self._session, self._panel = session, panel
        self._overlays: dict[str, Overlay] = {}
        self._settled: set[str] = set()
        self._reading = False
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self._look)
        session.opened.connect(self._drop_unrelated)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._overlays)

    def __contains__(self, name: object) -> bool:
        """Whether a run of this name is drawn."""
        return name in self._overlays

    def slots(self) -> list[int]:
        """What the runs of `shown` are drawn as: those that were not told take what is free."""
        shown, taken = self.shown(), {overlay.slot for overlay in self._overlays.values()}
        free = (slot for slot in count() if slot not in taken)
        return [next(free) if overlay.slot is None else overlay.slot for overlay in shown]

    def shown(self) -> list[Overlay]:
        """All but the run that is shown itself."""
        folder = self._session.folder
        return [o for o in self._overlays.values() if folder is None or o.path is None or o.path != folder.path]

    def add(self, overlay: Overlay) -> None:
        """Draw a run as well; one of the same name gives way."""
        self._overlays[overlay.name] = overlay
        self._settled.discard(overlay.name)
        if overlay.path is not None:
            self._timer.start()
        self.changed.emit()

    def _drop_unrelated(self) -> None:
        shown = self._session.folder.path if self._session.folder is not None else None
        for overlay in list(self._overlays.values()):
            if overlay.branch is not None and shown not in (overlay.branch, overlay.path):
                self.remove(overlay.name)

    def remove(self, name: str) -> None:
        """Take a run away."""
        if self._overlays.pop(name, None) is not None:
            self.changed.emit()

    def clear(self) -> None:
        """Take all of them away."""
        self._overlays.clear()
        self._timer.stop()
        self.changed.emit()

    def _look(self) -> None:
        paths = {o.name: o.path for o in self.shown() if o.path is not None and o.name not in self._settled}
        if not paths:
            self._timer.stop()
        if self._reading or not self._panel.isVisible() or not paths:
            return
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
            if len(live.blocks) > len(before.blocks) or len(live.held_out) > len(before.held_out):
                blocks = max(live.blocks, before.blocks, key=len)
                self._overlays[name] = replace(before, blocks=blocks, live=live)
                self.changed.emit()


def _read(paths: Mapping[str, Path]) -> dict[str, tuple[LiveRun, bool]]:
    """What journals say, and whether there is no more to come."""
    found: dict[str, tuple[LiveRun, bool]] = {}
    for name, path in paths.items():
        over = not at_work(path)
        try:
            found[name] = LiveRun.replay(read_journal(path)), over
        except StdpbenchError:  # it was deleted, or is damaged: what there is stays
            found[name] = LiveRun(), True
    return found
