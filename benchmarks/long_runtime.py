"""Baseline: plain Brian2 in runtime mode, one long run over many pictures, so that the run is set up only once.

Cython, all input spikes in one SpikeGeneratorGroup, weights normalised by a network operation before each picture.
The operation also records the time: the duration of a picture is the interval between two records, which excludes the
start of the run.
"""

from __future__ import annotations

from time import perf_counter
from typing import Any

import inputs
import numpy as np
from numpy.typing import NDArray


def main() -> None:
    """Time the network with and without the rest."""
    arguments = inputs.parser(__doc__, presentations=12)
    arguments.add_argument("--target", choices=("cython", "numpy"), default="cython", help="Brian2's code generation")
    options = arguments.parse_args()
    pixels, pictures = inputs.images(options.presentations + 2, options.data)  # the first and the last are not timed
    with_rest = run(pixels, inputs.STIMULUS_BINS + inputs.REST_BINS, options.n_exc, options.seed, options.target)
    without = run(pixels, inputs.STIMULUS_BINS, options.n_exc, options.seed, options.target)
    inputs.report(
        {
            "baseline": "long_runtime",
            "n_exc": options.n_exc,
            "pictures": pictures,
            "set_up_s": with_rest["set_up_s"],
            "start_of_run_ms": with_rest["start_of_run_ms"],
            "stimulus_ms": without["picture_ms"],
            "stimulus_and_rest_ms": with_rest["picture_ms"],
            "exc_spikes_per_image": with_rest["exc_spikes_per_image"],
            "input_spikes_per_image": with_rest["input_spikes_per_image"],
        },
        options.json,
    )


def run(pixels: NDArray[np.uint8], period_bins: int, n_exc: int, seed: int, target: str) -> dict[str, Any]:
    """Build the network and present all pictures in one run."""
    start = perf_counter()
    from brian2 import Clock, Network, NetworkOperation, SpikeGeneratorGroup, SpikeMonitor, ms, prefs
    from plain_network import build, normalise

    prefs.codegen.target = target
    rng = np.random.default_rng(seed)
    period = period_bins * inputs.DT_MS * ms
    index, time = inputs.batch(pixels, [period_bins] * len(pixels), rng)
    source = SpikeGeneratorGroup(inputs.N_INPUT, index, time * ms)
    plain = build(source, n_exc, inputs.start_weights(n_exc, rng))
    monitor = SpikeMonitor(plain.exc, record=False)
    noted: list[float] = []
    counts: list[int] = []

    def between() -> None:
        noted.append(perf_counter())
        counts.append(int(monitor.num_spikes))
        normalise(plain.plastic, n_exc)

    network = Network(source, plain.objects, NetworkOperation(between, clock=Clock(period), when="start"), monitor)
    network.run(0 * ms)  # generates and compiles the code
    begin = perf_counter()
    network.run(len(pixels) * period)
    return {
        "set_up_s": round(begin - start, 2),
        "start_of_run_ms": round(1e3 * (noted[0] - begin), 1),
        "picture_ms": inputs.median(list(1e3 * np.diff(noted)[1:])),
        "exc_spikes_per_image": round(float(np.diff(counts).mean()), 1),
        "input_spikes_per_image": round(len(index) / len(pixels)),
    }


if __name__ == "__main__":
    main()
