"""Results of threads for whoever is still there to take them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from PyQt6 import sip
from PyQt6.QtCore import QObject

T = TypeVar("T")


def alive(owner: QObject, take: Callable[[T], object]) -> Callable[[T], None]:
    """A function that calls another one, unless its owner is gone: a window may close while a thread reads."""

    def taken(result: T) -> None:
        if not sip.isdeleted(owner):
            take(result)

    return taken
