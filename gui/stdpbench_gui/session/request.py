"""A request to the run on display."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Request:
    """A request to the run, with its callbacks."""

    name: str
    arguments: Mapping[str, Any]
    then: Callable[[Any], None] | None
    refused: Callable[[str], None] | None
