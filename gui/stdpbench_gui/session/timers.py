"""Timers with interval and slot, made in one call."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QObject, QTimer


def timer(owner: QObject, due: Callable[[], object], ms: int = 0, *, once: bool = False) -> QTimer:
    """Return a timer that has not been started; it calls `due` every `ms`, or `once` after each start."""
    made = QTimer(owner)
    made.setSingleShot(once)
    made.setInterval(ms)
    made.timeout.connect(due)
    return made
