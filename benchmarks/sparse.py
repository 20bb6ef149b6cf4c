"""Sparse networks: Vogels et al. (2011), ours beside Brian2's C++ standalone mode of the same equations.

Both simulate a second in which the network settles, then the same number of seconds that are measured. Times are CPU
times, of the run alone in the standalone program, and of `present` in ours, in pieces of one second. Both use one
thread. With ``--only ours`` larger networks can be run alone.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np

EQUATIONS = """
dv/dt = ((-60*mV - v) + ge*(0*mV - v) + gi*(-80*mV - v) + 20*mV)/(20*ms) : volt (unless refractory)
dge/dt = -ge/(5*ms) : 1
dgi/dt = -gi/(10*ms) : 1
"""


def ours(n_exc: int, p: float, seconds: int, seed: int, cut: float) -> dict[str, Any]:
    """Time the compiled simulator."""
    from stdpbench.engine.simulators import is_compiled, open_graph, synapse_memory
    from stdpbench.experiment.graph import Graph, Population, Projection
    from stdpbench.kinds.connections.random import Random
    from stdpbench.kinds.encoding import Spikes
    from stdpbench.kinds.neurons.lif import LIF
    from stdpbench.kinds.plasticity.inhibitory import Inhibitory
    from stdpbench.kinds.weights.constant import Constant

    names = {"v_rest": -40.0, "v_reset": -60.0, "v_thresh": -50.0, "tau_m": 20.0, "t_ref": 5.0}  # 20 mV of background
    cell = LIF(**names, E_exc=0.0, E_inh=-80.0, tau_ge=5.0, tau_gi=10.0)
    connect, rule = Random(p=p), Inhibitory(eta=0.001, rho_0=3.0, tau=20.0, w_max=10.0)

    def projection(source: str, target: str, receptor: str, weight: float, plastic: bool = False) -> Projection:
        return Projection(
            source=source,
            target=target,
            receptor=receptor,
            connect=connect,
            weight=Constant(value=weight * 0.02 / p * 8000 / n_exc),
            plasticity=rule if plastic else None,
        )

    graph = Graph(
        {
            "exc": Population(shape=(n_exc,), neuron=cell),
            "inh": Population(shape=(n_exc // 4,), neuron=cell),
        },
        {
            "exc_exc": projection("exc", "exc", "ge", 0.03),
            "exc_inh": projection("exc", "inh", "ge", 0.03),
            "inh_inh": projection("inh", "inh", "gi", 0.3),
            "inh_exc": projection("inh", "exc", "gi", 0.0, plastic=True),
        },
        dt=0.1,
        conductance_step="exact",
        read="exc",
        seed=seed,
    )
    if not is_compiled(graph, "compiled"):  # in a process of its own, since Brian2 stays in memory
        compiling = get_context("fork").Process(target=open_graph, args=(graph, "compiled"))
        compiling.start()
        compiling.join()
    random = np.random.default_rng(seed)
    start, before = perf_counter(), _resident()
    simulator, _ = open_graph(graph, "compiled")
    opened, held = perf_counter() - start, _resident() - before
    for name in ("exc", "inh"):
        v = simulator.array(f"{name}.v")
        v[...] = random.uniform(-0.06, -0.05, len(v))
    silence, pieces, spikes = Spikes(np.empty(0, np.int32), np.empty(0, np.int32)), list[float](), 0
    all_spikes = 0
    n_bins = round(cut * 10_000)
    for number in range(round((seconds + 1) / cut)):
        begun = process_time()
        response = simulator.present(silence, n_bins, plastic=True)
        count = sum(len(each.index) for each in response.spikes.values())
        all_spikes += count
        if (number + 1) * cut > 1:
            pieces.append(process_time() - begun)
            spikes += count
    n_synapses = {name: len(simulator.synapses(name)) for name in graph.projections}
    events = spikes * sum(n_synapses.values()) / (n_exc * 1.25)
    return {
        "n_synapses": sum(n_synapses.values()),
        "open_s": round(opened, 2),
        "cpu_s_per_simulated_s": sum(pieces) / seconds,
        "rate_hz_with_settling": all_spikes / (seconds + 1) / (n_exc * 1.25),
        "rate_hz": spikes / seconds / (n_exc * 1.25),
        "events_per_simulated_s": events / seconds,
        "predicted_MB": synapse_memory(simulator.layout) / 2**20,
        "held_MB": held,
        "peak_MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def _resident() -> float:
    """Memory of this process, MB; 0 where the system does not tell."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS")), 0.0)


