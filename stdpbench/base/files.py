"""Write files atomically, remove files safely, and read TOML and JSON.

Removing
--------
Every removal by the program goes through this module (`remove_file`, `remove_files`, `remove_folder`, `remove_tree`),
which a test checks. Names read from a folder must match a pattern of names that the program writes, and no link is
followed: neither the entry itself nor a folder between it and the folder `within` may be one. `within` is a folder
that the user named or the program made, and may be reached by links.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
import stat
import struct
import sys
import tokenize
import tomllib
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, BinaryIO

from stdpbench.base.errors import DiskError, StdpbenchError

NOTHING = "(?!)"
"""Matches no name: `remove_folder` removes a folder that is empty."""
TEMPORARY = "[a-z0-9_]{8}"
"""Regular expression for the random suffix of names made by `tempfile`."""
DAMAGE = (
    *(OSError, ValueError, LookupError, EOFError, OverflowError, RuntimeError, SyntaxError, tokenize.TokenError),
    *(zipfile.BadZipFile, zlib.error, struct.error),
)
"""Exceptions that readers raise for damaged JSON, npy and npz files; any other, such as `TypeError`, is a bug."""
_BINARY = getattr(os, "O_BINARY", 0)  # Windows
_HAS_DIR_FD = {os.open, os.stat, os.unlink, os.rmdir} <= os.supports_dir_fd and hasattr(os, "O_NOFOLLOW")
_PATIENCE = 1.0  # s to wait for a file that others have open
_OF_THE_DISK = (errno.EIO, errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))


def check_target(target: Path, *, replace: bool = False, suffix: str = "") -> None:
    """Check that a file named by the user can be written, before its content is computed.

    Raises
    ------
    StdpbenchError
        If the name does not end with `suffix` (case-insensitive), the file exists and `replace` is false, or its
        folder does not exist.
    """
    if suffix and target.suffix.lower() != suffix:
        raise StdpbenchError(f"the name of the file must end with {suffix}, unlike {target.name!r}")
    if target.exists() and not replace:
        raise StdpbenchError(f"{target} already exists; choose another file, or remove it")
    if not target.absolute().parent.is_dir():
        raise StdpbenchError(f"cannot write {target}: there is no folder {target.absolute().parent}")


def write_aside(target: Path, write: Callable[[IO[bytes]], Any], *, private: bool = False, sync: bool = True) -> None:
    """Write a file atomically: write and sync a temporary file, then rename it.

    Parameters
    ----------
    target : Path
        The file, in an existing folder; an existing file is replaced completely or not at all.
    write : callable
        Called with a binary file, to which it writes the content.
    private : bool
        Whether only this user may read and write the file.
    sync : bool
        Whether to wait for the disk; without, a power failure may damage the file.

    Raises
    ------
    DiskError
        If the file cannot be written; an existing file is unchanged, and the temporary file is removed.
    """
    temporary = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with suppress(OSError):  # left by an earlier process with the same id
            remove_file(temporary)
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o600 if private else 0o666)
        with os.fdopen(handle, "wb") as file:
            write(file)
            file.flush()
            if sync:
                os.fsync(file.fileno())
        temporary.replace(target)
    except OSError as error:
        raise DiskError(f"{target} cannot be written: {error.strerror or error}") from error
    finally:
        with suppress(OSError):  # already renamed, or never created
            remove_file(temporary)


def write_text_aside(target: Path, text: str, *, private: bool = False) -> None:
    """Write a text file in UTF-8; see `write_aside`."""
    write_aside(target, lambda file: file.write(text.encode("utf-8")), private=private)


def sync_folder(folder: Path) -> None:
    """Sync a folder, so that new and renamed entries survive a power failure; does nothing where unsupported.

    Raises
    ------
    DiskError
        If the disk is full or fails.
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


def stamp_of(path: Path) -> tuple[int, int]:
    """Return the modification time and the size of a file, to recognise a changed one.

    Raises
    ------
    StdpbenchError
        If there is no such file.
    """
    try:
        status = path.stat()
    except OSError:
        raise StdpbenchError(f"there is no file {path}") from None
    return status.st_mtime_ns, status.st_size


