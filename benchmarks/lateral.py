"""Cost of plastic lateral inhibition compared with fixed inhibition: CPU time of simulation, in one process.

The learning rate is 0, so that both networks get exactly the same spikes; the amount of computation does not depend on
the learning rate.
"""

from __future__ import annotations

from time import thread_time
from typing import Any

import inputs
import numpy as np


def main() -> None:
    """Open each network with fixed and with plastic inhibition, and time their presentations alternately."""
    options = inputs.parser(__doc__, presentations=50)
    options.add_argument("--warm-up", type=int, default=10, help="untimed presentations before the timed ones")
    chosen = options.parse_args()
    from stdpbench.data.datasets import Images
    from stdpbench.engine.network import normalise, start_weights
    from stdpbench.engine.simulators import open_simulator, projection_memory
    from stdpbench.experiment import Experiment, encode

    kinds = {"fixed": {"kind": "fixed"}, "homeostatic": {"kind": "homeostatic", "eta": 0.0}}
    shown = chosen.warm_up + chosen.presentations
    images = Images(inputs.images(min(shown, 2000), chosen.data)[0], None)
    opened: dict[tuple[str, str], Any] = {}
    for inhibition in ("layer", "direct", "direct-undelayed"):
        network = {"n_exc": chosen.n_exc, "inhibition": inhibition}
        for kind, lateral in kinds.items():
            sections = {"network": network, "schedule": {"between": "carry"}, "lateral": lateral}
            experiment = Experiment.from_mapping({"seed": chosen.seed, **sections})
            opened[inhibition, kind] = open_simulator(experiment, inputs.N_INPUT, "compiled")[0]
            opened[inhibition, kind].w[...] = start_weights(experiment, images)
    times: dict[tuple[str, str], list[float]] = {key: [] for key in opened}
    for presentation in range(shown):
        experiment = opened["layer", "fixed"].experiment
        spikes = encode(experiment, images, "train", presentation, 0, presentation % len(images))
        for key, simulator in opened.items():
            normalise(simulator.w, inputs.WEIGHT_SUM)
            begin = thread_time()
            simulator.present(spikes, experiment.stimulus_bins, plastic=True)
            times[key].append(1e3 * (thread_time() - begin))
    figures: dict[str, Any] = {}
    for (inhibition, kind), timed in times.items():
        ratio = np.median(np.divide(timed, times[inhibition, "fixed"])[chosen.warm_up :])
        found = {"median_ms": inputs.median(timed[chosen.warm_up :])["median"], "ratio": round(float(ratio), 3)}
        figures[f"{inhibition} {kind}"] = found
    memory = projection_memory(opened["layer", "homeostatic"].layout.projections["compete"])
    figures["lateral weights"] = {"MiB": round(memory / 2**20, 1)}
    inputs.report(figures, chosen.json)


if __name__ == "__main__":
    main()
