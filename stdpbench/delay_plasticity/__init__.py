"""Rules for the delays of a projection: the family of kinds and its base class."""

from stdpbench.delay_plasticity.base import DelayRule
from stdpbench.delay_plasticity.declared import check_delay_rule
from stdpbench.registry import Family

delay_rules: Family[DelayRule] = Family(
    "delay rule",
    DelayRule,
    {"delay-shift": "stdpbench.delay_plasticity.delay_shift:DelayShift"},
    group="stdpbench.delay_plasticity",
    check=check_delay_rule,
)

__all__ = ["DelayRule", "delay_rules"]
