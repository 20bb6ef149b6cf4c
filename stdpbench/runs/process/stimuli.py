"""Encode stimuli ahead: while the network runs, a thread draws the spikes of the next presentations."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from stdpbench.encoding import Spikes
from stdpbench.experiment import Experiment, encode
from stdpbench.stimuli import StimulusSet
from stdpbench.threads import give_way

Key = tuple[str, int, int, int]

_MOST_AHEAD = 8
"""Maximum number of stimuli encoded ahead: enough to continue while the app uses the processor of the thread."""


class Stimuli:
    """Encodes the presentations of one phase, ahead of time in a thread.

    A stimulus encoded ahead is used only if phase, presentation, attempt and version of the parameters still match;
    otherwise it is discarded and encoded again.
    """

    def __init__(self, experiment: Experiment, stimuli: StimulusSet, phase: str, order: NDArray[np.int64]) -> None:
        self._experiment = experiment
        self._set = stimuli
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
        """Return the spikes of a presentation, and start encoding the next ones."""
        key = self._key(presentation, attempt)
        if self._ahead and self._ahead[0][0] == key:
            stimulus = self._ahead.popleft()[1]
            # a stimulus that the low-priority thread has not started is encoded here instead
            spikes = self._encode(self._experiment, presentation, 0) if stimulus.cancel() else stimulus.result()
        else:
            spikes = self._encode(self._experiment, presentation, attempt)
        if self._ahead and self._ahead[0][0] != self._key(presentation + 1):
            for _, stimulus in self._ahead:
                stimulus.cancel()
            self._ahead.clear()
        if len(self._ahead) <= _MOST_AHEAD // 2:  # several at a time, so that the thread wakes less often
            following = presentation + 1 + len(self._ahead)
            for number in range(following, min(presentation + 1 + _MOST_AHEAD, len(self._order))):
                stimulus = self._thread.submit(self._encode, self._experiment, number, 0)
                self._ahead.append((self._key(number), stimulus))
        return spikes

    def _key(self, presentation: int, attempt: int = 0) -> Key:
        return self._phase, presentation, attempt, self._version

    def _encode(self, experiment: Experiment, presentation: int, attempt: int) -> Spikes:
        number = int(self._order[presentation])
        return encode(experiment, self._set, self._phase, presentation, attempt, number)

    def __enter__(self) -> Stimuli:
        """Use the thread."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the thread."""
        self.close()

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown(wait=True, cancel_futures=True)
