"""The user's own recordings of events, each with a class, from .npz archives, CSV and HDF5 files."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.foreign_files import check_content
from stdpbench.base.foreign_files import read_npz as read_archive
from stdpbench.data.datasets._checks import label_values, local_path
from stdpbench.data.datasets._csv import Cells, class_cells, read_cells
from stdpbench.data.datasets._hdf5 import HDF5, read_hdf5
from stdpbench.data.datasets._holding_out import HoldingOutStimuli, test_file_of
from stdpbench.data.datasets._recordings import MOST_CHANNELS, RawRecordings, grid_of, recordings
from stdpbench.data.datasets.base import Split
from stdpbench.declare.parameters import parameter

_NAMES = ("index", "time", "first", "label", "labels", "duration", "grid")
_PER_EVENT = 32  # bytes of memory, with copies
_COLUMNS = ("recording", "index", "time", "label")


def read_npz(path: Path) -> tuple[RawRecordings, RawRecordings | None]:
    """Read the recordings of an archive: training recordings, and test recordings if it has them.

    Raises
    ------
    StdpbenchError
        If data are missing, damaged or inconsistent.
    """
    arrays = read_archive(path, [*_NAMES, *(f"test_{name}" for name in _NAMES)])
    for prefix in ("", *(("test_",) if any(name.startswith("test_") for name in arrays) else ())):
        missing = [f"{prefix}{name}" for name in ("index", "time", "first") if f"{prefix}{name}" not in arrays]
        if missing:
            raise StdpbenchError(
                f"{path} holds no array {missing[0]} (events need index, time, first); it holds "
                f"{', '.join(arrays) or 'nothing'}"
            )
    check_content(path, _PER_EVENT * sum(arrays[name].size for name in ("index", "test_index") if name in arrays))
    grid = grid_of(f"grid of {path}", arrays["grid"]) if "grid" in arrays else None
    halves = [
        _recordings_of_arrays(path, arrays, prefix, grid) for prefix in ("", "test_") if f"{prefix}index" in arrays
    ]
    return halves[0], halves[1] if len(halves) > 1 else None


def _recordings_of_arrays(
    path: Path, arrays: dict[str, NDArray[Any]], prefix: str, grid: tuple[int, int, int] | None
) -> RawRecordings:
    where = f"{prefix}index and {prefix}time of {path}"
    index, time, first = (arrays[f"{prefix}{name}"] for name in ("index", "time", "first"))
    if index.ndim != 1 or index.shape != time.shape:
        raise StdpbenchError(f"{where} must be two lists of the same length")
    labels_name = f"{prefix}labels" if f"{prefix}labels" in arrays else f"{prefix}label"
    labels = arrays.get(labels_name)
    n = None if labels is None else len(labels.reshape(-1))
    stop = _stops(f"{prefix}first of {path}", first, len(index), n)
    if labels is not None:
        labels = label_values(f"{labels_name} of {path}", labels, len(stop), f"{prefix}first of {path}", "recording")
    duration = arrays.get(f"{prefix}duration")
    if duration is not None:
        valid = duration.dtype.kind in "iuf" and duration.size in (1, len(stop)) and duration.ndim <= 1
        if not valid or not np.isfinite(duration).all() or duration.min() <= 0 or duration.max() > 1e6:
            raise StdpbenchError(
                f"{prefix}duration of {path} must be positive, in s: one number, or one per recording"
            )
        duration = np.broadcast_to(duration.astype(np.float64), len(stop)).copy()
    return recordings(where, index, time, stop, labels, duration=duration, grid=grid)


def _stops(where: str, first: NDArray[Any], n_events: int, n: int | None) -> NDArray[np.int64]:
    """Return the end of each recording from the starts, which may also have the end of the last one."""
    whole = first.ndim == 1 and first.dtype.kind in "iuf" and bool((first == np.floor(first)).all())
    if (
        not whole
        or not len(first)
        or first[0] != 0
        or first[-1] > n_events
        or (np.diff(first.astype(float)) < 0).any()
    ):
        raise StdpbenchError(
            f"{where} must list the first event of each recording: 0, then ascending numbers up to {n_events}"
        )
    starts = first.astype(np.int64)
    with_end = len(starts) == n + 1 if n is not None else len(starts) > 1 and starts[-1] == n_events
    if with_end and starts[-1] != n_events:
        raise StdpbenchError(f"{where} ends with {starts[-1]}, but there are {n_events} events")
    return starts[1:] if with_end else np.append(starts[1:], n_events)


# -- CSV --------------------------------------------------------------------------------------------------------------


def read_csv(path: Path) -> RawRecordings:
    """Read a CSV file with a line per event: recording, index, time in s, and optionally label.

    Raises
    ------
    StdpbenchError
        If a column is missing, or a cell cannot be read.
    """
    cells = read_cells(path, texts=(0, 3))
    columns = _columns(cells)
    values = cells.numbers([columns["index"], columns["time"]])
    names = cells.column(columns["recording"])
    if "" in names:
        raise StdpbenchError(f"{path}, line {cells.lines[names.index('')]} names no recording")
    number_of = {name: number for number, name in enumerate(dict.fromkeys(names))}
    number = np.array([number_of[name] for name in names], np.int64)
    order = np.argsort(number, kind="stable")
    labels = None
    if "label" in columns:
        classes = class_cells(f"{path}: the column of labels", cells.column(columns["label"]))
        _, place = np.unique(number, return_index=True)
        labels = classes[place]
        other = np.flatnonzero(classes != labels[number])
        if len(other):
            raise StdpbenchError(
                f"{path}, line {cells.lines[other[0]]}: recording {names[other[0]]} has the label "
                f"{classes[other[0]]}, but {labels[number[other[0]]]} before"
            )
    stop = np.cumsum(np.bincount(number))
    return recordings(str(path), values[order, 0], values[order, 1], stop, labels)


def _columns(cells: Cells) -> dict[str, int]:
    """Return the number of each column, by its name or, without names, by its place."""
    if not cells.names:
        if cells.width not in (3, 4):
            raise StdpbenchError(
                f"{cells.path} has {cells.width} columns; events need recording, index, time and optionally label"
            )
        return dict(zip(_COLUMNS, range(cells.width), strict=False))
    lower = [name.lower() for name in cells.names]
    for name in _COLUMNS[:3]:
        if name not in lower:
            raise StdpbenchError(
                f"{cells.path} has no column {name!r}; events need recording, index, time and optionally label"
            )
    return {name: lower.index(name) for name in _COLUMNS if name in lower}


class Events(HoldingOutStimuli):
    """Your own spikes, such as from a silicon retina, a cochlea or electrodes: each recording is a stimulus.

    * An .npz file with the arrays ``index`` (channel, from 0), ``time`` (in s from the start of the recording) and
      ``first``: the first event of each recording, and optionally the number of all events at the end. Optional are
      ``label``, whole numbers or texts; ``duration`` in s, one for all or one per recording; ``grid``: (planes,)
      height, width; and a test part with the same names after ``test_``.
    * A CSV file with a line per event: recording, index, time, label. Without names of columns, this is their order.
    * An HDF5 file in the layout of SHD: ``spikes/times``, ``spikes/units``, ``labels`` and optionally ``extra/keys``.

    ``X_test`` beside ``X_train``, as CSV or HDF5, holds the test part. Times ascend within a recording. Where no
    duration is stated, a recording lasts to the next whole ms after its last event. Training recordings are shuffled.
    """

    kind: Literal["events"] = "events"
    path: str | None = parameter(None, help="An .npz, .csv or .h5 file.")
    channels: int | None = parameter(
        None,
        ge=1,
        le=MOST_CHANNELS,
        structural=True,
        help="Number of channels; none: the grid of the file, else up to the last channel that has an event.",
    )

    summary: ClassVar[str] = "Your own spikes: .npz, CSV or HDF5"
    reference: ClassVar[str] = "–"
    shows: ClassVar[str] = "events"

    def prepare(self) -> Split:
        """Read the recordings; see `Source.prepare`."""
        train, test = _read(local_path("data.path", self.path, "it must name an .npz, .csv or .h5 file"))
        parts = [part for part in (train, test) if part is not None]
        grid = train.grid
        if self.channels is not None:
            if grid is not None and self.channels != grid[0] * grid[1] * grid[2]:
                raise StdpbenchError(
                    f"data.channels = {self.channels}, but the grid of {train.where} is {'×'.join(map(str, grid))}"
                )
            grid = grid or (1, 1, self.channels)
        grid = grid or (1, 1, max(1, *(part.n_channels for part in parts)))
        return self._split_set(
            train.where,
            train.stimuli(grid),
            train.labels,
            None if test is None else test.stimuli(grid),
            None if test is None else test.labels,
        )


def _read(path: Path) -> tuple[RawRecordings, RawRecordings | None]:
    suffix = path.suffix.lower()
    if suffix == ".npz":
        return read_npz(path)
    if suffix not in (".csv", ".txt", *HDF5):
        raise StdpbenchError(f"{path} holds no events that can be read; choose an .npz, .csv or .h5 file")
    read = read_hdf5 if suffix in HDF5 else read_csv
    test = test_file_of(path)
    return read(path), None if test is None else read(test)
