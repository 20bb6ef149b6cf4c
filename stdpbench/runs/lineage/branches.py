"""Branch a run, or rewind it.

Input depends only on seed, phase, presentation and attempt, so a branch sees the same input spikes as its parent and
differs from it only in what was changed. A branch can start at any position, not only at a checkpoint: it resumes from
the checkpoint before and recomputes the presentations in between.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from stdpbench.base.errors import DiskError, StdpbenchError, disk_errors
from stdpbench.base.files import remove_file, remove_folder
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
from stdpbench.runs.folder.history import copy_history, cut_history
from stdpbench.runs.folder.journal import read_journal, read_undamaged, write_journal
from stdpbench.runs.folder.learned_arrays import (
    ARRAY_OF_NAME,
    FOLDERS,
    copy_files,
    copy_start_files,
    digests_in,
    remove_unnamed,
)
from stdpbench.runs.folder.lock import has_process
from stdpbench.runs.folder.run_folder import ARRAYS, RESULTS, RunFolder, now, remove_responses
from stdpbench.runs.folder.snapshots import copy_snapshots
from stdpbench.runs.folder.status import held
from stdpbench.runs.folder.training_spikes import cut_training_spikes
from stdpbench.runs.folder.weights_origin import KEY, start_origin_of
from stdpbench.runs.protocol import facts
from stdpbench.runs.protocol.changes import changes_between, experiment_at, n_train, reached_position
from stdpbench.runs.protocol.facts import Change, LearnedSet, Record
from stdpbench.runs.protocol.states import State

_INHERITED: tuple[str, ...] = ("options", "validation", "digest")
_RESULT_FOLDERS = {
    "figures": r"(accuracy_over_time|confusion|receptive_fields|stream|surrogate_training)\.png",
    "report": r"report\.(html|json)|robustness\.json|"
    r"(accuracy|baselines_over_seeds|clusters|confusion|embedding|held_out|neurons|over_seeds|passes|robustness)\.csv|"
    r"(answers|end|stream|weights)\.csv",
    FOLDERS[0]: ARRAY_OF_NAME,
}
"""Result folders, with a pattern for the files that stdpbench writes in them; other files are kept."""


def branch(
    parent: RunFolder,
    at: int | None = None,
    changes: Mapping[str, Any] | None = None,
    runs: Path | None = None,
    about: Mapping[str, Any] | None = None,
    rule: Mapping[str, Any] | None = None,
    projection: str = "",
) -> RunFolder:
    """Create a run that continues from a position of another one, with changed parameters or another rule.

    Parameters
    ----------
    parent : RunFolder
        Any run; it may be active.
    at : int, optional
        Number of training presentations after which the branch departs from its parent. Default: the current
        position of the parent.
    changes : mapping of str to Any, optional
        New values by dotted path; only parameters that may change during a run.
    runs : Path, optional
        Folder in which the run folder is created. Default: the folder of the parent.
    about : mapping, optional
        Additional entries of `RunFolder.about`, which precede inherited ones.
    rule : mapping of str to Any, optional
        Another plasticity rule, as a table with its ``kind``; `changes` are applied after it.
    projection : str
        The projection that learns by it, if several can.

    Returns
    -------
    RunFolder
        Folder of the new run, ready to be started.

    Raises
    ------
    StdpbenchError
        If the folder of the parent does not exist, the parent has not reached the position, a change is structural, or
        the rule cannot run in this network.
    """
    if gone := parent.gone:
        raise StdpbenchError(f"cannot branch {parent.path.name}: {gone}")
    records = read_journal(parent.path)
    reached = reached_position(records)
    at = reached if at is None else at
    _check_position(parent, at, reached)
    experiment = experiment_at(parent.experiment, records, at)
    changed = (experiment.with_rule(rule, projection) if rule is not None else experiment).changed_live(changes or {})
    made_with = changes_between(experiment, changed)
    checkpoint, _ = newest_checkpoint(parent.path, at, len(records))
    metadata = parent.about
    run_id = metadata.get("id", "")
    inherited = {key: metadata[key] for key in _INHERITED if key in metadata} | {
        KEY: str(start_origin_of(parent.path))
    }
    branched = facts.Branched(run_id, parent.path.name, at, len(made_with))
    new = [_record(fact, at) for fact in (branched, *made_with)]
    early, late = _split_facts(records, at, checkpoint)

    def fill(folder: RunFolder) -> None:
        copy_start_files(parent.path, folder.path)
        write_journal(folder.path, [*early, *late, *new])
        copy_files(parent.path, folder.path, [*early, *late])
        copy_history(parent.path, folder.path, at)
        if checkpoint is not None:
            copy_checkpoint(parent.path, folder.path, checkpoint.position)
            copy_snapshots(parent.path, folder.path, checkpoint.position)
            renumber_checkpoint(folder.path, checkpoint.position, len(early))

    made_from = {**inherited, **(about or {}), "parent": {"id": run_id, "name": parent.path.name, "at": at}}
    try:
        return RunFolder.create(runs or parent.path.parent, parent.experiment, made_from, fill)
    except DiskError:
        now, _ = newest_checkpoint(parent.path, at, len(records))
        if checkpoint is None or (now is not None and now.position == checkpoint.position):
            raise
        # an active parent has removed the checkpoint meanwhile
        return branch(parent, at, changes, runs, about, rule, projection)


def rewind(folder: RunFolder, to: int) -> RunFolder:
    """Rewind a run to an earlier position and keep its present state as another run.

    Changes of parameters or of the rule at exactly that position are undone, since they only affect later
    presentations: a run that diverged after a change can be rewound to the position of the change. Changes made when
    a branch was created are kept. Learned arrays that were set at that position are dropped.

    The run resumes from its newest checkpoint at or before that position (`resume_position`) and recomputes the
    presentations in between. `stdpbench.api.Run.rewind` also rewinds active runs.

    Parameters
    ----------
    folder : RunFolder
        An inactive run.
    to : int
        Number of training presentations to go back to.

    Returns
    -------
    RunFolder
        The run that keeps the state before the rewind.

    Raises
    ------
    StdpbenchError
        If the run is active, or has not reached the position.
    """
    with held(folder):
        records = read_journal(folder.path)
        check_rewind(folder, to, reached_position(records))
        metadata = read_undamaged(folder.path).about or {}
        lineage = {"id": metadata.get("id", ""), "name": folder.path.name, "at": to}

        def keep(kept: RunFolder) -> None:
            new_id = kept.about["id"]
            ignored = shutil.ignore_patterns("lock", "requests", ".*")
            with disk_errors(f"cannot keep a copy of {folder.path.name}"):
                shutil.copytree(folder.path, kept.path, dirs_exist_ok=True, ignore=ignored)
            origin = str(start_origin_of(folder.path))
            write_journal(kept.path, records, {**metadata, KEY: origin, "id": new_id, "parent": lineage})

        kept = RunFolder.create(folder.path.parent, folder.experiment, {}, keep)
        # from here on the run itself changes; after a crash, it is either at the old position or at the new one
        checkpoint, _ = newest_checkpoint(folder.path, to, len(records))
        if checkpoint is not None and checkpoint.position == to and checkpoint.number > _first_set(records, to):
            checkpoint, _ = newest_checkpoint(folder.path, to - 1, len(records))
        resumes_at = 0 if checkpoint is None else checkpoint.position
        past = [record for record in records if not (isinstance(record.fact, LearnedSet) and record.position == to)]
        early, late = _split_facts(past, to, checkpoint)
        active = experiment_at(folder.experiment, records, to)
        before = experiment_at(folder.experiment, without_changes_at(records, to), to)
        reason = f"rewound to presentation {to}"
        late += [
            *(_record(change, to) for change in changes_between(active, before)),
            _record(facts.Rewound(kept.path.name), to),
            _record(facts.StateChanged(str(State.STOPPED), reason), resumes_at),
        ]
        # later checkpoints are damaged, or contain arrays that were set at the position of the rewind
        remove_checkpoints(folder.path, -1 if checkpoint is None else resumes_at)
        if checkpoint is not None:
            renumber_checkpoint(folder.path, checkpoint.position, len(early))
        write_journal(folder.path, [*early, *late])
        cut_history(folder.path, to)
        cut_training_spikes(folder.path, resumes_at)
        folder.write_copy()
        remove_unnamed(folder.path, [*early, *late], digests_in(records))
        total = n_train(records)
        phase = {"phase": "train", "done": resumes_at, "total": total} if total else {}
        folder.write_json("progress.json", {**phase, "state": str(State.STOPPED), "position": resumes_at})
        for name in RESULTS:
            remove_file(folder.path / name)
        for name, pattern in _RESULT_FOLDERS.items():
            remove_folder(folder.path / name, pattern)
        remove_responses(folder.path)
    return kept


def check_rewind(folder: RunFolder, to: int, reached: int) -> None:
    """Check that a run has reached a position and that no result to be removed is a symbolic link.

    Raises
    ------
    StdpbenchError
        If the run cannot be rewound.
    """
    _check_position(folder, to, reached)
    for name in (*RESULTS, *_RESULT_FOLDERS, "responses", "checkpoints"):
        if (folder.path / name).is_symlink():
            raise StdpbenchError(
                f"{folder.path / name} is a symbolic link, and nothing outside the run folder may be removed: "
                "replace it with its target before rewinding the run"
            )


def _check_position(folder: RunFolder, position: int, reached: int) -> None:
    """Check that a run has reached a position.

    Raises
    ------
    StdpbenchError
        If it has not reached the position.
    """
    if not 0 <= position <= reached:
        raise StdpbenchError(
            f"no position {position} in {folder.path.name}: expected 0 to {reached}, the training presentations so far"
        )


def resume_position(folder: Path, to: int, reached: int | None = None) -> int:
    """Return the position of the checkpoint from which a run would resume after a `rewind`; 0 for the start.

    Parameters
    ----------
    folder : Path
        The run folder.
    to : int
        Position to which the run would be rewound.
    reached : int, optional
        Position of an active run: when it is stopped, it writes a last checkpoint there, and older ones are thinned
        out.
    """
    available = set(positions(folder))
    if reached is not None:
        available = thinned_out(sorted({*available, reached}))
    if to in available and (folder / ARRAYS).is_dir():
        with suppress(StdpbenchError):  # damage is reported by the rewind itself
            first = _first_set(read_journal(folder), to)
            if first < sys.maxsize and (to == reached or read_checkpoint(folder, to).number > first):
                available.remove(to)
    return max((position for position in available if position <= to), default=0)


def _first_set(records: Sequence[Record], position: int) -> int:
    """Return the number of the first fact that set learned arrays at a position; `sys.maxsize` if there is none.

    A checkpoint written after that fact contains arrays that a rewind to the position drops.
    """
    sets = (record.number for record in records if isinstance(record.fact, LearnedSet) and record.position == position)
    return min(sets, default=sys.maxsize)


def resumption(resumes_at: int, to: int, number: Callable[[int], str] = str) -> str:
    """Return a sentence on where a rewound run resumes, and which presentations it recomputes.

    Parameters
    ----------
    resumes_at, to : int
        Position of the checkpoint, and position to which the run was rewound.
    number : callable
        Formats a position.
    """
    start = f"the checkpoint at {number(resumes_at)}" if resumes_at else "the start"
    if resumes_at == to:
        return f"It resumes from {start}."
    first, last = number(resumes_at + 1), number(to)
    again = f"presentation {last} is" if first == last else f"presentations {first} to {last} are"
    return f"It resumes from {start}: {again} computed again, with the same input."


def without_changes_at(records: Sequence[Record], position: int) -> list[Record]:
    """Return facts without the changes at a position, except those made when a branch was created."""
    kept: list[Record] = []
    of_branch = 0  # number of following changes that belong to the creation of a branch
    for record in records:
        if isinstance(record.fact, facts.Branched):
            of_branch = record.fact.made_with
        elif isinstance(record.fact, Change) and of_branch:
            of_branch -= 1
        else:
            of_branch = 0
            if isinstance(record.fact, Change) and record.position == position:
                continue
        kept.append(record)
    return kept


def _split_facts(
    records: Sequence[Record], at: int, checkpoint: Checkpoint | None
) -> tuple[list[Record], list[Record]]:
    """Split the facts up to a position into those covered by the checkpoint, and later ones that do not recur."""
    number, position = (0, 0) if checkpoint is None else (checkpoint.number, checkpoint.position)
    early, late = [], []
    for record in records:
        if not _inherited(record, at):
            continue
        # after an interruption, facts of later positions can precede those of the checkpoint in the journal; recurring
        # facts up to the position of the checkpoint are not computed again, wherever they are in the journal
        covered = record.number < number or record.fact.recurs
        if covered and record.position <= position and checkpoint is not None:
            early.append(record)
        elif not record.fact.recurs:
            late.append(record)
    return early, late


def _inherited(record: Record, at: int) -> bool:
    """Return whether a run that branches off at a position inherits a fact."""
    if isinstance(record.fact, facts.Started):
        return True
    lasting = (
        facts.Intervention
        | facts.Dependencies
        | facts.Planned
        | facts.Branched
        | facts.Rewound
        | facts.CheckpointWritten
    )
    return record.position <= at and (record.fact.recurs or isinstance(record.fact, lasting))


def _record(fact: facts.Fact, position: int) -> Record:
    return Record(-1, position, now(), fact)


def reached_by(folder: RunFolder) -> int:
    """Return the number of training presentations of a run so far.

    The journal of an active run lags behind, so its progress file is read as well.
    """
    records = read_journal(folder.path)
    reached = reached_position(records)
    if has_process(folder.path):
        with suppress(StdpbenchError, TypeError, ValueError):
            reached = max(reached, min(n_train(records), int(folder.read_json("progress.json").get("position", 0))))
    return reached
