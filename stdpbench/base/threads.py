"""Threads of BLAS, and priorities of threads."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import suppress

_LOWER = 10
_LOWEST = 19


def one_blas_thread() -> None:
    """Restrict BLAS to the calling thread, for the rest of the process.

    The worker threads of BLAS spin for a tenth of a second after each product, waiting for more work. The products
    here are small and computed several times a second, so that a second processor would mostly spin, and the app
    and its run would compete for it. Without such threads, sums also do not depend on the number of
    processors.
    """
    import numpy as np  # noqa: F401 - only libraries that are loaded can be configured
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    threadpool_limits(1, user_api="blas")


def give_way() -> None:
    """Lower the priority of the calling thread, for the rest of its life.

    A run has one thread that simulates, whose speed matters, and others that prepare stimuli or publish results. If
    one of the others woke up while all processors are busy, it would otherwise preempt the simulation.

    Works on Linux only, where threads have separate priorities; elsewhere this does nothing.
    """
    if sys.platform == "linux":
        thread = threading.get_native_id()
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, thread, min(_LOWEST, os.getpriority(os.PRIO_PROCESS, thread) + _LOWER))
