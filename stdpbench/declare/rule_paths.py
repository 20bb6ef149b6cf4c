"""Paths of plasticity rules in an experiment: of the section ``plasticity``, or of a projection.

Imports nothing that takes time.
"""

from __future__ import annotations

from collections.abc import Iterable

SECTION = "plasticity"
"""The section of a template's rule; also the name of the table of a projection's rule."""


def table_of_rule(projection: str) -> str:
    """Return the dotted path of the table of a projection's rule; without a projection, of the section's."""
    return f"network.projections.{projection}.{SECTION}" if projection else SECTION


def projection_of(path: str) -> str:
    """Return the projection whose rule, or a parameter of it, has this path; empty for the section's and all else."""
    match path.split("."):
        case ["network", "projections", name, "plasticity", *_]:
            return name
    return ""


def is_of_rule(path: str) -> bool:
    """Whether a path is that of a rule, or of a parameter of one."""
    return path.partition(".")[0] == SECTION or projection_of(path) != ""


def replaced_rule(paths: Iterable[str]) -> str | None:
    """Return the projection whose rule a change of these paths replaces, empty for the section's; None if none."""
    return next((projection_of(path) for path in paths if is_of_rule(path) and path.endswith(f"{SECTION}.kind")), None)
