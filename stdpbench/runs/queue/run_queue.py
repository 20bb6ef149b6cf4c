"""The queue of a runs folder: which runs to execute, in which order.

::

    waiting ──claim──▶ running ──▶ (removed: the run is finished)
      ▲  │               │
      │  hold            ├──▶ failed    with the reason; `release` retries it from its newest checkpoint
      │  ▼               │
      └─ held ◀──────────┘    stopped by the user

An item is either an experiment with options, whose run folder is created when the item is started, or an existing run
folder. Each item is a file ``NUMBER.json`` in the folder ``queue``. Items are only changed under a lock, so that no
two queue runners (`stdpbench.runs.queue.runner`) claim the same one. A runner also holds a separate lock while it is
alive: an item of a dead runner can be claimed by the next one, which resumes its run.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stdpbench.base.errors import StdpbenchError, disk_errors
from stdpbench.base.files import remove_file, write_text_aside
from stdpbench.runs.catalog.store import QUEUE
from stdpbench.runs.folder.lock import has_process, locked
from stdpbench.runs.protocol.options import Options
from stdpbench.runs.queue.runner_process import lock_of

if TYPE_CHECKING:
    from stdpbench.experiment import Experiment
    from stdpbench.runs.folder.run_folder import RunFolder

_LAST, _LOCK = "last", "items.lock"
"""Files in the folder of the queue: the number of the newest item, and the lock of all items."""
WAITING, HELD, RUNNING, FAILED = "waiting", "held", "running", "failed"
DETACHED, INTERRUPTED = "detached", "interrupted"
"""States shown for items whose runner is gone: the run is still active, or was interrupted."""


@dataclass(frozen=True)
class Item:
    """A run in the queue.

    Attributes
    ----------
    number : int
        Number by which users refer to the item.
    rank : float
        Sort key: items are executed in ascending order of rank.
    state : str
        ``"waiting"``, ``"held"``, ``"running"`` or ``"failed"``.
    name : str
        Experiment and seed, or the name of the run.
    token : str
        Identifier that is recorded in the journal of the run created for the item.
    folder : str
        The run folder, relative to the runs folder if it is inside it; empty until it is created.
    reason : str
        Why the item is held or has failed.
    runner : str
        Name of the queue runner that has claimed the item.
    added : str
        Time of addition, ISO 8601 in UTC.
    deaths : int
        How often the process of the run died while its runner was alive.
    options : mapping
        Values of `stdpbench.runs.protocol.options.Options`.
    experiment : str
        The experiment as TOML; empty if the item is an existing run folder.
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


