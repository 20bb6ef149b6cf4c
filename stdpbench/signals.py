"""Handle signals for a while, and put back whatever handled them before."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

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
    before = {number: known for number in numbers if (known := signal.getsignal(number)) is not None}
    try:
        for number in before:
            signal.signal(number, handler)
        yield
    finally:
        for number, known in before.items():
            signal.signal(number, known)
