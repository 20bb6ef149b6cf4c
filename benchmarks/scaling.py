"""Growth of the time of a training presentation with the number of neurons.

One process opens networks of all sizes and presents pictures to one after the other, round by round, so that other
load of the machine affects all sizes equally; a ratio is the median over rounds.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from time import perf_counter
from typing import Any

import inputs
import numpy as np

SHOWN = {400: 24, 1600: 8, 6400: 4}
"""Number of neurons: timed presentations per round."""


def main() -> None:
    """Open the networks and time them round by round."""
    options = arguments()
    from stdpbench.data.datasets import Images
    from stdpbench.engine.network.initial import start_weights
    from stdpbench.engine.simulators import open_simulator
    from stdpbench.experiment import Experiment

    pixels, pictures = inputs.images(1000, options.data)
    images = Images(pixels, None)
    networks = []
    for n_exc in SHOWN:
        mapping = {"seed": options.seed, "network": {"n_exc": n_exc}, "schedule": {"between": "rest"}}
        experiment = Experiment.from_mapping(mapping)
        simulator, _ = open_simulator(experiment, inputs.N_INPUT)
        simulator.w[...] = start_weights(experiment, images)
        networks.append((experiment, simulator))
    figures: dict[str, Any] = {"pictures": pictures, "rounds": options.rounds}
    for protocol, between in (("stimulus", "carry"), ("stimulus_and_rest", "rest")):
        times = np.array([turn(networks, between, number, images) for number in range(options.rounds)])
        ratios = times / times[:, :1]
        figures[protocol] = {
            str(n_exc): {"ms": inputs.median(times[:, at].tolist()), "ratio": inputs.median(ratios[:, at].tolist())}
            for at, n_exc in enumerate(SHOWN)
        }
    inputs.report(figures, options.json)


def arguments() -> argparse.Namespace:
    """Read the command line."""
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--rounds", type=int, default=20, help="rounds of all networks")
    options.add_argument("--seed", type=int, default=0, help="seed of start weights and input spikes")
    options.add_argument("--data", type=Path, help="folder with MNIST; otherwise synthetic pictures are shown")
    options.add_argument("--json", action="store_true", help="print one line of JSON only")
    return options.parse_args()


def turn(networks: list[tuple[Any, Any]], between: str, number: int, images: Any) -> list[float]:
    """Return the ms per presentation of each network in one round, simulation only."""
    from stdpbench.experiment import encode
    from stdpbench.runs.process.homeostasis import theta_decay

    found = []
    for (made, simulator), n_shown in zip(networks, SHOWN.values(), strict=True):
        experiment = made.override({"schedule.between": between})
        simulator.set_parameters(experiment)
        decay, times = theta_decay(experiment), []
        for shown in range(n_shown + 1):  # the first brings the network back into the caches and is not timed
            presentation = number * (n_shown + 1) + shown
            spikes = encode(experiment, images, "train", presentation, 0, presentation % len(images))
            simulator.normalise(simulator.graph.shown)
            begin = perf_counter()
            simulator.present(spikes, experiment.stimulus_bins, plastic=True, n_rest=experiment.rest_bins)
            simulator.theta[...] *= decay
            times.append(1e3 * (perf_counter() - begin))
        found.append(float(np.mean(times[1:])))
    return found


if __name__ == "__main__":
    main()
