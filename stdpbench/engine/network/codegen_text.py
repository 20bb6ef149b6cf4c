"""Text of Brian2 models: declarations and code, put together from what is declared."""

from __future__ import annotations

import re
from collections.abc import Mapping

from stdpbench.engine.network.values import Value


def declare(values: Mapping[str, Value]) -> str:
    """Return shared parameters as lines of a Brian2 model."""
    return "\n".join(f"{name} : {value.unit} (shared, constant)" for name, value in values.items())


def clean(code: str) -> str:
    """Return the lines of some code without their indentation."""
    return "\n".join(line.strip() for line in code.strip().splitlines())


def replace(code: str, names: Mapping[str, str]) -> str:
    """Return some code with names replaced by others, or by expressions."""
    pattern = re.compile(r"\b(" + "|".join(map(re.escape, names)) + r")\b") if names else None
    return clean(pattern.sub(lambda match: names[match[1]], code) if pattern else code)
