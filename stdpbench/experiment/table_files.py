"""Files that an experiment names: where it finds them, and that their place does not change a result.

They list synapses (``connect.kind = "table"``), or have the weights of a trained network (``reference.weights``).
"""

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
    if (reference := _with_weights(mapping)) is not None:
        reference["weights"] = str(folder / Path(reference["weights"]).expanduser())


def without_files(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """Return the tables of an experiment without the places of files, of which it has digests."""
    if not any(True for _ in connections_in(mapping)) and _with_weights(mapping) is None:
        return dict(mapping)
    found = deepcopy(dict(mapping))
    if (reference := _with_weights(found)) is not None:
        del reference["weights"]
    for connect in connections_in(found):
        del connect["file"]
    return found


def _with_weights(mapping: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the table of a reference that takes weights from a file; None if there is none."""
    reference = mapping.get("reference")
    given = isinstance(reference, dict) and isinstance(reference.get("weights"), str) and reference["weights"]
    return reference if given else None
