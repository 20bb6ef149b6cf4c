"""The label and test phases: frozen presentations, each from the reset state, distributed over processes.

Because each presentation starts from the reset state and nothing is learned, its response depends on weights,
thresholds and its number alone, not on the number of processes or the order of presentations.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.errors import StdpbenchError
from stdpbench.experiment import Experiment, encode, input_shape, n_bins
from stdpbench.files import TEMPORARY, process_exists, remove_tree
from stdpbench.network import Layout, Learned
from stdpbench.network.initial import slow_start
from stdpbench.readout import SpikeTrains
from stdpbench.runs.process.noise import noise_of
from stdpbench.signals import handled
from stdpbench.simulators import Response, Simulator, available_memory, open_simulator, synapse_memory
from stdpbench.stimuli import StimulusSet, load_stimuli, save_stimuli

_CHUNK = 50
PROCESS_MEMORY = 150 * 2**20  # memory of a worker process without its network, in bytes


@dataclass(frozen=True, eq=False)
class Part:
    """Responses to consecutive pictures.

    Attributes
    ----------
    start : int
        Number of the first picture.
    spike_counts : ndarray, uint16, (n, n_exc)
        Exc spikes per picture.
    attempts : ndarray, int16, (n,)
        Number of times each picture was shown.
    trains : SpikeTrains
        The same spikes, with their times.
    """

    start: int
    spike_counts: NDArray[np.uint16]
    attempts: NDArray[np.int16]
    trains: SpikeTrains


def default_workers(layout: Layout) -> int:
    """Return the number of available processors, limited by the number of processes that fit into free memory."""
    affinity = getattr(os, "sched_getaffinity", None)
    processors = len(affinity(0)) if affinity else os.cpu_count() or 1
    free = available_memory()
    return processors if free is None else max(1, min(processors, free // (PROCESS_MEMORY + synapse_memory(layout))))


def put_in_force(simulator: Simulator, experiment: Experiment) -> Experiment:
    """Have a network that has learned answer as in evaluation, and return the experiment that is in force then."""
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
    """Have a network answer as in evaluation within the block, which gets the experiment that is in force then."""
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
) -> tuple[Response, int]:
    """Show a picture with frozen weights, from the reset state, brighter until it evokes enough spikes.

    Parameters
    ----------
    simulator : Simulator
        The network.
    experiment : Experiment
        Parameters of the presentation, which are in force.
    images : StimulusSet
        The stimuli.
    phase : str
        Name of the random stream of the stimuli.
    number : int
        Number of the picture.
    presentation : int, optional
        Number of the presentation in the random stream, for showing a picture again with other input spikes; default:
        `number`.
    record : mapping of str to sequence of int, optional
        Neurons by population whose variables are recorded.

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
    for attempt in range(experiment.attempts):
        simulator.reset()
        spikes = encode(experiment, images, phase, presentation, attempt, number)
        # simulate until all delayed spikes have arrived; spikes evoked after the stimulus do not count
        n_rest = simulator.layout.max_delay_bins
        noise = noise_of(simulator.graph, experiment, phase, presentation, attempt, bins + n_rest)
        response = simulator.present(spikes, bins, plastic=False, n_rest=n_rest, noise=noise, record=record)
        if odd := simulator.not_finite():
            raise StdpbenchError(
                f"{', '.join(odd)} are no longer finite while picture {number} of phase {phase} is shown: a neuron "
                "parameter is too large"
            )
        if response.counts(simulator.graph.read).sum() >= schedule.min_spikes:
            break
    return response, attempt + 1


def part_of(start: int, shown: Sequence[tuple[Response, int]], simulator: Simulator, experiment: Experiment) -> Part:
    """Return responses of the population that is read to consecutive pictures, as arrays."""
    read, n_exc = simulator.graph.read, simulator.n_read
    counts = np.array([response.counts(read) for response, _ in shown]).reshape(-1, n_exc).astype(np.uint16)
    trains = SpikeTrains.of_pictures(
        [(response.spikes[read].index, response.spikes[read].bin) for response, _ in shown],
        n_exc,
        experiment.stimulus_bins,
        experiment.network.dt,
    )
    return Part(start, counts, np.array([attempts for _, attempts in shown], np.int16), trains)


