"""How threads share the processors: how many linear algebra has, and which give way."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import suppress

_LOWER = 10
_LOWEST = 19


def one_blas_thread() -> None:
    """Have BLAS compute in the thread that calls it, in this process, from now on.

    BLAS's own threads wait for more work by spinning, for a tenth of a second after each product. The products here
    are small and come several times a second, so a second processor would do little else; the app and the run that
    it shows would take it from each other. Besides, sums do not depend on the number of processors then.
    """
    import numpy as np  # noqa: F401 - what is not loaded cannot be told
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    threadpool_limits(1, user_api="blas")


def give_way() -> None:
    """Have the thread that calls this wait where others of the same processor have work, from now on.

    A run has one thread that simulates, which is what one waits for, and some that work ahead of it or tell what it
    did. When one of these wakes while all processors are at work, the system would let it push the simulation aside.

    Only on Linux, where threads have priorities of their own; elsewhere nothing is done.
    """
    if sys.platform == "linux":
        thread = threading.get_native_id()
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, thread, min(_LOWEST, os.getpriority(os.PRIO_PROCESS, thread) + _LOWER))
