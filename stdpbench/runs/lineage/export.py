"""One zip with all that reproduces a run, and the way back from it.

The zip holds one folder, named after the run: what lies in a run folder but for checkpoints and what only its process
needs, the packages that were installed where it was exported, and how to reproduce it. Data sets are not in it.

A zip comes from anywhere: what it says is checked before a byte is written, and nothing outside of the folder that
it is unpacked into can be touched.
"""

from __future__ import annotations

import re
import stat
import zipfile
import zlib
from collections.abc import Callable
from importlib.metadata import distributions
from pathlib import Path, PurePosixPath
from typing import IO

from stdpbench.errors import DiskError, StdpbenchError
from stdpbench.files import write_aside
from stdpbench.runs.folder.lock import has_process
from stdpbench.runs.folder.run_folder import ARRAY, ARRAYS, RunFolder
from stdpbench.runs.folder.status import state_of
from stdpbench.runs.protocol.states import State

PACKAGES = "packages.txt"
ProgressCallback = Callable[[int, int], object]
_NAMES = (
    "experiment.toml",
    "run.json",
    "journal.jsonl",
    "metrics.json",
    "weights.npy",
    "theta.npy",
    "lateral.npy",
    "exc_spikes.npy",
    "training.npz",
    "label.npz",
    "label_spikes.npz",
    "test.npz",
    "test_spikes.npz",
    "assignments.npz",
    "start_weights.npy",
    "start_theta.npy",
    "start_lateral.npy",
)
_FIGURES = "figures"
_LARGEST = 16 * 2**30  # bytes that a zip may hold, unpacked
_LARGEST_OF = {
    ".toml": 2**20,
    ".json": 64 * 2**20,
    ".jsonl": 64 * 2**20,
    ".png": 64 * 2**20,
    ".npy": 2 * 2**30,
    ".npz": 2 * 2**30,  # also of what is in it
}
"""Bytes that a file of a run may have, unpacked: many times what a run writes, and what fits into memory."""
_DENSEST, _SMALL = 200, 2**20
"""How much smaller a zip may make text or a picture, of more than so many bytes; arrays of zeros take no room."""
_READ = 2**20

_README = """\
How to reproduce this run
=========================

1. Install stdpbench, in the version that run.json names under "versions"; {packages} lists all packages that were
   installed with it where this was exported ({differing}).
2. Have the pictures: {data}.
3. stdpbench reproduce {name}.zip

That runs it again, with the parameters that were changed on the way changed at the same presentations, and learned
arrays set where they were set, and says
whether the numbers agree: to the bit with the same machine and versions, else by how many spikes they differ and
whether accuracies lie within their intervals. {ended}

"""


def export_run(
    folder: RunFolder, target: Path, *, replace: bool = False, told: ProgressCallback = lambda done, total: None
) -> Path:
    """Write a run to a zip.

    Parameters
    ----------
    folder : RunFolder
        A run that no process works on.
    target : Path
        The zip, in a folder that exists.
    replace : bool
        Whether one that is there gives way, once the new one is whole.
    told : callable
        Gets how many bytes are read, and how many there are; what it raises gives the export up.

    Returns
    -------
    Path
        `target`.

    Raises
    ------
    StdpbenchError
        If a process works on the run, `target` exists and shall not be replaced, or it cannot be written; nothing
        half-written stays.
    """
    if has_process(folder.path):
        raise StdpbenchError(
            f"a process is at work on {folder.path}: `stdpbench stop` ends it, then it can be exported"
        )
    if target.exists() and not replace:
        raise StdpbenchError(f"{target} exists already; --output names another file")
    if not target.absolute().parent.is_dir():
        raise StdpbenchError(f"{target} cannot be written: there is no folder {target.absolute().parent}")
    name = folder.path.resolve().name
    files = [path for path in (folder.path / entry for entry in _NAMES) if path.is_file()]
    files += sorted((folder.path / _FIGURES).glob("*.png"))
    files += sorted(path for path in (folder.path / ARRAYS).glob("*.npy") if re.fullmatch(ARRAY, path.name))
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
                    while part := content.read(_READ):
                        entry_file.write(part)
                        done += len(part)
                        told(done, total)

    write_aside(target, write)
    return target


