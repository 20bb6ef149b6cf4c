"""What of a run folder is gone or cannot be read: for whoever shows a run that has lost a part of itself."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from stdpbench.errors import StdpbenchError
from stdpbench.experiment import Experiment
from stdpbench.runs.folder.checkpoints import positions, read_checkpoint
from stdpbench.runs.folder.journal import NAME as JOURNAL
from stdpbench.runs.folder.learned_arrays import check_files
from stdpbench.runs.folder.lock import at_work
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.folder.status import state_of
from stdpbench.runs.protocol.facts import CheckpointWritten, LearnedSet, Record, Started
from stdpbench.runs.protocol.states import State

_ARRAYS = {"weights.npy": 2, "theta.npy": 1}
_NAMED = 3


def damage(folder: RunFolder, records: Sequence[Record], journal: str = "") -> list[str]:
    """What is amiss, each as a clause with what follows from it; empty where all is well.

    Parameters
    ----------
    folder : RunFolder
        A run folder whose ``run.json`` can be read.
    records : sequence of Record
        What its journal says, up to its first damaged line.
    journal : str
        Which line of the journal is damaged, as a clause; empty where none is.
    """
    inside = f"{folder.path}{os.sep}"
    return [clause.replace(inside, "") for clause in _found(folder, records, journal)]


def _found(folder: RunFolder, records: Sequence[Record], journal: str) -> Iterator[str]:
    state, said = state_of(folder)
    if journal:
        yield f"{journal}; what came after it is not shown"
    reason = _refusal(lambda: folder.stored_experiment)
    if reason:
        resumes = ", and the run cannot go on" if state.resumable else ""
        yield f"{reason}; what the journal tells is shown, without pictures{resumes}"
    elif other := _other_than_at_start(folder, records):
        yield f"experiment.toml is not what the run began with: it has another {', '.join(other)}"
    if said.startswith("run.json "):
        yield said
    if not (folder.path / JOURNAL).exists() and state is not State.QUEUED:
        yield f"{JOURNAL} is missing, so what happened in the run is not known"
    if at_work(folder.path):  # its files are about to change
        return
    if state.resumable and not journal:
        yield from _checkpoints(folder, records)
    for name, n_axes in _ARRAYS.items():
        if (folder.path / name).exists():
            if reason := _refusal(partial(_read, folder, name, n_axes)):
                yield reason
        elif state is State.FINISHED:
            shown = "shown is its newest checkpoint" if positions(folder.path) else "its network is not known"
            yield f"{name} is missing, so {shown}"
    for record in records:
        if isinstance(record.fact, LearnedSet) and (reason := _refusal(partial(check_files, folder.path, [record]))):
            yield f"{reason}, so the run cannot be reproduced"
    if (folder.path / "metrics.json").exists() and (reason := _refusal(lambda: folder.read_json("metrics.json"))):
        yield reason


def _other_than_at_start(folder: RunFolder, records: Sequence[Record]) -> list[str]:
    """Parameters that the file has otherwise than the journal; where data lie may have changed."""
    start = next((record.fact.experiment for record in records if isinstance(record.fact, Started)), None)
    if start is None:
        return []
    try:
        differences = Experiment.from_mapping(start, stand_ins=True).differences(folder.stored_experiment)
    except StdpbenchError:  # of a version that had other parameters
        return []
    paths = [path for path in differences if not path.startswith("data.")]
    return paths if len(paths) <= _NAMED else [*paths[:_NAMED], f"{len(paths) - _NAMED} more"]


def _checkpoints(folder: RunFolder, records: Sequence[Record]) -> Iterator[str]:
    """Whether a run goes on from where it was."""
    there = positions(folder.path)
    written = {record.position for record in records if isinstance(record.fact, CheckpointWritten)}
    if not there and written - {0}:
        yield "its checkpoints are gone: Resume begins it anew"
    amiss = ""
    for position in reversed(there):
        reason = _refusal(partial(read_checkpoint, folder.path, position))
        if not reason:
            if amiss:
                yield f"{amiss}: Resume goes on from an earlier one, of position {position}"
            return
        amiss = amiss or reason
    if amiss:
        yield f"{amiss}: Resume begins it anew"


def _read(folder: RunFolder, name: str, n_axes: int) -> None:
    """Read the head of an array; what is wrong with it is said by who reads it whole."""
    try:
        array = np.load(folder.path / name, allow_pickle=False, mmap_mode="r")
        fits = array.ndim == n_axes and array.dtype == np.float64
    except Exception:  # whatever a damaged file makes of its reader
        fits = False
    if not fits:
        folder.read_array(name, (0,) * n_axes)


def _refusal(read: Callable[[], Any]) -> str:
    """Why something cannot be read; empty where it can."""
    try:
        read()
    except StdpbenchError as error:
        return str(error).rstrip(".")
    return ""
