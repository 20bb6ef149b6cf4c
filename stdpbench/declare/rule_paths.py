"""Paths of plasticity rules in an experiment: in the section ``plasticity`` or in a projection.

This module is cheap to import.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from stdpbench.base.toml_lines import flat

SECTION = "plasticity"
"""The section of a template's rule; also the name of the table of a projection's rule."""


def table_of_rule(projection: str) -> str:
    """Return the dotted path of the table of a projection's rule, or of the section for an empty name."""
    return f"network.projections.{projection}.{SECTION}" if projection else SECTION


def changes_between(old: Mapping[str, Any], new: Mapping[str, Any], projection: str) -> dict[str, tuple[Any, Any]]:
    """Return (old, new) of each value that differs between the tables of two rules, by dotted path of the network."""
    table = table_of_rule(projection)
    before, after = flat(old, f"{table}."), flat(new, f"{table}.")
    return {
        path: (before.get(path), after.get(path)) for path in before | after if before.get(path) != after.get(path)
    }


def projection_of(path: str) -> str:
    """Return the projection of a path of its rule or a rule parameter; an empty string for any other path."""
    match path.split("."):
        case ["network", "projections", name, "plasticity", *_]:
            return name
    return ""


def is_of_rule(path: str) -> bool:
    """Return whether a path leads to a rule or to a parameter of a rule."""
    return path.partition(".")[0] == SECTION or projection_of(path) != ""


def replaced_rule(paths: Iterable[str]) -> str | None:
    """Return the projection whose rule is replaced if these paths change; empty for the section, None for no rule."""
    return next((projection_of(path) for path in paths if is_of_rule(path) and path.endswith(f"{SECTION}.kind")), None)
