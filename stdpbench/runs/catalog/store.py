"""The store: all runs of a folder, read through a cache that is updated on use.

The cache, the file ``index.cache``, has the contents of the small files of each run folder and a signature of those
files (time, size and inode), after a digest of the whole. A folder is only read again if its signature has changed.
Whether a run is active is determined by its lock, which is only checked for runs in an active state. This module
imports no heavy packages, since a list of runs may read a thousand folders.
"""

from __future__ import annotations

import hashlib
import json
import os
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from stdpbench.base.errors import StdpbenchError, nearest
from stdpbench.base.files import read_regular, write_text_aside
from stdpbench.base.toml_lines import flat
from stdpbench.runs.catalog.filters import Filter, order, quantity, value_text
from stdpbench.runs.folder.about import is_text, read_table
from stdpbench.runs.folder.journal import NAME as JOURNAL
from stdpbench.runs.folder.lock import has_process, remove_left_behind
from stdpbench.runs.folder.notes import NAME as NOTES
from stdpbench.runs.folder.notes import Notes, read_notes
from stdpbench.runs.folder.summary import read_summary
from stdpbench.runs.folder.weights_origin import Origin, origin_of
from stdpbench.runs.protocol.states import EXITED_UNEXPECTEDLY, State

DAMAGED = "damaged"
"""State shown for a run folder whose files cannot be read."""
PLAIN = (
    "experiment",
    "seed",
    "state",
    "reason",
    "started",
    "ended",
    "phase",
    "done",
    "total",
    "position",
    "vote",
    "parent",
    "id",
)
"""Columns of the cache with plain values."""
_LONGEST_LIST = 20


def read_row(folder: Path) -> dict[str, Any]:
    """Read the files of a run folder as a row of the cache."""
    row: dict[str, Any] = {
        **dict.fromkeys(PLAIN, ""),
        **dict.fromkeys(("seed", "done", "total", "position", "vote"), None),
        "parameters": {},
        "changes": {},
        "metrics": {},
        "item": "",
        "parent_id": "",
        "notes": _notes(folder),
        "weights_origin": str(Origin.NO_LABELS),
    }
    try:
        summary = read_summary(folder)
        metadata = summary.about
        row |= {
            **{key: metadata.get(key, "") for key in ("id", "state", "reason", "started", "ended")},
            "item": metadata.get("queue", ""),
            "changes": summary.changes,
            **_parent(metadata),
        }
        experiment = tomllib.loads(read_regular(folder / "experiment.toml").decode("utf-8"))
        row |= {
            "experiment": str(experiment.get("name", "")),
            "seed": _number(experiment.get("seed")),
            "parameters": flat(experiment),
            "weights_origin": str(origin_of(folder, metadata, experiment)),
        }
    except (StdpbenchError, OSError, ValueError, RecursionError) as error:
        return row | {"state": DAMAGED, "reason": f"its files cannot be read: {error}"}
    return row | _progress(folder) | _metrics(folder)


def _parent(metadata: Mapping[str, Any]) -> dict[str, str]:
    for key in ("parent", "from"):
        origin = metadata.get(key)
        if isinstance(origin, Mapping):
            position = f" at {origin['at']}" if "at" in origin else ""
            return {"parent": f"{origin.get('name', '')}{position}", "parent_id": str(origin.get("id") or "")}
    return {}


def _progress(folder: Path) -> dict[str, Any]:
    try:
        progress = read_table(folder / "progress.json")
    except StdpbenchError:  # not started yet
        return {}
    phase = progress.get("phase")
    return {"phase": phase if isinstance(phase, str) and is_text(phase) else ""} | {
        key: _number(progress.get(key)) for key in ("done", "total", "position")
    }


def _metrics(folder: Path) -> dict[str, Any]:
    try:
        values = flat(read_table(folder / "metrics.json"))
    except StdpbenchError:  # not written yet
        return {}
    short = {path: value for path, value in values.items() if not isinstance(value, list) or _is_short(value)}
    vote = short.get("accuracy.vote.accuracy")
    return {"metrics": short, "vote": vote if isinstance(vote, float) else None}


def _notes(folder: Path) -> dict[str, Any]:
    """Return the notes on a run, without those on neurons; empty if they cannot be read."""
    try:
        table = read_notes(folder).to_mapping()
    except StdpbenchError:  # `stdpbench show` reports it
        return {}
    table.pop("neurons", None)
    return table


def _is_short(values: list[Any]) -> bool:
    return len(values) <= _LONGEST_LIST and not any(isinstance(value, list) for value in values)


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and abs(value) < 2**63 else None


BIN = "bin"
INDEX = "index.cache"
QUEUE = "queue"
SWEEP = "sweep.jsonl"
"""File that marks a folder in the runs folder as a sweep, which contains runs."""
DISTRIBUTIONS = "distributions.json"
"""File in the folder of a sweep: distributions or choices of parameters, by path."""
_VERSION = 4
_FILES = (JOURNAL, "metrics.json", "progress.json")
"""Files whose signatures show whether a run folder has changed; also `NOTES` if it exists."""
NOTED = ("starred", "title", "tags", "notes")
"""Columns of notes on a run (`stdpbench.runs.folder.notes`)."""
CHANGED = "changed"
"""Column with the parameters that were changed during a run."""
NUMBERS = ("vote", "duration", "seed", "done", "total", "position")
"""Columns whose values are numbers in all runs."""
COLUMNS = ("name", *PLAIN, "progress", "duration", "path", *NOTED)
"""Columns that every run has; parameters and metrics are additional columns, named by their dotted paths."""
STAR = "★"


