"""Presentation of the stimuli of an experiment: input population, duration and input spikes."""

from __future__ import annotations

from dataclasses import replace
from math import ceil

import numpy as np
from numpy.typing import NDArray

from stdpbench.data.datasets import Split
from stdpbench.data.stimuli import StimulusSet
from stdpbench.experiment.experiment import Experiment
from stdpbench.experiment.graph import Graph
from stdpbench.kinds.encoding import Spikes, altered, generator

_CLOSE = 1e-6  # of a step
_UNUSED_GENERATOR = np.random.default_rng(0)  # for encoders that draw nothing: creating one takes as long as encoding
_ALTERED = 1  # stream of a control of timing
_ORDER = 201  # number of the random stream for the order of pictures
_MOST_LABELLED = 1000
_POOLED, _MOST = 500, 20_000  # most stimuli and most spike times of a pool


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
    """Return the number of stimuli that last longer than ``schedule.stimulus``, so that their end is not shown."""
    longest = experiment.stimulus_bins * experiment.dt * 1e-3 * (1 + _CLOSE)
    return sum((stimuli.seconds(number) or 0.0) > longest for number in range(len(stimuli)))


def n_presentations(experiment: Experiment, n_images: int) -> int:
    """Return the number of training presentations: passes times pictures; of a stream, its pieces."""
    schedule = experiment.schedule
    return (
        schedule.n_pieces if schedule.is_stream else schedule.passes * min(n_images, schedule.train_images or n_images)
    )


def training_order(experiment: Experiment, n_images: int) -> NDArray[np.int64]:
    """Return the number of the picture of each training presentation: int64, (passes * pictures,); in a stream, 0."""
    schedule = experiment.schedule
    if schedule.is_stream:
        return np.zeros(schedule.n_pieces, np.int64)
    n = min(n_images, schedule.train_images or n_images)
    if schedule.order == "dataset":
        return np.tile(np.arange(n), schedule.passes)
    random = np.random.default_rng(np.random.SeedSequence((experiment.seed, _ORDER)))
    passes = [random.permutation(n) for _ in range(schedule.passes)]
    return np.concatenate(passes) if passes else np.empty(0, np.int64)


def n_label_images(experiment: Experiment, n_train: int) -> int:
    """Return the number of training pictures in the label phase.

    By default all. After training with labels, which assigns classes to output neurons, at most 1000, since they only
    measure the neurons.
    """
    n_images = experiment.schedule.label_images
    if n_images is not None:
        return min(n_images, n_train)
    return min(n_train, _MOST_LABELLED) if experiment.reference.trains else n_train


def encode(
    experiment: Experiment, stimuli: StimulusSet, phase: str, presentation: int, attempt: int, number: int
) -> Spikes:
    """Return the input spikes of one attempt of a presentation; a pure function of the arguments.

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
    encoder, bins = experiment.encoding, max(0, bins)
    rng = generator(experiment.seed, phase, presentation, attempt) if encoder.draws else _UNUSED_GENERATOR
    spikes = encoder.spikes(stimuli.stimulus(number), rng, attempt=attempt, n_bins=bins, dt=dt)
    timing = experiment.schedule.timing
    if timing == "intact":
        return spikes
    pool = None if stimuli.pool is None else np.floor(stimuli.pool / dt + _CLOSE).astype(np.int64)
    return altered(spikes, timing, bins, generator(experiment.seed, phase, presentation, attempt, _ALTERED), pool)


def with_pool(experiment: Experiment, split: Split) -> Split:
    """Return stimuli with the pool of spike times that the control *redrawn* needs; others unchanged.

    The pool holds spike times of at most 500 training stimuli, spread over all of them.
    """
    timings = experiment.schedule.timing, experiment.evaluated.schedule.timing
    if "redrawn" not in timings or experiment.stream is not None or not len(split.train):
        return split
    dt, n = experiment.dt * 1e-3, len(split.train)
    times = list[NDArray[np.float64]]()
    intact = experiment.override({"schedule.timing": "intact"})
    for number in np.unique(np.linspace(0, n - 1, min(n, _POOLED)).astype(int)).tolist():
        times.append(np.asarray(encode(intact, split.train, "label", number, 0, number).bin * dt, np.float64))
    pool = np.sort(np.concatenate(times))
    kept = pool[np.unique(np.linspace(0, len(pool) - 1, min(len(pool), _MOST)).astype(int))]
    spare = None if split.spare is None else split.spare.with_pool(kept)
    return replace(split, train=split.train.with_pool(kept), test=split.test.with_pool(kept), spare=spare)
