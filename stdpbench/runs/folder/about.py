"""Check the description of a run in the first line of its journal: identity, command, options, versions, machine.

This module has no expensive imports, since a list of runs may read a thousand journals.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.files import parse_json, read_regular

FORMAT = 2
"""Number of the format of run folders."""
_EXPECTED: Mapping[Any, str] = {str: "text", bool: "true or false", int: "a whole number from 0 to 2^63 - 1"}
_SHOWN = 40  # characters of a value shown in a message
_ORIGIN = {"id": str, "name": str, "at": int, "remark": str}
_TYPES: Mapping[str, Any] = {
    "id": str,
    "command": str,
    "started": str,
    "queue": str,
    "digest": str,
    "validation": bool,
    "options": {
        "workers": int,
        "simulator": (str, None),
        "validation": bool,
        "baselines": bool,
        "checkpoint_every": int,
        "history": bool,
    },
    "versions": {"": str},
    "host": {"system": str, "processor": str, "cpus": (int, None)},
    "parent": _ORIGIN,
    "from": _ORIGIN,
    "nir": {"file": str, "remark": str},
    "weights": {"file": str, "remark": str},
    "weights_origin": str,
    "reproduces": _ORIGIN,
    "sweep": {"name": str, "arm": str},
}
"""Type of each value: a type, a table by key (``""``: any key), or alternatives. Unknown keys are accepted."""


def read_table(path: Path) -> dict[str, Any]:
    """Read a JSON file that contains a table.

    Raises
    ------
    StdpbenchError
        If it cannot be read, or contains anything else.
    """
    try:
        value = parse_json(read_regular(path))
    except OSError as error:
        raise StdpbenchError(f"{path} cannot be read: {error.strerror}") from None
    except json.JSONDecodeError as error:
        raise StdpbenchError(f"{path} is damaged: invalid JSON, in line {error.lineno}") from None
    except (ValueError, RecursionError):
        raise StdpbenchError(f"{path} is damaged: invalid JSON") from None
    if not isinstance(value, dict):
        raise StdpbenchError(f"{path} does not contain a table")
    return value


def check_about(about: Mapping[str, Any]) -> None:
    """Check the type of every value in the description of a run.

    Raises
    ------
    StdpbenchError
        If a value has the wrong type; the message names the value.
    """
    if problem := _problem(about, _TYPES, ""):
        raise StdpbenchError(problem)


def _problem(value: Any, expected: Any, name: str) -> str:
    """Return a clause that describes a value of the wrong type; empty if the type is right."""
    if isinstance(expected, tuple):
        return "" if value is None else _problem(value, expected[0], name)
    if not isinstance(expected, Mapping):
        return "" if _has_type(value, expected) else f"{name} should be {_EXPECTED[expected]}, not {_short(value)}"
    if not isinstance(value, Mapping):
        return f"{name} should be a table, not {_short(value)}"
    for key, inner in value.items():
        type_ = expected.get(key, expected.get(""))
        inner_name = f"{name}.{key}" if name else key
        if type_ is not None and (problem := _problem(inner, type_, inner_name)):
            return problem
    return ""


def _has_type(value: Any, expected: type) -> bool:
    if expected is str:
        return isinstance(value, str) and is_text(value)
    if expected is int:
        return type(value) is int and 0 <= value < 2**63
    return isinstance(value, expected)


def is_text(value: str) -> bool:
    """Return whether a string can be encoded as UTF-8: JSON and file names may contain unpaired surrogates."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _short(value: Any) -> str:
    if isinstance(value, list | Mapping):
        return "a list" if isinstance(value, list) else "a table"
    text = json.dumps(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
