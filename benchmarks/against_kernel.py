"""Training presentations of the compiled simulator beside the hand-written float32 kernel, as multiples of its time.

One process opens the networks of both precisions and of the kernel, gives them the same start weights and spikes, and
presents the same pictures to one after the other, round by round, so that other load of the machine affects all
equally. A ratio is that of two processor times within a round; printed are its quartiles over rounds. With --delays,
networks in which each synapse has a delay of its own are shown the same pictures, beside those without delays.
"""

from __future__ import annotations

import argparse
import ctypes
from collections.abc import Callable
from pathlib import Path
from time import thread_time
from typing import Any

import inputs
import kernel_float32
import numpy as np
from numpy.typing import NDArray

SHOWN = {100: 40, 400: 24, 1600: 8, 6400: 4}
"""Number of neurons: timed presentations per round."""
DELAYED = " delayed"
"""End of the names of networks with delays."""
Spikes = tuple[NDArray[np.int32], NDArray[np.int32]]
Turn = Callable[[Spikes], tuple[float, float]]
"""Shows a picture; returns the ms of normalisation and of the presentation."""


def main() -> None:
    """Time the networks of each size and kind of inhibition."""
    options = arguments()
    figures: dict[str, Any] = {"kernel_sha256": kernel_float32.SHA256, "rounds": options.rounds}
    library, _ = kernel_float32.compiled()
    for n_exc in options.n_exc:
        pixels, figures["pictures"] = inputs.images(options.rounds * (SHOWN[n_exc] + 1), options.data)
        rng = np.random.default_rng(options.seed)
        stimuli = [inputs.spikes(image, rng) for image in pixels]
        w = inputs.start_weights(n_exc, rng)
        for inhibition in options.inhibition:
            turns = {
                "kernel": _kernel(library, w, inhibition, options.rest),
                **{name: _compiled(w, inhibition, name, options.rest) for name in options.precision},
            }
            if options.delays:
                turns |= {
                    f"{name}{DELAYED}": _compiled(w, inhibition, name, options.rest, delays="uniform")
                    for name in options.precision
                }
            figures[f"{n_exc} {inhibition}"] = compare(turns, stimuli, SHOWN[n_exc])
    inputs.report(figures, options.json)


def arguments() -> argparse.Namespace:
    """Read the command line."""
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--n-exc", type=int, nargs="+", choices=tuple(SHOWN), default=[400, 1600])
    options.add_argument("--inhibition", nargs="+", choices=("layer", "direct"), default=["layer", "direct"])
    options.add_argument("--precision", nargs="+", choices=("float32", "float64"), default=["float32", "float64"])
    options.add_argument("--rest", action="store_true", help="simulate 150 ms of rest after each picture")
    options.add_argument("--delays", action="store_true", help="show networks with delays of each synapse, too")
    options.add_argument("--rounds", type=int, default=20, help="rounds of all networks")
    options.add_argument("--seed", type=int, default=0, help="seed of start weights and input spikes")
    options.add_argument("--data", type=Path, help="folder with MNIST; otherwise synthetic pictures are shown")
    options.add_argument("--json", action="store_true", help="print one line of JSON only")
    return options.parse_args()


def compare(turns: dict[str, Turn], stimuli: list[Spikes], n_shown: int) -> dict[str, Any]:
    """Show the same pictures to all networks, in turns; return times in ms and ratios to the kernel's."""
    times: dict[str, list[NDArray[np.float64]]] = {name: [] for name in turns}
    for start in range(0, len(stimuli), n_shown + 1):
        for name, turn in turns.items():
            # the first brings the network back into the caches and is not timed
            taken = [turn(spikes) for spikes in stimuli[start : start + n_shown + 1]][1:]
            times[name].append(np.mean(taken, axis=0))
    kernel = np.array(times["kernel"])
    found: dict[str, Any] = {"kernel_ms": _quartiles(kernel[:, 1]), "kernel_normalise_ms": _quartiles(kernel[:, 0])}
    for name, each in times.items():
        if name != "kernel":
            mine = np.array(each)
            found[name] = _quartiles(mine[:, 1] / kernel[:, 1])
            found[f"{name} with normalisation"] = _quartiles(mine.sum(axis=1) / kernel.sum(axis=1))
            found[f"{name}_ms"] = _quartiles(mine[:, 1])
            if name.endswith(DELAYED):
                without = np.array(times[name.removesuffix(DELAYED)])
                found[f"{name} / not"] = _quartiles(mine[:, 1] / without[:, 1])
    return found


def _quartiles(values: NDArray[np.float64]) -> list[float]:
    return [round(float(value), 3) for value in np.quantile(values, (0.25, 0.5, 0.75))]


def _kernel(library: ctypes.CDLL, w: NDArray[np.float64], inhibition: str, rest: bool) -> Turn:
    w = w.astype(np.float32)
    handle = ctypes.c_void_p(
        library.kernel_new(*w.shape, int(inhibition == "layer"), w.ctypes.data_as(ctypes.c_void_p))
    )
    n_bins = inputs.STIMULUS_BINS + (inputs.REST_BINS if rest else 0)

    def turn(spikes: Spikes) -> tuple[float, float]:
        index, bins = (each.ctypes.data_as(ctypes.c_void_p) for each in spikes)
        begin = thread_time()
        library.kernel_normalise(handle, ctypes.c_float(inputs.WEIGHT_SUM))
        normalised = thread_time()
        library.kernel_present(handle, index, bins, len(spikes[0]), inputs.STIMULUS_BINS, n_bins)
        return 1e3 * (normalised - begin), 1e3 * (thread_time() - normalised)

    return turn


def _compiled(w: NDArray[np.float64], inhibition: str, precision: str, rest: bool, *, delays: str = "none") -> Turn:
    from stdpbench.engine.simulators import open_simulator
    from stdpbench.experiment import Experiment
    from stdpbench.kinds.encoding import Spikes as Encoded
    from stdpbench.runs.process.homeostasis import theta_decay

    between = "rest" if rest else "carry"
    mapping = {
        "network": {"n_exc": w.shape[1], "inhibition": inhibition, "delays": delays},
        "schedule": {"between": between},
        "simulator": {"precision": precision},
    }
    experiment = Experiment.from_mapping(mapping)
    simulator, _ = open_simulator(experiment, inputs.N_INPUT, "compiled")
    simulator.w[...] = w
    decay = theta_decay(experiment)
    end = experiment.stimulus_bins + experiment.rest_bins - simulator.layout.max_delay_bins

    def turn(spikes: Spikes) -> tuple[float, float]:
        index, bins = spikes
        if end < experiment.stimulus_bins:  # none may be on its way at the end
            index, bins = index[bins < end], bins[bins < end]
        begin = thread_time()
        simulator.normalise(simulator.graph.shown)
        normalised = thread_time()
        simulator.present(Encoded(index, bins), experiment.stimulus_bins, plastic=True, n_rest=experiment.rest_bins)
        simulator.theta[...] *= decay
        return 1e3 * (normalised - begin), 1e3 * (thread_time() - normalised)

    return turn


if __name__ == "__main__":
    main()
