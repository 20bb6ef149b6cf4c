"""The device ``resident`` beside Brian2's runtime mode with Cython and its standalone mode.

    python benchmarks/resident.py

Two networks: *stdp*, Poisson inputs onto leaky integrate-and-fire neurons with STDP (Song et al. 2000), a hundredth as
many as inputs, in runs of 100 ms; and *cobahh*, Hodgkin-Huxley neurons with conductances (Brette et al. 2007). Each
device runs in a process of its own, in turn, so that all are measured under the same conditions.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from statistics import median
from time import perf_counter
from typing import Any


def main() -> None:
    """Print a line of JSON for each network and size."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--repeats", type=int, default=3, help="processes per device")
    options.add_argument("--runs", type=int, default=100, help="runs of 100 ms on the device resident")
    options.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.one:
        device, network, n = chosen.one
        print(json.dumps(measured(device, network, int(n), chosen.runs)))
        return
    for network, n in (("stdp", 100), ("stdp", 1000), ("cobahh", 1000)):
        found: dict[str, list[dict[str, float]]] = {"resident": [], "runtime": [], "cpp_standalone": []}
        for _ in range(chosen.repeats):
            for device, rows in found.items():
                runs = chosen.runs if device != "runtime" else max(5, chosen.runs // 10)
                command = [sys.executable, __file__, "--runs", str(runs), "--one", device, network, str(n)]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                rows.append(json.loads(done.stdout.splitlines()[-1]))
        print(json.dumps({"network": network, "n": n, **summary(found)}))


def summary(found: dict[str, list[dict[str, float]]]) -> dict[str, float]:
    """Return medians over processes, and their ratios."""

    def of(device: str, key: str) -> float:
        return median(row[key] for row in found[device])

    return {
        "ms per run, resident": round(of("resident", "run_ms"), 2),
        "ms per run, runtime": round(of("runtime", "run_ms"), 1),
        "runtime / resident": round(of("runtime", "run_ms") / of("resident", "run_ms"), 1),
        "overhead of a run, ms": round(of("resident", "overhead_ms"), 2),
        "overhead of a run, runtime, ms": round(of("runtime", "overhead_ms"), 1),
        "step, resident / standalone": round(of("resident", "step_us") / of("cpp_standalone", "step_us"), 2),
        "opening from the cache, s": round(of("resident", "opening_s"), 2),
    }


def measured(device: str, name: str, n: int, runs: int) -> dict[str, float]:
    """Measure a network on one device."""
    import brian2 as b2

    import stdpbench.resident

    ms, long = b2.ms, 2000
    if device == "cpp_standalone":
        folder = tempfile.TemporaryDirectory()
        b2.prefs.devices.cpp_standalone.extra_make_args_unix = ["-j2"]
        b2.set_device(device, directory=folder.name, build_on_run=True)
    else:
        b2.set_device(device)
        b2.prefs.codegen.target = "cython" if device == "runtime" else "numpy"
    b2.seed(1)
    network = {"stdp": stdp, "cobahh": cobahh}[name](b2, n)
    if device == "cpp_standalone":
        network.run(long * ms)
        seconds = b2.device._last_run_time
        folder.cleanup()
        return {"step_us": seconds / (long * 10) * 1e6}
    opening = 0.0
    if device == "resident":
        times: list[float] = []
        watch(stdpbench.resident.Program, times)
        network.run(0.1 * ms)
        opening = times[0]
    network.run(100 * ms)
    each = [timed(network, 100 * ms) for _ in range(runs)]
    overhead = median(timed(network, 0.1 * ms) for _ in range(20))
    result = {"run_ms": 1e3 * median(each), "overhead_ms": 1e3 * overhead, "opening_s": opening}
    if device == "resident":
        result["step_us"] = (timed(network, long * ms) - overhead) / (long * 10) * 1e6
    return result


def watch(kind: Any, times: list[float]) -> None:
    """Note the seconds from the generated code to a loaded library."""
    make = kind.__init__

    def noted(self: Any, *arguments: Any) -> None:
        start = perf_counter()
        make(self, *arguments)
        times.append(perf_counter() - start)

    kind.__init__ = noted


def timed(network: Any, duration: Any) -> float:
    """Return the seconds of a run."""
    start = perf_counter()
    network.run(duration)
    return perf_counter() - start


def stdp(b2: Any, n: int) -> Any:
    """Return Poisson inputs with STDP, after Song et al. (2000)."""
    ms, mV = b2.ms, b2.mV
    names = {"taum": 10 * ms, "taup": 20 * ms, "taue": 5 * ms, "El": -74 * mV, "gmax": 0.01}
    source = b2.PoissonGroup(n, 15 * b2.Hz)
    group = b2.NeuronGroup(
        max(1, n // 100),
        "dv/dt = (ge * (0*mV - v) + El - v) / taum : volt\ndge/dt = -ge / taue : 1",
        threshold="v > -54*mV",
        reset="v = -60*mV",
        method="euler",
        namespace=names,
    )
    group.v = -60 * mV
    synapses = b2.Synapses(
        source,
        group,
        "w : 1\ndx/dt = -x / taup : 1 (event-driven)\ndy/dt = -y / taup : 1 (event-driven)",
        on_pre="ge += w\nx += 0.01 * gmax\nw = clip(w + y, 0, gmax)",
        on_post="y -= 0.0105 * gmax\nw = clip(w + x, 0, gmax)",
        namespace=names,
    )
    synapses.connect()
    synapses.w = 0.005
    return b2.Network(source, group, synapses, b2.SpikeMonitor(group))


def cobahh(b2: Any, n: int) -> Any:
    """Return Hodgkin-Huxley neurons with conductances, after Brette et al. (2007)."""
    import numpy as np

    equations = """
    dv/dt = (gl*(-60*mV - v) + ge*(0*mV - v) + gi*(-80*mV - v)
             - gna*m**3*h*(v - 50*mV) - gk*n**4*(v + 90*mV)) / C : volt
    dm/dt = 0.32*4/exprel((13 - u)/4)/ms*(1 - m) - 0.28*5/exprel((u - 40)/5)/ms*m : 1
    dn/dt = 0.032*5/exprel((15 - u)/5)/ms*(1 - n) - 0.5*exp((10 - u)/40)/ms*n : 1
    dh/dt = 0.128*exp((17 - u)/18)/ms*(1 - h) - 4/(1 + exp((40 - u)/5))/ms*h : 1
    u = (v + 63*mV)/mV : 1
    dge/dt = -ge/(5*ms) : siemens
    dgi/dt = -gi/(10*ms) : siemens
    """
    names = {"gl": 10 * b2.nS, "gna": 20 * b2.usiemens, "gk": 6 * b2.usiemens, "C": 200 * b2.pF}
    group = b2.NeuronGroup(
        n, equations, threshold="v > -20*mV", refractory=3 * b2.ms, method="exponential_euler", namespace=names
    )
    random = np.random.default_rng(0)
    group.v = (-60 + 5 * random.standard_normal(n)) * b2.mV
    group.ge = random.uniform(0, 60, n) * b2.nS
    parts = [group]
    for first, last, receptor, weight in ((0, 4 * n // 5, "ge", 6), (4 * n // 5, n, "gi", 67)):
        synapses = b2.Synapses(group[first:last], group, on_pre=f"{receptor} += {weight}*nS", namespace={"nS": b2.nS})
        chosen = np.nonzero(random.random((last - first, n)) < 0.02)
        synapses.connect(i=chosen[0], j=chosen[1])
        parts.append(synapses)
    return b2.Network(*parts, b2.SpikeMonitor(group))


if __name__ == "__main__":
    main()
