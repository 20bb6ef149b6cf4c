"""Cost of the discrete neuron compared with the conductance-based one: CPU time of simulation, in one process.

Both networks see the same input spikes and have the same start weights. Their thresholds begin near those of trained
networks of 400 neurons, so that they fire about as often; spikes per presentation are printed beside the times.
"""

from __future__ import annotations

from time import thread_time
from typing import Any

import inputs
import numpy as np

KINDS = {
    "adaptive-lif": ({"kind": "lif"}, 0.036),
    "adaptive-lif-discrete": ({"kind": "lif-discrete", "reset_mechanism": "zero"}, 75.0),
}
"""Kind of the exc neurons, the inh neurons, and theta at the start, in SI units."""


def main() -> None:
    """Open each network with both neurons, and time their presentations alternately."""
    options = inputs.parser(__doc__, presentations=100)
    options.add_argument("--warm-up", type=int, default=20, help="untimed presentations before the timed ones")
    chosen = options.parse_args()
    from stdpbench.data.datasets import Images
    from stdpbench.engine.network import normalise, start_weights
    from stdpbench.engine.simulators import open_simulator
    from stdpbench.experiment import Experiment, encode

    shown = chosen.warm_up + chosen.presentations
    images = Images(inputs.images(min(shown, 2000), chosen.data)[0], None)
    opened: dict[tuple[str, str], Any] = {}
    for inhibition in ("layer", "direct", "direct-undelayed"):
        network = {"n_exc": chosen.n_exc, "inhibition": inhibition, "start": "samples"}
        for exc, (inh, theta) in KINDS.items():
            sections = {"network": network, "schedule": {"between": "carry"}, "exc": {"kind": exc}}
            experiment = Experiment.from_mapping({"seed": chosen.seed, "inh": inh, **sections})
            simulator = opened[inhibition, exc] = open_simulator(experiment, inputs.N_INPUT, "compiled")[0]
            simulator.w[...] = start_weights(experiment, images)
            simulator.theta[...] = theta
    times: dict[tuple[str, str], list[float]] = {key: [] for key in opened}
    spikes: dict[tuple[str, str], list[int]] = {key: [] for key in opened}
    for presentation in range(shown):
        experiment = opened["layer", "adaptive-lif"].experiment
        stimulus = encode(experiment, images, "train", presentation, 0, presentation % len(images))
        for key, simulator in opened.items():
            normalise(simulator.w, inputs.WEIGHT_SUM)
            begin = thread_time()
            response = simulator.present(stimulus, experiment.stimulus_bins, plastic=True)
            times[key].append(1e3 * (thread_time() - begin))
            spikes[key].append(int(response.counts("exc").sum()))
    figures: dict[str, Any] = {}
    for (inhibition, exc), timed in times.items():
        ratio = np.median(np.divide(timed, times[inhibition, "adaptive-lif"])[chosen.warm_up :])
        figures[f"{inhibition} {exc}"] = {
            "median_ms": inputs.median(timed[chosen.warm_up :])["median"],
            "ratio": round(float(ratio), 3),
            "spikes": round(float(np.mean(spikes[inhibition, exc][chosen.warm_up :])), 1),
        }
    inputs.report(figures, chosen.json)


if __name__ == "__main__":
    main()
