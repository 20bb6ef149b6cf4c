"""The record of a training: spikes of populations and weights, for analysis elsewhere.

``schedule.record_spikes`` and ``schedule.record_weights`` say what is recorded; no result depends on it. A file
``record/<position>.npz`` has what has happened since the file before: ``spikes:POPULATION``, int32, (3, n), with the
presentation, the neuron and the time step of each spike in the last attempt; ``positions``, int64, (k,), and
``weights:ARRAY``, float32, (k, …), at these positions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.files import remove_file, write_aside
from stdpbench.declare.learned_names import is_per_synapse
from stdpbench.experiment import Experiment
from stdpbench.kinds.encoding import Spikes
from stdpbench.runs.folder.run_folder import make_folder, reading

FOLDER = "record"
FILE = r"[0-9]{9,}\.npz"
"""Names of the files, as a regular expression."""
LARGEST = 2**30
"""Bytes of all files, beyond which nothing is recorded."""
_MOST_HELD = 2**26  # bytes in memory, beyond which a file is written


@dataclass(frozen=True, eq=False)
class TrainingSpikes:
    """What was recorded while a network was trained.

    Attributes
    ----------
    spikes : mapping of str to ndarray, int32, (3, n_spikes)
        By population: presentation, neuron and time step of each spike, in the order of time. Time steps are counted
        from the start of the presentation, of which the last attempt is recorded, with the rest after it.
    positions : ndarray, int64, (k,)
        Completed presentations at which weights were recorded.
    weights : mapping of str to ndarray, float32, (k, …)
        Weights and other values of synapses by name, such as ``"feed.w"``.
    """

    spikes: Mapping[str, NDArray[np.int32]]
    positions: NDArray[np.int64]
    weights: Mapping[str, NDArray[np.float32]]


class TrainingSpikesWriter:
    """Records a training.

    Parameters
    ----------
    folder : Path
        The run folder.
    position : int
        Position from which the run continues; what was recorded later is removed.
    """

    def __init__(self, folder: Path, position: int) -> None:
        self._path, self._bytes = folder, 0
        self._held, self._spikes = 0, dict[str, list[NDArray[np.int32]]]()
        self._weights, self._positions = dict[str, list[NDArray[np.float32]]](), list[int]()
        cut_training_spikes(folder, position)
        self._bytes = sum(path.stat().st_size for path in _files(folder))

    def take(
        self, experiment: Experiment, position: int, spikes: Mapping[str, Spikes], learned: Mapping[str, NDArray[Any]]
    ) -> None:
        """Record a presentation, after which `position` presentations are completed.

        Raises
        ------
        DiskError
            If a file cannot be written.
        StdpbenchError
            If the record has become too large.
        """
        schedule, arrays = experiment.schedule, list[NDArray[Any]]()
        for name in schedule.record_spikes:
            fired = spikes[name]
            rows = np.array([np.full(len(fired), position - 1), fired.index, fired.bin], np.int32)
            self._spikes.setdefault(name, []).append(rows)
            arrays.append(rows)
        if schedule.record_weights and position % schedule.record_weights == 0:
            self._positions.append(position)
            for name in filter(is_per_synapse, learned):
                self._weights.setdefault(name, []).append(learned[name].astype(np.float32))
                arrays.append(self._weights[name][-1])
        self._held += sum(array.nbytes for array in arrays)
        if self._held > _MOST_HELD:
            self.write(position)

    def write(self, position: int) -> None:
        """Write what is held in memory, at a checkpoint or at the end; errors as for `take`."""
        if not self._spikes and not self._positions:
            return
        arrays: dict[str, NDArray[Any]] = {f"spikes:{n}": np.concatenate(a, axis=1) for n, a in self._spikes.items()}
        arrays |= {f"weights:{n}": np.stack(a) for n, a in self._weights.items()}
        arrays["positions"] = np.array(self._positions, np.int64)
        make_folder(self._path / FOLDER)
        target = self._path / FOLDER / f"{position:09}.npz"
        write_aside(target, lambda file: np.savez_compressed(file, **arrays))  # type: ignore[arg-type]
        self._bytes += target.stat().st_size
        self._held, self._positions = 0, []
        self._spikes.clear()
        self._weights.clear()
        if self._bytes > LARGEST:
            raise StdpbenchError(f"it has {self._bytes / 2**30:.1f} GiB, and at most {LARGEST / 2**30:g} are kept")


def read_training_spikes(folder: Path) -> TrainingSpikes:
    """Return what a run has recorded so far.

    Raises
    ------
    StdpbenchError
        If it has recorded nothing, or a file is damaged.
    """
    parts = dict[str, list[NDArray[Any]]]()
    for path in _files(folder):
        with reading(path), np.load(path, allow_pickle=False) as file:
            for name in file.files:
                parts.setdefault(name, []).append(file[name])
    if not parts:
        raise StdpbenchError(
            f"{folder.resolve().name} has recorded nothing while it trained; a run does with "
            'schedule.record_spikes=["exc"] or schedule.record_weights=100'
        )
    joined = {name: np.concatenate(arrays, axis=int(name.startswith("spikes:"))) for name, arrays in parts.items()}

    def of(what: str) -> dict[str, NDArray[Any]]:
        return {name.removeprefix(what): array for name, array in joined.items() if name.startswith(what)}

    return TrainingSpikes(of("spikes:"), joined["positions"], of("weights:"))


def cut_training_spikes(folder: Path, position: int) -> None:
    """Remove what a run has recorded after a position, which it records again."""
    for path in _files(folder):
        if int(path.stem) > position:
            remove_file(path, FILE, within=folder)


def _files(folder: Path) -> Iterator[Path]:
    """Yield the files of a record in their order."""
    yield from sorted((folder / FOLDER).glob("[0-9]*.npz"), key=lambda path: int(path.stem))
