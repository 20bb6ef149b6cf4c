"""Scaling of weights between presentations: the family of kinds and its base class."""

from stdpbench.normalisations.base import Normalisation
from stdpbench.registry import Family

normalisations: Family[Normalisation] = Family(
    "normalisation",
    Normalisation,  # type: ignore[type-abstract]
    {"sum": "stdpbench.normalisations.sum:Sum", "norm": "stdpbench.normalisations.norm:Norm"},
    group="stdpbench.normalisations",
)

__all__ = ["Normalisation", "normalisations"]
