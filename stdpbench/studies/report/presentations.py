"""Simulate presentations for a report: trained and untrained networks, other input spikes, disturbances.

As in the label and test phases, each presentation starts from the reset state without learning, so that presentations
can be divided among processes in any way. The processes live as long as the `Presenter`, since opening a network takes
longer than many presentations.
"""

from __future__ import annotations

import json
import os
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.paths import SAFE
from stdpbench.data.stimuli import StimulusSet, load_stimuli, save_stimuli
from stdpbench.engine.network import Learned
from stdpbench.engine.simulators import Simulator, open_simulator
from stdpbench.experiment import Experiment, input_shape
from stdpbench.results.readout import SpikeTrains
from stdpbench.runs.presentation.frozen import present_frozen, put_in_force
from stdpbench.runs.presentation.processes import end_with, part_of, sigint_ignored
from stdpbench.studies.report.disturbances import Disturbance

_CHUNK = 100
_STREAMS = 2**32  # presentations of each repeat are numbered from a multiple of this
_Part = tuple[SpikeTrains, dict[str, NDArray[np.int64]]]


@dataclass(frozen=True)
class Presentation:
    """A presentation of several pictures to a network.

    Attributes
    ----------
    network : str
        Name of the weights and thresholds.
    phase : {"label", "test"}
        Phase whose pictures are presented.
    n_images : int
        Number of pictures, from the first.
    repeat : int
        0: the same input spikes as in the run; other numbers: other input spikes.
    disturbance : Disturbance or None
        Disturbance of pictures, network or duration.
    """

    network: str
    phase: str
    n_images: int
    repeat: int = 0
    disturbance: Disturbance | None = None


@dataclass(frozen=True, eq=False)
class Responses:
    """Responses to a presentation.

    Attributes
    ----------
    trains : SpikeTrains
        Spikes of the neurons that are read.
    spikes : mapping of str to ndarray, int64, (n_images,)
        Spikes of each population in the last attempt at each picture.
    """

    trains: SpikeTrains
    spikes: Mapping[str, NDArray[np.int64]]

    @property
    def spike_counts(self) -> NDArray[np.uint16]:
        """Spikes of each neuron during each picture: uint16, (n_images, n_exc)."""
        return self.trains.counts()


