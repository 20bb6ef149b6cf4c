"""Implementation of the commands of the queue."""

from __future__ import annotations

import json as json_format
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from stdpbench.base.errors import StdpbenchError, suggestion
from stdpbench.base.paths import runs_folder
from stdpbench.base.signals import handled
from stdpbench.cli.plain_table import plain_table
from stdpbench.runs.catalog.columns import local_time
from stdpbench.runs.catalog.store import run_names
from stdpbench.runs.folder.run_folder import RunFolder, looks_like_run
from stdpbench.runs.protocol.options import Options
from stdpbench.runs.queue.run_queue import DETACHED, RUNNING, Item, Queue

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from stdpbench.runs.queue.runner import Job


def add_command(
    name: str,
    assignments: Sequence[str],
    seeds: Sequence[int],
    options: Options,
    hold: bool,
    front: bool,
    runs: Path | None,
) -> None:
    """Carry out ``stdpbench queue add``."""
    from stdpbench.cli.commands import lost_text
    from stdpbench.engine.simulators import SIMULATORS
    from stdpbench.experiment import parse_assignment, read_experiment, shipped_experiments
    from stdpbench.runs.catalog.names import find_run
    from stdpbench.runs.folder.status import state_of
    from stdpbench.runs.protocol.states import State
    from stdpbench.runs.queue.new_run import check_data, experiments_of

    queue = Queue(runs or runs_folder())
    added: list[Item] = []
    if name in shipped_experiments() or Path(name).expanduser().is_file() or not _may_be_run(name, queue.runs):
        wanted = experiments_of(name, assignments, seeds)
        if lost := lost_text(read_experiment(name), dict(parse_assignment(text) for text in assignments)):
            sys.stdout.write(f"{lost}\n")
        if options.simulator is not None and options.simulator not in SIMULATORS:
            raise StdpbenchError(
                f"there is no simulator {options.simulator!r}; {suggestion(options.simulator, SIMULATORS)}"
            )
        check_data(wanted[0], options)
        added = [queue.add(experiment, options, hold=hold) for experiment in wanted]
    else:
        folder = find_run(name, queue.runs)
        if assignments or seeds:
            raise StdpbenchError(
                f"{name!r} is a run, which continues as it was started: --set and --seed are for experiments; "
                "`stdpbench branch --no-start` creates another run from it"
            )
        state, _ = state_of(folder)
        if state is State.FINISHED:
            raise StdpbenchError(f"{folder.path.name} is finished, so it cannot be continued")
        added = [queue.add_run(folder.path, hold=hold)]
    if front:
        added = [queue.move(item.number, "front") for item in reversed(added)][::-1]
    for item in added:
        sys.stdout.write(f"item {item.number}: {item.name}, {item.state}\n")


def list_command(json: bool, runs: Path | None) -> None:
    """Carry out ``stdpbench queue list``."""
    queue = Queue(runs or runs_folder())
    items = queue.items()
    if json:
        records = [asdict(item) | {"state": _state(queue, item)} for item in items]
        sys.stdout.write(json_format.dumps(records, ensure_ascii=False) + "\n")
        return
    if not items:
        sys.stdout.write("The queue is empty; `stdpbench queue add` adds an item.\n")
        return
    rows = [
        [str(item.number), _state(queue, item), item.name, local_time(item.added), item.folder, item.reason]
        for item in items
    ]
    sys.stdout.write(plain_table(["item", "state", "name", "added", "run folder", "reason"], rows, right=[0]))


def _state(queue: Queue, item: Item) -> str:
    """Return the state of an item; paused if its run is."""
    from stdpbench.runs.folder.status import state_of
    from stdpbench.runs.protocol.states import State

    state, folder = queue.current_state(item), queue.folder_of(item)
    if state not in (RUNNING, DETACHED) or folder is None:
        return state
    try:
        paused = state_of(RunFolder.open(folder))[0] is State.PAUSED
    except StdpbenchError:  # the folder is damaged
        return state
    return str(State.PAUSED) if paused else state


def change_command(name: str, numbers: Sequence[int], runs: Path | None, to: str = "") -> None:
    """Carry out ``stdpbench queue move``, ``hold``, ``release`` and ``remove``."""
    queue = Queue(runs or runs_folder())
    if not queue.items():
        raise StdpbenchError(f"the queue of {queue.runs} is empty")
    if name == "move":
        queue.move(numbers[0], to)
    else:
        for item in getattr(queue, name)(list(dict.fromkeys(numbers))):
            state = "is no longer in the queue" if name == "remove" else f"is {item.state}"
            sys.stdout.write(f"item {item.number}: {item.name}, {state}\n")
    if name == "move":
        list_command(json=False, runs=queue.runs)


def run_command(at_once: int, wait: bool, runs: Path | None) -> None:
    """Carry out ``stdpbench queue run``; status 1 if an item failed, 130 if it was interrupted."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from stdpbench.cli.terminal import Console
    from stdpbench.runs.queue.runner import QueueRunner

    console = Console(soft_wrap=True)
    queue = Queue(runs or runs_folder())
    if not queue.items() and not wait:
        console.print("The queue is empty; `stdpbench queue add` adds an item.")
        return
    counts: Counter[str] = Counter()

    def announce(item: Item, sentence: str) -> None:
        counts["failed"] += sentence.startswith("failed")
        console.print(f"item {item.number}, {item.name}: {sentence}")

    with Progress(
        TextColumn("item {task.description:<16}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
    ) as bars:
        runner = QueueRunner(queue.runs, at_once, announce, _Bars(bars).show)
        with _stopped_by_signals(runner.stop, console.print) as asked:
            runner.run(wait=wait)
    if asked:
        sys.exit(130)
    if counts["failed"]:
        console.print(
            "Failed items stay in the queue: `stdpbench queue list` shows the reasons, `release` retries them."
        )
        sys.exit(1)


class _Bars:
    """Shows a bar for each active run on a terminal."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._tasks: dict[tuple[int, str], TaskID] = {}

    def show(self, jobs: list[Job]) -> None:
        """Update the bars."""
        shown = {
            (job.item.number, str(job.live.progress["phase"])): job for job in jobs if "phase" in job.live.progress
        }
        for key in self._tasks.keys() - shown.keys():
            self._bars.remove_task(self._tasks.pop(key))
        for key, job in shown.items():
            if key not in self._tasks:
                self._tasks[key] = self._bars.add_task(f"{key[0]} {key[1]}", total=job.live.progress["total"])
            self._bars.update(self._tasks[key], completed=job.live.progress["done"])


@contextmanager
def _stopped_by_signals(stop: Callable[[], None], say: Callable[[str], None]) -> Iterator[list[int]]:
    """Stop the queue on Ctrl+C or a termination signal; a second one exits at once. Yield the received signals."""
    heard: list[int] = []

    def hear(number: int, frame: FrameType | None) -> None:
        if heard:
            raise KeyboardInterrupt
        heard.append(number)
        stop()
        say(
            "Stopping; active runs continue with the next `stdpbench queue run`. "
            "Press Ctrl+C again to leave them running."
        )

    with handled(hear, signal.SIGINT, signal.SIGTERM):
        yield heard


def _may_be_run(name: str, runs: Path) -> bool:
    """Whether a text is the name of a run rather than a misspelt experiment."""
    from stdpbench.runs.catalog.names import LATEST

    if looks_like_run(Path(name).expanduser()):
        return True
    if name.endswith(LATEST):
        return True
    return bool(name) and any(known.startswith(name) for known in run_names(runs))
