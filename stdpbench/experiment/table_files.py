"""Files that list synapses: where an experiment finds them, and that their place does not change a result."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

TABLES = "tables"
"""Folder beside the experiment of a run with the synapses that files have listed, each named by its digest."""


def connections_in(mapping: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the table of each connection in the tables of an experiment that names a file."""
    network = mapping.get("network")
    projections = network.get("projections") if isinstance(network, Mapping) else None
    for each in projections.values() if isinstance(projections, Mapping) else ():
        connect = each.get("connect") if isinstance(each, Mapping) else None
        if isinstance(connect, dict) and connect.get("kind") == "table" and isinstance(connect.get("file"), str):
            yield connect


def find_beside(mapping: Mapping[str, Any], folder: Path) -> None:
    """Have an experiment find its files: in the folder of its run, else relative to its own file."""
    for connect in connections_in(mapping):
        kept = folder / TABLES / f"{connect.get('sha256', '')}.npz"
        connect["file"] = str(kept if kept.is_file() else folder / Path(connect["file"]).expanduser())


def without_files(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """Return the tables of an experiment without the places of files, of which it has digests."""
    if not any(True for _ in connections_in(mapping)):
        return dict(mapping)
    found = deepcopy(dict(mapping))
    for connect in connections_in(found):
        del connect["file"]
    return found
