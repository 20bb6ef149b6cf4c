"""The training phase: one presentation after the other, learning.

Everything that is not the network happens here, between two presentations: weights are normalised, the stimulus is
fetched, a picture with too few spikes is shown again brighter, theta decays, state is carried over or reset.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stdpbench.datasets import Images
from stdpbench.errors import StdpbenchError
from stdpbench.experiment import Experiment
from stdpbench.network import normalise
from stdpbench.runs.process.stimuli import Stimuli
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
    exc_spikes : ndarray, int64, (n_exc,)
        Spikes of each exc neuron in all attempts, those of the rest included.
    """

    presentation: int
    image: int
    attempts: int
    response: Response
    silent: int
    exc_spikes: NDArray[np.int64]


def training_order(experiment: Experiment, n_images: int) -> NDArray[np.int64]:
    """Which picture each training presentation shows: int64, (passes * pictures,)."""
    schedule = experiment.schedule
    n = min(n_images, schedule.train_images or n_images)
    if schedule.order == "dataset":
        return np.tile(np.arange(n), schedule.passes)
    random = np.random.default_rng(np.random.SeedSequence((experiment.seed, _ORDER)))
    passes = [random.permutation(n) for _ in range(schedule.passes)]
    return np.concatenate(passes) if passes else np.empty(0, np.int64)


class Training:
    """Shows the training pictures one after the other, learning.

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

    Attributes
    ----------
    position : int
        Presentations that are over.
    total : int
        Presentations in all.
    experiment : Experiment
        With the parameters that are in force.
    """

    def __init__(self, simulator: Simulator, experiment: Experiment, images: Images, start: int = 0) -> None:
        self.experiment = experiment
        self.position = start
        self._order = training_order(experiment, len(images))
        self.total = len(self._order)
        self._simulator = simulator
        self._stimuli = Stimuli(experiment, images, "train", self._order)
        self._decay = theta_decay(experiment)
        self._odd: tuple[str, ...] = ()

    def change(self, experiment: Experiment) -> None:
        """Put the parameters of another experiment in force, from the next presentation on.

        Raises
        ------
        StdpbenchError
            If it differs in something structural; nothing has changed then.
        """
        self._simulator.set_parameters(experiment)
        self._stimuli.change(experiment)
        self.experiment, self._decay = experiment, theta_decay(experiment)

    def exchange(self, simulator: Simulator) -> None:
        """Go on with another network, from the next presentation on."""
        self._simulator = simulator

    def step(self, record: Sequence[int] | None = None) -> Presented:
        """Show the next picture, again and brighter until it draws enough spikes.

        Parameters
        ----------
        record : sequence of int, optional
            Exc neurons whose time courses the response is to hold; changes no other result.
        """
        presentation, schedule = self.position, self.experiment.schedule
        weight_sum, simulator, silent = self.experiment.network.weight_sum, self._simulator, 0
        exc_spikes = np.zeros(simulator.layout.n_exc, np.int64)
        for attempt in range(schedule.max_attempts):
            if weight_sum is not None:
                silent = len(normalise(simulator.w, weight_sum))
            spikes = self._stimuli.get(presentation, attempt)
            response = simulator.present(spikes, plastic=True, n_rest=self.experiment.rest_bins, record=record)
            exc_spikes += np.bincount(response.exc.index, minlength=len(exc_spikes))
            self._odd = simulator.not_finite()  # before a reset hides it
            simulator.theta[...] *= self._decay
            if schedule.between == "reset":
                simulator.reset()
            if self._odd or response.spike_counts.sum() >= schedule.min_spikes:
                break
        self.position += 1
        return Presented(presentation, int(self._order[presentation]), attempt + 1, response, silent, exc_spikes)

    @property
    def blown_up(self) -> str:
        """A sentence that names what is no longer finite after the last presentation; empty if everything is."""
        lateral = 0.0 if self._simulator.lateral is None else self._simulator.lateral.sum()
        weights = np.isfinite(self._simulator.w.sum() + lateral)
        if weights and not self._odd:
            return ""
        what = ", ".join(self._odd) if weights and "exc.theta" not in self._odd else "weights or thresholds"
        return (
            f"{what} are no longer finite after training presentation {self.position - 1}: a plasticity or neuron "
            "parameter is too large"
        )

    def close(self) -> None:
        """Let the thread go that encodes ahead."""
        self._stimuli.close()

    def __enter__(self) -> Training:
        """Use the thread that encodes ahead."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let it go."""
        self.close()


def train(
    simulator: Simulator, experiment: Experiment, images: Images, start: int = 0
) -> Generator[Presented, None, None]:
    """Show all training pictures; see `Training`.

    Yields
    ------
    Presented
        After each presentation. The iterator may be closed between any two.

    Raises
    ------
    StdpbenchError
        If weights, thresholds or the state of neurons stop being finite numbers.
    """
    with Training(simulator, experiment, images, start) as training:
        while training.position < training.total:
            presented = training.step()
            if sentence := training.blown_up:
                raise StdpbenchError(sentence)
            yield presented


def theta_decay(experiment: Experiment) -> float:
    """Factor on theta per attempt: its decay over stimulus and rest, whether or not the rest is simulated."""
    tau = experiment.exc.quantities().get("tau_theta")
    duration = (experiment.schedule.stimulus + experiment.schedule.rest) * 1e-3
    return 1.0 if tau is None else float(np.exp(-duration / tau))
