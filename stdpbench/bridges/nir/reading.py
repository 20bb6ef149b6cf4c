"""From NIR files to experiments: a network from elsewhere runs here.

Each node of neurons becomes a population, and each way of matrices from one to another a projection. The weights are
those of the kind ``trained``, of both signs: learned arrays of a run, from which a rule can go on.

Files are read in a process of their own, which `imported` starts.
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

from stdpbench.base.errors import StdpbenchError, several
from stdpbench.base.foreign_files import open_hdf5
from stdpbench.base.foreign_text import terminal_text
from stdpbench.bridges.nir import NEURONS, ORIGIN
from stdpbench.bridges.nir.imported import NirNetwork, in_words_of_file
from stdpbench.bridges.nir.neurons import Nodes, neurons_of
from stdpbench.bridges.nir.ways import GRIDS, LAYERS, Way, constant, synapses_of, ways_to
from stdpbench.experiment import Experiment
from stdpbench.experiment.graph.bias import BIAS, BIAS_NEURON
from stdpbench.experiment.graph.checks import name_problem
from stdpbench.kinds.connections.table import hold
from stdpbench.kinds.connections.table_file import LONGEST, Rows

_KNOWN = ("Input", "Output", "NIRGraph", *LAYERS, "Scale", "Delay", *NEURONS)
_WEIGHTS = ("Conv2d", "Linear", "Affine")
"""Nodes after which a projection is called, if it has one."""
_SECTIONS = ("data", "encoding", "schedule")
_DT = 1.0
"""Time step of a file that says none, in ms."""
_MOST_DELAYS = 64
"""Largest number of delays that a way of matrices may have; each becomes a projection."""


def read_nir(path: Path, dt: float | None = None) -> NirNetwork:
    """Read a NIR file.

    Parameters
    ----------
    path : Path
        The file.
    dt : float, optional
        Time step in ms. Default: that of the file, if it says one, else 1 ms.

    Raises
    ------
    StdpbenchError
        If it is not a NIR file, or has a node that cannot run here: one sentence with the name of the node.
    """
    graph = open_graph(path, _KNOWN, "run")
    metadata, remarks = graph.metadata, list[str]()
    if "another_network" in metadata:
        remarks.append(
            f"{path.name} is marked as another network than that of its run: {metadata['another_network']}."
        )
    try:
        unit, remark = _unit(graph)
        if dt is None:
            dt = _step(metadata.get("dt", _DT / unit)) * unit
        nodes = Nodes(flat(graph), dt, dt / unit)
        made = _network(nodes, path)
    except StdpbenchError as error:
        raise error.within(f"{path.name}: ") from None
    remarks += [f"{path.name}: {remark}"] if remark else []
    mapping: dict[str, Any] = {"name": path.stem or "network", "network": made.table, **_shown(metadata)}
    learns_not = {"passes": 0, "between": "reset"}
    mapping["schedule"] = {"min_spikes": 0, "max_attempts": 1, **mapping.get("schedule", {}), **learns_not}
    for key in ("stages", "duration", "piece"):
        mapping["schedule"].pop(key, None)
    try:
        experiment = Experiment.from_mapping(mapping)
    except StdpbenchError as error:
        raise in_words_of_file(error, made.delays).within(f"{path.name}: ") from None
    origin, said = _text(metadata.get(ORIGIN, "")), tuple(map(terminal_text, remarks))
    return NirNetwork(experiment, made.learned, said, origin, made.delays, tuple(made.synapses))


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
        What they can do here, for the error: a verb.
    check : bool
        Whether `nir` checks that nodes fit to each other. It does not where there are convolutions or pooling, since
        it knows nothing of groups and takes kernels for squares.

    Raises
    ------
    StdpbenchError
        If it is not a NIR file, or has a node of another type: one sentence for each.
    """
    types = _check_types(path, known, can)
    check = check and not types & set(GRIDS)
    try:
        graph = nir.read(path, type_check=False)
        if check:
            _check_edges(graph, path)  # nir would add nodes in their place
            graph = nir.NIRGraph(graph.nodes, graph.edges, metadata=graph.metadata)
        return graph
    except (StdpbenchError, MemoryError):
        raise
    except Exception as error:  # nir raises whatever fits what is wrong, also AssertionError and TypeError
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise StdpbenchError(f"{path} is not a network that nir can read ({reason})") from None


def _check_types(path: Path, known: tuple[str, ...], can: str) -> set[str]:
    """Return the types of the nodes of a file, which must be known ones; `nir` does not name the one that is not."""
    if not path.is_file():
        raise StdpbenchError(f"there is no file {path}")
    try:
        with open_hdf5(path) as file:
            types = dict(_types(file["node"]))
    except (StdpbenchError, MemoryError):
        raise
    except Exception:  # h5py raises whatever fits the state of a damaged file
        raise StdpbenchError(f"{path} is not a NIR file as written by `nir.write`") from None
    odd = [
        f"{path.name}: the node {name!r} is of type {kind}, which does not {can} here; types that do are "
        f"{', '.join(known)}"
        for name, kind in types.items()
        if kind not in known
    ]
    if odd:
        raise several(odd)
    return set(types.values())


