"""Delays of projections: the family of kinds and its base class."""

from stdpbench.declare.registry import Family
from stdpbench.kinds.delays.base import Delay

delays: Family[Delay] = Family(
    "delay",
    Delay,
    {
        "none": "stdpbench.kinds.delays.none:NoDelay",
        "constant": "stdpbench.kinds.delays.constant:Constant",
        "stepped": "stdpbench.kinds.delays.stepped:Stepped",
        "table": "stdpbench.kinds.delays.table:TableDelay",
        "uniform": "stdpbench.kinds.delays.uniform:Uniform",
    },
    group="stdpbench.delays",
)

__all__ = ["Delay", "delays"]
