"""Convert plasticity rules from any specification to the table of an experiment."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

from stdpbench.base.errors import StdpbenchError, suggestion
from stdpbench.base.files import read_toml
from stdpbench.kinds.plasticity import PlasticityRule, projection_rules

RuleLike = str | PathLike[str] | Mapping[str, Any] | PlasticityRule
"""A kind, a TOML file, a table with its ``kind``, or a rule."""


def rule_table(rule: RuleLike) -> dict[str, Any]:
    """Return the complete table of a rule, with every value and without references to files.

    Parameters
    ----------
    rule : str, path, mapping or PlasticityRule
        A kind, with default parameters; a TOML file with an experiment (whose rule is used), a table of parameters
        with their ``kind``, or a custom rule; a table; or a rule.

    Raises
    ------
    StdpbenchError
        If there is no such rule or file, or it is invalid.
    """
    if isinstance(rule, PlasticityRule):
        return rule.to_mapping()
    if isinstance(rule, Mapping):
        return projection_rules.build(rule, "plasticity").to_mapping()
    if isinstance(rule, str) and rule in projection_rules.kinds():
        return projection_rules.build({"kind": rule}, "plasticity").to_mapping()
    path = Path(rule).expanduser()
    if not path.is_file():
        raise StdpbenchError(
            f"{str(rule)!r} is neither a kind of plasticity rule nor a TOML file; "
            f"{suggestion(str(rule), projection_rules.kinds())}"
        )
    return projection_rules.build(_read(path), "plasticity").to_mapping()


def rule_name(rule: Mapping[str, Any]) -> str:
    """Return the name of a rule for display: its kind, and its title if it is a custom rule."""
    kind, title = str(rule.get("kind", "")), str(rule.get("title", ""))
    return f"{kind} “{title}”" if title else kind


def _read(path: Path) -> Mapping[str, Any]:
    content = read_toml(path)
    table = content.get("plasticity", content)
    if not isinstance(table, dict):
        raise StdpbenchError(f"{path}: plasticity must be a table of parameters, not {table!r}")
    if table is content and "kind" not in content:
        return {"kind": "custom", "file": str(path)}
    if isinstance(table.get("file"), str):
        table["file"] = str(path.parent / Path(table["file"]).expanduser())  # relative to the experiment file
    return table
