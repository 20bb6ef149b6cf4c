"""Time that the thread of the window has been busy in the current turn of its event loop.

A turn handles all events and timers that are due, one after the other. Someone who clicks waits for all of them.
"""

from __future__ import annotations

import time

from PyQt6.QtCore import QAbstractEventDispatcher, QObject


class Turn(QObject):
    """The current turn of the event loop.

    Parameters
    ----------
    parent : QObject
        Owner.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._begun = time.thread_time()
        dispatcher = QAbstractEventDispatcher.instance()
        assert dispatcher is not None  # there is an application
        dispatcher.awake.connect(self._begin)

    @property
    def spent(self) -> float:
        """CPU time of the turn so far, in s."""
        return time.thread_time() - self._begun

    def _begin(self) -> None:
        self._begun = time.thread_time()
