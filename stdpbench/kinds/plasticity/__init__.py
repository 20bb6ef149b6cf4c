"""Plasticity rules and lateral inhibition: families of kinds and their base classes."""

from stdpbench.declare.registry import Family
from stdpbench.kinds.plasticity.base import Average, Opening, PlasticityRule, Trace
from stdpbench.kinds.plasticity.declared import check_rule
from stdpbench.kinds.plasticity.lateral import Lateral

_RULES = {
    "diehl-cook-triplet": "stdpbench.kinds.plasticity.diehl_cook_triplet:DiehlCookTriplet",
    "diehl-cook-power-law": "stdpbench.kinds.plasticity.diehl_cook_power_law:DiehlCookPowerLaw",
    "diehl-cook-exponential": "stdpbench.kinds.plasticity.diehl_cook_exponential:DiehlCookExponential",
    "diehl-cook-pre-post": "stdpbench.kinds.plasticity.diehl_cook_pre_post:DiehlCookPrePost",
    "pair-additive": "stdpbench.kinds.plasticity.pair_additive:PairAdditive",
    "pair-multiplicative": "stdpbench.kinds.plasticity.pair_multiplicative:PairMultiplicative",
    "pair-van-rossum": "stdpbench.kinds.plasticity.pair_van_rossum:PairVanRossum",
    "pair-power-law": "stdpbench.kinds.plasticity.pair_power_law:PairPowerLaw",
    "pair-reduced-nearest": "stdpbench.kinds.plasticity.pair_reduced_nearest:PairReducedNearest",
    "triplet": "stdpbench.kinds.plasticity.triplet:Triplet",
    "triplet-nearest": "stdpbench.kinds.plasticity.triplet_nearest:TripletNearest",
    "symmetric": "stdpbench.kinds.plasticity.symmetric:Symmetric",
    "oja": "stdpbench.kinds.plasticity.oja:Oja",
    "bcm": "stdpbench.kinds.plasticity.bcm:BCM",
    "competitive": "stdpbench.kinds.plasticity.competitive:Competitive",
    "clopath": "stdpbench.kinds.plasticity.clopath:Clopath",
    "clopath-lif": "stdpbench.kinds.plasticity.clopath_lif:ClopathLIF",
    "inhibitory": "stdpbench.kinds.plasticity.inhibitory:Inhibitory",
    "reward": "stdpbench.kinds.plasticity.reward:Reward",
    "calcium": "stdpbench.kinds.plasticity.calcium:Calcium",
    "custom": "stdpbench.kinds.plasticity.custom:CustomRule",
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
        "homeostatic": "stdpbench.kinds.plasticity.homeostatic:Homeostatic",
        "pair-derivative": "stdpbench.kinds.plasticity.pair_derivative:PairDerivative",
    },
    group="stdpbench.plasticity",
    check=check_rule,
)
"""Rules for any projection: for input weights, for lateral inhibition, and rules that need a stream."""

laterals: Family[Lateral] = Family(
    "lateral inhibition",
    Lateral,
    {
        "fixed": "stdpbench.kinds.plasticity.lateral:Fixed",
        "homeostatic": "stdpbench.kinds.plasticity.homeostatic:Homeostatic",
    },
    group="stdpbench.lateral",
    check=check_rule,
)

__all__ = ["Average", "Lateral", "Opening", "PlasticityRule", "Trace", "laterals", "projection_rules", "rules"]
