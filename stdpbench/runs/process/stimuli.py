"""Encode stimuli ahead: while the network runs, a thread draws the spikes of the next presentations."""

from __future__ import annotations

import threading
from collections import deque
from queue import SimpleQueue

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.threads import give_way
from stdpbench.data.stimuli import StimulusSet
from stdpbench.experiment import Experiment, encode
from stdpbench.kinds.encoding import Spikes

Key = tuple[str, int, int, int]

_MOST_AHEAD = 8
"""Maximum number of stimuli encoded ahead: enough to continue while the app uses the processor of the thread."""
_AT_A_TIME = 2
"""Stimuli for which the thread wakes: few enough to be encoded before the network is ready."""
_MOST_KEPT = 2**26
"""Maximum size in bytes of the spikes that are kept for later passes."""


class _Ahead:
    """A stimulus that is encoded by the thread, or by the one who needs it, whoever takes it first.

    A `concurrent.futures.Future` would do, but its locks cost as much as the encoding of many a stimulus.
    """

    def __init__(self, key: Key) -> None:
        self.key = key
        self._taken, self._ready = threading.Lock(), threading.Lock()
        self._ready.acquire()
        self._found: Spikes | BaseException | None = None

    def take(self) -> bool:
        """Return whether nobody else encodes it."""
        return self._taken.acquire(blocking=False)

    @property
    def is_ready(self) -> bool:
        """Whether it has been encoded."""
        return self._found is not None

    def put(self, found: Spikes | BaseException) -> None:
        """Hand over the spikes, or what went wrong."""
        self._found = found
        self._ready.release()

    def result(self) -> Spikes:
        """Wait for the spikes; raises what went wrong."""
        with self._ready:
            found = self._found
        if isinstance(found, BaseException):
            raise found
        assert found is not None
        return found


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
        self._ahead: deque[_Ahead] = deque()
        self._kept: dict[int, Spikes] = {}
        """First attempts by number of the stimulus."""
        self._repeats = len(np.unique(order)) < len(order)
        self._room = self._room_of(experiment)
        self._tasks: SimpleQueue[tuple[Experiment, list[_Ahead]] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="encoder", daemon=True)
        self._thread.start()

    def change(self, experiment: Experiment) -> None:
        """Encode with other parameters from the next presentation on."""
        self._experiment = experiment
        self._version += 1
        self._kept.clear()
        self._room = self._room_of(experiment)

    def get(self, presentation: int, attempt: int) -> Spikes:
        """Return the spikes of a presentation."""
        key = self._key(presentation, attempt)
        ahead = self._ahead.popleft() if self._ahead and self._ahead[0].key == key else None
        if ahead is None and attempt == 0:
            ahead = self._upcoming(presentation)
        if ahead is None or ahead.take():  # also one that the low-priority thread has not started
            spikes = self._encode(self._experiment, presentation, attempt)
        else:
            spikes = ahead.result()
        if self._ahead and self._ahead[0].key != self._key(presentation + 1):
            self._discard()
        if self._room > 0 and attempt == 0:
            self._keep(int(self._order[presentation]), spikes)
        self._shown = presentation
        return spikes

    def encode_ahead(self) -> None:
        """Start encoding the next stimuli, if few are left. It is called when the network begins to run.

        Earlier, the thread and the one who simulates would hand the interpreter to each other many times, at each
        call of NumPy that releases it; while the network runs, the thread has it to itself.
        """
        following = self._shown + 1 + len(self._ahead)
        end = min(self._shown + 1 + _MOST_AHEAD, len(self._order))
        if len(self._ahead) <= _MOST_AHEAD - _AT_A_TIME and following < end:
            several = [self._upcoming(presentation) for presentation in range(following, end)]
            self._ahead.extend(several)
            if any(not stimulus.is_ready for stimulus in several):
                self._tasks.put((self._experiment, several))

    def _work(self) -> None:
        if self._experiment.stream is None:  # the pieces of a stream take longer to draw than to simulate
            give_way()
        while (task := self._tasks.get()) is not None:
            experiment, several = task
            for stimulus in several:
                if stimulus.take():
                    try:
                        stimulus.put(self._encode(experiment, stimulus.key[1], 0))
                    except BaseException as error:  # for the one who needs it
                        stimulus.put(error)

    def _upcoming(self, presentation: int) -> _Ahead:
        """Return a stimulus to be encoded, or one whose spikes are known."""
        stimulus = _Ahead(self._key(presentation))
        known = self._kept.get(int(self._order[presentation]))
        if known is not None and stimulus.take():
            stimulus.put(known)
        return stimulus

    def _room_of(self, experiment: Experiment) -> int:
        """Return how many bytes of spikes may be kept: none if they are random, or no stimulus is shown twice."""
        again = experiment.stream is None and not experiment.encoding.draws and experiment.schedule.timing == "intact"
        return _MOST_KEPT if again and self._repeats else 0

    def _keep(self, number: int, spikes: Spikes) -> None:
        if number not in self._kept:
            arrays = (spikes.index, spikes.bin, spikes.currents, spikes.factor)
            self._room -= sum(array.nbytes for array in arrays if array is not None)
            self._kept[number] = spikes

    def _discard(self) -> None:
        for stimulus in self._ahead:
            stimulus.take()  # so that the thread does not
        self._ahead.clear()

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
        self._discard()
        self._tasks.put(None)
        self._thread.join()