def read_text(path: Path, largest: int = 1 << 30) -> str:
    """Read a text file in UTF-8; a byte order mark, as some Windows editors write, is ignored.

    Raises
    ------
    StdpbenchError
        If the file cannot be read, is not text, or has more than `largest` bytes.
    """
    try:
        if path.stat().st_size > largest:
            raise StdpbenchError(f"{path} is too large: it has more than {largest} bytes")
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise StdpbenchError(f"there is no file {path}") from None
    except UnicodeDecodeError:
        raise StdpbenchError(f"{path} is not a text file in UTF-8") from None
    except OSError as error:
        raise StdpbenchError(f"{path} cannot be read: {error.strerror or error}") from None
    if "\0" in text:
        raise StdpbenchError(f"{path} is not a text file in UTF-8")
    return text


def read_toml(path: Path, largest: int = 1 << 30) -> dict[str, Any]:
    """Read a TOML file; see `read_text`.

    Raises
    ------
    StdpbenchError
        If the file cannot be read, or is not valid TOML.
    """
    return parse_toml(read_text(path, largest), str(path))


def parse_toml(text: str, name: str) -> dict[str, Any]:
    """Parse TOML; error messages refer to it as `name`.

    Raises
    ------
    StdpbenchError
        If it is not valid TOML.
    """
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise StdpbenchError(f"{name} is not valid TOML: brackets are nested too deeply") from None
    except ValueError as error:
        # after a semicolon, Python adds advice for programmers
        reason = str(error).partition(";")[0]
        raise StdpbenchError(f"{name} is not valid TOML: {reason}{_quotes_missing(text, reason)}") from None


def _quotes_missing(text: str, reason: str) -> str:
    """Return a hint if a string or quantity on the line of an error has no quotes; else an empty string."""
    lines, at = text.splitlines(), re.search(r"at line (\d+)", reason)
    line = lines[int(at[1]) - 1] if at and int(at[1]) <= len(lines) else ""
    for bare in re.finditer(r"(?:^|[{,])\s*([\w.-]+)\s*=\s*([-+.\w/~][^\"'\[\]{}#,=]*?)\s*(?=[,}#]|$)", line):
        try:
            tomllib.loads(f"x = {bare[2]}")
        except ValueError:
            return f'; texts and quantities are written in quotes: {bare[1]} = "{bare[2]}"'
    return ""


def parse_json(text: str | bytes) -> Any:
    """Parse JSON strictly: unlike `json.loads`, reject NaN and infinity, which are not JSON.

    Raises
    ------
    ValueError
        If it is not JSON.
    """

    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is not JSON")

    return json.loads(text, parse_constant=refuse)


