"""What a second thread would bring to training: the hand-written float32 kernel with its exc neurons split in two.

Each thread has half of the exc neurons, and their columns of the weights; the threads wait for each other once per
step (kernel_split.cpp). Results are those of one thread, to the bit, which is checked. One and two threads show the
same pictures in turn; a ratio is that of the times on the clock of the same pictures. It needs two idle processors.

    python benchmarks/two_threads.py --data DATA

The kernel is an upper bound for what the engine could gain, which computes the same in loops that Brian2 generates.
"""

from __future__ import annotations

import ctypes
from time import perf_counter
from typing import Any

import inputs
import kernel_float32
import numpy as np
from numpy.typing import NDArray

SOURCE = kernel_float32.SOURCE.with_name("kernel_split.cpp")
SHOWN = {400: 24, 1600: 8, 6400: 3}
"""Number of neurons: pictures in a turn."""
Spikes = tuple[NDArray[np.int32], NDArray[np.int32]]


def main() -> None:
    """Time one and two threads for each size and kind of inhibition."""
    options = inputs.parser(__doc__, presentations=0)
    options.add_argument("--rounds", type=int, default=20)
    chosen = options.parse_args()
    library, _ = kernel_float32.compiled(SOURCE)
    library.split_new.restype = ctypes.c_void_p
    figures: dict[str, Any] = {"kernel_sha256": kernel_float32.SHA256, "rounds": chosen.rounds}
    for n_exc, shown in SHOWN.items():
        rng = np.random.default_rng(chosen.seed)
        pixels, figures["pictures"] = inputs.images(chosen.rounds * shown, chosen.data)
        stimuli = [inputs.spikes(image, rng) for image in pixels]
        for inhibition in ("layer", "direct"):
            w = inputs.start_weights(n_exc, np.random.default_rng(chosen.seed)).astype(np.float32)
            figures[f"{n_exc} {inhibition}"] = compare(library, w, inhibition == "layer", stimuli, shown)
    inputs.report(figures, chosen.json)


def compare(
    library: ctypes.CDLL, w: NDArray[np.float32], layer: bool, stimuli: list[Spikes], shown: int
) -> dict[str, float]:
    """Return the ms of a presentation with one thread, and quartiles of the ratio of two threads to one."""
    pointer = w.ctypes.data_as(ctypes.c_void_p)
    networks = [ctypes.c_void_p(library.kernel_new(*w.shape, int(layer), pointer)) for _ in range(2)]
    splits = [ctypes.c_void_p(library.split_new(network, n + 1)) for n, network in enumerate(networks)]
    times: list[list[float]] = [[], []]
    for begin in range(0, len(stimuli), shown):
        for n in (0, 1) if begin // shown % 2 else (1, 0):
            start = perf_counter()
            for spikes in stimuli[begin : begin + shown]:
                present(library, splits[n], spikes)
            times[n].append(1e3 * (perf_counter() - start) / shown)
    learned = [np.empty_like(w) for _ in networks]
    for network, weights in zip(networks, learned, strict=True):
        library.kernel_weights(network, weights.ctypes.data_as(ctypes.c_void_p))
    for split in splits:
        library.split_close(split)
    if not np.array_equal(learned[0], learned[1]) or np.array_equal(learned[0], w):
        raise AssertionError("one and two threads learned other weights, or none")
    one, two = (np.array(each[1:]) for each in times)
    low, middle, high = np.quantile(two / one, (0.25, 0.5, 0.75))
    return {
        "one_ms": round(float(np.median(one)), 3),
        "two_ms": round(float(np.median(two)), 3),
        "ratio": round(float(middle), 3),
        "from": round(float(low), 3),
        "to": round(float(high), 3),
        "of_shortest": round(float(two.min() / one.min()), 3),
    }


def present(library: ctypes.CDLL, split: ctypes.c_void_p, spikes: Spikes) -> None:
    """Show one picture and its rest."""
    index, bins = spikes
    library.split_present(
        split,
        index.ctypes.data_as(ctypes.c_void_p),
        bins.ctypes.data_as(ctypes.c_void_p),
        len(index),
        inputs.STIMULUS_BINS + inputs.REST_BINS,
        ctypes.c_float(inputs.WEIGHT_SUM),
    )


if __name__ == "__main__":
    main()
