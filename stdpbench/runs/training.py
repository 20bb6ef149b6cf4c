"""The training phase: one presentation after the other, learning.

Everything that is not the network happens here, between two presentations: weights are normalised, the stimulus is
fetched, a picture with too few spikes is shown again brighter, theta decays, state is carried over or reset.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stdpbench.datasets import Images
from stdpbench.errors import StdpbenchError
from stdpbench.experiment import Experiment
from stdpbench.network import normalise
from stdpbench.runs.stimuli import Stimuli
from stdpbench.simulators import Response, Simulator

_ORDER = 201  # stream of the seed for the order of pictures


@dataclass(frozen=True, eq=False)
class Presented:
    """One training presentation that is over.

    Attributes
    ----------
    presentation : int
        Its number, from 0.
    image : int
        Which training picture was shown.
    attempts : int
        How often it was shown.
    response : Response
        The network's response to the last attempt.
    silent : int
        Exc neurons whose weights sum to 0 and could not be normalised.
    """

    presentation: int
    image: int
    attempts: int
    response: Response
    silent: int


def training_order(experiment: Experiment, n_images: int) -> NDArray[np.int64]:
    """Which picture each training presentation shows: int64, (passes * pictures,)."""
    schedule = experiment.schedule
    n = min(n_images, schedule.train_images or n_images)
    if schedule.order == "dataset":
        return np.tile(np.arange(n), schedule.passes)
    random = np.random.default_rng(np.random.SeedSequence((experiment.seed, _ORDER)))
    passes = [random.permutation(n) for _ in range(schedule.passes)]
    return np.concatenate(passes) if passes else np.empty(0, np.int64)


def train(
    simulator: Simulator, experiment: Experiment, images: Images, start: int = 0
) -> Generator[Presented, None, None]:
    """Show the training pictures, learning.

    Parameters
    ----------
    simulator : Simulator
        Holds weights, thresholds and state; they are changed.
    experiment : Experiment
        What is shown and how.
    images : Images
        The training pictures.
    start : int
        Presentation to begin with.

    Yields
    ------
    Presented
        After each presentation. The iterator may be closed between any two.

    Raises
    ------
    StdpbenchError
        If weights or thresholds stop being finite numbers.
    """
    order = training_order(experiment, len(images))
    schedule, weight_sum = experiment.schedule, experiment.network.weight_sum
    decay = theta_decay(experiment)
    with Stimuli(experiment, images, "train", order) as stimuli:
        for presentation in range(start, len(order)):
            silent = 0
            for attempt in range(schedule.max_attempts):
                if weight_sum is not None:
                    silent = len(normalise(simulator.w, weight_sum))
                spikes = stimuli.get(presentation, attempt)
                response = simulator.present(spikes, plastic=True, n_rest=experiment.rest_bins)
                simulator.theta[...] *= decay
                if schedule.between == "reset":
                    simulator.reset()
                if response.spike_counts.sum() >= schedule.min_spikes:
                    break
            if not np.isfinite(simulator.theta).all() or not np.isfinite(simulator.w.sum()):
                raise StdpbenchError(
                    f"weights or thresholds are no longer finite after training presentation {presentation}: "
                    "a plasticity or neuron parameter is too large"
                )
            yield Presented(presentation, int(order[presentation]), attempt + 1, response, silent)


def theta_decay(experiment: Experiment) -> float:
    """Factor on theta per attempt: its decay over stimulus and rest, whether or not the rest is simulated."""
    tau = experiment.exc.quantities().get("tau_theta")
    duration = (experiment.schedule.stimulus + experiment.schedule.rest) * 1e-3
    return 1.0 if tau is None else float(np.exp(-duration / tau))
