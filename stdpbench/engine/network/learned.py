"""Learned arrays of a network, by name: they persist across presentations, and frozen presentations depend on them.

`stdpbench.declare.learned_names` explains the names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.declare.learned_names import (
    COMPETE,
    FEED,
    THETA,
    delays_in,
    is_per_synapse,
    listed,
    weights_of,
)
from stdpbench.experiment import Experiment
from stdpbench.experiment.graph import Graph


class Learned(Mapping[str, NDArray[np.float64]]):
    """Learned arrays of a network by name; the mapping is immutable, but arrays may be views that change.

    Parameters
    ----------
    arrays : mapping of str to ndarray, float64
        Weights of dense projections, (n_source, n_target), dimensionless; their delays, where these learn, in the same
        shape, in seconds; slow variables of neurons, (n,), SI units.

    Examples
    --------
    >>> learned = Learned({"feed.w": np.ones((2, 3)), "exc.theta": np.zeros(3)})
    >>> learned["feed.w"].shape
    (2, 3)
    """

    __slots__ = ("_arrays",)

    def __init__(self, arrays: Mapping[str, NDArray[np.float64]]) -> None:
        self._arrays = dict(arrays)

    def __getitem__(self, name: str) -> NDArray[np.float64]:
        """Return an array."""
        return self._arrays[name]

    def __iter__(self) -> Iterator[str]:
        """Iterate over names, in the order in which projections are declared."""
        return iter(self._arrays)

    def __len__(self) -> int:
        """Return the number of arrays."""
        return len(self._arrays)

    def __eq__(self, other: object) -> bool:
        """Return whether another mapping has the same names with equal arrays."""
        if not isinstance(other, Mapping) or self.keys() != other.keys():
            return False
        return all(np.array_equal(array, other[name]) for name, array in self.items())

    __hash__ = None  # type: ignore[assignment] # not hashable, like arrays

    def __repr__(self) -> str:
        """Return names and shapes."""
        return f"Learned({', '.join(f'{name} {array.shape}' for name, array in self.items())})"

    def copy(self) -> Learned:
        """Return copies of all arrays."""
        return Learned({name: array.copy() for name, array in self.items()})

    def replace(self, arrays: Mapping[str, NDArray[np.float64]]) -> Learned:
        """Return a mapping in which some arrays are replaced.

        Raises
        ------
        StdpbenchError
            If a name is unknown, or a shape differs.
        """
        for name, array in arrays.items():
            if name not in self:
                raise StdpbenchError(f"this network has no learned array {name}; it has {listed(self)}")
            if array.shape != self[name].shape:
                raise StdpbenchError(f"{name} has the shape {array.shape}, but {self[name].shape} in this network")
        return Learned({**self, **arrays})

    def for_display(self) -> dict[str, NDArray[np.floating[Any]]]:
        """Return copies for views: values of synapses as float32, to halve the transfer, others unchanged."""
        return {n: array.astype(np.float32) if is_per_synapse(n) else array.copy() for n, array in self.items()}

    def save(self, folder: Path) -> None:
        """Write the arrays into a folder for other processes, as ``NAME.npy``; replace those of the same names."""
        folder.mkdir(exist_ok=True)
        for name, array in self.items():
            np.save(folder / f"{name}.npy", array, allow_pickle=False)

    @classmethod
    def load(cls, folder: Path) -> Learned:
        """Read the arrays that `save` wrote."""
        return cls({path.stem: np.load(path, allow_pickle=False) for path in sorted(folder.glob("*.npy"))})


def learned_shapes(graph: Graph) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the learned arrays of a network by name, in the order in which projections are declared.

    The weights of each projection that learns or that a reference trains, and its delays if these learn, are followed
    by the slow variables of its target.
    """
    shapes: dict[str, tuple[int, ...]] = {}
    for name, projection in graph.projections.items():
        if projection.learns or projection.weight.trained:
            shapes[weights_of(name)] = _shape(graph, name)
        if projection.delay_plasticity is not None:
            shapes[delays_in(name)] = _shape(graph, name)
        shapes |= _slow(graph, projection.target)
    for name in graph.populations:
        shapes |= _slow(graph, name)
    return shapes


def _shape(graph: Graph, name: str) -> tuple[int, ...]:
    projection = graph.projections[name]
    source, target = graph.populations[projection.source], graph.populations[projection.target]
    match projection.connect.storage:
        case "dense":
            return (source.size, target.size)
        case "one-to-one":
            return (target.size,)
        case "sparse":
            if not source.shape:
                return (0,)
            return graph.kernel(name) or (len(graph.synapses(name)),)


def _slow(graph: Graph, name: str) -> dict[str, tuple[int, ...]]:
    population = graph.populations[name]
    neuron = population.neuron
    if neuron is None:
        return {}
    if neuron.missing:  # its variables are unknown, but neurons that a template reads have thresholds
        return {f"{name}.theta": (population.size,)} if name == graph.read else {}
    return {f"{name}.{variable.name}": (population.n_slow,) for variable in neuron.variables if variable.slow}


def shapes_in(experiment: Experiment, *shape: int) -> dict[str, tuple[int, ...]]:
    """Return `learned_shapes` of the network of an experiment, with the shape of its input if known."""
    return learned_shapes(experiment.graph(*shape))


def from_input(graph: Graph) -> str:
    """Return the name of dense weights from the input that learn or are trained; empty if there are none."""
    dense = (name for name in (*graph.plastic, *graph.trained) if graph.projections[name].connect.storage == "dense")
    return next((weights_of(name) for name in dense if graph.projections[name].source == graph.input), "")


def learned_in(state: Mapping[str, NDArray[np.float64]], names: Iterable[str] | None = None) -> Learned:
    """Return the learned arrays in the state of a simulator.

    Parameters
    ----------
    state : mapping of str to ndarray, float64
        State arrays by name; float32 is converted without loss.
    names : iterable of str, optional
        Names of the learned arrays (`learned_shapes`). Default, for an unknown network: all weights, delays and
        thresholds.
    """
    if names is None:
        first = (FEED, THETA, COMPETE)
        names = [*first, *(name for name in state if name not in first and name.endswith((".w", ".d", ".theta")))]
    return Learned({name: np.asarray(state[name], np.float64) for name in names if name in state})
