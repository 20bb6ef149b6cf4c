"""Distributions of a search."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from stdpbench.base import units
from stdpbench.base.errors import StdpbenchError
from stdpbench.declare.parameters import unknown_key

Kind = Literal["uniform", "loguniform", "int", "choice"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True)
class Distribution:
    """Distribution of one parameter.

    Attributes
    ----------
    kind : {"uniform", "loguniform", "int", "choice"}
        Uniform between two bounds, log-uniform between two bounds, an integer between two bounds (both included), or
        one item of a list.
    low, high : float
        Bounds, in the unit of the parameter; 0 for a choice.
    choices : tuple
        Items of a choice; empty for the others.
    """

    kind: Kind
    low: float = 0.0
    high: float = 0.0
    choices: tuple[Any, ...] = ()

    @property
    def ends(self) -> tuple[Any, ...]:
        """Extreme values: both bounds, or every choice."""
        if self.kind == "choice":
            return self.choices
        return (int(self.low), int(self.high)) if self.kind == "int" else (self.low, self.high)

    def to_mapping(self) -> dict[str, Any]:
        """Return its table as in the file of a sweep, with bounds in the unit of the parameter."""
        return {self.kind: list(self.ends)}

    def draw(self, random: np.random.Generator) -> Any:
        """Draw a value with a generator: float, int, or one of the choices."""
        if self.kind == "choice":
            return self.choices[int(random.integers(len(self.choices)))]
        if self.kind == "int":
            return int(random.integers(int(self.low), int(self.high) + 1))
        if self.kind == "loguniform":
            return math.exp(random.uniform(math.log(self.low), math.log(self.high)))
        return float(random.uniform(self.low, self.high))


def read_distribution(table: Any, where: str, unit: str | None) -> Distribution:
    """Read ``{ uniform = [1, 2] }`` and the like.

    Parameters
    ----------
    table : Any
        Value in the file.
    where : str
        Dotted path, for error messages.
    unit : str or None
        Unit of the parameter, also of bounds given without a unit; None if it has none.

    Raises
    ------
    StdpbenchError
        If it is not a distribution.
    """
    example = "such as { uniform = [1, 2] }"
    if not isinstance(table, Mapping) or len(table) != 1:
        raise StdpbenchError(f"{where} must be a table with one of {', '.join(KINDS)}, {example}, not {table!r}")
    kind, values = next(iter(table.items()))
    if kind not in KINDS:
        raise unknown_key(kind, dict.fromkeys(KINDS), where)
    where = f"{where}.{kind}"
    if not isinstance(values, list):
        raise StdpbenchError(f"{where} must be a list, not {values!r}")
    if kind == "choice":
        if not values:
            raise StdpbenchError(f"{where} is empty; it must list what to choose from")
        return Distribution(kind, choices=tuple(values))
    if len(values) != 2:
        raise StdpbenchError(f"{where} must be a list of two bounds, not {values!r}")
    low, high = (_bound(value, where, unit) for value in values)
    if not low < high:
        raise StdpbenchError(f"{where}: the lower bound must be less than the upper one, not {values!r}")
    if kind == "loguniform" and low <= 0:
        raise StdpbenchError(f"{where}: the lower bound must be more than 0, not {values[0]!r}")
    if kind == "int" and not (low.is_integer() and high.is_integer()):
        raise StdpbenchError(f"{where}: the bounds must be whole numbers, not {values!r}")
    return Distribution(kind, low, high)


def _bound(value: Any, where: str, unit: str | None) -> float:
    try:
        number = value if unit is None else units.read(value, unit)
    except StdpbenchError as error:
        raise StdpbenchError(f"{where}: {error}") from None
    if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
        raise StdpbenchError(f"{where}: a bound must be a number, not {value!r}")
    return float(number)
