"""A whole plasticity rule, in whatever way a person names one, as the table that stands for it in an experiment."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

from stdpbench.errors import StdpbenchError, suggestion
from stdpbench.files import read_toml
from stdpbench.plasticity import PlasticityRule, rules

RuleLike = str | PathLike[str] | Mapping[str, Any] | PlasticityRule
"""A kind, a TOML file, a table with its ``kind``, or a rule."""


def rule_table(rule: RuleLike) -> dict[str, Any]:
    """The table of a rule, every value spelled out; nothing in it depends on where files lie.

    Parameters
    ----------
    rule : str, path, mapping or PlasticityRule
        The kind of a rule, with its defaults. Or a TOML file: an experiment, whose rule is meant; a table of
        parameters with their ``kind``; or a rule of one's own in a file by itself. Or such a table, or a rule.

    Raises
    ------
    StdpbenchError
        If there is no such rule or file, or something in it is wrong.
    """
    if isinstance(rule, PlasticityRule):
        return rule.to_mapping()
    if isinstance(rule, Mapping):
        return rules.build(rule, "plasticity").to_mapping()
    if isinstance(rule, str) and rule in rules.kinds():
        return rules.build({"kind": rule}, "plasticity").to_mapping()
    path = Path(rule).expanduser()
    if not path.is_file():
        raise StdpbenchError(
            f"there is no plasticity rule {str(rule)!r}, neither as a kind nor as a TOML file; "
            f"{suggestion(str(rule), rules.kinds())}"
        )
    return rules.build(_read(path), "plasticity").to_mapping()


def _read(path: Path) -> Mapping[str, Any]:
    said = read_toml(path)
    table = said.get("plasticity", said)
    if not isinstance(table, dict):
        raise StdpbenchError(f"{path}: plasticity must be a table of parameters, not {table!r}")
    if table is said and "kind" not in said:
        return {"kind": "custom", "file": str(path)}
    if isinstance(table.get("file"), str):
        table["file"] = str(path.parent / Path(table["file"]).expanduser())  # it lies beside its experiment
    return table
