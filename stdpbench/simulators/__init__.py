"""Simulators: one protocol, `Simulator.present`, and two that keep it.

`open_simulator` chooses. Opening a compiled network that was compiled before imports no brian2.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stdpbench.errors import StdpbenchError, suggestion
from stdpbench.experiment import Experiment
from stdpbench.network import delay_bins
from stdpbench.simulators.base import Recording, Response, Simulator
from stdpbench.simulators.compiled.toolchain import find_compiler

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
        In the reset state, theta at its start, all weights 0.
    remark : str
        A sentence for the person where something other than the best was chosen; else empty.

    Raises
    ------
    StdpbenchError
        If there is no such simulator, or it needs a compiler that is not there.
    """
    if name is not None and name not in SIMULATORS:
        raise StdpbenchError(f"there is no simulator {name!r}; {suggestion(name, SIMULATORS)}")
    compiler, remark = find_compiler(), ""
    delays: NDArray[np.int32] | None = None
    if experiment.network.delays == "uniform":
        delays = delay_bins(experiment, n_input)
    if name == "compiled" and compiler is None:
        raise StdpbenchError(
            "the compiled simulator needs a C++ compiler and none was found; `stdpbench doctor` says how to get one, "
            "--simulator runtime works without"
        )
    simulator: Simulator
    if name != "runtime" and compiler is not None:
        from stdpbench.simulators.compiled.simulator import CompiledSimulator

        simulator = CompiledSimulator(experiment, n_input, delays, compiler=compiler)
    else:
        from stdpbench.simulators.runtime import RuntimeSimulator

        target = "numpy" if compiler is None else "cython"
        if compiler is None:
            remark = (
                "No C++ compiler was found, so the network runs in Brian2's NumPy mode, some hundred times slower; "
                "`stdpbench doctor` says how to get one."
            )
        simulator = RuntimeSimulator(experiment, n_input, delays, target=target)
    simulator.theta[...] = experiment.exc.quantities().get("theta_start", 0.0)
    simulator.reset()
    return simulator, remark


__all__ = ["SIMULATORS", "Recording", "Response", "Simulator", "find_compiler", "open_simulator"]
