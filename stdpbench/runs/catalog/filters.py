"""Filter and sort runs by columns: filters, comparison of values, and formatting of values."""

from __future__ import annotations

import operator as operators
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, TypeVar

from stdpbench.base.errors import StdpbenchError, nearest
from stdpbench.runs.protocol.states import State

T = TypeVar("T")
_FILTER = re.compile(r"\s*([\w.-]+)\s*(<=|>=|!=|=|<|>)\s*(.*?)\s*", re.DOTALL)
_QUANTITY = re.compile(r"([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)(?:\s+(\S+))?")
_WILDCARD = re.compile(r"[*?\[]")
_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operators.lt,
    "<=": operators.le,
    ">": operators.gt,
    ">=": operators.ge,
}
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
        compare, limit = _COMPARISONS[self.operator], quantity(self.value)
        if limit is None:  # times, names
            text = value_text(value)
            return bool(text) and compare(text, self.value)
        measured = quantity(value)
        if measured is None or (limit[1] and measured[1] != limit[1]):
            return False
        return compare(measured[0], limit[0])

    def _equals(self, value: Any) -> bool:
        if value is None or value in ("", ()):
            return self.value in ("", "none")
        if isinstance(value, tuple):  # tags
            return any(self._equals(tag) for tag in value)
        mine, wanted = quantity(value), quantity(self.value)
        if mine is not None and wanted is not None:
            return mine[0] == wanted[0] and (not wanted[1] or mine[1] == wanted[1])
        return fnmatchcase(value_text(value), self.value)


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
    values = [(key(item), item) for item in items]
    present = [(_sort_key(value), item) for value, item in values if value not in (None, "", ())]
    present.sort(key=lambda pair: pair[0], reverse=descending)
    return [*(item for _, item in present), *(item for value, item in values if value in (None, "", ()))]


def _sort_key(value: Any) -> tuple[int, float, str]:
    number = quantity(value)
    return (1, 0.0, value_text(value)) if number is None else (0, *number)


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
