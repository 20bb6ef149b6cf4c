"""Measure the balance of the network ``vogels-2011``: mean currents into excitatory neurons before and after learning.

``python benchmarks/balance.py [--seconds 100] [--seeds 0 1 2]`` prints, in mV (currents over the leak conductance),
the mean over 200 excitatory neurons and one second of what excitatory synapses, the constant current, inhibitory
synapses and the leak contribute, and the correlation of excitation and inhibition over neurons.
"""

from __future__ import annotations

import argparse

import numpy as np

from stdpbench.engine.network import start_arrays
from stdpbench.engine.simulators import open_simulator
from stdpbench.experiment import read_experiment
from stdpbench.kinds.encoding import Spikes

_NEURONS = list(range(0, 8000, 40))
_EMPTY = Spikes(np.empty(0, np.int32), np.empty(0, np.int32))


def main() -> None:
    """Print a line for the first second, and one for the last, of each seed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=100)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    options = parser.parse_args()
    for seed in options.seeds:
        experiment = read_experiment("vogels-2011").override({"seed": seed})
        split = experiment.data.prepare()
        simulator, _ = open_simulator(experiment, split.train.shape, "compiled")
        simulator.set_learned(start_arrays(experiment, split.train))
        neuron = experiment.graph().populations["exc"].neuron
        values = neuron.quantities()
        for second in range(options.seconds):
            watched = second in (0, options.seconds - 1)
            response = simulator.present(
                _EMPTY, experiment.stimulus_bins, plastic=True, record={"exc": _NEURONS if watched else []}
            )
            if not watched:
                continue
            courses = response.recordings["exc"].courses
            v, ge, gi = (courses[name] for name in ("v", "ge", "gi"))
            excitation, inhibition = ge * (values["E_exc"] - v), gi * (v - values["E_inh"])
            constant, leak = values["I_background"] / values["g_L"], v - values["v_rest"]
            parts = [1e3 * float(np.mean(each)) for each in (excitation, constant, inhibition, leak)]
            over = np.corrcoef(excitation.mean(axis=0) + constant, inhibition.mean(axis=0))[0, 1]
            rate = len(response.spikes["exc"]) / 8000
            print(
                f"seed {seed}, second {second + 1}: excitation {parts[0]:.1f} + constant {parts[1]:.1f}, inhibition "
                f"{parts[2]:.1f}, leak {parts[3]:.1f} mV; correlation {over:.2f}; {rate:.1f} Hz",
                flush=True,
            )


if __name__ == "__main__":
    main()
