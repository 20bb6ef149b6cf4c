"""Writing files so that one that exists is whole: aside, synced, renamed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from stdpbench.errors import DiskError


def write_aside(target: Path, write: Callable[[IO[bytes]], Any]) -> None:
    """Write a file under another name, sync it, and give it its own name.

    Parameters
    ----------
    target : Path
        The file, in a folder that exists; one that is there is replaced at once or not at all.
    write : callable
        Writes the content to the binary file that it is given.

    Raises
    ------
    DiskError
        If it cannot be written; what was there before is untouched, and nothing half-written stays.
    """
    aside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with aside.open("wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(target)
    except OSError as error:
        raise DiskError(f"{target} cannot be written: {error.strerror or error}") from error
    finally:
        aside.unlink(missing_ok=True)


def write_text_aside(target: Path, text: str) -> None:
    """Write a text file in UTF-8; see `write_aside`."""
    write_aside(target, lambda file: file.write(text.encode("utf-8")))


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on disk, where the system can say so."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:  # Windows opens no folders
        return
    try:
        os.fsync(handle)
    except OSError:
        pass
    finally:
        os.close(handle)
