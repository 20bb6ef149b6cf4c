"""Mapping between the positions of a slider and the values of a parameter."""

from __future__ import annotations

import math
from dataclasses import dataclass

from stdpbench.declare.parameters import Parameter

_FACTOR = 30.0  # range of a slider below and above the value, if bounds are distant or missing
_MILLIVOLTS = 20.0  # the same for voltages, as a difference
_LINEAR = 20.0  # bounds are the ends of the slider if they span at most this multiple of the default


@dataclass(frozen=True)
class Scale:
    """A linear or logarithmic range of values.

    Attributes
    ----------
    low, high : float
        Ends of the range in the unit of the parameter.
    log : bool
        Whether the scale is logarithmic.
    whole : bool
        Whether values are integers.
    """

    low: float
    high: float
    log: bool
    whole: bool

    @classmethod
    def of(cls, declared: Parameter, value: float) -> Scale:
        """Return a scale that contains the value and the default, within the bounds of the parameter."""
        default = float(declared.default) if isinstance(declared.default, int | float) else value
        low, high, whole = declared.minimum, declared.maximum, declared.type == "int"
        least, most = min(default, value), max(default, value)
        far = 2 * max(abs(least), abs(most)) or 1.0
        log = False
        if low is not None and high is not None and high - low <= _LINEAR * max(abs(default), 1e-300):
            first, last = low, high
        elif low is not None and low >= 0 and least > 0:
            first, last, log = _rounded(least / _FACTOR), _rounded(most * _FACTOR), True
            if whole:
                first = 1.0
        elif declared.unit == "mV":
            first, last = least - _MILLIVOLTS, most + _MILLIVOLTS
        else:
            first, last = -far, far
        if low is not None and low > first:
            first = low
        if high is not None and high < last:
            last = high
        return cls(first, last, log, whole)

    def share(self, value: float) -> float:
        """Return the position of a value, 0 to 1."""
        if self.high <= self.low:
            return 0.0
        if self.log:
            value = min(max(value, self.low), self.high)
            return math.log(value / self.low) / math.log(self.high / self.low)
        return min(max((value - self.low) / (self.high - self.low), 0.0), 1.0)

    def value(self, share: float) -> float:
        """Return the value at a position from 0 to 1, with three significant digits."""
        if self.log:
            found = _rounded(self.low * math.pow(self.high / self.low, share))
        else:
            found = _rounded(self.low + share * (self.high - self.low), max(abs(self.low), abs(self.high)))
        return float(round(found)) if self.whole else min(max(found, self.low), self.high)


def _rounded(value: float, like: float = 0.0) -> float:
    """Round a value to three significant digits, or to the decimals that `like` has with three digits."""
    size = abs(like or value)
    return round(value, 2 - math.floor(math.log10(size))) if size else value


def nudged(value: float, up: bool, whole: bool) -> float:
    """Return a value changed by one step of its second significant digit."""
    if whole:
        return value + (1 if up else -1)
    if value == 0:
        return 0.1 if up else -0.1
    step = 10.0 ** (math.floor(math.log10(abs(value)) + 1e-9) - 1)
    away = up == (value > 0)
    if not away and abs(value) <= 10 * step * (1 + 1e-9):  # 1.0 steps down to 0.99, not to 0.9
        step /= 10
    return round(value + (step if up else -step), 12)
