"""Noise into populations: the family of kinds and its base class."""

from stdpbench.noises.base import Noise
from stdpbench.registry import Family

noises: Family[Noise] = Family(
    "noise",
    Noise,  # type: ignore[type-abstract]
    {"poisson": "stdpbench.noises.poisson:PoissonNoise"},
    group="stdpbench.noises",
)

__all__ = ["Noise", "noises"]
