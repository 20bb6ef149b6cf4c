"""How fast a run goes, how long it will take, and how slow it shall be."""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from stdpbench.datasets import Split
from stdpbench.experiment import Experiment
from stdpbench.files import remove_file
from stdpbench.runs.folder.run_folder import PROGRESS
from stdpbench.runs.process.evaluation import PROCESS_MEMORY, default_workers, present_frozen
from stdpbench.runs.process.stimuli import encode
from stdpbench.runs.protocol.facts import Progress
from stdpbench.simulators import Simulator, synapse_memory

_WINDOW = 10.0  # s over which speed is measured
_EVERY = 0.5  # s between two writings of the progress file
_TRIALS = 3


class Pace:
    """Measures speed, tells progress, and holds training back where it is asked to go slowly.

    Attributes
    ----------
    shortest : float
        Least time from one training presentation to the next, in seconds.
    """

    def __init__(self) -> None:
        self.shortest = 0.0
        self._marks: deque[tuple[float, int]] = deque()
        self._latest: dict[str, Any] = {}
        self._shown = 0.0
        self._last = 0.0

    def take(self, progress: Progress, position: int, before: int) -> None:
        """Take in how far a phase has come; `before` is the position at which it began."""
        now = time.monotonic()
        if self._latest.get("phase") != progress.phase:
            self._marks.clear()
        self._marks.append((now, position))
        while len(self._marks) > 2 and now - self._marks[0][0] > _WINDOW:
            self._marks.popleft()
        begun, first = self._marks[0]
        speed = (position - first) / (now - begun) if now > begun and position > first else None
        left = None if speed is None else (progress.total - progress.done) / speed
        self._latest = {
            **vars(progress),
            "position": position,
            "images_per_second": speed,
            "seconds_left": left,
        }

    def restart(self, position: int) -> None:
        """Begin to measure anew: the run stood still."""
        self._marks.clear()
        self._marks.append((time.monotonic(), position))

    def values(self) -> dict[str, Any]:
        """The frame ``progress``, empty until a phase has begun; ``pace`` is `shortest`."""
        return self._latest and self._latest | {"pace": self.shortest}

    def show(self, folder: Path, state: str, position: int, *, force: bool = False) -> None:
        """Write the progress file for readers without a connection, now and then; it may fail."""
        now = time.monotonic()
        if not force and now - self._shown < _EVERY:
            return
        self._shown = now
        path = folder / PROGRESS
        aside = path.with_name(f".{PROGRESS}.part")
        try:
            aside.write_text(json.dumps({**self._latest, "state": str(state), "position": position}), encoding="utf-8")
            aside.replace(path)
        except OSError:
            with suppress(OSError):
                remove_file(aside)

    def wait(self, listen: Callable[[float], None], going: Callable[[], bool]) -> None:
        """Wait until the next training presentation may begin, open to requests; no longer than the run is `going`."""
        while going() and self.shortest and (left := self._last + self.shortest - time.monotonic()) > 0:
            listen(min(left, 0.05))
        if going():
            self._last = time.monotonic()


def estimate(
    simulator: Simulator,
    experiment: Experiment,
    split: Split,
    workers: int,
    n_train: int,
    phases: Sequence[tuple[str, int]],
) -> tuple[float, int]:
    """Seconds and bytes that a run will take, from a few presentations; the simulator has its state back afterwards.

    k-means is not in it. Seconds are as if the machine did nothing else.
    """
    state = simulator.state()
    learning, frozen = [], []
    for number in range(_TRIALS):
        begun = time.perf_counter()
        if n_train and len(split.train):
            image = number % len(split.train)
            spikes = encode(experiment, split.train, "train", 0, 0, image)
            simulator.present(spikes, plastic=True, n_rest=experiment.rest_bins)
        middle = time.perf_counter()
        present_frozen(simulator, experiment, split.test, "test", number % len(split.test))
        learning.append(middle - begun)
        frozen.append(time.perf_counter() - middle)
    simulator.set_state(state)
    n_frozen = sum(total for _, total in phases)
    n_workers = workers or default_workers(simulator.layout)
    seconds = n_train * sorted(learning)[_TRIALS // 2] + n_frozen * sorted(frozen)[_TRIALS // 2] / n_workers
    n_label = max((total for name, total in phases if name.endswith("label")), default=0)
    responses = 2 * simulator.layout.n_exc * (n_label + len(split.test))
    pictures = split.train.pixels.nbytes + split.test.pixels.nbytes
    memory = (1 + n_workers) * (PROCESS_MEMORY + synapse_memory(simulator.layout)) + responses + 2 * pictures
    return seconds, memory
