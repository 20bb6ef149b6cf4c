"""Rules for the delays of a projection: the family of kinds and its base class."""

from stdpbench.declare.registry import Family
from stdpbench.kinds.delay_plasticity.base import DelayRule
from stdpbench.kinds.delay_plasticity.declared import check_delay_rule

delay_rules: Family[DelayRule] = Family(
    "delay rule",
    DelayRule,
    {"delay-shift": "stdpbench.kinds.delay_plasticity.delay_shift:DelayShift"},
    group="stdpbench.delay_plasticity",
    check=check_delay_rule,
)

__all__ = ["DelayRule", "delay_rules"]
