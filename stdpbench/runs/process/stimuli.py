"""Stimuli encoded ahead: while the network runs, a thread draws the spikes of the next presentations."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from stdpbench.datasets import Images
from stdpbench.encoding import Spikes, generator
from stdpbench.experiment import Experiment
from stdpbench.network import Layout
from stdpbench.threads import give_way

Key = tuple[str, int, int, int]

_MOST_AHEAD = 8
"""Stimuli that wait at most: enough to go on while the processor of the thread draws a window of the app."""


def encode(experiment: Experiment, images: Images, phase: str, presentation: int, attempt: int, image: int) -> Spikes:
    """The input spikes of one attempt at one presentation, wherever and whenever it is asked for.

    In training without a rest, the last bins stay empty where a delayed spike would be in flight at the end.
    """
    network, n_bins = experiment.network, experiment.stimulus_bins
    if phase == "train":
        n_bins -= max(0, Layout(experiment, images.n_input).max_delay_bins - experiment.rest_bins)
    rng = generator(experiment.seed, phase, presentation, attempt)
    return experiment.encoding.encode(images.row(image), rng, attempt=attempt, n_bins=n_bins, dt=network.dt * 1e-3)


class Stimuli:
    """Encodes presentations of one phase, the next ones ahead of time.

    A stimulus encoded ahead is used only if phase, presentation, attempt and parameter version are still those in
    force; otherwise it is thrown away and encoded again.
    """

    def __init__(self, experiment: Experiment, images: Images, phase: str, order: NDArray[np.int64]) -> None:
        self._experiment = experiment
        self._images = images
        self._phase = phase
        self._order = order
        self._version = 0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="encoder", initializer=give_way)
        self._ahead: deque[tuple[Key, Future[Spikes]]] = deque()

    def change(self, experiment: Experiment) -> None:
        """Encode with other parameters from the next presentation on."""
        self._experiment = experiment
        self._version += 1

    def get(self, presentation: int, attempt: int) -> Spikes:
        """The spikes of a presentation; starts on those of the next ones."""
        key = self._key(presentation, attempt)
        if self._ahead and self._ahead[0][0] == key:
            stimulus = self._ahead.popleft()[1]
            # one that waits still, as the thread gives way to others, is sooner done here
            spikes = self._encode(self._experiment, presentation, 0) if stimulus.cancel() else stimulus.result()
        else:
            spikes = self._encode(self._experiment, presentation, attempt)
        if self._ahead and self._ahead[0][0] != self._key(presentation + 1):
            for _, stimulus in self._ahead:
                stimulus.cancel()
            self._ahead.clear()
        if len(self._ahead) <= _MOST_AHEAD // 2:  # some at a time, so that the thread wakes more seldom
            following = presentation + 1 + len(self._ahead)
            for number in range(following, min(presentation + 1 + _MOST_AHEAD, len(self._order))):
                stimulus = self._thread.submit(self._encode, self._experiment, number, 0)
                self._ahead.append((self._key(number), stimulus))
        return spikes

    def _key(self, presentation: int, attempt: int = 0) -> Key:
        return self._phase, presentation, attempt, self._version

    def _encode(self, experiment: Experiment, presentation: int, attempt: int) -> Spikes:
        image = int(self._order[presentation])
        return encode(experiment, self._images, self._phase, presentation, attempt, image)

    def __enter__(self) -> Stimuli:
        """Use the thread."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let it go."""
        self.close()

    def close(self) -> None:
        """Let the thread go."""
        self._thread.shutdown(wait=True, cancel_futures=True)
