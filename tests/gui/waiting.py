"""Waiting for conditions in tests of the app, long enough for a loaded machine."""

from __future__ import annotations

from collections.abc import Callable

from pytestqt.qtbot import QtBot


def waits(qtbot: QtBot, what: Callable[[], object], seconds: int = 100) -> None:
    """Process events until a condition holds, or fail."""
    qtbot.waitUntil(lambda: bool(what()), timeout=1000 * seconds)
