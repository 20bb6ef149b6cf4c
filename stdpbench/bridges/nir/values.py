"""Parameters of nodes of a NIR file, as numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError


def real(node: Any, name: str, what: str) -> NDArray[np.float64]:
    """Return a parameter of a node, float64.

    Raises
    ------
    StdpbenchError
        If it has values that are no real numbers.
    """
    value = np.asarray(getattr(node, what))
    if value.dtype.kind not in "biuf":
        raise StdpbenchError(f"the {what} of {name} must be real numbers, not of type {value.dtype}")
    return value.astype(np.float64)
