"""Filter and sort runs by columns: filters, comparison of values, and formatting of values."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, TypeVar

from stdpbench.base.errors import StdpbenchError, nearest
from stdpbench.runs.protocol.states import State

T = TypeVar("T")
_FILTER = re.compile(r"\s*([\w.-]+)\s*(<=|>=|!=|=|<|>)\s*(.*?)\s*", re.DOTALL)
_QUANTITY = re.compile(r"([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)(?:\s+(\S+))?")
_WILDCARD = re.compile(r"[*?\[]")
_STATES = (*(str(state) for state in State), "damaged")


@dataclass(frozen=True)
class Filter:
    """A condition on a column.

    Attributes
    ----------
    column : str
        Name of the column.
    operator : str
        ``=``, ``!=``, ``<``, ``<=``, ``>`` or ``>=``.
    value : str
        Value to compare with: a number, a quantity in the unit of the file, or a text, in which ``*`` and ``?`` are
        wildcards; ``none`` matches a missing value. One of several tags must match.
    """

    column: str
    operator: str
    value: str

    @classmethod
    def parse(cls, text: str) -> Filter:
        """Read a filter, such as ``state=finished``, ``vote>=0.9`` or ``plasticity.nu_post=0.02``.

        Raises
        ------
        StdpbenchError
            If the filter or the state in it is invalid.
        """
        match = _FILTER.fullmatch(text)
        if match is None:
            raise StdpbenchError(f"invalid filter {text!r}: expected COLUMN=VALUE, such as state=finished or vote>0.9")
        column, operator, value = match.groups()
        if column == "state" and operator in ("=", "!=") and not _WILDCARD.search(value) and value not in _STATES:
            near = nearest(value, _STATES)
            hint = f"did you mean {near!r}?" if near else f"states are {', '.join(_STATES)}"
            raise StdpbenchError(f"there is no state {value!r}; {hint}")
        return cls(column, operator, value)

    @property
    def fits_numbers(self) -> bool:
        """Whether the value fits columns of numbers: a number, a text with wildcards, or a missing value."""
        return self.value in ("", "none") or bool(quantity(self.value) or _WILDCARD.search(self.value))

    def passes(self, value: Any) -> bool:
        """Return whether a value satisfies the condition; a missing value differs from every value."""
        if self.operator in ("=", "!="):
            return self._equals(value) == (self.operator == "=")
        quantity_, limit = quantity(value), quantity(self.value)
        if limit is None:
            mine_text, wanted_text = value_text(value), self.value  # times, names
            return bool(mine_text) and _holds(self.operator, (mine_text > wanted_text) - (mine_text < wanted_text))
        if quantity_ is None or (limit[1] and quantity_[1] != limit[1]):
            return False
        return _holds(self.operator, (quantity_[0] > limit[0]) - (quantity_[0] < limit[0]))

    def _equals(self, value: Any) -> bool:
        if value is None or value in ("", ()):
            return self.value in ("", "none")
        if isinstance(value, tuple):  # tags
            return any(self._equals(tag) for tag in value)
        mine, wanted = quantity(value), quantity(self.value)
        if mine is not None and wanted is not None:
            return mine[0] == wanted[0] and (not wanted[1] or mine[1] == wanted[1])
        return fnmatchcase(value_text(value), self.value)


def _holds(operator: str, sign: int) -> bool:
    return {"<": sign < 0, "<=": sign <= 0, ">": sign > 0, ">=": sign >= 0}[operator]


def quantity(value: Any) -> tuple[float, str] | None:
    """Return number and unit of a number or of a text such as ``"20 ms"``; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value), ""
    match = _QUANTITY.fullmatch(value) if isinstance(value, str) else None
    return None if match is None else (float(match[1]), match[2] or "")


def order(items: Iterable[T], key: Callable[[T], Any], descending: bool = False) -> list[T]:
    """Sort by values of any type: quantities by number, then texts; missing values come last in either direction."""
    present: list[tuple[tuple[int, float, str], T]] = []
    missing: list[T] = []
    for item in items:
        value = key(item)
        if value is None or value in ("", ()):
            missing.append(item)
            continue
        number = quantity(value)
        present.append(((1, 0.0, value_text(value)) if number is None else (0, number[0], number[1]), item))
    present.sort(key=lambda pair: pair[0], reverse=descending)
    return [*(item for _, item in present), *missing]


def value_text(value: Any) -> str:
    """Format a value for display; None gives an empty text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list | tuple):
        return ", ".join(value_text(item) for item in value)
    return str(value)
