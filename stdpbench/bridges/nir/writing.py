"""Convert a network to NIR nodes and edges, and list features that NIR cannot express.

A step of a population is a linear equation, V(t+1) = β V(t) + I(t), and so is a step of the forward Euler method,
v(t + dt) = (1 - dt/τ) v(t) + dt/τ (v_leak + R I(t)). Both are the same with τ = dt/(1 - β) and R = 1/(1 - β); a
neuron with β = 1 is an IF with R = 1/dt. A spike acts one step after it arrives in both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise
from math import exp, expm1
from pathlib import Path
from typing import Any

import nir
import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.files import write_aside
from stdpbench.bridges.nir import OUTPUT
from stdpbench.engine.network import Layout, connected, delays_of
from stdpbench.engine.network.layout import ProjectionLayout
from stdpbench.experiment.graph import Graph, Projection
from stdpbench.kinds.connections.local import Local
from stdpbench.kinds.connections.others import Others
from stdpbench.kinds.connections.pool import Pool
from stdpbench.kinds.neurons import Neuron
from stdpbench.kinds.neurons.adaptive_lif_discrete import AdaptiveLIFDiscrete
from stdpbench.kinds.neurons.lif_current import LIFCurrent
from stdpbench.kinds.neurons.lif_discrete import LIFDiscrete

Discrete = LIFDiscrete | AdaptiveLIFDiscrete
Arrays = Callable[[str], NDArray[Any]]
"""Returns an array of a network by its public name, such as ``feed.w``."""
_LARGEST = 2**28  # weights of a node: 2 GiB
_DELAY = "_Delay"
_FLATTEN = "_Flatten"
_NOTHING = "_Nothing"


@dataclass(frozen=True)
class Unsupported:
    """A feature of a network that NIR cannot express.

    Attributes
    ----------
    reason : str
        Feature, reason, and the nearest network that NIR can express: a sentence without full stop, with paths of the
        expanded network.
    instead : str
        What a file has instead if it is written nevertheless, as a clause; empty if it cannot be written.
    """

    reason: str
    instead: str = ""


def unsupported(graph: Graph) -> Iterator[Unsupported]:
    """Yield all features of a network that NIR cannot express.

    Delays per synapse depend on drawn or learned numbers, so `nir_graph` checks them.
    """
    if not graph.input:
        yield Unsupported("the network has no input, which a NIR network needs")
    for name, population in graph.populations.items():
        where = f"network.populations.{name}"
        if population.noise is not None:
            yield Unsupported(f"{where}.noise: NIR has no random spikes; remove it")
        if population.winner != "none":
            yield Unsupported(
                f"{where}.winner: all neurons of NIR that cross their thresholds in a step fire; the nearest network "
                "has 'none'",
                f"all neurons of {name} above their thresholds fire",
            )
        if population.neuron is not None:
            yield from _of_neuron(f"{where}.neuron", name, population.neuron, graph)
    grids = _grids(graph)
    for name, projection in graph.projections.items():
        if projection.release is not None:
            yield Unsupported(
                f"network.projections.{name}.release: synapses of NIR deliver their weight; remove it",
                f"each spike of {name} delivers the whole weight",
            )
        source, target = grids[projection.source], grids[projection.target]
        n_weights = source.size * target.size
        if target.ndim == 3 and (kernels := _kernels(projection, graph)) is not None:
            n_weights = len(source) * len(target) * kernels.side**2
        if n_weights > _LARGEST:
            yield Unsupported(
                f"network.projections.{name}: NIR would need {n_weights:,} weights for it, which take "
                f"{8 * n_weights / 2**30:.1f} GiB; use fewer neurons"
            )


def _of_neuron(where: str, name: str, neuron: Neuron, graph: Graph) -> Iterator[Unsupported]:
    kind = getattr(neuron, "kind", "")
    if isinstance(neuron, Discrete):
        if neuron.reset_mechanism == "subtract":
            yield Unsupported(
                f"{where}.reset_mechanism: neurons of NIR are reset to a value instead of subtracting the threshold; "
                "the nearest network has 'zero'",
                f"a spike of {name} sets the potential to 0 and subtracts nothing",
            )
        if neuron.refractory_steps:
            yield Unsupported(
                f"{where}.refractory_steps: neurons of NIR have no refractory period; the nearest network has 0",
                f"{name} has no refractory period",
            )
        beta = neuron.kept(graph.dt)
        if beta == 1 and neuron.I_background and _with_bias(graph, name) is None:
            yield Unsupported(
                f"{where}.I_background: NIR has constant inputs of an IF only in an Affine node, and {name} has no "
                "projection without delays; the nearest network has 0"
            )
    elif isinstance(neuron, LIFCurrent):
        if neuron.t_ref:
            yield Unsupported(
                f"{where}.t_ref: neurons of NIR have no refractory period; the nearest network has 0",
                f"{name} has no refractory period",
            )
        used = {projection.receptor for projection in graph.projections.values() if projection.target == name}
        if len(used) > 1 and neuron.tau_exc != neuron.tau_inh:
            yield Unsupported(
                f"{where}.tau_inh: a CubaLIF of NIR has one synaptic current; the nearest network has the value of "
                f"tau_exc ({neuron.tau_exc:g} ms)"
            )
    else:
        slow = any(variable.slow for variable in neuron.variables)
        if neuron.conductances:
            nearest = "'adaptive-lif-discrete'" if slow else "'lif-discrete', or 'lif-current'"
            yield Unsupported(
                f"{where}.kind {kind!r} has conductances, which no node of NIR has; the nearest network has {nearest}"
            )
        else:
            nearest = "'adaptive-lif-discrete'" if slow else "'lif-current' or 'lif-discrete'"
            yield Unsupported(
                f"{where}.kind {kind!r} has equations that no node of NIR has; the nearest network has {nearest}"
            )


def nir_graph(graph: Graph, array: Arrays, metadata: Mapping[str, Any] | None = None) -> nir.NIRGraph:
    """Return a network in its present state as NIR graph, without the features that `unsupported` yields.

    Populations keep their names; projections are Linear nodes of the same name, or Affine if they also carry the
    constant input of an IF, and ``NAME_Delay`` is the Delay of a projection. ``NAME_Nothing`` has the weight 0 from
    the input to neurons without incoming projections, such as those that provide constants. Projections between the
    populations of `_grids` are Conv2d or SumPool2d, and ``NAME_Flatten`` is the Flatten before another one.

    Parameters
    ----------
    graph : Graph
        The network, with the shape of its input.
    array : callable
        Returns weights, learned delays and adaptive thresholds by their public names.
    metadata : mapping, optional
        Texts and numbers to write in addition to the time step.

    Raises
    ------
    StdpbenchError
        If synapses have delays that no Delay node can express.
    """
    layout, nodes, edges = Layout(graph), dict[str, nir.NIRNode](), list[tuple[str, str]]()
    grids = _grids(graph)
    for name, population in graph.populations.items():
        if population.neuron is None:
            nodes[name] = nir.Input(np.array(grids[name].shape))
        else:
            nodes[name] = _neurons(graph, name, population.neuron, grids[name], array)

    def flattened(source: str, name: str) -> str:
        """Return the node with the output of a population in one dimension, for the matrix of this name."""
        if grids[source].ndim == 1:
            return source
        nodes[f"{name}{_FLATTEN}"] = nir.Flatten(np.array(grids[source].shape), 0, -1)
        edges.append((source, f"{name}{_FLATTEN}"))
        return f"{name}{_FLATTEN}"

    biases = {name: _with_bias(graph, name) for name in graph.populations if _bias(graph, name)}
    for name, in_layout in layout.projections.items():
        projection, before = in_layout.projection, in_layout.projection.source
        source, target = grids[projection.source], grids[projection.target]
        bias = _bias(graph, projection.target) if biases.get(projection.target) == name else 0.0
        if (kernels := _kernels(projection, graph)) is not None and target.ndim == 3:
            nodes[name] = _convolution(in_layout, array, kernels, source.shape[1:], bias)
        else:
            before, weight = flattened(before, name), _matrix(in_layout, array)
            if source.ndim == 3:
                source = source.reshape(-1)
                weight = weight[:, source]
            nodes[name] = nir.Affine(weight, np.full(len(weight), bias)) if bias else nir.Linear(weight)
        chain = [before, name, projection.target]
        for delay, numbers, place in zip(_delays(in_layout, array), (source, target), (1, 2), strict=True):
            if delay is not None:
                nodes[f"{name}{_DELAY}"] = nir.Delay(delay[numbers] * graph.dt)
                chain.insert(place, f"{name}{_DELAY}")
        edges += pairwise(chain)
    reached = {target for _, target in edges}
    for name, population in graph.populations.items():
        if population.neuron is not None and name not in reached:  # nir would add an Input node for it
            nothing = f"{name}{_NOTHING}"
            nodes[nothing] = nir.Linear(np.zeros((population.size, graph.populations[graph.input].size)))
            edges += pairwise((flattened(graph.input, nothing), nothing, name))
    nodes[OUTPUT] = nir.Output(np.array(grids[graph.read].shape))
    edges.append((graph.read, OUTPUT))
    about = {"dt": graph.dt, "time_unit": "ms", "scheme": "forward Euler, all nodes at once", **(metadata or {})}
    return nir.NIRGraph(nodes, edges, metadata=about)


def write_nir(target: Path, graph: nir.NIRGraph) -> None:
    """Write a NIR file atomically.

    Raises
    ------
    DiskError
        If it cannot be written.
    """
    content = BytesIO()
    nir.write(content, graph)
    write_aside(target, lambda file: file.write(content.getbuffer()))


@dataclass(frozen=True)
class _Kernels:
    """Side of square kernels, distance of their places, and width of the margin that they may cover."""

    side: int
    stride: int
    padding: int


def _kernels(projection: Projection, graph: Graph) -> _Kernels | None:
    """Return the form of a projection as Conv2d; None if it needs a matrix.

    If squares of `pool` reach beyond the source at its end, so does the margin at its beginning, where kernels are 0.
    """
    source, target = (graph.populations[end].shape for end in (projection.source, projection.target))
    connect = projection.connect
    if isinstance(connect, Local) and connect.shared and (connect.planes == 1 or projection.source == graph.input):
        return _Kernels(connect.field, connect.stride, connect.padding)
    if isinstance(connect, Pool) and projection.one_weight:
        beyond = max(-side % connect.size for side in source[:2])
        return _Kernels(connect.size + beyond, connect.size, beyond)
    if isinstance(connect, Others) and projection.one_weight and len(target) == 3 and source == target:
        reach = 0 if connect.within == "field" else connect.radius or max(target[:2]) - 1
        return _Kernels(2 * reach + 1, 1, reach)
    return None


def _grids(graph: Graph) -> dict[str, NDArray[np.int64]]:
    """Return the numbers of the neurons of each population in the order of its node.

    Populations that only convolutions reach, and the input before them, have the order (channels, rows, columns) of
    NIR's Conv2d; the others have one dimension.
    """
    ways = list(graph.projections.values())
    convolved = [each for each in ways if _kernels(each, graph) is not None]
    from_input = [each.connect for each in convolved if each.source == graph.input]
    planes = {connect.planes for connect in from_input if isinstance(connect, Local)}
    chosen = {each.target for each in convolved}
    if len(planes) == 1 and len(graph.populations[graph.input].shape) == 2:
        chosen.add(graph.input)
    while others := {
        each.target for each in ways if each.target in chosen and not (each in convolved and each.source in chosen)
    }:
        chosen -= others
    if not any(each.source == graph.input and each.target in chosen for each in ways):
        chosen.discard(graph.input)
    grids: dict[str, NDArray[np.int64]]
    grids = {name: np.arange(population.size) for name, population in graph.populations.items()}
    for name in chosen:
        shape = graph.populations[name].shape
        if name == graph.input:
            grids[name] = grids[name].reshape(planes.pop(), -1, shape[1])
        else:
            grids[name] = grids[name].reshape(shape).transpose(2, 0, 1)
    return grids


def _convolution(
    in_layout: ProjectionLayout, array: Arrays, kernels: _Kernels, sides: tuple[int, ...], bias: float
) -> nir.NIRNode:
    """Return a projection between populations of `_grids` as Conv2d, or SumPool2d, for a source of these sides."""
    connect, side, margin = in_layout.projection.connect, kernels.side, kernels.padding
    source, target = (population.population.shape for population in (in_layout.source, in_layout.target))
    same = np.eye(target[2])[:, :, None, None]
    if isinstance(connect, Local):
        weight = np.full(connect.kernel(source, target), _values(in_layout, array)).transpose(3, 2, 0, 1)
    elif isinstance(connect, Pool):
        weight = same * _values(in_layout, array) * np.ones((side, side))
        weight[:, :, :margin] = weight[:, :, :, :margin] = 0
        if not margin and not bias and weight.max() == 1:
            size = np.array([side, side])
            return nir.SumPool2d(size, size, 0 * size)
    else:
        assert isinstance(connect, Others)
        reached = same if connect.within == "map" else np.ones_like(same)
        weight = reached * _values(in_layout, array) * np.ones((side, side))
        weight[:, :, margin, margin] *= 1 - same[:, :, 0, 0]
    stride, padding = (kernels.stride,) * 2, (margin,) * 2
    return nir.Conv2d(sides, np.ascontiguousarray(weight), stride, padding, (1, 1), 1, np.full(target[2], bias))


def _neurons(graph: Graph, name: str, neuron: Neuron, numbers: NDArray[np.int64], array: Arrays) -> nir.NIRNode:
    """Return the NIR node of a population, whose neurons have these numbers."""

    def constant(value: float) -> NDArray[np.float64]:
        return np.full(numbers.shape, float(value))

    dt = graph.dt
    if isinstance(neuron, LIFCurrent):
        return _current_neurons(graph, name, neuron, constant)
    assert isinstance(neuron, Discrete)
    slow = [variable.name for variable in neuron.variables if variable.slow]
    threshold = constant(neuron.v_thresh) + sum(
        np.resize(array(f"{name}.{variable}"), numbers.size)[numbers] for variable in slow
    )
    reset = constant(neuron.v_reset or 0.0) if neuron.reset_mechanism == "to-value" else constant(0.0)
    lost = 1 - neuron.kept(dt)
    if lost == 0:
        return nir.IF(r=constant(1 / dt), v_threshold=threshold, v_reset=reset)
    leak = constant(neuron.I_background / lost)
    return nir.LIF(tau=constant(dt / lost), r=constant(1 / lost), v_leak=leak, v_threshold=threshold, v_reset=reset)


def _current_neurons(
    graph: Graph, name: str, neuron: LIFCurrent, constant: Callable[[float], NDArray[np.float64]]
) -> nir.CubaLIF:
    """Return neurons with a synaptic current as CubaLIF, in mV above rest and pA.

    Their exact solution over a step is linear, v ← v_∞ + (v - v_∞) P + c I and I ← Q I, so an Euler step with suitable
    constants equals it.
    """
    dt, g_L = graph.dt, neuron.g_L
    inhibited = all(
        projection.receptor == "I_inh" for projection in graph.projections.values() if projection.target == name
    )
    tau_syn = neuron.tau_inh if inhibited else neuron.tau_exc
    x = dt / neuron.tau_m - dt / tau_syn
    per_unit_current = exp(-dt / neuron.tau_m) * dt / neuron.tau_m * (expm1(x) / x if x else 1.0) / g_L  # mV per pA
    lost, lost_syn = -expm1(-dt / neuron.tau_m), -expm1(-dt / tau_syn)
    return nir.CubaLIF(
        tau_mem=constant(dt / lost),
        tau_syn=constant(dt / lost_syn),
        r=constant(per_unit_current / lost),
        v_leak=constant(neuron.I_background / g_L),
        v_threshold=constant(neuron.v_thresh - neuron.v_rest),
        v_reset=constant(neuron.v_reset - neuron.v_rest),
        w_in=constant(1 / lost_syn),
    )


def _bias(graph: Graph, population: str) -> float:
    """Return the constant input of a population that needs an Affine node; 0 if there is none."""
    neuron = graph.populations[population].neuron
    if isinstance(neuron, Discrete) and neuron.kept(graph.dt) == 1:
        return neuron.I_background
    return 0.0


def _with_bias(graph: Graph, population: str) -> str | None:
    """Return the name of a projection without delays that can carry the constant input of a population."""
    candidates = (
        name
        for name, projection in graph.projections.items()
        if projection.target == population and not projection.longest_delay
    )
    return next(candidates, None)


def _values(in_layout: ProjectionLayout, array: Arrays) -> NDArray[np.float64]:
    """Return the increments of the target by synapses, float64, in the shape of its weights, or () for one weight."""
    projection = in_layout.projection
    w = array(f"{in_layout.name}.w") if in_layout.has_weights else projection.weight.quantities()["value"]
    sign = -1.0 if in_layout.target.neuron.inhibits(projection.receptor) else 1.0
    scale = 1.0 if projection.scale is None else projection.scale
    return np.asarray(sign * scale * np.asarray(w, np.float64))


def _matrix(in_layout: ProjectionLayout, array: Arrays) -> NDArray[np.float64]:
    """Return the increments of the target per source spike, float64, (n_target, n_source)."""
    w = _values(in_layout, array)
    if not w.ndim:
        w = w * connected(in_layout) if in_layout.counted else np.full(in_layout.shape, w)
    if in_layout.sparse:
        w = in_layout.graph.matrix(in_layout.name, w)
    elif w.ndim == 1:
        w = np.asarray(np.diag(w))
    assert w.shape == (in_layout.source.size, in_layout.target.size)
    return np.ascontiguousarray(w.T)


def _delays(in_layout: ProjectionLayout, array: Arrays) -> tuple[NDArray[np.int64] | None, NDArray[np.int64] | None]:
    """Return the delays per source and per target of a projection, in steps, int64; None without delays.

    Raises
    ------
    StdpbenchError
        If the delays depend neither on the source alone nor on the target alone.
    """
    n_source, n_target = in_layout.source.size, in_layout.target.size
    if not in_layout.delays_differ:
        return (np.full(n_source, in_layout.delay_bins) if in_layout.delay_bins else None), None
    if in_layout.delay_rule is not None:
        steps = np.rint(array(f"{in_layout.name}.d") / (in_layout.graph.dt * 1e-3)).astype(np.int64)
    else:
        steps = delays_of(in_layout.graph, in_layout.name).astype(np.int64)
    source, target = _ends(in_layout, steps.shape)
    for number, size, is_source in ((source, n_source, True), (target, n_target, False)):
        delays = np.zeros(size, np.int64)
        delays[number] = steps.reshape(-1)
        if np.array_equal(delays[number], steps.reshape(-1)):
            return (delays, None) if is_source else (None, delays)
    raise StdpbenchError(
        f"network.projections.{in_layout.name}.delay: a Delay of NIR delays everything that a neuron sends, or that "
        f"it receives, but these {steps.size} synapses have different delays; the nearest network has one delay for "
        f"all, such as {np.median(steps) * in_layout.graph.dt:g} ms"
    )


def _ends(in_layout: ProjectionLayout, shape: tuple[int, ...]) -> tuple[NDArray[np.integer], NDArray[np.integer]]:
    """Return source and target of each synapse of a projection, in the order of its arrays."""
    if in_layout.sparse:
        return in_layout.synapses.source, in_layout.synapses.target
    if len(shape) == 1:
        return np.arange(shape[0]), np.arange(shape[0])
    source, target = np.indices(shape)
    return source.reshape(-1), target.reshape(-1)
