"""From a network to NIR: nodes and edges, and what NIR cannot say.

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
from stdpbench.experiment.graph import Graph
from stdpbench.kinds.neurons import Neuron
from stdpbench.kinds.neurons.adaptive_lif_discrete import AdaptiveLIFDiscrete
from stdpbench.kinds.neurons.lif_current import LIFCurrent
from stdpbench.kinds.neurons.lif_discrete import LIFDiscrete

Discrete = LIFDiscrete | AdaptiveLIFDiscrete
Arrays = Callable[[str], NDArray[Any]]
"""Returns an array of a network by its public name, such as ``feed.w``."""
_LARGEST = 2**28  # numbers in a matrix: 2 GiB
_DELAY = "_Delay"
_NOTHING = "_Nothing"


@dataclass(frozen=True)
class Unsayable:
    """Something of a network that NIR cannot say.

    Attributes
    ----------
    reason : str
        What, why, and the nearest network that NIR can say: a sentence without full stop, with paths of the expanded
        network.
    instead : str
        What a file says instead if it is written nevertheless, as a clause; empty if it cannot be.
    """

    reason: str
    instead: str = ""


def unsayable(graph: Graph) -> Iterator[Unsayable]:
    """Yield everything of a network that NIR cannot say.

    What depends on numbers that are drawn or learned, delays per synapse, is left to `nir_graph`.
    """
    if not graph.input:
        yield Unsayable("the network has no input, which a NIR network needs")
    for name, population in graph.populations.items():
        where = f"network.populations.{name}"
        if population.noise is not None:
            yield Unsayable(f"{where}.noise: NIR has no random spikes; remove it")
        if population.neuron is not None:
            yield from _of_neuron(f"{where}.neuron", name, population.neuron, graph)
    for name, projection in graph.projections.items():
        sizes = [graph.populations[end].size for end in (projection.source, projection.target)]
        if sizes[0] * sizes[1] > _LARGEST:
            yield Unsayable(
                f"network.projections.{name}: NIR has only full matrices, and that of {sizes[0]} × {sizes[1]} weights "
                f"would take {8 * sizes[0] * sizes[1] / 2**30:.1f} GiB; use fewer neurons"
            )


def _of_neuron(where: str, name: str, neuron: Neuron, graph: Graph) -> Iterator[Unsayable]:
    kind = getattr(neuron, "kind", "")
    if isinstance(neuron, Discrete):
        if neuron.reset_mechanism == "subtract":
            yield Unsayable(
                f"{where}.reset_mechanism: neurons of NIR are reset to a value, and none subtracts the threshold; the "
                "nearest network has 'zero'",
                f"a spike of {name} sets the potential to 0 and subtracts nothing",
            )
        if neuron.refractory_steps:
            yield Unsayable(
                f"{where}.refractory_steps: neurons of NIR have no refractory period; the nearest network has 0",
                f"{name} has no refractory period",
            )
        beta = _beta(neuron, graph.dt)
        if beta == 1 and neuron.I_background and _with_bias(graph, name) is None:
            yield Unsayable(
                f"{where}.I_background: NIR has constant inputs of an IF only in an Affine node, and {name} has no "
                "projection without delays; the nearest network has 0"
            )
    elif isinstance(neuron, LIFCurrent):
        if neuron.t_ref:
            yield Unsayable(
                f"{where}.t_ref: neurons of NIR have no refractory period; the nearest network has 0",
                f"{name} has no refractory period",
            )
        used = {each.receptor for each in graph.projections.values() if each.target == name}
        if len(used) > 1 and neuron.tau_exc != neuron.tau_inh:
            yield Unsayable(
                f"{where}.tau_inh: a CubaLIF of NIR has one synaptic current; the nearest network has the value of "
                f"tau_exc ({neuron.tau_exc:g} ms)"
            )
    else:
        slow = any(variable.slow for variable in neuron.variables)
        if neuron.conductances:
            nearest = "'adaptive-lif-discrete'" if slow else "'lif-discrete', or 'lif-current'"
            yield Unsayable(
                f"{where}.kind {kind!r} has conductances, which no node of NIR has; the nearest network has {nearest}"
            )
        else:
            nearest = "'adaptive-lif-discrete'" if slow else "'lif-current' or 'lif-discrete'"
            yield Unsayable(
                f"{where}.kind {kind!r} has equations that no node of NIR has; the nearest network has {nearest}"
            )


def nir_graph(graph: Graph, array: Arrays, metadata: Mapping[str, Any] | None = None) -> nir.NIRGraph:
    """Return a network, as it is now, in NIR; what `unsayable` yields is left out.

    Populations are called as in the network; projections are Linear nodes of their name, or Affine where they also
    bring the constant input of an IF, and ``NAME_Delay`` is the Delay of one that has delays. ``NAME_Nothing`` has the
    weight 0 from the input to neurons that no projection reaches, such as those that bring constants.

    Parameters
    ----------
    graph : Graph
        The network, with the shape of its input.
    array : callable
        Returns its weights, delays that it has learned, and adaptive thresholds by their public names.
    metadata : mapping, optional
        Text and numbers to write in addition to the time step.

    Raises
    ------
    StdpbenchError
        If synapses have delays that differ so that no Delay node can say them.
    """
    layout, nodes, edges = Layout(graph), dict[str, nir.NIRNode](), list[tuple[str, str]]()
    for name, population in graph.populations.items():
        if population.neuron is None:
            nodes[name] = nir.Input(np.array([population.size]))
        else:
            nodes[name] = _neurons(graph, name, population.neuron, population.size, array)
    biases = {name: _with_bias(graph, name) for name in graph.populations if _bias(graph, name)}
    for name, each in layout.projections.items():
        projection = each.projection
        weight, (before, after) = _matrix(each, array), _delays(each, array)
        if biases.get(projection.target) == name:
            nodes[name] = nir.Affine(weight, np.full(len(weight), _bias(graph, projection.target)))
        else:
            nodes[name] = nir.Linear(weight)
        way = [projection.source, name, projection.target]
        for delay, place in ((before, 1), (after, 2)):
            if delay is not None:
                nodes[f"{name}{_DELAY}"] = nir.Delay(delay * graph.dt)
                way.insert(place, f"{name}{_DELAY}")
        edges += pairwise(way)
    reached = {target for _, target in edges}
    for name, population in graph.populations.items():
        if population.neuron is not None and name not in reached:  # nir would give it an Input of its own
            nodes[f"{name}{_NOTHING}"] = nir.Linear(np.zeros((population.size, graph.populations[graph.input].size)))
            edges += pairwise((graph.input, f"{name}{_NOTHING}", name))
    nodes[OUTPUT] = nir.Output(np.array([graph.n_read]))
    edges.append((graph.read, OUTPUT))
    about = {"dt": graph.dt, "time_unit": "ms", "scheme": "forward Euler, all nodes at once", **(metadata or {})}
    return nir.NIRGraph(nodes, edges, metadata=about)


def write_nir(target: Path, graph: nir.NIRGraph) -> None:
    """Write a NIR file; one that is there is replaced at once or not at all.

    Raises
    ------
    DiskError
        If it cannot be written.
    """
    content = BytesIO()
    nir.write(content, graph)
    write_aside(target, lambda file: file.write(content.getbuffer()))


def _neurons(graph: Graph, name: str, neuron: Neuron, n: int, array: Arrays) -> nir.NIRNode:
    """Return the node of a population."""

    def all_have(value: float) -> NDArray[np.float64]:
        return np.full(n, float(value))

    dt = graph.dt
    if isinstance(neuron, LIFCurrent):
        return _current_neurons(graph, name, neuron, all_have)
    assert isinstance(neuron, Discrete)
    slow = [variable.name for variable in neuron.variables if variable.slow]
    threshold = all_have(neuron.v_thresh) + sum(array(f"{name}.{each}") for each in slow)
    reset = all_have(neuron.v_reset or 0.0) if neuron.reset_mechanism == "to-value" else all_have(0.0)
    lost = 1 - _beta(neuron, dt)
    if lost == 0:
        return nir.IF(r=all_have(1 / dt), v_threshold=threshold, v_reset=reset)
    leak = all_have(neuron.I_background / lost)
    return nir.LIF(tau=all_have(dt / lost), r=all_have(1 / lost), v_leak=leak, v_threshold=threshold, v_reset=reset)


def _current_neurons(
    graph: Graph, name: str, neuron: LIFCurrent, all_have: Callable[[float], NDArray[np.float64]]
) -> nir.CubaLIF:
    """Return neurons with a synaptic current as CubaLIF, in mV above rest and pA.

    Their exact solution over a step is linear, v ← v_∞ + (v - v_∞) P + c I and I ← Q I, so that the Euler step with
    the right constants is the same.
    """
    dt, g_L = graph.dt, neuron.g_L
    inhibited = all(each.receptor == "I_inh" for each in graph.projections.values() if each.target == name)
    tau_syn = neuron.tau_inh if inhibited else neuron.tau_exc
    x = dt / neuron.tau_m - dt / tau_syn
    moved = exp(-dt / neuron.tau_m) * dt / neuron.tau_m * (expm1(x) / x if x else 1.0) / g_L  # mV per pA
    lost, lost_syn = -expm1(-dt / neuron.tau_m), -expm1(-dt / tau_syn)
    return nir.CubaLIF(
        tau_mem=all_have(dt / lost),
        tau_syn=all_have(dt / lost_syn),
        r=all_have(moved / lost),
        v_leak=all_have(neuron.I_background / g_L),
        v_threshold=all_have(neuron.v_thresh - neuron.v_rest),
        v_reset=all_have(neuron.v_reset - neuron.v_rest),
        w_in=all_have(1 / lost_syn),
    )


def _beta(neuron: Discrete, dt: float) -> float:
    return exp(-dt / neuron.tau_m) if neuron.beta is None else neuron.beta


def _bias(graph: Graph, population: str) -> float:
    """Return the constant input of a population that an Affine node must say; 0 if there is none."""
    neuron = graph.populations[population].neuron
    if isinstance(neuron, Discrete) and _beta(neuron, graph.dt) == 1:
        return neuron.I_background
    return 0.0


def _with_bias(graph: Graph, population: str) -> str | None:
    """Return the name of a projection without delays that can bring the constant input of a population."""
    into = [name for name, each in graph.projections.items() if each.target == population and not each.longest_delay]
    return into[0] if into else None


def _matrix(each: ProjectionLayout, array: Arrays) -> NDArray[np.float64]:
    """Return what a projection adds to its target per spike, float64, (n_target, n_source)."""
    projection, n_source, n_target = each.projection, each.source.size, each.target.size
    neuron = each.target.neuron
    if each.has_weights:
        found = array(f"{each.name}.w")
    else:
        value = projection.weight.quantities()["value"]
        found = value * connected(each) if each.counted else np.full(each.shape, value)
    w: NDArray[np.float64] = np.asarray(found, np.float64)
    if each.sparse:
        w = each.synapses.dense(w)
    elif w.ndim == 1:
        w = np.asarray(np.diag(w))
    assert w.shape == (n_source, n_target)
    sign = -1.0 if neuron.inhibits(projection.receptor) else 1.0
    scale = 1.0 if projection.scale is None else projection.scale
    return np.ascontiguousarray((sign * scale * w).T)


def _delays(each: ProjectionLayout, array: Arrays) -> tuple[NDArray[np.int64] | None, NDArray[np.int64] | None]:
    """Return the delays of the sources of a projection and of its targets, in steps, int64; None where there are none.

    Raises
    ------
    StdpbenchError
        If its synapses have delays that are neither the same for all of a source nor for all of a target.
    """
    n_source, n_target = each.source.size, each.target.size
    if not each.delays_differ:
        return (np.full(n_source, each.delay_bins) if each.delay_bins else None), None
    if each.delay_rule is not None:
        steps = np.rint(array(f"{each.name}.d") / (each.graph.dt * 1e-3)).astype(np.int64)
    else:
        steps = delays_of(each.graph, each.name).astype(np.int64)
    source, target = _ends(each, steps.shape)
    for number, size, is_source in ((source, n_source, True), (target, n_target, False)):
        found = np.zeros(size, np.int64)
        found[number] = steps.reshape(-1)
        if np.array_equal(found[number], steps.reshape(-1)):
            return (found, None) if is_source else (None, found)
    raise StdpbenchError(
        f"network.projections.{each.name}.delay: a Delay of NIR delays everything that a neuron sends, or that it "
        f"receives, but these {steps.size} synapses have different delays; the nearest network has one delay for all, "
        f"such as {np.median(steps) * each.graph.dt:g} ms"
    )


def _ends(each: ProjectionLayout, shape: tuple[int, ...]) -> tuple[NDArray[np.integer], NDArray[np.integer]]:
    """Return source and target of each synapse of a projection, in the order of its arrays."""
    if each.sparse:
        return each.synapses.source, each.synapses.target
    if len(shape) == 1:
        return np.arange(shape[0]), np.arange(shape[0])
    source, target = np.indices(shape)
    return source.reshape(-1), target.reshape(-1)
