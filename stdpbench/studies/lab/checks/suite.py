"""The checks of each rule for weights or delays, of each normalisation, and of short-term plasticity."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from stdpbench.studies.lab.checks import in_network, pairing, populations, trains, voltage, windows
from stdpbench.studies.lab.checks.base import Outcome
from stdpbench.studies.lab.checks.kinds import kinds as known_kinds
from stdpbench.studies.lab.checks.kinds import summary

Check = Callable[[Outcome], None]

CHECKS: Mapping[str, Sequence[Check]] = {
    "diehl-cook-triplet": (windows.diehl_cook_triplet, trains.irregular_trains),
    "diehl-cook-power-law": (windows.diehl_cook_power_law, trains.irregular_trains),
    "diehl-cook-exponential": (windows.diehl_cook_exponential, trains.irregular_trains),
    "diehl-cook-pre-post": (windows.diehl_cook_pre_post, trains.irregular_trains),
    "pair-additive": (windows.pair_additive, pairing.pair_additive, trains.irregular_trains),
    "pair-multiplicative": (windows.pair_multiplicative, trains.irregular_trains),
    "pair-van-rossum": (windows.pair_van_rossum, trains.irregular_trains),
    "pair-power-law": (windows.pair_power_law, trains.irregular_trains),
    "pair-reduced-nearest": (windows.pair_reduced_nearest, trains.irregular_trains),
    "triplet": (pairing.triplet, trains.irregular_trains),
    "triplet-nearest": (pairing.fitted_models, trains.irregular_trains),
    "symmetric": (windows.symmetric, trains.irregular_trains),
    "oja": (windows.oja, trains.irregular_trains),
    "bcm": (windows.bcm, trains.irregular_trains),
    "competitive": (windows.competitive, in_network.spreading, trains.irregular_trains),
    "clopath": (voltage.spike, voltage.released_code, voltage.pairing, trains.irregular_trains),
    "clopath-lif": (voltage.adaptation, trains.irregular_trains),
    "inhibitory": (windows.inhibitory, trains.irregular_trains),
    "reward": (windows.reward, trains.irregular_trains),
    "calcium": (windows.calcium, trains.irregular_trains),
    "custom": (windows.custom, trains.irregular_trains),
    "homeostatic": (trains.irregular_trains,),
    "pair-derivative": (in_network.derivative,),
    "delay-shift": (in_network.delay_shift,),
    "sum": (windows.each_target,),
    "norm": (windows.each_target,),
    "tsodyks-markram": (in_network.amplitudes,),
}
"""Checks that take at most a second, by kind."""
LONG_CHECKS: Mapping[str, Sequence[Check]] = {
    "pair-additive": (populations.bimodal,),
    "pair-multiplicative": (populations.unimodal,),
    "pair-van-rossum": (populations.unimodal,),
    "oja": (populations.principal_component,),
    "bcm": (populations.selectivity, populations.stationary),
    "competitive": (populations.spreading,),
    "inhibitory": (populations.homeostasis, in_network.homeostasis),
}
"""Checks that need a network; most simulate minutes of learning."""


def validate(kinds: Sequence[str] = (), *, quick: bool = False) -> Iterator[Outcome]:
    """Check rules and normalisations, one after the other.

    Parameters
    ----------
    kinds : sequence of str
        Kinds of rules for weights, of rules for delays, of normalisations, of short-term plasticity; empty: all
        registered ones.
    quick : bool
        Whether to leave out `LONG_CHECKS`.

    Raises
    ------
    StdpbenchError
        If there is no such kind. A kind of another package has no checks, and yields no findings.
    """
    for kind in kinds:
        summary(kind)  # raises an error for unknown kinds
    for kind in kinds or known_kinds():
        outcome = Outcome(kind)
        for check in (*CHECKS.get(kind, ()), *(() if quick else LONG_CHECKS.get(kind, ()))):
            check(outcome)
        yield outcome
