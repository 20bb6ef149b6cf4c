"""Connections listed in a file."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any, ClassVar, Literal
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.declare.parameters import Parameters, parameter, with_digest
from stdpbench.kinds.connections.base import Connection
from stdpbench.kinds.connections.synapses import Synapses
from stdpbench.kinds.connections.table_file import Rows, read_rows

_KNOWN_PATHS: dict[str, Path] = {}
"""Last known file of the synapses with a digest, for experiments whose file has moved."""
_IN_MEMORY: WeakValueDictionary[str, Rows] = WeakValueDictionary()
"""Synapses in memory that are in no file yet, by digest."""


def hold(rows: Rows) -> str:
    """Register synapses in memory by their digest, while they are referenced; a run writes them to a file.

    Returns
    -------
    str
        The digest.
    """
    digest = rows.digest
    _IN_MEMORY[digest] = rows
    return digest


class Table(Connection):
    """The synapses listed in a file, one per row, in any order.

    A CSV file begins with a header line: ``source,target``, and optionally ``weight`` and ``delay``. Neurons are
    numbered from 0; delays are in ms and rounded to time steps. A NumPy archive (.npz) has arrays of these names, an
    array (.npy) fields. If the file has weights or delays, the projection specifies none.

    `sha256` identifies the synapses; by default it is computed when the experiment is read. A run keeps a copy of the
    synapses in its folder, so it does not depend on the file.
    """

    kind: Literal["table"] = "table"
    file: str = parameter(
        ..., structural=True, files="*.csv *.npz *.npy", help="The file: .csv with a header line, .npz or .npy."
    )
    autapses: bool = parameter(
        False, structural=True, help="Whether a neuron of a recurrent projection may reach itself."
    )
    multapses: bool = parameter(False, structural=True, help="Whether a pair may have several synapses.")
    sha256: str = parameter("", structural=True, help="Digest of the synapses; default: that of the file.")

    summary: ClassVar[str] = "The synapses listed in a file, with or without weights and delays"
    storage: ClassVar[Literal["sparse"]] = "sparse"

    @classmethod
    def declared_by(cls, mapping: Mapping[str, Any], where: str) -> tuple[type[Parameters], dict[str, Any]]:
        """Return class and values for a table; add the digest of its file if the table has none."""
        values = with_digest(mapping, "file", where, lambda path: read_rows(path).digest)
        path, digest = Path(str(values.get("file"))), values.get("sha256")
        if digest and (not mapping.get("sha256") or path.name == f"{digest}.npz"):  # read now, or in a run folder
            _KNOWN_PATHS[digest] = path
        return cls, values

    def __eq__(self, other: object) -> bool:
        """Compare synapses and options, not paths of files."""
        return isinstance(other, Table) and self._identity == other._identity

    def __hash__(self) -> int:
        """Hash synapses and options."""
        return hash(self._identity)

    @property
    def _identity(self) -> tuple[str, str, bool, bool]:
        return self.sha256, "" if self.sha256 else self.file, self.autapses, self.multapses

    def rows(self) -> Rows:
        """Return the synapses of the file.

        Raises
        ------
        StdpbenchError
            If the file cannot be read, or its synapses do not match `sha256`.
        """
        if (in_memory := _IN_MEMORY.get(self.sha256)) is not None:
            return in_memory
        path = Path(self.file)
        for candidate in (path, _KNOWN_PATHS.get(self.sha256, path)):
            if candidate.is_file():
                rows = read_rows(candidate)
                if self.sha256 in ("", rows.digest):
                    return rows
        if path.is_file():
            raise StdpbenchError(f"{path} has changed: it does not list the synapses of this experiment")
        raise StdpbenchError(f"there is no file {path}")

    @property
    def count_is_random(self) -> bool:
        """False: nothing is random."""
        return False

    def problem(self, source: tuple[int, ...], target: tuple[int, ...]) -> str:
        """Return why populations of these shapes cannot be connected, as a clause; empty if they can."""
        rows = self.rows()
        for name, shape in (("source", source), ("target", target)):
            size, index = prod(shape), getattr(rows, name)
            if (beyond := np.flatnonzero(index >= size)).size:
                k = int(beyond[np.argmin(rows.place[beyond])])
                return f"needs a larger {name}: {rows.at(k)} of {self.file} names neuron {index[k]} of {size}, from 0"
        if not self.multapses:
            same = (np.diff(rows.source) == 0) & (np.diff(rows.target) == 0)
            if same.any():
                k = int(np.argmax(same))
                pair = f"{rows.source[k]} to {rows.target[k]}"
                return (
                    f"lists a synapse from {pair} twice, in {rows.at(k)} and {rows.at(k + 1)} of {self.file}; "
                    "allow multapses, or remove one"
                )
        return ""

    def recurrent_problem(self) -> str:
        """Return why a population cannot be connected to itself, as a clause; empty if it can."""
        rows = self.rows()
        autapses = np.flatnonzero(rows.source == rows.target)
        if self.autapses or not autapses.size:
            return ""
        return (
            f"lists a synapse of neuron {rows.source[autapses[0]]} with itself, in {rows.at(int(autapses[0]))} of "
            f"{self.file}; allow autapses, or remove it"
        )

    def expected(self, source: tuple[int, ...], target: tuple[int, ...], *, recurrent: bool) -> float:
        """Return the number of synapses."""
        return float(len(self.rows()))

    def draw(
        self, random: np.random.Generator, source: tuple[int, ...], target: tuple[int, ...], *, recurrent: bool
    ) -> Synapses:
        """Return the synapses; nothing is random."""
        rows, n_target = self.rows(), prod(target)
        return Synapses.of_pairs(rows.source * np.int64(n_target) + rows.target, prod(source), n_target)

    def weights(self) -> NDArray[np.float64]:
        """Return the weights in the file, (n_synapses,)."""
        weight = self.rows().weight
        if weight is None:
            raise StdpbenchError(f"{self.file} has no column 'weight'")
        return weight.copy()

    def delays(self) -> NDArray[np.float64]:
        """Return the delays in the file, in ms, (n_synapses,)."""
        delay = self.rows().delay
        if delay is None:
            raise StdpbenchError(f"{self.file} has no column 'delay'")
        return delay
