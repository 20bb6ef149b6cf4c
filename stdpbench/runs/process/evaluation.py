"""The label and test phases: frozen presentations, each from the reset state, spread over processes.

Because each presentation starts from the reset state and nothing is learned, its response depends on weights,
thresholds and its own number alone: not on how many processes share the work, nor on the order.
"""

from __future__ import annotations

import os
import signal
import tempfile
import threading
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.datasets import Images
from stdpbench.errors import StdpbenchError
from stdpbench.experiment import Experiment
from stdpbench.files import TEMPORARY, remove_tree
from stdpbench.network import Layout
from stdpbench.readout import SpikeTrains
from stdpbench.runs.process.stimuli import encode
from stdpbench.signals import handled
from stdpbench.simulators import Response, Simulator, available_memory, open_simulator, synapse_memory

_CHUNK = 50
PROCESS_MEMORY = 150 * 2**20  # bytes of a worker without its network


@dataclass(frozen=True, eq=False)
class Part:
    """Responses to a run of pictures.

    Attributes
    ----------
    start : int
        Number of the first picture.
    spike_counts : ndarray, uint16, (n, n_exc)
        Exc spikes per picture.
    attempts : ndarray, int16, (n,)
        How often each picture was shown.
    trains : SpikeTrains
        The same spikes, with their times.
    """

    start: int
    spike_counts: NDArray[np.uint16]
    attempts: NDArray[np.int16]
    trains: SpikeTrains


