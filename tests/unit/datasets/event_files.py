"""Files of recordings in the formats of N-MNIST and SHD, written here a second time, from their descriptions."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

import h5py
import numpy as np

Event = tuple[int, int, bool, int]
"""Column, row, whether on, and time in µs."""


def bin_bytes(events: Sequence[Event]) -> bytes:
    """Events of N-MNIST: 40 bits each, big-endian."""
    return b"".join(
        struct.pack(">Q", x << 32 | y << 24 | on << 23 | microseconds)[3:] for x, y, on, microseconds in events
    )


def write_n_mnist(folder: Path, n_train: int = 2, n_test: int = 1) -> Path:
    """Recordings of each digit, of which the first event says number and digit."""
    number = 1
    for half, n in (("Train", n_train), ("Test", n_test)):
        for _ in range(n):
            for digit in (3, 1, 4, 0, 5, 9, 2, 6, 8, 7):
                path = folder / half / str(digit) / f"{number:05}.bin"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(bin_bytes([(number % 34, digit, True, 1000), (33, 33, False, 300_000)]))
                number += 1
    return folder


def write_shd(
    path: Path,
    recordings: Sequence[tuple[Sequence[float], Sequence[int]]],
    labels: Sequence[int] | None,
    keys: Sequence[str] | None = ("zero", "one", "null"),
) -> Path:
    """Recordings as pairs of times in s and channels."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        for name, kind, part in (("times", np.float16, 0), ("units", np.uint16, 1)):
            found = file.create_dataset(f"spikes/{name}", (len(recordings),), h5py.vlen_dtype(kind))
            for number, recording in enumerate(recordings):
                found[number] = np.array(recording[part], kind)
        if labels is not None:
            file["labels"] = np.array(labels, np.uint16)
        if keys is not None:
            file["extra/keys"] = np.array([key.encode() for key in keys])
            file["extra/speaker"] = np.zeros(len(recordings), np.uint16)
    return path
