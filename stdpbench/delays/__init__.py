"""Delays of projections: the family of kinds and its base class."""

from stdpbench.delays.base import Delay
from stdpbench.registry import Family

delays: Family[Delay] = Family(
    "delay",
    Delay,
    {
        "none": "stdpbench.delays.none:NoDelay",
        "constant": "stdpbench.delays.constant:Constant",
        "stepped": "stdpbench.delays.stepped:Stepped",
        "table": "stdpbench.delays.table:TableDelay",
        "uniform": "stdpbench.delays.uniform:Uniform",
    },
    group="stdpbench.delays",
)

__all__ = ["Delay", "delays"]
