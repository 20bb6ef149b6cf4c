"""Baseline: typical plain Brian2 code, with one `run` for the stimulus and one for the rest of every picture.

Cython, input from a PoissonGroup whose rates are set for each picture, weights normalised before each.
"""

from __future__ import annotations

from time import perf_counter

import inputs
import numpy as np


def main() -> None:
    """Time the network with and without the rest."""
    arguments = inputs.parser(__doc__, presentations=10)
    arguments.add_argument("--target", choices=("cython", "numpy"), default="cython", help="Brian2's code generation")
    options = arguments.parse_args()
    start = perf_counter()
    from brian2 import Hz, Network, PoissonGroup, SpikeMonitor, ms, prefs, seed
    from plain_network import build, normalise

    prefs.codegen.target = options.target
    seed(options.seed)
    pixels, pictures = inputs.images(options.presentations + 1, options.data)
    source = PoissonGroup(inputs.N_INPUT, rates=np.zeros(inputs.N_INPUT) * Hz)
    plain = build(source, options.n_exc, inputs.start_weights(options.n_exc, np.random.default_rng(options.seed)))
    exc_spikes, input_spikes = SpikeMonitor(plain.exc, record=False), SpikeMonitor(source, record=False)
    network = Network(source, plain.objects, exc_spikes, input_spikes)

    stimulus_ms, rest_ms, counts, n_input = [], [], [], []
    for image in pixels:
        begin, exc_before, input_before = perf_counter(), exc_spikes.num_spikes, input_spikes.num_spikes
        normalise(plain.plastic, options.n_exc)
        source.rates = image.reshape(-1) / 8 * 2 * Hz
        network.run(inputs.STIMULUS_MS * ms)
        shown = perf_counter()
        counts.append(int(exc_spikes.num_spikes - exc_before))
        n_input.append(int(input_spikes.num_spikes - input_before))
        source.rates = 0 * Hz
        network.run(inputs.REST_MS * ms)
        stimulus_ms.append(1e3 * (shown - begin))
        rest_ms.append(1e3 * (perf_counter() - shown))
    whole = [a + b for a, b in zip(stimulus_ms, rest_ms, strict=True)]
    set_up = perf_counter() - start - sum(whole[1:]) / 1e3
    inputs.report(
        {
            "baseline": "plain_runtime",
            "n_exc": options.n_exc,
            "pictures": pictures,
            "set_up_s": round(set_up, 2),
            # the first picture includes code generation
            "stimulus_ms": inputs.median(stimulus_ms[1:]),
            "stimulus_and_rest_ms": inputs.median(whole[1:]),
            "exc_spikes_per_image": float(np.mean(counts[1:])),
            "input_spikes_per_image": float(np.mean(n_input[1:])),
        },
        options.json,
    )


if __name__ == "__main__":
    main()
