"""Arguments of calls, converted to plain types that a request or a file can hold."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import Any

import numpy as np

from stdpbench.base.errors import StdpbenchError


def whole_number(number: Any, what: str) -> int:
    """Convert a whole number of any type to int."""
    try:
        return operator.index(number)
    except TypeError:
        raise StdpbenchError(f"{what} must be a whole number, not {number!r}") from None


def plain_values(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Convert values to types that a file can hold: NumPy numbers become Python numbers."""
    if not isinstance(changes, Mapping):
        raise StdpbenchError(f"changes must be a dict of values by dotted path, not {changes!r}")
    return {path: value.item() if isinstance(value, np.generic) else value for path, value in changes.items()}
