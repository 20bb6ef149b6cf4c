"""Content-addressed cache of what was compiled: each entry is a folder, and appears in it atomically."""

from __future__ import annotations

import hashlib
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from filelock import FileLock

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.files import TEMPORARY, is_own, remove_file, remove_tree
from stdpbench.base.paths import cache_folder

SUFFIX = {"win32": ".dll", "darwin": ".dylib"}.get(sys.platform, ".so")
"""How the name of a library ends."""
COPY = ".stdpbench-loaded-"
"""Prefix of the names of private copies of libraries."""
_ROOM = 256 * 2**20  # bytes for all networks; one takes about 0.7 MB
_ABANDONED = 86_400  # s after which temporary files count as left by a killed process
_BYTES = "bytes"  # file with the size of an entry
_DIGEST = "sha256"
ENTRY, MAKING = "[0-9a-f]{32}", rf"\.making-{TEMPORARY}"
"""Names of folders in the cache: of networks and shared objects, and of entries under construction."""
_EVICTED = r"\.evicted-[0-9a-f]{32}-[0-9]+"
"""Names of folders in the cache that are being removed."""
_COPIES = rf"{re.escape(COPY)}{TEMPORARY}{re.escape(SUFFIX)}"
"""Names of private copies of libraries."""


def entry_folder(key: str) -> Path:
    """Return the folder of the cache entry with a key, a SHA-256, hexadecimal."""
    return cache_folder() / "networks" / key[:32]


def fetch_entry(folder: Path, names: tuple[str, ...], make: Callable[[Path], None]) -> None:
    """Make a cache entry unless it exists.

    Only one process makes an entry; others wait. It appears in the cache atomically.

    Parameters
    ----------
    folder : Path
        The folder of the entry.
    names : tuple of str
        Names of its files.
    make : callable
        Writes these files into a folder.

    Raises
    ------
    StdpbenchError
        If the cache cannot be written, or `make` fails.
    """
    try:
        if not is_intact(folder, *names):
            folder.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(folder.with_suffix(".lock")):
                if not is_intact(folder, *names):
                    _make(folder, names, make)
                    prune(folder)
        with suppress(OSError):  # time of last use, not stored in a read-only cache
            os.utime(folder)
    except OSError as error:
        raise StdpbenchError(
            f"the cache of compiled networks at {cache_folder()} cannot be used ({error.strerror}); "
            "make room or name another folder in STDPBENCH_CACHE"
        ) from error


def _make(folder: Path, names: tuple[str, ...], make: Callable[[Path], None]) -> None:
    temporary = Path(tempfile.mkdtemp(prefix=".making-", dir=folder.parent))
    try:
        make(temporary)
        seal(temporary, *names)
        (temporary / _BYTES).write_text(f"{_size(temporary)}\n", encoding="ascii")
        replace_entry(folder, temporary)
    finally:
        with suppress(OSError):
            remove_tree(temporary, MAKING)


def seal(folder: Path, *names: str) -> None:
    """Write the digest of the files of a cache entry, to detect damage."""
    (folder / _DIGEST).write_text(_digest_of(folder, names), encoding="ascii")


def is_intact(folder: Path, *names: str) -> bool:
    """Return whether a cache entry exists with undamaged files."""
    try:
        if not all((folder / name).is_file() for name in (_DIGEST, *names)):
            return False
        return (folder / _DIGEST).read_text(encoding="ascii") == _digest_of(folder, names)
    except (OSError, ValueError):
        return False


def replace_entry(folder: Path, made: Path) -> None:
    """Rename a finished folder to that of a cache entry; a damaged one is removed, and anything else put aside."""
    with suppress(OSError):
        remove_tree(folder, ENTRY)
    if folder.is_symlink() or folder.exists():
        folder.replace(folder.with_name(f".strange-{folder.name}"))
    made.rename(folder)


def _digest_of(folder: Path, names: tuple[str, ...]) -> str:
    return hashlib.sha256(b"".join((folder / name).read_bytes() for name in names)).hexdigest()


def hold(library: Path) -> BinaryIO:
    """Open a library of the cache; its network is not evicted until the file is closed.

    Raises
    ------
    FileNotFoundError
        If it has been evicted.
    """
    file = library.open("rb")
    if not _locked(file, "LOCK_SH"):
        file.close()
        raise FileNotFoundError(library)
    return file


def _locked(file: BinaryIO, how: str) -> bool:
    """Try to lock an open library, to use it (``LOCK_SH``) or to evict it (``LOCK_EX``), until it is closed."""
    if sys.platform == "win32":  # a folder with an open file cannot be renamed, so it is not evicted
        return True
    import fcntl

    try:
        fcntl.flock(file, getattr(fcntl, how) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return True
    return True


def prune(newest: Path) -> None:
    """Evict least recently used networks beyond `_ROOM`, but none in use, and remove abandoned files."""
    paths = list(newest.parent.iterdir())
    for path in paths:
        for pattern in (MAKING, _EVICTED):
            if re.fullmatch(pattern, path.name) and _is_abandoned(path):
                with suppress(OSError):
                    remove_tree(path, pattern)
    entries = [path for path in paths if re.fullmatch(ENTRY, path.name)]
    _remove_copies(Path(tempfile.gettempdir()))
    room = _ROOM
    for path in sorted(entries, key=_last_use, reverse=True):
        _remove_copies(path)
        room -= _size(path)
        if room < 0 and path != newest:
            _evict(path)


def _remove_copies(folder: Path) -> None:
    """Remove private copies left by killed processes."""
    with suppress(OSError):
        for path in list(folder.iterdir()):
            if re.fullmatch(_COPIES, path.name) and _is_abandoned(path) and is_own(path):
                with suppress(OSError):
                    remove_file(path, _COPIES)


def _is_abandoned(path: Path) -> bool:
    return time.time() - _last_use(path) > _ABANDONED


def _last_use(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:  # another process removed it
        return time.time()


def _size(folder: Path) -> int:
    with suppress(OSError, ValueError):
        return int((folder / _BYTES).read_text(encoding="ascii"))
    size = 0
    for path in folder.rglob("*"):
        with suppress(OSError):
            size += path.stat().st_size
    return size


def _evict(folder: Path) -> None:
    """Remove a network unless it is in use."""
    library, evicted = folder / f"network{SUFFIX}", folder.with_name(f".evicted-{folder.name}-{os.getpid()}")
    with suppress(OSError):
        if library.is_file():
            with library.open("rb") as file:
                if not _locked(file, "LOCK_EX"):
                    return
        # a process that has just opened the library still reads it; one that opens it later compiles it again
        folder.rename(evicted)
        remove_tree(evicted, _EVICTED)
        remove_file(folder.with_suffix(".log"))
