"""How tests of the app wait: for what shall become true, long enough for a machine that does much else."""

from __future__ import annotations

from collections.abc import Callable

from pytestqt.qtbot import QtBot


def waits(qtbot: QtBot, what: Callable[[], object], seconds: int = 100) -> None:
    """Let the app work until something is true, or fail."""
    qtbot.waitUntil(lambda: bool(what()), timeout=1000 * seconds)
