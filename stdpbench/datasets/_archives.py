"""Arrays of a user's .npz file, read without executing anything in it, and without more memory than it may take."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.errors import StdpbenchError
from stdpbench.files import DAMAGE

MOST_BYTES = 1 << 33
"""The largest array that is read: 8 GiB."""


def read_arrays(path: Path, names: Sequence[str]) -> dict[str, NDArray[Any]]:
    """Read some arrays of an .npz file.

    Parameters
    ----------
    path : Path
        The file.
    names : sequence of str
        Arrays that are used; of the others, the result has the names only.

    Returns
    -------
    dict of str to ndarray
        The arrays, by name; those that are not used are empty.

    Raises
    ------
    StdpbenchError
        If it is missing, unreadable, damaged, no .npz file, or has Python objects or arrays that are too large.
    """
    try:
        with path.open("rb") as file:
            if file.read(6) == b"\x93NUMPY":
                raise StdpbenchError(f"{path} is a single array; it must be an .npz file, as written by numpy.savez")
        _check_sizes(path, names)
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] if name in names else np.empty(0) for name in archive.files}
        # NumPy returns bytes for archive members that are not arrays
        if not all(isinstance(array, np.ndarray) for array in arrays.values()):
            raise ValueError
        return arrays
    except FileNotFoundError:
        raise StdpbenchError(f"there is no file {path}") from None
    except OSError as error:
        raise StdpbenchError(f"{path} cannot be read: {error.strerror or error}") from None
    except DAMAGE as error:
        if str(error).startswith("Object arrays"):
            raise StdpbenchError(
                f"{path} holds Python objects, which are not read; its arrays must hold numbers or fixed-length texts"
            ) from None
        raise StdpbenchError(f"{path} is damaged, or not an .npz file as written by numpy.savez") from None


def _check_sizes(path: Path, names: Sequence[str]) -> None:
    """Refuse an archive whose arrays are larger than their headers say, or than memory should hold."""
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            name = info.filename.removesuffix(".npy")
            if not name.isprintable():
                raise ValueError
            if name not in names:
                continue
            with archive.open(info) as member:
                n_bytes, begun = _announced(member), member.tell()
            if (large := max(n_bytes, info.file_size)) > MOST_BYTES:
                raise StdpbenchError(
                    f"{name} of {path} has {large / 1e9:.3g} GB; at most {MOST_BYTES >> 30} GiB are read"
                )
            if n_bytes > info.file_size - begun:
                raise ValueError


def _announced(file: IO[bytes]) -> int:
    """Return the bytes of values that the header of an array announces."""
    read: Any = np.lib.format  # its functions have no types
    version = read.read_magic(file)
    shape, _, dtype = read.read_array_header_1_0(file) if version == (1, 0) else read.read_array_header_2_0(file)
    n = 0 if dtype.hasobject else int(dtype.itemsize)
    for size in shape:
        n *= int(size)
    if n < 0:
        raise ValueError
    return n
