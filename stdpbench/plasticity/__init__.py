"""Plasticity rules. The family, and what its kinds share."""

from stdpbench.plasticity.base import PlasticityRule, Trace
from stdpbench.registry import Family

rules: Family[PlasticityRule] = Family(
    "plasticity rule",
    PlasticityRule,
    {"diehl-cook-triplet": "stdpbench.plasticity.diehl_cook_triplet:DiehlCookTriplet"},
    group="stdpbench.plasticity",
)

__all__ = ["PlasticityRule", "Trace", "rules"]
