"""History of a run: what its network had learned, and its last stimulus, at moments of training.

It serves displays and films. No result depends on it: it is written without waiting for the disk, a damaged moment is
left out, and it is part of no digest. A moment is a file ``history/<position>.npz``:

* learned arrays by name; those with a value per synapse as uint8 between the values in ``NAME:range``. Weights from a
  picture of which there are more than a megapixel are means over squares of ``NAME:square`` pixels.
* ``exc_spikes``, spikes of each neuron so far, if they are counted.
* ``about``, entries of the frame ``presentation`` (`stdpbench.runs.protocol.messages`) as JSON; ``spike_counts``; and
  of a stream the spikes, ``spikes:POPULATION``, (2, n): neuron and time step.

There are at most `MOST` moments with `LARGEST` bytes; beyond, the interval between two is doubled.
"""

from __future__ import annotations

import io
import json
import math
import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.files import DAMAGE, read_regular, remove_file, remove_parts, write_aside
from stdpbench.declare.learned_names import is_name, is_per_synapse
from stdpbench.experiment.graph import Graph
from stdpbench.runs.folder.run_folder import make_folder

FOLDER = "history"
MOMENT = r"[0-9]{9,}\.npz"
"""Names of the files of moments, as a regular expression."""
MOST, LARGEST = 240, 64 * 2**20
"""Maximum number of moments, and their maximum size in bytes."""
_PIXELS = 2**20  # of an array, beyond which it is reduced
_SPIKES = 20_000  # of a population in a piece of a stream, beyond which a part of its neurons is stored
_SHARE = 0.006  # of the time of a run that goes into its history
_FIRST = 2  # moments whose cost says nothing about later ones: they import what is needed
_MORE = 1.5  # the most by which the expected cost of a moment may rise, so that one slow write does not delay the next
_LEVELS = 255
_ABOUT = ("position", "presentation", "image", "attempts", "plastic", "read", "n_bins", "stimulus_bins")


@dataclass(frozen=True, eq=False)
class Moment:
    """A moment of a run.

    Attributes
    ----------
    position : int
        Number of completed training presentations; -1 if unknown.
    learned : mapping of str to ndarray
        Learned arrays by name (`stdpbench.engine.network.Learned`), in their shapes; values per synapse as float32, in
        a history rounded to 255 steps between the smallest and the largest, others float64.
    total_spikes : ndarray, int64, (n_read,), or None
        Spikes of each neuron that is read in the training presentations so far; None if they were not counted.
    presentation : mapping
        Frame ``presentation`` of the last training presentation, with the spikes of streams only; empty at the start,
        and outside a history.
    """

    position: int
    learned: Mapping[str, NDArray[np.floating[Any]]]
    total_spikes: NDArray[np.int64] | None = None
    presentation: Mapping[str, Any] = field(default_factory=dict)


