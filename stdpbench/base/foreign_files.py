"""Read files from other people, with a memory limit that depends on the size of the file.

NumPy files are read in this process, after a check of their array sizes. HDF5 and NIR are read in a subprocess, since
for a damaged file their library may loop for ever, crash or allocate too much memory. The subprocess has limits on
address space and time, and returns arrays and JSON: ``python -P -m stdpbench.base.foreign_files MODULE:FUNCTION FILE
FOLDER …``.
"""

from __future__ import annotations

import json
import logging
import math
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError, several
from stdpbench.base.files import DAMAGE
from stdpbench.base.foreign_text import terminal_text

PATIENCE = 20.0
"""CPU seconds for a file, plus as many per 50 MB of it; the limit in real time is ten times that, plus a minute."""
_CONTENT, _CONTENT_PER_BYTE = 160 << 20, 10
_MEMORY, _MEMORY_PER_BYTE = 512 << 20, 32
_SENTENCES = 3  # exit status: standard output has errors for the user, one per line
_MOST_SENTENCES, _LONGEST = 20, 1000
_format: Any = np.lib.format  # its functions have no types
_log = logging.getLogger(__name__)


def content_limit(size: int) -> int:
    """Return the limit on array bytes for a file of `size` bytes: 160 MiB plus ten times its size."""
    return _CONTENT + _CONTENT_PER_BYTE * size


def check_content(path: Path, n_bytes: int) -> None:
    """Check that the unpacked content of a file does not exceed the limit for its size.

    Parameters
    ----------
    path : Path
        The file.
    n_bytes : int
        Size of the unpacked content.

    Raises
    ------
    StdpbenchError
        If it exceeds `content_limit`.
    """
    limit = content_limit(path.stat().st_size)
    if n_bytes > limit:
        raise StdpbenchError(
            f"{path} declares {n_bytes / 2**20:.3g} MiB of values, but a file of its size may hold at most "
            f"{limit >> 20} MiB; write it with less compression, or in parts"
        )


def read_npz(path: Path, names: Collection[str] | None = None) -> dict[str, NDArray[Any]]:
    """Read the arrays of an .npz file; nothing in it is executed.

    Parameters
    ----------
    path : Path
        The file.
    names : collection of str, optional
        Arrays to read; default: all. The others are empty in the result.

    Returns
    -------
    dict of str to ndarray
        The arrays, by name.

    Raises
    ------
    StdpbenchError
        If the file is missing, unreadable, damaged or not an .npz file, or has Python objects or too large arrays.
    """
    with _numpy_file(path, "an .npz file as written by numpy.savez") as file:
        if file.read(6) == b"\x93NUMPY":
            raise StdpbenchError(f"{path} is a single array; it must be an .npz file, as written by numpy.savez")
        with zipfile.ZipFile(file) as archive:
            entries = {entry.filename.removesuffix(".npy"): entry for entry in archive.infolist()}
            if not all(map(str.isprintable, entries)):
                raise ValueError
            used = {name: entry for name, entry in entries.items() if names is None or name in names}
            check_content(path, sum(entry.file_size for entry in used.values()))
            arrays = dict[str, NDArray[Any]]()
            for name, entry in entries.items():
                if name not in used:
                    arrays[name] = np.empty(0)
                    continue
                with archive.open(entry) as member:
                    _check_header(member, entry.file_size)
                with archive.open(entry) as member:
                    arrays[name] = _format.read_array(member, allow_pickle=False)
            return arrays


def read_npy(path: Path) -> NDArray[Any]:
    """Read a .npy file; nothing in it is executed.

    Raises
    ------
    StdpbenchError
        If the file is missing, unreadable, damaged or not a .npy file, or has Python objects.
    """
    with _numpy_file(path, "an array as written by numpy.save") as file:
        _check_header(file, path.stat().st_size)
        file.seek(0)
        array: NDArray[Any] = _format.read_array(file, allow_pickle=False)
        return array


@contextmanager
def _numpy_file(path: Path, form: str) -> Iterator[IO[bytes]]:
    """Open a file; turn errors of reading it into a `StdpbenchError`."""
    try:
        if not path.is_file():
            raise StdpbenchError(f"there is no file {path}")
        with path.open("rb") as file:
            yield file
    except OSError as error:
        raise StdpbenchError(f"{path} cannot be read: {error.strerror or error}") from None
    except (*DAMAGE, NotImplementedError, AttributeError) as error:
        if str(error).startswith("Object arrays"):
            raise StdpbenchError(
                f"{path} holds Python objects, which are not read; its arrays must hold numbers or fixed-length texts"
            ) from None
        raise StdpbenchError(f"{path} is damaged, or not {form}") from None


def _check_header(file: IO[bytes], size: int) -> None:
    """Raise `ValueError` if a header declares more values than a file of `size` bytes can hold."""
    read = _format.read_array_header_1_0 if _format.read_magic(file) == (1, 0) else _format.read_array_header_2_0
    shape, _, dtype = read(file)
    if min(shape, default=0) < 0 or (math.prod(shape) * max(dtype.itemsize, 1) > size and not dtype.hasobject):
        raise ValueError


# -- HDF5 -------------------------------------------------------------------------------------------------------------


