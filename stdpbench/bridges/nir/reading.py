"""Convert NIR files to experiments.

Each node of neurons becomes a population, and each chain of layers from one to another a projection. The weights have
the kind ``trained``, of both signs: they are learned arrays of a run, which a rule can change further.

Files are read in a subprocess, which `imported` starts.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nir
import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError, errors_within, several
from stdpbench.base.foreign_files import open_hdf5
from stdpbench.base.foreign_text import terminal_text
from stdpbench.bridges.nir import NEURONS, ORIGIN
from stdpbench.bridges.nir.chains import GRIDS, LAYERS, Chain, chains_to, constant, synapses_of
from stdpbench.bridges.nir.imported import NirNetwork, in_words_of_file
from stdpbench.bridges.nir.neurons import Nodes, neurons_of
from stdpbench.experiment import Experiment
from stdpbench.experiment.graph.bias import BIAS, BIAS_NEURON, trained_projection
from stdpbench.experiment.graph.checks import name_problem
from stdpbench.kinds.connections.table import hold
from stdpbench.kinds.connections.table_file import LONGEST, Rows

_KNOWN = ("Input", "Output", "NIRGraph", *LAYERS, "Scale", "Delay", *NEURONS)
_WEIGHTS = ("Conv2d", "Linear", "Affine")
"""Types of nodes that give a projection its name."""
_SECTIONS = ("data", "encoding", "schedule")
_DT = 1.0
"""Time step of a file without one, in ms."""
_MOST_DELAYS = 64
"""Maximum number of different delays of a chain; each becomes a projection."""


def read_nir(path: Path, dt: float | None = None) -> NirNetwork:
    """Read a NIR file.

    Parameters
    ----------
    path : Path
        The file.
    dt : float, optional
        Time step in ms. Default: that of the file, or 1 ms.

    Raises
    ------
    StdpbenchError
        If it is not a NIR file, or has an unsupported node; the message names the node.
    """
    graph = open_graph(path, _KNOWN, "run")
    metadata, remarks = graph.metadata, list[str]()
    if "another_network" in metadata:
        remarks.append(
            f"{path.name} is marked as a different network from that of its run: {metadata['another_network']}."
        )
    with errors_within(f"{path.name}: "):
        unit, remark = _unit(graph)
        if dt is None:
            dt = _step(metadata.get("dt", _DT / unit)) * unit
        nodes = Nodes(flat(graph), dt, dt / unit)
        network = _network(nodes, path)
    remarks += [f"{path.name}: {remark}"] if remark else []
    mapping: dict[str, Any] = {"name": path.stem or "network", "network": network.table, **_shown(metadata)}
    frozen = {"passes": 0, "between": "reset"}
    mapping["schedule"] = {"min_spikes": 0, "max_attempts": 1, **mapping.get("schedule", {}), **frozen}
    for key in ("stages", "duration", "piece"):
        mapping["schedule"].pop(key, None)
    try:
        experiment = Experiment.from_mapping(mapping)
    except StdpbenchError as error:
        raise in_words_of_file(error, network.delays).within(f"{path.name}: ") from None
    origin, texts = _text(metadata.get(ORIGIN, "")), tuple(map(terminal_text, remarks))
    return NirNetwork(experiment, network.learned, texts, origin, network.delays, tuple(network.synapses))


def parse(path: Path, dt: float | None) -> list[dict[str, Any]]:
    """Return the network of a file as arrays and JSON; for `stdpbench.base.foreign_files.read_apart`."""
    return read_nir(path, dt).parts()


def open_graph(path: Path, known: tuple[str, ...], can: str, *, check: bool = True) -> nir.NIRGraph:
    """Read the graph of a file.

    Parameters
    ----------
    path : Path
        The file.
    known : tuple of str
        Types of nodes that it may have.
    can : str
        Verb for what these nodes can do here, for error messages.
    check : bool
        Whether `nir` checks that shapes of nodes match. It never checks files with convolutions or pooling, since
        `nir` ignores groups and assumes square kernels.

    Raises
    ------
    StdpbenchError
        If it is not a NIR file, or has nodes of other types: one sentence per node.
    """
    types = _check_types(path, known, can)
    check = check and not types & set(GRIDS)
    try:
        graph = nir.read(path, type_check=False)
        if check:
            _check_edges(graph, path)  # nir would silently add the missing nodes
            graph = nir.NIRGraph(graph.nodes, graph.edges, metadata=graph.metadata)
        return graph
    except (StdpbenchError, MemoryError):
        raise
    except Exception as error:  # nir raises exceptions of many types, including AssertionError
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise StdpbenchError(f"{path} is not a network that nir can read ({reason})") from None


def _check_types(path: Path, known: tuple[str, ...], can: str) -> set[str]:
    """Check and return the types of the nodes of a file, since errors of `nir` do not name the unknown node."""
    if not path.is_file():
        raise StdpbenchError(f"there is no file {path}")
    try:
        with open_hdf5(path) as file:
            types = dict(_types(file["node"]))
    except (StdpbenchError, MemoryError):
        raise
    except Exception:  # h5py raises exceptions of many types for damaged files
        raise StdpbenchError(f"{path} is not a NIR file as written by `nir.write`") from None
    problems = [
        f"{path.name}: the node {name!r} is of type {kind}, which does not {can} here; types that do are "
        f"{', '.join(known)}"
        for name, kind in types.items()
        if kind not in known
    ]
    if problems:
        raise several(problems)
    return set(types.values())


def _check_edges(graph: nir.NIRGraph, path: Path, within: str = "") -> None:
    """Check that each node has an incoming and an outgoing edge, except at the Input and Output nodes."""
    missing = list[str]()
    for name, node in graph.nodes.items():
        if isinstance(node, nir.NIRGraph):
            _check_edges(node, path, f"{within}{name}.")
        lacks = [
            f"no {direction} edge"
            for direction, end, kind in (("incoming", 1, nir.Input), ("outgoing", 0, nir.Output))
            if not isinstance(node, kind) and not any(edge[end] == name for edge in graph.edges)
        ]
        if lacks:
            missing.append(f"{path.name}: the node {within + name!r} has {' and '.join(lacks)}")
    if missing:
        raise several(missing)


def _types(group: Any, within: str = "") -> Iterator[tuple[str, str]]:
    """Yield name and type of each node of a graph in a file, including inner graphs."""
    for name, node in group["nodes"].items():
        kind = _text(node["type"][()])
        yield f"{within}{name}", kind
        if kind == "NIRGraph":
            yield from _types(node, f"{within}{name}.")


def flat(graph: nir.NIRGraph) -> nir.NIRGraph:
    """Return a graph without inner graphs; ``NAME.INNER`` is the node INNER of the graph NAME.

    Input and Output nodes of inner graphs are replaced by edges.
    """
    nodes, edges, boundary = dict[str, nir.NIRNode](), list[tuple[str, str]](), dict[str, tuple[str, str]]()
    removed = list[str]()
    for name, node in graph.nodes.items():
        if not isinstance(node, nir.NIRGraph):
            nodes[name] = node
            continue
        inner = flat(node)
        if len(inner.inputs) != 1 or len(inner.outputs) != 1:
            raise StdpbenchError(f"the graph {name} must have one Input and one Output node to run here")
        boundary[name] = f"{name}.{next(iter(inner.outputs))}", f"{name}.{next(iter(inner.inputs))}"
        removed += boundary[name]
        nodes |= {f"{name}.{inner_name}": inner_node for inner_name, inner_node in inner.nodes.items()}
        edges += [(f"{name}.{source}", f"{name}.{target}") for source, target in inner.edges]
    for source, target in graph.edges:
        edges.append((boundary.get(source, (source,))[0], boundary.get(target, (target,))[-1]))
    for name in removed:
        del nodes[name]
        before, after = ([edge[1 - k] for edge in edges if edge[k] == name] for k in (1, 0))
        edges = [edge for edge in edges if name not in edge] + [(a, b) for a in before for b in after]
    return nir.NIRGraph(nodes, edges, metadata=graph.metadata, type_check=False)


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _unit(graph: nir.NIRGraph) -> tuple[float, str]:
    """Return the unit of times in ms, and a sentence if it was guessed.

    NIR's documentation has times in ms, but most programs write seconds. If the longest time constant is below 1, it
    cannot be in ms.
    """
    unit = _text(graph.metadata.get("time_unit", ""))
    if unit:
        if unit not in ("ms", "s"):
            raise StdpbenchError(f"the unit of times must be 'ms' or 's', not {unit!r}")
        return (1.0 if unit == "ms" else 1e3), ""
    taus = [
        getattr(node, name)
        for node in flat(graph).nodes.values()
        for name in ("tau", "tau_mem")
        if hasattr(node, name)
    ]
    longest = max((float(np.max(np.abs(tau), initial=0.0)) for tau in taus), default=1.0)
    if not 0 < longest < 1:
        return 1.0, ""
    return 1e3, f"its times are interpreted as seconds, since the longest time constant is {longest:g}."


def _step(value: Any) -> float:
    """Parse the time step of a file, in its unit.

    Raises
    ------
    StdpbenchError
        If it is not a finite number above 0.
    """
    try:
        step = float(value)
    except (TypeError, ValueError):
        step = 0.0
    if not 0 < step < np.inf:
        raise StdpbenchError(f"its time step dt must be a number above 0, not {_text(value)!r}; set network.dt")
    return step


def _shown(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Return the tables of data, encoding and schedule in the metadata of a file of stdpbench; empty for others."""
    try:
        tables = tomllib.loads(_text(metadata.get("shown", "")))
    except ValueError:
        return {}
    return {name: tables[name] for name in _SECTIONS if isinstance(tables.get(name), dict)}


