"""Plasticity rules and lateral inhibition: families of kinds and their base classes."""

from stdpbench.plasticity.base import Average, Opening, PlasticityRule, Trace
from stdpbench.plasticity.declared import check_rule
from stdpbench.plasticity.lateral import Lateral
from stdpbench.registry import Family

_RULES = {
    "diehl-cook-triplet": "stdpbench.plasticity.diehl_cook_triplet:DiehlCookTriplet",
    "diehl-cook-power-law": "stdpbench.plasticity.diehl_cook_power_law:DiehlCookPowerLaw",
    "diehl-cook-exponential": "stdpbench.plasticity.diehl_cook_exponential:DiehlCookExponential",
    "diehl-cook-pre-post": "stdpbench.plasticity.diehl_cook_pre_post:DiehlCookPrePost",
    "pair-additive": "stdpbench.plasticity.pair_additive:PairAdditive",
    "pair-multiplicative": "stdpbench.plasticity.pair_multiplicative:PairMultiplicative",
    "pair-van-rossum": "stdpbench.plasticity.pair_van_rossum:PairVanRossum",
    "pair-power-law": "stdpbench.plasticity.pair_power_law:PairPowerLaw",
    "pair-reduced-nearest": "stdpbench.plasticity.pair_reduced_nearest:PairReducedNearest",
    "triplet": "stdpbench.plasticity.triplet:Triplet",
    "triplet-nearest": "stdpbench.plasticity.triplet_nearest:TripletNearest",
    "symmetric": "stdpbench.plasticity.symmetric:Symmetric",
    "oja": "stdpbench.plasticity.oja:Oja",
    "bcm": "stdpbench.plasticity.bcm:BCM",
    "competitive": "stdpbench.plasticity.competitive:Competitive",
    "clopath": "stdpbench.plasticity.clopath:Clopath",
    "clopath-lif": "stdpbench.plasticity.clopath_lif:ClopathLIF",
    "inhibitory": "stdpbench.plasticity.inhibitory:Inhibitory",
    "reward": "stdpbench.plasticity.reward:Reward",
    "custom": "stdpbench.plasticity.custom:CustomRule",
}

rules: Family[PlasticityRule] = Family(
    "plasticity rule",
    PlasticityRule,
    _RULES,
    group="stdpbench.plasticity",
    check=check_rule,
)

projection_rules: Family[PlasticityRule] = Family(
    "plasticity rule",
    PlasticityRule,
    {
        **_RULES,
        "homeostatic": "stdpbench.plasticity.homeostatic:Homeostatic",
        "pair-derivative": "stdpbench.plasticity.pair_derivative:PairDerivative",
    },
    group="stdpbench.plasticity",
    check=check_rule,
)
"""Rules of any projection: those of input weights, those of lateral inhibition, and those that need a stream."""

laterals: Family[Lateral] = Family(
    "lateral inhibition",
    Lateral,
    {
        "fixed": "stdpbench.plasticity.lateral:Fixed",
        "homeostatic": "stdpbench.plasticity.homeostatic:Homeostatic",
    },
    group="stdpbench.lateral",
    check=check_rule,
)

__all__ = ["Average", "Lateral", "Opening", "PlasticityRule", "Trace", "laterals", "projection_rules", "rules"]
