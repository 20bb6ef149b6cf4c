"""Branches of a run, and going back in it.

Input depends on seed, phase, presentation and attempt alone, so a branch sees the same spikes as its parent: what
differs is what was changed. A branch can begin at any position, not only where a checkpoint lies: it begins at the
checkpoint before, and what lies between recurs.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from stdpbench.errors import DiskError, StdpbenchError
from stdpbench.files import remove_file, remove_folder
from stdpbench.runs.folder.checkpoints import (
    Checkpoint,
    copy_checkpoint,
    newest_checkpoint,
    positions,
    read_checkpoint,
    remove_checkpoints,
    renumber_checkpoint,
    thinned_out,
)
from stdpbench.runs.folder.journal import read_journal, write_journal
from stdpbench.runs.folder.learned_arrays import copy_files, digests_in, remove_unnamed
from stdpbench.runs.folder.run_folder import ARRAYS, RunFolder, now, remove_responses
from stdpbench.runs.folder.snapshots import copy_snapshots
from stdpbench.runs.folder.status import held
from stdpbench.runs.protocol import facts
from stdpbench.runs.protocol.changes import changes_between, experiment_at, n_train, reached_position
from stdpbench.runs.protocol.facts import Change, LearnedSet, Record
from stdpbench.runs.protocol.states import State

_INHERITED: tuple[str, ...] = ("options", "validation", "simulator", "data_sha256", "digest")
_RESULTS = (
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
    "metrics.json",
)
_RESULT_FOLDERS = {
    "figures": r"(accuracy_over_time|confusion|receptive_fields)\.png",
    "report": r"report\.(html|json)|robustness\.json|"
    r"(accuracy|clusters|confusion|embedding|held_out|neurons|over_seeds|robustness)\.csv",
}
"""Folders with the files in them that the program writes; others are the user's and stay."""


def branch(
    parent: RunFolder,
    at: int | None = None,
    changes: Mapping[str, Any] | None = None,
    runs: Path | None = None,
    about: Mapping[str, Any] | None = None,
    rule: Mapping[str, Any] | None = None,
) -> RunFolder:
    """Make a run that goes on from a position of another one, with parameters or the rule changed there.

    Parameters
    ----------
    parent : RunFolder
        Any run; it may be at work.
    at : int, optional
        Training presentations after which the branch goes its own way; by default where the parent is.
    changes : mapping of str to Any, optional
        Dotted path to value; parameters that may change in the middle of a run.
    runs : Path, optional
        Where the folder is made; by default beside the parent.
    about : mapping, optional
        More for ``run.json``.
    rule : mapping of str to Any, optional
        Another plasticity rule, as a table with its ``kind``; `changes` come on top of it.

    Returns
    -------
    RunFolder
        Of a run that waits to be started.

    Raises
    ------
    StdpbenchError
        If the parent has not come as far, a change is structural, or the rule does not run in this network.
    """
    records = read_journal(parent.path)
    reached = reached_position(records)
    at = reached if at is None else at
    _check_position(parent, at, reached)
    experiment = experiment_at(parent.experiment, records, at)
    changed = (experiment.with_rule(rule) if rule is not None else experiment).changed_live(changes or {})
    made_with = changes_between(experiment, changed)
    checkpoint, _ = newest_checkpoint(parent.path, at, len(records))
    said = parent.read_json("run.json")
    name = said.get("id", "")
    inherited = {key: said[key] for key in _INHERITED if key in said}
    branched = facts.Branched(name, parent.path.name, at, len(made_with))
    new = [_record(fact, at) for fact in (branched, *made_with)]
    early, late = _split_facts(records, at, checkpoint)

    def fill(folder: RunFolder) -> None:
        for file_name in ("start_weights.npy", "start_theta.npy", "start_lateral.npy"):
            if (parent.path / file_name).is_file():
                shutil.copyfile(parent.path / file_name, folder.path / file_name)
        write_journal(folder.path, _numbered([*early, *late, *new]))
        copy_files(parent.path, folder.path, [*early, *late])
        if checkpoint is not None:
            copy_checkpoint(parent.path, folder.path, checkpoint.position)
            copy_snapshots(parent.path, folder.path, checkpoint.position)
            renumber_checkpoint(folder.path, checkpoint.position, len(early))

    return RunFolder.create(
        runs or parent.path.parent,
        parent.experiment,
        {**(about or {}), **inherited, "parent": {"id": name, "name": parent.path.name, "at": at}},
        fill,
    )


