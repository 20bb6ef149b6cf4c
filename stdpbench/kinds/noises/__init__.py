"""Noise input to populations: the family of kinds and its base class."""

from stdpbench.declare.registry import Family
from stdpbench.kinds.noises.base import Noise

noises: Family[Noise] = Family(
    "noise",
    Noise,
    {"poisson": "stdpbench.kinds.noises.poisson:PoissonNoise"},
    group="stdpbench.noises",
)

__all__ = ["Noise", "noises"]