class Presenter:
    """Context manager that simulates presentations in several processes.

    Parameters
    ----------
    experiment : Experiment
        Experiment with the current parameters.
    pictures : mapping of str to StimulusSet
        Phase -> pictures.
    networks : mapping of str to Learned
        Name -> weights, as in a presentation, and thresholds.
    simulator : str or None
        Name of the simulator.
    workers : int
        Number of processes; 1: use the current process.
    """

    def __init__(
        self,
        experiment: Experiment,
        pictures: Mapping[str, StimulusSet],
        networks: Mapping[str, Learned],
        simulator: str | None,
        workers: int,
    ) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="stdpbench-")
        path = Path(self._folder.name)
        for phase, images in pictures.items():
            save_stimuli(images, path, f"pictures {phase}")
        for name, learned in networks.items():
            learned.save(path / f"network {name}")
        self._arguments = (self._folder.name, json.dumps(experiment.to_mapping()), simulator, tuple(pictures))
        self._workers = workers
        self._pool: Any = None
        self._worker: _Worker | None = None

    def __enter__(self) -> Presenter:
        """Return self."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the processes."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, kill_workers=True)
        if self._worker is not None:
            self._worker.simulator.close()
        self._folder.cleanup()

    def present(self, presentations: Sequence[Presentation]) -> Iterator[tuple[int, Presentation, Responses | None]]:
        """Simulate presentations.

        Yields
        ------
        done : int
            Total number of pictures presented so far.
        presentation : Presentation
            Presentation that made progress.
        responses : Responses or None
            Its responses, once they are complete.
        """
        tasks = [
            (item, n, min(n + _CHUNK, item.n_images))
            for item in presentations
            for n in range(0, item.n_images, _CHUNK)
        ]
        done, parts = 0, list[_Part]()  # they arrive in order
        for (presentation, start, stop), part in self._results(tasks):
            done += stop - start
            parts.append(part)
            complete = None
            if stop == presentation.n_images:
                trains = SpikeTrains.joined([part_trains for part_trains, _ in parts])
                counts = {name: np.concatenate([spikes[name] for _, spikes in parts]) for name in parts[0][1]}
                complete, parts = Responses(trains, counts), []
            yield done, presentation, complete

    def _results(self, tasks: Sequence[tuple[Presentation, int, int]]) -> Iterator[tuple[Any, Any]]:
        if self._workers <= 1:
            if self._worker is None:
                self._worker = _Worker(*self._arguments)
            for task in tasks:
                yield task, self._worker.part(*task)
            return
        from loky import ProcessPoolExecutor
        from loky.process_executor import BrokenProcessPool

        with sigint_ignored():  # passed to each process
            if self._pool is None:
                self._pool = ProcessPoolExecutor(self._workers, env=SAFE)
            results = self._pool.map(partial(_simulate, (os.getpid(), *self._arguments)), tasks)
        try:
            yield from zip(tasks, results, strict=True)
        except BrokenProcessPool as error:
            raise StdpbenchError(
                "a simulation process exited unexpectedly, perhaps for lack of memory: try --workers 1"
            ) from error


class _Worker:
    """A network that simulates parts of presentations."""

    def __init__(self, folder: str, experiment: str, simulator: str | None, phases: Sequence[str]) -> None:
        self._folder, self._experiment = Path(folder), Experiment.from_mapping(json.loads(experiment))
        self._shown = {phase: load_stimuli(self._folder, f"pictures {phase}") for phase in phases}
        inputs = input_shape(self._experiment, next(iter(self._shown.values())))
        self.simulator: Simulator = open_simulator(self._experiment, inputs, simulator)[0]
        self._loaded: tuple[str, Disturbance | None] | None = None

    def part(self, presentation: Presentation, start: int, stop: int) -> _Part:
        """Present pictures `start` to `stop` - 1."""
        disturbance, experiment = presentation.disturbance, self._experiment
        images = self._shown[presentation.phase].part(start, stop)
        if disturbance is not None:
            experiment, images = (
                disturbance.experiment(self._experiment),
                disturbance.stimuli(images, start, self._experiment),
            )
        self._load(presentation.network, disturbance)
        presented = put_in_force(self.simulator, experiment)
        offset = start + presentation.repeat * _STREAMS
        responses = [
            present_frozen(self.simulator, presented, images, presentation.phase, number, number + offset)
            for number in range(len(images))
        ]
        trains = part_of(start, responses, self.simulator, presented).trains
        graph, counts = self.simulator.graph, dict[str, NDArray[np.int64]]()
        for name in graph.populations:
            totals = [
                len(response.input) if name == graph.input else response.counts(name).sum()
                for response, _ in responses
            ]
            counts[name] = np.array(totals, np.int64)
        return trains, counts

    def _load(self, network: str, disturbance: Disturbance | None) -> None:
        """Load a network, with damage if the disturbance affects it."""
        requested = network, disturbance if disturbance is not None and disturbance.of_network else None
        if requested == self._loaded:
            return
        learned = Learned.load(self._folder / f"network {network}")
        if requested[1] is not None:
            learned = requested[1].network(learned, self.simulator.graph, self._experiment.seed)
        self.simulator.set_learned(learned)
        self._loaded = requested


@cache
def _worker_of(parent: int, *arguments: Any) -> _Worker:
    """Open a network in a process, once; the process ends with its parent."""
    threading.Thread(target=end_with, args=(parent, Path(arguments[0])), daemon=True).start()
    return _Worker(*arguments)


def _simulate(arguments: tuple[Any, ...], task: tuple[Presentation, int, int]) -> _Part:
    return _worker_of(*arguments).part(*task)
