r"""Statistical comparison of the arms of a sweep, as values and sentences.

A sweep is a randomised block design, in which arms share seeds. A seed gives all arms the same pictures, order and
start, so it is a block: runs of a seed are high or low together. The F test shows whether arms differ at all,
:math:`\omega^2` the share of the variance between runs that is due to arms, and comparisons of pairs which arms
differ, with unequal variances. A pair that does not differ significantly is not thereby equal: equivalence within a
margin is a separate test.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.units import first_few
from stdpbench.runs.catalog.comparison import last_parts
from stdpbench.studies.sweeps.arms import grid_arms, shown
from stdpbench.studies.sweeps.definition import Sweep
from stdpbench.studies.sweeps.statistics import Difference, paired_difference, plain, signed

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
        Standard deviation of the residuals, which neither arm nor seed explains.
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
class Equivalence(Difference):
    """Two one-sided t tests of paired differences against a margin.

    Arms are equivalent at the 5 % level if the 90 % interval of the difference lies within the margin.

    Attributes
    ----------
    p : float
        The larger probability of the two tests.
    margin : float
        The margin.
    """

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
        Change of the measure if the factor is present, other factors being equal.
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
    """Main effect of a parameter of a grid, or the interaction of two, tested against the residuals.

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
    """Return arms, their common seeds, and their values: float64, (n_arms, n_seeds)."""
    arms = [arm for arm, by_seed in values.items() if by_seed]
    seeds = sorted(set.intersection(*(set(values[arm]) for arm in arms))) if arms else []
    return arms, seeds, np.array([[values[arm][seed] for seed in seeds] for arm in arms], np.float64)


def analyse_blocks(values: Values) -> Blocks | None:
    """Return the analysis of variance of arms over their common seeds; None for fewer than two of either."""
    from scipy.stats import f as f_distribution

    arms, seeds, y = complete(values)
    a, b = len(arms), len(seeds)
    if a < 2 or b < 2:
        return None
    df_arms, df_error = a - 1, (a - 1) * (b - 1)
    if (y == y[0]).all():  # sums of squares would only be rounding errors
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

    Arms count as independent; common seeds are not used.
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
    n, pairs = len(seeds), []
    if n < 2:
        return []
    for i, j in combinations(range(len(arms)), 2):
        differences = y[i] - y[j]
        mean, error = float(differences.mean()), float(differences.std(ddof=1)) / math.sqrt(n)
        p = 2 * float(t.sf(abs(mean) / error, n - 1)) if error else float(mean == 0)
        pairs.append(Pair(arms[i], arms[j], mean, p))
    pairs.sort(key=lambda pair: pair.p)
    largest, adjusted = 0.0, []
    for rank, pair in enumerate(pairs):
        largest = max(largest, min(1.0, pair.p * (len(pairs) - rank)))
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
    from scipy.stats import t

    difference = paired_difference(values, reference, 1 - 2 * ALPHA)
    mean, free = abs(difference.mean), difference.n - 1
    if difference.low == difference.high:  # the same in every seed
        return Equivalence(**vars(difference), p=0.0 if mean < margin else 1.0, margin=margin)
    error = (difference.high - difference.low) / 2 / t.ppf(1 - ALPHA, free)
    return Equivalence(**vars(difference), p=float(t.sf((margin - mean) / error, free)), margin=margin)


