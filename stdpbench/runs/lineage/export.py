"""Export a run to a zip file from which it can be reproduced, and unpack such files.

The zip contains one folder, named after the run: the files of the run folder without checkpoints and files that only
the process needs, a list of the installed packages, and instructions for reproduction. It contains no data sets.

Zip files come from untrusted sources: entries are checked before anything is written, and nothing outside the target
folder can be written.
"""

from __future__ import annotations

import re
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from importlib.metadata import distributions
from pathlib import Path, PurePosixPath
from typing import IO

from stdpbench.base.errors import DiskError, StdpbenchError, disk_errors
from stdpbench.base.files import check_target, write_aside
from stdpbench.base.foreign_files import content_limit
from stdpbench.base.foreign_text import folder_name_problem
from stdpbench.experiment.table_files import TABLES
from stdpbench.runs.catalog.store import BIN, INDEX, QUEUE
from stdpbench.runs.folder.history import FOLDER as HISTORY
from stdpbench.runs.folder.history import MOMENT
from stdpbench.runs.folder.learned_arrays import ARRAY_OF_NAME, FOLDERS, START_FILES
from stdpbench.runs.folder.lock import has_process
from stdpbench.runs.folder.notes import NAME as NOTES
from stdpbench.runs.folder.run_folder import ARRAY, ARRAYS, RESULTS, RunFolder
from stdpbench.runs.folder.status import state_of
from stdpbench.runs.protocol.states import State

PACKAGES = "packages.txt"
SUFFIX = ".stdpbench.zip"
"""Usual suffix of an exported run, by which a desktop chooses the program to open it; any zip file is accepted."""
ProgressCallback = Callable[[int, int], object]
_NAMES = (
    "experiment.toml",
    "run.json",
    "journal.jsonl",
    NOTES,
    *RESULTS,
    *START_FILES,
)
_FIGURES = "figures"
_PATTERNS = {
    ARRAYS: ARRAY,
    TABLES: r"[0-9a-f]{64}\.(npz|py)",
    **dict.fromkeys(FOLDERS, ARRAY_OF_NAME),
    HISTORY: MOMENT,
}
"""Folders of learned arrays, of synapses and of the history, with patterns for the names of their files."""
_LARGEST = 256 * 2**20  # bytes of an unpacked zip, in addition to the usual limit for foreign files
_LARGEST_OF = {
    ".toml": 2**20,
    ".py": 2**20,
    ".json": 8 * 2**20,
    ".jsonl": 64 * 2**20,
    ".png": 64 * 2**20,
    ".npy": 2 * 2**30,
    ".npz": 2 * 2**30,
}
"""Maximum unpacked size of a file in bytes, by type: far more than a run writes, and small enough for the memory."""
_DENSEST, _SMALL = 200, 2**20
"""Maximum compression ratio of text and images, and the size in bytes up to which it is not checked. Arrays are
exempt, since arrays of zeros compress to almost nothing."""
_READ = 2**20

_README = """\
How to reproduce this run
=========================

1. Install stdpbench in the version given in run.json under "versions"; {packages} lists all packages that were
   installed where the run was exported ({differing}).
2. Install the data set: {data}.
3. stdpbench reproduce {name}{suffix}

This runs the experiment again, with the same changes of parameters and learned arrays at the same presentations, and
reports whether the numbers agree: to the bit on the same machine with the same versions; otherwise how many spikes
differ, and whether the accuracies lie within their intervals. {ended}

"""


