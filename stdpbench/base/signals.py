"""Handle signals temporarily; start processes that Ctrl+C does not reach."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from types import FrameType
from typing import Any

_signal = import_module("_signal")
"""C module behind `signal`. It does not convert numbers and handlers to enumerations, which takes 25 µs for a handler
that is a function: a tenth of a presentation."""

Handler = Callable[[int, FrameType | None], object] | signal.Handlers


@contextmanager
def handled(handler: Handler, *numbers: signal.Signals) -> Iterator[None]:
    """Handle signals by `handler` within the block.

    Afterwards the previous handler is restored. A handler installed from C, as by a program that embeds Python, cannot
    be restored from Python, so it stays in place throughout. Outside the main thread, where Python installs no
    handlers, nothing changes.

    Parameters
    ----------
    handler : callable, or signal.SIG_IGN or signal.SIG_DFL
        As for `signal.signal`.
    *numbers : signal.Signals
        Which signals.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: previous for number in numbers if (previous := _signal.getsignal(number)) is not None}
    plain_handler = int(handler) if isinstance(handler, signal.Handlers) else handler
    try:
        for number in before:
            _signal.signal(number, plain_handler)
        yield
    finally:
        for number, previous in before.items():
            _signal.signal(number, previous)


def own_session() -> dict[str, Any]:
    """Return arguments of `subprocess.Popen` for a process that Ctrl+C in the terminal, or closing it, does not reach.

    On Windows it gets a console without a window, which its children share.
    """
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}
