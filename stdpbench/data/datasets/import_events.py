"""Import N-MNIST and SHD: check the files in a user's folder, and copy them to the data folder.

They are copied into a temporary folder, which is renamed when all files are there. So an imported data set is
complete, and an interrupted import leaves nothing.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.files import remove_tree
from stdpbench.base.paths import data_folders
from stdpbench.data.datasets.n_mnist import HALVES, files_of, read_half
from stdpbench.data.datasets.shd import FILES, read_shd

IMPORTABLE = ("n-mnist", "shd")
"""Names of the data sets that `import_events` knows."""

_SOURCES = {"n-mnist": "www.garrickorchard.com/datasets/n-mnist", "shd": "compneuro.net/datasets"}
_WANTED = {"n-mnist": "the folders Train and Test", "shd": " and ".join(FILES)}

Report = Callable[[str, int, int | None], None]


def imported(name: str) -> Path | None:
    """Return the folder of an imported data set; None if it is not in `stdpbench.base.paths.data_folders`."""
    return next((folder / name for folder in data_folders() if _is_whole(name, folder / name)), None)


def import_events(
    name: str,
    folder: str | Path | None,
    source: str | Path | None,
    progress: bool = True,
    report: Report | None = None,
) -> Path:
    """Import a data set into the user's data folder, unless it is there; parameters are those of `fetch.fetch`.

    Raises
    ------
    StdpbenchError
        If it is missing and `source` is None, or the files of the source are missing or damaged.
    """
    root = data_folders()[0] if folder is None else Path(folder).expanduser()
    present = imported(name) if folder is None else root / name if _is_whole(name, root / name) else None
    if present is not None:
        return present
    if source is None:
        raise StdpbenchError(
            f"{name} cannot be downloaded; get it from {_SOURCES[name]}, unpack it, and import it with "
            f"`stdpbench data fetch {name} --from FOLDER`"
        )
    target, origin = root / name, _origin(name, Path(source).expanduser())
    if target.exists():
        raise StdpbenchError(f"{target} exists, but is not a complete copy of {name}; move it elsewhere")
    temporary = root / f".{name}.{os.getpid()}.part"
    files = list(_files(name, origin))
    total = 2 * sum(path.stat().st_size for path in files)  # each file is checked, then copied
    try:
        with _progress(name, total, progress, report) as advance:
            _check(name, origin, advance)
            for path in files:
                copy = temporary / path.relative_to(origin)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, copy)
                advance(path.stat().st_size)
        temporary.replace(target)
    except OSError as error:
        raise StdpbenchError(f"{error.filename or target} cannot be written: {error.strerror or error}") from None
    finally:
        with suppress(OSError):
            remove_tree(temporary, rf"\.{re.escape(name)}\.[0-9]+\.part")
    return target


def _is_whole(name: str, folder: Path) -> bool:
    """Return whether a folder has the files of a data set, without reading them."""
    if name == "shd":
        return all((folder / file).is_file() for file in FILES)
    return all((folder / half / str(digit)).is_dir() for half in HALVES for digit in range(10))


def _origin(name: str, source: Path) -> Path:
    """Return the folder with the files: the source, or the first matching folder in it."""
    if not source.is_dir():
        raise StdpbenchError(f"there is no folder {source}; name one with {_WANTED[name]} of {name}")
    try:
        subfolders = sorted(entry for entry in source.iterdir() if entry.is_dir())
    except OSError as error:
        raise StdpbenchError(f"{source} cannot be read: {error.strerror or error}") from None
    for folder in (source, *subfolders):
        if _is_whole(name, folder):
            return folder
    raise StdpbenchError(f"{source} does not hold {_WANTED[name]} of {name}, unpacked")


def _files(name: str, origin: Path) -> Iterator[Path]:
    if name == "shd":
        yield from (origin / file for file in FILES)
        return
    for half in HALVES:
        yield from (path for path, _ in files_of(origin / half))


def _check(name: str, origin: Path, advance: Callable[[int], None]) -> None:
    """Read all files.

    Raises
    ------
    StdpbenchError
        If a file is damaged.
    """
    if name == "shd":
        for file in FILES:
            read_shd(origin / file)
            advance((origin / file).stat().st_size)
        return
    for half in HALVES:
        read_half(origin / half, report=advance)


@contextmanager
def _progress(name: str, total: int, shown: bool, report: Report | None) -> Iterator[Callable[[int], None]]:
    """Yield a function that adds bytes to a progress bar on the terminal, and calls `report`."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not shown) as bar:
        task = bar.add_task(f"{name}: check and copy", total=total)

        def advance(n_bytes: int) -> None:
            bar.advance(task, n_bytes)
            if report is not None:
                report(name, int(bar.tasks[0].completed), total)

        yield advance
