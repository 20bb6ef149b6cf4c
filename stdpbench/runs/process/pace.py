"""Speed of a run: measurement, estimate of the remaining time, and limit."""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from stdpbench.base.files import remove_file
from stdpbench.data.datasets import Split
from stdpbench.engine.simulators import Simulator, synapse_memory
from stdpbench.experiment import Experiment, encode, n_bins
from stdpbench.runs.folder.run_folder import PROGRESS
from stdpbench.runs.presentation.frozen import as_evaluated, noise_of, present_frozen
from stdpbench.runs.presentation.processes import PROCESS_MEMORY, default_workers
from stdpbench.runs.protocol.facts import Progress

_WINDOW = 10.0  # s over which the speed is measured
_EVERY = 0.5  # s between two updates of the progress file
_TRIALS = 3
_STEPS = 2000  # time steps of a stream that are simulated for an estimate


class Pace:
    """Measures the speed of a run, reports progress, and limits the speed of training.

    Attributes
    ----------
    min_interval : float
        Minimum time from one training presentation to the next, in seconds.
    """

    def __init__(self) -> None:
        self.min_interval = 0.0
        self._marks: deque[tuple[float, int]] = deque()
        self._latest: dict[str, Any] = {}
        self._shown = 0.0
        self._last = 0.0

    def update(self, progress: Progress, position: int) -> None:
        """Update the measured speed with the progress of a phase and the position of the run."""
        now = time.monotonic()
        if self._latest.get("phase") != progress.phase:
            self._marks.clear()
        self._marks.append((now, position))
        while len(self._marks) > 2 and now - self._marks[0][0] > _WINDOW:
            self._marks.popleft()
        begun, first = self._marks[0]
        speed = (position - first) / (now - begun) if now > begun and position > first else None
        remaining = progress.total - progress.done
        seconds_left = None if speed is None else remaining / speed
        if progress.phase == "train" and self.min_interval:
            seconds_left = max(seconds_left or 0.0, remaining * self.min_interval)
        self._latest = {
            **vars(progress),
            "position": position,
            "images_per_second": speed,
            "seconds_left": seconds_left,
        }

    def limit(self, seconds: float, position: int) -> None:
        """Set the minimum time from one training presentation to the next, and measure the speed from now on.

        Parameters
        ----------
        seconds : float
            The time; 0: no limit.
        position : int
            Position of the run.
        """
        self.min_interval = max(0.0, seconds)
        self.restart(position)

    def restart(self, position: int) -> None:
        """Restart the measurement after a pause, or after a change of the limit."""
        self._marks.clear()
        self._marks.append((time.monotonic(), position))

    def values(self) -> dict[str, Any]:
        """Return the frame ``progress``, empty until a phase has begun; ``pace`` is `min_interval`."""
        return self._latest and self._latest | {"pace": self.min_interval}

    def show(self, folder: Path, state: str, position: int, *, force: bool = False) -> None:
        """Write the progress file for readers without a connection, at limited rate and ignoring errors."""
        now = time.monotonic()
        if not force and now - self._shown < _EVERY:
            return
        self._shown = now
        path = folder / PROGRESS
        partial = path.with_name(f".{PROGRESS}.part")
        try:
            partial.write_text(
                json.dumps({**self._latest, "state": str(state), "position": position}), encoding="utf-8"
            )
            partial.replace(path)
        except OSError:
            with suppress(OSError):
                remove_file(partial)

    def wait(self, listen: Callable[[float], None], going: Callable[[], bool]) -> None:
        """Wait until the next training presentation may begin, handling requests, while the run is `going`."""
        while going() and self.min_interval and (remaining := self._last + self.min_interval - time.monotonic()) > 0:
            listen(min(remaining, 0.05))
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
    """Estimate the time and memory of the rest of a run from a few presentations.

    The state of the simulator is restored. The estimate excludes k-means and assumes an otherwise idle machine.

    Parameters
    ----------
    simulator : Simulator
        The network.
    experiment : Experiment
        The experiment with the active parameters.
    split : Split
        The pictures.
    workers : int
        Number of processes for the label and test phases; 0: the default.
    n_train : int
        Number of training presentations left.
    phases : sequence of (str, int)
        Name and number of presentations of the other phases.

    Returns
    -------
    seconds : float
    memory : int
        Peak memory of all processes, in bytes.
    """
    state = simulator.state()
    if experiment.stream is not None:
        bins = min(experiment.stimulus_bins, _STEPS)
        spikes = experiment.stream.spikes(experiment.seed, 0, bins, experiment.network.dt * 1e-3)
        begun = time.perf_counter()
        noise = noise_of(simulator.graph, experiment, "train", 0, 0, bins)
        simulator.present(spikes, bins, plastic=True, noise=noise)
        seconds = n_train * (time.perf_counter() - begun) * experiment.stimulus_bins / bins
        simulator.set_state(state)
        return seconds, PROCESS_MEMORY + synapse_memory(simulator.layout)
    learning, frozen = [], []
    for number in range(_TRIALS):
        begun = time.perf_counter()
        if n_train and len(split.train):
            image = number % len(split.train)
            spikes = encode(experiment, split.train, "train", 0, 0, image)
            bins, n_rest = n_bins(experiment, split.train, image), experiment.rest_bins
            noise = noise_of(simulator.graph, experiment, "train", 0, 0, bins + n_rest)
            simulator.present(spikes, bins, plastic=True, n_rest=n_rest, noise=noise)
        learnt = time.perf_counter() - begun
        with as_evaluated(simulator, experiment) as shown:
            middle = time.perf_counter()
            present_frozen(simulator, shown, split.test, "test", number % len(split.test))
            end = time.perf_counter()
        learning.append(learnt)
        frozen.append(end - middle)
    simulator.set_state(state)
    n_frozen = sum(total for _, total in phases)
    n_workers = workers or default_workers(simulator.layout)
    seconds = n_train * sorted(learning)[_TRIALS // 2] + n_frozen * sorted(frozen)[_TRIALS // 2] / n_workers
    n_label = max((total for name, total in phases if name.endswith("label")), default=0)
    responses = 2 * simulator.n_read * (n_label + len(split.test))
    pictures = split.train.nbytes + split.test.nbytes
    memory = n_workers * (PROCESS_MEMORY + synapse_memory(simulator.layout)) + responses + 2 * pictures
    return seconds, memory
