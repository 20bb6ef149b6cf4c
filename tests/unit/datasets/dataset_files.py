"""Files for the tests of the data sets: IDX files written by hand, and small pictures."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np

_CODES = {"uint8": 0x08, "int8": 0x09, "int16": 0x0B, "int32": 0x0C, "float32": 0x0D, "float64": 0x0E}


def idx_bytes(array: np.ndarray) -> bytes:
    """An array in IDX format, written here a second time so that the reader is not tested against itself."""
    header = struct.pack(">BBBB", 0, 0, _CODES[array.dtype.name], array.ndim)
    return (
        header + struct.pack(f">{array.ndim}I", *array.shape) + array.astype(array.dtype.newbyteorder(">")).tobytes()
    )


def write_idx(path: Path, array: np.ndarray, *, packed: bool = False) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(idx_bytes(array)) if packed else idx_bytes(array))
    return path


def blobs(n: int, height: int = 6, width: int = 5, seed: int = 1) -> np.ndarray:
    """`n` different pictures, uint8; the first pixel is the number of the picture."""
    pixels = np.random.default_rng(seed).integers(0, 256, (n, height, width), dtype=np.uint8)
    pixels[:, 0, 0] = np.arange(n)
    return pixels