class Queue:
    """The queue of a runs folder. Several processes may use it at the same time.

    Parameters
    ----------
    runs : Path
        The runs folder; created when an item is added.
    """

    def __init__(self, runs: Path) -> None:
        self.runs = runs
        self._folder = runs / QUEUE

    def items(self) -> list[Item]:
        """Return all items in execution order, running ones first."""
        return sorted(self._items(), key=lambda item: (item.state != RUNNING, item.rank))

    def add(self, experiment: Experiment, options: Options, *, hold: bool = False) -> Item:
        """Append an experiment.

        Parameters
        ----------
        experiment : Experiment
            Experiment to run; stored with all values resolved, so that later changes of defaults do not affect it.
        options : Options
            Options of the run.
        hold : bool
            Whether to hold the item until it is released.
        """
        resolved = experiment.model_copy(update={"data": experiment.data.resolved()})
        return self._append(
            state=HELD if hold else WAITING,
            name=f"{experiment.name}, seed {experiment.seed}",
            options=asdict(options),
            experiment=resolved.to_toml(),
        )

    def add_run(self, folder: Path, *, hold: bool = False) -> Item:
        """Append an existing run folder, to be started or resumed.

        Raises
        ------
        StdpbenchError
            If the run is already in the queue.
        """
        text = self.path_text(folder)
        for item in self.items():
            if item.folder == text:
                raise StdpbenchError(f"{folder.name} is already in the queue, as item {item.number}")
        return self._append(state=HELD if hold else WAITING, name=folder.name, folder=text)

    def move(self, number: int, to: str) -> Item:
        """Move an item to another position.

        Parameters
        ----------
        number : int
            Number of the item.
        to : str
            ``"front"``, ``"back"``, or the new position among the items that are not running, counted from 1.

        Raises
        ------
        StdpbenchError
            If the item or position does not exist, or the item is running.
        """
        with self._transaction():
            item = self._changeable(number, "moved")
            others = [other for other in self._items() if other.number != number and not self.busy(other)]
            if to not in ("front", "back") and not (to.isdecimal() and 1 <= int(to) <= len(others) + 1):
                raise StdpbenchError(
                    f"invalid position {to!r}: expected front, back or a number from 1 to {len(others) + 1}"
                )
            place = 0 if to == "front" else len(others) if to == "back" else int(to) - 1
            before = others[place - 1].rank if place else None
            after = others[place].rank if place < len(others) else None
            rank = _between(before, after)
            if rank in (before, after):  # no float left between the two
                others.insert(place, item)
                for count, other in enumerate(others):
                    self._write(other, rank=float(count))
                rank = float(place)
            return self._write(item, rank=rank)

    def hold(self, numbers: Iterable[int]) -> list[Item]:
        """Hold items until they are released.

        Raises
        ------
        StdpbenchError
            If an item does not exist or is running; then none is changed.
        """
        with self._transaction():
            items = [self._changeable(number, "held") for number in numbers]
            return [self._write(item, state=HELD, runner="") for item in items]

    def release(self, numbers: Iterable[int]) -> list[Item]:
        """Return held or failed items to the waiting state.

        Raises
        ------
        StdpbenchError
            If an item does not exist or is running; then none is changed.
        """
        with self._transaction():
            items = [self._changeable(number, "released") for number in numbers]
            return [self._write(item, state=WAITING, reason="", runner="", deaths=0) for item in items]

    def remove(self, numbers: Iterable[int]) -> list[Item]:
        """Remove items from the queue; their run folders are kept.

        Raises
        ------
        StdpbenchError
            If an item does not exist or is running; then none is removed.
        """
        with self._transaction():
            items = [self._not_running(number, "removed") for number in numbers]
            for item in items:
                self._delete(item.number)
            return items

    def put_back(self, item: Item) -> Item:
        """Append a removed item again under a new number, and return the new item."""
        state = HELD if item.state == HELD else WAITING
        return self._append(
            state=state, name=item.name, folder=item.folder, options=item.options, experiment=item.experiment
        )

    def forget(self, folder: Path) -> Item | None:
        """Remove the item of a deleted run folder, if any, and return it."""
        text = self.path_text(folder)
        items = [item for item in self.items() if item.folder == text]
        return self.remove([items[0].number])[0] if items else None

    def busy(self, item: Item) -> bool:
        """Return whether a live queue runner has claimed the item."""
        return item.state == RUNNING and locked(lock_of(self.runs, item.runner))

    def current_state(self, item: Item) -> str:
        """Return the actual state of an item: a run may still be active although its runner is gone."""
        if item.state != RUNNING or self.busy(item):
            return item.state
        folder = self.folder_of(item)
        return DETACHED if folder is not None and has_process(folder) else INTERRUPTED

    # -- for queue runners -----------------------------------------------------------------------------------------

    def claim(self, runner: str) -> Item | None:
        """Claim the next item: first items of dead runners, then waiting ones. Return None if there is none."""
        if not self.items():
            return None
        with self._transaction():
            items = self._items()
            orphaned = [item for item in items if item.state == RUNNING and not self.busy(item)]
            free = orphaned or [item for item in items if item.state == WAITING]
            return self._write(free[0], state=RUNNING, runner=runner, reason="") if free else None

    def update(self, number: int, **changes: Any) -> Item | None:
        """Change fields of an item and return it; None if it has been removed."""
        with self._transaction():
            item = self._item(number)
            return None if item is None else self._write(item, **changes)

    def finish(self, number: int) -> None:
        """Remove an item whose run is finished."""
        with self._transaction():
            self._delete(number)

    def folder_of(self, item: Item) -> Path | None:
        """Return the run folder of an item, or None if it has not been created."""
        return self.runs / item.folder if item.folder else None

    def path_text(self, folder: Path) -> str:
        """Return a run folder as recorded in an item: its name if it is in the runs folder, else its full path."""
        path = folder.resolve()
        return path.name if path.parent == self.runs.resolve() else str(path)

    # -- internal ----------------------------------------------------------------------------------------------------

    def _append(self, **values: Any) -> Item:
        with self._transaction():
            items, last = self._items(), self._folder / _LAST
            number = max((item.number for item in items), default=0)
            with suppress(OSError, ValueError):
                number = max(number, int(last.read_text(encoding="utf-8")))
            write_text_aside(last, f"{number + 1}\n")
            added = datetime.now(UTC).isoformat(timespec="seconds")
            rank = _between(items[-1].rank if items else None, None)
            return self._write(Item(number + 1, rank, token=uuid.uuid4().hex, added=added, **values))

    def _changeable(self, number: int, participle: str) -> Item:
        """Return an item that is neither running nor damaged."""
        item = self._not_running(number, participle)
        if not item.token:
            raise StdpbenchError(f"item {number} is damaged and cannot be {participle}; remove it, and add it again")
        return item

    def _not_running(self, number: int, participle: str) -> Item:
        item = self._item(number)
        if item is None:
            raise StdpbenchError(f"there is no item {number} in the queue; `stdpbench queue list` lists the items")
        if self.busy(item):
            raise StdpbenchError(
                f"item {number} is running and cannot be {participle}; use `stdpbench pause` or `stdpbench stop` on "
                "its run"
            )
        return item

    def _write(self, item: Item, **changes: Any) -> Item:
        changed = replace(item, **changes)
        write_text_aside(self._file(item.number), json.dumps(asdict(changed), ensure_ascii=False, indent=1) + "\n")
        return changed

    def _delete(self, number: int) -> None:
        with disk_errors(f"cannot remove item {number} of the queue"):
            remove_file(self._file(number), within=self.runs)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Prevent other processes from changing items."""
        from filelock import FileLock

        with disk_errors(f"cannot write to {self._folder}"):
            self._folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self._folder / _LOCK).acquire()
        with lock:
            yield

    def _file(self, number: int) -> Path:
        return self._folder / f"{number}.json"

    def _items(self) -> list[Item]:
        numbers = [int(path.stem) for path in self._folder.glob("[1-9]*.json") if path.stem.isdecimal()]
        items = [item for number in numbers if (item := self._item(number)) is not None]
        return sorted(items, key=lambda item: (item.rank, item.number))

    def _item(self, number: int) -> Item | None:
        """Read an item; None if it does not exist, and a failed item if its file is damaged."""
        try:
            return Item(**{**json.loads(self._file(number).read_bytes()), "number": number})
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError) as error:
            reason = f"{self._file(number)} cannot be read: {error}"
            return Item(number, float(number), FAILED, name="damaged", token="", reason=reason)


def _between(before: float | None, after: float | None) -> float:
    if before is None:
        return 0.0 if after is None else after - 1.0
    return before + 1.0 if after is None else (before + after) / 2


def delete_run(folder: RunFolder) -> tuple[Path, Item | None]:
    """Move a run to the bin of its runs folder, and remove it from the queue there.

    Returns
    -------
    place : Path
        The folder in the bin.
    item : Item or None
        The removed item of the queue, if the run had one.

    Raises
    ------
    StdpbenchError
        If the run is active or already in the bin, or cannot be moved.
    """
    from stdpbench.runs.catalog.trash import move_to_bin  # here, since a list of runs does not need it

    path = folder.path
    place = move_to_bin(folder)
    return place, Queue(path.parent).forget(path)
