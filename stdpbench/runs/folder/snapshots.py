"""Snapshots of a network that wait to be measured on held-out pictures, as files of the run folder.

A snapshot ``held_out/<position>.npz`` holds all that the measurement depends on: weights as a presentation sees them,
thresholds, pictures with their labels, and the parameters in force. It is written before any checkpoint of the same
position, and removed once what was measured stands in the journal; so a run that is cut off in between measures it
when it goes on, and has the same facts in the end.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.datasets import Images
from stdpbench.errors import DiskError, StdpbenchError
from stdpbench.files import part_of, remove_file, remove_folder

FOLDER = "held_out"
_NAME = r"[0-9]{9,}\.npz"


class LostSnapshotError(StdpbenchError):
    """A snapshot that is gone or cannot be read: its point is lost, and nothing else."""


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A network at a position, and what it is to be shown.

    Attributes
    ----------
    experiment : mapping
        With the parameters in force, nested tables.
    simulator : str
        Which simulator.
    w, theta : ndarray, float64, (n_input, n_exc) and (n_exc,)
    images : Images
        Held-out pictures.
    n_classes : int
    part : str
        Where the pictures come from; see `stdpbench.runs.protocol.facts.HeldOut`.
    lateral : ndarray, float64, (n_exc, n_exc), or None
        Weights of lateral inhibition, where they learn.
    """

    experiment: Mapping[str, Any]
    simulator: str
    w: NDArray[np.float64]
    theta: NDArray[np.float64]
    images: Images
    n_classes: int
    part: str
    lateral: NDArray[np.float64] | None = None


def snapshot_path(folder: Path, position: int) -> Path:
    """Where the snapshot of a position lies as long as it waits."""
    return folder / FOLDER / f"{position:09d}.npz"


def write_snapshot(folder: Path, position: int, snapshot: Snapshot) -> Path:
    """Write a snapshot into a run folder; returns its file.

    It is not synced: what a crash of the machine takes is one point of a curve.

    Raises
    ------
    DiskError
        If it cannot be written.
    """
    target = snapshot_path(folder, position)
    about = {name: getattr(snapshot, name) for name in ("experiment", "simulator", "n_classes", "part")}
    arrays: dict[str, NDArray[Any]] = {
        "about": np.frombuffer(json.dumps(about).encode(), np.uint8),
        "w": snapshot.w,
        "theta": snapshot.theta,
        "pixels": snapshot.images.pixels,
    }
    if snapshot.images.labels is not None:
        arrays["labels"] = snapshot.images.labels
    if snapshot.lateral is not None:
        arrays["lateral"] = snapshot.lateral
    aside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        target.parent.mkdir(exist_ok=True)
        with aside.open("wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]
        aside.replace(target)
    except OSError as error:
        raise DiskError(f"{target} cannot be written: {error.strerror or error}") from error
    finally:
        with suppress(OSError):
            remove_file(aside, within=folder)
    return target


def read_snapshot(path: Path) -> Snapshot:
    """Read what `write_snapshot` wrote.

    Raises
    ------
    LostSnapshotError
        If it is gone, or damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            about = json.loads(arrays["about"].tobytes())
            images = Images(arrays["pixels"], arrays.get("labels"))
            lateral = arrays.get("lateral")
            return Snapshot(w=arrays["w"], theta=arrays["theta"], images=images, lateral=lateral, **about)
    except FileNotFoundError:
        raise LostSnapshotError(f"{FOLDER}/{path.name} is no longer in the run folder") from None
    except Exception:  # whatever a damaged file makes of its reader
        raise LostSnapshotError(f"{FOLDER}/{path.name} is damaged") from None


def waiting(folder: Path) -> dict[int, Path]:
    """Snapshots that wait, by position, ascending."""
    paths = (folder / FOLDER).glob("*.npz")
    found = {int(path.stem): path for path in paths if re.fullmatch(_NAME, path.name)}
    return dict(sorted(found.items()))


def copy_snapshots(source: Path, target: Path, at_most: int) -> None:
    """Copy what waits up to a position into another run folder; what is measured meanwhile stays away."""
    for position, path in waiting(source).items():
        if position <= at_most:
            with suppress(OSError):
                (target / FOLDER).mkdir(exist_ok=True)
                shutil.copyfile(path, target / FOLDER / path.name)


def remove_snapshots(folder: Path) -> None:
    """Remove all of them, and what a process left behind that was killed while it wrote one."""
    with suppress(OSError):
        remove_folder(folder / FOLDER, f"{_NAME}|{part_of(_NAME)}")


def remove_snapshot(folder: Path, position: int) -> None:
    """Remove the snapshot of a position, where it can be."""
    with suppress(OSError):
        remove_file(snapshot_path(folder, position), within=folder)
