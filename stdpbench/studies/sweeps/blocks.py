r"""Analysis of a sweep as what it is: a randomised block design, in which arms share seeds.

A seed gives all arms the same pictures, order and start, so it is a block: runs of a seed are high or low together.
The F test asks whether arms differ at all, :math:`\omega^2` how much of the variance between runs is due to arms, and
comparisons of pairs which arms differ, with variances that differ from arm to arm. That a pair is not significant does
not show that it is equal: equivalence within a margin is a test of its own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import fmean, stdev

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError

ALPHA = 0.05
Values = Mapping[str, Mapping[int, float]]
"""Values by arm and seed."""


@dataclass(frozen=True)
class Blocks:
    r"""Analysis of variance of arms and seeds, without interaction.

    .. math::

        F = \frac{MS_{arms}}{MS_{error}}, \qquad
        \omega^2 = \frac{SS_{arms} - df_{arms}\, MS_{error}}{SS_{total} + MS_{error}}

    with :math:`SS_{error} = SS_{total} - SS_{arms} - SS_{seeds}`.

    Attributes
    ----------
    n_arms, n_seeds : int
        Size of the design.
    f, p : float
        The statistic, and its probability if arms do not differ; NaN and 1 if arms do not differ in any seed.
    df_arms, df_error : int
        Degrees of freedom.
    omega_squared : float
        Share of the variance due to arms, at least 0.
    sd_error : float
        Standard deviation of what neither arm nor seed explains.
    """

    n_arms: int
    n_seeds: int
    f: float
    p: float
    df_arms: int
    df_error: int
    omega_squared: float
    sd_error: float


@dataclass(frozen=True)
class Pair:
    """Comparison of two arms.

    Attributes
    ----------
    one, other : str
        Labels of the arms.
    difference : float
        Mean of `one` minus mean of `other`.
    p : float
        Probability of a difference as large if there is none, adjusted for the number of pairs.
    """

    one: str
    other: str
    difference: float
    p: float


@dataclass(frozen=True)
class Equivalence:
    """Two one-sided t tests of paired differences against a margin.

    Attributes
    ----------
    n : int
        Number of common seeds.
    mean, low, high : float
        Mean difference with its 90 % interval; arms are equivalent at the 5 % level if it lies within the margin.
    p : float
        The larger probability of the two tests.
    margin : float
        The margin.
    """

    n: int
    mean: float
    low: float
    high: float
    p: float
    margin: float

    @property
    def equivalent(self) -> bool:
        """Whether the difference is shown to be smaller than the margin."""
        return self.p < ALPHA


@dataclass(frozen=True)
class Effect:
    """Effect of a factor in a linear model, with its 95 % interval.

    Attributes
    ----------
    factor : str
        Name of the factor.
    mean, low, high : float
        Change of the measure where the factor is present, other factors being equal.
    p : float
        Probability of an effect as large if there is none.
    """

    factor: str
    mean: float
    low: float
    high: float
    p: float


@dataclass(frozen=True)
class GridEffect:
    """Main effect of a parameter of a grid, or the interaction of two, tested against what arms and seeds leave.

    Attributes
    ----------
    name : str
        The parameter, or both.
    means : mapping of str to float
        Mean of the measure at each value of a parameter; empty for an interaction.
    f, p : float
        The statistic, and its probability if there is no effect.
    df, df_error : int
        Degrees of freedom.
    """

    name: str
    means: Mapping[str, float]
    f: float
    p: float
    df: int
    df_error: int


def complete(values: Values) -> tuple[list[str], list[int], NDArray[np.float64]]:
    """Return arms, the seeds that all of them have, and their values: float64, (n_arms, n_seeds)."""
    arms = [arm for arm, by_seed in values.items() if by_seed]
    seeds = sorted(set.intersection(*(set(values[arm]) for arm in arms))) if arms else []
    return arms, seeds, np.array([[values[arm][seed] for seed in seeds] for arm in arms], np.float64)


def analyse_blocks(values: Values) -> Blocks | None:
    """Return the analysis of variance of arms over the seeds that all have; None for fewer than two of either."""
    from scipy.stats import f as f_distribution

    arms, seeds, y = complete(values)
    a, b = len(arms), len(seeds)
    if a < 2 or b < 2:
        return None
    df_arms, df_error = a - 1, (a - 1) * (b - 1)
    if (y == y[0]).all():  # what remains of sums of squares would be rounding
        return Blocks(a, b, math.nan, 1.0, df_arms, df_error, 0.0, 0.0)
    grand = y.mean()
    of_arms = b * float(((y.mean(axis=1) - grand) ** 2).sum())
    of_seeds = a * float(((y.mean(axis=0) - grand) ** 2).sum())
    total = float(((y - grand) ** 2).sum())
    error = max(total - of_arms - of_seeds, 0.0) / df_error
    ratio = of_arms / df_arms / error if error else math.inf
    omega = (of_arms - df_arms * error) / (total + error)
    p = float(f_distribution.sf(ratio, df_arms, df_error))
    return Blocks(a, b, ratio, p, df_arms, df_error, max(omega, 0.0), math.sqrt(error))


def games_howell(values: Values) -> list[Pair]:
    """Compare all pairs of arms by Games & Howell's test, which allows unequal variances; pairs are sorted by p.

    Arms count as independent: that they share seeds is not used.
    """
    from scipy.stats import tukey_hsd

    arms = [arm for arm, by_seed in values.items() if len(by_seed) > 1]
    if len(arms) < 2:
        return []
    with np.errstate(divide="ignore", invalid="ignore"):  # without variance
        tested = tukey_hsd(*([*values[arm].values()] for arm in arms), equal_var=False)
    pairs = []
    for i, j in combinations(range(len(arms)), 2):
        difference, p = float(tested.statistic[i, j]), float(tested.pvalue[i, j])
        pairs.append(Pair(arms[i], arms[j], difference, float(difference == 0) if math.isnan(p) else p))
    return sorted(pairs, key=lambda pair: pair.p)


def paired_comparisons(values: Values) -> list[Pair]:
    """Compare all pairs of arms seed by seed by t tests, with Holm's adjustment; pairs are sorted by p.

    Each pair has its own variance of differences, so neither equal variances nor equal correlations are assumed. With
    few seeds, it has little power.
    """
    from scipy.stats import t

    arms, seeds, y = complete(values)
    n, found = len(seeds), []
    if n < 2:
        return []
    for i, j in combinations(range(len(arms)), 2):
        differences = y[i] - y[j]
        mean, error = float(differences.mean()), float(differences.std(ddof=1)) / math.sqrt(n)
        p = 2 * float(t.sf(abs(mean) / error, n - 1)) if error else float(mean == 0)
        found.append(Pair(arms[i], arms[j], mean, p))
    found.sort(key=lambda pair: pair.p)
    largest, adjusted = 0.0, []
    for rank, pair in enumerate(found):
        largest = max(largest, min(1.0, pair.p * (len(found) - rank)))
        adjusted.append(Pair(pair.one, pair.other, pair.difference, largest))
    return adjusted


def equivalence(values: Mapping[int, float], reference: Mapping[int, float], margin: float) -> Equivalence:
    """Test whether an arm differs from the reference by less than a margin, by paired differences over common seeds.

    Parameters
    ----------
    values, reference : mapping of int to float
        Values by seed.
    margin : float
        Largest difference that does not matter, in the unit of the values; above 0.
    """
    differences = [values[seed] - reference[seed] for seed in sorted(values.keys() & reference.keys())]
    n = len(differences)
    mean = fmean(differences) if n else math.nan
    if n < 2:
        return Equivalence(n, mean, math.nan, math.nan, math.nan, margin)
    from scipy.stats import t

    error = stdev(differences) / math.sqrt(n)
    if not error:
        return Equivalence(n, mean, mean, mean, 0.0 if abs(mean) < margin else 1.0, margin)
    half = float(t.ppf(1 - ALPHA, n - 1)) * error
    p = float(t.sf((margin - abs(mean)) / error, n - 1))
    return Equivalence(n, mean, mean - half, mean + half, p, margin)


def grid_effects(values: Values, grid: Mapping[str, Sequence[str]]) -> list[GridEffect]:
    """Return main effects and interactions of two in a grid, with seeds as blocks; empty while it is incomplete.

    A grid in which one parameter varies has none either: its arms say the same.

    Parameters
    ----------
    values : mapping
        Values by arm and seed; the arms of the grid are its combinations, the last parameter changing fastest.
    grid : mapping of str to sequence of str
        Values of each parameter.
    """
    from scipy.stats import f as f_distribution

    blocks, (arms, _, y) = analyse_blocks(values), complete(values)
    shape = tuple(map(len, grid.values()))
    if blocks is None or not blocks.sd_error or len(arms) != math.prod(shape) or sum(n > 1 for n in shape) < 2:
        return []
    cells = y.mean(axis=1).reshape(shape)
    off: dict[tuple[int, ...], NDArray[np.float64]] = {(): cells.mean(keepdims=True)}
    axes = range(len(shape))
    found = []
    for chosen in (one for n in (1, 2) for one in combinations(axes, n)):
        means = cells.mean(axis=tuple(set(axes) - {*chosen}), keepdims=True)
        off[chosen] = means - sum(part for one, part in off.items() if set(one) < {*chosen})
        df = math.prod(shape[axis] - 1 for axis in chosen)
        if not df:  # a parameter with one value
            continue
        squares = float((off[chosen] ** 2).sum()) * y.size / off[chosen].size
        ratio = squares / df / blocks.sd_error**2
        names = [[*grid][axis] for axis in chosen]
        levels = dict(zip(grid[names[0]], means.ravel().tolist(), strict=True)) if len(chosen) == 1 else {}
        p = float(f_distribution.sf(ratio, df, blocks.df_error))
        found.append(GridEffect(" × ".join(names), levels, ratio, p, df, blocks.df_error))
    return found


def factor_effects(values: Values, factors: Mapping[str, Sequence[str]]) -> list[Effect]:
    r"""Fit a linear model of arms as combinations of factors, with seeds as blocks.

    .. math:: y_{as} = \mu_s + \sum_{f \in a} \beta_f + \varepsilon_{as}

    Each effect is estimated from all arms that have it, so that it is known better than the difference of one arm from
    the reference. Effects add up; where they do not, the deviation is part of the error.

    Parameters
    ----------
    values : mapping
        Values by arm and seed; only arms named in `factors` and seeds that all of these have are used.
    factors : mapping of str to sequence of str
        Names of the factors that are present, by arm.

    Raises
    ------
    StdpbenchError
        If arms cannot tell the factors apart, or nothing is left for the error.
    """
    from scipy.stats import t

    arms, seeds, y = complete({arm: values[arm] for arm in factors if arm in values})
    names = list(dict.fromkeys(name for arm in arms for name in factors[arm]))
    if not names or not seeds:
        return []
    blocks = np.tile(np.eye(len(seeds)), (len(arms), 1))
    present = np.array([[name in factors[arm] for name in names] for arm in arms], np.float64)
    design = np.hstack([blocks, np.repeat(present, len(seeds), axis=0)])
    free = len(design) - design.shape[1]
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise StdpbenchError(
            f"the arms do not separate the factors {', '.join(names)}: their effects cannot be estimated"
        )
    if free < 1:
        raise StdpbenchError(f"{len(design)} runs are too few for the effects of {len(names)} factors")
    observed = y.ravel()
    fitted = np.linalg.lstsq(design, observed, rcond=None)[0]
    error = float(((observed - design @ fitted) ** 2).sum()) / free
    spread = np.sqrt(error * np.diag(np.linalg.inv(design.T @ design)))[len(seeds) :]
    half, found = float(t.ppf(1 - ALPHA / 2, free)), []
    for name, mean, sd in zip(names, fitted[len(seeds) :].tolist(), spread.tolist(), strict=True):
        p = 2 * float(t.sf(abs(mean) / sd, free)) if sd else float(mean == 0)
        found.append(Effect(name, mean, mean - half * sd, mean + half * sd, p))
    return found