@dataclass(frozen=True)
class Entry:
    """A run according to its files.

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
        Whether its weights were trained with labels.
    parameters : mapping of str to Any
        Values of ``experiment.toml`` by dotted path.
    changes : mapping of str to Any
        Newest values, by dotted path, of parameters that were changed during the run.
    metrics : mapping of str to Any
        Values of ``metrics.json`` by dotted path, without long lists.
    starred, title, tags, notes : bool, str, tuple of str, str
        Notes of the user.
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
    """The runs in a folder.

    Parameters
    ----------
    runs : Path
        The runs folder; it need not exist.
    keep : bool
        Whether to write the cache if there is none.

    Attributes
    ----------
    remarks : list of str
        Sentences for the user about folders that are skipped.
    """

    def __init__(self, runs: Path, *, keep: bool = True) -> None:
        self.runs = runs
        self.remarks: list[str] = []
        file = runs / INDEX
        if keep and runs.is_dir():
            remove_left_behind(runs)
        cached = _read_cache(file)
        self._rows: dict[str, dict[str, Any]] = {}
        for name, signature in _scan(runs):
            if not is_text(name):
                self.remarks.append(
                    f"The run folder {os.fsencode(name)!r} is skipped, since its name is not valid UTF-8; rename it."
                )
                continue
            row = cached.get(name)
            if row is None or row["signature"] != signature:
                row = {"signature": signature, **json.loads(json.dumps(read_row(runs / name), default=str))}
            self._rows[name] = row
        if self._rows != cached and (keep or file.is_file()):
            with suppress(OSError, StdpbenchError):  # without a cache, lists take longer
                rows = json.dumps(self._rows)
                write_text_aside(file, f"{_digest(rows.encode()).decode()}\n{rows}")

    def entries(self, names: Collection[str] | None = None) -> list[Entry]:
        """Return all runs, or those with the given names, in the order in which they were started.

        Parameters
        ----------
        names : collection of str, optional
            Names of run folders. Default: all.
        """
        rows = sorted(self._rows.items(), key=lambda item: (item[1]["started"], item[0]))
        return [self._entry(name, row) for name, row in rows if names is None or name in names]

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
        needed = [*columns, *(test.column for test in filters), *([sort.removeprefix("-")] if sort else [])]
        entries = self.entries()
        check_columns(needed, entries)
        for test in filters:
            values = [value for entry in entries if (value := entry.value(test.column)) is not None]
            numbers = test.column not in COLUMNS and bool(values) and all(map(quantity, values))
            if not test.fits_numbers and (test.column in NUMBERS or numbers):
                raise StdpbenchError(f"{test.column} is a number, so it cannot be compared with {test.value!r}")
        chosen = [entry for entry in entries if all(test.passes(entry.value(test.column)) for test in filters)]
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
        return next((self.runs / name for name, row in self._rows.items() if token and row["item"] == token), None)

    def _entry(self, name: str, row: Mapping[str, Any]) -> Entry:
        path = self.runs / name
        values = {column: row[column] for column in (*PLAIN, "parent_id", "parameters", "changes", "metrics")}
        if row["state"] != DAMAGED and State(row["state"]).active and not has_process(path):
            values |= {"state": str(State.FAILED), "reason": EXITED_UNEXPECTEDLY}
        notes = Notes.from_mapping(row["notes"])
        values |= {"starred": notes.starred, "title": notes.title, "tags": notes.tags, "notes": notes.text}
        return Entry(name=name, path=path, weights_origin=Origin.read(row["weights_origin"]), **values)


def newest(runs: Path, n: int) -> list[Entry]:
    """Return the `n` most recently started runs of a folder, newest first."""
    if not runs.is_dir():
        return []
    return Store(runs).entries()[: -n - 1 : -1]


def sweep_folders(runs: Path) -> list[Path]:
    """Return the folders of sweeps in a runs folder, sorted by name."""
    try:
        with os.scandir(runs) as entries:
            folders = [runs / entry.name for entry in entries if os.path.isfile(f"{entry.path}{os.sep}{SWEEP}")]  # noqa: PTH113 - called a thousand times
    except OSError:
        return []
    return sorted(folders)


def run_names(runs: Path) -> list[str]:
    """Return the sorted names of all run folders in a runs folder, except those that are still being created."""
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
        for entry in entries:
            known.update(entry.changes, entry.parameters, entry.metrics)
        if column not in known:
            near = nearest(column, known)
            hint = f"did you mean {near!r}?" if near else f"columns are {', '.join(COLUMNS)}, and dotted paths"
            raise StdpbenchError(f"no run has a column {column!r}; {hint}")


def _read_cache(file: Path) -> dict[str, dict[str, Any]]:
    """Return the rows of a cache by folder; empty if it is missing, damaged or of another version."""
    with suppress(OSError):
        digest, _, rows = file.read_bytes().partition(b"\n")
        if digest == _digest(rows):
            return dict(json.loads(rows))
    return {}


def _digest(rows: bytes) -> bytes:
    return hashlib.sha256(b"%d %s" % (_VERSION, rows)).hexdigest().encode()


def _scan(runs: Path) -> Iterator[tuple[str, str]]:
    """Yield name and signature of every run folder."""
    try:
        entries = list(os.scandir(runs))
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith("."):  # a run folder that is being created
            continue
        signatures = [_signature(f"{entry.path}{os.sep}{name}") for name in _FILES]
        if signatures[0]:
            notes = _signature(f"{entry.path}{os.sep}{NOTES}")
            yield entry.name, " ".join([*signatures, notes] if notes else signatures)


def _signature(path: str) -> str:
    try:
        status = os.stat(path)  # noqa: PTH116 - called four times for each of a thousand runs
    except OSError:
        return ""
    return f"{status.st_mtime_ns},{status.st_size},{status.st_ino}"
