"""A progress bar whose indeterminate state differs clearly from a full bar."""

from __future__ import annotations

import time

from PyQt6.QtCore import QRectF
from PyQt6.QtGui import QColor, QPainter, QPaintEvent
from PyQt6.QtWidgets import QProgressBar

from stdpbench_gui.look import theme
from stdpbench_gui.look.motion import motion
from stdpbench_gui.session.timers import timer

_HEIGHT = 6
_SHARE = 0.2  # width of the moving piece, as a share of the bar
_LAP = 1.6  # s from left to right
_STEP_MS = 40
_DASHES = 12  # with reduced motion


class ProgressBar(QProgressBar):
    """While indeterminate (range 0 to 0), a short piece moves along the bar; with reduced motion, the bar is dashed.

    Qt's own style draws a full bar with faint stripes, which are invisible on a thin bar.

    Parameters
    ----------
    name : str
        Name for screen readers.
    thin : bool
        Whether it is a thin line without a percentage.
    """

    def __init__(self, name: str, *, thin: bool = True) -> None:
        super().__init__()
        self.setAccessibleName(name)
        if thin:
            self.setTextVisible(False)
            self.setFixedHeight(_HEIGHT)
        self._next = timer(self, self.update, _STEP_MS, once=True)

    def show_part(self, done: int, total: int) -> None:
        """Show how much is done; a total of 0: it is not known."""
        self.setRange(0, total)
        self.setValue(done)

    def pieces(self) -> list[tuple[float, float]]:
        """Return the filled pieces of the indeterminate bar: left and right ends as shares of the width."""
        if motion.reduced:
            return [((k + 0.25) / _DASHES, (k + 0.75) / _DASHES) for k in range(_DASHES)]
        left = (1 + _SHARE) * (time.monotonic() % _LAP) / _LAP - _SHARE
        return [(max(0.0, left), min(1.0, left + _SHARE))]

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Paint the progress, or the indeterminate state."""
        if self.minimum() != 0 or self.maximum() != 0:
            super().paintEvent(event)
            return
        painter, colours = QPainter(self), theme.current()
        painter.fillRect(self.rect(), QColor(colours.line))
        for left, right in self.pieces():
            piece = QRectF(left * self.width(), 0, (right - left) * self.width(), self.height())
            painter.fillRect(piece, QColor(colours.accent))
        painter.end()
        if not motion.reduced:
            self._next.start()
