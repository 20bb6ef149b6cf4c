"""Writing files so that one that exists is whole: aside, synced, renamed. Reading TOML that a person wrote."""

from __future__ import annotations

import errno
import os
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from stdpbench.errors import DiskError, StdpbenchError

_OF_THE_DISK = (errno.EIO, errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))


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
    with written_aside(target, write):
        pass


@contextmanager
def written_aside(target: Path, write: Callable[[IO[bytes]], Any]) -> Iterator[None]:
    """Write a file as `write_aside` does, but give it its own name only at the end of the block.

    What must not be on disk unless this file can be written is written within the block. If the block raises, the file
    stays as it was.
    """
    aside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        try:
            with aside.open("wb") as file:
                write(file)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise DiskError(f"{target} cannot be written: {error.strerror or error}") from error
        yield
        try:
            aside.replace(target)
        except OSError as error:
            raise DiskError(f"{target} cannot be written: {error.strerror or error}") from error
    finally:
        with suppress(OSError):  # where nothing can be written, nothing is left either
            aside.unlink(missing_ok=True)


def write_text_aside(target: Path, text: str) -> None:
    """Write a text file in UTF-8; see `write_aside`."""
    write_aside(target, lambda file: file.write(text.encode("utf-8")))


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on disk, where the system can do so.

    Raises
    ------
    DiskError
        If the disk does not take them.
    """
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:  # Windows opens no folders
        return
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno in _OF_THE_DISK:  # else the file system cannot sync folders
            raise DiskError(f"{folder} cannot be written: {error.strerror or error}") from error
    finally:
        os.close(handle)


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file that a person wrote; a byte order mark, as some editors of Windows set, is passed over.

    Raises
    ------
    StdpbenchError
        If it cannot be read, or is no TOML in UTF-8.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError:
        raise StdpbenchError(f"{path} is not a text file in UTF-8") from None
    except RecursionError:
        raise StdpbenchError(f"{path} is not valid TOML: brackets are nested too deeply") from None
    except ValueError as error:
        # what follows a semicolon is Python's advice to programmers
        raise StdpbenchError(f"{path} is not valid TOML: {str(error).partition(';')[0]}") from None
    except OSError as error:
        raise StdpbenchError(f"{path} cannot be read: {error.strerror}") from None
