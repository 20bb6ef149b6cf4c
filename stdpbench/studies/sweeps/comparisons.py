"""What the runs of a sweep say about its arms, as sentences and values; see `stdpbench.studies.sweeps.blocks`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from stdpbench.runs.catalog.comparison import last_parts
from stdpbench.studies.sweeps.arms import grid_arms, shown
from stdpbench.studies.sweeps.blocks import (
    ALPHA,
    Blocks,
    Effect,
    Equivalence,
    GridEffect,
    Pair,
    Values,
    analyse_blocks,
    equivalence,
    factor_effects,
    games_howell,
    grid_effects,
    paired_comparisons,
)
from stdpbench.studies.sweeps.definition import Sweep
from stdpbench.studies.sweeps.statistics import signed

MOST_ARMS = 40
"""With more arms, pairs are not compared: there would be a thousand."""
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
        Of the factors that arms name.
    grid : tuple of GridEffect
        Of the parameters of the grid, and interactions of two.
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
            "blocks": None if self.blocks is None else _plain(asdict(self.blocks)),
            "games_howell": [_plain(asdict(pair)) for pair in self.independent],
            "paired_holm": [_plain(asdict(pair)) for pair in self.paired],
            "equivalence": {
                arm: _plain({**asdict(one), "equivalent": one.equivalent}) for arm, one in self.equivalences.items()
            },
            "factors": [_plain(asdict(effect)) for effect in self.effects],
            "grid": [_plain(asdict(effect)) for effect in self.grid],
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
    known = {arm: by_seed for arm, by_seed in values.items() if by_seed}
    few = len(known) <= MOST_ARMS
    equivalences = {}
    if sweep.margin is not None and sweep.reference in known:
        equivalences = {
            arm: equivalence(by_seed, known[sweep.reference], sweep.margin / scale)
            for arm, by_seed in known.items()
            if arm != sweep.reference
        }
    factors = {arm.label: arm.factors for arm in sweep.arm if arm.factors is not None}
    common: set[int] = set.intersection(*(set(known.get(arm, ())) for arm in factors)) if factors else set()
    short = last_parts(sweep.grid)
    levels = {short[path]: [*map(shown, values)] for path, values in sweep.grid.items()}
    return Comparisons(
        analyse_blocks(known),
        tuple(games_howell(known)) if few else (),
        tuple(paired_comparisons(known)) if few else (),
        equivalences,
        tuple(factor_effects(known, factors)) if len(common) > 1 else (),
        tuple(grid_effects({arm: known.get(arm, {}) for arm in grid_arms(sweep)}, levels)),
    )


def sentences(found: Comparisons, sweep: Sweep, scale: float, digits: int) -> list[str]:
    """Return the comparisons as remarks of a report."""
    remarks, unit = [], " points" if scale == 100 else ""
    if (blocks := found.blocks) is not None and math.isnan(blocks.f):
        remarks.append(f"All {blocks.n_arms} arms have the same value in each of {blocks.n_seeds} seeds.")
    elif blocks is not None:
        remarks.append(
            f"Arms with seeds as blocks: F({blocks.df_arms}, {blocks.df_error}) = {blocks.f:.1f}, {_p(blocks.p)}; "
            f"ω² = {blocks.omega_squared:.2f}, the share of the variance between runs that is due to arms "
            f"({blocks.n_arms} arms, {blocks.n_seeds} seeds; residual SD "
            f"{scale * blocks.sd_error:.{digits}f}{unit})."
        )
    for name, pairs in (
        ("Games & Howell (unequal variances; arms as independent)", found.independent),
        (
            "t tests of paired differences, adjusted by Holm (seeds as pairs; little power with few seeds)",
            found.paired,
        ),
    ):
        if pairs:
            different = [pair for pair in pairs if pair.p < ALPHA]
            remarks.append(
                f"{len(different)} of {len(pairs)} pairs of arms differ at the 5 % level by {name}"
                f"{': ' if different else ''}{_named(different, scale, digits)}. Pairs that do not are not thereby "
                "equal."
            )
    if found.equivalences:
        equal = [arm for arm, one in found.equivalences.items() if one.equivalent]
        other = [arm for arm, one in found.equivalences.items() if not one.equivalent]
        text = (
            f"Within ± {sweep.margin:g}{unit} of {sweep.reference!r}, by two one-sided paired t tests at the 5 % level"
        )
        remarks.append(f"{text}: {'; '.join(equal) or 'none'}. Not shown for: {'; '.join(other) or 'none'}.")
    if found.effects:
        effects = "; ".join(
            f"{one.factor} {signed(one.mean, scale, digits)} [{signed(one.low, scale, digits)}, "
            f"{signed(one.high, scale, digits)}]"
            for one in found.effects
        )
        remarks.append(f"Effects of factors, 95 % intervals of a linear model with seeds as blocks: {effects}.")
    if found.grid:
        tests = []
        for one in found.grid:
            means = ", ".join(f"{level}: {scale * mean:.{digits}f}" for level, mean in one.means.items())
            tests.append(
                f"{one.name}{f' ({means})' if means else ''} F({one.df}, {one.df_error}) = {one.f:.1f}, {_p(one.p)}"
            )
        remarks.append(f"Main effects and interactions of the grid, with seeds as blocks: {'; '.join(tests)}.")
    return remarks


def _named(pairs: Sequence[Pair], scale: float, digits: int) -> str:
    named = [
        f"{pair.one} − {pair.other} {signed(pair.difference, scale, digits)} ({_p(pair.p)})"
        for pair in pairs[:_MOST_NAMED]
    ]
    more = len(pairs) - len(named)
    return "; ".join(named) + (f"; and {more} more" if more > 0 else "")


def _p(p: float) -> str:
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: None if isinstance(v, float) and not math.isfinite(v) else v for name, v in values.items()}
