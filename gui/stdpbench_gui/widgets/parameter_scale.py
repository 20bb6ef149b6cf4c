"""How a slider covers the values of a parameter."""

from __future__ import annotations

import math
from dataclasses import dataclass

from stdpbench.parameters import Parameter

_FACTOR = 30.0  # that a slider reaches below and above the value, where bounds are far or there are none
_MILLIVOLTS = 20.0  # the same for voltages, as a difference
_LINEAR = 20.0  # bounds that lie no further apart than so many defaults are the ends of the slider


@dataclass(frozen=True)
class Scale:
    """A range of values, and whether equal steps are differences or ratios.

    Attributes
    ----------
    low, high : float
        In the unit of the parameter.
    log : bool
        Whether equal steps are ratios.
    whole : bool
        Whether values are whole numbers.
    """

    low: float
    high: float
    log: bool
    whole: bool

    @classmethod
    def of(cls, declared: Parameter, value: float) -> Scale:
        """A scale that holds the value and the default, within the bounds of the parameter."""
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
        """Where a value lies, 0 to 1."""
        if self.high <= self.low:
            return 0.0
        if self.log:
            value = min(max(value, self.low), self.high)
            return math.log(value / self.low) / math.log(self.high / self.low)
        return min(max((value - self.low) / (self.high - self.low), 0.0), 1.0)

    def value(self, share: float) -> float:
        """The value at a share of the way, with three digits."""
        if self.log:
            found = _rounded(self.low * math.pow(self.high / self.low, share))
        else:
            found = _rounded(self.low + share * (self.high - self.low), max(abs(self.low), abs(self.high)))
        return float(round(found)) if self.whole else min(max(found, self.low), self.high)


def _rounded(value: float, like: float = 0.0) -> float:
    """A value with three digits, or as many decimals as a larger one has with three digits."""
    size = abs(like or value)
    return round(value, 2 - math.floor(math.log10(size))) if size else value


def nudged(value: float, up: bool, whole: bool) -> float:
    """A value one step of its second digit further up or down."""
    if whole:
        return value + (1 if up else -1)
    if value == 0:
        return 0.1 if up else -0.1
    step = 10.0 ** (math.floor(math.log10(abs(value)) + 1e-9) - 1)
    away = up == (value > 0)
    if not away and abs(value) <= 10 * step * (1 + 1e-9):  # 1.0 steps down to 0.99, not to 0.9
        step /= 10
    return round(value + (step if up else -step), 12)
