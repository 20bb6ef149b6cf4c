"""The plasticity rules of an experiment: which projection is meant, and whether two rules have the same equations."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from stdpbench.base.errors import StdpbenchError, nearest
from stdpbench.declare.learned_names import listed
from stdpbench.declare.rule_paths import SECTION
from stdpbench.kinds.plasticity import PlasticityRule


def which(projection: str, replaceable: Mapping[str, str], projections: Collection[str]) -> str:
    """Return the projection whose rule the user wants to replace.

    Parameters
    ----------
    projection : str
        Name given by the user; empty for the only possible one.
    replaceable : mapping of str to str
        Names of the projections whose rule can be replaced, with the path of its table.
    projections : collection of str
        Names of all projections.

    Raises
    ------
    StdpbenchError
        If there is no such projection, its rule cannot be replaced, or the name is missing and several are possible.
    """
    listing = f"{listed(replaceable)} can" if replaceable else "none can"
    if not projection:
        if len(set(replaceable.values())) != 1:
            raise StdpbenchError(f"which projection is to learn by the rule? {listing}")
        return next(iter(replaceable))
    if projection in replaceable:
        return projection
    if projection in projections:
        raise StdpbenchError(
            f"projection {projection!r} has no rule that can be replaced; {listing}, and another one only in a new run"
        )
    near = nearest(projection, replaceable)
    raise StdpbenchError(
        f"there is no projection {projection!r}{f', did you mean {near!r}?' if near else ';'} {listing} learn by "
        "another rule"
    )


def same_kind(rule: PlasticityRule, other: PlasticityRule) -> bool:
    """Return whether two rules have the same equations, so that only their values may differ."""
    if rule.missing and other.missing:
        return bool(rule.to_mapping()["kind"] == other.to_mapping()["kind"])
    return type(rule) is type(other)


def tables_of_rules(mapping: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the tables of all rules in the tables of an experiment."""
    network = mapping.get("network")
    projections = network.get("projections") if isinstance(network, dict) else None
    for owner in (mapping, *(projections.values() if isinstance(projections, dict) else ())):
        if isinstance(owner, dict) and isinstance(rule := owner.get(SECTION), dict):
            yield rule
