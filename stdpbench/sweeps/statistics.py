"""Means over seeds, and differences between arms, seed by seed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev


@dataclass(frozen=True)
class Spread:
    """A mean over seeds.

    Attributes
    ----------
    n : int
        Number of seeds.
    mean : float
        NaN where there is none.
    sd : float
        Standard deviation of the sample (n - 1); NaN for fewer than two.
    """

    n: int
    mean: float
    sd: float


@dataclass(frozen=True)
class Difference:
    r"""Mean of differences between two arms, each of the same seed, with a 95 % t interval.

    .. math:: \bar d \pm t_{0.975,\, n-1}\, s_d / \sqrt n

    Attributes
    ----------
    n : int
        Seeds that both arms have.
    mean : float
        NaN where there is none.
    low, high : float
        Interval; NaN for fewer than two pairs.
    """

    n: int
    mean: float
    low: float
    high: float


def spread(values: Sequence[float]) -> Spread:
    """Mean and standard deviation."""
    n = len(values)
    return Spread(n, fmean(values) if n else math.nan, stdev(values) if n > 1 else math.nan)


def paired_difference(values: Mapping[int, float], reference: Mapping[int, float]) -> Difference:
    """Differences of an arm from the reference arm, over the seeds that both have.

    Parameters
    ----------
    values, reference : mapping of int to float
        Seed to value.
    """
    differences = [values[seed] - reference[seed] for seed in sorted(values.keys() & reference.keys())]
    n = len(differences)
    if n < 2:
        return Difference(n, differences[0] if n else math.nan, math.nan, math.nan)
    from scipy.stats import t

    mean = fmean(differences)
    half = float(t.ppf(0.975, n - 1)) * stdev(differences) / math.sqrt(n)
    return Difference(n, mean, mean - half, mean + half)


def difference_text(difference: Difference) -> str:
    """A difference in percentage points with its interval and n; a dash with the reason where there is none."""
    if math.isnan(difference.mean):
        return "– (no seed in common)"
    interval = "" if math.isnan(difference.low) else f" [{_points(difference.low)}, {_points(difference.high)}]"
    return f"{_points(difference.mean)}{interval} (n = {difference.n})"


def spread_text(value: Spread, scale: float = 100, digits: int = 2) -> str:
    """A mean with its SD, times `scale`; a dash with the reason where there is none."""
    if math.isnan(value.mean):
        return "– (no result)"
    sd = "" if math.isnan(value.sd) else f" ± {scale * value.sd:.{digits}f}"
    return f"{scale * value.mean:.{digits}f}{sd}"


def plain(value: Spread | Difference) -> dict[str, float | int | None]:
    """Plain values for JSON; what is no number is None."""
    return {
        name: None if isinstance(number, float) and math.isnan(number) else number
        for name, number in vars(value).items()
    }


def _points(share: float) -> str:
    return f"{round(100 * share, 2) + 0.0:+.2f}"  # + 0.0: no -0.00
