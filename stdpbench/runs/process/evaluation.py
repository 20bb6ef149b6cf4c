"""The label and test phases: frozen presentations, each from the reset state, distributed over processes.

Because each presentation starts from the reset state and nothing is learned, its response depends only on weights,
thresholds and its number, not on the number of processes or the order of presentations.

The process of the run presents pictures, too. If it only collected responses, it would interrupt one of the other
processes whenever a part is ready.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.files import TEMPORARY, process_exists, remove_tree
from stdpbench.base.paths import SAFE
from stdpbench.base.signals import handled
from stdpbench.data.stimuli import StimulusSet, stimuli_of
from stdpbench.engine.network import Layout, Learned, draw_noise
from stdpbench.engine.network.initial import slow_start
from stdpbench.engine.simulators import Response, Simulator, available_memory, open_simulator, synapse_memory
from stdpbench.experiment import Experiment, encode, input_shape, n_bins
from stdpbench.experiment.graph import Graph
from stdpbench.kinds.encoding import Spikes
from stdpbench.kinds.encoding.base import PHASES
from stdpbench.results.readout import SpikeTrains


def noise_of(
    graph: Graph, experiment: Experiment, phase: str, presentation: int, attempt: int, n_bins: int
) -> dict[str, Spikes]:
    """Return the noise into all populations with noise; it depends only on the arguments.

    Parameters
    ----------
    graph : Graph
        The network with the active parameters.
    experiment : Experiment
        The experiment, for its seed.
    phase, presentation, attempt
        As for the stimulus. In the training of a stream, all presentations are steps of one continuous noise.
    n_bins : int
        Number of steps, including the rest.
    """
    if graph.stream and phase == "train":
        return draw_noise(graph, (experiment.seed,), presentation * n_bins, n_bins)
    return draw_noise(graph, (experiment.seed, PHASES.index(phase), presentation, attempt), 0, n_bins)


_SECONDS = 0.1
"""Intended duration of a part: requests and the display of progress wait as long."""
_PER_PROCESS = 50  # minimum number of pictures per process
_FIRST, _LAST = 10, 5  # pictures in the first parts, before speed is known, and fewest pictures in the last ones
_QUEUED = 3
"""Parts queued for each other process, so that it has work while this one presents a part."""
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
    """

    start: int
    attempts: NDArray[np.int16]
    trains: SpikeTrains

    @property
    def spike_counts(self) -> NDArray[np.uint16]:
        """Exc spikes per picture: uint16, (n, n_exc). Processes exchange spikes, which need a tenth of the memory."""
        return self.trains.counts()


