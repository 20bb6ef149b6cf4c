"""Check whether a network fits a neuromorphic chip, by published figures of the chip.

`targets` is the table of chips, each figure with its source. `needs` computes the requirements of a network, and
`check` compares the two. A network that fits by these figures may still fail for unpublished reasons, such as routing
tables.
"""

from stdpbench.bridges.hardware.check import Activity, ChipCheck, Row, check
from stdpbench.bridges.hardware.needs import Needs, needs_of
from stdpbench.bridges.hardware.targets import Figure, Target
from stdpbench.declare.registry import Registry

chips: Registry[Target] = Registry(
    "chip",
    Target,
    {
        "loihi": "stdpbench.bridges.hardware.targets:loihi",
        "loihi2": "stdpbench.bridges.hardware.targets:loihi_2",
        "spinnaker": "stdpbench.bridges.hardware.targets:spinnaker",
        "truenorth": "stdpbench.bridges.hardware.targets:truenorth",
        "dynap-cnn": "stdpbench.bridges.hardware.targets:dynap_cnn",
    },
    group="stdpbench.chips",
)

__all__ = [
    "Activity",
    "ChipCheck",
    "Figure",
    "Needs",
    "Row",
    "Target",
    "check",
    "chips",
    "needs_of",
]