def respond(
    simulator: Simulator,
    experiment: Experiment,
    images: StimulusSet,
    phase: str,
    *,
    workers: int,
    chunks: Sequence[tuple[int, int]] | None = None,
) -> Generator[Part, None, None]:
    """Compute the responses to the pictures of a phase in parts, which may arrive in any order.

    Parameters
    ----------
    simulator : Simulator
        The network. With one worker, it is used directly and its state is restored afterwards.
    experiment : Experiment
        Parameters of the presentations.
    images : StimulusSet
        The stimuli, one presentation each.
    phase : {"label", "test", "held-out"}
        Name of the random stream of the stimuli.
    workers : int
        Number of processes.
    chunks : sequence of (int, int), optional
        First and one past the last picture of each part; default: all pictures in parts of 50.

    Yields
    ------
    Part
        Responses to some pictures. Only a limited number of parts is computed ahead of the caller. Closing the
        generator ends the processes.
    """
    chunks = split_up(0, len(images)) if chunks is None else chunks
    workers = min(workers, len(chunks))
    if workers <= 1:
        return _in_this_process(simulator, experiment, images, phase, chunks)
    return _in_processes(simulator, experiment, images, phase, chunks, workers)


def split_up(start: int, stop: int) -> list[tuple[int, int]]:
    """Split a range of pictures into parts for `respond`."""
    return [(first, min(first + _CHUNK, stop)) for first in range(start, stop, _CHUNK)]


def _part(
    simulator: Simulator, experiment: Experiment, images: StimulusSet, phase: str, start: int, stop: int
) -> Part:
    shown = [present_frozen(simulator, experiment, images, phase, number) for number in range(start, stop)]
    return part_of(start, shown, simulator, experiment)


def _in_this_process(
    simulator: Simulator, experiment: Experiment, images: StimulusSet, phase: str, chunks: Sequence[tuple[int, int]]
) -> Generator[Part, None, None]:
    state = simulator.state()
    try:
        with as_evaluated(simulator, experiment) as shown:
            for start, stop in chunks:
                yield _part(simulator, shown, images, phase, start, stop)
    finally:
        simulator.set_state(state)


def _in_processes(
    simulator: Simulator,
    experiment: Experiment,
    images: StimulusSet,
    phase: str,
    chunks: Sequence[tuple[int, int]],
    workers: int,
) -> Generator[Part, None, None]:
    from loky import ProcessPoolExecutor, wait
    from loky.process_executor import BrokenProcessPool

    with tempfile.TemporaryDirectory(prefix="stdpbench-") as folder:
        save_stimuli(images, Path(folder), "shown")
        simulator.learned_views.save(Path(folder) / "learned")
        arguments = (folder, experiment.to_mapping(), simulator.name, phase, os.getpid())
        with sigint_ignored():  # inherited by the workers, which the parent ends on Ctrl+C
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
                "a process of the label or test phase exited unexpectedly, perhaps out of memory: try --workers 1"
            ) from error
        finally:
            pool.shutdown(wait=True, kill_workers=True)


@contextmanager
def sigint_ignored() -> Iterator[None]:
    """Make processes that are started in the block ignore Ctrl+C, which their parent handles."""
    with handled(signal.SIG_IGN, signal.SIGINT):
        yield


_worker: dict[str, Any] = {}


def _open_worker(folder: str, mapping: dict[str, Any], simulator_name: str, phase: str, parent: int) -> None:
    """Open a simulator in a worker process, once."""
    end_with_parent(parent, Path(folder))
    try:
        experiment = Experiment.from_mapping(mapping)
        images = load_stimuli(Path(folder), "shown")
        simulator, _ = open_simulator(experiment, input_shape(experiment, images), simulator_name)
        simulator.set_learned(Learned.load(Path(folder) / "learned"))
        experiment = put_in_force(simulator, experiment)
        _worker.update(simulator=simulator, experiment=experiment, images=images, phase=phase)
    except StdpbenchError as error:
        _worker["failure"] = (
            error  # raised with the first part, since a failing initializer of a pool gives no useful error
        )


def end_with_parent(parent: int, folder: Path | None = None) -> None:
    """End this process and remove its input folder when its parent exits, even if the parent is killed."""
    threading.Thread(target=end_with, args=(parent, folder), daemon=True).start()


def end_with(parent: int, folder: Path | None) -> None:
    """Wait until the parent exits, then end this process; see `end_with_parent`."""
    # Windows keeps the number of a parent that is gone, and a virtual environment there puts a process between the two
    while process_exists(parent) if sys.platform == "win32" else os.getppid() == parent:
        time.sleep(1)
    if folder is not None:
        with suppress(OSError):
            remove_tree(folder, f"stdpbench-{TEMPORARY}")
    os._exit(1)


def _worker_part(start: int, stop: int) -> Part:
    if "failure" in _worker:
        raise _worker["failure"]
    return _part(_worker["simulator"], _worker["experiment"], _worker["images"], _worker["phase"], start, stop)
