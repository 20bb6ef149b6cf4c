"""Physical units of parameters, written as ``"25 ms"``, ``"-65 mV"``, ``"63.75 Hz"``.

A parameter is stored as a float in the unit of its declaration, so that a file, a form and a plot show the same
number. `read` accepts any unit of the same dimension; `to_si` converts to the SI units of Brian2.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache

from stdpbench.base.errors import StdpbenchError

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
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_LONG = 1e6  # ms; 1000000000 ms does not fit into a field
_PRINTED = str.maketrans(dict.fromkeys("\u2009\u202f") | {"\u2212": "-"})
"""Translation of minus signs and thousands separators from labels of the app."""
_QUANTITY = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*([A-Za-zµμ]*)\s*")


def label(name: str, unit: str) -> str:
    """Return the name of a quantity for an axis or a column, such as ``"theta (mV)"``; without unit, the name."""
    return f"{name} ({unit})" if unit else name


def read(value: object, unit: str) -> object:
    """Convert a written quantity to a number in `unit`.

    Parameters
    ----------
    value : object
        A number in `unit`, or a text such as ``"0.025 s"``, which may have a typographic minus sign and thin spaces.
        Anything else is returned unchanged, for the type check of the caller.
    unit : str
        Unit of the parameter; ``""`` for a dimensionless number.

    Returns
    -------
    object
        A float in `unit`, or `value` itself if it is not a text.

    Raises
    ------
    StdpbenchError
        If the text is not a number with a unit of the same dimension.
    """
    if not isinstance(value, str):
        return value
    match = _QUANTITY.fullmatch(value.translate(_PRINTED))
    expected = f"a number in {unit}, such as '1 {unit}'" if unit else "a plain number"
    if match is None:
        raise StdpbenchError(f"{value!r} is not {expected}")
    number, written_unit = float(match[1]), match[2].replace("µ", "u").replace("μ", "u")
    if written_unit == "":
        return number
    if written_unit not in _UNITS or _UNITS[written_unit][0] != _UNITS[unit][0]:
        raise StdpbenchError(f"expected {expected}, got {value!r}")
    if written_unit == unit or number == 0 or not math.isfinite(number):
        return number
    # decimal arithmetic, so that "0.043 s" and "43 ms" are the same number and give the same experiment
    return float(Decimal(match[1]) * Decimal(_UNITS[written_unit][1]) / Decimal(_UNITS[unit][1]))


def unit_of(value: object, where: str) -> str:
    """Return the unit in which a quantity is written; empty for a number.

    Raises
    ------
    StdpbenchError
        If it is neither a number nor a text of a number and a known unit; `where` is its path.
    """
    match = _QUANTITY.fullmatch(value.translate(_PRINTED)) if isinstance(value, str) else None
    unit = match[2].replace("µ", "u").replace("μ", "u") if match else ""
    if (match is None and not isinstance(value, int | float)) or unit not in _UNITS:
        known = ", ".join(filter(None, _UNITS))
        raise StdpbenchError(
            f"{where} must be a number, or a text with a unit such as '20 ms' ({known}), not {value!r}"
        )
    return unit


@lru_cache(maxsize=64)
def milliseconds(text: str) -> float:
    """Parse a time into ms; cached, since the time step of a network is needed several times per presentation."""
    return float(str(read(text, "ms")))


def show(value: float, unit: str) -> str:
    """Format a value with its unit, with the fewest digits that give the same number when read back."""
    text = repr(float(value))
    text = text.removesuffix(".0")
    return f"{text} {unit}" if unit else text


def brief(value: float, unit: str) -> str:
    """Format a value with its unit for a field or a table: as `show`, but times of 1000 s and more in seconds."""
    if unit != "ms" or abs(value) < _LONG or not math.isfinite(value):
        return show(value, unit)
    text = show(float(Decimal(repr(float(value))) / 1000), "s")
    return text if read(text, unit) == value else show(value, unit)


def minus(text: str) -> str:
    """Return a formatted number with the typographic minus sign in place of a hyphen."""
    return text.replace("-", "\u2212")


def signed(value: float, spec: str = ".2f") -> str:
    """Format a number with its sign, by a format such as ``".2f"``; values that round to 0 have a plus."""
    text = f"{value:+{spec}}"
    return minus(text.replace("-", "+") if float(text) == 0 else text)


def to_si(value: float, unit: str) -> float:
    """Convert a value to SI units (seconds, volts, farads, hertz), as in Brian2."""
    return value * float(_UNITS[unit][1])


def ordinal(number: int) -> str:
    """Format a whole number as an ordinal: 2nd, 3rd, 11th."""
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{thousands(number)}{ending}"


def scientific(value: float, digits: int = 3) -> str:
    """Format a number with a few digits, powers of ten as in print: 9.5 × 10⁻⁶."""
    return printed(f"{value:.{digits}g}")


def printed(text: str) -> str:
    """Return a formatted number as it is printed: with a minus sign, and ``9.5 × 10⁻⁶`` for ``9.5e-06``."""
    figure, _, exponent = text.partition("e")
    return minus(figure) + (f" × 10{str(int(exponent)).translate(_SUPERSCRIPT)}" if exponent else "")


def thousands(number: int | None) -> str:
    """Format a whole number with thin spaces, where no line breaks, as thousands separators; None becomes a dash."""
    return "–" if number is None else f"{number:,}".replace(",", "\u202f")


def first_few(texts: Sequence[str], most: int, separator: str = ", ") -> str:
    """Join at most so many texts, and say how many more there are, such as ``"a, b and 3 more"``."""
    more = len(texts) - most
    return separator.join(texts[:most]) + (f"{separator.strip(', ')} and {more} more" if more > 0 else "")
