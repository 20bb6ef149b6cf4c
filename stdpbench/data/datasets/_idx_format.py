"""The IDX format of the MNIST files, plain or in gzip: http://yann.lecun.com/exdb/mnist/.

A file is: two zero bytes, a byte for the type, a byte for the number of dimensions; the size of each dimension as
big-endian uint32; the values, big-endian, last dimension fastest.
"""

from __future__ import annotations

import gzip
import math
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.foreign_files import check_content

_MOST_DIMENSIONS = 8
_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def is_gzip(path: Path) -> bool:
    """Return whether a file is gzip, by its first bytes."""
    with path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"


@contextmanager
def open_plain(path: Path) -> Iterator[BinaryIO]:
    """Open a file for reading; gzip is decompressed.

    Raises
    ------
    StdpbenchError
        On opening or reading, if the file is missing, unreadable or damaged gzip.
    """
    try:
        with cast(BinaryIO, gzip.open(path)) if is_gzip(path) else path.open("rb") as file:
            yield file
    except FileNotFoundError:
        raise StdpbenchError(f"there is no file {path}") from None
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise StdpbenchError(
            f"{path} is a damaged gzip file ({str(error).rstrip('.')}); fetch or copy it again"
        ) from None
    except OSError as error:
        raise StdpbenchError(f"{path} cannot be read: {error.strerror or error}") from None


def read_idx(path: Path) -> NDArray[Any]:
    """Read one IDX file.

    Parameters
    ----------
    path : Path
        The file, plain or gzip.

    Returns
    -------
    ndarray, uint8, int8, int16, int32, float32 or float64, of the shape in the file
        Values in native byte order.

    Raises
    ------
    StdpbenchError
        If the file is missing, unreadable, damaged or not an IDX file, or its length contradicts its header.
    """
    with open_plain(path) as file:
        magic = file.read(4)
        if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in _TYPES or not 1 <= magic[3] <= _MOST_DIMENSIONS:
            raise StdpbenchError(
                f"{path} is not an IDX file: it starts with the bytes {magic.hex(' ') or '(none)'}, not 00 00, a type "
                "(08 to 0e) and a number of dimensions"
            )
        header = file.read(4 * magic[3])
        if len(header) < 4 * magic[3]:
            raise StdpbenchError(f"{path} is truncated: it ends inside its header")
        shape = tuple(int(size) for size in np.frombuffer(header, ">u4"))
        dtype = np.dtype(_TYPES[magic[2]])
        declared = math.prod(shape) * dtype.itemsize
        check_content(path, math.prod(shape) * max(dtype.itemsize, 4))  # networks use 32 bits per pixel
        values = file.read(declared + 1)
    if len(values) != declared:
        actual = f"it holds {len(values)}" if len(values) < declared else "it holds more"
        raise StdpbenchError(
            f"{path} is {'truncated' if len(values) < declared else 'too long'}: its header declares {declared} "
            f"bytes of values ({'×'.join(map(str, shape))}), but {actual}"
        )
    return np.frombuffer(values, dtype).astype(dtype.newbyteorder("="), copy=False).reshape(shape)
