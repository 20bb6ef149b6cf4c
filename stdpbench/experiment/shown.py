"""How the stimuli of an experiment are shown: inputs, duration, and spikes that arrive in time."""

from __future__ import annotations

from math import ceil

from stdpbench.encoding import Spikes, generator
from stdpbench.experiment.experiment import Experiment
from stdpbench.graph import Graph
from stdpbench.stimuli import StimulusSet

_CLOSE = 1e-6  # of a step


def input_shape(experiment: Experiment, stimuli: StimulusSet) -> tuple[int, int]:
    """Return height and width of the input population, in which the encoder may have several neurons per value."""
    return experiment.encoding.input_shape(stimuli.shape)


def n_input(experiment: Experiment, stimuli: StimulusSet) -> int:
    """Return the number of input neurons."""
    height, width = input_shape(experiment, stimuli)
    return height * width


def graph_for(experiment: Experiment, stimuli: StimulusSet) -> Graph:
    """Return the network of an experiment with the shape of its input."""
    return experiment.graph(*input_shape(experiment, stimuli))


def n_bins(experiment: Experiment, stimuli: StimulusSet, number: int) -> int:
    """Return the time steps of a presentation: those of the schedule, or the duration of the stimulus if shorter."""
    seconds = stimuli.seconds(number)
    if seconds is None:
        return experiment.stimulus_bins
    return max(1, min(experiment.stimulus_bins, ceil(seconds / (experiment.dt * 1e-3) - _CLOSE)))


def n_cut(experiment: Experiment, stimuli: StimulusSet) -> int:
    """Return how many stimuli last longer than ``schedule.stimulus``, so that their end is not shown."""
    longest = experiment.stimulus_bins * experiment.dt * 1e-3 * (1 + _CLOSE)
    return sum((stimuli.seconds(number) or 0.0) > longest for number in range(len(stimuli)))


def encode(
    experiment: Experiment, stimuli: StimulusSet, phase: str, presentation: int, attempt: int, number: int
) -> Spikes:
    """Return the input spikes of one attempt of one presentation, which depend on the arguments alone.

    In a stream, presentations are consecutive pieces. In training without a rest, no spike comes so late that it
    would be in transit at the end.
    """
    dt = experiment.dt * 1e-3
    if (stream := experiment.stream) is not None:
        start = presentation * experiment.stimulus_bins
        return stream.spikes(experiment.seed, start, start + experiment.stimulus_bins, dt)
    bins = n_bins(experiment, stimuli, number)
    if phase == "train":
        bins -= experiment.stimulus_bins - experiment.encoded_bins
    rng = generator(experiment.seed, phase, presentation, attempt)
    return experiment.encoding.spikes(stimuli.stimulus(number), rng, attempt=attempt, n_bins=max(0, bins), dt=dt)
