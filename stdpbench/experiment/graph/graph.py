"""A network as a whole: populations and projections in the order in which they are declared."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from math import isqrt, prod
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.declare.parameters import Parameters
from stdpbench.experiment.graph.elements import Population, Projection
from stdpbench.kinds.connections import Connection, Synapses

Precision = Literal["float64", "float32"]
"""Numbers in which a network is computed."""

_KEPT = 16  # projections whose drawn synapses are kept


@dataclass(frozen=True)
class NetworkFile:
    """A Python file that builds a network with Brian2.

    Attributes
    ----------
    path : str
        The file.
    sha256 : str
        Digest of its contents, hexadecimal.
    values : Parameters
        Constants of the file, which `stdpbench.engine` replaces by these values.
    """

    path: str
    sha256: str
    values: Parameters

    @property
    def name(self) -> str:
        """Name of the file, for messages; the copy in a run folder has none."""
        path = Path(self.path)
        return "the file of the network" if path.stem == self.sha256 else path.name

    def read(self) -> bytes:
        """Return the contents of the file.

        Raises
        ------
        StdpbenchError
            If it cannot be read, or is no longer that of the experiment.
        """
        try:
            contents = Path(self.path).read_bytes()
        except OSError as error:
            raise StdpbenchError(f"{self.path} cannot be read: {error.strerror or error}") from None
        if hashlib.sha256(contents).hexdigest() != self.sha256:
            raise StdpbenchError(f"{self.path} has changed: it is not the file of this experiment")
        return contents


@dataclass(frozen=True)
class Graph:
    """Populations and projections.

    Projections act in the order in which they are declared. Names never change a result.

    Attributes
    ----------
    populations : mapping of str to Population
        By name. At most one has no neuron: the input.
    projections : mapping of str to Projection
        By name.
    dt : float
        Time step, in ms.
    conductance_step : {"euler", "exact"}
        Decay of conductances per step: ``1 - dt/tau`` or ``exp(-dt/tau)``.
    read : str
        Name of the population whose spikes are counted, labelled and scored.
    streams : mapping of str to int
        For some projections, the number of the random stream that their delays are drawn from; for others it is
        derived from their name.
    stream : bool
        Whether presentations are consecutive pieces of one stream: input may be in flight at the end of a piece, and
        slow variables of neurons decay in every step, so that the cut into pieces changes no result.
    seed : int
        Connections, weights and delays are drawn from it.
    precision : {"float64", "float32"}
        Numbers in which neurons and synapses are computed; slow variables and averages stay float64.
    file : NetworkFile or None
        The file that builds the network, whose equations are unknown here; None: they follow from the declarations.
    """

    populations: Mapping[str, Population]
    projections: Mapping[str, Projection]
    dt: float = 0.5
    conductance_step: Literal["euler", "exact"] = "euler"
    read: str = ""
    streams: Mapping[str, int] = field(default_factory=dict)
    stream: bool = False
    seed: int = 0
    precision: Precision = "float64"
    file: NetworkFile | None = None

    def check_declared(self, what: str) -> None:
        """Check that the equations of the network are declared.

        Raises
        ------
        StdpbenchError
            If they are in a file; `what` needs them.
        """
        if self.file is not None:
            raise StdpbenchError(f"{what} needs the equations of the network, which only {self.file.name} has")

    @property
    def real(self) -> type[np.float32 | np.float64]:
        """Type of the variables of neurons and synapses, except slow variables, averages, delays and counters."""
        return np.float32 if self.precision == "float32" else np.float64

    @property
    def input(self) -> str:
        """Name of the input; empty if there is none."""
        return next((name for name, population in self.populations.items() if population.neuron is None), "")

    @property
    def plastic(self) -> tuple[str, ...]:
        """Names of the projections that learn, their weights or their delays."""
        return tuple(name for name, projection in self.projections.items() if projection.learns)

    @property
    def trained(self) -> tuple[str, ...]:
        """Names of the projections whose weights a reference trains."""
        return tuple(name for name, projection in self.projections.items() if projection.weight.trained)

    @property
    def n_read(self) -> int:
        """Number of neurons of the population that is read."""
        return self.populations[self.read].size

    def shown_as(self, population: str, variable: str = "theta") -> tuple[float, str]:
        """Return the factor from SI units to the unit in which a variable of a population is shown, and this unit.

        For unknown neurons, it is a threshold in mV.
        """
        neuron = self.populations[population].neuron
        return (1e3, "mV") if neuron is None or neuron.missing else neuron.shown_as(variable)

    @property
    def shown(self) -> str:
        """Name of the projection to show where only one can be shown; empty if none learns or is trained.

        It learns, or else a reference trains it; projections to the population that is read come first, then those
        from the input.
        """

        def rank(name: str) -> tuple[bool, bool]:
            projection = self.projections[name]
            return projection.target == self.read, projection.source == self.input

        return max(self.plastic or self.trained, key=rank, default="")  # the first of equals

    @property
    def input_delay_bins(self) -> int:
        """Longest delay of the projections from the input, in steps."""
        delays = [
            projection.longest_delay for projection in self.projections.values() if projection.source == self.input
        ]
        return round(max(delays, default=0.0) / self.dt)

    def with_input(self, *shape: int) -> Graph:
        """Return the graph with the shape of its input, which the data give.

        If the file gives a shape of the same size, it is kept. If a projection needs rows and columns, a square number
        of inputs becomes a square picture.
        """
        if not self.input:
            return self
        declared, (size, side) = self.populations[self.input].shape, (prod(shape), isqrt(prod(shape)))
        if len(declared) > 1 and prod(declared) == size:
            shape = declared
        elif len(shape) == 1 and side**2 == size and self._needs_grid:
            shape = (side, side)
        populations = {**self.populations, self.input: Population(shape=shape)}
        return replace(self, populations=populations)

    @property
    def _needs_grid(self) -> bool:
        from_input = [projection for projection in self.projections.values() if projection.source == self.input]
        return any(projection.connect.needs_grid or projection.spreads for projection in from_input)

    def random(self, projection: str, what: str) -> np.random.Generator:
        """Return the random generator for a property of a projection, such as its ``"delays"``."""
        if what == "delays" and projection in self.streams:
            return _generator(self.seed, self.streams[projection])
        return _generator(self.seed, f"{what} of {projection}")

    def is_sparse(self, projection: str) -> bool:
        """Return whether the projection is sparse: only the pairs that `synapses` returns have a synapse."""
        return self.projections[projection].connect.storage == "sparse"

    def synapses(self, projection: str) -> Synapses:
        """Return the synapses of a sparse projection; the same on every machine and in every process."""
        declared = self.projections[projection]
        recurrent = declared.source == declared.target
        return _drawn(declared.connect, projection, *self._shapes(projection), recurrent, self.seed)

    def kernel(self, projection: str) -> tuple[int, ...]:
        """Return the shape of the weights that synapses of a projection share; empty if each has its own."""
        declared = self.projections[projection]
        return declared.connect.kernel(*self._shapes(projection)) if declared.shared else ()

    def per_synapse(self, projection: str, w: NDArray[Any]) -> NDArray[Any]:
        """Return the weight of each synapse of a projection, whose synapses may share weights."""
        return w.reshape(-1)[self.weight_of_synapse(projection)] if self.projections[projection].shared else w

    def weight_of_synapse(self, projection: str) -> NDArray[np.int32]:
        """Return the place of the weight of each synapse in the flattened `kernel`, int32, (n_synapses,)."""
        return _places(self.projections[projection].connect, self.synapses(projection), *self._shapes(projection))

    def _shapes(self, projection: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
        declared = self.projections[projection]
        return self.populations[declared.source].shape, self.populations[declared.target].shape

    def normalise(self, projection: str, w: NDArray[np.float64]) -> NDArray[np.int64]:
        """Scale weights of a projection in place as it declares.

        Returns
        -------
        ndarray, int64, (n_silent,)
            Target neurons, or units that share weights, whose weights could not be scaled.
        """
        scaling = self.projections[projection].normalise
        if scaling is None:
            return np.empty(0, np.int64)
        if self.projections[projection].shared:
            return scaling.apply(w.reshape(-1, w.shape[-1]))
        return scaling.apply(w, self.synapses(projection).target if self.is_sparse(projection) else None)

    def fields(self, projection: str, w: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return weights with one column per target neuron, or per unit that shares weights, for figures.

        One-to-one weights, and sparse weights that do not come from the input, are a row.
        """
        declared = self.projections[projection]
        if declared.shared:
            return w.reshape(-1, w.shape[-1])
        if self.is_sparse(projection) and declared.source == self.input:
            return self.matrix(projection, w)
        return w if w.ndim == 2 else w[None]

    def matrix(self, projection: str, values: NDArray[np.float64], absent: float = 0.0) -> NDArray[np.float64]:
        """Return values of the synapses of a projection as a matrix.

        Parameters
        ----------
        projection : str
            Its name.
        values : ndarray, float64
            (n_source, n_target), one-to-one (n,), sparse (n_synapses,) or shared weights.
        absent : float
            The value for pairs that are not connected.

        Returns
        -------
        ndarray, float64, (n_source, n_target)
        """
        storage = self.projections[projection].connect.storage
        if storage == "sparse":
            return self.synapses(projection).dense(self.per_synapse(projection, values), absent)
        if storage == "one-to-one":
            matrix = np.full((len(values), len(values)), absent)
            np.fill_diagonal(matrix, values)
            return matrix
        return values


@lru_cache(maxsize=_KEPT)
def _drawn(
    connect: Connection, name: str, source: tuple[int, ...], target: tuple[int, ...], recurrent: bool, seed: int
) -> Synapses:
    return connect.draw(_generator(seed, f"connections of {name}"), source, target, recurrent=recurrent)


@lru_cache(maxsize=_KEPT)
def _places(
    connect: Connection, synapses: Synapses, source: tuple[int, ...], target: tuple[int, ...]
) -> NDArray[np.int32]:
    return connect.weight_of_synapse(synapses, source, target)


def _generator(seed: int, stream: int | str) -> np.random.Generator:
    """Return the generator of a random stream of the seed, identified by a number or a text."""
    if isinstance(stream, str):
        stream = int.from_bytes(hashlib.sha256(stream.encode()).digest()[:8], "little")
    return np.random.default_rng(np.random.SeedSequence((seed, stream)))
