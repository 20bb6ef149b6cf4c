"""Weights stored in a run folder: the newest, or those nearest to a position."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import numpy as np

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.files import DAMAGE
from stdpbench.engine.network import Learned, shapes_in
from stdpbench.engine.network.learned import learned_in
from stdpbench.runs.folder.checkpoints import Checkpoint, newest_checkpoint, positions, read_checkpoint
from stdpbench.runs.folder.history import Moment
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.learned_arrays import learned_file, learned_names, with_set
from stdpbench.runs.folder.run_folder import ARRAYS, RunFolder
from stdpbench.runs.protocol.facts import LearnedSet


def nearest_position(folder: Path, position: int) -> int | None:
    """Return the position of the newest checkpoint up to `position`, else of the first; None without checkpoints."""
    existing = positions(folder)
    return max((at for at in existing if at <= position), default=min(existing, default=None))


def common_position(branch: Path, parent: Path, position: int) -> int | None:
    """Return the newest position up to `position` at which branch and parent both have a checkpoint, or None.

    The first checkpoint of the branch is excluded: it started from it, so both networks are identical there.
    """
    of_branch = positions(branch)
    return max((at for at in set(of_branch[1:]) & set(positions(parent)) if at <= position), default=None)


def weights_at(folder: Path, position: int) -> Moment:
    """Read the weights of the checkpoint at a position.

    Raises
    ------
    StdpbenchError
        If the checkpoint is missing or damaged.
    """
    return _weights_of(folder, read_checkpoint(folder, position))


def weights_near(folder: Path, position: int) -> Moment:
    """Read the weights of the checkpoint at `nearest_position`.

    Raises
    ------
    StdpbenchError
        If the run has no checkpoint, or it is damaged.
    """
    nearest = nearest_position(folder, position)
    if nearest is None:
        raise StdpbenchError(f"{folder.name} has no checkpoint yet")
    return weights_at(folder, nearest)


def newest_weights(folder: Path) -> Moment:
    """Return the weights that a run saved when it ended, or those of its newest checkpoint if that is newer.

    Raises
    ------
    StdpbenchError
        If the run has neither.
    """
    final, newest = _final_weights(folder), max(positions(folder), default=-1)
    if final is not None and final.position >= newest:
        return final
    checkpoint, _ = newest_checkpoint(folder)
    if checkpoint is not None:
        return _weights_of(folder, checkpoint)
    if final is None:
        raise StdpbenchError(f"{folder.name} has no weights yet")
    return final


def learned_at(folder: Path, checkpoint: Checkpoint) -> Learned:
    """Return the learned arrays of a checkpoint, with arrays that were set later at the same position.

    If the journal or an array is damaged, return the arrays of the checkpoint itself.
    """
    learned = learned_in(checkpoint.state, _names(folder))
    if not (folder / ARRAYS).is_dir():
        return learned
    with suppress(StdpbenchError):
        for record in read_journal(folder):
            is_later = record.position == checkpoint.position and record.number >= checkpoint.number
            if is_later and isinstance(record.fact, LearnedSet):
                learned = with_set(learned, folder, record.fact)
    return learned


def _names(folder: Path) -> tuple[str, ...] | None:
    """Return the names of the learned arrays of a run; None if its network is not known."""
    try:
        return tuple(shapes_in(RunFolder(folder).stored_experiment))
    except StdpbenchError:
        return None


def _weights_of(folder: Path, checkpoint: Checkpoint) -> Moment:
    learned = learned_at(folder, checkpoint).for_display()
    return Moment(checkpoint.position, learned, checkpoint.history.get("exc_spikes"))


def _final_weights(folder: Path) -> Moment | None:
    """Return the weights that were saved in separate files at the end of the run; None if they cannot be read."""
    try:
        files = {name: folder / learned_file(name) for name in learned_names(RunFolder(folder))}
        learned = Learned({n: np.load(path, mmap_mode="r", allow_pickle=False) for n, path in files.items()})
        arrays_of_run = learned.for_display()
    except DAMAGE:
        return None
    try:
        with np.load(folder / "training.npz", allow_pickle=False) as arrays:
            position = len(arrays["image"])
    except DAMAGE:
        position = -1
    try:
        total_spikes = np.load(folder / "exc_spikes.npy", allow_pickle=False)
    except DAMAGE:  # a trainer with labels does not count them
        total_spikes = None
    if total_spikes is not None and total_spikes.shape not in {array.shape[-1:] for array in learned.values()}:
        total_spikes = None
    return Moment(position, arrays_of_run, total_spikes)
