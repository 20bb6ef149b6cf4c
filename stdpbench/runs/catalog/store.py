"""The store: all runs of a folder, read through an index that is updated on use.

The index (`runs.catalog.index`) caches the contents of the small files of each run folder with a signature of those
files: time, size and inode. A folder is only read again if its signature has changed. Whether a run is active is
determined by its lock, which is only checked for runs in an active state. This module imports no heavy packages:
listing 1000 runs takes less time than importing NumPy.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from stdpbench.base.errors import StdpbenchError, nearest
from stdpbench.runs.catalog import index
from stdpbench.runs.catalog.filters import Filter, order, quantity, value_text
from stdpbench.runs.catalog.row import DAMAGED as DAMAGED
from stdpbench.runs.catalog.row import PLAIN
from stdpbench.runs.catalog.row import read_row as _read
from stdpbench.runs.folder.about import is_text
from stdpbench.runs.folder.journal import NAME as JOURNAL
from stdpbench.runs.folder.lock import has_process
from stdpbench.runs.folder.notes import NAME as NOTES
from stdpbench.runs.folder.notes import Notes
from stdpbench.runs.folder.staging import remove_left_behind
from stdpbench.runs.folder.weights_origin import Origin
from stdpbench.runs.protocol.states import EXITED_UNEXPECTEDLY, State

BIN = "bin"
SWEEP = "sweep.jsonl"
"""File that marks a folder in the runs folder as a sweep, which contains runs itself."""
DISTRIBUTIONS = "distributions.json"
"""File in the folder of a sweep: from what it draws or chooses parameters, by path."""
_FILES = (JOURNAL, "metrics.json", "progress.json")
"""Files whose signature says whether a run folder has changed; with `NOTES` where there are notes."""
NOTED = ("starred", "title", "tags", "notes")
"""Columns of what people note on a run (`stdpbench.runs.folder.notes`)."""
CHANGED = "changed"
"""A column like a parameter: the parameters that were changed while a run ran."""
NUMBERS = ("vote", "duration", "seed", "done", "total", "position")
"""Columns whose values are numbers in all runs."""
COLUMNS = ("name", *PLAIN, "progress", "duration", "path", *NOTED)
"""Columns that every run has; parameters and metrics are additional columns, named by their dotted paths."""
STAR = "★"


@dataclass(frozen=True)
class Entry:
    """A run as recorded in the index.

    Attributes
    ----------
    name, path : str, Path
        Name and path of the run folder.
    id, experiment, seed : str, str, int or None
        ID of the run, name of its experiment, and seed.
    state, reason : str
        One of `State`, or ``"damaged"``, and the reason for it.
    started, ended : str
        Start and end, ISO 8601 in UTC; empty if not reached.
    phase, done, total, position : str, int or None
        Progress: current phase, its pictures so far and in total, and training presentations.
    vote : float or None
        Accuracy of the vote.
    parent, parent_id : str
        Run from which this one continues, with the position, and its ID; empty if there is none.
    weights_origin : Origin
        What its weights were trained with.
    parameters : mapping of str to Any
        Values of ``experiment.toml`` by dotted path.
    changes : mapping of str to Any
        Newest values, by dotted path, of parameters that were changed during the run.
    metrics : mapping of str to Any
        Values of ``metrics.json`` by dotted path, without long lists.
    starred, title, tags, notes : bool, str, tuple of str, str
        What a person noted on the run.
    """

    name: str
    path: Path
    id: str
    experiment: str
    seed: int | None
    state: str
    reason: str
    started: str
    ended: str
    phase: str
    done: int | None
    total: int | None
    position: int | None
    vote: float | None
    parent: str
    parent_id: str
    weights_origin: Origin = Origin.NO_LABELS
    parameters: Mapping[str, Any] = field(default_factory=dict)
    changes: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)
    starred: bool = False
    title: str = ""
    tags: tuple[str, ...] = ()
    notes: str = ""

    @property
    def progress(self) -> str:
        """The progress as text."""
        if self.state == State.FINISHED:  # progress of the last phase alone is not informative
            return f"all {self.position}" if self.position else ""
        return f"{self.phase} {self.done}/{self.total}" if self.phase else ""

    @property
    def duration(self) -> float | None:
        """Seconds from start to end, including pauses; None if the run has not ended."""
        return self.lasted(self.ended)

    def lasted(self, until: str) -> float | None:
        """Return the seconds from the start to a time (ISO 8601); None if either is unknown."""
        try:
            seconds = (datetime.fromisoformat(until) - datetime.fromisoformat(self.started)).total_seconds()
        except (ValueError, TypeError):  # invalid, or only one of them has a time zone
            return None
        return max(0.0, seconds)

    def value(self, column: str) -> Any:
        """Return the value of a column: one of `COLUMNS`, or the dotted path of a parameter or metric.

        For a parameter that was changed during the run, this is the newest value. None if there is no value.
        """
        if column in COLUMNS:
            value = getattr(self, column)
            return str(value) if column == "path" else value
        if column == CHANGED:
            return ", ".join(self.changes) or None
        for source in (self.changes, self.parameters, self.metrics):
            if column in source:
                return source[column]
        return None

    def text(self, column: str) -> str:
        """Return the formatted value of a column; old and new value of a parameter that was changed during the run."""
        if column == "starred":
            return STAR if self.starred else ""
        if column == "notes":  # in a line
            return " ".join(self.notes.split())
        if column in self.changes:
            return " → ".join(value_text(v) or "–" for v in (self.parameters.get(column), self.changes[column]))
        return value_text(self.value(column))


class Store:
    """The runs in a folder; use it in a ``with`` statement.

    Parameters
    ----------
    runs : Path
        The runs folder; it need not exist. If it is not writable, the index is kept in memory.
    keep : bool
        Whether to create an index if there is none; otherwise it is kept in memory, and nothing is written.

    Attributes
    ----------
    remarks : list of str
        Sentences for the user about problems with the index.
    """

    def __init__(self, runs: Path, *, keep: bool = True) -> None:
        self.runs = runs
        self._keep = keep or index.index_path(runs).is_file()
        self.remarks: list[str] = []
        self._stack = ExitStack()
        try:
            self._open()
        except index.DamagedIndexError:
            self._reopen()

    def __enter__(self) -> Store:
        """Return the store."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the index."""
        self._stack.close()

    def _open(self) -> None:
        try:
            if not self._keep or not self.runs.is_dir():
                raise index.UnwritableIndexError("")
            remove_left_behind(self.runs)
            self._connection = self._stack.enter_context(index.opened(self.runs, self.remarks.append))
            self.refresh()
        except index.UnwritableIndexError as error:
            self._stack.close()
            self._connection = self._stack.enter_context(index.in_memory())
            if str(error):
                self.remarks.append(f"The index is not saved: {error}.")
            self.refresh()

    def _reopen(self) -> None:
        self._stack.close()
        aside = index.set_aside(self.runs)
        if aside is not None:
            self.remarks.append(
                f"The index of {self.runs} was damaged and has been rebuilt; the old file is kept as {aside.name}."
            )
        self._open()

    def refresh(self) -> None:
        """Read the run folders that have changed since the last update."""
        with index.translated(self.runs):
            known = dict(self._connection.execute("SELECT folder, signature FROM runs").fetchall())
            found = dict(_scan(self.runs))
            for name in [name for name in found if not is_text(name)]:
                del found[name]
                self.remarks.append(
                    f"The run folder {os.fsencode(name)!r} is skipped, since its name is not valid UTF-8; rename it."
                )
            changed = [name for name, signature in found.items() if known.get(name) != signature]
            gone = known.keys() - found.keys()
            if not changed and not gone:
                return
            rows = [{"folder": name, "signature": found[name], **_read(self.runs / name)} for name in changed]
            with index.transaction(self._connection):
                self._connection.executemany("DELETE FROM runs WHERE folder = ?", [(name,) for name in gone])
                for row in rows:
                    index.insert(self._connection, "runs", row)

    def rebuild(self) -> int:
        """Read all run folders and copies of queue items again; return the number of runs.

        An intact file is updated in place, so that an active queue runner can continue to use it.
        """
        if index.index_path(self.runs).is_file():
            self._reopen()
        with index.translated(self.runs), index.transaction(self._connection):
            self._connection.execute("DELETE FROM runs")
            index.restore_queue(self._connection, self.runs)
        self.refresh()
        (count,) = self._connection.execute("SELECT count(*) FROM runs").fetchone()
        return int(count)

    def entries(self, columns: Iterable[str] = COLUMNS, names: Collection[str] | None = None) -> list[Entry]:
        """Return all runs, or those with the given names, in the order in which they were started.

        Parameters
        ----------
        columns : iterable of str
            Columns that are needed; parameters and metrics are only read if one is not in `COLUMNS`.
        names : collection of str, optional
            Names of run folders. Default: all.
        """
        details = any(column not in COLUMNS for column in columns)
        fields = [
            "folder",
            "parent_id",
            "weights_origin",
            "notes",
            *PLAIN,
            *(("parameters", "changes", "metrics") if details else ()),
        ]
        query = f"SELECT {', '.join(fields)} FROM runs ORDER BY started, folder"
        with index.translated(self.runs):
            rows = self._connection.execute(query).fetchall()
        return [self._entry(dict(row)) for row in rows if names is None or row["folder"] in names]

    def select(
        self, columns: Iterable[str] = (), filters: Iterable[Filter] = (), sort: str | None = None
    ) -> list[Entry]:
        """Return the runs that pass all filters, sorted.

        Parameters
        ----------
        columns : iterable of str
            Columns that will be read from the entries.
        filters : iterable of Filter
            Filters that a run must pass.
        sort : str, optional
            Column to sort by, with a leading ``-`` for descending order; runs without a value are last.

        Raises
        ------
        StdpbenchError
            If no run has one of the columns, or a column of numbers is compared with something else.
        """
        filters = list(filters)
        asked = [*columns, *(one.column for one in filters), *([sort.removeprefix("-")] if sort else [])]
        entries = self.entries(asked)
        check_columns(asked, entries)
        for one in filters:
            values = [value for entry in entries if (value := entry.value(one.column)) is not None]
            numbers = one.column not in COLUMNS and bool(values) and all(map(quantity, values))
            if not one.fits_numbers and (one.column in NUMBERS or numbers):
                raise StdpbenchError(f"{one.column} is a number, so it cannot be compared with {one.value!r}")
        chosen = [entry for entry in entries if all(one.passes(entry.value(one.column)) for one in filters)]
        return (
            order(chosen, lambda entry: entry.value(sort.removeprefix("-")), sort.startswith("-")) if sort else chosen
        )

    def by_id(self, run_id: str) -> Entry | None:
        """Return the run with an ID, or None."""
        return next((entry for entry in self.entries() if run_id and entry.id == run_id), None)

    def children(self, run_id: str) -> list[Entry]:
        """Return the runs that continue from a run."""
        return [entry for entry in self.entries() if run_id and entry.parent_id == run_id]

    def of_item(self, token: str) -> Path | None:
        """Return the run folder that was created for a queue item, or None."""
        with index.translated(self.runs):
            row = self._connection.execute("SELECT folder FROM runs WHERE item = ?", (token,)).fetchone()
        return None if row is None else self.runs / row["folder"]

    def _entry(self, row: dict[str, Any]) -> Entry:
        name = row.pop("folder")
        for key in ("parameters", "changes", "metrics"):
            if key in row:
                row[key] = json.loads(row[key])
        path = self.runs / name
        if row["state"] != DAMAGED and State(row["state"]).active and not has_process(path):
            row |= {"state": str(State.FAILED), "reason": EXITED_UNEXPECTEDLY}
        row["weights_origin"] = Origin.read(row["weights_origin"])
        noted = Notes.from_mapping(json.loads(text)) if (text := row.pop("notes")) else Notes()
        row |= {"starred": noted.starred, "title": noted.title, "tags": noted.tags, "notes": noted.text}
        return Entry(name=name, path=path, **row)


