"""Views that are drawn one after the other, each in a turn of the event loop of its own.

All views follow the same selection and have to be drawn at once; together they would hold the window for as long as
three frames take. Between two of them it hears the keyboard and paints.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from PyQt6.QtCore import QObject, QTimer


class Turns(QObject):
    """A queue of what is to be drawn."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._waiting: deque[Callable[[], object]] = deque()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._next)

    @property
    def busy(self) -> bool:
        """Whether something waits."""
        return bool(self._waiting)

    def ask(self, draw: Callable[[], object]) -> None:
        """Have something drawn, once, after all that waits already."""
        if draw not in self._waiting:
            self._waiting.append(draw)
        if not self._timer.isActive():
            self._timer.start(0)

    def _next(self) -> None:
        draw = self._waiting.popleft()
        if self._waiting:
            self._timer.start(0)
        draw()
