"""Draws views one after the other, each in its own turn of the event loop.

All views share a selection and have to be redrawn together, which would block the window for about three frames.
Between two views, the window handles input and paints.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from PyQt6.QtCore import QObject

from stdpbench_gui.session.timers import timer


class Turns(QObject):
    """A queue of pending draw calls."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._waiting: deque[Callable[[], object]] = deque()
        self._timer = timer(self, self._next, once=True)

    @property
    def busy(self) -> bool:
        """Whether draw calls are pending."""
        return bool(self._waiting)

    def ask(self, draw: Callable[[], object]) -> None:
        """Queue a draw call, unless it is queued already."""
        if draw not in self._waiting:
            self._waiting.append(draw)
        if not self._timer.isActive():
            self._timer.start(0)

    def _next(self) -> None:
        draw = self._waiting.popleft()
        if self._waiting:
            self._timer.start(0)
        draw()