def grid_effects(values: Values, grid: Mapping[str, Sequence[str]]) -> list[GridEffect]:
    """Return main effects and interactions of two parameters of a grid, with seeds as blocks; empty if incomplete.

    Also empty if only one parameter varies, since the comparison of arms says the same.

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
    deviations: dict[tuple[int, ...], NDArray[np.float64]] = {(): cells.mean(keepdims=True)}
    axes = range(len(shape))
    effects = []
    for chosen in (subset for n in (1, 2) for subset in combinations(axes, n)):
        means = cells.mean(axis=tuple(set(axes) - {*chosen}), keepdims=True)
        deviations[chosen] = means - sum(part for subset, part in deviations.items() if set(subset) < {*chosen})
        df = math.prod(shape[axis] - 1 for axis in chosen)
        if not df:  # a parameter with one value
            continue
        squares = float((deviations[chosen] ** 2).sum()) * y.size / deviations[chosen].size
        ratio = squares / df / blocks.sd_error**2
        names = [[*grid][axis] for axis in chosen]
        levels = dict(zip(grid[names[0]], means.ravel().tolist(), strict=True)) if len(chosen) == 1 else {}
        p = float(f_distribution.sf(ratio, df, blocks.df_error))
        effects.append(GridEffect(" × ".join(names), levels, ratio, p, df, blocks.df_error))
    return effects


def factor_effects(values: Values, factors: Mapping[str, Sequence[str]]) -> list[Effect]:
    r"""Fit a linear model of arms as combinations of factors, with seeds as blocks.

    .. math:: y_{as} = \mu_s + \sum_{f \in a} \beta_f + \varepsilon_{as}

    Each effect is estimated from all arms with the factor, and therefore more precisely than the difference of one arm
    from the reference. Effects are additive; deviations from additivity are part of the error.

    Parameters
    ----------
    values : mapping
        Values by arm and seed; only arms in `factors` and their common seeds are used.
    factors : mapping of str to sequence of str
        Names of the factors that are present, by arm; the arms must separate the factors.
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
    observed = y.ravel()
    fitted = np.linalg.lstsq(design, observed, rcond=None)[0]
    error = float(((observed - design @ fitted) ** 2).sum()) / free
    spread = np.sqrt(error * np.diag(np.linalg.inv(design.T @ design)))[len(seeds) :]
    half, effects = float(t.ppf(1 - ALPHA / 2, free)), []
    for name, mean, sd in zip(names, fitted[len(seeds) :].tolist(), spread.tolist(), strict=True):
        p = 2 * float(t.sf(abs(mean) / sd, free)) if sd else float(mean == 0)
        effects.append(Effect(name, mean, mean - half * sd, mean + half * sd, p))
    return effects


MOST_ARMS = 40
"""Maximum number of arms for comparisons of pairs."""
_MOST_NAMED = 12


@dataclass(frozen=True)
class Comparisons:
    """Comparisons of the arms of a sweep by its metric.

    Attributes
    ----------
    blocks : Blocks or None
        Analysis of variance with seeds as blocks.
    independent, paired : tuple of Pair
        All pairs of arms: by Games & Howell, and seed by seed by Holm.
    equivalences : mapping of str to Equivalence
        By arm, against the reference; empty without a margin.
    effects : tuple of Effect
        Effects of the factors that arms name.
    grid : tuple of GridEffect
        Main effects of the parameters of the grid, and interactions of two.
    """

    blocks: Blocks | None
    independent: tuple[Pair, ...]
    paired: tuple[Pair, ...]
    equivalences: Mapping[str, Equivalence]
    effects: tuple[Effect, ...]
    grid: tuple[GridEffect, ...] = ()

    def to_mapping(self) -> dict[str, Any]:
        """Return plain values for JSON; NaN and infinity become None."""
        return {
            "blocks": None if self.blocks is None else plain(self.blocks),
            "games_howell": [plain(pair) for pair in self.independent],
            "paired_holm": [plain(pair) for pair in self.paired],
            "equivalence": {
                arm: plain(result) | {"equivalent": result.equivalent} for arm, result in self.equivalences.items()
            },
            "factors": [plain(effect) for effect in self.effects],
            "grid": [plain(effect) for effect in self.grid],
        }