def rewind(folder: RunFolder, to: int) -> RunFolder:
    """Take a run back to an earlier position, and keep what it leaves behind as another run.

    What was changed at that very position, parameters or rule, belongs to what follows it, and is put back: so a run
    that a change has blown up can be taken back to where the change was made. What a branch was made with stays.
    Learned arrays that were set at that position are dropped as well.

    The run resumes from its newest checkpoint at or before that position (`resume_position`), and computes the
    presentations in between again. `stdpbench.runs.lineage.control.rewind` does the same with a run that is at work.

    Parameters
    ----------
    folder : RunFolder
        A run that no process works on.
    to : int
        Training presentations that shall be over.

    Returns
    -------
    RunFolder
        The run that keeps what was there.

    Raises
    ------
    StdpbenchError
        If a process works on the run, or it has not come as far.
    """
    with held(folder):
        records = read_journal(folder.path)
        check_rewind(folder, to, reached_position(records))
        said = folder.read_json("run.json")
        state, reason = state_of_records(records)
        lineage = {"id": said.get("id", ""), "name": folder.path.name, "at": to}

        def keep(kept: RunFolder) -> None:
            own = kept.read_json("run.json")["id"]
            left_out = shutil.ignore_patterns("lock", "requests", ".*")
            try:
                shutil.copytree(folder.path, kept.path, dirs_exist_ok=True, ignore=left_out)
            except OSError as error:
                raise DiskError(f"what {folder.path.name} leaves behind cannot be kept: {error}") from error
            about = {**said, "id": own, "parent": lineage, "state": str(state), "reason": reason}
            kept.write_json("run.json", about)

        kept = RunFolder.create(folder.path.parent, folder.experiment, {}, keep)
        # from here on the run itself changes; a crash in between leaves it at the later position or the earlier one
        checkpoint, _ = newest_checkpoint(folder.path, to, len(records))
        if checkpoint is not None and checkpoint.position == to and checkpoint.number > _first_set(records, to):
            checkpoint, _ = newest_checkpoint(folder.path, to - 1, len(records))
        resumes_at = 0 if checkpoint is None else checkpoint.position
        past = [record for record in records if not (isinstance(record.fact, LearnedSet) and record.position == to)]
        early, late = _split_facts(past, to, checkpoint)
        in_force = experiment_at(folder.experiment, records, to)
        before = experiment_at(folder.experiment, _without_changes_here(records, to), to)
        late += [
            *(_record(change, to) for change in changes_between(in_force, before)),
            _record(facts.Rewound(kept.path.name), to),
            _record(facts.StateChanged(str(State.STOPPED), f"taken back to presentation {to}"), resumes_at),
        ]
        folder.update_run(state=str(State.STOPPED), reason=f"taken back to presentation {to}")
        # a later one is damaged, or knows arrays that were set where the run is taken back to
        remove_checkpoints(folder.path, -1 if checkpoint is None else resumes_at)
        if checkpoint is not None:
            renumber_checkpoint(folder.path, checkpoint.position, len(early))
        write_journal(folder.path, _numbered([*early, *late]))
        remove_unnamed(folder.path, [*early, *late], digests_in(records))
        total = n_train(records)
        phase = {"phase": "train", "done": resumes_at, "total": total} if total else {}
        folder.write_json("progress.json", {**phase, "state": str(State.STOPPED), "position": resumes_at})
        for name in _RESULTS:
            remove_file(folder.path / name)
        for name, holds in _RESULT_FOLDERS.items():
            remove_folder(folder.path / name, holds)
        remove_responses(folder.path)
    return kept


def check_rewind(folder: RunFolder, to: int, reached: int) -> None:
    """Refuse to take a run back to a position that it has not reached, or where what goes lies outside of its folder.

    Raises
    ------
    StdpbenchError
        Before anything has changed.
    """
    _check_position(folder, to, reached)
    for name in (*_RESULTS, *_RESULT_FOLDERS, "responses", "checkpoints"):
        if (folder.path / name).is_symlink():
            raise StdpbenchError(
                f"{folder.path / name} is a link, and nothing behind it may be removed: put the {name} itself there "
                "before the run is taken back"
            )


