"""Files that an experiment refers to: resolving their paths, which do not count for the digest.

They list synapses (``connect.kind = "table"``), have the weights of a trained network (``reference.weights``), or
build the network (``network.kind = "brian2"``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

from stdpbench.base.errors import StdpbenchError

TABLES = "tables"
"""Subfolder of a run folder for copies of tables of synapses and of the file of a network, named by their digests."""


def connections_in(mapping: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the table of each connection that reads its synapses from a file."""
    network = mapping.get("network")
    projections = network.get("projections") if isinstance(network, Mapping) else None
    for projection in projections.values() if isinstance(projections, Mapping) else ():
        connect = projection.get("connect") if isinstance(projection, Mapping) else None
        if isinstance(connect, dict) and connect.get("kind") == "table" and isinstance(connect.get("file"), str):
            yield connect


def find_beside(mapping: Mapping[str, Any], folder: Path) -> None:
    """Resolve the files of an experiment in place: in its run folder, else relative to the experiment file.

    Raises
    ------
    StdpbenchError
        If the file of a network is not in the folder of the experiment.
    """
    if (network := _with_program(mapping)) is not None:
        copy = folder / TABLES / f"{network.get('sha256', '')}.py"
        file = folder / Path(network["file"]).expanduser()
        if not network.get("sha256") and not file.resolve().is_relative_to(folder.resolve()):
            raise StdpbenchError(
                f"network.file: {network['file']} is not in the folder of the experiment; copy it there"
            )
        network["file"] = str(copy if copy.is_file() else file)
    for connect in connections_in(mapping):
        copy = folder / TABLES / f"{connect.get('sha256', '')}.npz"
        connect["file"] = str(copy if copy.is_file() else folder / Path(connect["file"]).expanduser())
    if (reference := _with_weights(mapping)) is not None:
        reference["weights"] = str(folder / Path(reference["weights"]).expanduser())


def without_files(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """Return the tables of an experiment without the paths of files; their digests stay."""
    owners = _with_weights(mapping), _with_program(mapping)
    if not any(True for _ in connections_in(mapping)) and owners == (None, None):
        return dict(mapping)
    tables = deepcopy(dict(mapping))
    if (network := _with_program(tables)) is not None:
        del network["file"]
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


def _with_program(mapping: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the table of a network that a file builds; None for others."""
    network = mapping.get("network")
    builds = isinstance(network, dict) and network.get("kind") == "brian2" and isinstance(network.get("file"), str)
    return network if builds else None