class History(Mapping[int, Moment]):
    """The moments of a run by position; each is read when it is asked for.

    Parameters
    ----------
    folder : Path
        The run folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / FOLDER

    def __iter__(self) -> Iterator[int]:
        """Iterate over the positions, ascending."""
        with suppress(OSError):
            names = (path.name for path in self._folder.iterdir())
            return iter(sorted(int(name[:-4]) for name in names if re.fullmatch(MOMENT, name)))
        return iter(())

    def __len__(self) -> int:
        """Return the number of moments."""
        return sum(1 for _ in self)

    def __getitem__(self, position: int) -> Moment:
        """Read a moment.

        Raises
        ------
        KeyError
            If there is none at this position.
        StdpbenchError
            If it is damaged.
        """
        try:
            content = read_regular(_path(self._folder, position))
        except FileNotFoundError:
            raise KeyError(position) from None
        except OSError as error:
            raise StdpbenchError(f"{_of(position)} cannot be read: {error.strerror or error}") from None
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as stored:
                arrays = {name: stored[name] for name in stored.files}
            learned = {name: _expanded(name, arrays) for name in arrays if is_name(name)}
            return Moment(position, learned, arrays.get("exc_spikes"), _frame_in(arrays))
        except (*DAMAGE, TypeError) as error:
            raise StdpbenchError(f"{_of(position)} is damaged: {error}") from None


def _path(folder: Path, position: int) -> Path:
    return folder / f"{position:09d}.npz"


def _of(position: int) -> str:
    return f"the moment of the history at presentation {position}"


class HistoryWriter:
    """Writes the history of a run while it trains.

    Parameters
    ----------
    folder : Path
        The run folder.
    graph : Graph
        The network.
    position : int
        Position from which the run continues; later moments are removed.
    total : int
        Position at the end of training, at which there is a moment whatever the time.
    stream : bool
        Whether a presentation is a piece of a stream, of which spikes are stored.
    """

    def __init__(self, folder: Path, graph: Graph, position: int, total: int, stream: bool) -> None:
        self._folder, self._total, self._stream = folder / FOLDER, total, stream
        self._source = {
            f"{name}.w": graph.populations[projection.source].shape
            for name, projection in graph.projections.items()
            if projection.connect.storage == "dense"
        }
        self._step, self._next = 1, 0
        self._cost, self._not_before = math.inf, 0.0
        self._sizes = dict[int, int]()
        cut_history(folder, position)
        with suppress(OSError):
            remove_parts(self._folder, MOMENT, within=folder)
            self._sizes = {at: _path(self._folder, at).stat().st_size for at in History(folder)}
        self._thin()

    def offer(
        self,
        position: int,
        learned: Mapping[str, NDArray[np.float64]],
        total_spikes: NDArray[np.int64] | None,
        frame: Callable[[], Mapping[str, Any]],
    ) -> None:
        """Write a moment if one is due.

        Parameters
        ----------
        position : int
            Number of completed training presentations.
        learned : mapping of str to ndarray, float64
            Learned arrays by name.
        total_spikes : ndarray, int64, (n_read,), or None
            Spikes of each neuron that is read so far.
        frame : callable
            Returns the frame ``presentation``; called only if a moment is written.

        Raises
        ------
        DiskError
            If it cannot be written.
        """
        begun = time.perf_counter()
        due = position in (0, self._total) or (position >= self._next and begun >= self._not_before)
        if not due or position in self._sizes:
            return
        arrays: dict[str, NDArray[Any]] = {}
        for name, array in learned.items():
            arrays |= _reduced(name, array, self._source.get(name, ()))
        if total_spikes is not None:
            arrays["exc_spikes"] = total_spikes
        arrays |= _arrays_of(frame(), self._stream)
        make_folder(self._folder)
        write_aside(_path(self._folder, position), lambda file: np.savez(file, **arrays), sync=False)  # type: ignore[arg-type]
        self._sizes[position] = sum(array.nbytes for array in arrays.values())
        self._thin()
        end = time.perf_counter()
        if len(self._sizes) > _FIRST:
            self._cost = min(end - begun, _MORE * self._cost)
            self._not_before = end + self._cost / _SHARE

    def _thin(self) -> None:
        """Remove moments until there are few enough, and set the position at which the next is due."""
        while len(self._sizes) > MOST or (sum(self._sizes.values()) > LARGEST and len(self._sizes) > 2):
            self._step *= 2
            positions = sorted(self._sizes)
            kept = {at // self._step: at for at in reversed(positions[:-1])}.values()
            for at in set(positions[:-1]).difference(kept):
                with suppress(OSError):
                    remove_file(_path(self._folder, at), within=self._folder.parent)
                del self._sizes[at]
        newest = max(self._sizes, default=-1)
        self._next = (newest // self._step + 1) * self._step


def cut_history(folder: Path, position: int) -> None:
    """Remove the moments of a run after a position."""
    for at in History(folder):
        if at > position:
            with suppress(OSError):
                remove_file(_path(folder / FOLDER, at), within=folder)


def copy_history(source: Path, target: Path, at_most: int) -> None:
    """Copy the moments of a run up to a position into another run folder; those that cannot be read are left out."""
    for at in History(source):
        if at <= at_most:
            with suppress(OSError):
                (target / FOLDER).mkdir(exist_ok=True)
                shutil.copyfile(_path(source / FOLDER, at), _path(target / FOLDER, at))


def _reduced(name: str, array: NDArray[np.float64], source: tuple[int, ...]) -> dict[str, NDArray[Any]]:
    """Return a learned array as it is stored; `source` is the shape of the source of dense weights, else empty."""
    if not is_per_synapse(name) or not array.size:
        return {name: array}
    arrays: dict[str, NDArray[Any]] = {}
    if len(source) == 2 and (side := _square(source, array.size)) > 1:
        high, wide = source
        array = array.reshape(high // side, side, wide // side, side, -1).mean(axis=(1, 3))
        arrays[f"{name}:square"] = np.array((side, high, wide))
    low, high_ = float(array.min()), float(array.max())
    arrays[f"{name}:range"] = np.array((low, high_), np.float32)
    levels = array.astype(np.float32)  # in place and in single precision, since a run waits for it
    levels -= np.float32(low)
    levels *= np.float32(_LEVELS / (high_ - low or 1.0))
    levels += np.float32(0.5)
    arrays[name] = levels.astype(np.uint8)
    return arrays


def _square(source: tuple[int, ...], size: int) -> int:
    """Return the side of the smallest squares that divide a picture and leave a megapixel of `size`; else 1."""
    high, wide = source
    fitting = (n for n in range(1, min(source) + 1) if not (high % n or wide % n) and size <= _PIXELS * n**2)
    return next(fitting, 1)


def _expanded(name: str, arrays: Mapping[str, NDArray[Any]]) -> NDArray[np.floating[Any]]:
    """Return a learned array in its shape."""
    array = arrays[name]
    if f"{name}:range" not in arrays:
        return array
    low, high = arrays[f"{name}:range"].tolist()
    array = np.float32(low) + array * np.float32((high - low) / _LEVELS)
    if f"{name}:square" not in arrays:
        return array
    side, high, wide = arrays[f"{name}:square"].tolist()
    squares = array.reshape(high // side, wide // side, -1)
    return squares.repeat(side, axis=0).repeat(side, axis=1).reshape(high * wide, -1)


def _arrays_of(frame: Mapping[str, Any], stream: bool) -> dict[str, NDArray[Any]]:
    """Return a frame ``presentation`` as it is stored, with the spikes of a stream."""
    if not frame:
        return {}
    arrays, about = {"spike_counts": frame["spike_counts"]}, {name: frame[name] for name in _ABOUT}
    about["sampled"] = {}
    for population, (index, bins) in frame["spikes"].items() if stream else ():
        every = -(-len(index) // _SPIKES)
        stored = index % every == 0 if every > 1 else slice(None)
        arrays[f"spikes:{population}"] = np.array((index[stored], bins[stored]), np.int32)
        about["sampled"][population] = every
    return {**arrays, "about": np.frombuffer(json.dumps(about).encode(), np.uint8)}


def _frame_in(arrays: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
    """Return the frame ``presentation`` that is stored; empty if there is none."""
    if "about" not in arrays:
        return {}
    spikes = {name.removeprefix("spikes:"): tuple(arrays[name]) for name in arrays if name.startswith("spikes:")}
    about = json.loads(arrays["about"].tobytes())
    return {**about, "spike_counts": arrays["spike_counts"], "spikes": spikes, "recording": None}
