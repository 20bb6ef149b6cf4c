"""Snapshots of a network to be measured on held-out pictures, as files of the run folder.

A snapshot ``held_out/<position>.npz`` contains everything that the measurement depends on: weights as used by a
presentation, thresholds, pictures with their labels, and the active parameters. It is written before any checkpoint of
the same position, and removed once the measures are in the journal. A run that is interrupted in between measures it
after it is resumed, and ends with the same facts.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.files import DAMAGE, part_of, remove_file, remove_folder, write_aside
from stdpbench.data.stimuli import StimulusSet, stimuli_of
from stdpbench.declare.learned_names import is_name
from stdpbench.engine.network import Learned
from stdpbench.runs.folder.run_folder import make_folder

FOLDER = "held_out"
_NAME = r"[0-9]{9,}\.npz"
_ABOUT = ("experiment", "simulator", "n_classes", "part")


class LostSnapshotError(StdpbenchError):
    """A snapshot is missing or damaged, so its point of the curve is lost."""


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A network at a position, with the held-out pictures to show.

    Attributes
    ----------
    experiment : mapping
        The experiment with the active parameters, as nested tables.
    simulator : str
        Name of the simulator.
    learned : Learned
        Learned arrays, as a presentation uses them.
    images : StimulusSet
        Held-out pictures.
    n_classes : int
        Number of classes.
    part : str
        Origin of the pictures; see `stdpbench.runs.protocol.facts.HeldOut`.
    """

    experiment: Mapping[str, Any]
    simulator: str
    learned: Learned
    images: StimulusSet
    n_classes: int
    part: str


def snapshot_path(folder: Path, position: int) -> Path:
    """Return the path of the snapshot of a position."""
    return folder / FOLDER / f"{position:09d}.npz"


def write_snapshot(folder: Path, position: int, snapshot: Snapshot) -> Path:
    """Write a snapshot into a run folder and return its path.

    Raises
    ------
    DiskError
        If it cannot be written.
    """
    target = snapshot_path(folder, position)
    about = {name: getattr(snapshot, name) for name in _ABOUT}
    kind = snapshot.images.kind
    arrays: dict[str, NDArray[Any]] = {
        "about": np.frombuffer(json.dumps(about).encode(), np.uint8),
        **{f"{kind}:{name}": array for name, array in snapshot.images.arrays.items()},
        **snapshot.learned,
    }
    if snapshot.images.labels is not None:
        arrays["labels"] = snapshot.images.labels
    make_folder(target.parent)
    write_aside(target, lambda file: np.savez(file, **arrays))  # type: ignore[arg-type]
    return target


def read_snapshot(path: Path) -> Snapshot:
    """Read a snapshot.

    Raises
    ------
    LostSnapshotError
        If it is missing or damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            about = json.loads(arrays["about"].tobytes())
            images = _stimuli(arrays)
            learned = Learned({name: arrays[name] for name in arrays.files if is_name(name)})
            return Snapshot(learned=learned, images=images, **{name: about[name] for name in _ABOUT})
    except FileNotFoundError:
        raise LostSnapshotError(f"{FOLDER}/{path.name} is no longer in the run folder") from None
    except DAMAGE:
        raise LostSnapshotError(f"{FOLDER}/{path.name} is damaged") from None


def _stimuli(arrays: Mapping[str, NDArray[Any]]) -> StimulusSet:
    """Return the held-out stimuli among the arrays of a snapshot."""
    names = {"images:pixels": "images:grey"}  # of versions that stored pictures as they are shown
    by_kind = {tuple(names.get(name, name).split(":")): arrays[name] for name in arrays if ":" in name}
    kind = next(kind for kind, _ in by_kind)
    return stimuli_of(kind, {name: array for (_, name), array in by_kind.items()}, arrays.get("labels"))


def waiting(folder: Path) -> dict[int, Path]:
    """Return the files of snapshots that are not measured yet, by position, ascending."""
    paths = (folder / FOLDER).glob("*.npz")
    by_position = {int(path.stem): path for path in paths if re.fullmatch(_NAME, path.name)}
    return dict(sorted(by_position.items()))


def copy_snapshots(source: Path, target: Path, at_most: int) -> None:
    """Copy pending snapshots up to a position into another run folder; those measured in the meantime are skipped."""
    for position, path in waiting(source).items():
        if position <= at_most:
            with suppress(OSError):
                (target / FOLDER).mkdir(exist_ok=True)
                shutil.copyfile(path, target / FOLDER / path.name)


def remove_snapshots(folder: Path) -> None:
    """Remove all snapshots, and the partial files of killed processes."""
    with suppress(OSError):
        remove_folder(folder / FOLDER, f"{_NAME}|{part_of(_NAME)}")


def remove_snapshot(folder: Path, position: int) -> None:
    """Remove the snapshot of a position, ignoring errors."""
    with suppress(OSError):
        remove_file(snapshot_path(folder, position), within=folder)
