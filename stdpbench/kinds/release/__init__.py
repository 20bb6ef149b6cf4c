"""Short-term plasticity: what a spike releases. The family of kinds and its base class."""

from stdpbench.declare.registry import Family
from stdpbench.kinds.release.base import RELEASED, Release

releases: Family[Release] = Family(
    "short-term plasticity",
    Release,
    {"tsodyks-markram": "stdpbench.kinds.release.tsodyks_markram:TsodyksMarkram"},
    group="stdpbench.releases",
)

__all__ = ["RELEASED", "Release", "releases"]
