"""Check whether a network fits a neuromorphic chip, by published figures of the chip.

`targets` is the table of chips, each figure with its source. `needs` computes the requirements of a network, and
`check` compares the two. A network that fits by these figures may still fail for unpublished reasons, such as routing
tables.
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
