"""Networks imported from NIR files, which a subprocess reads."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.base import units
from stdpbench.base.errors import StdpbenchError, several
from stdpbench.base.foreign_files import read_apart
from stdpbench.experiment import Experiment
from stdpbench.kinds.connections.table import hold
from stdpbench.kinds.connections.table_file import Rows

_DELAY = re.compile(r"network\.projections\.(\w+)\.delay(?!\.)\b")


@dataclass(frozen=True, eq=False)
class NirNetwork:
    """The network of a NIR file.

    Attributes
    ----------
    experiment : Experiment
        The network, with data, encoding and schedule from the metadata of a file of stdpbench, otherwise defaults.
    learned : mapping of str to ndarray, float64
        Weights and thresholds by the names of learned arrays (`stdpbench.engine.network.Learned`).
    remarks : tuple of str
        Sentences for the user.
    weights_origin : str
        Origin of the weights, from the metadata of a file of stdpbench; empty if unknown.
    delays : mapping of str to str
        Name of each projection with a delay -> names of its Delay nodes.
    synapses : tuple of Rows
        Synapses of connections of kind ``table``; they are held in memory until a run writes them to files.
    """

    experiment: Experiment
    learned: Mapping[str, NDArray[np.float64]]
    remarks: tuple[str, ...]
    weights_origin: str = ""
    delays: Mapping[str, str] = field(default_factory=dict)
    synapses: tuple[Rows, ...] = ()

    def override(self, changes: Mapping[str, Any]) -> Experiment:
        """Return the experiment with changes; see `Experiment.override`.

        Raises
        ------
        StdpbenchError
            If a change is not valid; an error about a delay names the node of the file.
        """
        try:
            return self.experiment.override(changes)
        except StdpbenchError as error:
            raise in_words_of_file(error, self.delays) from None

    def parts(self) -> list[dict[str, Any]]:
        """Return the network as mappings of arrays and JSON."""
        about = {
            "experiment": self.experiment.to_toml(),
            "remarks": self.remarks,
            "weights_origin": self.weights_origin,
            "delays": dict(self.delays),
        }
        pairs = [{"source": rows.source, "target": rows.target} for rows in self.synapses]
        return [about, dict(self.learned), *pairs]

    @classmethod
    def of_parts(cls, parts: Sequence[Mapping[str, Any]]) -> NirNetwork:
        """Restore a network from its `parts`."""
        about, learned, *pairs = parts
        synapses = tuple(Rows.of_pairs(**pair) for pair in pairs)
        for rows in synapses:
            hold(rows)
        experiment = Experiment.from_toml(about["experiment"])
        return cls(experiment, learned, tuple(about["remarks"]), about["weights_origin"], about["delays"], synapses)


def in_words_of_file(error: StdpbenchError, delays: Mapping[str, str]) -> StdpbenchError:
    """Return an error that names the Delay nodes of the file instead of the delays of projections."""

    def node(match: re.Match[str]) -> str:
        return f"the Delay {delays[match[1]]} of the file" if match[1] in delays else match[0]

    return several(_DELAY.sub(node, sentence) for sentence in error.sentences)


def nir_network(name: str | PathLike[str], changes: Mapping[str, Any]) -> NirNetwork | None:
    """Return the network of a NIR file; None if the name is not that of a NIR file.

    Parameters
    ----------
    name : str or path
        Name of an experiment, or a file, which is a NIR file if it ends in ``.nir``.
    changes : mapping of str to Any
        Changes of the experiment by dotted path; ``network.dt`` is the time step with which the file is read.

    Raises
    ------
    StdpbenchError
        If the file cannot be read, or a node is not supported; the message names the node.
    """
    path, dt = Path(name).expanduser(), changes.get("network.dt")
    if path.suffix.lower() != ".nir":
        return None
    if not path.is_file():
        raise StdpbenchError(f"there is no file {path}")
    try:
        step = None if dt is None else units.milliseconds(str(dt))
    except ValueError:
        raise StdpbenchError(f"network.dt must be a time such as '1 ms', not {dt!r}") from None
    return NirNetwork.of_parts(read_apart("stdpbench.bridges.nir.reading:parse", path, step))
