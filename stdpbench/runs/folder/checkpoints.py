"""Checkpoints: all that a run needs to go on bit for bit, each a folder of its own.

A checkpoint ``checkpoints/<position>`` holds ``state.npz`` (every array of `Simulator.state`), ``history.npz`` (what
curves are made of) and ``checkpoint.json`` (position, experiment in force, versions, SHA-256 of the arrays). It is
written aside, synced and renamed, so that one that exists is whole; digests are checked on loading all the same, of
arrays and of ``checkpoint.json`` itself, and a damaged one gives way to the one before.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.errors import DiskError, StdpbenchError
from stdpbench.files import part_of, remove_folder, sync_folder, write_aside, write_text_aside

FORMAT = 1
_FOLDER = "checkpoints"
_ARRAYS, _ABOUT = ("state.npz", "history.npz"), "checkpoint.json"
_FILES = (*_ARRAYS, _ABOUT)
_HOLDS = rf"{'|'.join(map(re.escape, _FILES))}|{part_of('|'.join(map(re.escape, _FILES)))}"
_OLD = r"\.([0-9]{9,})(\.[0-9]+)?\.old"
_LEFT = rf"{_OLD}|\.[0-9]{{9,}}\.[0-9]+\.part"
_NAMED = rf"[0-9]{{9,}}|{_LEFT}"
_KEPT_NEWEST, _KEPT_SPREAD = 2, 5  # the latter at least, and up to twice as many


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """What a run needs to go on.

    Attributes
    ----------
    position : int
        Training presentations that are over.
    number : int
        The number that the next fact of the journal will get.
    experiment : mapping
        The experiment with the parameters in force, nested tables.
    seconds : float
        Spent on training so far.
    silent : int
        Most exc neurons so far whose weights could not be normalised.
    versions : mapping
        Of Python and packages that wrote it.
    state, history : mapping of str to ndarray
        Arrays of the simulator, and what curves are made of.
    """

    position: int
    number: int
    experiment: Mapping[str, Any]
    seconds: float
    silent: int
    versions: Mapping[str, str]
    state: Mapping[str, NDArray[np.float64]]
    history: Mapping[str, NDArray[Any]]


def write_checkpoint(folder: Path, checkpoint: Checkpoint) -> str:
    """Write a checkpoint into a run folder and thin out older ones; returns its name.

    Raises
    ------
    StdpbenchError
        If it cannot be written; earlier ones are untouched, and nothing half-written stays.
    """
    name = f"{checkpoint.position:09d}"
    parent = folder / _FOLDER
    aside, final = parent / f".{name}.{os.getpid()}.part", parent / name
    try:
        _remove(folder, aside.name)
        parent.mkdir(exist_ok=True)  # not its parents: a run folder that is gone is not made anew, half
        aside.mkdir()
        digests = {}
        for file_name, arrays in zip(_ARRAYS, (checkpoint.state, checkpoint.history), strict=True):
            content = io.BytesIO()
            np.savez(content, **arrays)  # type: ignore[arg-type]
            digests[file_name] = hashlib.sha256(content.getbuffer()).hexdigest()
            write_aside(aside / file_name, lambda file, content=content: file.write(content.getbuffer()))  # type: ignore[misc]
        about = {
            "format": FORMAT,
            "position": checkpoint.position,
            "number": checkpoint.number,
            "seconds": checkpoint.seconds,
            "silent": checkpoint.silent,
            "versions": dict(checkpoint.versions),
            "sha256": digests,
            "experiment": checkpoint.experiment,
        }
        _write_about(aside, about)
        sync_folder(aside)
        _replace(folder, aside, final)
        sync_folder(parent)
    except OSError as error:
        raise DiskError(f"the checkpoint {final} cannot be written: {error.strerror or error}") from error
    finally:
        _remove(folder, aside.name)
    _thin_out(folder)
    return name


def _replace(folder: Path, aside: Path, final: Path) -> None:
    """Give a checkpoint its name; one that has it already goes only once the new one is there."""
    replaced, number = final.with_name(f".{final.name}.old"), 1
    if final.exists():
        _remove(folder, replaced.name)
        while replaced.exists():  # it holds files of the user, or is reached by a link
            number += 1
            replaced = final.with_name(f".{final.name}.{number}.old")
        final.rename(replaced)
    try:
        aside.rename(final)
    except OSError:
        if replaced.exists():
            replaced.rename(final)
        raise
    _remove(folder, replaced.name)


def _remove(folder: Path, name: str) -> None:
    """Remove a checkpoint, or one that is only half there; what else a folder holds stays, and so does a link."""
    path = folder / _FOLDER / name
    with suppress(OSError):
        if not remove_folder(path, _HOLDS, _NAMED, within=folder) and name.isdigit():
            path.rename(path.with_name(f"{name}.kept"))  # it is no longer a checkpoint


def tidy_checkpoints(folder: Path) -> None:
    """Remove what a process left behind that was killed while it wrote; only for the holder of the run's lock."""
    parent = folder / _FOLDER
    if lie_elsewhere(folder):
        return
    with suppress(OSError):
        for path in sorted(parent.iterdir()):
            old = re.fullmatch(_OLD, path.name)
            if old and (path / _ABOUT).exists() and not path.with_name(old[1]).exists():  # killed between two names
                with suppress(OSError):
                    path.rename(path.with_name(old[1]))
            elif re.fullmatch(_LEFT, path.name):
                _remove(folder, path.name)


def lie_elsewhere(folder: Path) -> bool:
    """Whether ``checkpoints`` is a link: then they are written and read there, but none of them is removed."""
    return (folder / _FOLDER).is_symlink()