def json_digest(value: Any) -> str:
    """Return the SHA-256, hexadecimal, of plain values, independent of the order of keys."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def open_regular(path: Path) -> BinaryIO:
    """Open a regular file for reading; refuse others, such as named pipes, on which reading may block.

    Raises
    ------
    OSError
        If it cannot be opened, or is not a regular file.
    """
    file = open(path, "rb", opener=lambda name, flags: os.open(name, flags | getattr(os, "O_NONBLOCK", 0)))  # noqa: SIM115
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(errno.EINVAL, "it is not a regular file", str(path))
    return file


def read_regular(path: Path) -> bytes:
    """Return the content of a regular file; see `open_regular`."""
    with open_regular(path) as file:
        return file.read()


def is_private(folder: Path) -> bool:
    """Return whether a path is a folder, not a link, that only this user can write to."""
    try:
        status = folder.lstat()
    except OSError:
        return False
    owned = os.name == "nt" or (status.st_uid == os.geteuid() and not status.st_mode & 0o022)
    return owned and stat.S_ISDIR(status.st_mode)


def is_own(path: Path) -> bool:
    """Return whether this user owns a file or folder; True if it does not exist, or on Windows."""
    try:
        return os.name == "nt" or path.stat().st_uid == os.geteuid()
    except OSError:
        return True


# -- removing ---------------------------------------------------------------------------------------------------------


def remove_file(path: Path, named: str | None = None, within: Path | None = None) -> None:
    """Remove a file of this program; a missing file is not an error.

    Parameters
    ----------
    path : Path
        The file.
    named : str, optional
        Regular expression that the whole name must match; for names read from a folder.
    within : Path, optional
        Folder below which no link is followed; default: the folder of the file.

    Raises
    ------
    ValueError
        If the name does not match; nothing is removed.
    OSError
        If the file or a folder on the way to it is a link, or the file cannot be removed.
    """
    with suppress(FileNotFoundError), _entry(path, named, within) as (name, folder):
        os.unlink(name, dir_fd=folder)


def remove_files(folder: Path, named: str, within: Path | None = None) -> list[str]:
    """Remove the files of a folder whose whole names match a regular expression.

    Links stay, as do files that cannot be removed and everything in a folder reached by a link below `within`.

    Returns
    -------
    list of str
        Names of the files that were removed.
    """
    removed = []
    with suppress(OSError):
        for path in sorted(folder.iterdir()):
            if re.fullmatch(named, path.name):
                with suppress(OSError):
                    remove_file(path, within=within or folder)
                    removed.append(path.name)
    return removed


def remove_parts(folder: Path, named: str, within: Path | None = None) -> list[str]:
    """Remove temporary files that dead processes left while writing files whose names match; see `write_aside`."""
    names: list[str] = []
    with suppress(OSError):
        names = [path.name for path in folder.iterdir() if re.fullmatch(part_of(named), path.name)]
    orphans = [name for name in names if not process_exists(int(name.split(".")[-2]))]
    return remove_files(folder, "|".join(map(re.escape, orphans)), within) if orphans else []


def remove_folder(path: Path, holds: str, named: str | None = None, within: Path | None = None) -> bool:
    """Remove a folder of this program and its expected files; a folder with other files stays, with those files.

    Parameters
    ----------
    path : Path
        The folder; a missing folder is not an error.
    holds : str
        Regular expression for the whole names of files in it.
    named, within
        As for `remove_file`.

    Returns
    -------
    bool
        Whether the folder is gone.

    Raises
    ------
    ValueError
        If the name does not match; nothing is removed.
    OSError
        If the folder or one on the way to it is a link.
    """
    with suppress(FileNotFoundError), _entry(path, named, within) as (name, folder):
        remove_files(path, holds, within or path.parent)
        try:
            os.rmdir(name, dir_fd=folder)
        except OSError:  # it holds something else
            return False
    return True


def remove_tree(path: Path, named: str, within: Path | None = None) -> None:
    """Remove a folder and its content; links in it are removed, not followed.

    Parameters
    ----------
    path : Path
        The folder; a missing folder is not an error.
    named, within
        As for `remove_file`.

    Raises
    ------
    ValueError
        If the name does not match; nothing is removed.
    OSError
        If the folder or one on the way to it is a link, or something cannot be removed.
    """
    with suppress(FileNotFoundError), _entry(path, named, within) as (name, folder):
        shutil.rmtree(name, dir_fd=folder)


def part_of(named: str) -> str:
    """Return the regular expression for temporary files of `write_aside` for names that match `named`."""
    return rf"\.({named})\.[0-9]+\.part"


def process_exists(pid: int) -> bool:
    """Return whether a process with this id runs on this machine; True if that is unknown."""
    if sys.platform == "win32":  # where `os.kill` would end it
        return True
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # it is another user's
        return True
    return True


@contextmanager
def _entry(path: Path, named: str | None, within: Path | None) -> Iterator[tuple[str, int | None]]:
    """Open the folder of an entry without following links; yield the entry's name and the folder's descriptor."""
    if named is not None and not re.fullmatch(named, path.name):
        raise ValueError(f"{path} is not removed: its name does not match {named}")
    root = within or path.parent
    parts = path.relative_to(root).parts
    if not parts or ".." in parts:
        raise ValueError(f"{path} is not removed: it does not lie in {root}")
    *folders, name = parts
    if not _HAS_DIR_FD:
        for depth in range(1, len(parts) + 1):
            _refuse_link(root.joinpath(*parts[:depth]).lstat(), path)
        yield str(path), None
        return
    handle = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for folder in folders:
            _refuse_link(os.stat(folder, dir_fd=handle, follow_symlinks=False), path)
            deeper = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=handle)
            os.close(handle)
            handle = deeper
        _refuse_link(os.stat(name, dir_fd=handle, follow_symlinks=False), path)
        yield name, handle
    finally:
        os.close(handle)


def _refuse_link(status: os.stat_result, path: Path) -> None:
    if stat.S_ISLNK(status.st_mode):
        raise OSError(errno.ELOOP, "links are never followed to remove files", str(path))


def code_digest(*places: Path) -> str:
    """Return the SHA-256, hexadecimal, of the code in files and folders, with the names of the files."""
    digest = hashlib.sha256()
    for place in places:
        for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if path.suffix in {".py", ".so", ".cpp", ".h"}:
                digest.update(path.relative_to(place.parent).as_posix().encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()
