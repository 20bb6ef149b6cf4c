"""The queue of a runs folder: what shall be run, in which order.

::

    waiting ──claim──▶ running ──▶ (gone: the run is finished)
      ▲  │               │
      │  hold            ├──▶ failed    with its reason; `release` has it go on from where it was
      │  ▼               │
      └─ held ◀──────────┘    stopped by a person

An item is an experiment with options, whose run folder is made when its turn comes, or a run folder that is there. A
queue runner (`stdpbench.runs.queue.runner`) claims one item after the other, each in a transaction of its own, so that
no two get the same. It holds a lock as long as it lives: an item that is running under a runner that is gone may be
claimed by the next one, which goes on with the run where it was.
"""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stdpbench.errors import DiskError, StdpbenchError
from stdpbench.runs.catalog import index
from stdpbench.runs.folder.lock import has_process, locked
from stdpbench.runs.protocol.options import Options
from stdpbench.runs.queue.runner_process import lock_of

if TYPE_CHECKING:
    from stdpbench.experiment import Experiment

WAITING, HELD, RUNNING, FAILED = "waiting", "held", "running", "failed"
LEFT, INTERRUPTED = "left at work", "interrupted"
"""How items stand that were running under a runner which is gone."""


@dataclass(frozen=True)
class Item:
    """Something that shall be run.

    Attributes
    ----------
    number : int
        What people call it by.
    rank : float
        Items go in ascending order of it.
    state : str
        ``"waiting"``, ``"held"``, ``"running"`` or ``"failed"``.
    name : str
        Experiment and seed, or the name of the run.
    token : str
        What the run folder says in ``run.json`` that was made for this item.
    folder : str
        The run folder, relative to the runs folder if it lies there; empty until it is made.
    reason : str
        Why it is held or has failed.
    runner : str
        Which queue runner has it.
    added : str
        When, ISO 8601 in UTC.
    deaths : int
        How often its process has died under a living runner.
    options : mapping
        Of `stdpbench.runs.protocol.options.Options`.
    experiment : str
        TOML; empty for a run folder that was there.
    """

    number: int
    rank: float
    state: str
    name: str
    token: str
    folder: str = ""
    reason: str = ""
    runner: str = ""
    added: str = ""
    deaths: int = 0
    options: Mapping[str, Any] | None = None
    experiment: str = ""

    def to_row(self) -> dict[str, Any]:
        """As it stands in the index and in its copy."""
        return asdict(self) | {"options": json.dumps(self.options or {})}

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Item:
        """Read a row of the index."""
        return cls(**{**dict(row), "options": json.loads(row["options"])})


