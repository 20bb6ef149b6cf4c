"""Handle signals for a while, and put back whatever handled them before; start processes that no Ctrl+C reaches."""

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
"""What `signal` wraps. Its functions do not look for enumerations that numbers and handlers may belong to, which takes
25 µs for a handler that belongs to none: a tenth of a presentation."""

Handler = Callable[[int, FrameType | None], object] | signal.Handlers


@contextmanager
def handled(handler: Handler, *numbers: signal.Signals) -> Iterator[None]:
    """Handle signals by `handler` within the block.

    Afterwards each signal is handled as before: by Python code, ignored, or by the system. A handler that was
    installed from C, as a program that embeds Python may do, cannot be put back from Python, so it stays in place
    throughout. Outside the main thread, where Python installs no handlers, nothing changes.

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
    before = {number: known for number in numbers if (known := _signal.getsignal(number)) is not None}
    given = int(handler) if isinstance(handler, signal.Handlers) else handler
    try:
        for number in before:
            _signal.signal(number, given)
        yield
    finally:
        for number, known in before.items():
            _signal.signal(number, known)


def own_session() -> dict[str, Any]:
    """Arguments of `subprocess.Popen` for a process that Ctrl+C in the terminal, and closing it, do not reach.

    On Windows it gets a console of its own, without a window, and its children get the same one.
    """
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}
