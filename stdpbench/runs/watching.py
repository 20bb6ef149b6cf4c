"""Watch a runs folder cheaply: what changed since the last look.

A run and its readers write every file aside and rename it, which changes the modification time of its folder. A look
therefore reads one time per run folder, and checks whether the processes of active runs are alive. Only where
something changed does it open the index (`runs.catalog.store`) and read those runs again. The queue is watched the
same way.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from stdpbench.runs.catalog import index
from stdpbench.runs.catalog.store import BIN, DAMAGED, Entry, Store
from stdpbench.runs.folder.lock import has_process
from stdpbench.runs.protocol.states import State
from stdpbench.runs.queue.run_queue import Item, Queue
from stdpbench.runs.queue.runner_process import Runner, runners

_FRESH = 2_000_000_000  # ns; two changes within a tick of a coarse clock look like one
_NOT_RUNS = (BIN, "queue")
_DETAILS = ("parameters",)


@dataclass(frozen=True)
class QueueSeen:
    """A queue at a moment.

    Attributes
    ----------
    items : tuple of (Item, str)
        In the order in which they go, with how they stand (`Queue.standing`).
    runners : tuple of Runner
        Who works on it.
    """

    items: tuple[tuple[Item, str], ...] = ()
    runners: tuple[Runner, ...] = ()


@dataclass(frozen=True)
class Seen:
    """A runs folder at a moment.

    Attributes
    ----------
    entries : mapping of str to Entry
        All runs by name, in the order in which they were started, with parameters and metrics. A run that nothing
        happened to is the same object as in the look before.
    queue : QueueSeen
        Its queue.
    in_bin : int
        Runs in the bin.
    remarks : tuple of str
        What was amiss with the index.
    """

    entries: Mapping[str, Entry]
    queue: QueueSeen
    in_bin: int = 0
    remarks: tuple[str, ...] = ()


class RunsWatch:
    """Looks at a runs folder; not for two threads at once.

    Parameters
    ----------
    runs : Path
        The folder of all runs. It need not be there.
    """

    def __init__(self, runs: Path) -> None:
        self.runs = runs
        self.read = 0
        """How many runs were read in all, for measuring."""
        self._queue = Queue(runs)
        self._marks: dict[str, int] = {}
        self._fresh: set[str] = set()
        self._entries: dict[str, Entry] = {}
        self._seen: Seen | None = None

    def look(self) -> Seen | None:
        """What there is, if it is not the same as in the look before.

        Raises
        ------
        StdpbenchError
            If the folder or its index cannot be read.
        """
        now, marks = time.time_ns(), _marks(self.runs)
        changed = {name for name, mark in marks.items() if self._marks.get(name) != mark} | (
            self._fresh & marks.keys()
        )
        changed |= {name for name in self._entries.keys() & marks.keys() if self._died(name)}
        gone = self._marks.keys() - marks.keys()
        self._marks = marks
        self._fresh = {name for name, mark in marks.items() if now - mark < _FRESH}
        queue_changed, remarks = queue_folder(self.runs) in changed, self._seen.remarks if self._seen else ()
        runs_changed = {name for name in changed if name not in _NOT_RUNS}
        if runs_changed or gone or self._seen is None:
            remarks = self._read(runs_changed, gone)
        queue = self._look_at_queue(queue_changed)
        bin_before = self._seen.in_bin if self._seen else 0
        in_bin = len(list((self.runs / BIN).glob("*/run.json"))) if BIN in changed else bin_before * (BIN in marks)
        seen = Seen(self._entries, queue, in_bin, remarks)
        if self._seen is not None and _same(seen, self._seen):
            return None
        self._seen = seen
        return seen

    def _died(self, name: str) -> bool:
        state = self._entries[name].state
        return state != DAMAGED and State(state).active and not has_process(self.runs / name)

    def _read(self, changed: set[str], gone: set[str]) -> tuple[str, ...]:
        """Take in what the index says of runs that changed."""
        with Store(self.runs) as store:
            read = {entry.name: entry for entry in store.entries(_DETAILS, changed)}
            self.read += len(read)
            remarks = tuple(store.remarks)
        kept = {name: entry for name, entry in self._entries.items() if name not in gone and name not in changed}
        same = {name: self._entries[name] for name, entry in read.items() if self._entries.get(name) == entry}
        merged = {**kept, **read, **same}
        self._entries = dict(sorted(merged.items(), key=lambda pair: (pair[1].started, pair[0])))
        return remarks

    def _look_at_queue(self, changed: bool) -> QueueSeen:
        before = self._seen.queue if self._seen is not None else None
        if before is not None and not changed and not before.items and not before.runners:
            return before
        items = [item for item, _ in before.items] if before is not None and not changed else self._queue.items()
        return QueueSeen(tuple((item, self._queue.standing(item)) for item in items), tuple(runners(self.runs)))


def queue_folder(runs: Path) -> str:
    """Name of the folder that changes with the queue."""
    return index.queue_folder(runs).name


def _marks(runs: Path) -> dict[str, int]:
    """The time of every folder in a runs folder."""
    found: dict[str, int] = {}
    try:
        with os.scandir(runs) as entries:
            for entry in entries:
                if entry.name.startswith(".") or not entry.is_dir():
                    continue
                try:
                    found[entry.name] = os.stat(entry.path).st_mtime_ns  # noqa: PTH116 - a thousand of them each second
                except OSError:  # it was moved meanwhile
                    continue
    except FileNotFoundError:
        pass
    return found


def _same(one: Seen, other: Seen) -> bool:
    entries = len(one.entries) == len(other.entries) and all(
        a is b for a, b in zip(one.entries.values(), other.entries.values(), strict=True)
    )
    return entries and (one.queue, one.in_bin, one.remarks) == (other.queue, other.in_bin, other.remarks)
