"""Small networks, stimuli and comparisons that the tests of the contract share."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from stdpbench.base.paths import shipped
from stdpbench.data.stimuli import StimulusSet
from stdpbench.engine.network import normalise, projection_delays, start_weights
from stdpbench.engine.simulators import Response, Simulator, find_compiler, open_graph
from stdpbench.experiment import Experiment
from stdpbench.experiment.graph import Graph
from stdpbench.kinds.encoding import Spikes

SIMULATORS = ("compiled", "runtime")
INHIBITIONS = ("layer", "direct", "direct-undelayed")
DELAYS = ("none", "homogeneous", "uniform")
VARIANTS = [(inhibition, delays) for inhibition in INHIBITIONS for delays in DELAYS]

Opener = Callable[..., Simulator]
Closer = Callable[[Simulator], Simulator]

# One size for most tests: what is compiled depends on it
N_INPUT, N_EXC, STIMULUS_BINS = 100, 20, 200


def experiment(inhibition: str = "layer", delays: str = "none", **changes: Any) -> Experiment:
    """A small network, 100 ms of stimulus; `changes` are ``section__parameter = value``."""
    mapping: dict[str, Any] = {
        "seed": 7,
        "network": {"n_exc": N_EXC, "inhibition": inhibition, "delays": delays, "weight_sum": 20.0},
        "schedule": {"stimulus": STIMULUS_BINS * 0.5, "between": "carry"},
    }
    for path, value in changes.items():
        section, _, name = path.partition("__")
        mapping.setdefault(section, {})[name] = value
    return Experiment.from_mapping(mapping)


def spikes_at(*events: tuple[int, int]) -> Spikes:
    """Input spikes at (bin, index)."""
    bins, index = zip(*sorted(events), strict=True) if events else ((), ())
    return Spikes(np.array(index, np.int32), np.array(bins, np.int32))


def random_spikes(seed: int, n_bins: int, probability: float = 0.03, n_input: int = N_INPUT) -> Spikes:
    """Independent input spikes in every cell of (bin, index)."""
    cells = np.flatnonzero(np.random.default_rng(seed).random(n_bins * n_input) < probability)
    return Spikes((cells % n_input).astype(np.int32), (cells // n_input).astype(np.int32))


def stimulus(seed: int, simulator: Simulator, probability: float = 0.03, *, n_rest: int = 0) -> Spikes:
    """Random input that leaves out the last bins where it would still be in flight at the end."""
    layout = simulator.layout
    n_bins = simulator.experiment.stimulus_bins - max(0, layout.max_delay_bins - n_rest)
    return random_spikes(seed, n_bins, probability, layout.n_input)


def put_start(simulator: Simulator, seed: int = 1, *, column_sum: float = 20.0, theta: float = 20e-3) -> None:
    """Random weights within their bounds, theta somewhat apart, all else in the reset state.

    Column sums and theta are such that a stimulus draws spikes from many neurons, and many spikes draw learning.
    """
    rng = np.random.default_rng(seed)
    w = rng.random(simulator.w.shape) + 0.01
    simulator.w[...] = np.minimum(w * (column_sum / w.sum(axis=0)), 1.0)
    simulator.theta[...] = theta + rng.random(simulator.theta.shape) * 1e-3
    simulator.reset()


def live_through(simulator: Simulator, presentations: int = 4, seed: int = 50) -> None:
    """Some presentations, learning and not, with and without a rest, carried over from one to the next."""
    for number in range(presentations):
        n_rest = 17 * (number % 3)
        spikes = stimulus(seed + number, simulator, 0.05, n_rest=n_rest)
        simulator.present(spikes, simulator.experiment.stimulus_bins, plastic=number % 4 != 2, n_rest=n_rest)
        normalise(simulator.w, 20.0)


def delays_of(made: Experiment, n_input: int = N_INPUT) -> NDArray[np.int64]:
    """Delay of every synapse in steps, (n_input, n_exc)."""
    network = made.network
    if network.delays == "uniform":
        return projection_delays(made.graph(n_input))["feed"].astype(np.int64)
    steps = round(network.max_delay / network.dt) if network.delays == "homogeneous" else 0
    return np.full((n_input, network.n_exc), steps, np.int64)


def put_start_of_learning(simulator: Simulator, made: Experiment, images: StimulusSet) -> None:
    """Start with the weights of an experiment and thresholds of 20 mV."""
    simulator.w[...] = start_weights(made, images)
    simulator.theta[...] = 20e-3
    simulator.reset()


def on_numpy(made: Experiment, n_input: int = N_INPUT) -> Simulator:
    """The network in Brian2's runtime mode, with nothing to compile, at the same start as `put_start` gives."""
    simulator, _ = open_graph(made.graph(n_input), "runtime", target="numpy")
    simulator.set_parameters(made)
    put_start(simulator)
    return simulator