def default_workers(layout: Layout) -> int:
    """Processors that this process may use, but no more processes than the free memory holds."""
    affinity = getattr(os, "sched_getaffinity", None)
    processors = len(affinity(0)) if affinity else os.cpu_count() or 1
    free = available_memory()
    return processors if free is None else max(1, min(processors, free // (PROCESS_MEMORY + synapse_memory(layout))))


def present_frozen(
    simulator: Simulator,
    experiment: Experiment,
    images: Images,
    phase: str,
    number: int,
    presentation: int | None = None,
) -> tuple[Response, int]:
    """Show one picture with frozen weights, from the reset state, brighter until it draws enough spikes.

    Parameters
    ----------
    number : int
        Of the picture.
    presentation : int, optional
        Numbers the random stream, where a picture is shown again with other input spikes; that of the picture if not
        said.

    Returns
    -------
    response : Response
        To the last attempt.
    attempts : int
    """
    schedule = experiment.schedule
    presentation = number if presentation is None else presentation
    for attempt in range(schedule.max_attempts):
        simulator.reset()
        spikes = encode(experiment, images, phase, presentation, attempt, number)
        # delayed spikes of the whole stimulus still arrive; what they cause after it does not count
        response = simulator.present(spikes, plastic=False, n_rest=simulator.layout.max_delay_bins)
        if odd := simulator.not_finite():
            raise StdpbenchError(
                f"{', '.join(odd)} are no longer finite while picture {number} of phase {phase} is shown: a neuron "
                "parameter is too large"
            )
        if response.spike_counts.sum() >= schedule.min_spikes:
            break
    return response, attempt + 1


def part_of(start: int, shown: Sequence[tuple[Response, int]], n_exc: int, experiment: Experiment) -> Part:
    """Responses to a run of pictures, packed."""
    counts = np.array([response.spike_counts for response, _ in shown]).reshape(-1, n_exc).astype(np.uint16)
    trains = SpikeTrains.of_pictures(
        [(response.exc.index, response.exc.bin) for response, _ in shown],
        n_exc,
        experiment.stimulus_bins,
        experiment.network.dt,
    )
    return Part(start, counts, np.array([attempts for _, attempts in shown], np.int16), trains)


def respond(
    simulator: Simulator,
    experiment: Experiment,
    images: Images,
    phase: str,
    *,
    workers: int,
    chunks: Sequence[tuple[int, int]] | None = None,
) -> Generator[Part, None, None]:
    """Responses to the pictures of a phase, part by part, in any order.

    Parameters
    ----------
    simulator : Simulator
        Holds the weights and thresholds; with one worker it does the work itself, and has its state back afterwards.
    experiment : Experiment
        What is shown and how.
    images : Images
        The pictures, one presentation each.
    phase : {"label", "test", "held-out"}
        Names the random stream of the stimuli.
    workers : int
        Number of processes.
    chunks : sequence of (int, int), optional
        First and one past the last picture of each part; by default all pictures in parts of 50.

    Yields
    ------
    Part
        Responses to some pictures. While the caller does not ask for more, little more is computed. Closing the
        generator ends the processes.
    """
    chunks = split_up(0, len(images)) if chunks is None else chunks
    workers = min(workers, len(chunks))
    if workers <= 1:
        return _in_this_process(simulator, experiment, images, phase, chunks)
    return _in_processes(simulator, experiment, images, phase, chunks, workers)


def split_up(start: int, stop: int) -> list[tuple[int, int]]:
    """Parts of some pictures in a row, as `respond` takes them."""
    return [(first, min(first + _CHUNK, stop)) for first in range(start, stop, _CHUNK)]


def _part(simulator: Simulator, experiment: Experiment, images: Images, phase: str, start: int, stop: int) -> Part:
    shown = [present_frozen(simulator, experiment, images, phase, number) for number in range(start, stop)]
    return part_of(start, shown, simulator.layout.n_exc, experiment)


def _in_this_process(
    simulator: Simulator, experiment: Experiment, images: Images, phase: str, chunks: Sequence[tuple[int, int]]
) -> Generator[Part, None, None]:
    state = simulator.state()
    try:
        for start, stop in chunks:
            yield _part(simulator, experiment, images, phase, start, stop)
    finally:
        simulator.set_state(state)


def _in_processes(
    simulator: Simulator,
    experiment: Experiment,
    images: Images,
    phase: str,
    chunks: Sequence[tuple[int, int]],
    workers: int,
) -> Generator[Part, None, None]:
    from loky import ProcessPoolExecutor, wait
    from loky.process_executor import BrokenProcessPool

    with tempfile.TemporaryDirectory(prefix="stdpbench-") as folder:
        np.save(Path(folder) / "pixels.npy", images.pixels)
        np.save(Path(folder) / "w.npy", simulator.w)
        np.save(Path(folder) / "theta.npy", simulator.theta)
        if simulator.lateral is not None:
            np.save(Path(folder) / "lateral.npy", simulator.lateral)
        arguments = (folder, experiment.to_mapping(), simulator.name, phase, os.getpid())
        with sigint_ignored():  # what a process is born with: Ctrl+C is for the parent, which ends the workers
            pool = ProcessPoolExecutor(workers, initializer=_open_worker, initargs=arguments)
            ahead = iter(chunks)
            tasks = {pool.submit(_worker_part, *chunk) for chunk in islice(ahead, 2 * workers)}
        try:
            while tasks:
                for task in wait(tasks, return_when="FIRST_COMPLETED").done:
                    tasks.discard(task)
                    tasks |= {pool.submit(_worker_part, *chunk) for chunk in islice(ahead, 1)}
                    yield task.result()
        except BrokenProcessPool as error:
            raise StdpbenchError(
                "a process that labels or tests ended unexpectedly, perhaps for want of memory: try --workers 1"
            ) from error
        finally:
            pool.shutdown(wait=True, kill_workers=True)


@contextmanager
def sigint_ignored() -> Iterator[None]:
    """Have processes that are started meanwhile ignore Ctrl+C, which is for the one that ends them."""
    with handled(signal.SIG_IGN, signal.SIGINT):
        yield


_worker: dict[str, Any] = {}


def _open_worker(folder: str, mapping: dict[str, Any], simulator_name: str, phase: str, parent: int) -> None:
    """Open a simulator in a worker process, once."""
    end_with_parent(parent, Path(folder))
    try:
        experiment = Experiment.from_mapping(mapping)
        images = Images(np.load(Path(folder) / "pixels.npy", mmap_mode="r"), None)
        simulator, _ = open_simulator(experiment, images.n_input, simulator_name)
        simulator.w[...] = np.load(Path(folder) / "w.npy")
        simulator.theta[...] = np.load(Path(folder) / "theta.npy")
        if simulator.lateral is not None:
            simulator.lateral[...] = np.load(Path(folder) / "lateral.npy")
        _worker.update(simulator=simulator, experiment=experiment, images=images, phase=phase)
    except StdpbenchError as error:
        _worker["failure"] = error  # told with the first part: a pool whose initializer fails says nothing of use


def end_with_parent(parent: int, folder: Path | None = None) -> None:
    """Have this process end, and what it reads removed, once its parent is gone, which could not if it was killed."""
    threading.Thread(target=end_with, args=(parent, folder), daemon=True).start()


def end_with(parent: int, folder: Path | None) -> None:
    """Wait until a parent is gone; see `end_with_parent`."""
    while os.name != "nt" and os.getppid() == parent:  # Windows does not tell
        time.sleep(1)
    if os.name != "nt":
        if folder is not None:
            with suppress(OSError):
                remove_tree(folder, f"stdpbench-{TEMPORARY}")
        os._exit(1)


def _worker_part(start: int, stop: int) -> Part:
    if "failure" in _worker:
        raise _worker["failure"]
    return _part(_worker["simulator"], _worker["experiment"], _worker["images"], _worker["phase"], start, stop)
