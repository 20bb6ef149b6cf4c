"""The commands ``stdpbench queue …``."""

from __future__ import annotations

import signal
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.paths import runs_folder
from stdpbench.base.text_table import plain_table
from stdpbench.cli import completion
from stdpbench.cli.options import (
    AsJson,
    Baselines,
    CheckpointEvery,
    CommandGroup,
    History,
    Runs,
    Set,
    SimulatorName,
    Validation,
    Workers,
)
from stdpbench.cli.output import write_json
from stdpbench.runs.catalog.columns import local_time
from stdpbench.runs.catalog.store import run_names
from stdpbench.runs.queue.run_queue import DETACHED, RUNNING, Item, Queue

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from stdpbench.runs.queue.runner import Job

queue_app = typer.Typer(help="The queue of waiting runs.", no_args_is_help=True, cls=CommandGroup)

_Items = Annotated[list[int], typer.Argument(metavar="ITEM…", help="Numbers of items, as in `queue list`.")]


@queue_app.command("add")
def queue_add(
    experiment: Annotated[
        str,
        typer.Argument(
            metavar="EXPERIMENT|FILE|RUN",
            help="A shipped experiment, a TOML file, or a run to continue.",
            autocompletion=completion.experiments_or_runs,
        ),
    ],
    set_: Set = None,
    seed: Annotated[
        list[int] | None,
        typer.Option(
            min=0,
            metavar="N",
            help="Random seed. Default: that of the experiment. Repeatable: adds an item for each seed.",
        ),
    ] = None,
    runs: Runs = None,
    workers: Workers = 0,
    simulator: SimulatorName = None,
    validation: Validation = False,
    baselines: Baselines = True,
    checkpoint_every: CheckpointEvery = 0,
    history: History = True,
    hold: Annotated[bool, typer.Option("--hold", help="Wait until the item is released.")] = False,
    front: Annotated[bool, typer.Option("--front", help="Put the item first instead of last.")] = False,
) -> None:
    """Add an experiment, or a run that was stopped, failed or was never started."""
    from stdpbench.cli.training import lost_text
    from stdpbench.engine.simulators import simulators
    from stdpbench.experiment import parse_assignment, read_experiment, shipped_experiments
    from stdpbench.runs.catalog.names import find_run
    from stdpbench.runs.folder.status import state_of
    from stdpbench.runs.protocol.options import Options
    from stdpbench.runs.protocol.states import State
    from stdpbench.runs.queue.new_run import check_data, experiments_of

    options = Options(workers, simulator, validation, baselines, checkpoint_every, history)
    assignments, seeds = set_ or [], seed or []
    queue = Queue(runs or runs_folder())
    added: list[Item] = []
    if (
        experiment in shipped_experiments()
        or Path(experiment).expanduser().is_file()
        or not _may_be_run(experiment, queue.runs)
    ):
        experiments = experiments_of(experiment, assignments, seeds)
        if lost := lost_text(read_experiment(experiment), dict(parse_assignment(text) for text in assignments)):
            sys.stdout.write(f"{lost}\n")
        if options.simulator is not None:
            simulators.get(options.simulator, "simulator")
        check_data(experiments[0], options)
        added = [queue.add(seeded, options, hold=hold) for seeded in experiments]
    else:
        folder = find_run(experiment, queue.runs)
        if assignments or seeds:
            raise StdpbenchError(
                f"{experiment!r} is a run, which continues unchanged: --set and --seed are for experiments; "
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


@queue_app.command("list")
def queue_list(runs: Runs = None, json: AsJson = False) -> None:
    """List the items of the queue in order."""
    queue = Queue(runs or runs_folder())
    items = queue.items()
    if json:
        records = [asdict(item) | {"state": _state(queue, item)} for item in items]
        write_json(records)
        return
    if not items:
        sys.stdout.write("The queue is empty; `stdpbench queue add` adds an item.\n")
        return
    rows = [
        [str(item.number), _state(queue, item), item.name, local_time(item.added), item.folder, item.reason]
        for item in items
    ]
    sys.stdout.write(plain_table(["item", "state", "name", "added", "run folder", "reason"], rows, right=[0]))


@queue_app.command("move")
def queue_move(
    item: Annotated[int, typer.Argument(metavar="ITEM", help="Number of an item.")],
    to: Annotated[str, typer.Argument(metavar="front|back|PLACE", help="New position, counted from 1.")],
    runs: Runs = None,
) -> None:
    """Move an item to another position."""
    _queue_with_items(runs).move(item, to)
    queue_list(runs)


@queue_app.command("hold")
def queue_hold(items: _Items, runs: Runs = None) -> None:
    """Hold items until they are released."""
    _print_items(_queue_with_items(runs).hold(list(dict.fromkeys(items))))


@queue_app.command("release")
def queue_release(items: _Items, runs: Runs = None) -> None:
    """Return held or failed items to the waiting ones; their runs continue from the newest checkpoint."""
    _print_items(_queue_with_items(runs).release(list(dict.fromkeys(items))))


@queue_app.command("remove")
def queue_remove(items: _Items, runs: Runs = None) -> None:
    """Remove items from the queue; run folders are kept."""
    _print_items(_queue_with_items(runs).remove(list(dict.fromkeys(items))), "is no longer in the queue")


@queue_app.command("run")
def queue_run(
    at_once: Annotated[int, typer.Option(min=1, metavar="N", help="Runs at the same time.")] = 1,
    wait: Annotated[
        bool, typer.Option("--wait", help="When the queue is empty, wait for new items until Ctrl+C.")
    ] = False,
    runs: Runs = None,
) -> None:
    """Run the queue. Failed items keep their error; interrupted runs are reattached or resumed."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from stdpbench.cli.follow import INTERRUPTED, Interrupt
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
        interrupt = Interrupt(
            console,
            "Stopping; active runs will continue with the next `stdpbench queue run`. "
            "Press Ctrl+C again to leave them running.",
            runner.stop,
        )
        with interrupt.heard(signal.SIGTERM):
            runner.run(wait=wait)
    if interrupt.asked:
        sys.exit(INTERRUPTED)
    if counts["failed"]:
        console.print(
            "Failed items stay in the queue: `stdpbench queue list` shows the reasons, `release` retries them."
        )
        sys.exit(1)


def _queue_with_items(runs: Path | None) -> Queue:
    """Return the queue of a runs folder.

    Raises
    ------
    StdpbenchError
        If the queue is empty.
    """
    queue = Queue(runs or runs_folder())
    if not queue.items():
        raise StdpbenchError(f"the queue of {queue.runs} is empty")
    return queue


def _print_items(items: Sequence[Item], state: str = "") -> None:
    for item in items:
        print(f"item {item.number}: {item.name}, {state or f'is {item.state}'}")


def _state(queue: Queue, item: Item) -> str:
    """Return the state of an item; ``"paused"`` if its run is paused."""
    from stdpbench.runs.folder.run_folder import RunFolder
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


def _may_be_run(name: str, runs: Path) -> bool:
    """Return whether a text is probably the name of a run rather than a misspelt experiment."""
    from stdpbench.runs.catalog.names import LATEST
    from stdpbench.runs.folder.run_folder import looks_like_run

    if looks_like_run(Path(name).expanduser()) or name.endswith(LATEST):
        return True
    return bool(name) and any(run.startswith(name) for run in run_names(runs))
