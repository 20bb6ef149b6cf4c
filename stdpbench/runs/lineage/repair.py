"""Repair a run whose journal is damaged, so that it continues from the newest checkpoint before the damage.

Nothing is deleted: the damaged journal and checkpoints after the damage are moved to a folder ``before-repair-N`` in
the run folder.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Any

from stdpbench.base.errors import StdpbenchError, disk_errors, errors_within
from stdpbench.runs.folder.about import check_about
from stdpbench.runs.folder.checkpoints import checkpoint_path, newest_checkpoint, positions
from stdpbench.runs.folder.journal import (
    NAME,
    DamagedJournalError,
    Readable,
    read_undamaged,
    write_journal,
)
from stdpbench.runs.folder.run_folder import RunFolder, now
from stdpbench.runs.folder.status import held
from stdpbench.runs.protocol import facts
from stdpbench.runs.protocol.facts import Record
from stdpbench.runs.protocol.states import State

_BACKUP = "before-repair"


def check_journal(folder: RunFolder, remedy: str) -> None:
    """Refuse to resume a run whose journal is damaged.

    Parameters
    ----------
    folder : RunFolder
        The run.
    remedy : str
        How to repair the run, as the subject of a clause.

    Raises
    ------
    DamagedJournalError
        If the journal is damaged; the message says where, and from which presentation a repaired run continues.
    """
    journal = read_undamaged(folder.path)
    if journal.damage:
        position = _checkpoint_before(folder, journal)
        start = f"presentation {position}, the newest checkpoint before it" if position else "the beginning"
        raise DamagedJournalError(f"{journal.damage}; {remedy} continues from {start}")


def repair(folder: RunFolder) -> str:
    """Make a run with a damaged journal resumable from the newest intact checkpoint before the damage.

    Facts before the damage are kept. Of later facts, only recorded uses of test labels are kept, since they count
    in any case. Changes in it and after it are lost; the log of the run says so, and how many of them are still
    readable in the damaged journal.

    Parameters
    ----------
    folder : RunFolder
        An inactive run.

    Returns
    -------
    str
        Description of the repair; empty if the journal is intact.

    Raises
    ------
    StdpbenchError
        If the run is active or cannot be written, or the damaged facts were copied from another run.
    """
    with held(folder):
        journal = read_undamaged(folder.path)
        if not journal.damage:
            return ""
        about = _copied_about(folder) if journal.about is None else journal.about
        _check_origin(about, journal)
        position = _checkpoint_before(folder, journal)
        with disk_errors(f"cannot repair {folder.path}"):
            backup = _back_up(folder.path, position)
        sentence = _sentence(journal, position, backup)
        readings = [record.fact for record in journal.later if isinstance(record.fact, facts.LabelsRead)]
        stopped = facts.StateChanged(str(State.STOPPED), "the journal was damaged and has been repaired")
        added: list[facts.Fact] = [*readings, facts.Remarked(sentence, once=True), stopped]
        records = [*journal.records, *(Record(0, position, now(), fact) for fact in added)]
        write_journal(folder.path, records, about)
        folder.write_copy()
    return sentence


def _copied_about(folder: RunFolder) -> Mapping[str, Any]:
    """Return the description of a run from ``run.json``, a copy of the damaged first line."""
    of_facts = ("state", "reason", "ended", "simulator", "data_sha256", "pid")
    about = {key: value for key, value in folder.read_json("run.json").items() if key not in of_facts}
    with errors_within(f"{folder.path} cannot be repaired: run.json is damaged: "):
        check_about(about)
    return about


def _checkpoint_before(folder: RunFolder, journal: Readable) -> int:
    checkpoint, _ = newest_checkpoint(folder.path, n_facts=len(journal.records))
    return 0 if checkpoint is None else checkpoint.position


def _check_origin(about: Mapping[str, Any], journal: Readable) -> None:
    """Refuse to repair a branch or reproduction whose facts from its original run are damaged."""
    has_started = any(isinstance(record.fact, facts.StateChanged) for record in journal.records)
    for key in ("parent", "reproduces"):
        if key in about and not has_started:
            name = about[key].get("name", "another run")
            raise StdpbenchError(
                f"{journal.damage}; this is one of the facts copied from {name}, so the run cannot be repaired: "
                "create it again"
            )


def _back_up(folder: Path, position: int) -> Path:
    """Move the damaged journal and the checkpoints after a position to a new folder; return that folder."""
    candidates = (folder / f"{_BACKUP}-{number}" for number in count(1))
    backup = next(path for path in candidates if not path.exists())
    backup.mkdir()
    shutil.copy2(folder / NAME, backup / NAME)
    for later in positions(folder):
        if later > position:
            target = checkpoint_path(backup, later)
            target.parent.mkdir(exist_ok=True)
            checkpoint_path(folder, later).rename(target)
    return backup


def _sentence(journal: Readable, position: int, backup: Path) -> str:
    line = 1 if journal.about is None else len(journal.records) + 2
    start = f"presentation {position}" if position else "the beginning"
    changes = sum(isinstance(record.fact, facts.Intervention) for record in journal.later)
    later = f", and {changes} change{'s' if changes > 1 else ''} after it," if changes else ""
    return (
        f"The journal was damaged in line {line}: the run continues from {start}. Any change in what is damaged or "
        f"missing{later} must be made again. The damaged journal and checkpoints after the damage are in "
        f"{backup.name}."
    )
