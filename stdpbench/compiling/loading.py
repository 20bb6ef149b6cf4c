"""Libraries that are loaded into this process and unloaded again.

Loading a path twice gives the same library with the same memory, so a private copy is loaded each time.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import sys
import tempfile
import weakref
from pathlib import Path
from typing import BinaryIO

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.files import remove_file
from stdpbench.compiling.entries import COPY, hold


def load(path: Path, owner: object) -> ctypes.CDLL:
    """Load a private copy of a library of the cache, which is not evicted meanwhile.

    Parameters
    ----------
    path : Path
        The library in the cache.
    owner : object
        The library is unloaded when this object is gone, after its function ``resident_stop`` has freed its memory.

    Raises
    ------
    FileNotFoundError
        If the library has been evicted.
    StdpbenchError
        If it does not load.
    """
    source = hold(path)
    dll, copy = _load_copy(path, source)
    # not at exit, since other threads may still run code of the library
    weakref.finalize(owner, _unload, dll, copy, source).atexit = False
    return dll


def _load_copy(path: Path, source: BinaryIO) -> tuple[ctypes.CDLL, Path]:
    failure: OSError | None = None
    for folder in (path.parent, None):  # the folder for temporary files may be mounted noexec
        try:
            handle, name = tempfile.mkstemp(prefix=COPY, suffix=path.suffix, dir=folder)
        except OSError as error:
            failure = error
            continue
        copy = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                source.seek(0)
                shutil.copyfileobj(source, file)
            return ctypes.CDLL(str(copy)), copy
        except OSError as error:
            failure = error
        finally:
            with contextlib.suppress(OSError):  # Windows does not remove a library that is loaded
                remove_file(copy)
    source.close()
    raise StdpbenchError(f"the compiled network {path} does not load: {failure}") from failure


def _unload(dll: ctypes.CDLL, copy: Path, source: BinaryIO) -> None:
    import _ctypes

    dll.resident_stop()
    if sys.platform == "win32":
        _ctypes.FreeLibrary(dll._handle)
        with contextlib.suppress(OSError):
            remove_file(copy)
    else:
        _ctypes.dlclose(dll._handle)
    source.close()