def _check_edges(graph: nir.NIRGraph, path: Path, within: str = "") -> None:
    """Check that an edge leads to each node and one away from it, except where the graph begins and ends."""
    missing = list[str]()
    for name, node in graph.nodes.items():
        if isinstance(node, nir.NIRGraph):
            _check_edges(node, path, f"{within}{name}.")
        lacks = [
            f"no {which} edge"
            for which, end, kind in (("incoming", 1, nir.Input), ("outgoing", 0, nir.Output))
            if not isinstance(node, kind) and not any(edge[end] == name for edge in graph.edges)
        ]
        if lacks:
            missing.append(f"{path.name}: the node {within + name!r} has {' and '.join(lacks)}")
    if missing:
        raise several(missing)


def _types(group: Any, within: str = "") -> Iterator[tuple[str, str]]:
    """Yield name and type of each node of a graph in a file, and of graphs in it."""
    for name, node in group["nodes"].items():
        kind = _text(node["type"][()])
        yield f"{within}{name}", kind
        if kind == "NIRGraph":
            yield from _types(node, f"{within}{name}.")


def flat(graph: nir.NIRGraph) -> nir.NIRGraph:
    """Return a graph with the nodes of the graphs in it; ``NAME.INNER`` is the node INNER of the graph NAME.

    Input and output of an inner graph pass on what they get.
    """
    nodes, edges, doors = dict[str, nir.NIRNode](), list[tuple[str, str]](), dict[str, tuple[str, str]]()
    passing = list[str]()
    for name, node in graph.nodes.items():
        if not isinstance(node, nir.NIRGraph):
            nodes[name] = node
            continue
        inner = flat(node)
        if len(inner.inputs) != 1 or len(inner.outputs) != 1:
            raise StdpbenchError(f"the graph {name} must have one Input and one Output node to run here")
        doors[name] = f"{name}.{next(iter(inner.outputs))}", f"{name}.{next(iter(inner.inputs))}"
        passing += doors[name]
        nodes |= {f"{name}.{own}": each for own, each in inner.nodes.items()}
        edges += [(f"{name}.{source}", f"{name}.{target}") for source, target in inner.edges]
    for source, target in graph.edges:
        edges.append((doors.get(source, (source,))[0], doors.get(target, (target,))[-1]))
    for name in passing:
        del nodes[name]
        before, after = ([edge[1 - k] for edge in edges if edge[k] == name] for k in (1, 0))
        edges = [edge for edge in edges if name not in edge] + [(a, b) for a in before for b in after]
    return nir.NIRGraph(nodes, edges, metadata=graph.metadata, type_check=False)


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _unit(graph: nir.NIRGraph) -> tuple[float, str]:
    """Return the unit of times in ms, and a sentence if it was guessed.

    NIR's documentation gives times in ms, but most programs write seconds. A longest time constant below 1 cannot be
    in ms.
    """
    said = _text(graph.metadata.get("time_unit", ""))
    if said:
        if said not in ("ms", "s"):
            raise StdpbenchError(f"the unit of times must be 'ms' or 's', not {said!r}")
        return (1.0 if said == "ms" else 1e3), ""
    taus = [
        getattr(node, name)
        for node in flat(graph).nodes.values()
        for name in ("tau", "tau_mem")
        if hasattr(node, name)
    ]
    longest = max((float(np.max(np.abs(tau), initial=0.0)) for tau in taus), default=1.0)
    if not 0 < longest < 1:
        return 1.0, ""
    return 1e3, f"its times are taken as seconds, since the longest time constant is {longest:g}."


def _step(given: Any) -> float:
    """Return the time step that a file says, in its unit.

    Raises
    ------
    StdpbenchError
        If it is not a finite number above 0.
    """
    try:
        step = float(given)
    except (TypeError, ValueError):
        step = 0.0
    if not 0 < step < np.inf:
        raise StdpbenchError(f"its time step dt must be a number above 0, not {_text(given)!r}; set network.dt")
    return step


