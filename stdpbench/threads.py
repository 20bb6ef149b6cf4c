"""How many threads of linear algebra a process has."""

from __future__ import annotations


def one_blas_thread() -> None:
    """Have BLAS compute in the thread that calls it, in this process, from now on.

    BLAS's own threads wait for more work by spinning, for a tenth of a second after each product. The products here
    are small and come several times a second, so a second processor would do little else; the app and the run that
    it shows would take it from each other. Besides, sums do not depend on the number of processors then.
    """
    import numpy as np  # noqa: F401 - what is not loaded cannot be told
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    threadpool_limits(1, user_api="blas")
