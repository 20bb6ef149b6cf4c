"""Fetch the published data sets, from the network or from local files.

A file is accepted only if it has the published digest, and gets its final name only when it is complete. An
interrupted transfer leaves a ``.part`` file, from which the next one resumes.
"""

from __future__ import annotations

import re
import shutil
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from stdpbench.base.errors import StdpbenchError, disk_errors, suggestion
from stdpbench.base.files import NOTHING, remove_file, remove_files, remove_folder
from stdpbench.base.paths import data_folders
from stdpbench.data.datasets._idx_format import is_gzip
from stdpbench.data.datasets._mnist_like import PUBLISHED, PublishedFile, PublishedSet, find_file, find_set, spellings
from stdpbench.data.datasets.import_events import IMPORTABLE, import_events

FETCHABLE = tuple(PUBLISHED)
"""Names of the data sets that `fetch` knows."""

_ATTEMPTS = 8
_PAUSE = 1.0
_TIMEOUT = (10.0, 60.0)  # seconds to connect, and to wait for data
_CHUNK = 1 << 15

Report = Callable[[int, int | None], None]


def status(name: str) -> Path | None:
    """Return the folder of a published data set.

    Parameters
    ----------
    name : str
        One of `FETCHABLE`.

    Returns
    -------
    Path or None
        The folder with its four files (not read); None if it is not in `stdpbench.base.paths.data_folders`.

    Raises
    ------
    StdpbenchError
        If there is no such published data set.
    """
    return find_set(_published(name).name, data_folders())


def damaged(name: str, folder: Path) -> list[str]:
    """Return the names of missing or damaged files of a published data set in a folder; reads all of them."""
    return [file.name for file in _incomplete(_published(name), folder)]


def fetch(
    name: str,
    folder: str | Path | None = None,
    source: str | Path | None = None,
    progress: bool = True,
    *,
    mirrors: Sequence[str] | None = None,
    report: Callable[[str, int, int | None], None] | None = None,
) -> Path:
    """Download or import a published data set, unless it is complete in the user's data folder.

    Parameters
    ----------
    name : str
        A name in `FETCHABLE`, or in `IMPORTABLE`, which needs a `source`.
    folder : str or Path, optional
        The data folder, in which a folder `name` is created; default: the first of
        `stdpbench.base.paths.data_folders`.
    source : str or Path, optional
        Folder with the files, plain or gzip, to copy instead of downloading.
    progress : bool
        Whether to draw a bar on the terminal (standard error).
    mirrors : sequence of str, optional
        Base addresses to try in turn instead of the known ones.
    report : callable, optional
        Called during a transfer with the file's name, its bytes so far, and their total if known. An exception ends
        the transfer, which the next call resumes.

    Returns
    -------
    Path
        The folder with the four files; a complete one is left unchanged, and files that differ from the published
        ones, which need not be damaged, are kept as ``.old``.

    Raises
    ------
    StdpbenchError
        If a file is not available, differs from the published one, or cannot be written. Complete files and resumable
        partial transfers are kept.
    """
    if name in IMPORTABLE:
        return import_events(name, folder, source, progress, report)
    published = _published(name)
    present = find_set(name, data_folders() if folder is None else (Path(folder).expanduser(),))
    if present is not None and not _incomplete(published, present):
        return present
    target = (data_folders()[0] if folder is None else Path(folder).expanduser()) / name
    incomplete = _incomplete(published, target)
    origins = None if source is None else _origins(published, incomplete, Path(source).expanduser())
    try:
        target.mkdir(parents=True, exist_ok=True)
        if origins is not None:
            for file, origin in zip(incomplete, origins, strict=True):
                _import(origin, target, file)
        else:
            _download_all(published, incomplete, target, list(mirrors or published.mirrors), progress, report)
    except OSError as error:
        raise StdpbenchError(f"{error.filename or target} cannot be written: {error.strerror or error}") from None
    finally:
        with suppress(OSError):
            remove_folder(target, NOTHING)
    return target


def _published(name: str) -> PublishedSet:
    if name not in PUBLISHED:
        known = (*PUBLISHED, *IMPORTABLE)
        raise StdpbenchError(f"there is no data set {name!r} to fetch; {suggestion(name, known)}")
    return PUBLISHED[name]


def _incomplete(published: PublishedSet, folder: Path) -> list[PublishedFile]:
    """Return the files that are missing in a folder or differ from the published ones."""
    present = [(file, find_file(folder, file.name)) for file in published.files]
    return [file for file, path in present if path is None or not file.matches(path)]


def _origins(published: PublishedSet, incomplete: Sequence[PublishedFile], source: Path) -> list[Path]:
    """Return the paths of the files in a local source, after checking all of them."""
    if not source.is_dir():
        raise StdpbenchError(f"there is no folder {source}; name one with the files of {published.name}")
    origins = []
    for file in incomplete:
        places = [path for place in (source, source / published.name) if (path := find_file(place, file.name))]
        if not places:
            raise StdpbenchError(
                f"{source} holds neither {file.name} nor {file.name}.gz; it must hold the files of {published.name}"
            )
        if not file.matches(places[0]):
            raise StdpbenchError(
                f"{places[0]} is not the published file of {published.name} (wrong checksum); nothing was copied"
            )
        origins.append(places[0])
    return origins


