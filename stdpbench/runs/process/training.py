"""The training phase: presentations in sequence, with learning.

Everything outside the network happens here, between two presentations: weights are normalised and rounded, the
stimulus is fetched, a picture that evokes too few spikes is shown again brighter, theta decays, and the state is
carried over or reset. While the network runs, a thread draws the spikes of the next presentations.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.threads import give_way
from stdpbench.data.stimuli import StimulusSet
from stdpbench.engine.simulators import Response, Simulator
from stdpbench.experiment import Experiment, encode, n_bins, training_order
from stdpbench.kinds.encoding import Spikes
from stdpbench.runs.presentation.frozen import from_responses, noise_of, take_samples
from stdpbench.runs.process.homeostasis import (
    decay_thresholds,
    normalise_weights,
    round_weights_of,
    threshold_decays,
)

Key = tuple[str, int, int, int]

_MOST_AHEAD = 8
"""Maximum number of stimuli encoded ahead: enough to continue while the app uses the processor of the thread."""
_AT_A_TIME = 2
"""Number of stimuli for which the thread wakes: few enough to be encoded before the network is ready."""
_MOST_KEPT = 2**26
"""Maximum size in bytes of the spikes that are kept for later passes."""


class Stimuli:
    """Encodes the presentations of one phase, ahead of time in a thread.

    A stimulus encoded ahead is used only if phase, presentation, attempt and version of the parameters still match;
    otherwise it is discarded and encoded again. Spikes that are not random are kept for later passes, up to 64 MiB.
    """

    def __init__(self, experiment: Experiment, stimuli: StimulusSet, phase: str, order: NDArray[np.int64]) -> None:
        self._experiment = experiment
        self._set = stimuli
        self._phase = phase
        self._order = order
        self._version = 0
        self._shown = -1  # the last presentation
        self._ahead: deque[tuple[Key, Future[Spikes]]] = deque()
        self._kept: dict[int, Spikes] = {}
        """Spikes of first attempts, by number of the stimulus."""
        self._repeats = len(np.unique(order)) < len(order)
        self._room = self._room_of(experiment)
        # the pieces of a stream take longer to draw than to simulate
        priority = give_way if experiment.stream is None else None
        self._pool = ThreadPoolExecutor(1, "encoder", priority)

    def change(self, experiment: Experiment) -> None:
        """Encode with other parameters from the next presentation on."""
        self._experiment = experiment
        self._version += 1
        self._kept.clear()
        self._room = self._room_of(experiment)

    def get(self, presentation: int, attempt: int) -> Spikes:
        """Return the spikes of a presentation."""
        spikes = None
        if self._ahead and self._ahead[0][0] == self._key(presentation, attempt):
            _, future = self._ahead.popleft()
            spikes = None if future.cancel() else future.result()  # None if the low-priority thread has not started it
        if spikes is None:
            spikes = self._encode(self._experiment, presentation, attempt)
        if self._ahead and self._ahead[0][0] != self._key(presentation + 1):
            self._discard()
        if self._room > 0 and attempt == 0:
            self._keep(int(self._order[presentation]), spikes)
        self._shown = presentation
        return spikes

    def encode_ahead(self) -> None:
        """Start encoding the next stimuli, if few are left; called when the network begins to run.

        Before that, the two threads would compete for the interpreter at each call of NumPy that releases it. While
        the network runs, the encoder thread has the interpreter to itself.
        """
        following = self._shown + 1 + len(self._ahead)
        end = min(self._shown + 1 + _MOST_AHEAD, len(self._order))
        if len(self._ahead) <= _MOST_AHEAD - _AT_A_TIME:
            for presentation in range(following, end):
                future = self._pool.submit(self._encode, self._experiment, presentation, 0)
                self._ahead.append((self._key(presentation), future))

    def _room_of(self, experiment: Experiment) -> int:
        """Return how many bytes of spikes may be kept: 0 if spikes are random, or no stimulus is shown twice."""
        again = experiment.stream is None and not experiment.encoding.draws and experiment.schedule.timing == "intact"
        return _MOST_KEPT if again and self._repeats else 0

    def _keep(self, number: int, spikes: Spikes) -> None:
        if number not in self._kept:
            arrays = (spikes.index, spikes.bin, spikes.currents, spikes.factor)
            self._room -= sum(array.nbytes for array in arrays if array is not None)
            self._kept[number] = spikes

    def _discard(self) -> None:
        for _, future in self._ahead:
            future.cancel()
        self._ahead.clear()

    def _key(self, presentation: int, attempt: int = 0) -> Key:
        return self._phase, presentation, attempt, self._version

    def _encode(self, experiment: Experiment, presentation: int, attempt: int) -> Spikes:
        """Return the spikes of a presentation, which are encoded unless they were kept."""
        number = int(self._order[presentation])
        if attempt == 0 and (kept := self._kept.get(number)) is not None:
            return kept
        return encode(experiment, self._set, self._phase, presentation, attempt, number)

    def close(self) -> None:
        """End the thread."""
        self._discard()
        self._pool.shutdown()


@dataclass(frozen=True, eq=False)
class Presented:
    """A completed training presentation.

    Attributes
    ----------
    presentation : int
        Number of the presentation, from 0.
    image : int
        Number of the training picture.
    attempts : int
        Number of times the picture was shown.
    response : Response
        Response of the network to the last attempt.
    silent : int
        Number of neurons whose weights sum to 0 and could not be normalised.
    total_spikes : ndarray, int64, (n_read,)
        Spikes of each neuron that is read in all attempts, including rests.
    plastic : tuple of str
        Names of the projections that learned.
    """

    presentation: int
    image: int
    attempts: int
    response: Response
    silent: int
    total_spikes: NDArray[np.int64]
    plastic: tuple[str, ...]


def stage_ends(experiment: Experiment, total: int) -> list[tuple[int, tuple[str, ...]]]:
    """Return the position at which each stage of training ends, and the projections that learn in it.

    Parameters
    ----------
    experiment : Experiment
        The experiment with its stages (``schedule.stages``); without stages, all projections with a rule learn
        throughout.
    total : int
        Number of training presentations in all stages.
    """
    stream = experiment.schedule.is_stream
    lengths = [(stage.duration or 0.0) if stream else stage.passes for stage in experiment.stages]
    total_length, ends, done = sum(lengths), [], 0.0
    for stage, length in zip(experiment.stages, lengths, strict=True):
        done += length
        ends.append((round(total * done / total_length) if total_length else 0, tuple(stage.projections)))
    return ends


class Training:
    """Shows the training pictures in sequence, with learning.

    Parameters
    ----------
    simulator : Simulator
        The network; its weights, thresholds and state change.
    experiment : Experiment
        Parameters of the network and the presentations.
    images : StimulusSet
        The training stimuli.
    start : int
        Number of the first presentation.

    Attributes
    ----------
    position : int
        Number of completed presentations.
    total : int
        Total number of presentations.
    experiment : Experiment
        The experiment with the active parameters.
    """

    def __init__(self, simulator: Simulator, experiment: Experiment, images: StimulusSet, start: int = 0) -> None:
        self.experiment = experiment
        self.position = start
        self._order = training_order(experiment, len(images))
        self.total = len(self._order)
        self._stages = stage_ends(experiment, self.total)
        begins = dict[str, int]()
        for (_, names), begin in zip(self._stages, (0, *(end for end, _ in self._stages)), strict=False):
            begins = dict.fromkeys(names, begin) | begins
        self._begins = {name: begins[name] for name in from_responses(simulator.graph) if name in begins}
        self._simulator = simulator
        self._images = images
        self._stimuli = Stimuli(experiment, images, "train", self._order)
        self._decays = dict[int, dict[str, float]]()  # by time steps of the stimulus
        self._not_finite: tuple[str, ...] = ()
        self._learned: tuple[str, ...] = ()  # projections of the last presentation

    def change(self, experiment: Experiment) -> None:
        """Activate the parameters of another experiment from the next presentation on.

        Raises
        ------
        StdpbenchError
            If it differs in a structural parameter; nothing changes in this case.
        """
        self._simulator.set_parameters(experiment)
        self._stimuli.change(experiment)
        self.experiment = experiment
        self._decays.clear()

    def exchange(self, simulator: Simulator) -> None:
        """Continue with another network from the next presentation on."""
        self._simulator = simulator

    @property
    def plastic(self) -> tuple[str, ...]:
        """Names of the projections that learn in the next presentation."""
        return next((names for end, names in self._stages if self.position < end), ())

    def step(self, record: Sequence[int] | None = None, population: str = "") -> Presented:
        """Show the next picture, repeatedly and brighter until it evokes enough spikes.

        Parameters
        ----------
        record : sequence of int, optional
            Neurons whose time courses are recorded; other results do not depend on it.
        population : str
            Name of their population; default: the one that is read.
        """
        presentation, schedule = self.position, self.experiment.schedule
        if presentation == 0:
            self.sample()
        simulator, plastic, silent = self._simulator, self.plastic, 0
        read = simulator.graph.read
        total_spikes = np.zeros(simulator.n_read, np.int64)
        recorded = None if record is None else {population or read: record}
        image = int(self._order[presentation])
        bins, n_rest = n_bins(self.experiment, self._images, image), self.experiment.rest_bins
        for attempt in range(self.experiment.attempts):
            silent = normalise_weights(simulator, plastic)
            spikes = self._stimuli.get(presentation, attempt)
            response = simulator.present(
                spikes,
                bins,
                plastic=plastic,
                n_rest=n_rest,
                record=recorded,
                noise=noise_of(simulator.graph, self.experiment, "train", presentation, attempt, bins + n_rest),
                meanwhile=self._stimuli.encode_ahead,
            )
            total_spikes += np.bincount(response.spikes[read].index, minlength=len(total_spikes))
            self._not_finite = simulator.not_finite()  # checked before a reset hides it
            decay_thresholds(simulator, self._decays_after(bins), plastic)
            round_weights_of(simulator, self.experiment, plastic, presentation, attempt)
            if schedule.between == "reset":
                simulator.reset()
            if self._not_finite or response.counts(read).sum() >= schedule.min_spikes:
                break
        self._learned = plastic
        self.position += 1
        self.sample()
        return Presented(presentation, image, attempt + 1, response, silent, total_spikes, plastic)

    def sample(self) -> None:
        """Take start weights from responses, for projections between neurons that begin to learn at this position."""
        due = [name for name, begin in self._begins.items() if begin == self.position]
        take_samples(self._simulator, self.experiment, self._images, due)

    def _decays_after(self, bins: int) -> dict[str, float]:
        if bins not in self._decays:
            self._decays[bins] = threshold_decays(self._simulator.graph, self.experiment, bins)
        return self._decays[bins]

    @property
    def divergence(self) -> str:
        """A sentence naming the variables that are not finite after the last presentation; empty if all are finite."""
        learned = self._simulator.layout.learned
        weights = sums_are_finite(self._simulator.weights(name) for name in self._learned)
        if weights and not self._not_finite:
            return ""
        thresholds = learned.keys() & set(self._not_finite)
        variables = ", ".join(self._not_finite) if weights and not thresholds else "weights or thresholds"
        return (
            f"{variables} are no longer finite after training presentation {self.position - 1}: a plasticity or "
            "neuron parameter is too large"
        )

    def checkpoint_due(self, every: int, chosen: bool) -> bool:
        """Return whether a checkpoint is due at this position.

        Parameters
        ----------
        every : int
            Number of presentations between two checkpoints.
        chosen : bool
            Whether the user has chosen this number.
        """
        return self.position % every == 0

    def history(self) -> dict[str, NDArray[Any]]:
        """Return the state of training besides that of the network, for a checkpoint."""
        return {}

    def restore(self, history: Mapping[str, NDArray[Any]]) -> None:
        """Continue from the `history` in a checkpoint, which may contain further arrays."""

    def close(self) -> None:
        """End the thread that encodes ahead."""
        self._stimuli.close()


def train(
    simulator: Simulator, experiment: Experiment, images: StimulusSet, start: int = 0
) -> Generator[Presented, None, None]:
    """Show all training pictures; see `Training`.

    Yields
    ------
    Presented
        Each completed presentation. The iterator may be closed after any of them.

    Raises
    ------
    StdpbenchError
        If weights, thresholds or the state of neurons become infinite or NaN.
    """
    with closing(Training(simulator, experiment, images, start)) as training:
        while training.position < training.total:
            presented = training.step()
            if sentence := training.divergence:
                raise StdpbenchError(sentence)
            yield presented


def sums_are_finite(arrays: Iterable[NDArray[Any]]) -> bool:
    """Return whether the sum of each array is finite, which implies that all its values are.

    A sum that overflows is not finite either; values that large are useless, too.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        return all(bool(np.isfinite(array.sum())) for array in arrays)
