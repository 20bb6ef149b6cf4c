"""Files that an experiment refers to: resolving their paths, which do not count for the digest.

They list synapses (``connect.kind = "table"``), or have the weights of a trained network (``reference.weights``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

TABLES = "tables"
"""Subfolder of a run folder for copies of the tables of synapses, each named by its digest."""


def connections_in(mapping: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the table of each connection that reads its synapses from a file."""
    network = mapping.get("network")
    projections = network.get("projections") if isinstance(network, Mapping) else None
    for projection in projections.values() if isinstance(projections, Mapping) else ():
        connect = projection.get("connect") if isinstance(projection, Mapping) else None
        if isinstance(connect, dict) and connect.get("kind") == "table" and isinstance(connect.get("file"), str):
            yield connect


def find_beside(mapping: Mapping[str, Any], folder: Path) -> None:
    """Resolve the files of an experiment in place: in its run folder, else relative to the experiment file."""
    for connect in connections_in(mapping):
        copy = folder / TABLES / f"{connect.get('sha256', '')}.npz"
        connect["file"] = str(copy if copy.is_file() else folder / Path(connect["file"]).expanduser())
    if (reference := _with_weights(mapping)) is not None:
        reference["weights"] = str(folder / Path(reference["weights"]).expanduser())


def without_files(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """Return the tables of an experiment without the paths of files; their digests stay."""
    if not any(True for _ in connections_in(mapping)) and _with_weights(mapping) is None:
        return dict(mapping)
    tables = deepcopy(dict(mapping))
    if (reference := _with_weights(tables)) is not None:
        del reference["weights"]
    for connect in connections_in(tables):
        del connect["file"]
    return tables


def _with_weights(mapping: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the table of a reference that reads its weights from a file; None if there is none."""
    reference = mapping.get("reference")
    has_file = isinstance(reference, dict) and isinstance(reference.get("weights"), str) and reference["weights"]
    return reference if has_file else None