class Queue:
    """The queue of a runs folder. Any number of processes may use it at once.

    Parameters
    ----------
    runs : Path
        The folder of all runs; made when something is added.
    """

    def __init__(self, runs: Path) -> None:
        self.runs = runs

    def items(self) -> list[Item]:
        """All items in the order in which they go; those that run come first."""
        if not index.index_path(self.runs).is_file() and not index.queue_folder(self.runs).is_dir():
            return []
        with index.opened(self.runs) as connection:
            items = _items(connection)
        return sorted(items, key=lambda item: (item.state != RUNNING, item.rank))

    def add(self, experiment: Experiment, options: Options, *, hold: bool = False) -> Item:
        """Add an experiment at the end.

        Parameters
        ----------
        experiment : Experiment
            What to run; it is kept as it is now, with every value spelled out.
        options : Options
            How.
        hold : bool
            Whether it shall wait until it is released.
        """
        resolved = experiment.model_copy(update={"data": experiment.data.resolved()})
        return self._append(
            state=HELD if hold else WAITING,
            name=f"{experiment.name}, seed {experiment.seed}",
            options=options.to_mapping(),
            experiment=resolved.to_toml(),
        )

    def add_run(self, folder: Path, *, hold: bool = False) -> Item:
        """Add a run folder at the end, to be started or resumed.

        Raises
        ------
        StdpbenchError
            If it is in the queue already.
        """
        text = self._text(folder)
        for item in self.items():
            if item.folder == text:
                raise StdpbenchError(f"{folder.name} is in the queue already, as item {item.number}")
        return self._append(state=HELD if hold else WAITING, name=folder.name, folder=text)

    def move(self, number: int, to: str) -> Item:
        """Move an item to another place.

        Parameters
        ----------
        number : int
            Which.
        to : str
            ``"front"``, ``"back"``, or the place that it shall have among the items that do not run, from 1.

        Raises
        ------
        StdpbenchError
            If there is no such item or place, or it runs.
        """
        with self._changing() as connection:
            item = self._at_rest(connection, number, "moved")
            others = [one for one in _items(connection) if one.number != number and not self.busy(one)]
            if to not in ("front", "back") and not (to.isdecimal() and 1 <= int(to) <= len(others) + 1):
                raise StdpbenchError(
                    f"an item moves to front, back, or a place from 1 to {len(others) + 1}, not {to!r}"
                )
            place = 0 if to == "front" else len(others) if to == "back" else int(to) - 1
            before = others[place - 1].rank if place else None
            after = others[place].rank if place < len(others) else None
            rank = _between(before, after)
            if rank in (before, after):  # as near as numbers can be
                others.insert(place, item)
                for count, one in enumerate(others):
                    self._write(connection, one, rank=float(count))
                rank = float(place)
            return self._write(connection, item, rank=rank)

    def hold(self, numbers: Iterable[int]) -> list[Item]:
        """Have items wait until they are released.

        Raises
        ------
        StdpbenchError
            If there is no such item, or it runs; then none is held.
        """
        with self._changing() as connection:
            items = [self._at_rest(connection, number, "held") for number in numbers]
            return [self._write(connection, item, state=HELD, runner="") for item in items]

    def release(self, numbers: Iterable[int]) -> list[Item]:
        """Have items that were held or failed wait for their turn again.

        Raises
        ------
        StdpbenchError
            If there is no such item, or it runs; then none is released.
        """
        with self._changing() as connection:
            items = [self._at_rest(connection, number, "released") for number in numbers]
            return [self._write(connection, one, state=WAITING, reason="", runner="", deaths=0) for one in items]

    def remove(self, numbers: Iterable[int]) -> list[Item]:
        """Take items out of the queue; run folders stay.

        Raises
        ------
        StdpbenchError
            If there is no such item, or it runs; then none is removed.
        """
        with self._changing() as connection:
            items = [self._at_rest(connection, number, "removed") for number in numbers]
            for item in items:
                self._delete(connection, item.number)
            return items

    def put_back(self, item: Item) -> Item:
        """Put an item in again that was taken out: at the end, with a new number; returns it."""
        state = HELD if item.state == HELD else WAITING
        return self._append(
            state=state, name=item.name, folder=item.folder, options=item.options, experiment=item.experiment
        )

    def forget(self, folder: Path) -> Item | None:
        """Take the item of a run folder that is deleted out of the queue, if there is one."""
        text = self._text(folder)
        found = [item for item in self.items() if item.folder == text]
        return self.remove([found[0].number])[0] if found else None

    def busy(self, item: Item) -> bool:
        """Whether a living queue runner has the item."""
        return item.state == RUNNING and locked(self.runner_lock(item.runner))

    def standing(self, item: Item) -> str:
        """The state of an item, as it is: one whose runner is gone may be at work all the same."""
        if item.state != RUNNING or self.busy(item):
            return item.state
        folder = self.folder_of(item)
        return LEFT if folder is not None and has_process(folder) else INTERRUPTED

    # -- for queue runners -----------------------------------------------------------------------------------------

    def claim(self, runner: str) -> Item | None:
        """Take the item whose turn it is: first one whose runner is gone, then the first that waits."""
        if not self.items():
            return None
        with self._changing() as connection:
            items = _items(connection)
            left = [item for item in items if item.state == RUNNING and not self.busy(item)]
            free = left or [item for item in items if item.state == WAITING]
            return self._write(connection, free[0], state=RUNNING, runner=runner, reason="") if free else None

    def note(self, number: int, **changes: Any) -> Item | None:
        """Write down what became of an item; None if it is no longer there."""
        with self._changing() as connection:
            item = _item(connection, number)
            return None if item is None else self._write(connection, item, **changes)

    def finish(self, number: int) -> None:
        """Take an item out whose run is finished."""
        with self._changing() as connection:
            self._delete(connection, number)

    def folder_of(self, item: Item) -> Path | None:
        """The run folder of an item, if there is one."""
        return self.runs / item.folder if item.folder else None

    def place_of(self, folder: Path) -> str:
        """How an item names a run folder."""
        return self._text(folder)

    def runner_lock(self, runner: str) -> Path:
        """The file that a queue runner holds locked as long as it lives."""
        return lock_of(self.runs, runner)

    # -- within ----------------------------------------------------------------------------------------------------

    def _append(self, **values: Any) -> Item:
        try:
            self.runs.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DiskError(f"{self.runs} cannot be made: {error.strerror}") from error
        with self._changing() as connection:
            (last,) = connection.execute("SELECT max(rank) FROM queue").fetchone()
            now = datetime.now(UTC).isoformat(timespec="seconds")
            item = Item(0, _between(last, None), token=uuid.uuid4().hex, added=now, **values)
            row = item.to_row()
            del row["number"]
            number = index.insert(connection, "queue", row)
            index.write_copy(self.runs, {"number": number, **row})
            return Item(**{**asdict(item), "number": number})

    def _at_rest(self, connection: sqlite3.Connection, number: int, done: str) -> Item:
        item = _item(connection, number)
        if item is None:
            raise StdpbenchError(f"there is no item {number} in the queue; `stdpbench queue list` shows them")
        if self.busy(item):
            raise StdpbenchError(
                f"item {number} is running, so it cannot be {done}: `stdpbench pause` and `stdpbench stop` reach its "
                "run"
            )
        return item

    def _write(self, connection: sqlite3.Connection, item: Item, **changes: Any) -> Item:
        changed = Item(**{**asdict(item), **changes})
        row = changed.to_row()
        index.insert(connection, "queue", row)
        index.write_copy(self.runs, row)
        return changed

    def _delete(self, connection: sqlite3.Connection, number: int) -> None:
        connection.execute("DELETE FROM queue WHERE number = ?", (number,))
        index.remove_copy(self.runs, number)

    def _text(self, folder: Path) -> str:
        path = folder.resolve()
        return path.name if path.parent == self.runs.resolve() else str(path)

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        with index.opened(self.runs) as connection, index.transaction(connection):
            yield connection


def _items(connection: sqlite3.Connection) -> list[Item]:
    return [Item.from_row(row) for row in connection.execute("SELECT * FROM queue ORDER BY rank, number")]


def _item(connection: sqlite3.Connection, number: int) -> Item | None:
    row = connection.execute("SELECT * FROM queue WHERE number = ?", (number,)).fetchone()
    return None if row is None else Item.from_row(row)


def _between(before: float | None, after: float | None) -> float:
    if before is None:
        return 0.0 if after is None else after - 1.0
    return before + 1.0 if after is None else (before + after) / 2
