"""Waiting for conditions in tests of the app, long enough for a loaded machine.

The app refreshes by timers and works in threads and processes, so a test waits for each state that it looks at, unless
what it has just called makes that state itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from PyQt6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

W = TypeVar("W", bound=QWidget)

PATIENCE_MS: Final = 200_000
"""How long tests wait; those of pytest-qt would fail after five seconds."""


def waits(qtbot: QtBot, what: Callable[[], object], seconds: int = PATIENCE_MS // 1000) -> None:
    """Process events until a condition holds, or fail."""
    qtbot.waitUntil(lambda: bool(what()), timeout=1000 * seconds)


def kept(widget: W, qtbot: QtBot) -> W:
    """Keep a widget until the end of the test, which closes it; return it."""
    qtbot.addWidget(widget)
    return widget
