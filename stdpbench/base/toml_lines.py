"""TOML beyond tomllib: line numbers of keys for error messages, flat tables, and compact output."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import tomli_w

_PART = r"""(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')"""
_PATH = rf"{_PART}(?:\s*\.\s*{_PART})*"
_HEADER = re.compile(rf"\s*(\[\[?)\s*({_PATH})\s*\]")
_KEY = re.compile(rf"\s*({_PATH})\s*=")
_NAMED = re.compile(r"\w+(?:[.-]\w+)*")


class Lines:
    """Line numbers of the keys of a TOML file.

    Parameters
    ----------
    text : str
        Valid TOML.
    """

    def __init__(self, text: str) -> None:
        self._keys: dict[str, int] = {}
        self._tables: dict[str, int] = {}
        table, counts = "", Counter[str]()
        for number, line in _outside_long_texts(text):
            if match := _HEADER.match(line):
                table = _dotted(match[2])
                if match[1] == "[[":
                    counts[table] += 1
                    table = f"{table}.{counts[table]}"
                self._tables.setdefault(table, number)
            elif match := _KEY.match(line):
                path = _dotted(match[1])
                self._keys.setdefault(f"{table}.{path}" if table else path, number)

    def of(self, path: str) -> int | None:
        """Return the line of a dotted path, from 1; elements of a list of tables are numbered: ``arm.2.label``.

        For a key of an inline table, return the line on which the table begins, and for a table below another one that
        of its header; None if the file lacks the path.
        """
        if "." in path and path in self._tables:
            return self._tables[path]
        while path:
            if path in self._keys:
                return self._keys[path]
            path = path.rpartition(".")[0]
        return None

    def of_sentence(self, sentence: str, below: str = "") -> int | None:
        """Return the line of the first path of the file that a sentence names, or of the table that it begins with.

        With `below`, look up paths in that table, and return the line of its header if it has none of them.
        """
        names = [f"{below}.{name}" if below else name for name in _NAMED.findall(sentence)]
        lines = (line for name in names if (line := self.of(name)) is not None)
        return next(lines, None) or self._tables.get(below or (names[0] if names else ""))


def located(sentence: str, line: int | None, file: str) -> str:
    """Return a sentence with the file, and the line if known, in front."""
    return f"{file}: {sentence}" if line is None else f"{file}, line {line}: {sentence}"


def _dotted(path: str) -> str:
    return ".".join(part.strip().strip("\"'") for part in re.findall(_PART, path))


def _outside_long_texts(text: str) -> Iterator[tuple[int, str]]:
    """Yield number and text of the lines that do not begin inside a multi-line string."""
    delimiter = ""
    for number, line in enumerate(text.splitlines(), 1):
        begins_inside = bool(delimiter)
        for token in re.findall(r'"""|\'\'\'', line):
            delimiter = "" if token == delimiter else delimiter or token
        if not begins_inside:
            yield number, line


def flat(mapping: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested tables as one table, with dotted paths as keys."""
    result: dict[str, Any] = {}
    for key, value in mapping.items():
        result |= flat(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {f"{prefix}{key}": value}
    return result


def put(tables: dict[str, Any], path: str, value: Any) -> None:
    """Set a value in nested tables by its dotted path, or remove it if it is None; inner tables are copied.

    Missing tables are added, and empty ones are removed.
    """
    name, _, rest = path.partition(".")
    if rest:
        inner = dict(tables.get(name, {}))
        put(inner, rest, value)
        value = inner or None
    if value is None:
        tables.pop(name, None)
    else:
        tables[name] = value


_WIDTH = 119
_BARE = re.compile(r"[A-Za-z0-9_-]+")


def compact(tables: Mapping[str, Any], above: str = "") -> str:
    """Return nested tables as TOML; a table without nested tables is one line if it fits.

    Parameters
    ----------
    tables : mapping of str to Any
        The tables.
    above : str
        Dotted path of the enclosing table; empty for the top level, where each table gets a header.
    """
    lines, below = list[str](), list[str]()
    for key, value in tables.items():
        name = key if _BARE.fullmatch(key) else tomli_w.dumps({key: 0}).rpartition(" = ")[0]
        line = f"{name} = {_inline(value)}"
        if isinstance(value, Mapping) and (not above or not value or len(line) > _WIDTH or _has_tables(value)):
            below.append(compact(value, f"{above}.{name}" if above else name))
        else:
            lines.append(line)
    if above and (lines or not below):
        lines.insert(0, f"[{above}]")
    return "\n".join(["".join(f"{line}\n" for line in lines), *below] if lines else below)


def _has_tables(table: Mapping[str, Any]) -> bool:
    return any(isinstance(value, Mapping) for value in table.values())


def _inline(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_inline(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_inline(item) for item in value) + "]"
    return tomli_w.dumps({"x": value}).removeprefix("x = ").rstrip("\n")
