"""Kinds that ``stdpbench validate`` checks: rules for weights and delays, normalisations, short-term plasticity."""

from __future__ import annotations

from stdpbench.base.errors import StdpbenchError, suggestion
from stdpbench.kinds.delay_plasticity import delay_rules
from stdpbench.kinds.normalisations import normalisations
from stdpbench.kinds.plasticity import projection_rules
from stdpbench.kinds.release import releases

_FAMILIES = (projection_rules, delay_rules, normalisations, releases)


def kinds() -> tuple[str, ...]:
    """Return the names of all kinds."""
    return tuple(dict.fromkeys(kind for family in _FAMILIES for kind in family.kinds()))


def summary(kind: str) -> str:
    """Return the summary of a kind.

    Raises
    ------
    StdpbenchError
        If there is no such kind.
    """
    for family in _FAMILIES:
        if kind in family.kinds():
            return str(family.get(kind).summary)
    raise StdpbenchError(f"there is no rule or normalisation {kind!r}; {suggestion(kind, kinds())}")
