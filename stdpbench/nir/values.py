"""What a NIR file holds, as numbers and as text to be shown."""

from __future__ import annotations

import unicodedata
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.errors import StdpbenchError


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


def printable(text: str) -> str:
    """Return a text in which control characters are written as in Python, so that no terminal obeys them."""
    return "".join(
        each.encode("unicode_escape").decode()
        if unicodedata.category(each) in ("Cc", "Cf", "Cs", "Zl", "Zp")
        else each
        for each in text
    )