def _check_position(folder: RunFolder, position: int, reached: int) -> None:
    """Refuse a position that a run has not reached.

    Raises
    ------
    StdpbenchError
        With the positions that there are.
    """
    if not 0 <= position <= reached:
        there = f"expected 0 to {reached}, the training presentations so far"
        raise StdpbenchError(f"no position {position} in {folder.path.name}: {there}")


def resume_position(folder: Path, to: int, reached: int | None = None) -> int:
    """Position of the checkpoint from which a run would resume after a `rewind`; 0 where it would start again.

    Parameters
    ----------
    folder : Path
        The run folder.
    to : int
        Where the run would be taken back to.
    reached : int, optional
        Position of a run at work: it writes one more checkpoint there when it is stopped, which thins out others.
    """
    there = set(positions(folder))
    if reached is not None:
        there = thinned_out(sorted({*there, reached}))
    if to in there and (folder / ARRAYS).is_dir():
        with suppress(StdpbenchError):  # damaged, which whoever takes the run back is told
            first = _first_set(read_journal(folder), to)
            if first < sys.maxsize and (to == reached or read_checkpoint(folder, to).number > first):
                there.remove(to)
    return max((position for position in there if position <= to), default=0)


def _first_set(records: Sequence[Record], position: int) -> int:
    """Number of the first fact that set learned arrays at a position: a checkpoint there may know what a rewind drops.

    The largest number where there is none.
    """
    sets = (record.number for record in records if isinstance(record.fact, LearnedSet) and record.position == position)
    return min(sets, default=sys.maxsize)


def resumption(resumes_at: int, to: int, number: Callable[[int], str] = str) -> str:
    """Where a run that was taken back resumes, and what it computes again, in a sentence.

    Parameters
    ----------
    resumes_at, to : int
        Position of the checkpoint, and the one that the run was taken back to.
    number : callable
        Formats a position.
    """
    where = f"the checkpoint at {number(resumes_at)}" if resumes_at else "the start"
    if resumes_at == to:
        return f"It resumes from {where}."
    first, last = number(resumes_at + 1), number(to)
    again = f"presentation {last} is" if first == last else f"presentations {first} to {last} are"
    return f"It resumes from {where}: {again} computed again, with the same input."


def _without_changes_here(records: Sequence[Record], position: int) -> list[Record]:
    """Facts without the changes at a position, but for those that a branch was made with."""
    kept: list[Record] = []
    own = 0  # changes that may still come of those that a branch was made with
    for record in records:
        if isinstance(record.fact, facts.Branched):
            own = 1 if record.fact.made_with is None else record.fact.made_with
        elif isinstance(record.fact, Change) and own:
            own -= 1
        else:
            own = 0
            if isinstance(record.fact, Change) and record.position == position:
                continue
        kept.append(record)
    return kept


def state_of_records(records: Sequence[Record]) -> tuple[State, str]:
    """The state that a journal ends with; an active one is a run whose process died."""
    last = next((r.fact for r in reversed(records) if isinstance(r.fact, facts.StateChanged)), None)
    if last is None:
        return State.QUEUED, ""
    state = State(last.state)
    return (State.FAILED, "the process exited unexpectedly") if state.active else (state, last.reason)


def _split_facts(
    records: Sequence[Record], at: int, checkpoint: Checkpoint | None
) -> tuple[list[Record], list[Record]]:
    """Facts up to a position that the checkpoint knows, and those after it that do not recur by themselves."""
    number, position = (0, 0) if checkpoint is None else (checkpoint.number, checkpoint.position)
    early, late = [], []
    for record in records:
        if not _inherited(record, at):
            continue
        # a fact of a later position may have been written before, where the run was cut off and went on from earlier;
        # what follows from a position up to the checkpoint does not come again, whenever it came in
        known = record.number < number or record.fact.recurs
        if known and record.position <= position and checkpoint is not None:
            early.append(record)
        elif not record.fact.recurs:
            late.append(record)
    return early, late


def _inherited(record: Record, at: int) -> bool:
    """Whether a run that goes its own way at a position shares a fact with what was before."""
    if isinstance(record.fact, facts.Started):
        return True
    lasting = facts.Intervention | facts.Planned | facts.Branched | facts.Rewound | facts.CheckpointWritten
    return record.position <= at and (record.fact.recurs or isinstance(record.fact, lasting))


def _record(fact: facts.Fact, position: int) -> Record:
    return Record(-1, position, now(), fact)


def _numbered(records: Sequence[Record]) -> list[Record]:
    return [replace(record, number=number) for number, record in enumerate(records)]
