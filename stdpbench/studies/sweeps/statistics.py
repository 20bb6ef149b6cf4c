"""Means over seeds, and differences between arms, seed by seed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Any

from stdpbench.base import units


@dataclass(frozen=True)
class Spread:
    """A mean over seeds.

    Attributes
    ----------
    n : int
        Number of seeds.
    mean : float
        The mean; NaN if `n` is 0.
    sd : float
        Sample standard deviation (n - 1); NaN for fewer than two seeds.
    """

    n: int
    mean: float
    sd: float


@dataclass(frozen=True)
class Difference:
    r"""Mean of paired differences between two arms, seed by seed, with a t interval, by default of 95 %.

    .. math:: \bar d \pm t_{(1 + level) / 2,\, n-1}\, s_d / \sqrt n

    Attributes
    ----------
    n : int
        Number of common seeds.
    mean : float
        The mean; NaN if `n` is 0.
    low, high : float
        Bounds of the interval; NaN for fewer than two pairs.
    """

    n: int
    mean: float
    low: float
    high: float


def spread(values: Sequence[float]) -> Spread:
    """Return mean and standard deviation."""
    n = len(values)
    return Spread(n, fmean(values) if n else math.nan, stdev(values) if n > 1 else math.nan)


def paired_difference(values: Mapping[int, float], reference: Mapping[int, float], level: float = 0.95) -> Difference:
    """Return the difference of an arm from the reference arm, over common seeds.

    Parameters
    ----------
    values, reference : mapping of int to float
        Values by seed.
    level : float
        Level of the interval.
    """
    differences = [values[seed] - reference[seed] for seed in sorted(values.keys() & reference.keys())]
    n = len(differences)
    if n < 2:
        return Difference(n, differences[0] if n else math.nan, math.nan, math.nan)
    from scipy.stats import t

    mean = fmean(differences)
    half = float(t.ppf((1 + level) / 2, n - 1)) * stdev(differences) / math.sqrt(n)
    return Difference(n, mean, mean - half, mean + half)


def difference_text(difference: Difference, scale: float = 100, digits: int = 2) -> str:
    """Format a difference times `scale` with its interval and n; a dash with the reason if missing."""
    if math.isnan(difference.mean):
        return "– (no seed in common)"
    interval = (
        ""
        if math.isnan(difference.low)
        else f" [{signed(difference.low, scale, digits)}, {signed(difference.high, scale, digits)}]"
    )
    return f"{signed(difference.mean, scale, digits)}{interval} (n = {difference.n})"


def spread_text(value: Spread, scale: float = 100, digits: int = 2) -> str:
    """Format a mean with its SD, times `scale`; a dash with the reason if missing."""
    if math.isnan(value.mean):
        return "– (no result)"
    sd = "" if math.isnan(value.sd) else f" ± {scale * value.sd:.{digits}f}"
    return f"{units.minus(f'{scale * value.mean:.{digits}f}')}{sd}"


def plain(value: object) -> dict[str, Any]:
    """Return the attributes of statistics as plain values for JSON; NaN and infinity become None."""
    return {
        name: None if isinstance(number, float) and not math.isfinite(number) else number
        for name, number in vars(value).items()
    }


def known(values: Mapping[str, float | int | None]) -> dict[str, Any]:
    """Invert `plain`: None becomes NaN."""
    return {name: math.nan if number is None else number for name, number in values.items()}


def signed(value: float, scale: float = 100, digits: int = 2) -> str:
    """Format a number times `scale` with its sign."""
    return units.signed(scale * value, f".{digits}f")
