"""Present many stimuli to a frozen network, distributed over processes.

Because each presentation starts from the reset state and nothing is learned, its response depends only on weights,
thresholds and its number, not on the number of processes or the order of presentations.

The process that asks for responses presents pictures, too. If it only collected responses, it would interrupt one of
the other processes whenever a part is ready.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.files import TEMPORARY, process_exists, remove_tree
from stdpbench.base.paths import SAFE
from stdpbench.base.signals import handled
from stdpbench.data.stimuli import StimulusSet, stimuli_of
from stdpbench.engine.network import Layout, Learned
from stdpbench.engine.simulators import Simulator, available_memory, open_simulator, synapse_memory
from stdpbench.experiment import Experiment, input_shape
from stdpbench.results.readout import SpikeTrains
from stdpbench.runs.presentation.frozen import as_evaluated, present_frozen, put_in_force

_SECONDS = 0.1
"""Intended duration of a part: requests and the display of progress wait as long."""
_PER_PROCESS = 50  # minimum number of pictures per process
_FIRST, _LAST = 10, 5  # pictures in the first parts, before speed is known, and fewest pictures in the last ones
_QUEUED = 3
"""Parts queued for each other process, so that it has work while this one presents a part."""
_REPEAT = 2**32  # presentations of each repeat are numbered from a multiple of this
Disturb = Callable[[StimulusSet, int, Experiment], StimulusSet]
"""Changes stimuli, given the number of the first one and the experiment; other processes must be able to import it."""
PROCESS_MEMORY = 150 * 2**20  # memory of a worker process without its network, in bytes


@dataclass(frozen=True, eq=False)
class Part:
    """Responses to consecutive pictures.

    Attributes
    ----------
    start : int
        Number of the first picture.
    attempts : ndarray, int16, (n,)
        Number of times each picture was shown.
    trains : SpikeTrains
        Exc spikes.
    spikes : mapping of str to ndarray, int64, (n,)
        Number of spikes of each population in the last attempt at each picture.
    """

    start: int
    attempts: NDArray[np.int16]
    trains: SpikeTrains
    spikes: Mapping[str, NDArray[np.int64]]

    @property
    def spike_counts(self) -> NDArray[np.uint16]:
        """Exc spikes per picture: uint16, (n, n_exc). Processes exchange spikes, which need a tenth of the memory."""
        return self.trains.counts()

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """Join at least one part, in the order of pictures."""
        parts = sorted(parts, key=lambda part: part.start)
        return cls(
            parts[0].start,
            np.concatenate([part.attempts for part in parts]),
            SpikeTrains.joined([part.trains for part in parts]),
            {name: np.concatenate([part.spikes[name] for part in parts]) for name in parts[0].spikes},
        )


def processors() -> int:
    """Return the number of processors that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def default_workers(layout: Layout) -> int:
    """Return the number of available processors, limited by the number of processes that fit into free memory.

    This process, which already has its network, is counted.
    """
    free = available_memory()
    return processors() if free is None else min(processors(), 1 + free // (PROCESS_MEMORY + synapse_memory(layout)))


def respond(
    simulator: Simulator,
    experiment: Experiment,
    images: StimulusSet,
    phase: str,
    *,
    workers: int,
    ranges: Sequence[tuple[int, int]] | None = None,
    processes: Processes | None = None,
    repeat: int = 0,
    disturb: Disturb | None = None,
) -> Generator[Part, None, None]:
    """Compute the responses of a frozen network to pictures in parts, which may arrive in any order.

    Parameters
    ----------
    simulator : Simulator
        The network; its state is restored afterwards.
    experiment : Experiment
        Parameters of the presentations.
    images : StimulusSet
        The stimuli, one presentation each.
    phase : {"label", "test", "held-out"}
        Name of the random stream of the stimuli.
    workers : int
        Number of processes, including this one.
    ranges : sequence of (int, int), optional
        First and one past the last picture of each range to show; default: all pictures. A part lies within one range.
    processes : Processes, optional
        The other processes, for several phases of the same network; default: new ones for this phase.
    repeat : int
        0: the input spikes of the phase; other numbers: other input spikes.
    disturb : callable, optional
        Changes the stimuli of each part before they are presented.

    Yields
    ------
    Part
        Responses to some pictures: as many as take a tenth of a second. Only a limited number of parts is computed
        ahead of the caller. Closing the generator early ends the other processes.
    """
    ranges = [(0, len(images))] if ranges is None else ranges
    workers = min(workers, -(-sum(stop - start for start, stop in ranges) // _PER_PROCESS))
    shares, show = _Shares(ranges, workers), partial(_part, phase, repeat, disturb)
    if workers <= 1:
        return _respond_here(simulator, experiment, images, show, shares)
    return _respond_in_processes(simulator, experiment, images, show, shares, workers - 1, processes)


class _Shares:
    """Divides ranges of pictures into parts, each of which takes about `_SECONDS`; the last ones are shorter."""

    def __init__(self, ranges: Sequence[tuple[int, int]], workers: int) -> None:
        self._ranges = deque((start, stop) for start, stop in ranges if start < stop)
        self._workers = workers
        self._pace = 0.0  # s per picture
        self.left = sum(stop - start for start, stop in self._ranges)

    def take(self) -> tuple[int, int] | None:
        """Return the first and one past the last picture of the next part; None if there are no more pictures."""
        if not self._ranges:
            return None
        start, stop = self._ranges.popleft()
        size = max(1, int(_SECONDS / self._pace)) if self._pace else _FIRST
        if self._workers > 1:  # so that all processes end at about the same time
            size = min(size, max(_LAST, self.left // (2 * _QUEUED * self._workers)))
        n_parts = -(-(stop - start) // size)
        end = start + -(-(stop - start) // n_parts)  # parts of a range are about equal
        if end < stop:
            self._ranges.appendleft((end, stop))
        self.left -= end - start
        return start, end

    def record_time(self, n_pictures: int, seconds: float) -> None:
        """Record how long a part took, for the size of the next one."""
        self._pace = seconds / n_pictures


def _part(
    phase: str,
    repeat: int,
    disturb: Disturb | None,
    simulator: Simulator,
    experiment: Experiment,
    images: StimulusSet,
    start: int,
) -> Part:
    """Show consecutive pictures; the first one has the number `start` in the phase."""
    if disturb is not None:
        images = disturb(images, start, experiment)
    first = start + repeat * _REPEAT
    shown = [
        present_frozen(simulator, experiment, images, phase, k, first + k, called=start + k)
        for k in range(len(images))
    ]
    responses, graph = [response for response, _ in shown], simulator.graph
    counted = [response.counted(graph.read) for response in responses]
    trains = SpikeTrains.of_pictures(
        [(spikes.index, spikes.bin) for spikes in counted],
        simulator.n_read,
        experiment.stimulus_bins,
        experiment.network.dt,
    )
    spikes = {
        name: [len(response.input if name == graph.input else response.counted(name)) for response in responses]
        for name in graph.populations
    }
    return Part(
        start,
        np.array([attempts for _, attempts in shown], np.int16),
        trains,
        {name: np.array(numbers, np.int64) for name, numbers in spikes.items()},
    )


def _respond_here(
    simulator: Simulator, experiment: Experiment, images: StimulusSet, show: Callable[..., Part], shares: _Shares
) -> Generator[Part, None, None]:
    state = simulator.state()
    try:
        with as_evaluated(simulator, experiment) as shown:
            while (share := shares.take()) is not None:
                begun = time.perf_counter()
                part = show(simulator, shown, images.part(*share), share[0])
                shares.record_time(len(part.attempts), time.perf_counter() - begun)
                yield part
    finally:
        simulator.set_state(state)


def _respond_in_processes(
    simulator: Simulator,
    experiment: Experiment,
    images: StimulusSet,
    show: Callable[..., Part],
    shares: _Shares,
    n_others: int,
    pool: Processes | None,
) -> Generator[Part, None, None]:
    from loky import wait
    from loky.process_executor import BrokenProcessPool

    processes, tasks = pool or Processes(), set[Any]()
    keep = False
    try:
        processes.begin(simulator, experiment, images, n_others)
        with closing(_respond_here(simulator, experiment, images, show, shares)) as own_parts:
            while tasks or shares.left:
                while len(tasks) < _QUEUED * n_others and (share := shares.take()) is not None:
                    tasks.add(processes.submit(show, images.part(*share), share[0]))
                if (part := next(own_parts, None)) is not None:
                    yield part
                else:
                    wait(tasks, return_when="FIRST_COMPLETED")
                for task in [task for task in tasks if task.done()]:
                    tasks.discard(task)
                    yield task.result()
        keep = pool is not None
    except BrokenProcessPool as error:
        raise StdpbenchError(
            f"{processes.name} exited unexpectedly, perhaps for lack of memory: try --workers 1"
        ) from error
    finally:
        if not keep:
            processes.close()


class Processes:
    """Worker processes that show pictures in parallel with this process.

    They live until `close`: starting one and opening its network takes as long as a thousand presentations.

    Parameters
    ----------
    name : str
        Name of one of them in error messages.
    """

    def __init__(self, name: str = "a process of the label or test phase") -> None:
        self.name = name
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._pool: Any = None
        self._n = 0  # processes of the pool
        self._network = 0, dict[str, Any]()  # its number and experiment

    def begin(self, simulator: Simulator, experiment: Experiment, images: StimulusSet, n_others: int) -> None:
        """Set the parameters and learned arrays for all later parts; no part may be in progress."""
        from loky import ProcessPoolExecutor

        if n_others > self._n:  # the previous phase had fewer pictures
            self.close()
        mapping = experiment.to_mapping()
        if self._folder is None:
            self._n = n_others
            self._folder = tempfile.TemporaryDirectory(prefix="stdpbench-")
            arguments = (self._folder.name, mapping, input_shape(experiment, images), simulator.name, os.getpid())
            self._pool = ProcessPoolExecutor(n_others, env=SAFE, initializer=_open_worker, initargs=arguments)
        self._network = self._network[0] + 1, mapping
        simulator.learned_views.save(Path(self._folder.name) / _LEARNED)

    def submit(self, show: Callable[..., Part], images: StimulusSet, start: int) -> Any:
        """Show pictures in a worker process, the first of them number `start` of the phase; return a future `Part`.

        The pictures are sent with the task, which is faster than writing them all to a file.
        """
        with sigint_ignored():  # inherited by processes that start now, which the parent ends on Ctrl+C
            return self._pool.submit(_worker_part, *self._network, show, images.kind, images.arrays, start)

    def close(self) -> None:
        """End the processes; `begin` starts new ones."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, kill_workers=True)
        if self._folder is not None:
            self._folder.cleanup()
        self._pool = self._folder = None
        self._n = 0


@contextmanager
def sigint_ignored() -> Iterator[None]:
    """Make processes that are started in the block ignore Ctrl+C, which their parent handles."""
    with handled(signal.SIG_IGN, signal.SIGINT):
        yield


_LEARNED = "learned"  # subfolder with the learned arrays
_worker: dict[str, Any] = {}


def _open_worker(
    folder: str, mapping: dict[str, Any], shape: tuple[int, int], simulator_name: str, parent: int
) -> None:
    """Open a simulator in a worker process, once."""
    end_with_parent(parent, Path(folder))
    try:
        experiment = Experiment.from_mapping(mapping)
        simulator, _ = open_simulator(experiment, shape, simulator_name)
        _worker.update(simulator=simulator, learned=Path(folder) / _LEARNED, network=0)
    except StdpbenchError as error:
        # raised with the first part, since a failing initializer of a pool gives no useful error
        _worker["failure"] = error


def end_with_parent(parent: int, folder: Path | None = None) -> None:
    """End this process and remove its input folder when its parent exits, even if the parent is killed."""
    threading.Thread(target=_end_with, args=(parent, folder), daemon=True).start()


def _end_with(parent: int, folder: Path | None) -> None:
    # on Windows, getppid does not change when the parent exits, and a virtual environment adds a process in between
    while process_exists(parent) if sys.platform == "win32" else os.getppid() == parent:
        time.sleep(1)
    if folder is not None:
        with suppress(OSError):
            remove_tree(folder, f"stdpbench-{TEMPORARY}")
    os._exit(1)


def _worker_part(
    network: int,
    mapping: dict[str, Any],
    show: Callable[..., Part],
    kind: str,
    arrays: dict[str, NDArray[Any]],
    start: int,
) -> Part:
    if "failure" in _worker:
        raise _worker["failure"]
    simulator = _worker["simulator"]
    if _worker["network"] != network:
        simulator.set_learned(Learned.load(_worker["learned"]))
        _worker.update(network=network, shown=put_in_force(simulator, Experiment.from_mapping(mapping)))
    return show(simulator, _worker["shown"], stimuli_of(kind, arrays, None), start)
