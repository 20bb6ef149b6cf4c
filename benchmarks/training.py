"""Cost of stdpbench's own training: one network, one simulator, one process.

Encoding, normalisation and simulation are timed separately, one after the other. Then the training loop runs as in an
experiment: a thread encodes ahead, and pictures that evoke too few spikes are presented again.
"""

from __future__ import annotations

import argparse
import sys
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any

import inputs
import numpy as np


def main() -> None:
    """Build the network and run the requested benchmark."""
    options = arguments()
    begin = perf_counter()
    from stdpbench.data.datasets import Images
    from stdpbench.engine.network.initial import start_weights
    from stdpbench.engine.simulators import open_simulator
    from stdpbench.experiment import Experiment

    imported = perf_counter()
    network = {"n_exc": options.n_exc, "inhibition": options.inhibition, "delays": options.delays}
    mapping = {"seed": options.seed, "network": network, "schedule": {"between": "rest"}}
    experiment = Experiment.from_mapping({**mapping, "simulator": {"precision": options.precision}})
    opened_from = perf_counter()
    simulator, _ = open_simulator(experiment, inputs.N_INPUT, options.simulator)
    opened = perf_counter()
    figures: dict[str, Any] = {
        "simulator": simulator.name,
        "n_exc": options.n_exc,
        "inhibition": options.inhibition,
        "delays": options.delays,
        "import_s": round(imported - begin, 3),
        "open_s": round(opened - opened_from, 3),
        # a compiled network that comes from the cache is opened without brian2
        "compiled_anew": simulator.name == "compiled" and "brian2" in sys.modules,
    }
    if not options.open_only:
        wanted = max(options.warm_up + options.presentations, options.memory)
        pixels, figures["pictures"] = inputs.images(min(wanted, 2000), options.data)
        images = Images(pixels, None)
        simulator.w[...] = start_weights(experiment, images)
        if options.memory:
            figures |= memory(simulator, experiment, images, options.memory)
        else:
            figures |= speed(simulator, experiment, images, options)
    inputs.report(figures, options.json)


def arguments() -> argparse.Namespace:
    """Read the command line."""
    options = inputs.parser(__doc__, presentations=100)
    options.add_argument("--simulator", choices=("compiled", "runtime"), default="compiled")
    options.add_argument("--inhibition", choices=("layer", "direct", "direct-undelayed"), default="layer")
    options.add_argument("--delays", choices=("none", "homogeneous", "uniform"), default="none")
    options.add_argument("--precision", choices=("float64", "float32"), default="float64")
    options.add_argument("--warm-up", type=int, default=10, help="untimed presentations before the timed ones")
    options.add_argument("--open-only", action="store_true", help="only open the network, compiling it where needed")
    options.add_argument("--memory", type=int, default=0, metavar="N", help="resident size over N presentations")
    return options.parse_args()


def speed(simulator: Any, experiment: Any, images: Any, options: argparse.Namespace) -> dict[str, Any]:
    """Time the parts of a presentation in ms, without and with a simulated rest; and the training loop."""
    from stdpbench.experiment import encode
    from stdpbench.runs.process.homeostasis import theta_decay
    from stdpbench.runs.process.training import train

    figures: dict[str, Any] = {}
    start = simulator.state()
    for protocol, between in (("stimulus", "carry"), ("stimulus_and_rest", "rest")):
        shown = _scheduled(experiment, between, options.presentations, len(images))
        simulator.set_state(start)
        simulator.set_parameters(shown)
        times: dict[str, list[float]] = {"encode": [], "normalise": [], "simulate": [], "whole": []}
        counts, n_input, decay = [], [], theta_decay(shown)
        for presentation in range(options.warm_up + options.presentations):
            begin = perf_counter()
            spikes = encode(shown, images, "train", presentation, 0, presentation % len(images))
            encoded = perf_counter()
            simulator.normalise(simulator.graph.shown)
            normalised = perf_counter()
            response = simulator.present(spikes, shown.stimulus_bins, plastic=True, n_rest=shown.rest_bins)
            simulator.theta[...] *= decay
            end = perf_counter()
            steps = (encoded - begin, normalised - encoded, end - normalised, end - begin)
            for name, seconds in zip(times, steps, strict=True):
                times[name].append(1e3 * seconds)
            counts.append(int(response.counts("exc").sum()))
            n_input.append(len(spikes))
        figures[protocol] = {f"{name}_ms": inputs.median(values[options.warm_up :]) for name, values in times.items()}
        figures[protocol]["exc_spikes_per_image"] = round(float(np.mean(counts[options.warm_up :])), 1)
        figures[protocol]["input_spikes_per_image"] = round(float(np.mean(n_input[options.warm_up :])))
        attempts, begin = 0, perf_counter()
        for presented in islice(train(simulator, shown, images), options.presentations):
            attempts += presented.attempts
        figures[protocol]["training_presentations_per_s"] = round(attempts / (perf_counter() - begin), 1)
    return figures


def memory(simulator: Any, experiment: Any, images: Any, presentations: int) -> dict[str, Any]:
    """Measure the resident size after set-up and during training."""
    from stdpbench.runs.process.training import train

    shown = _scheduled(experiment, "carry", presentations, len(images))
    simulator.set_parameters(shown)
    sizes: dict[str, float | None] = {"0": resident_mb()}
    marks = {100, 1000, 5000, 10_000, presentations}
    for done, _ in enumerate(islice(train(simulator, shown, images), presentations), 1):
        if done in marks:
            sizes[str(done)] = resident_mb()
    return {"resident_mb_after": sizes}


def _scheduled(experiment: Any, between: str, presentations: int, n_images: int) -> Any:
    return experiment.override({"schedule.between": between, "schedule.passes": -(-presentations // n_images)})


def resident_mb() -> float | None:
    """Resident size of this process; None if the system does not report it."""
    try:
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return round(int(line.split()[1]) / 1024, 1)
    except OSError:
        pass
    return None


if __name__ == "__main__":
    main()
