"""Experiments that ship with the package, and experiment files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from stdpbench.base.errors import StdpbenchError, suggestion
from stdpbench.base.files import read_toml
from stdpbench.base.paths import shipped
from stdpbench.experiment import learning
from stdpbench.experiment.table_files import find_beside


def shipped_experiments() -> dict[str, Path]:
    """Return name and file of every bundled experiment, sorted by name."""
    return {path.stem: path for path in sorted(shipped("experiments").glob("*.toml"), key=lambda path: path.stem)}


def tables_of(name: str | Path) -> tuple[Path, dict[str, Any]]:
    """Return the file of an experiment and its tables; relative paths in them are resolved.

    Parameters
    ----------
    name : str or Path
        Name of a bundled experiment, or a file.

    Raises
    ------
    StdpbenchError
        If there is no such experiment, or the file is not valid TOML.
    """
    known = shipped_experiments()
    path = known.get(str(name)) or Path(name).expanduser()
    if not path.is_file():
        raise StdpbenchError(
            f"there is no experiment {str(name)!r}, neither bundled nor as a file; {suggestion(str(name), known)}"
        )
    if path.suffix.lower() == ".nir":
        raise StdpbenchError(f"{path} is a NIR file, which only `stdpbench run` and stdpbench.start(...) read")
    mapping = read_toml(path)
    mapping.setdefault("name", path.stem.removesuffix(".stdpbench"))
    for rule in learning.tables_of_rules(mapping):
        if isinstance(rule.get("file"), str):
            rule["file"] = str(path.parent / Path(rule["file"]).expanduser())  # relative to the experiment file
    find_beside(mapping, path.parent)
    return path, mapping
