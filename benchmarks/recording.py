"""Cost of recording a neuron, as the app's neuron inspector requests it: CPU time, in one process.

One network gets the same spikes twice, once with recording; the order alternates from presentation to presentation.
(Two identical networks may differ by more, because of the memory layout of their arrays.)
"""

from __future__ import annotations

from time import thread_time
from typing import Any

import inputs
import numpy as np

_RECORDED = {"exc": [37]}


def main() -> None:
    """Time presentations with and without recording, alternately."""
    options = inputs.parser(__doc__, presentations=1000)
    options.add_argument("--warm-up", type=int, default=20, help="untimed presentations before the timed ones")
    chosen = options.parse_args()
    from stdpbench.data.datasets import Images
    from stdpbench.engine.network import normalise, start_weights
    from stdpbench.engine.simulators import open_simulator
    from stdpbench.experiment import Experiment, encode

    shown = chosen.warm_up + chosen.presentations
    images = Images(inputs.images(min(shown, 2000), chosen.data)[0], None)
    sections = {"network": {"n_exc": chosen.n_exc, "inhibition": "direct-undelayed"}, "schedule": {"between": "carry"}}
    experiment = Experiment.from_mapping({"seed": chosen.seed, **sections})
    simulator = open_simulator(experiment, inputs.N_INPUT, "compiled")[0]
    simulator.w[...] = start_weights(experiment, images)
    times: dict[bool, list[float]] = {False: [], True: []}
    for presentation in range(shown):
        spikes = encode(experiment, images, "train", presentation, 0, presentation % len(images))
        for record in (None, _RECORDED) if presentation % 2 else (_RECORDED, None):
            normalise(simulator.w, inputs.WEIGHT_SUM)
            begin = thread_time()
            simulator.present(spikes, experiment.stimulus_bins, plastic=True, record=record)
            times[record is not None].append(1e3 * (thread_time() - begin))
    timed = {recorded: np.array(some[chosen.warm_up :]) for recorded, some in times.items()}
    ratios = timed[True] / timed[False]
    figures: dict[str, Any] = {
        "not recorded, ms": inputs.median(timed[False].tolist())["median"],
        "recorded, ms": inputs.median(timed[True].tolist())["median"],
        "median of ratios": round(float(np.median(ratios)), 4),
        "ratio of sums": round(float(timed[True].sum() / timed[False].sum()), 4),
    }
    inputs.report(figures, chosen.json)


if __name__ == "__main__":
    main()
