"""N-MNIST: MNIST's digits, recorded by an event camera."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.data.datasets._checks import data_set_folder, natural_order
from stdpbench.data.datasets._recordings import MOST_EVENTS, recordings
from stdpbench.data.datasets.base import Source, Split
from stdpbench.data.stimuli import EventSet
from stdpbench.declare.parameters import parameter

SIDE = 34
HALVES = ("Train", "Test")
_CLASSES = tuple(str(digit) for digit in range(10))
_BYTES = 5  # per event
_OVERFLOW_ROW, _OVERFLOW = 240, 1 << 13  # an event in this row adds so many µs to later times


class NMNIST(Source):
    """MNIST's digits, recorded by a moving event camera: 34 × 34 pixels, two polarities, about 0.3 s each.

    60 000 recordings for training and 10 000 for the test. They are not downloaded: get ``Train.zip`` and
    ``Test.zip`` from garrickorchard.com, unpack them, and import them with ``stdpbench data fetch n-mnist --from
    FOLDER``. The folders ``Train`` and ``Test`` have a folder for each digit, and a file for each recording: 5 bytes
    per event, x, y, and polarity (1 bit) with the time in µs (23 bits), all big-endian. An event in row 240 adds
    8192 µs to later times, as in the reader of the authors.

    Recordings are in the order of their numbers, as in MNIST. An event takes 12 bytes of memory, and all take several
    GB; `n_train` and `n_test` limit reading to the first ones. Events of polarity on are the first plane of
    channels, those of polarity off the second.

    Source: Orchard, Jayawant, Cohen & Thakor (2015), Frontiers in Neuroscience 9:437; licence CC BY-SA 4.0.
    """

    kind: Literal["n-mnist"] = "n-mnist"
    path: str | None = parameter(
        None, help="Folder with Train and Test; none: where `stdpbench data fetch` puts them."
    )
    n_train: int | None = parameter(None, ge=1, help="Number of training recordings that are read; none: all.")
    n_test: int | None = parameter(None, ge=1, help="Number of test recordings that are read; none: all.")

    summary: ClassVar[str] = "MNIST recorded by an event camera, 34 × 34 × 2 channels; imported"
    reference: ClassVar[str] = "Orchard et al. 2015, doi:10.3389/fnins.2015.00437"
    shows: ClassVar[str] = "events"
    plane_names: ClassVar[tuple[str, ...]] = ("on", "off")

    def prepare(self) -> Split:
        """Read the files; see `Source.prepare`."""
        root = data_set_folder(
            "n-mnist",
            self.path,
            lambda folder: all((folder / half).is_dir() for half in HALVES),
            "the folders Train and Test of N-MNIST",
            "get them from www.garrickorchard.com, and import them with `stdpbench data fetch n-mnist --from FOLDER`",
        )
        return Split(read_half(root / "Train", self.n_train), read_half(root / "Test", self.n_test), _CLASSES)


def read_half(folder: Path, n: int | None = None, report: Callable[[int], None] | None = None) -> EventSet:
    """Read the recordings in the folders 0 to 9 of a folder, with their labels.

    Parameters
    ----------
    folder : Path
        ``Train`` or ``Test``.
    n : int, optional
        Number of recordings; default: all.
    report : callable, optional
        Called with the size in bytes of each file after it is read.

    Raises
    ------
    StdpbenchError
        If files are missing or damaged, or there are fewer than `n`.
    """
    try:
        files = files_of(folder)
        if n is not None and n > len(files):
            raise StdpbenchError(f"{folder} holds {len(files)} recordings, fewer than the {n} that were requested")
        files = files[:n]
        capacity = sum(file.stat().st_size // _BYTES for file, _ in files)
        if capacity > MOST_EVENTS:
            raise StdpbenchError(f"{folder} holds more than {MOST_EVENTS} events, more than are read")
        index, time, stop = np.empty(capacity, np.int32), np.empty(capacity), np.empty(len(files), np.int64)
        end = 0
        for number, (file, _) in enumerate(files):
            channels, seconds = read_bin(file)
            start, end = end, end + len(channels)
            index[start:end], time[start:end], stop[number] = channels, seconds, end
            if report is not None:
                report(file.stat().st_size)
    except OSError as error:
        raise StdpbenchError(f"{error.filename or folder} cannot be read: {error.strerror or error}") from None
    raw = recordings(str(folder), index[:end], time[:end], stop, None, sort=True)
    labels = np.array([label for _, label in files], np.int64)
    return EventSet.of_arrays(raw.stimuli((2, SIDE, SIDE)).arrays, labels)


def files_of(folder: Path) -> list[tuple[Path, int]]:
    """Return the files of ``Train`` or ``Test`` with their digits, in the order of their numbers.

    Raises
    ------
    StdpbenchError
        If the folder of a digit is missing, or there are no files.
    """
    missing = [name for name in _CLASSES if not (folder / name).is_dir()]
    if missing:
        raise StdpbenchError(f"{folder} has no folder {missing[0]}; N-MNIST has folders 0 to 9 of .bin files there")
    files = [
        (file, digit)
        for digit, name in enumerate(_CLASSES)
        for file in (folder / name).iterdir()
        if file.suffix.lower() == ".bin" and not file.name.startswith(".")
    ]
    if not files:
        raise StdpbenchError(f"{folder} holds no .bin files in its folders 0 to 9")
    return sorted(files, key=lambda entry: (natural_order(entry[0].name), entry[1]))


def read_bin(path: Path) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Return channel and time in s of each event of a file.

    Raises
    ------
    StdpbenchError
        If the file is empty, ends inside an event, or has an event outside the camera.
    OSError
        If it cannot be read.
    """
    content = path.read_bytes()
    if not content or len(content) % _BYTES:
        content_text = f"{len(content)} bytes" if content else "nothing"
        raise StdpbenchError(f"{path} holds {content_text}; it must hold events of {_BYTES} bytes each")
    x, y, high, middle, low = np.frombuffer(content, np.uint8).reshape(-1, _BYTES).T.astype(np.int64)
    time = ((high & 127) << 16) | (middle << 8) | low
    overflow = y == _OVERFLOW_ROW
    time = time + _OVERFLOW * np.cumsum(overflow)
    x, y, time, off = x[~overflow], y[~overflow], time[~overflow], (high[~overflow] >> 7) == 0
    if not len(x):
        raise StdpbenchError(f"{path} holds no events")
    if max(x.max(), y.max()) >= SIDE:
        first = int(np.argmax((x >= SIDE) | (y >= SIDE)))
        where = f"column {x[first]}, row {y[first]}"
        raise StdpbenchError(f"{path} has an event at {where}; the camera has {SIDE} × {SIDE} pixels")
    return ((off * SIDE + y) * SIDE + x).astype(np.int32), time * 1e-6
