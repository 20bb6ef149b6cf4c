"""Have the journal of a run folder say something else, as if another course of events had been recorded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from stdpbench.runs.folder.journal import read_undamaged, write_journal
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.protocol.facts import Record, StateChanged

TIME = "2026-01-02T03:04:05+00:00"


def edit_journal(run: Path | RunFolder, *, state: str = "", reason: str = "", **about: Any) -> None:
    """Add a last state, or the present one with another reason, and replace what the run says of itself."""
    folder = run if isinstance(run, RunFolder) else RunFolder(run)
    journal = read_undamaged(folder.path)
    records = list(journal.records)
    if state or reason:
        state = state or folder.about["state"]
        position = records[-1].position if records else 0
        records.append(Record(len(records), position, TIME, StateChanged(state, reason)))
    write_journal(folder.path, records, {**(journal.about or {}), **about})
    folder.write_copy()