def open_network(made: Graph, name: str) -> Simulator:
    """The network of a graph on one of `SIMULATORS`; Brian2's runtime mode runs on NumPy."""
    if name == "compiled" and find_compiler() is None:
        import pytest  # not in the processes that import this module

        pytest.skip("needs a C++ compiler")
    return open_graph(made, name, target="numpy" if name == "runtime" else None)[0]


def pairs(spikes: Spikes) -> list[tuple[int, int]]:
    """Spikes as (bin, index)."""
    return list(zip(spikes.bin.tolist(), spikes.index.tolist(), strict=True))


def inh_pairs(response: Response) -> list[tuple[int, int]]:
    """Spikes of the inhibitory layer as (bin, index); none where neurons inhibit each other directly."""
    return pairs(response.spikes["inh"]) if "inh" in response.spikes else []


def process(code: str, **environment: str) -> subprocess.Popen[str]:
    """Python in a process of its own, with all of this module and `open_simulator` at hand."""
    here = Path(__file__).resolve().parent
    path = os.pathsep.join([str(here), *(entry or str(Path.cwd()) for entry in sys.path)])
    # a process that is started in the background may be born deaf to Ctrl+C
    opening = "import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"
    opening += "from networks import *\nfrom stdpbench.engine.simulators import open_simulator\n"
    return subprocess.Popen(
        [sys.executable, "-c", opening + textwrap.dedent(code)],
        env={**os.environ, "PYTHONPATH": path, "PYTHONUTF8": "1", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def in_another_process(code: str, **environment: str) -> Any:
    """Run `code` in a separate process and return its variable ``result``."""
    running = process(textwrap.dedent(code) + "\nprint('result:' + json.dumps(result))", **environment)
    out, err = running.communicate()
    lines = [line for line in out.splitlines() if line.startswith("result:")]
    assert running.returncode == 0, f"the process ended with {running.returncode}:\n{err}"
    return json.loads(lines[-1].removeprefix("result:"))


def assert_same_spikes(first: Response, second: Response, layers: tuple[str, ...] = ()) -> None:
    """Compare the spikes of some populations; by default of all, which must then be the same populations."""
    assert layers or first.spikes.keys() == second.spikes.keys()
    for layer in layers or first.spikes:
        assert pairs(first.spikes[layer]) == pairs(second.spikes[layer]), f"{layer} spikes differ"
    assert np.array_equal(first.counts("exc"), second.counts("exc"))


def fingerprint(response: Response) -> str:
    """SHA-256 of all that a response says, to the bit."""
    arrays = [response.counts("exc")]
    for spikes in (*response.spikes.values(), response.input):
        arrays += [spikes.index, spikes.bin]
    for recording in response.recordings.values():
        arrays += [recording.neurons, *recording.courses.values()]
    return hashlib.sha256(b"|".join(array.tobytes() for array in arrays)).hexdigest()


def assert_same_bytes(
    first: dict[str, NDArray[np.float64]], second: dict[str, NDArray[np.float64]], what: str = "state"
) -> None:
    assert first.keys() == second.keys()
    differing = [name for name in first if first[name].tobytes() != second[name].tobytes()]
    assert not differing, f"{what} differs in {', '.join(differing)}"


def benchmark(name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Import a script of the folder ``benchmarks``."""
    spec = importlib.util.spec_from_file_location(name, shipped("benchmarks") / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, name, module)
    spec.loader.exec_module(module)
    return module