@contextmanager
def open_hdf5(path: Path) -> Iterator[Any]:
    """Open an HDF5 file, in the subprocess of `read_apart`.

    All data must lie in this file and must not exceed the limit for its size.

    Raises
    ------
    StdpbenchError
        If it has a link, data in another file, or too much data.
    """
    import h5py

    with h5py.File(path, "r", locking=False) as file:
        sizes = list[int]()

        def problem_of(name: str, link: Any) -> str | None:
            if not isinstance(link, h5py.HardLink):
                return f"{path}: {name} is a link; all data must be in this file"
            entry = file[name]
            if isinstance(entry, h5py.Dataset):
                if entry.external or entry.is_virtual:
                    return f"{path}: the values of {name} lie in another file, which is not read"
                sizes.append(math.prod(entry.shape or ()) * entry.dtype.itemsize)
            return None

        problem = file.visititems_links(problem_of)
        if problem is not None:
            raise StdpbenchError(problem)
        check_content(path, sum(sizes))
        yield file


def read_apart(parser: str, path: Path, *arguments: Any) -> list[dict[str, Any]]:
    """Read a file in a subprocess with limited memory and time.

    Parameters
    ----------
    parser : str
        ``MODULE:FUNCTION``, called with the path and the arguments. It returns mappings, whose values are arrays or
        JSON.
    path : Path
        The file.
    *arguments
        JSON.

    Returns
    -------
    list of dict
        What the parser returned.

    Raises
    ------
    StdpbenchError
        If the parser raises an error, or the file is damaged or needs too much memory.
    """
    if not path.is_file():
        raise StdpbenchError(f"there is no file {path}")
    size = path.stat().st_size
    seconds = PATIENCE * (1 + size / 50e6)
    with tempfile.TemporaryDirectory(prefix="stdpbench-read-") as folder:
        options = json.dumps({"arguments": arguments, "memory": _MEMORY + _MEMORY_PER_BYTE * size, "seconds": seconds})
        command = [sys.executable, "-P", "-m", __name__, parser, str(path.absolute()), folder, options]
        quiet = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "HDF5_PLUGIN_PRELOAD": "::"}  # no HDF5 plug-ins
        try:
            completed = subprocess.run(
                command, capture_output=True, check=False, timeout=60 + 10 * seconds, env={**os.environ, **quiet}
            )
        except subprocess.TimeoutExpired:
            raise StdpbenchError(f"{path} is damaged: reading it does not end") from None
        if completed.returncode == _SENTENCES:
            text = completed.stdout.decode("utf-8", "replace").replace(str(path.absolute()), str(path))
            raise several(text.splitlines())
        if completed.returncode:
            _log.info(
                "%s ended with %s: %s",
                parser,
                completed.returncode,
                completed.stderr.decode("utf-8", "replace")[-4000:],
            )
            raise StdpbenchError(f"{path} is damaged: it cannot be read to its end")
        parts: list[dict[str, Any]] = json.loads((Path(folder) / "parts.json").read_text(encoding="utf-8"))
        for file in Path(folder).glob("*.npy"):
            number, _, name = file.stem.partition(".")
            parts[int(number)][name] = np.load(file, allow_pickle=False)
        return parts


def limit_process(memory: int, seconds: float) -> None:
    """Limit this process, where supported, to `memory` bytes above its present size and `seconds` of CPU time."""
    if sys.platform == "win32":
        return
    import resource

    with suppress(OSError):
        memory += int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * os.sysconf("SC_PAGE_SIZE")
    for resource_id, limit in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, math.ceil(seconds)),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(resource_id)[1]
        with suppress(OSError, ValueError):  # the system does not support this limit
            resource.setrlimit(resource_id, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))


def _write_parts(folder: Path, parts: Sequence[Mapping[str, Any]]) -> None:
    plain = list[dict[str, Any]]()
    for number, part in enumerate(parts):
        plain.append({name: value for name, value in part.items() if not isinstance(value, np.ndarray)})
        for name in part.keys() - plain[-1].keys():
            np.save(folder / f"{number}.{name}.npy", part[name], allow_pickle=False)
    (folder / "parts.json").write_text(json.dumps(plain), encoding="utf-8")


def _main(parser: str, path: Path, folder: Path, options: Mapping[str, Any]) -> int:
    module, _, name = parser.partition(":")
    read = getattr(import_module(module), name)
    limit_process(options["memory"], options["seconds"])
    try:
        parts = read(path, *options["arguments"])
        check_content(path, sum(value.nbytes for part in parts for value in part.values() if hasattr(value, "nbytes")))
        _write_parts(folder, parts)
        return 0
    except StdpbenchError as error:
        sentences = list(error.sentences)
    except MemoryError:
        sentences = [
            f"{path} needs more than {options['memory'] >> 20} MiB of memory, too much for a file of its size"
        ]
    except OSError as error:
        sentences = [f"{path} cannot be read: {error.strerror or error}"]
    if len(sentences) > _MOST_SENTENCES:
        sentences[_MOST_SENTENCES:] = [f"and {len(sentences) - _MOST_SENTENCES} more errors of this file"]
    text = "\n".join(terminal_text(sentence)[:_LONGEST] for sentence in sentences)
    sys.stdout.buffer.write(text.encode("utf-8", "replace"))
    return _SENTENCES


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), json.loads(sys.argv[4])))
