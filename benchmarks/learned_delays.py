"""Delays that learn: CPU time of a training presentation beside fixed delays, at 400 neurons.

784 inputs, all of which reach 400 neurons with delays of their own up to 10 ms; direct inhibition. Input is Poisson,
about as dense as that of an MNIST picture: 350 ms of stimulus, 10 ms of them without input. The networks are shown the
same spikes in turn, in one process, so that whatever else the machine does affects them alike.
"""

from __future__ import annotations

import argparse
from time import process_time
from typing import Any

import numpy as np

N_INPUT, DT, LONGEST, STIMULUS = 784, 0.5, 10.0, 350.0


def network(n_exc: int, *, weights: bool, delays: bool) -> Any:
    """Open a network whose weights, delays, or both learn."""
    from stdpbench.engine.simulators import open_graph
    from stdpbench.experiment.graph import Graph, Population, Projection
    from stdpbench.kinds.connections.others import Others
    from stdpbench.kinds.delay_plasticity.delay_shift import DelayShift
    from stdpbench.kinds.delays.constant import Constant as OneDelay
    from stdpbench.kinds.delays.uniform import Uniform as Delays
    from stdpbench.kinds.neurons.adaptive_lif import AdaptiveLIF
    from stdpbench.kinds.plasticity.diehl_cook_triplet import DiehlCookTriplet
    from stdpbench.kinds.weights.constant import Constant
    from stdpbench.kinds.weights.uniform import Uniform

    feed = Projection(
        source="input",
        target="exc",
        receptor="ge",
        weight=Uniform(low=0.003, high=0.3),
        delay=Delays(high=LONGEST),
        plasticity=DiehlCookTriplet() if weights else None,
        delay_plasticity=DelayShift(d_max=LONGEST) if delays else None,
    )
    compete = Projection(
        source="exc",
        target="exc",
        receptor="gi",
        connect=Others(),
        weight=Constant(value=17.0),
        delay=OneDelay(value=DT),
    )
    populations = {"input": Population(shape=(N_INPUT,)), "exc": Population(shape=(n_exc,), neuron=AdaptiveLIF())}
    return open_graph(Graph(populations, {"feed": feed, "compete": compete}, DT, read="exc"))[0]


def shown(seed: int, rate: float) -> Any:
    """Draw input spikes: a seventh of the inputs fire at a rate, others do not."""
    from stdpbench.kinds.encoding import Spikes

    random, n_bins = np.random.default_rng(seed), round((STIMULUS - LONGEST) / DT)
    fires = random.random((n_bins, N_INPUT)) < rate * DT * 1e-3 * (random.random(N_INPUT) < 1 / 7)
    bins, index = np.nonzero(fires)
    return Spikes(index.astype(np.int32), bins.astype(np.int32))


def main() -> None:
    """Measure, and print medians of CPU time with the ratio to fixed delays of the same presentation."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n-exc", type=int, default=400)
    parser.add_argument("--presentations", type=int, default=100)
    parser.add_argument("--warm-up", type=int, default=10)
    parser.add_argument("--rate", type=float, default=60.0, help="of inputs that fire, in Hz")
    options = parser.parse_args()
    arms = {
        "weights learn, delays fixed": {"weights": True, "delays": False},
        "weights and delays learn": {"weights": True, "delays": True},
        "delays learn, weights fixed": {"weights": False, "delays": True},
        "weights and delays fixed": {"weights": False, "delays": False},
    }
    networks = {name: network(options.n_exc, **arm) for name, arm in arms.items()}
    times: dict[str, list[float]] = {name: [] for name in arms}
    spikes = dict.fromkeys(arms, 0)
    for number in range(options.warm_up + options.presentations):
        stimulus = shown(number, options.rate)
        for name, simulator in networks.items():
            begun = process_time()
            response = simulator.present(stimulus, round(STIMULUS / DT), plastic=True)
            taken = process_time() - begun
            if number >= options.warm_up:
                times[name].append(1e3 * taken)
                spikes[name] += len(response.spikes["exc"])
    fixed = np.array(times["weights learn, delays fixed"])
    for name, each in times.items():
        ratio = float(np.median(np.array(each) / fixed))
        print(
            f"{name:<28} {np.median(each):6.2f} ms ({np.min(each):.2f}-{np.max(each):.2f}), {ratio:.2f} times "
            f"weights that learn with fixed delays; {spikes[name] / options.presentations:.1f} spikes"
        )


if __name__ == "__main__":
    main()