def _import(origin: Path, target: Path, file: PublishedFile) -> None:
    part = target / f"{file.name}.import.part"
    try:
        shutil.copyfile(origin, part)
        _finish(part, target, file)
    finally:
        remove_file(part)


def _finish(part: Path, target: Path, file: PublishedFile) -> None:
    """Rename a complete file, keep those that it replaces as .old, and remove partial transfers."""
    for spelling in spellings(file.name):
        if (path := target / spelling).exists():
            path.replace(target / f"{spelling}.old")
    part.replace(target / (f"{file.name}.gz" if is_gzip(part) else file.name))
    remove_files(target, rf"{re.escape(file.name)}\.(import|[0-9a-f]{{8}})\.part")


def _download_all(
    published: PublishedSet,
    incomplete: Sequence[PublishedFile],
    target: Path,
    mirrors: list[str],
    progress: bool,
    listener: Callable[[str, int, int | None], None] | None = None,
) -> None:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=not progress,
    )
    with bar:
        for file in incomplete:
            task = bar.add_task(f"{published.name}: {file.name}", total=None)

            def report(done: int, total: int | None, task: Any = task, name: str = file.name) -> None:
                bar.update(task, completed=done, total=total)
                if listener is not None:
                    listener(name, done, total)

            _download(published, file, target, mirrors, report)


def _download(published: PublishedSet, file: PublishedFile, target: Path, mirrors: list[str], report: Report) -> None:
    failures = []
    for mirror in tuple(mirrors):
        url = f"{mirror.rstrip('/')}/{file.name}.gz"
        # mirrors may compress the same bytes differently, so each has its own part file
        part = target / f"{file.name}.{zlib.crc32(url.encode()):08x}.part"
        reason = _from_mirror(url, part, file, report)
        if reason is None:
            _finish(part, target, file)
            return
        failures.append(f"{urlsplit(url).netloc}: {reason}")
        # a failed mirror comes last for the next file
        mirrors.remove(mirror)
        mirrors.append(mirror)
    raise StdpbenchError(
        f"{file.name}.gz of {published.name} could not be fetched ({'; '.join(failures)}); try again later, or get "
        f"the files yourself and import them with `stdpbench data fetch {published.name} --from FOLDER`"
    )


def _from_mirror(url: str, part: Path, file: PublishedFile, report: Report) -> str | None:
    """Fetch one file into `part`; return None if it is the published one, else a short reason."""
    reason = ""
    for attempt in range(_ATTEMPTS):
        if attempt:
            time.sleep(_PAUSE)
        begun = part.stat().st_size if part.exists() else 0
        try:
            _transfer(url, part, begun, report)
        except OSError as error:
            code = getattr(getattr(error, "response", None), "status_code", None)
            reason = f"HTTP {code}" if code else _network_reason(error)
            size = part.stat().st_size
            if code == 416 or size == 0:
                remove_file(part)  # 416: the partial file is at least as long as the server's, but differs from it
            if code != 416 and size == begun:
                return reason  # no data: try the next mirror rather than this one again
        else:
            if file.matches(part):
                return None
            remove_file(part)
            reason = "the server sent another file (wrong checksum)"
            if not begun:
                return reason
    return reason


def _transfer(url: str, part: Path, received: int, report: Report) -> None:
    """Append the missing bytes to `part`; network failures are OSErrors."""
    import requests

    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={received}-"} if received else {})
    with _writing(part):
        file = part.open("ab")
    with file, requests.get(url, headers=headers, timeout=_TIMEOUT, stream=True) as response:
        response.raise_for_status()
        if response.status_code == 206:
            start = response.headers.get("content-range", "").removeprefix("bytes ").partition("-")[0]
            if start != str(received):
                raise OSError("the server sent a different range than requested")
        else:  # the server may ignore the requested range
            file.truncate(0)
            received = 0
        length = None if "content-encoding" in response.headers else response.headers.get("content-length")
        total = None if length is None else received + int(length)
        for chunk in response.iter_content(_CHUNK):
            with _writing(part):
                file.write(chunk)
                file.flush()
            received += len(chunk)
            report(received, total)
    if total is not None and received < total:
        raise OSError("the connection broke")


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Turn errors of writing a file into a `StdpbenchError`, which unlike network failures ends the transfer."""
    with disk_errors(f"{path} cannot be written"):
        yield


def _network_reason(error: OSError) -> str:
    names = {cls.__name__ for cls in type(error).__mro__}
    if "Timeout" in names:
        return "no answer in time"
    if "ChunkedEncodingError" in names:
        return "the connection broke"
    if "ConnectionError" in names:
        return "no connection"
    return str(error) or type(error).__name__
