"""Simulators: one protocol, `Simulator.present`, and two that keep it.

`open_simulator` chooses. Opening a compiled network that was compiled before imports no brian2.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.errors import StdpbenchError, suggestion
from stdpbench.experiment import Experiment
from stdpbench.network import Layout, delay_bins, lateral_start
from stdpbench.simulators.base import Recording, Response, Simulator
from stdpbench.simulators.compiled.cache import fetch, is_cached, usual_seconds
from stdpbench.simulators.compiled.toolchain import find_compiler

_PER_SYNAPSE = 40  # bytes: a weight, and Brian2's indices and lists of them; measured
SIMULATORS = ("compiled", "runtime")


def open_simulator(experiment: Experiment, n_input: int, name: str | None = None) -> tuple[Simulator, str]:
    """Build the network of an experiment, ready for its first presentation but for the weights.

    Parameters
    ----------
    experiment : Experiment
        What to build.
    n_input : int
        Pixels per picture.
    name : {"compiled", "runtime"}, optional
        Which simulator; by default the compiled one where there is a C++ compiler, else Brian2's runtime mode.

    Returns
    -------
    simulator : Simulator
        In the reset state; theta, and weights of lateral inhibition that learn, at their start; input weights 0.
    remark : str
        A sentence for the person where something other than the best was chosen; else empty.

    Raises
    ------
    StdpbenchError
        If there is no such simulator, or it needs a compiler that is not there.
    """
    if name is not None and name not in SIMULATORS:
        raise StdpbenchError(f"there is no simulator {name!r}; {suggestion(name, SIMULATORS)}")
    _check_possible(experiment, n_input)
    compiler, remark = find_compiler(), ""
    delays: NDArray[np.int32] | None = None
    if experiment.network.delays == "uniform":
        delays = delay_bins(experiment, n_input)
    if name == "compiled" and compiler is None:
        raise StdpbenchError(
            "the compiled simulator needs a C++ compiler, but none was found; `stdpbench doctor` explains how to "
            "install one, and --simulator runtime works without one"
        )
    simulator: Simulator
    if name != "runtime" and compiler is not None:
        from stdpbench.simulators.compiled.simulator import CompiledSimulator

        simulator = CompiledSimulator(experiment, n_input, delays, compiler=compiler)
    else:
        from stdpbench.simulators.runtime import RuntimeSimulator, cython_works

        target = "cython" if cython_works() else "numpy"
        if target == "numpy":
            lacking = "No C++ compiler was found" if compiler is None else "Cython cannot compile here"
            remark = (
                f"{lacking}, so the network runs in Brian2's NumPy mode, which is much slower; `stdpbench doctor` may "
                "explain how to fix that."
            )
        simulator = RuntimeSimulator(experiment, n_input, delays, target=target)
    simulator.theta[...] = experiment.exc.quantities().get("theta_start", 0.0)
    if simulator.lateral is not None:
        simulator.lateral[...] = lateral_start(experiment)
    simulator.reset()
    return simulator, remark


def is_compiled(experiment: Experiment, n_input: int, name: str) -> bool:
    """Whether `open_simulator` has nothing to compile for this network, and imports no brian2."""
    compiler = find_compiler()
    return name == "compiled" and compiler is not None and is_cached(Layout(experiment, n_input), compiler)


def opening_takes(experiment: Experiment, n_input: int, name: str | None = None) -> Literal["", "compile", "generate"]:
    """Return what `open_simulator` will spend its time on, as far as can be predicted.

    ``"compile"``: the network was never compiled here; ``"generate"``: Brian2's runtime mode generates its code, and
    compiles it if Brian2 has not done so before; empty if it opens at once.
    """
    compiler = find_compiler()
    if name == "runtime" or compiler is None:
        return "generate"
    return "" if is_cached(Layout(experiment, n_input), compiler) else "compile"


def compile_seconds(experiment: Experiment, n_input: int, name: str | None = None) -> float:
    """Estimate the seconds that compiling a network will take, from those compiled here before.

    0 if it is in the cache, and in Brian2's runtime mode, whose time is unknown.
    """
    return usual_seconds() if opening_takes(experiment, n_input, name) == "compile" else 0.0


def compile_ahead(experiment: Experiment, n_input: int, name: str) -> None:
    """Have all compiled that `open_simulator` needs for a network, for this and other processes.

    Raises
    ------
    StdpbenchError
        If it cannot be built.
    """
    compiler = find_compiler()
    if name == "compiled" and compiler is not None:
        _check_possible(experiment, n_input)
        fetch(Layout(experiment, n_input), compiler)
    else:
        open_simulator(experiment, n_input, name)[0].close()


def _check_possible(experiment: Experiment, n_input: int) -> None:
    """Check that the kinds of a network are available, and that its synapses can be numbered and fit into memory.

    Raises
    ------
    StdpbenchError
        If one of these does not hold, with the kinds or the size.
    """
    if missing := experiment.missing_kinds:
        raise StdpbenchError(f"the network cannot be built: {' and '.join(missing)}")
    layout = Layout(experiment, n_input)
    pairs = 0 if layout.lateral is None else layout.n_exc**2
    n_synapses = n_input * layout.n_exc
    needed, free = synapse_memory(layout), available_memory()
    if max(n_synapses, pairs) >= 2**31 or (free is not None and needed > free):
        limit = "" if free is None else f", and {free / 2**30:.1f} GiB are available"
        beside = f" and {pairs:.3g} of lateral inhibition" if pairs else ""
        instead = " or have lateral.kind = 'fixed'" if pairs else ""
        raise StdpbenchError(
            f"{n_input} input and {layout.n_exc} exc neurons make {n_synapses:.3g} synapses{beside}, which need "
            f"{needed / 2**30:.1f} GiB{limit}: lower network.n_exc or data.resize{instead}"
        )


def synapse_memory(layout: Layout) -> int:
    """Bytes that the synapses of a network take: weights, indices, and per-synapse delays and traces."""
    per_synapse = _PER_SYNAPSE + (12 + 8 * (1 + len(layout.input_traces)) if layout.delays_differ else 0)
    return layout.n_input * layout.n_exc * per_synapse + lateral_memory(layout)


def lateral_memory(layout: Layout) -> int:
    """Bytes that weights of lateral inhibition take where they learn, with their indices; else none."""
    return 0 if layout.lateral is None else layout.n_exc**2 * _PER_SYNAPSE


def available_memory() -> int | None:
    """Bytes that this process may still use, as far as the system tells."""
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        pass
    return None


__all__ = [
    "SIMULATORS",
    "Recording",
    "Response",
    "Simulator",
    "available_memory",
    "compile_ahead",
    "compile_seconds",
    "find_compiler",
    "is_compiled",
    "lateral_memory",
    "open_simulator",
    "opening_takes",
    "synapse_memory",
]
