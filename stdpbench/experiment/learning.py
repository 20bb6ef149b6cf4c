"""The plasticity rules of an experiment: which projection is meant, and whether two rules have the same equations."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from stdpbench.base.errors import StdpbenchError, nearest
from stdpbench.declare.learned_names import listed
from stdpbench.declare.rule_paths import SECTION
from stdpbench.kinds.plasticity import PlasticityRule


def which(projection: str, able: Mapping[str, str], every: Collection[str]) -> str:
    """Return the one projection that is meant, given its name or nothing.

    Parameters
    ----------
    projection : str
        Name given by the user; empty for the only one that can be meant.
    able : mapping of str to str
        Names of the projections whose rule can be replaced, with the path of its table.
    every : collection of str
        Names of all projections.

    Raises
    ------
    StdpbenchError
        If there is no such projection, its rule cannot be replaced, or several can be meant.
    """
    listing = f"{listed(able)} can" if able else "none can"
    if not projection:
        if len(set(able.values())) != 1:
            raise StdpbenchError(f"which projection is to learn by the rule? {listing}")
        return next(iter(able))
    if projection in able:
        return projection
    if projection in every:
        raise StdpbenchError(
            f"projection {projection!r} has no rule that can be replaced; {listing}, and another one only in a new run"
        )
    near = nearest(projection, able)
    raise StdpbenchError(
        f"there is no projection {projection!r}{f', did you mean {near!r}?' if near else ';'} {listing} learn by "
        "another rule"
    )


def same_kind(one: PlasticityRule, other: PlasticityRule) -> bool:
    """Whether two rules have the same equations, so that they differ in values only."""
    if one.missing and other.missing:
        return bool(one.to_mapping()["kind"] == other.to_mapping()["kind"])
    return type(one) is type(other)


def tables_of_rules(mapping: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the tables of all rules in the tables of an experiment."""
    network = mapping.get("network")
    projections = network.get("projections") if isinstance(network, dict) else None
    for owner in (mapping, *(projections.values() if isinstance(projections, dict) else ())):
        if isinstance(owner, dict) and isinstance(rule := owner.get(SECTION), dict):
            yield rule
