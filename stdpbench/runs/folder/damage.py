"""Detect missing or corrupt files in a run folder, for views that show such a run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.files import DAMAGE
from stdpbench.declare.learned_names import is_per_synapse
from stdpbench.experiment import Experiment
from stdpbench.runs.folder.checkpoints import positions, read_checkpoint
from stdpbench.runs.folder.learned_arrays import check_files, learned_file, learned_names
from stdpbench.runs.folder.lock import has_process
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.folder.status import state_of
from stdpbench.runs.protocol.facts import CheckpointWritten, LearnedSet, Record, Started
from stdpbench.runs.protocol.states import State

_NAMED = 3  # changed parameters named in a clause


def damage(folder: RunFolder, records: Sequence[Record], journal: str = "") -> list[str]:
    """Return the problems of a run folder, each as a clause with its consequence; empty for an intact run.

    Parameters
    ----------
    folder : RunFolder
        A run folder whose journal has an undamaged first line.
    records : sequence of Record
        The records of its journal up to the first damaged line.
    journal : str
        The damaged line of the journal, as a clause; empty if no line is damaged.
    """
    inside = f"{folder.path}{os.sep}"
    return [clause.replace(inside, "") for clause in _clauses(folder, records, journal)]


def _clauses(folder: RunFolder, records: Sequence[Record], journal: str) -> Iterator[str]:
    state, _ = state_of(folder)
    if journal:
        yield f"{journal}; later entries are not shown"
    reason = _error_of(lambda: folder.stored_experiment)
    if reason:
        resumes = ", and the run cannot be resumed" if state.resumable else ""
        yield f"{reason}; only the contents of the journal are shown, without pictures{resumes}"
    elif changed := _changed_since_start(folder, records):
        yield f"experiment.toml was changed after the run started: it has another {', '.join(changed)}"
    if has_process(folder.path):  # a process may be changing the files
        return
    if state.resumable and not journal:
        yield from _checkpoints(folder, records)
    for learned in learned_names(folder):
        name, n_axes = learned_file(learned), (1, 4, 2) if is_per_synapse(learned) else (1,)
        if (folder.path / name).exists():
            if reason := _error_of(partial(_read, folder, name, n_axes)):
                yield reason
        elif state is State.FINISHED:
            shown = "its newest checkpoint is shown" if positions(folder.path) else "its network is unknown"
            yield f"{name} is missing, so {shown}"
    for record in records:
        if isinstance(record.fact, LearnedSet) and (reason := _error_of(partial(check_files, folder.path, [record]))):
            yield f"{reason}, so the run cannot be reproduced"
    if (folder.path / "metrics.json").exists() and (reason := _error_of(lambda: folder.read_json("metrics.json"))):
        yield reason


def _changed_since_start(folder: RunFolder, records: Sequence[Record]) -> list[str]:
    """Return the parameters that differ between file and journal, except the location of data, which may change."""
    start = next((record.fact.experiment for record in records if isinstance(record.fact, Started)), None)
    if start is None:
        return []
    try:
        differences = Experiment.from_mapping(start, stand_ins=True).differences(folder.stored_experiment)
    except StdpbenchError:  # written by a version with other parameters
        return []
    paths = [path for path in differences if not path.startswith("data.")]
    return paths if len(paths) <= _NAMED else [*paths[:_NAMED], f"{len(paths) - _NAMED} more"]


def _checkpoints(folder: RunFolder, records: Sequence[Record]) -> Iterator[str]:
    """Yield a clause if a run cannot be resumed from its newest checkpoint."""
    existing = positions(folder.path)
    written = {record.position for record in records if isinstance(record.fact, CheckpointWritten)}
    if not existing and written - {0}:
        yield "its checkpoints are missing: Resume starts it from the beginning"
    problem = ""
    for position in reversed(existing):
        reason = _error_of(partial(read_checkpoint, folder.path, position))
        if not reason:
            if problem:
                yield f"{problem}: Resume continues from an earlier one, at position {position}"
            return
        problem = problem or reason
    if problem:
        yield f"{problem}: Resume starts it from the beginning"


def _read(folder: RunFolder, name: str, n_axes: tuple[int, ...]) -> None:
    """Read the header of an array; if it is not as expected, read the whole array to get the error."""
    try:
        array = np.load(folder.path / name, allow_pickle=False, mmap_mode="r")
        fits = isinstance(array, np.ndarray) and array.ndim in n_axes and array.dtype == np.float64
    except DAMAGE:
        fits = False
    if not fits:
        folder.read_array(name, (0,) * n_axes[-1])


def _error_of(read: Callable[[], Any]) -> str:
    """Call a function that reads a file, and return its error; empty if it succeeds."""
    try:
        read()
    except StdpbenchError as error:
        return str(error).rstrip(".")
    return ""
