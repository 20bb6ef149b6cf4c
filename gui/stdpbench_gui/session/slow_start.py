"""A run that starts slowly, so that its first pictures can be followed, and reaches full speed by steps."""

from __future__ import annotations

from PyQt6.QtCore import QObject

from stdpbench_gui.session.run_session import RunSession

STEPS = ((0, 1 / 3), (12, 0.1), (60, 1 / 30), (180, 0.0))
"""Training presentations, and the minimum time of each from there on, s; 0: full speed."""


class SlowStart(QObject):
    """Limits the speed of the next run that is opened, until its first presentations are over.

    Parameters
    ----------
    session : RunSession
        The current run.
    """

    def __init__(self, session: RunSession) -> None:
        super().__init__(session)
        self._session = session
        self._waits_for = ""
        self._step = -1  # of `STEPS`; -1: not slow
        session.opened.connect(self._on_opened)
        session.changed.connect(self._on_changed)

    @property
    def active(self) -> bool:
        """Whether the run is slow because of its start."""
        return self._step >= 0

    def words(self) -> str:
        """Say until when the run is slow; empty if it is not."""
        return f"slow start, until picture {STEPS[-1][0]}" if self.active else ""

    def arm(self, name: str) -> None:
        """Let the next run start slowly, if it is one of the experiment of this name."""
        self._waits_for = name

    def cancel(self) -> None:
        """Leave the speed to the user."""
        self._step = -1

    def lift(self) -> None:
        """Go on at full speed."""
        if self.active:
            self._step = -1
            self._ask(STEPS[-1][1])

    def _on_opened(self) -> None:
        folder, name = self._session.folder, self._waits_for
        self._waits_for, self._step = "", -1
        if name and folder is not None and folder.path.name.startswith(f"{name}-seed"):
            self._step = 0
            self._ask(STEPS[0][1])

    def _on_changed(self, topics: set[str]) -> None:
        if not self.active or "progress" not in topics:
            return
        progress = self._session.live.progress
        if progress.get("phase") not in ("train", None):
            self.cancel()
            return
        step = max(n for n, (first, _) in enumerate(STEPS) if first <= progress.get("done", 0))
        if step > self._step:
            self._step = step if step < len(STEPS) - 1 else -1
            self._ask(STEPS[step][1])

    def _ask(self, seconds: float) -> None:
        self._session.request("pace", refused=lambda _: self.cancel(), seconds=seconds)