def unpack_run(source: Path, into: Path) -> RunFolder:
    """Unpack an exported run.

    Parameters
    ----------
    source : Path
        The zip.
    into : Path
        A folder; the run folder is made in it.

    Raises
    ------
    StdpbenchError
        If it is no zip of a run, is damaged, holds anything but plain files below one folder, or a file of it is
        larger than a run can have.
    """
    try:
        with zipfile.ZipFile(source) as archive:
            wanted = _checked(source, archive.infolist())
            top = PurePosixPath(next(iter(wanted.values())).filename).parts[0] if wanted else ""
            folder = into / (top or "run")
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
        raise StdpbenchError(f"{source} is no zip, or is damaged: {error}") from None
    except OSError as error:
        raise DiskError(f"{source} cannot be unpacked: {error.strerror or error}") from error
    try:
        return RunFolder.open(folder)
    except StdpbenchError:
        raise StdpbenchError(f"{source} holds no run: experiment.toml and run.json are not both in it") from None


def installed() -> list[str]:
    """The packages that are installed here, as ``name==version``, sorted."""
    found = {str(package.metadata["Name"]): package.version for package in distributions() if package.metadata["Name"]}
    return [f"{name}=={version}" for name, version in sorted(found.items(), key=lambda item: item[0].lower())]


def _checked(source: Path, entries: list[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    """The files of a run among the entries of a zip, by their name in the run folder; refuses what is not harmless."""
    wanted: dict[str, zipfile.ZipInfo] = {}
    tops = set()
    for info in entries:
        # a zip says / only; Windows takes \ and C: for paths as well
        path = PurePosixPath(info.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in info.filename or not path.parts:
            raise StdpbenchError(f"{source} is refused: {info.filename!r} in it leads out of its folder")
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise StdpbenchError(f"{source} is refused: {info.filename!r} in it is no plain file")
        name = "/".join(path.parts[1:])
        known = name in _NAMES or _is_in_folder(path.parts)
        if known and not info.is_dir():
            if name in wanted:
                raise StdpbenchError(f"{source} is refused: {name} is in it twice")
            tops.add(path.parts[0])
            wanted[name] = info
    if len(tops) > 1:
        raise StdpbenchError(f"{source} holds no run: a run is one folder, and there are {len(tops)} in it")
    for name, info in wanted.items():
        _check_size(source, name, info.file_size)
        dense = info.file_size > max(_SMALL, _DENSEST * info.compress_size)
        if dense and PurePosixPath(name).suffix not in (".npy", ".npz"):
            raise StdpbenchError(
                f"{source} is refused: {name} in it is compressed more than {_DENSEST}-fold, as no file of a run is"
            )
    if sum(info.file_size for info in wanted.values()) > _LARGEST:
        raise StdpbenchError(f"{source} is refused: unpacked it is larger than {_LARGEST // 2**30} GiB")
    return wanted


def _check_size(source: Path, name: str, size: int) -> None:
    largest = _LARGEST_OF[PurePosixPath(name).suffix]
    if size > largest:
        raise StdpbenchError(
            f"{source} is refused: unpacked, {name} in it is larger than {largest // 2**20} MiB, as no such file of a "
            "run is"
        )


def _copy(source: Path, name: str, content: IO[bytes], file: IO[bytes]) -> None:
    """Unpack a file, whatever size the zip says that it has."""
    size = 0
    while part := content.read(_READ):
        size += len(part)
        _check_size(source, name, size)
        file.write(part)


def _check_arrays(source: Path, name: str, path: Path) -> None:
    """Refuse an npz, a zip itself, whose arrays are too large."""
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(info.file_size for info in archive.infolist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise StdpbenchError(f"{source} is refused: {name} in it is damaged: {error}") from None
    _check_size(source, name, size)


def _is_in_folder(parts: tuple[str, ...]) -> bool:
    """Whether a path is of a figure, or of an array that was set."""
    names = {_FIGURES: r".*\.png", ARRAYS: ARRAY}
    return len(parts) == 3 and parts[1] in names and re.fullmatch(names[parts[1]], parts[2]) is not None


def _readme(folder: RunFolder, name: str) -> str:
    state, _ = state_of(folder)
    data = folder.stored_experiment.data
    kind = str(getattr(data, "kind", ""))
    where = next((str(v) for v in data.to_mapping().values() if isinstance(v, str) and Path(v).is_absolute()), "")
    said = f"{kind!r} (`stdpbench data list` says which are there)"
    if where:
        said = f"{kind!r}, which lay at {where}; --set data.…=… names where they lie now"
    versions = folder.read_json("run.json").get("versions", {})
    here = dict(line.split("==", 1) for line in installed())
    other = [f"{package} {old}" for package, old in versions.items() if here.get(package, old) != old]
    differing = f"the run began with {', '.join(other)}" if other else "the versions that the run began with"
    ended = "" if state is State.FINISHED else f"\n\nIt is {state}: only a finished run has numbers to compare with."
    head = _README.format(packages=PACKAGES, differing=differing, data=said, name=name, ended=ended)
    own = folder.path / "README.txt"
    return head + (own.read_text(encoding="utf-8", errors="replace") if own.is_file() else "")
