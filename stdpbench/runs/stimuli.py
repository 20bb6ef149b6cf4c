"""Stimuli encoded ahead: while the network runs, a thread draws the spikes of the next presentation."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from stdpbench.datasets import Images
from stdpbench.encoding import Spikes, generator
from stdpbench.experiment import Experiment
from stdpbench.network import Layout

Key = tuple[str, int, int, int]


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
    """Encodes presentations of one phase, the next one ahead of time.

    A stimulus encoded ahead is used only if phase, presentation, attempt and parameter version are still those in
    force; otherwise it is thrown away and encoded again.
    """

    def __init__(self, experiment: Experiment, images: Images, phase: str, order: NDArray[np.int64]) -> None:
        self._experiment = experiment
        self._images = images
        self._phase = phase
        self._order = order
        self._version = 0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="encoder")
        self._ahead: tuple[Key, Future[Spikes]] | None = None

    def change(self, experiment: Experiment) -> None:
        """Encode with other parameters from the next presentation on."""
        self._experiment = experiment
        self._version += 1

    def get(self, presentation: int, attempt: int) -> Spikes:
        """The spikes of a presentation; starts on those of the next one."""
        key = (self._phase, presentation, attempt, self._version)
        if self._ahead is not None and self._ahead[0] == key:
            spikes = self._ahead[1].result()
        else:
            spikes = self._encode(self._experiment, presentation, attempt)
        following = (self._phase, presentation + 1, 0, self._version)
        if presentation + 1 >= len(self._order):
            self._ahead = None
        elif self._ahead is None or self._ahead[0] != following:
            self._ahead = (following, self._thread.submit(self._encode, self._experiment, presentation + 1, 0))
        return spikes

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