@dataclass
class _Conversion:
    """Parts of a `NirNetwork` that are being built."""

    file: Path
    table: dict[str, Any] = field(default_factory=dict)
    learned: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    delays: dict[str, str] = field(default_factory=dict)
    synapses: list[Rows] = field(default_factory=list)


def _network(nodes: Nodes, path: Path) -> _Conversion:
    """Convert the network of a file.

    Raises
    ------
    StdpbenchError
        If a node is not supported.
    """
    names = _names(nodes)
    entry, read = nodes.input, nodes.read
    populations: dict[str, Any] = {names[entry]: _size(nodes, entry)}
    projections: dict[str, Any] = {}
    result = _Conversion(path)
    learned = result.learned
    gains: dict[str, NDArray[np.float64]] = {}
    leaks = {target: leak[nodes.order(target)] for target in nodes.neurons if (leak := nodes.leak(target)).any()}
    for node in nodes.neurons:
        equivalent = neurons_of(nodes, node)
        populations[names[node]] = {**_size(nodes, node), "neuron": equivalent.table}
        gains[node] = equivalent.gain[nodes.order(node)]
        if equivalent.theta is not None:
            learned[f"{names[node]}.theta"] = equivalent.theta[nodes.order(node)]
    used_names = set(populations)
    for target in nodes.neurons:
        for chain in chains_to(nodes, target):
            _add(nodes, chain, gains[target], names, projections, result, used_names)
        if (bias := constant(nodes, target)).any() or target in leaks:
            weight = gains[target] * bias[nodes.order(target)] + leaks.get(target, 0.0)
            populations.setdefault(BIAS, {"size": 1, "neuron": dict(BIAS_NEURON)})
            name = _free(f"{BIAS}_{names[target]}", used_names)
            projections[name] = trained_projection(BIAS, names[target])
            learned[f"{name}.w"] = np.ascontiguousarray(weight[None])
    result.table = {
        "kind": "graph",
        "dt": nodes.dt,
        "read": names[read],
        "populations": populations,
        "projections": projections,
    }
    return result


