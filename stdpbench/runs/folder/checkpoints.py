"""Checkpoints: everything that a run needs to continue bit for bit, in one folder each.

A checkpoint ``checkpoints/<position>`` contains ``state.npz`` (every array of `Simulator.state`), ``history.npz`` (the
data of curves) and ``checkpoint.json`` (position, active experiment, versions, SHA-256 of the arrays). It is written
under a temporary name, synced and renamed, so an existing checkpoint is complete. Loading nevertheless checks the
digests of the arrays and of ``checkpoint.json`` itself, and falls back from a damaged checkpoint to the previous one.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import DiskError, StdpbenchError
from stdpbench.base.files import (
    DAMAGE,
    json_digest,
    parse_json,
    part_of,
    read_regular,
    remove_folder,
    sync_folder,
    write_aside,
    write_text_aside,
)

FORMAT = 1
_FOLDER = "checkpoints"
_ARRAYS, _ABOUT = ("state.npz", "history.npz"), "checkpoint.json"
_FILES = (*_ARRAYS, _ABOUT)
_CONTENTS = rf"{'|'.join(map(re.escape, _FILES))}|{part_of('|'.join(map(re.escape, _FILES)))}"
_OLD = r"\.([0-9]{9,})\.[0-9]+\.old"
_LEFT_BEHIND = rf"{_OLD}|\.[0-9]{{9,}}\.[0-9]+\.part"
_FOLDER_NAME = rf"[0-9]{{9,}}|{_LEFT_BEHIND}"
_KEPT_NEWEST, _KEPT_SPREAD = 2, 5  # older checkpoints kept: at least _KEPT_SPREAD, at most twice as many


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """Everything that a run needs to continue.

    Attributes
    ----------
    position : int
        Number of completed training presentations.
    number : int
        Number of the next fact of the journal.
    experiment : mapping
        The experiment with the active parameters, as nested tables.
    seconds : float
        Training time so far, in seconds.
    silent : int
        Largest number so far of exc neurons whose weights could not be normalised.
    versions : mapping
        Versions of Python and packages that wrote the checkpoint.
    state, history : mapping of str to ndarray
        Arrays of the simulator, and data of curves.
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
    """Write a checkpoint into a run folder, thin out older ones, and return its name.

    Raises
    ------
    StdpbenchError
        If it cannot be written; earlier checkpoints are unchanged, and no partial files remain.
    """
    name = f"{checkpoint.position:09d}"
    parent = folder / _FOLDER
    partial, final = parent / f".{name}.{os.getpid()}.part", parent / name
    try:
        _remove(folder, partial.name)
        parent.mkdir(exist_ok=True)  # without parents: a deleted run folder must not be partly recreated
        partial.mkdir()
        digests = {}
        for file_name, arrays in zip(_ARRAYS, (checkpoint.state, checkpoint.history), strict=True):
            content = io.BytesIO()
            np.savez(content, **arrays)  # type: ignore[arg-type]
            digests[file_name] = hashlib.sha256(content.getbuffer()).hexdigest()
            write_aside(partial / file_name, lambda file, content=content: file.write(content.getbuffer()))  # type: ignore[misc]
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
        _write_about(partial, about)
        sync_folder(partial)
        _replace(folder, partial, final)
        sync_folder(parent)
    except OSError as error:
        raise DiskError(f"the checkpoint {final} cannot be written: {error.strerror or error}") from error
    finally:
        _remove(folder, partial.name)
    existing = positions(folder)
    for position in set(existing) - thinned_out(existing):
        _remove(folder, checkpoint_path(folder, position).name)
    return name


def _replace(folder: Path, partial: Path, final: Path) -> None:
    """Move a checkpoint to its final name, and only then remove an existing one of that name."""
    replaced = final.with_name(f".{final.name}.{time.monotonic_ns()}.old")
    if final.exists():
        final.rename(replaced)
    try:
        partial.rename(final)
    except OSError:
        if replaced.exists():
            replaced.rename(final)
        raise
    _remove(folder, replaced.name)


def _remove(folder: Path, name: str) -> None:
    """Remove a complete or partial checkpoint, but neither other files in its folder nor a link."""
    path = folder / _FOLDER / name
    with suppress(OSError):
        if not remove_folder(path, _CONTENTS, _FOLDER_NAME, within=folder) and name.isdigit():
            path.rename(path.with_name(f"{name}.kept"))  # what remains is no longer a checkpoint


def tidy_checkpoints(folder: Path) -> None:
    """Clean up after processes that were killed while writing; the caller holds the run's lock."""
    parent = folder / _FOLDER
    if is_linked(folder):
        return
    with suppress(OSError):
        for path in sorted(parent.iterdir()):
            old = re.fullmatch(_OLD, path.name)
            if old and (path / _ABOUT).exists() and not path.with_name(old[1]).exists():  # killed between renames
                with suppress(OSError):
                    path.rename(path.with_name(old[1]))
            elif re.fullmatch(_LEFT_BEHIND, path.name):
                _remove(folder, path.name)


def is_linked(folder: Path) -> bool:
    """Return whether ``checkpoints`` is a link; checkpoints are written and read through it, but never removed."""
    return (folder / _FOLDER).is_symlink()


