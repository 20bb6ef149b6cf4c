"""The moment of a run that the whole window shows: now, or an earlier one of its history or checkpoints."""

from __future__ import annotations

from dataclasses import replace

from PyQt6.QtCore import pyqtSignal

from stdpbench.runs.analysis.slow_motion import with_input
from stdpbench.runs.folder.checkpoints import positions
from stdpbench.runs.folder.history import History, Moment
from stdpbench.runs.folder.past_weights import weights_at
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.protocol.states import State
from stdpbench_gui.session.run_session import PartOfSession, RunSession
from stdpbench_gui.session.timers import timer

_LOOK_MS = 1000


class Timeline(PartOfSession):
    """Chooses the moment that all panels show (`NeuronSelection.moment`), and reads it in a thread.

    Attributes
    ----------
    positions : list of int
        Positions of the moments of the run on display, ascending.
    wanted : int or None
        The chosen position; None: now.
    changed : signal
        The positions, or what is wanted or shown, have changed.
    """

    changed = pyqtSignal()

    def __init__(self, session: RunSession) -> None:
        super().__init__(session)
        self._folder: RunFolder | None = None
        self._reading = self._looking = self._was_running = False
        self._timer = timer(self, self.look, _LOOK_MS)
        session.opened.connect(self._on_opened)
        session.changed.connect(self._on_changed)
        self.positions: list[int] = []
        self.wanted: int | None = None
        self._on_opened()

    @property
    def shown(self) -> Moment | None:
        """The earlier moment that is shown; None: now."""
        return self._session.selection.moment

    @property
    def reading(self) -> bool:
        """Whether the chosen moment is still being read."""
        return self.wanted is not None and (self.shown is None or self.shown.position != self.wanted)

    def go(self, position: int | None) -> None:
        """Show the newest moment up to a position; None: now."""
        if position is not None:
            position = max((at for at in self.positions if at <= position), default=min(self.positions, default=None))
        self.wanted = position
        if position is None:
            self._session.selection.show_moment(None)
        elif not self._reading:
            self._read()
        self.changed.emit()

    def step(self, by: int) -> None:
        """Show a later or an earlier moment; after the last, now."""
        last = len(self.positions)
        place = last if self.wanted is None else self.positions.index(self.wanted)
        place = min(max(0, place + by), last)
        self.go(self.positions[place] if place < last else None)

    def look(self) -> None:
        """Look for new moments, in a thread."""
        folder = self._session.folder
        if folder is None or self._looking:
            return
        self._looking = True

        def find() -> list[int]:
            return sorted({*History(folder.path), *positions(folder.path)})

        def take(found: list[int]) -> None:
            self._looking = False
            if folder is not self._session.folder:
                self.look()
                return
            if not self._session.connected:
                self._timer.stop()
            if found != self.positions:
                self.positions = found
                if self.wanted is not None and self.wanted not in found:  # rewound, or thinned out
                    self.go(self.wanted)
                self.changed.emit()
            if found and not self._session.connected and not self._session.live.network and self.wanted is None:
                self.go(found[-1])  # the process ended before it could publish weights

        def fail(_: str) -> None:
            self._looking = False

        self._session.work(find, take, failed=fail, owner=self)

    def _read(self) -> None:
        folder, position = self._session.folder, self.wanted
        live, split = self._session.live, self._session.split
        if folder is None or position is None:
            return
        self._reading = True

        def read() -> Moment:
            try:
                moment = History(folder.path)[position]
            except KeyError:
                return weights_at(folder.path, position)
            if not moment.presentation or split is None:
                return moment
            return replace(moment, presentation=with_input(moment.presentation, live, split.train))

        def take(moment: Moment) -> None:
            self._reading = False
            if folder is self._session.folder and self.wanted is not None:
                self._session.selection.show_moment(moment)
                self.changed.emit()
                if self.wanted != position:
                    self._read()

        def fail(reason: str) -> None:
            self._reading = False
            if folder is self._session.folder and self.wanted == position:
                self._session.message.emit(f"Presentation {position} cannot be shown: {reason}")
                self.go(None if self.shown is None else self.shown.position)

        self._session.work(read, take, failed=fail, owner=self)

    def _on_opened(self) -> None:
        same, self._folder = self._folder == self._session.folder, self._session.folder
        self.positions = self.positions if same else []
        self.go(None)
        self.look()
        self._timer.start()

    def _on_changed(self, topics: set[str]) -> None:
        """Go back to now when the run resumes."""
        if "state" in topics:
            before, self._was_running = self._was_running, self._session.state is State.RUNNING
            if self._was_running and not before:
                self.go(None)
                self._timer.start()
            self.look()
