"""Simulators: one protocol, `Simulator.present`, and three implementations.

`open_simulator` chooses one. Opening a network that was compiled before imports no brian2.
"""

from __future__ import annotations

import ctypes
from contextlib import suppress
from typing import Literal

from stdpbench.base.errors import StdpbenchError
from stdpbench.compiling.toolchain import find_compiler
from stdpbench.declare.registry import Registry
from stdpbench.engine.network import Layout, projection_delays, projection_weights, slow_start
from stdpbench.engine.network.memory import available_memory, projection_memory, synapse_memory
from stdpbench.engine.simulators.base import Simulator
from stdpbench.engine.simulators.compiled.cache import fetch, is_cached
from stdpbench.engine.simulators.response import Recording, Response
from stdpbench.experiment import Experiment
from stdpbench.experiment.graph import Graph

simulators: Registry[type[Simulator]] = Registry(
    "simulator",
    Simulator,
    {
        "brian2": "stdpbench.engine.simulators.brian2:BrianSimulator",
        "compiled": "stdpbench.engine.simulators.compiled.simulator:CompiledSimulator",
        "runtime": "stdpbench.engine.simulators.runtime:RuntimeSimulator",
    },
    group="stdpbench.simulators",
)


def open_simulator(
    experiment: Experiment, inputs: int | tuple[int, ...], name: str | None = None
) -> tuple[Simulator, str]:
    """Build the network of an experiment; plastic input weights are still 0.

    Parameters
    ----------
    experiment : Experiment
        The experiment.
    inputs : int or tuple of int
        Number of inputs, or their shape, such as rows and columns of a picture. Local projections need the shape; for
        them, a square number is taken as a square picture.
    name : {"compiled", "runtime"}, optional
        The simulator; by default the compiled one if there is a C++ compiler, else Brian2's runtime mode.

    Returns
    -------
    simulator : Simulator
        In the reset state; theta and plastic weights of lateral inhibition at their start; plastic input weights 0.
    remark : str
        A sentence for the user if a slower simulator had to be used; else empty.

    Raises
    ------
    StdpbenchError
        If there is no such simulator, or it needs a compiler that was not found.
    """
    _check_available(experiment)
    simulator, remark = open_graph(experiment.graph(*_shape(inputs)), name)
    simulator.set_parameters(experiment)
    for projection in simulator.graph.plastic if simulator.graph.file is None else ():
        if simulator.graph.projections[projection].source == simulator.graph.input:
            simulator.weights(projection)[...] = 0.0
    return simulator, remark


def _shape(inputs: int | tuple[int, ...]) -> tuple[int, ...]:
    return (inputs,) if isinstance(inputs, int) else inputs


def open_graph(graph: Graph, name: str | None = None, *, target: str | None = None) -> tuple[Simulator, str]:
    """Build the network of a graph, ready for its first presentation.

    Parameters
    ----------
    graph : Graph
        The network, with the shape of its input. Connections, weights and delays are drawn from its seed and from the
        names of projections.
    name : {"compiled", "runtime"}, optional
        The simulator; by default the compiled one if there is a C++ compiler, else Brian2's runtime mode.
    target : {"cython", "numpy"}, optional
        Code generation target of Brian2's runtime mode; by default Cython where it works.

    Returns
    -------
    simulator : Simulator
        In the reset state; weights and thresholds at their start.
    remark : str
        A sentence for the user if a slower simulator had to be used; else empty.

    Raises
    ------
    StdpbenchError
        If there is no such simulator, it needs a compiler that was not found, or memory does not suffice.
    """
    if graph.file is not None:
        name = "brian2"
    kind = simulators.get(name or ("runtime" if find_compiler() is None else "compiled"), "simulator")
    _check_memory(graph)
    simulator, remark = kind.open(graph, projection_delays(graph), target)
    if graph.file is not None:
        return simulator, remark
    for array in simulator.layout.learned:
        owner, _, variable = array.partition(".")
        if owner in graph.populations:
            simulator.array(array)[...] = slow_start(graph.populations[owner], variable)
    for projection, w in projection_weights(graph).items():
        simulator.weights(projection)[...] = w
    simulator.reset()
    if any(projection_layout.sparse for projection_layout in simulator.layout.projections.values()):
        _return_freed_memory()
    return simulator, remark


def is_compiled(graph: Graph, name: str) -> bool:
    """Return whether `open_graph` finds this network compiled, so that it imports no brian2."""
    return name == "compiled" and not opening_takes(graph, name)


def opening_takes(graph: Graph, name: str | None = None) -> Literal["", "compile", "generate"]:
    """Return the slow part of `open_graph`, as far as it is known.

    ``"compile"``: the network has not been compiled before; ``"generate"``: Brian2's runtime mode generates its code,
    and compiles it unless Brian2 has cached it; empty if the network opens immediately.
    """
    compiler = find_compiler()
    if name == "runtime" or compiler is None or graph.file is not None:
        return "generate"
    return "" if is_cached(Layout(graph), compiler) else "compile"


def compile_ahead(experiment: Experiment, inputs: int | tuple[int, ...], name: str) -> None:
    """Compile the network of an experiment into the cache, so that `open_simulator` finds it there.

    Raises
    ------
    StdpbenchError
        If the network cannot be built.
    """
    _check_available(experiment)
    compiler, graph = find_compiler(), experiment.graph(*_shape(inputs))
    if name == "compiled" and compiler is not None and graph.file is None:
        _check_memory(graph)
        fetch(Layout(graph), compiler)
    else:
        open_simulator(experiment, inputs, name)[0].close()


def _check_available(experiment: Experiment) -> None:
    """Check that the kinds of a network are available.

    Raises
    ------
    StdpbenchError
        If some are missing, with their names.
    """
    if missing := experiment.missing_kinds:
        raise StdpbenchError(f"the network cannot be built: {' and '.join(missing)}")


def _check_memory(graph: Graph) -> None:
    """Check that the number of synapses of each projection is below 2^31, and that all fit into memory.

    Raises
    ------
    StdpbenchError
        If not, with the memory that each projection needs.
    """
    layout = Layout(graph)
    needed, free = synapse_memory(layout), available_memory()
    largest = max((projection.expected_synapses for projection in layout.projections.values()), default=0)
    if largest >= 2**31 or (free is not None and needed > free):
        limit = "" if free is None else f", and {free / 2**30:.1f} GiB are available"
        parts = [
            f"{name} has {projection.expected_synapses:.3g} synapses ({projection_memory(projection) / 2**30:.1f} GiB)"
            for name, projection in layout.projections.items()
            if projection.dense or projection.sparse
        ]
        raise StdpbenchError(
            f"the network needs {needed / 2**30:.1f} GiB{limit}: {', '.join(parts)}; use fewer neurons or smaller "
            "inputs (network.n_exc, data.resize)"
        )


def _return_freed_memory() -> None:
    """Return memory that was freed after drawing connections to the system, since Linux's C library would keep it.

    For two million synapses it is as much as the synapses themselves take.
    """
    with suppress(OSError, AttributeError, TypeError):  # other C libraries, and Windows
        ctypes.CDLL(None).malloc_trim(0)


__all__ = [
    "Recording",
    "Response",
    "Simulator",
    "available_memory",
    "compile_ahead",
    "find_compiler",
    "is_compiled",
    "open_graph",
    "open_simulator",
    "opening_takes",
    "projection_memory",
    "simulators",
    "synapse_memory",
]