def standalone(n_exc: int, p: float, seconds: int, seed: int, method: str) -> dict[str, Any]:
    """Time Brian2's standalone mode."""
    import brian2 as b2

    b2.set_device("cpp_standalone", build_on_run=False)
    b2.defaultclock.dt = 0.1 * b2.ms
    b2.seed(seed)
    n, factor = n_exc + n_exc // 4, 0.02 / p * 8000 / n_exc
    group = b2.NeuronGroup(
        n, EQUATIONS, threshold="v > -50*mV", reset="v = -60*mV", refractory=5 * b2.ms, method=method
    )
    group.v = "-60*mV + 10*mV*rand()"
    exc, inh = group[:n_exc], group[n_exc:]
    from_exc = b2.Synapses(exc, group, on_pre=f"ge += {0.03 * factor}")
    from_exc.connect(p=p)
    inh_inh = b2.Synapses(inh, inh, on_pre=f"gi += {0.3 * factor}")
    inh_inh.connect("i != j", p=p)
    inh_exc = b2.Synapses(
        inh,
        exc,
        """
        w : 1
        dx/dt = -x/(20*ms) : 1 (event-driven)
        dy/dt = -y/(20*ms) : 1 (event-driven)
        """,
        on_pre="x += 1\nw = clip(w + (y - 2*3*Hz*20*ms)*0.001, 0, 10)\ngi += w",
        on_post="y += 1\nw = clip(w + x*0.001, 0, 10)",
    )
    inh_exc.connect(p=p)
    counter = b2.SpikeMonitor(group, record=False)
    network = b2.Network(group, from_exc, inh_inh, inh_exc, counter)
    note = 'std::ofstream("clock.txt", std::ios::app) << std::clock() / (double)CLOCKS_PER_SEC << std::endl;'
    b2.device.insert_code("before_network_run", note)
    b2.device.insert_code("after_network_run", note)
    b2.prefs.codegen.cpp.headers = ["<fstream>", "<ctime>"]
    network.run(1 * b2.second)
    network.run(seconds * b2.second)
    with tempfile.TemporaryDirectory(prefix="stdpbench-bench-", ignore_cleanup_errors=True) as folder:
        b2.device.build(directory=folder, compile=True, run=False)
        b2.device.run(folder)
        noted = np.loadtxt(Path(folder) / "clock.txt")
        return {
            "cpu_s_per_simulated_s": (noted[-1] - noted[-2]) / seconds,
            "rate_hz_with_settling": int(counter.num_spikes) / (seconds + 1) / n,
            "n_synapses": len(from_exc.i) + len(inh_inh.i) + len(inh_exc.i),
        }


def main() -> None:
    """Time one of the two, or both in turn, and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n-exc", type=int, default=8000)
    parser.add_argument("--p", type=float, default=0.02)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--piece", type=float, default=1.0)
    parser.add_argument("--method", default="euler", help="of Brian2's standalone mode")
    parser.add_argument("--only", choices=("ours", "standalone"))
    options = parser.parse_args()
    figures: dict[str, Any] = {"n_exc": options.n_exc, "p": options.p, "seconds": options.seconds}
    common = (options.n_exc, options.p, options.seconds, options.seed)
    if options.only != "standalone":
        figures["ours"] = ours(*common, options.piece)
    if options.only != "ours":
        figures["standalone"] = standalone(*common, options.method)
    if options.only is None:
        figures["ratio"] = figures["ours"]["cpu_s_per_simulated_s"] / figures["standalone"]["cpu_s_per_simulated_s"]
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