def export_run(
    folder: RunFolder,
    target: Path,
    *,
    replace: bool = False,
    history: bool = False,
    on_progress: ProgressCallback = lambda done, total: None,
) -> Path:
    """Write a run to a zip file.

    Parameters
    ----------
    folder : RunFolder
        An inactive run.
    target : Path
        The zip file, in an existing folder.
    replace : bool
        Whether to replace an existing file, once the new one is complete.
    history : bool
        Whether to include the history of the run, for the timeline of the app and for films.
    on_progress : callable
        Called with the number of bytes read so far and in total; an exception that it raises cancels the export.

    Returns
    -------
    Path
        `target`.

    Raises
    ------
    StdpbenchError
        If the run is active, `target` exists and is not to be replaced, or it cannot be written. No incomplete file
        is left behind.
    """
    if has_process(folder.path):
        raise StdpbenchError(
            f"a process is working on {folder.path}; stop it with `stdpbench stop` before exporting the run"
        )
    check_target(target, replace=replace)
    name = folder.path.resolve().name
    files = [path for path in (folder.path / entry for entry in _NAMES) if path.is_file()]
    files += sorted((folder.path / _FIGURES).glob("*.png"))
    for place, pattern in _PATTERNS.items():
        if place == HISTORY and not history:
            continue
        files += sorted(path for path in (folder.path / place).glob("*.np[yz]") if re.fullmatch(pattern, path.name))
    texts = {"README.txt": _readme(folder, name), PACKAGES: "".join(f"{line}\n" for line in installed())}

    def write(file: IO[bytes]) -> None:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for entry, text in texts.items():
                archive.writestr(f"{name}/{entry}", text)
            done, total = 0, sum(path.stat().st_size for path in files)
            for path in files:
                info = zipfile.ZipInfo.from_file(path, f"{name}/{path.relative_to(folder.path).as_posix()}")
                info.compress_type = zipfile.ZIP_DEFLATED
                with path.open("rb") as content, archive.open(info, "w") as entry_file:
                    while block := content.read(_READ):
                        entry_file.write(block)
                        done += len(block)
                        on_progress(done, total)

    write_aside(target, write)
    return target


def unpack_run(source: Path, into: Path) -> RunFolder:
    """Unpack an exported run.

    Parameters
    ----------
    source : Path
        The zip file.
    into : Path
        Folder in which the run folder is created.

    Raises
    ------
    StdpbenchError
        If the file is not a zip of a run or is damaged, contains anything but regular files below one folder, or a
        file in it is larger than any file of a run can be.
    """
    try:
        with zipfile.ZipFile(source) as archive:
            wanted = _checked(source, archive.infolist())
            folder = into / PurePosixPath(next(iter(wanted.values())).filename).parts[0]
            for name, info in wanted.items():
                path = folder.joinpath(*PurePosixPath(name).parts)
                path.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(info) as content, path.open("wb") as file:
                    _copy(source, name, content, file)
                if path.suffix == ".npz":
                    _check_arrays(source, name, path)
    except FileNotFoundError:
        raise StdpbenchError(f"there is no file {source}") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise StdpbenchError(f"{source} is not a zip file, or is damaged: {error}") from None
    except OSError as error:
        raise DiskError(f"cannot unpack {source}: {error.strerror or error}") from error
    try:
        return RunFolder.open(folder)
    except StdpbenchError:
        raise StdpbenchError(f"{source} does not contain a run: experiment.toml or journal.jsonl is missing") from None


def import_run(source: Path, runs: Path) -> RunFolder:
    """Unpack an exported run into a runs folder, where it is listed, shown and evaluated like any other run.

    Without checkpoints it can be neither branched nor rewound; a run made by `stdpbench reproduce` can.

    Parameters
    ----------
    source : Path
        The zip file.
    runs : Path
        The runs folder; created if necessary.

    Raises
    ------
    StdpbenchError
        If a run of this name exists, or for the reasons of `unpack_run`. No partially unpacked run is left behind.
    """
    with disk_errors(f"cannot unpack {source} into {runs}"):
        runs.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".import-", dir=runs) as scratch:
            unpacked = unpack_run(source, Path(scratch)).path
            target = runs / unpacked.name
            if target.exists():
                raise StdpbenchError(f"{target} already exists; open it, or move it away first")
            unpacked.rename(target)
    return RunFolder.open(target)


def installed() -> list[str]:
    """Return the installed packages as ``name==version``, sorted."""
    packages = {
        str(package.metadata["Name"]): package.version for package in distributions() if package.metadata["Name"]
    }
    return [f"{name}=={version}" for name, version in sorted(packages.items(), key=lambda item: item[0].lower())]


