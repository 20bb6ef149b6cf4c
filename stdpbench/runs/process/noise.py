"""The noise of a presentation of a run."""

from __future__ import annotations

from stdpbench.engine.network import draw_noise
from stdpbench.experiment import Experiment
from stdpbench.experiment.graph import Graph
from stdpbench.kinds.encoding import Spikes
from stdpbench.kinds.encoding.base import PHASES


def noise_of(
    graph: Graph, experiment: Experiment, phase: str, presentation: int, attempt: int, n_bins: int
) -> dict[str, Spikes]:
    """Return the noise into all populations that have some, which depends on the arguments alone.

    Parameters
    ----------
    graph : Graph
        The network with the active parameters.
    experiment : Experiment
        Gives the seed.
    phase, presentation, attempt
        As for the stimulus. The training of a stream has one noise, of which a presentation takes its steps.
    n_bins : int
        Number of steps, including a rest.
    """
    if graph.stream and phase == "train":
        return draw_noise(graph, (experiment.seed,), presentation * n_bins, n_bins)
    return draw_noise(graph, (experiment.seed, PHASES.index(phase), presentation, attempt), 0, n_bins)
