"""A progress bar that looks unlike a full one while nobody knows how much there is to do."""

from __future__ import annotations

import time

from PyQt6.QtCore import QRectF, QTimer
from PyQt6.QtGui import QColor, QPainter, QPaintEvent
from PyQt6.QtWidgets import QProgressBar

from stdpbench_gui.look import theme
from stdpbench_gui.look.motion import motion

_HEIGHT = 6
_SHARE = 0.2  # of the width that the moving piece takes
_LAP = 1.6  # s that it takes from left to right
_STEP_MS = 40
_DASHES = 12  # where nothing moves


class ProgressBar(QProgressBar):
    """With the range 0 to 0, a short piece moves along the bar; with reduced motion, it is dashed.

    Qt's own style draws that as a full bar with faint stripes, which cannot be seen in little height.

    Parameters
    ----------
    name : str
        What the bar shows, for screen readers.
    thin : bool
        Whether it is a line without a percentage.
    """

    def __init__(self, name: str, *, thin: bool = True) -> None:
        super().__init__()
        self.setAccessibleName(name)
        if thin:
            self.setTextVisible(False)
            self.setFixedHeight(_HEIGHT)
        self._next = QTimer(self)
        self._next.setSingleShot(True)
        self._next.setInterval(_STEP_MS)
        self._next.timeout.connect(self.update)

    def pieces(self) -> list[tuple[float, float]]:
        """What is filled while the range is 0 to 0: left and right ends, as shares of the width."""
        if motion.reduced:
            return [((k + 0.25) / _DASHES, (k + 0.75) / _DASHES) for k in range(_DASHES)]
        left = (1 + _SHARE) * (time.monotonic() % _LAP) / _LAP - _SHARE
        return [(max(0.0, left), min(1.0, left + _SHARE))]

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Paint how far it is, or that nobody knows."""
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
