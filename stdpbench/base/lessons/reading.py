"""Read the declarations of lessons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.files import read_toml
from stdpbench.base.lessons.declaration import Lesson, Question, RunOfLesson, Step

_FOLDER = Path(__file__).parent
_T = TypeVar("_T", Lesson, Question, RunOfLesson, Step)


@cache
def lessons() -> tuple[Lesson, ...]:
    """Return all lessons in their order."""
    found = [read_lesson(file) for file in _FOLDER.glob("*.toml")]
    return tuple(sorted(found, key=lambda lesson: lesson.number))


def read_lesson(file: Path) -> Lesson:
    """Read the file of a lesson.

    Raises
    ------
    StdpbenchError
        If it cannot be read, a key is unknown or missing, or a value has another type.
    """
    table = read_toml(file)
    steps = table.pop("steps", [])
    if not isinstance(steps, list) or not steps:
        raise StdpbenchError(f"{file.name}: a lesson needs a list of steps")
    made: dict[str, Any] = {
        "steps": tuple(_made(Step, step, f"{file.name}, step {n}") for n, step in enumerate(steps, 1)),
        "question": _made(Question, table.pop("question", {}), f"{file.name}, question"),
    }
    if "run" in table:
        made["run"] = _made(RunOfLesson, table.pop("run"), f"{file.name}, run")
    return _made(Lesson, {**table, **made, "name": file.stem}, file.name)


def _made(kind: type[_T], table: object, where: str) -> _T:
    """Return a declaration from a table of the file."""
    if not isinstance(table, Mapping):
        raise StdpbenchError(f"{where}: expected a table, got {table!r}")
    known = {one.name: one for one in fields(kind)}
    if unknown := sorted(set(table) - set(known)):
        raise StdpbenchError(f"{where}: unknown key {unknown[0]!r}; known keys are {', '.join(known)}")
    for name, one in known.items():
        if name not in table and one.default is MISSING and one.default_factory is MISSING:
            raise StdpbenchError(f"{where}: the key {name!r} is missing")
    for name, value in table.items():
        expected = _TYPES.get(str(known[name].type), object)
        if not isinstance(value, expected) or (isinstance(value, bool) and expected is not bool):
            raise StdpbenchError(f"{where}: {name} must be of type {known[name].type}, not {value!r}")
    values: dict[str, Any] = {
        name: value.strip() if isinstance(value, str) else value for name, value in table.items()
    }
    return kind(**values)


_TYPES: Mapping[str, Any] = {
    "str": str,
    "int": int,
    "bool": bool,
    "float": (int, float),
    "Mapping[str, Any]": Mapping,
}
