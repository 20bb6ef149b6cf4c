"""The one place where brian2 is imported, and kept from changing the process.

Importing brian2 replaces ``sys.excepthook`` and, in the main thread, the handler of SIGINT; both are put back, so
that an error of this program is not reported as one of Brian2, and Ctrl+C stays what the program made it.
"""

from __future__ import annotations

import signal
import sys
import threading

_hook = sys.excepthook
_handler = signal.getsignal(signal.SIGINT)

import brian2  # noqa: E402 - what is to be put back must be read first
from brian2.devices.cpp_standalone.codeobject import CPPStandaloneCodeObject  # noqa: E402
from brian2.devices.cpp_standalone.device import CPPStandaloneDevice  # noqa: E402
from brian2.devices.device import all_devices, get_device, reset_device  # noqa: E402
from brian2.groups.group import CodeRunner  # noqa: E402

sys.excepthook = _hook
if threading.current_thread() is threading.main_thread() and _handler is not None:
    signal.signal(signal.SIGINT, _handler)

__all__ = [
    "CPPStandaloneCodeObject",
    "CPPStandaloneDevice",
    "CodeRunner",
    "all_devices",
    "brian2",
    "get_device",
    "reset_device",
]