def compare_arms(sweep: Sweep, values: Values, scale: float) -> Comparisons:
    """Compare the arms of a sweep.

    Parameters
    ----------
    sweep : Sweep
        Gives reference, margin and factors.
    values : mapping
        Metric by arm and seed.
    scale : float
        Factor from the metric to the unit of the margin: 100 for accuracies, whose margin is in points.
    """
    with_values = {arm: by_seed for arm, by_seed in values.items() if by_seed}
    few = len(with_values) <= MOST_ARMS
    equivalences = {}
    if sweep.margin is not None and sweep.reference in with_values:
        equivalences = {
            arm: equivalence(by_seed, with_values[sweep.reference], sweep.margin / scale)
            for arm, by_seed in with_values.items()
            if arm != sweep.reference
        }
    factors = {arm.label: arm.factors for arm in sweep.arm if arm.factors is not None}
    common: set[int] = set.intersection(*(set(with_values.get(arm, ())) for arm in factors)) if factors else set()
    short = last_parts(sweep.grid)
    levels = {short[path]: [*map(shown, values)] for path, values in sweep.grid.items()}
    return Comparisons(
        analyse_blocks(with_values),
        tuple(games_howell(with_values)) if few else (),
        tuple(paired_comparisons(with_values)) if few else (),
        equivalences,
        tuple(factor_effects(with_values, factors)) if len(common) > 1 else (),
        tuple(grid_effects({arm: with_values.get(arm, {}) for arm in grid_arms(sweep)}, levels)),
    )


def sentences(comparisons: Comparisons, sweep: Sweep, scale: float, digits: int) -> list[str]:
    """Return the comparisons as remarks of a report."""
    remarks, unit = [], " points" if scale == 100 else ""
    if (blocks := comparisons.blocks) is not None and math.isnan(blocks.f):
        remarks.append(f"All {blocks.n_arms} arms have the same value in each of {blocks.n_seeds} seeds.")
    elif blocks is not None:
        remarks.append(
            f"Arms with seeds as blocks: F({blocks.df_arms}, {blocks.df_error}) = {blocks.f:.1f}, {_p(blocks.p)}; "
            f"ω² = {blocks.omega_squared:.2f}, the share of the variance between runs that is due to arms "
            f"({blocks.n_arms} arms, {blocks.n_seeds} seeds; residual SD "
            f"{scale * blocks.sd_error:.{digits}f}{unit})."
        )
    for name, pairs in (
        ("Games & Howell (unequal variances; arms as if they shared no seeds)", comparisons.independent),
        (
            "t tests of paired differences, adjusted by Holm (the one to report: arms share seeds)",
            comparisons.paired,
        ),
    ):
        if pairs:
            different = [pair for pair in pairs if pair.p < ALPHA]
            remarks.append(
                f"{len(different)} of {len(pairs)} pairs of arms differ at the 5 % level by {name}"
                f"{': ' if different else ''}{_named(different, scale, digits)}. Pairs that do not are not thereby "
                "equal."
            )
    if comparisons.equivalences:
        equal = [arm for arm, test in comparisons.equivalences.items() if test.equivalent]
        other = [arm for arm, test in comparisons.equivalences.items() if not test.equivalent]
        text = (
            f"Within ± {sweep.margin:g}{unit} of {sweep.reference!r}, by two one-sided paired t tests at the 5 % level"
        )
        remarks.append(f"{text}: {'; '.join(equal) or 'none'}. Not shown for: {'; '.join(other) or 'none'}.")
    if comparisons.effects:
        effects = "; ".join(
            f"{effect.factor} {signed(effect.mean, scale, digits)} [{signed(effect.low, scale, digits)}, "
            f"{signed(effect.high, scale, digits)}]"
            for effect in comparisons.effects
        )
        remarks.append(f"Effects of factors, 95 % intervals of a linear model with seeds as blocks: {effects}.")
    if comparisons.grid:
        tests = []
        for effect in comparisons.grid:
            means = ", ".join(f"{level}: {scale * mean:.{digits}f}" for level, mean in effect.means.items())
            name = f"{effect.name} ({means})" if means else effect.name
            tests.append(f"{name} F({effect.df}, {effect.df_error}) = {effect.f:.1f}, {_p(effect.p)}")
        remarks.append(f"Main effects and interactions of the grid, with seeds as blocks: {'; '.join(tests)}.")
    return remarks


def _named(pairs: Sequence[Pair], scale: float, digits: int) -> str:
    named = [f"{pair.one} − {pair.other} {signed(pair.difference, scale, digits)} ({_p(pair.p)})" for pair in pairs]
    return first_few(named, _MOST_NAMED, "; ")


def _p(p: float) -> str:
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"
