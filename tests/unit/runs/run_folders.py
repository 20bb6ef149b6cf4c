"""The type of the fixture that makes run folders without a network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

Make = Callable[..., Path]