def _size(nodes: Nodes, name: str) -> dict[str, Any]:
    """Return the size or shape entry of a population."""
    shape = nodes.placed(name)
    return {"size": shape[0]} if len(shape) == 1 else {"shape": list(shape)}


def _add(
    nodes: Nodes,
    chain: Chain,
    gain: NDArray[np.float64],
    names: Mapping[str, str],
    projections: dict[str, Any],
    result: _Conversion,
    used_names: set[str],
) -> None:
    """Add a projection for each delay of a chain, with the synapses that have this delay."""
    synapses = synapses_of(nodes, chain, gain)
    values = np.unique(synapses.steps)
    kinds = {name: type(nodes.graph.nodes[name]).__name__ for name in chain.names}
    delay_nodes = " and ".join(name for name, kind in kinds.items() if kind == "Delay")
    if (longest := int(values.max(initial=0)) * nodes.dt) > LONGEST:
        raise StdpbenchError(f"delays of up to {longest:g} ms by {delay_nodes}; at most {LONGEST:g} ms run here")
    if len(values) > _MOST_DELAYS:
        raise StdpbenchError(f"{chain.names[0]} has {len(values)} different delays; at most {_MOST_DELAYS} run here")
    naming_nodes = [name for name, kind in kinds.items() if kind in _WEIGHTS]
    naming_nodes += [name for name, kind in kinds.items() if kind not in ("Delay", "Flatten")]
    for value in values.tolist():
        name = _free(
            _valid(naming_nodes[0] if naming_nodes else f"{names[chain.source]}_{names[chain.target]}"), used_names
        )
        connect, w = synapses.connect, synapses.w
        if len(values) > 1 or (synapses.sparse is not None and not synapses.connect):
            chosen = synapses.steps == value
            connect, w = _listed(synapses.rows(chosen), name, result), w[chosen]
            connect["autapses"] = chain.source == chain.target
        projections[name] = trained_projection(names[chain.source], names[chain.target], value * nodes.dt, connect)
        result.learned[f"{name}.w"] = np.ascontiguousarray(w)
        if value:
            result.delays[name] = delay_nodes


def _listed(rows: Rows, name: str, result: _Conversion) -> dict[str, Any]:
    """Return the connection for synapses that a run will write to a file."""
    result.synapses.append(rows)
    place = result.file.absolute().with_name(f"{result.file.stem}-{name}.npz")  # not created
    return {"kind": "table", "file": str(place), "sha256": hold(rows)}


def _names(nodes: Nodes) -> dict[str, str]:
    """Return the names of populations, which are those of the nodes if these are valid."""
    names, used_names = dict[str, str](), {BIAS}
    for node in (nodes.input, *nodes.neurons):
        names[node] = _free(_valid(node), used_names)
    return names


def _valid(name: str) -> str:
    """Return a valid name of a population or projection, from the name of a node."""
    letters = "".join(char if char.isascii() and char.isalnum() else "_" for char in name.lower()).strip("_")
    letters = letters if letters[:1].isalpha() else f"n{letters}"
    return letters[:24] if not name_problem(letters[:24]) else f"n_{letters[:22]}"


def _free(name: str, used_names: set[str]) -> str:
    """Return an unused name, and add it to the used ones."""
    number, candidate = 2, name
    while candidate in used_names:
        candidate, number = f"{name}_{number}", number + 1
    used_names.add(candidate)
    return candidate
