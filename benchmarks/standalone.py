"""Baseline: Brian2's C++ standalone mode, one program for a whole batch of pictures.

Compiler flags are Brian2's defaults. One SpikeGeneratorGroup contains all input spikes. Weights are normalised inside
the program, by operations of the synapses that run once per picture. A C++ function records the time of each: the
duration of a picture is the interval between two records, without start and end of the program. Compilation is timed
separately. (A picture that evokes too few spikes cannot be presented again: the batch is fixed.)
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from time import perf_counter

import inputs
import numpy as np

TIMES_FILE = "picture_times.txt"
NOTE_TIME = f"""
static inline double note_time(double t) {{
    std::ofstream file("{TIMES_FILE}", std::ios::app);
    file.precision(17);
    file << std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count() << std::endl;
    return t;
}}
"""


def main() -> None:
    """Compile the program and time it."""
    options = inputs.parser(__doc__, presentations=54).parse_args()
    start = perf_counter()
    from brian2 import (
        Network,
        NeuronGroup,
        SpikeGeneratorGroup,
        SpikeMonitor,
        check_units,
        device,
        implementation,
        ms,
        prefs,
        second,
        set_device,
    )
    from plain_network import EXC, STDP, build

    set_device("cpp_standalone", build_on_run=False)
    prefs.devices.cpp_standalone.extra_make_args_unix = [f"-j{os.cpu_count() or 1}"]

    @implementation("cpp", NOTE_TIME, headers=["<chrono>", "<fstream>"])
    @check_units(t=second, result=second)
    def note_time(t):
        raise NotImplementedError("in C++ only")

    rng = np.random.default_rng(options.seed)
    n = -(-(options.presentations + 2) // 7) * 7  # seven times 500 ms is a multiple of 350 ms: both clocks coincide
    protocols = {"stimulus_and_rest": inputs.STIMULUS_BINS + inputs.REST_BINS, "stimulus": inputs.STIMULUS_BINS}
    pixels, pictures = inputs.images(n, options.data)
    every = np.concatenate([pixels] * len(protocols))
    index, time = inputs.batch(every, [bins for bins in protocols.values() for _ in range(n)], rng)
    source = SpikeGeneratorGroup(inputs.N_INPUT, index, time * ms)
    start_w = inputs.start_weights(options.n_exc, rng)
    plain = build(source, options.n_exc, start_w, stdp=STDP, exc=EXC + "weight_sum : 1\n")
    timer = NeuronGroup(1, "noted : second")
    between = {}
    for protocol, bins in protocols.items():
        once = {"dt": bins * inputs.DT_MS * ms, "when": "start"}
        between[protocol] = [
            timer.run_regularly("noted = note_time(t)", order=0, **once),
            plain.exc.run_regularly("weight_sum = 0", order=1, **once),
            plain.plastic.run_regularly("weight_sum_post += w", order=2, **once),
            plain.plastic.run_regularly("w = w*78/weight_sum_post", order=3, **once),
        ]
    monitor = SpikeMonitor(plain.exc)
    network = Network(source, plain.objects, timer, monitor)
    for protocol, bins in protocols.items():
        for name, operations in between.items():
            for operation in operations:
                operation.active = name == protocol
        network.run(n * bins * inputs.DT_MS * ms)

    with tempfile.TemporaryDirectory(prefix="stdpbench-bench-", ignore_cleanup_errors=True) as folder:
        device.build(directory=folder, compile=True, run=False)
        compiled = perf_counter()
        device.run(folder)
        ran = perf_counter()
        noted = np.loadtxt(Path(folder) / TIMES_FILE).reshape(len(protocols), n)
        spike_times = np.asarray(monitor.t / ms)
        weight_sum = float(np.sum(plain.plastic.w)) / options.n_exc
    n_with_rest = int(np.searchsorted(np.sort(spike_times), n * protocols["stimulus_and_rest"] * inputs.DT_MS))
    figures = {
        "baseline": "standalone",
        "n_exc": options.n_exc,
        "pictures": pictures,
        "set_up_s": round(compiled - start, 2),
        "start_and_end_of_program_s": round(ran - compiled - float(noted[-1, -1] - noted[0, 0]), 2),
    }
    for row, protocol in enumerate(protocols):
        figures[f"{protocol}_ms"] = inputs.median(list(1e3 * np.diff(noted[row])[1:]))
    figures["exc_spikes_per_image"] = n_with_rest / n
    figures["exc_spikes_per_image_without_rest"] = (len(spike_times) - n_with_rest) / n
    figures["input_spikes_per_image"] = len(index) / (2 * n)
    figures["weight_sum_at_end"] = round(weight_sum, 3)  # 78, except for changes by the last picture
    inputs.report(figures, options.json)


if __name__ == "__main__":
    main()
