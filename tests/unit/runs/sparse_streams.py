"""A short stream into a sparse network with delays, in which two sparse projections learn."""

from __future__ import annotations

from stdpbench.experiment import Experiment

_STREAM = """
name = "sparse-stream"
seed = 5
[data]
kind = "poisson"
n = 30
rate = "60 Hz"

[network]
kind = "graph"
read = "exc"
[network.populations.input]
[network.populations.exc]
size = 8
noise = { kind = "poisson", rate = "100 Hz", weight = 0.1, receptor = "ge" }
neuron = { kind = "lif" }
[network.projections.feed]
source = "input"
target = "exc"
receptor = "ge"
connect = { kind = "random", p = 0.4 }
weight = { kind = "uniform", low = 0.1, high = 0.6 }
delay = { kind = "uniform", high = "8 ms" }
plasticity = { kind = "pair-additive", a_plus = 0.01, a_minus = 0.012, w_max = 0.7 }
[network.projections.loop]
source = "exc"
target = "exc"
receptor = "ge"
connect = { kind = "random", in_degree = 5, multapses = true }
weight = { kind = "uniform", low = 0.02, high = 0.1 }
delay = "3 ms"
plasticity = { kind = "pair-additive", a_plus = 0.01, a_minus = 0.012, w_max = 0.15 }

[schedule]
between = "stream"
duration = "2.4 s"
piece = "0.2 s"
"""


def sparse_stream() -> Experiment:
    """Return the experiment: 12 pieces of 0.2 s."""
    return Experiment.from_toml(_STREAM)
