"""What is read ahead in a thread, so that forms open without delay."""

from __future__ import annotations

from stdpbench.experiment import trained_kinds
from stdpbench.experiment.families import FAMILIES
from stdpbench.plasticity import projection_rules


def read_kinds() -> None:
    """Import all kinds, which the forms for runs and networks list."""
    for family in (*(family for family, _ in FAMILIES.values()), projection_rules):
        family.usable()
    trained_kinds()
