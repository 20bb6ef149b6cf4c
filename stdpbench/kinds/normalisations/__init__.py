"""Scaling of weights between presentations: the family of kinds and its base class."""

from stdpbench.declare.registry import Family
from stdpbench.kinds.normalisations.base import Normalisation

normalisations: Family[Normalisation] = Family(
    "normalisation",
    Normalisation,
    {"sum": "stdpbench.kinds.normalisations.sum:Sum", "norm": "stdpbench.kinds.normalisations.norm:Norm"},
    group="stdpbench.normalisations",
)

__all__ = ["Normalisation", "normalisations"]
