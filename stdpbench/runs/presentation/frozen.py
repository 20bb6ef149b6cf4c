"""Presentation of a stimulus to a frozen network: from the reset state, without learning, with chosen parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.data.stimuli import StimulusSet
from stdpbench.engine.network import draw_noise, sampled_weights
from stdpbench.engine.network.initial import slow_start
from stdpbench.engine.simulators import Response, Simulator
from stdpbench.experiment import Experiment, encode, n_bins
from stdpbench.experiment.graph import Graph
from stdpbench.kinds.encoding import Spikes
from stdpbench.kinds.encoding.base import PHASES


def noise_of(
    graph: Graph, experiment: Experiment, phase: str, presentation: int, attempt: int, n_bins: int
) -> dict[str, Spikes]:
    """Return the noise into all populations with noise; it depends only on the arguments.

    Parameters
    ----------
    graph : Graph
        The network with the active parameters.
    experiment : Experiment
        The experiment, for its seed.
    phase, presentation, attempt
        As for the stimulus. In the training of a stream, all presentations are steps of one continuous noise.
    n_bins : int
        Number of steps, including the rest.
    """
    if graph.stream and phase == "train":
        return draw_noise(graph, (experiment.seed,), presentation * n_bins, n_bins)
    return draw_noise(graph, (experiment.seed, PHASES.index(phase), presentation, attempt), 0, n_bins)


def put_in_force(simulator: Simulator, experiment: Experiment) -> Experiment:
    """Set the parameters and thresholds of a trained network to those of evaluation; return that experiment."""
    shown = experiment.evaluated
    simulator.set_parameters(shown)
    if experiment.evaluation.thresholds == "start":
        graph = simulator.graph
        for name, array in simulator.learned_views.items():
            owner, _, variable = name.partition(".")
            if owner in graph.populations:
                array[...] = slow_start(graph.populations[owner], variable)
    return shown


@contextmanager
def as_evaluated(simulator: Simulator, experiment: Experiment) -> Iterator[Experiment]:
    """Set a network to evaluation within the block, and yield the experiment with the parameters of evaluation."""
    if experiment.evaluation.is_default:
        yield experiment
        return
    before, learned = simulator.experiment, simulator.learned
    try:
        yield put_in_force(simulator, experiment)
    finally:
        simulator.set_parameters(before)
        simulator.set_learned(learned)


def present_frozen(
    simulator: Simulator,
    experiment: Experiment,
    images: StimulusSet,
    phase: str,
    number: int,
    presentation: int | None = None,
    record: Mapping[str, Sequence[int]] | None = None,
    called: int | None = None,
    attempts: int | None = None,
) -> tuple[Response, int]:
    """Show a picture with frozen weights, from the reset state, brighter until it evokes enough spikes.

    Parameters
    ----------
    simulator : Simulator
        The network.
    experiment : Experiment
        The active parameters.
    images : StimulusSet
        The stimuli.
    phase : str
        Name of the random stream of the stimuli.
    number : int
        Number of the picture.
    presentation : int, optional
        Number of the presentation in the random stream; another number gives other input spikes. Default: `number`.
    record : mapping of str to sequence of int, optional
        Neurons by population whose variables are recorded.
    called : int, optional
        Number of the picture in error messages, if `images` are only a part of all pictures.
    attempts : int, optional
        Maximum number of attempts; default: that of the experiment.

    Returns
    -------
    response : Response
        Response to the last attempt.
    attempts : int
        Number of attempts.

    Raises
    ------
    StdpbenchError
        If the state of neurons becomes infinite or NaN.
    """
    schedule = experiment.schedule
    presentation = number if presentation is None else presentation
    bins = n_bins(experiment, images, number)
    for attempt in range(attempts or experiment.attempts):
        simulator.reset()
        spikes = encode(experiment, images, phase, presentation, attempt, number)
        # simulate until all delayed spikes have arrived; spikes evoked after the stimulus do not count
        n_rest = simulator.layout.max_delay_bins
        noise = noise_of(simulator.graph, experiment, phase, presentation, attempt, bins + n_rest)
        response = simulator.present(spikes, bins, plastic=False, n_rest=n_rest, noise=noise, record=record)
        if odd := simulator.not_finite():
            raise StdpbenchError(
                f"{', '.join(odd)} are no longer finite while picture {number if called is None else called} of "
                f"phase {phase} is shown: a neuron parameter is too large"
            )
        if len(response.counted(simulator.graph.read)) >= schedule.min_spikes:
            break
    return response, attempt + 1


def from_responses(graph: Graph) -> list[str]:
    """Return the projections whose weights start from responses of the layer below to training pictures."""
    return [
        name
        for name, projection in graph.projections.items()
        if projection.weight.from_pictures and projection.source != graph.input
    ]


def take_samples(
    simulator: Simulator, experiment: Experiment, images: StimulusSet, projections: Sequence[str]
) -> None:
    """Set weights of `projections` (see `from_responses`) to responses of the network as it is; it is reset.

    Parameters
    ----------
    simulator : Simulator
        The network.
    experiment : Experiment
        The active parameters.
    images : StimulusSet
        The training stimuli.
    projections : sequence of str
        Names of projections.
    """
    graph = simulator.graph
    for name in projections:
        population = graph.projections[name].source

        def counts(numbers: NDArray[np.int64], population: str = population) -> NDArray[np.int64]:
            responses = (
                present_frozen(simulator, experiment, images, "samples", number, presentation, attempts=1)[0]
                for presentation, number in enumerate(numbers.tolist())
            )
            spikes = np.array([response.counts(population) for response in responses])
            return spikes.reshape(-1, *graph.populations[population].shape)

        simulator.weights(name)[...] = sampled_weights(graph, name, len(images), counts)
        simulator.reset()
