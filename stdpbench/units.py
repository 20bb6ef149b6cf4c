"""Physical units of parameters, as people write them: ``"25 ms"``, ``"-65 mV"``, ``"63.75 Hz"``.

A parameter is stored as a plain float in the unit that its declaration names, so that a file, a form and a plot
show the same figure. `read` accepts any unit of the same dimension; `to_si` gives the value that Brian2 works with.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal

from stdpbench.errors import StdpbenchError

_UNITS: dict[str, tuple[str, str]] = {
    "": ("dimensionless", "1"),
    "s": ("time", "1"),
    "ms": ("time", "1e-3"),
    "us": ("time", "1e-6"),
    "min": ("time", "60"),
    "V": ("voltage", "1"),
    "mV": ("voltage", "1e-3"),
    "uV": ("voltage", "1e-6"),
    "pF": ("capacitance", "1e-12"),
    "nS": ("conductance", "1e-9"),
    "nA": ("current", "1e-9"),
    "pA": ("current", "1e-12"),
    "Hz": ("rate", "1"),
    "kHz": ("rate", "1e3"),
    "px": ("pixels", "1"),
}
_QUANTITY = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*([A-Za-zµμ]*)\s*")


def read(value: object, unit: str) -> object:
    """Turn what a person wrote into a number in `unit`.

    Parameters
    ----------
    value : object
        A number (taken to be in `unit`) or a text such as ``"0.025 s"``. Anything else is handed back untouched for
        the caller's own type check.
    unit : str
        The unit that the parameter is declared in; ``""`` for a number without one.

    Returns
    -------
    object
        A float in `unit`, or `value` itself where it is not a text.

    Raises
    ------
    StdpbenchError
        If the text is no number with a unit of the same dimension.
    """
    if not isinstance(value, str):
        return value
    match = _QUANTITY.fullmatch(value)
    wanted = f"a number in {unit}, such as '1 {unit}'" if unit else "a plain number"
    if match is None:
        raise StdpbenchError(f"{value!r} is not {wanted}")
    number, given = float(match[1]), match[2].replace("µ", "u").replace("μ", "u")
    if given == "":
        return number
    if given not in _UNITS or _UNITS[given][0] != _UNITS[unit][0]:
        raise StdpbenchError(f"{value!r} has the unit {given!r} where {wanted} belongs")
    if given == unit or number == 0 or not math.isfinite(number):
        return number
    # in decimal, so that "0.043 s" and "43 ms" are the same number, and so the same experiment
    return float(Decimal(match[1]) * Decimal(_UNITS[given][1]) / Decimal(_UNITS[unit][1]))


def show(value: float, unit: str) -> str:
    """Write a value with its unit, in the fewest digits that read back to the same number."""
    text = repr(float(value))
    text = text.removesuffix(".0")
    return f"{text} {unit}" if unit else text


def to_si(value: float, unit: str) -> float:
    """The value in SI units (seconds, volts, farads, hertz), as Brian2 stores it."""
    return value * float(_UNITS[unit][1])


def known_units() -> tuple[str, ...]:
    """The units that a parameter may be declared in."""
    return tuple(_UNITS)


def thousands(number: int | None) -> str:
    """Write a whole number with thin spaces between its thousands; None becomes a dash."""
    return "–" if number is None else f"{number:,}".replace(",", "\u2009")
