"""Whether a network fits a neuromorphic chip, by published figures of the chip.

`targets` is the table of chips, each figure with its source. `needs` lists what a network needs, and `check` compares
the two. What fits by these figures may still fail for reasons that no publication tells, such as routing tables.
"""

from stdpbench.bridges.hardware.check import Activity, ChipCheck, Row, check
from stdpbench.bridges.hardware.needs import Needs, needs_of
from stdpbench.bridges.hardware.targets import TARGETS, Figure, Target, target_named

__all__ = [
    "TARGETS",
    "Activity",
    "ChipCheck",
    "Figure",
    "Needs",
    "Row",
    "Target",
    "check",
    "needs_of",
    "target_named",
]