def newest(runs: Path, n: int) -> list[Entry]:
    """Return the `n` most recently started runs of a folder, newest first."""
    if not runs.is_dir():
        return []
    with Store(runs) as store:
        return store.entries()[: -n - 1 : -1]


def sweep_folders(runs: Path) -> list[Path]:
    """Return the folders of sweeps in a runs folder, sorted by name."""
    try:
        with os.scandir(runs) as entries:
            found = [runs / entry.name for entry in entries if os.path.isfile(f"{entry.path}{os.sep}{SWEEP}")]  # noqa: PTH113 - called a thousand times
    except OSError:
        return []
    return sorted(found)


def run_names(runs: Path) -> list[str]:
    """Return the sorted names of all run folders in a runs folder, without those that are still being created."""
    return sorted(path.parent.name for path in runs.glob(f"[!.]*/{JOURNAL}"))


def check_columns(columns: Iterable[str], entries: Collection[Entry]) -> None:
    """Check that columns exist.

    Raises
    ------
    StdpbenchError
        If no run has one of the columns; the message suggests a similar one.
    """
    if not entries:
        return
    known = {*COLUMNS, CHANGED}
    for column in columns:
        if column in known:
            continue
        known.update(*(part for entry in entries for part in (entry.changes, entry.parameters, entry.metrics)))
        if column not in known:
            near = nearest(column, known)
            hint = f"did you mean {near!r}?" if near else f"columns are {', '.join(COLUMNS)}, and dotted paths"
            raise StdpbenchError(f"no run has a column {column!r}; {hint}")


def _scan(runs: Path) -> Iterator[tuple[str, str]]:
    """Yield name and signature of every run folder."""
    try:
        entries = list(os.scandir(runs))
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith("."):  # a run folder that is being created
            continue
        marks = [_mark(f"{entry.path}{os.sep}{name}") for name in _FILES]
        if marks[0]:
            notes = _mark(f"{entry.path}{os.sep}{NOTES}")
            yield entry.name, " ".join([*marks, notes] if notes else marks)


def _mark(path: str) -> str:
    try:
        found = os.stat(path)  # noqa: PTH116 - called four times for each of a thousand runs
    except OSError:
        return ""
    return f"{found.st_mtime_ns},{found.st_size},{found.st_ino}"
