"""Shared parameters of the Brian2 model: values in SI units, and the names that Brian2 allows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from stdpbench.declare.parameters import Parameters

_UNITS = {"": "1", "ms": "second", "s": "second", "mV": "volt", "V": "volt", "Hz": "Hz"}
_UNITS |= {"pF": "farad", "nS": "siemens", "nA": "amp", "pA": "amp"}


def brian_name(name: str) -> str:
    """Return the name of a parameter in the Brian2 model, which reserves the endings ``_pre`` and ``_post``."""
    return f"{name}_rate" if name.endswith(("_pre", "_post")) else name


@dataclass(frozen=True)
class Value:
    """A shared parameter of the Brian2 model.

    Attributes
    ----------
    si : float
        Its value in SI units.
    unit : str
        Its unit in Brian2.
    """

    si: float
    unit: str = "1"


def values_of(declared: Parameters) -> dict[str, Value]:
    """Return all parameters with a unit, by name."""
    units = {parameter.name: parameter.unit for parameter in declared.describe()}
    return {name: Value(si, _UNITS[units[name] or ""]) for name, si in declared.quantities().items()}


def in_si(values: Mapping[str, Mapping[str, Value]]) -> dict[str, dict[str, float]]:
    """Return the values of parameters, SI units, by group and name."""
    return {group: {name: value.si for name, value in parameters.items()} for group, parameters in values.items()}


def words_of(code: str) -> set[str]:
    """Return all names in a piece of code."""
    return set(re.findall(r"\w+", code))