def default_workers(layout: Layout) -> int:
    """Return the number of available processors, limited by the number of processes that fit into free memory.

    This process, which already has its network, is counted.
    """
    affinity = getattr(os, "sched_getaffinity", None)
    processors = len(affinity(0)) if affinity else os.cpu_count() or 1
    free = available_memory()
    return processors if free is None else min(processors, 1 + free // (PROCESS_MEMORY + synapse_memory(layout)))


def put_in_force(simulator: Simulator, experiment: Experiment) -> Experiment:
    """Set the parameters and thresholds of a trained network to those of evaluation; return that experiment."""
    shown = experiment.evaluated
    simulator.set_parameters(shown)
    if experiment.evaluation.thresholds == "start":
        graph = simulator.graph
        for name, array in simulator.learned_views.items():
            owner, _, variable = name.partition(".")
            if owner in graph.populations:
                array[...] = slow_start(graph.populations[owner], variable)
    return shown


@contextmanager
def as_evaluated(simulator: Simulator, experiment: Experiment) -> Iterator[Experiment]:
    """Set a network to evaluation within the block, and yield the experiment with the parameters of evaluation."""
    if experiment.evaluation.is_default:
        yield experiment
        return
    before, learned = simulator.experiment, simulator.learned
    try:
        yield put_in_force(simulator, experiment)
    finally:
        simulator.set_parameters(before)
        simulator.set_learned(learned)


def present_frozen(
    simulator: Simulator,
    experiment: Experiment,
    images: StimulusSet,
    phase: str,
    number: int,
    presentation: int | None = None,
    record: Mapping[str, Sequence[int]] | None = None,
    called: int | None = None,
    attempts: int | None = None,
) -> tuple[Response, int]:
    """Show a picture with frozen weights, from the reset state, brighter until it evokes enough spikes.

    Parameters
    ----------
    simulator : Simulator
        The network.
    experiment : Experiment
        The active parameters.
    images : StimulusSet
        The stimuli.
    phase : str
        Name of the random stream of the stimuli.
    number : int
        Number of the picture.
    presentation : int, optional
        Number of the presentation in the random stream; another number gives other input spikes. Default: `number`.
    record : mapping of str to sequence of int, optional
        Neurons by population whose variables are recorded.
    called : int, optional
        Number of the picture in error messages, if `images` are only a part of all pictures.
    attempts : int, optional
        Maximum number of attempts; default: that of the experiment.

    Returns
    -------
    response : Response
        Response to the last attempt.
    attempts : int
        Number of attempts.

    Raises
    ------
    StdpbenchError
        If the state of neurons becomes infinite or NaN.
    """
    schedule = experiment.schedule
    presentation = number if presentation is None else presentation
    bins = n_bins(experiment, images, number)
    for attempt in range(attempts or experiment.attempts):
        simulator.reset()
        spikes = encode(experiment, images, phase, presentation, attempt, number)
        # simulate until all delayed spikes have arrived; spikes evoked after the stimulus do not count
        n_rest = simulator.layout.max_delay_bins
        noise = noise_of(simulator.graph, experiment, phase, presentation, attempt, bins + n_rest)
        response = simulator.present(spikes, bins, plastic=False, n_rest=n_rest, noise=noise, record=record)
        if odd := simulator.not_finite():
            raise StdpbenchError(
                f"{', '.join(odd)} are no longer finite while picture {number if called is None else called} of "
                f"phase {phase} is shown: a neuron parameter is too large"
            )
        if response.counts(simulator.graph.read).sum() >= schedule.min_spikes:
            break
    return response, attempt + 1


def part_of(start: int, shown: Sequence[tuple[Response, int]], simulator: Simulator, experiment: Experiment) -> Part:
    """Return the responses of the population that is read to consecutive pictures, as arrays."""
    counted = [response.counted(simulator.graph.read) for response, _ in shown]
    trains = SpikeTrains.of_pictures(
        [(spikes.index, spikes.bin) for spikes in counted],
        simulator.n_read,
        experiment.stimulus_bins,
        experiment.network.dt,
    )
    return Part(start, np.array([attempts for _, attempts in shown], np.int16), trains)


def respond(
    simulator: Simulator,
    experiment: Experiment,
    images: StimulusSet,
    phase: str,
    *,
    workers: int,
    ranges: Sequence[tuple[int, int]] | None = None,
    processes: Processes | None = None,
) -> Generator[Part, None, None]:
    """Compute the responses to the pictures of a phase in parts, which may arrive in any order.

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
        The other processes, for several phases of the same experiment; default: new ones for this phase.

    Yields
    ------
    Part
        Responses to some pictures: as many as take a tenth of a second. Only a limited number of parts is computed
        ahead of the caller. Closing the generator early ends the other processes.
    """
    ranges = [(0, len(images))] if ranges is None else ranges
    workers = min(workers, -(-sum(stop - start for start, stop in ranges) // _PER_PROCESS))
    shares = _Shares(ranges, workers)
    if workers <= 1:
        return _respond_here(simulator, experiment, images, phase, shares)
    return _respond_in_processes(simulator, experiment, images, phase, shares, workers - 1, processes)


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


def _part(simulator: Simulator, experiment: Experiment, images: StimulusSet, phase: str, start: int) -> Part:
    """Show consecutive pictures; the first one has the number `start` in the phase."""
    shown = [
        present_frozen(simulator, experiment, images, phase, k, start + k, called=start + k)
        for k in range(len(images))
    ]
    return part_of(start, shown, simulator, experiment)


def _respond_here(
    simulator: Simulator, experiment: Experiment, images: StimulusSet, phase: str, shares: _Shares
) -> Generator[Part, None, None]:
    state = simulator.state()
    try:
        with as_evaluated(simulator, experiment) as shown:
            while (share := shares.take()) is not None:
                begun = time.perf_counter()
                part = _part(simulator, shown, images.part(*share), phase, share[0])
                shares.record_time(len(part.attempts), time.perf_counter() - begun)
                yield part
    finally:
        simulator.set_state(state)


def _respond_in_processes(
    simulator: Simulator,
    experiment: Experiment,
    images: StimulusSet,
    phase: str,
    shares: _Shares,
    n_others: int,
    pool: Processes | None,
) -> Generator[Part, None, None]:
    from loky import wait
    from loky.process_executor import BrokenProcessPool

    processes, tasks = pool or Processes(), set[Any]()
    keep = False
    try:
        processes.begin(simulator, experiment, images, phase, n_others)
        with closing(_respond_here(simulator, experiment, images, phase, shares)) as own_parts:
            while tasks or shares.left:
                while len(tasks) < _QUEUED * n_others and (share := shares.take()) is not None:
                    tasks.add(processes.submit(share[0], images.part(*share)))
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
            "a process of the label or test phase exited unexpectedly, perhaps for lack of memory: try --workers 1"
        ) from error
    finally:
        if not keep:
            processes.close()


class Processes:
    """Worker processes that show pictures in parallel with this process.

    They live until `close`: starting one and opening its network takes as long as a thousand presentations.
    """

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._pool: Any = None
        self._n = 0  # processes of the pool
        self._network = (Path(), "")
        self._phases = 0

    def begin(
        self, simulator: Simulator, experiment: Experiment, images: StimulusSet, phase: str, n_others: int
    ) -> None:
        """Set the phase and the learned arrays for all later parts; no part may be in progress."""
        from loky import ProcessPoolExecutor

        if n_others > self._n:  # the previous phase had fewer pictures
            self.close()
        if self._folder is None:
            self._n = n_others
            self._folder = tempfile.TemporaryDirectory(prefix="stdpbench-")
            shape, parent = input_shape(experiment, images), os.getpid()
            arguments = (self._folder.name, experiment.to_mapping(), shape, simulator.name, parent)
            self._pool = ProcessPoolExecutor(n_others, env=SAFE, initializer=_open_worker, initargs=arguments)
        self._phases += 1
        self._network = Path(self._folder.name) / f"learned{self._phases}", phase
        simulator.learned_views.save(self._network[0])

    def submit(self, start: int, images: StimulusSet) -> Any:
        """Show pictures in a worker process, the first of them number `start` of the phase; return a future `Part`.

        The pictures are sent with the task, which is faster than writing them all to a file.
        """
        with sigint_ignored():  # inherited by processes that start now, which the parent ends on Ctrl+C
            return self._pool.submit(_worker_part, *self._network, start, images.kind, images.arrays)

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


_worker: dict[str, Any] = {}


def _open_worker(
    folder: str, mapping: dict[str, Any], shape: tuple[int, int], simulator_name: str, parent: int
) -> None:
    """Open a simulator in a worker process, once."""
    end_with_parent(parent, Path(folder))
    try:
        experiment = Experiment.from_mapping(mapping)
        simulator, _ = open_simulator(experiment, shape, simulator_name)
        _worker.update(simulator=simulator, experiment=experiment, learned=None)
    except StdpbenchError as error:
        # raised with the first part, since a failing initializer of a pool gives no useful error
        _worker["failure"] = error


def end_with_parent(parent: int, folder: Path | None = None) -> None:
    """End this process and remove its input folder when its parent exits, even if the parent is killed."""
    threading.Thread(target=end_with, args=(parent, folder), daemon=True).start()


def end_with(parent: int, folder: Path | None) -> None:
    """Wait until the parent exits, then end this process; see `end_with_parent`."""
    # on Windows, getppid does not change when the parent exits, and a virtual environment adds a process in between
    while process_exists(parent) if sys.platform == "win32" else os.getppid() == parent:
        time.sleep(1)
    if folder is not None:
        with suppress(OSError):
            remove_tree(folder, f"stdpbench-{TEMPORARY}")
    os._exit(1)


def _worker_part(learned: Path, phase: str, start: int, kind: str, arrays: dict[str, NDArray[Any]]) -> Part:
    if "failure" in _worker:
        raise _worker["failure"]
    simulator = _worker["simulator"]
    if _worker["learned"] != learned:
        simulator.set_learned(Learned.load(learned))
        _worker.update(learned=learned, shown=put_in_force(simulator, _worker["experiment"]))
    return _part(simulator, _worker["shown"], stimuli_of(kind, arrays, None), phase, start)


def sums_are_finite(arrays: Iterable[NDArray[Any]]) -> bool:
    """Return whether the sum of each array is finite, which implies that all its values are.

    A sum that overflows is not finite either; values that large are useless, too.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        return all(bool(np.isfinite(array.sum())) for array in arrays)