def renumber_checkpoint(folder: Path, position: int, number: int) -> None:
    """Update the number of preceding facts in a checkpoint after the journal was rewritten."""
    path = checkpoint_path(folder, position)
    _write_about(path, {**_read_about(path), "number": number})


def _write_about(path: Path, about: Mapping[str, Any]) -> None:
    content = {**about, "digest": json_digest(about)}
    write_text_aside(path / _ABOUT, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def _read_about(path: Path) -> dict[str, Any]:
    about = parse_json(read_regular(path / _ABOUT))
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        raise StdpbenchError(
            f"the checkpoint {_relative(path)} is damaged, or was written by another version of stdpbench"
        )
    if about.pop("digest") != json_digest(about):
        raise StdpbenchError(f"the checkpoint {_relative(path)} is damaged: checkpoint.json has a wrong digest")
    return about


def positions(folder: Path) -> list[int]:
    """Return the positions of the checkpoints of a run folder, ascending."""
    try:
        names = [path.name for path in (folder / _FOLDER).iterdir()]
    except OSError:
        return []
    return sorted(int(name) for name in names if name.isascii() and name.isdigit())


def checkpoint_path(folder: Path, position: int) -> Path:
    """Return the path of the checkpoint at a position."""
    return folder / _FOLDER / f"{position:09d}"


def read_checkpoint(folder: Path, position: int) -> Checkpoint:
    """Read a checkpoint and check its digests.

    Raises
    ------
    StdpbenchError
        If it is damaged, or has a later format.
    """
    path = checkpoint_path(folder, position)
    try:
        about = _read_about(path)
        arrays = [_read_arrays(path / name, about["sha256"][name]) for name in _ARRAYS]
        checkpoint = Checkpoint(
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
        raise StdpbenchError(f"the checkpoint {_relative(path)} is damaged: {missing} is missing") from None
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise StdpbenchError(
            f"the checkpoint {_relative(path)} is damaged: checkpoint.json is not valid JSON"
        ) from None
    except DAMAGE as error:
        raise StdpbenchError(f"the checkpoint {_relative(path)} is damaged: {type(error).__name__}: {error}") from None
    if checkpoint.position != position:
        raise StdpbenchError(
            f"the checkpoint {_relative(path)} is damaged: it contains position {checkpoint.position}"
        )
    return checkpoint


def newest_checkpoint(
    folder: Path, at_most: int | None = None, n_facts: int | None = None
) -> tuple[Checkpoint | None, list[str]]:
    """Find the newest intact checkpoint.

    Parameters
    ----------
    folder : Path
        The run folder.
    at_most : int, optional
        Largest position to consider.
    n_facts : int, optional
        Number of facts in the journal; checkpoints preceded by more facts are skipped.

    Returns
    -------
    checkpoint : Checkpoint or None
        None if there is no intact checkpoint.
    sentences : list of str
        A sentence for each newer checkpoint that was skipped.
    """
    sentences: list[str] = []
    for position in reversed(positions(folder)):
        if at_most is not None and position > at_most:
            continue
        try:
            checkpoint = read_checkpoint(folder, position)
            if n_facts is not None and checkpoint.number > n_facts:
                raise StdpbenchError(
                    f"the journal lacks facts that precede the checkpoint at position {position}, and any change "
                    "among them must be made again"
                )
            return checkpoint, sentences
        except StdpbenchError as error:
            sentences.append(f"{error}; the previous checkpoint is used.")
    return None, sentences


def copy_checkpoint(source: Path, target: Path, position: int) -> None:
    """Copy a checkpoint into another run folder, atomically."""
    parent = target / _FOLDER
    parent.mkdir(parents=True, exist_ok=True)
    partial = parent / f".{position:09d}.{os.getpid()}.part"
    try:
        partial.mkdir()
        for name in _FILES:
            shutil.copyfile(checkpoint_path(source, position) / name, partial / name)
        partial.rename(checkpoint_path(target, position))
    except OSError as error:
        raise DiskError(f"the checkpoint cannot be copied to {target}: {error.strerror or error}") from error
    finally:
        _remove(target, partial.name)


def remove_checkpoints(folder: Path, beyond: int) -> None:
    """Remove the checkpoints after a position."""
    for position in positions(folder):
        if position > beyond:
            _remove(folder, checkpoint_path(folder, position).name)


def thinned_out(existing: Sequence[int]) -> set[int]:
    """Return the positions whose checkpoints are kept: the newest, and some evenly spaced older ones.

    `existing` has the ascending positions of all checkpoints.
    """
    if not existing:
        return set()
    # a power of two, so that the checkpoints kept for one step include those for the next step, twice as long
    step = 1 << max(0, (existing[-1] // _KEPT_SPREAD).bit_length() - 1)
    keep, next_kept = set(existing[-_KEPT_NEWEST:]), 0
    for position in existing:
        if position >= next_kept:
            keep.add(position)
            next_kept = (position // step + 1) * step
    return keep


def _relative(path: Path) -> str:
    """Return the path of a checkpoint relative to its run folder, for sentences stored in the journal."""
    return f"{_FOLDER}/{path.name}"


def _read_arrays(path: Path, digest: str) -> dict[str, NDArray[Any]]:
    content = read_regular(path)
    if hashlib.sha256(content).hexdigest() != digest:
        raise StdpbenchError(f"the checkpoint {_relative(path.parent)} is damaged: {path.name} has a wrong SHA-256")
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}
