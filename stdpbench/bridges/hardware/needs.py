"""Requirements of a frozen network on a chip: neurons, synapses, weights, delays and time constants."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import exp
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from stdpbench.declare.learned_names import delays_in, weights_of
from stdpbench.engine.network import Layout, delays_of, projection_weights
from stdpbench.experiment.graph import Graph
from stdpbench.kinds.connections.others import Others
from stdpbench.kinds.neurons import Neuron

_OTHER_MECHANISMS = ("adex", "izhikevich", "srm-masquelier")


def _leaks(neuron: Neuron) -> bool:
    return hasattr(neuron, "tau_m") and getattr(neuron, "beta", None) != 1.0


def _reset_differs_from_rest(neuron: Neuron) -> bool:
    if getattr(neuron, "reset_mechanism", "zero") == "to-value":
        return bool(neuron.quantities()["v_reset"] != 0)
    rest, reset = (getattr(neuron, name, None) for name in ("v_rest", "v_reset"))
    return rest is not None and reset is not None and rest != reset


PROPERTIES: Final[Mapping[str, Callable[[Neuron], bool]]] = MappingProxyType(
    {
        "conductances": lambda neuron: hasattr(neuron, "E_exc"),
        "synaptic currents": lambda neuron: hasattr(neuron, "tau_exc"),
        "exponential leak": _leaks,
        "reset by subtraction": lambda neuron: getattr(neuron, "reset_mechanism", "") == "subtract",
        "reset apart from rest": _reset_differs_from_rest,
        "other spike mechanisms": lambda neuron: getattr(neuron, "kind", "") in _OTHER_MECHANISMS,
    }
)
"""Properties of neurons that a chip may lack."""


@dataclass(frozen=True)
class Decay:
    """A quantity of neurons that decays exponentially.

    Attributes
    ----------
    name : str
        Name of the parameter.
    value : str
        Value with unit.
    kept : float
        Fraction that remains after a time step.
    """

    name: str
    value: str
    kept: float


@dataclass(frozen=True, eq=False)
class PopulationNeeds:
    """Requirements of a population.

    Attributes
    ----------
    name, kind : str
        Name of the population, and kind of its neurons.
    n : int
        Number of neurons.
    properties : tuple of str
        Keys of `PROPERTIES` that hold for its neurons.
    decays : tuple of Decay
        Quantities that decay while weights are frozen.
    refractory : int
        Refractory period, in time steps.
    """

    name: str
    kind: str
    n: int
    properties: tuple[str, ...]
    decays: tuple[Decay, ...]
    refractory: int


@dataclass(frozen=True, eq=False)
class ProjectionNeeds:
    """Requirements of a projection; synapses of weight 0 are left out.

    Attributes
    ----------
    name, source, target : str
        Names of the projection and of its populations.
    fan_out, fan_in : ndarray, int64, (n_source,) and (n_target,)
        Synapses of each neuron.
    n_zero : int
        Synapses of weight 0.
    weights : ndarray, float64, (n_synapses,)
        Magnitudes of the other weights, in any order; one value if all are equal.
    both_signs : bool
        Whether some weights are negative and others positive.
    distinct : int
        Largest number of different weights at one target neuron.
    delay : tuple of int
        Shortest and longest delay, in time steps.
    """

    name: str
    source: str
    target: str
    fan_out: NDArray[np.int64]
    fan_in: NDArray[np.int64]
    n_zero: int
    weights: NDArray[np.float64]
    both_signs: bool
    distinct: int
    delay: tuple[int, int]


@dataclass(frozen=True, eq=False)
class Needs:
    """Requirements of a network.

    Attributes
    ----------
    dt : float
        Time step, in ms.
    input, read : str
        Names of the input and of the population that is read.
    populations : mapping of str to PopulationNeeds
        Populations with neurons.
    projections : mapping of str to ProjectionNeeds
        All projections.
    unchecked : tuple of str
        Sentences on what of the network no limit of a chip is compared with.
    """

    dt: float
    input: str
    read: str
    populations: Mapping[str, PopulationNeeds]
    projections: Mapping[str, ProjectionNeeds]
    unchecked: tuple[str, ...] = ()

    def into(self, population: str) -> list[ProjectionNeeds]:
        """Return the projections that end at a population."""
        return [projection for projection in self.projections.values() if projection.target == population]

    def fan_in(self, population: str) -> NDArray[np.int64]:
        """Return the number of incoming synapses of each neuron of a population, int64, (n,)."""
        total = np.zeros(self.populations[population].n, np.int64)
        for projection in self.into(population):
            total += projection.fan_in
        return total


def needs_of(graph: Graph, learned: Mapping[str, NDArray[Any]]) -> Needs:
    """Return the requirements of a network.

    Parameters
    ----------
    graph : Graph
        The network, with the shape of its input.
    learned : mapping of str to ndarray
        Learned arrays of the network, as in a presentation.

    Raises
    ------
    StdpbenchError
        If a file builds the network.
    """
    graph.check_declared("a check for a chip")
    layout, drawn = Layout(graph), projection_weights(graph)
    populations = {
        name: _population(name, population.size, population.neuron, graph.dt)
        for name, population in graph.populations.items()
        if population.neuron is not None
    }
    projections = {name: _projection(graph, name, layout, learned, drawn) for name in graph.projections}
    unchecked = [f"Not checked: the short-term plasticity of {n}." for n, p in graph.projections.items() if p.release]
    unchecked += [
        f"Not checked: of {name}, only one neuron fires in a step (winner)."
        for name, population in graph.populations.items()
        if population.winner != "none"
    ]
    return Needs(graph.dt, graph.input, graph.read, populations, projections, tuple(unchecked))


def _population(name: str, n: int, neuron: Neuron, dt: float) -> PopulationNeeds:
    properties = tuple(name for name, holds in PROPERTIES.items() if holds(neuron))
    refractory = getattr(neuron, "refractory_steps", None)
    if refractory is None:
        refractory = round(getattr(neuron, "t_ref", 0.0) / dt)
    return PopulationNeeds(name, str(getattr(neuron, "kind", "")), n, properties, _decays(neuron, dt), int(refractory))


def _decays(neuron: Neuron, dt: float) -> tuple[Decay, ...]:
    """Return the quantities that decay exponentially, except slow variables, which decay in training only."""
    slow, decays = {f"tau_{variable.name}" for variable in neuron.variables if variable.slow}, []
    beta = getattr(neuron, "beta", None)
    for parameter in type(neuron).describe():
        if not parameter.name.startswith("tau_") or parameter.unit != "ms" or parameter.name in slow:
            continue
        if parameter.name == "tau_m" and beta is not None:
            decays.append(Decay("beta", f"{beta:g}", float(beta)))
            continue
        tau = float(getattr(neuron, parameter.name))
        decays.append(Decay(parameter.name, f"{tau:g} ms", exp(-dt / tau)))
    return tuple(decay for decay in decays if decay.kept < 1)


def _projection(
    graph: Graph,
    name: str,
    layout: Layout,
    learned: Mapping[str, NDArray[Any]],
    drawn: Mapping[str, NDArray[np.float64]],
) -> ProjectionNeeds:
    in_layout, projection = layout.projections[name], graph.projections[name]
    w = learned.get(weights_of(name), drawn.get(name))
    if w is None:
        counted = _equal(graph, name)
    elif graph.is_sparse(name):
        synapses = graph.synapses(name)
        of_synapses = graph.per_synapse(name, w)
        counted = _listed(synapses.source, synapses.target, of_synapses, in_layout.source.size, in_layout.target.size)
    elif w.ndim == 1:
        neurons = np.arange(len(w))
        counted = _listed(neurons, neurons, w, len(w), len(w))
    else:
        counted = _matrix(w, int(graph.projections[name].connect.at_end) * len(w))
    fan_out, fan_in, n_zero, weights, distinct = counted
    learned_delays = learned.get(delays_in(name))
    if learned_delays is not None:
        steps = np.rint(np.asarray(learned_delays) / (graph.dt * 1e-3)).astype(np.int64)
    elif projection.delays_differ:
        steps = delays_of(graph, name).astype(np.int64)
    else:
        steps = np.array([round(projection.delay.longest / graph.dt)])
    return ProjectionNeeds(
        name,
        projection.source,
        projection.target,
        fan_out,
        fan_in,
        n_zero,
        weights * (1.0 if projection.scale is None else projection.scale),
        w is not None and bool(np.min(w, initial=0.0) < 0 < np.max(w, initial=0.0)),
        distinct,
        (int(steps.min(initial=steps.max(initial=0))), int(steps.max(initial=0))),
    )


_Counted = tuple[NDArray[np.int64], NDArray[np.int64], int, NDArray[np.float64], int]
"""Fan-out, fan-in, number of zeros, magnitudes of the other weights, and largest number of different ones."""


def _equal(graph: Graph, name: str) -> _Counted:
    """Count the synapses of a projection with one weight."""
    projection = graph.projections[name]
    source, target = (graph.populations[end] for end in (projection.source, projection.target))
    value = projection.weight.quantities().get("value", 0.0)
    if graph.is_sparse(name):
        synapses = graph.synapses(name)
        w = np.full(len(synapses), value)
        return _listed(synapses.source, synapses.target, w, source.size, target.size)
    if isinstance(projection.connect, Others):
        fan_out = fan_in = projection.connect.out_degrees(target.shape) * (value != 0)
    else:
        degree = round(projection.connect.mean_out_degree(source.shape, target.shape)) * (value != 0)
        fan_out = np.full(source.size, degree, np.int64)
        fan_in = np.full(target.size, degree * source.size // target.size, np.int64)
    any_synapse = bool(fan_out.any())
    return fan_out, fan_in, 0, np.array([value] * any_synapse), int(any_synapse)


def _listed(source: NDArray[Any], target: NDArray[Any], w: NDArray[Any], n_source: int, n_target: int) -> _Counted:
    """Count synapses of a list."""
    kept = w != 0
    source, target, w = source[kept], target[kept], w[kept].astype(np.float64)
    order = np.lexsort((w, target))
    new = np.ones(len(w), bool)
    new[1:] = (np.diff(w[order]) != 0) | (np.diff(target[order]) != 0)
    different = np.bincount(target[order][new], minlength=1)
    fans = np.bincount(source, minlength=n_source), np.bincount(target, minlength=n_target)
    return *fans, int((~kept).sum()), np.abs(w), int(different.max(initial=0))


def _matrix(w: NDArray[Any], no_synapse: int) -> _Counted:
    """Count the synapses of a dense projection, in which `no_synapse` pairs are not connected."""
    kept = w != 0
    ordered = np.sort(w, axis=0)
    different = (np.diff(ordered, axis=0, prepend=np.nan) != 0).sum(axis=0) - (~kept).any(axis=0)
    weights = np.abs(w[kept].astype(np.float64))
    return (
        kept.sum(axis=1),
        kept.sum(axis=0),
        max(0, int((~kept).sum()) - no_synapse),
        weights,
        int(different.max(initial=0)),
    )