def _shown(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Return the tables of data, encoding and schedule that a file of stdpbench has; empty for others."""
    try:
        found = tomllib.loads(_text(metadata.get("shown", "")))
    except ValueError:
        return {}
    return {name: found[name] for name in _SECTIONS if isinstance(found.get(name), dict)}


@dataclass
class _Made:
    """What the nodes of a file become, as in `NirNetwork`."""

    file: Path
    table: dict[str, Any] = field(default_factory=dict)
    learned: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    delays: dict[str, str] = field(default_factory=dict)
    synapses: list[Rows] = field(default_factory=list)


def _network(nodes: Nodes, path: Path) -> _Made:
    """Return the network of a file.

    Raises
    ------
    StdpbenchError
        If something cannot run here.
    """
    names = _names(nodes)
    entry, read = nodes.input, nodes.read
    populations: dict[str, Any] = {names[entry]: _size(nodes, entry)}
    projections: dict[str, Any] = {}
    result = _Made(path)
    learned = result.learned
    gains: dict[str, NDArray[np.float64]] = {}
    leaks = {target: leak[nodes.order(target)] for target in nodes.neurons if (leak := nodes.leak(target)).any()}
    for node in nodes.neurons:
        made = neurons_of(nodes, node)
        populations[names[node]] = {**_size(nodes, node), "neuron": made.table}
        gains[node] = made.gain[nodes.order(node)]
        if made.theta is not None:
            learned[f"{names[node]}.theta"] = made.theta[nodes.order(node)]
    taken = set(populations)
    for target in nodes.neurons:
        for way in ways_to(nodes, target):
            _add(nodes, way, gains[target], names, projections, result, taken)
        if (bias := constant(nodes, target)).any() or target in leaks:
            given = gains[target] * bias[nodes.order(target)] + leaks.get(target, 0.0)
            populations.setdefault(BIAS, {"size": 1, "neuron": dict(BIAS_NEURON)})
            name = _free(f"{BIAS}_{names[target]}", taken)
            projections[name] = _table(BIAS, names[target])
            learned[f"{name}.w"] = np.ascontiguousarray(given[None])
    result.table = {
        "kind": "graph",
        "dt": nodes.dt,
        "read": names[read],
        "populations": populations,
        "projections": projections,
    }
    return result


def _size(nodes: Nodes, name: str) -> dict[str, Any]:
    """Return the entry of a population on its size."""
    shape = nodes.placed(name)
    return {"size": shape[0]} if len(shape) == 1 else {"shape": list(shape)}


def _table(source: str, target: str, delay: float = 0.0, connect: Mapping[str, Any] | None = None) -> dict[str, Any]:
    table: dict[str, Any] = {
        "source": source,
        "target": target,
        "receptor": "I_exc",
        "weight": {"kind": "trained", "gain": 0.0},
    }
    return table | ({"connect": dict(connect)} if connect else {}) | ({"delay": delay} if delay else {})


def _add(
    nodes: Nodes,
    way: Way,
    gain: NDArray[np.float64],
    names: Mapping[str, str],
    projections: dict[str, Any],
    result: _Made,
    taken: set[str],
) -> None:
    """Add a projection for each delay of a way, with the synapses that have this delay."""
    made = synapses_of(nodes, way, gain)
    values = np.unique(made.steps)
    kinds = {name: type(nodes.graph.nodes[name]).__name__ for name in way.names}
    late = " and ".join(name for name, kind in kinds.items() if kind == "Delay")
    if (longest := int(values.max(initial=0)) * nodes.dt) > LONGEST:
        raise StdpbenchError(f"delays of up to {longest:g} ms by {late}; at most {LONGEST:g} ms run here")
    if len(values) > _MOST_DELAYS:
        raise StdpbenchError(f"{way.names[0]} has {len(values)} different delays; at most {_MOST_DELAYS} run here")
    called = [name for name, kind in kinds.items() if kind in _WEIGHTS]
    called += [name for name, kind in kinds.items() if kind not in ("Delay", "Flatten")]
    for value in values.tolist():
        name = _free(_valid(called[0] if called else f"{names[way.source]}_{names[way.target]}"), taken)
        connect, w = made.connect, made.w
        if len(values) > 1 or (made.sparse is not None and not made.connect):
            chosen = made.steps == value
            connect, w = _listed(made.rows(chosen), name, result), w[chosen]
            connect["autapses"] = way.source == way.target
        projections[name] = _table(names[way.source], names[way.target], value * nodes.dt, connect)
        result.learned[f"{name}.w"] = np.ascontiguousarray(w)
        if value:
            result.delays[name] = late


def _listed(rows: Rows, name: str, result: _Made) -> dict[str, Any]:
    """Return the connection of synapses that a run will keep in a file."""
    result.synapses.append(rows)
    place = result.file.absolute().with_name(f"{result.file.stem}-{name}.npz")  # does not exist
    return {"kind": "table", "file": str(place), "sha256": hold(rows)}


def _names(nodes: Nodes) -> dict[str, str]:
    """Return the names of populations, which are those of the nodes as far as they are valid."""
    found, taken = dict[str, str](), {BIAS}
    for node in (nodes.input, *nodes.neurons):
        found[node] = _free(_valid(node), taken)
    return found


def _valid(name: str) -> str:
    """Return a name of a population or projection that is like the name of a node."""
    letters = "".join(each if each.isascii() and each.isalnum() else "_" for each in name.lower()).strip("_")
    letters = letters if letters[:1].isalpha() else f"n{letters}"
    return letters[:24] if not name_problem(letters[:24]) else f"n_{letters[:22]}"


def _free(name: str, taken: set[str]) -> str:
    """Return a name that is not taken yet, and take it."""
    number, found = 2, name
    while found in taken:
        found, number = f"{name}_{number}", number + 1
    taken.add(found)
    return found