def _checked(source: Path, entries: list[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    """Return the entries of a zip that are files of a run, by name in the run folder; refuse unsafe entries."""
    wanted: dict[str, zipfile.ZipInfo] = {}
    tops = set()
    for info in entries:
        # zip files use / only, but Windows also accepts \ and C: in paths
        path = PurePosixPath(info.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in info.filename or not path.parts:
            raise StdpbenchError(f"refused {source}: its entry {info.filename!r} leads out of its folder")
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise StdpbenchError(f"refused {source}: its entry {info.filename!r} is not a regular file")
        name = "/".join(path.parts[1:])
        if (name in _NAMES or _is_in_folder(path.parts)) and not info.is_dir():
            if name in wanted:
                raise StdpbenchError(f"refused {source}: it contains {name} twice")
            tops.add(path.parts[0])
            wanted[name] = info
    if len(tops) != 1:
        raise StdpbenchError(f"{source} does not contain a run: expected one folder, found {len(tops)}")
    if problem := _name_problem(top := tops.pop()):
        raise StdpbenchError(f"refused {source}: the name of its folder, {top!r}, {problem}; give it another one")
    for name, info in wanted.items():
        _check_size(source, name, info.file_size)
        dense = info.file_size > max(_SMALL, _DENSEST * info.compress_size)
        if dense and PurePosixPath(name).suffix not in (".npy", ".npz"):
            raise StdpbenchError(
                f"refused {source}: {name} in it is compressed more than {_DENSEST}-fold, which no file of a run is"
            )
    _check_total(source, "it", sum(info.file_size for info in wanted.values()))
    return wanted


def _name_problem(name: str) -> str:
    """Return why a run cannot have a name, as the predicate of a sentence; empty if it can."""
    if name.lower() in (BIN, QUEUE, INDEX):
        return "is reserved in a runs folder"
    return folder_name_problem(name)


def _check_size(source: Path, name: str, size: int) -> None:
    largest = _LARGEST_OF[PurePosixPath(name).suffix]
    if size > largest:
        raise StdpbenchError(
            f"refused {source}: unpacked, {name} in it is larger than {largest // 2**20} MiB, the limit for this type "
            "of file"
        )


def _check_total(source: Path, subject: str, size: int) -> None:
    largest = _LARGEST + content_limit(source.stat().st_size)
    if size > largest:
        raise StdpbenchError(
            f"refused {source}: unpacked, {subject} is larger than {largest >> 20} MiB, the limit for a file of its "
            "size"
        )


def _copy(source: Path, name: str, content: IO[bytes], file: IO[bytes]) -> None:
    """Unpack a file and check its actual size, since the size stated in a zip may be wrong."""
    size = 0
    while block := content.read(_READ):
        size += len(block)
        _check_size(source, name, size)
        file.write(block)


def _check_arrays(source: Path, name: str, path: Path) -> None:
    """Refuse an npz file, which is a zip, too, if its arrays are too large."""
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(info.file_size for info in archive.infolist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise StdpbenchError(f"refused {source}: {name} in it is damaged: {error}") from None
    _check_total(source, f"{name} in it", size)


def _is_in_folder(parts: tuple[str, ...]) -> bool:
    """Return whether a path is that of a figure, a learned array, synapses or a moment of the history."""
    patterns = {_FIGURES: r".*\.png", **_PATTERNS}
    return len(parts) == 3 and parts[1] in patterns and re.fullmatch(patterns[parts[1]], parts[2]) is not None


def _readme(folder: RunFolder, name: str) -> str:
    state, _ = state_of(folder)
    data = folder.stored_experiment.data
    kind = str(getattr(data, "kind", ""))
    location = next((str(v) for v in data.to_mapping().values() if isinstance(v, str) and Path(v).is_absolute()), "")
    data_set = f"{kind!r} (`stdpbench data list` shows which data sets are installed)"
    if location:
        data_set = f"{kind!r}, originally in {location}; use --set data.…=… to give another location"
    versions = folder.about.get("versions", {})
    current = dict(line.split("==", 1) for line in installed())
    changed = [f"{package} {old}" for package, old in versions.items() if current.get(package, old) != old]
    differing = f"the run was started with {', '.join(changed)}" if changed else "as when the run was started"
    ended = (
        ""
        if state is State.FINISHED
        else f"\n\nThis run is {state}; only the results of a finished run can be compared."
    )
    head = _README.format(packages=PACKAGES, differing=differing, data=data_set, name=name, suffix=SUFFIX, ended=ended)
    readme = folder.path / "README.txt"
    return head + (readme.read_text(encoding="utf-8", errors="replace") if readme.is_file() else "")
