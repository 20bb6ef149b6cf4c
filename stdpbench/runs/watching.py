"""Detect changes in a runs folder and its queue by cheap polling.

Every file of a run is written to a temporary file and renamed, which updates the modification time of its folder.
Polling therefore reads one timestamp per run folder and checks whether the processes of active runs are alive. The
cache (`runs.catalog.store`) is only opened to read runs that changed. The queue is watched the same way.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from stdpbench.runs.catalog.columns import is_active
from stdpbench.runs.catalog.store import BIN, QUEUE, Entry, Store
from stdpbench.runs.folder.journal import NAME as JOURNAL
from stdpbench.runs.folder.lock import has_process
from stdpbench.runs.queue.run_queue import Item, Queue
from stdpbench.runs.queue.runner_process import Runner, runners

_FRESH = 2_000_000_000  # ns; changes within one tick of a coarse clock cannot be distinguished
_NOT_RUNS = (BIN, QUEUE)


@dataclass(frozen=True)
class QueueState:
    """State of a queue at one moment.

    Attributes
    ----------
    items : tuple of (Item, str)
        Items in execution order, each with its current state (`Queue.current_state`).
    runners : tuple of Runner
        Active queue runners.
    """

    items: tuple[tuple[Item, str], ...] = ()
    runners: tuple[Runner, ...] = ()


@dataclass(frozen=True)
class RunsFolderState:
    """State of a runs folder at one moment.

    Attributes
    ----------
    entries : mapping of str to Entry
        All runs by name, in the order in which they were started, with parameters and metrics. An unchanged run is
        represented by the same object as in the previous state.
    queue : QueueState
        State of the queue.
    in_bin : int
        Number of runs in the bin.
    remarks : tuple of str
        Sentences about folders that are skipped.
    """

    entries: Mapping[str, Entry]
    queue: QueueState
    in_bin: int = 0
    remarks: tuple[str, ...] = ()


class RunsWatch:
    """Polls a runs folder for changes. Not thread-safe.

    Parameters
    ----------
    runs : Path
        The runs folder; it need not exist.
    """

    def __init__(self, runs: Path) -> None:
        self.runs = runs
        self.read = 0
        """Total number of runs read; used by benchmarks."""
        self._queue = Queue(runs)
        self._marks: dict[str, int] = {}
        self._fresh: set[str] = set()
        self._entries: dict[str, Entry] = {}
        self._last: RunsFolderState | None = None

    def look(self) -> RunsFolderState | None:
        """Return the state of the folder, or None if it is unchanged since the last call.

        Raises
        ------
        StdpbenchError
            If the folder cannot be read.
        """
        moment, marks = time.time_ns(), _marks(self.runs)
        changed = {name for name, mark in marks.items() if self._marks.get(name) != mark} | (
            self._fresh & marks.keys()
        )
        for name in self._entries.keys() & marks.keys():
            if is_active(self._entries[name]) and not has_process(self.runs / name):
                changed.add(name)
        gone = self._marks.keys() - marks.keys()
        self._marks = marks
        self._fresh = {name for name, mark in marks.items() if moment - mark < _FRESH}
        queue_changed, remarks = QUEUE in changed, self._last.remarks if self._last else ()
        runs_changed = {name for name in changed if name not in _NOT_RUNS}
        if runs_changed or gone or self._last is None:
            remarks = self._read(runs_changed, gone)
        queue = self._look_at_queue(queue_changed)
        bin_before = self._last.in_bin if self._last else 0
        in_bin = len(list((self.runs / BIN).glob(f"*/{JOURNAL}"))) if BIN in changed else bin_before * (BIN in marks)
        state = RunsFolderState(self._entries, queue, in_bin, remarks)
        if self._last is not None and _same(state, self._last):
            return None
        self._last = state
        return state

    def _read(self, changed: set[str], gone: set[str]) -> tuple[str, ...]:
        """Read changed runs, and return the remarks of the store."""
        store = Store(self.runs)
        read = {entry.name: entry for entry in store.entries(changed)}
        self.read += len(read)
        unchanged = {name: entry for name, entry in self._entries.items() if name not in gone and name not in changed}
        same = {name: self._entries[name] for name, entry in read.items() if self._entries.get(name) == entry}
        merged = {**unchanged, **read, **same}
        self._entries = dict(sorted(merged.items(), key=lambda pair: (pair[1].started, pair[0])))
        return tuple(store.remarks)

    def _look_at_queue(self, changed: bool) -> QueueState:
        before = self._last.queue if self._last is not None else None
        if before is not None and not changed and not before.items and not before.runners:
            return before
        items = [item for item, _ in before.items] if before is not None and not changed else self._queue.items()
        states = tuple((item, self._queue.current_state(item)) for item in items)
        return QueueState(states, tuple(runners(self.runs)))


def _marks(runs: Path) -> dict[str, int]:
    """Return the modification time of every folder in a runs folder, in ns."""
    times: dict[str, int] = {}
    try:
        with os.scandir(runs) as entries:
            for entry in entries:
                if entry.name.startswith(".") or not entry.is_dir():
                    continue
                try:
                    times[entry.name] = os.stat(entry.path).st_mtime_ns  # noqa: PTH116 - called a thousand times per second
                except OSError:  # moved in the meantime
                    continue
    except FileNotFoundError:
        pass
    return times


def _same(new: RunsFolderState, old: RunsFolderState) -> bool:
    entries = len(new.entries) == len(old.entries) and all(
        a is b for a, b in zip(new.entries.values(), old.entries.values(), strict=True)
    )
    return entries and (new.queue, new.in_bin, new.remarks) == (old.queue, old.in_bin, old.remarks)