def renumber_checkpoint(folder: Path, position: int, number: int) -> None:
    """Say in a checkpoint how many facts come before it, in a journal that was written anew."""
    path = checkpoint_path(folder, position)
    _write_about(path, {**_read_about(path), "number": number})


def _write_about(path: Path, about: Mapping[str, Any]) -> None:
    whole = {**about, "digest": _digest_of(about)}
    write_text_aside(path / _ABOUT, json.dumps(whole, indent=1, ensure_ascii=False) + "\n")


def _read_about(path: Path) -> dict[str, Any]:
    about = json.loads((path / _ABOUT).read_text(encoding="utf-8"))
    if about["format"] > FORMAT:
        raise StdpbenchError(f"the checkpoint {_called(path)} was written by a later version of stdpbench")
    if about.pop("digest") != _digest_of(about):
        raise StdpbenchError(f"the checkpoint {_called(path)} is damaged: checkpoint.json has another digest")
    return dict(about)


def _digest_of(about: Mapping[str, Any]) -> str:
    """SHA-256, hexadecimal, of what ``checkpoint.json`` says, however it is set out."""
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()


def positions(folder: Path) -> list[int]:
    """Positions of the checkpoints of a run folder, ascending."""
    try:
        names = [path.name for path in (folder / _FOLDER).iterdir()]
    except OSError:
        return []
    return sorted(int(name) for name in names if name.isascii() and name.isdigit())


def checkpoint_path(folder: Path, position: int) -> Path:
    """Where the checkpoint of a position lies."""
    return folder / _FOLDER / f"{position:09d}"


def read_checkpoint(folder: Path, position: int) -> Checkpoint:
    """Read a checkpoint and check its digests.

    Raises
    ------
    StdpbenchError
        If it is damaged or of a later format.
    """
    path = checkpoint_path(folder, position)
    try:
        about = _read_about(path)
        arrays = [_read_arrays(path / name, about["sha256"][name]) for name in _ARRAYS]
        found = Checkpoint(
            int(about["position"]),
            int(about["number"]),
            dict(about["experiment"]),
            float(about["seconds"]),
            int(about["silent"]),
            dict(about["versions"]),
            arrays[0],
            arrays[1],
        )
    except StdpbenchError:
        raise
    except FileNotFoundError as error:
        missing = Path(error.filename).name
        raise StdpbenchError(f"the checkpoint {_called(path)} is damaged: {missing} is missing") from None
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise StdpbenchError(f"the checkpoint {_called(path)} is damaged: checkpoint.json is not valid JSON") from None
    except Exception as error:  # whatever a damaged file makes of its reader
        raise StdpbenchError(f"the checkpoint {_called(path)} is damaged: {type(error).__name__}: {error}") from None
    if found.position != position:
        raise StdpbenchError(f"the checkpoint {_called(path)} is damaged: it says it is of position {found.position}")
    return found


def newest_checkpoint(
    folder: Path, at_most: int | None = None, n_facts: int | None = None
) -> tuple[Checkpoint | None, list[str]]:
    """The newest checkpoint that is whole, and a sentence for each newer one that is not.

    Parameters
    ----------
    folder : Path
        A run folder.
    at_most : int, optional
        Only checkpoints up to this position count.
    n_facts : int, optional
        Facts in the journal: one that lacks facts which come before a checkpoint cannot go on from there.
    """
    said: list[str] = []
    for position in reversed(positions(folder)):
        if at_most is not None and position > at_most:
            continue
        try:
            found = read_checkpoint(folder, position)
            if n_facts is not None and found.number > n_facts:
                raise StdpbenchError(f"the journal lacks facts that the checkpoint of position {position} knows")
            return found, said
        except StdpbenchError as error:
            said.append(f"{error}; the one before it is taken.")
    return None, said


def copy_checkpoint(source: Path, target: Path, position: int) -> None:
    """Copy a checkpoint into another run folder, aside first."""
    parent = target / _FOLDER
    parent.mkdir(parents=True, exist_ok=True)
    aside = parent / f".{position:09d}.{os.getpid()}.part"
    try:
        aside.mkdir()
        for name in _FILES:
            shutil.copyfile(checkpoint_path(source, position) / name, aside / name)
        aside.rename(checkpoint_path(target, position))
    except OSError as error:
        raise DiskError(f"the checkpoint cannot be copied to {target}: {error.strerror or error}") from error
    finally:
        _remove(target, aside.name)


def remove_checkpoints(folder: Path, beyond: int) -> None:
    """Remove the checkpoints beyond a position."""
    for position in positions(folder):
        if position > beyond:
            _remove(folder, checkpoint_path(folder, position).name)


def _thin_out(folder: Path) -> None:
    """Keep the newest checkpoints, and of the older ones some that are spread evenly."""
    found = positions(folder)
    for position in set(found) - thinned_out(found):
        _remove(folder, checkpoint_path(folder, position).name)


def thinned_out(found: Sequence[int]) -> set[int]:
    """Which of some positions, ascending, keep their checkpoints."""
    if not found:
        return set()
    # a power of two: what was kept at an earlier step is what the next one, twice as long, chooses from
    step = 1 << max(0, (found[-1] // _KEPT_SPREAD).bit_length() - 1)
    keep, mark = set(found[-_KEPT_NEWEST:]), 0
    for position in found:
        if position >= mark:
            keep.add(position)
            mark = (position // step + 1) * step
    return keep


def _called(path: Path) -> str:
    """A checkpoint as its run knows it: the sentence may go into the journal, and the folder to another machine."""
    return f"{_FOLDER}/{path.name}"


def _read_arrays(path: Path, digest: str) -> dict[str, NDArray[Any]]:
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != digest:
        raise StdpbenchError(f"the checkpoint {_called(path.parent)} is damaged: {path.name} has another SHA-256")
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}
