"""Cost of each plasticity rule: all in one process, one after the other on the same spikes, simulation only.

Measures the CPU time of the simulating thread, which other load of the machine affects less.
"""

from __future__ import annotations

from time import thread_time
from typing import Any

import inputs
import numpy as np


def main() -> None:
    """Open a network per rule and time presentations round by round, under the same load of the machine."""
    options = inputs.parser(__doc__, presentations=50)
    options.add_argument("--inhibition", choices=("layer", "direct", "direct-undelayed"), default="layer")
    options.add_argument("--kinds", nargs="*", help="rules to compare (default: all)")
    options.add_argument("--warm-up", type=int, default=10, help="untimed presentations before the timed ones")
    chosen = options.parse_args()
    from stdpbench.data.datasets import Images
    from stdpbench.engine.network import normalise, start_weights
    from stdpbench.engine.simulators import open_simulator
    from stdpbench.experiment import Experiment, encode
    from stdpbench.kinds.plasticity import rules

    base, shown = "diehl-cook-triplet", chosen.warm_up + chosen.presentations
    possible = [kind for kind in rules.kinds() if rules.get(kind).runs_in_digit_network]
    kinds = [base, *(kind for kind in chosen.kinds or possible if kind != base)]
    images = Images(inputs.images(min(shown, 2000), chosen.data)[0], None)
    opened: dict[str, Any] = {}
    for kind in kinds:
        network = {"n_exc": chosen.n_exc, "inhibition": chosen.inhibition}
        sections = {"network": network, "schedule": {"between": "carry"}, "plasticity": {"kind": kind}}
        experiment = Experiment.from_mapping({"seed": chosen.seed, **sections})
        opened[kind] = open_simulator(experiment, inputs.N_INPUT, "compiled")[0]
        opened[kind].w[...] = start_weights(experiment, images)
    times: dict[str, list[float]] = {kind: [] for kind in kinds}
    for presentation in range(shown):
        experiment = opened[base].experiment
        spikes = encode(experiment, images, "train", presentation, 0, presentation % len(images))
        for kind, simulator in opened.items():
            normalise(simulator.w, inputs.WEIGHT_SUM)
            begin = thread_time()
            simulator.present(spikes, experiment.stimulus_bins, plastic=True)
            times[kind].append(1e3 * (thread_time() - begin))
    figures: dict[str, Any] = {}
    for kind in kinds:
        timed = times[kind][chosen.warm_up :]
        ratio = np.median(np.divide(timed, times[base][chosen.warm_up :]))
        figures[kind] = {"median_ms": inputs.median(timed)["median"], "ratio": round(float(ratio), 2)}
    inputs.report(figures, chosen.json)


if __name__ == "__main__":
    main()
