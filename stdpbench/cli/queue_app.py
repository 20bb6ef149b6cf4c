"""The commands ``stdpbench queue …`` and their options; `stdpbench.cli.queue_commands` implements them."""

from __future__ import annotations

from typing import Annotated

import typer

from stdpbench.cli import completion
from stdpbench.cli.command_group import CommandGroup
from stdpbench.cli.options import AsJson, Baselines, CheckpointEvery, Runs, Set, SimulatorName, Validation, Workers

queue_app = typer.Typer(
    help="The queue of runs that are waiting for their turn.", no_args_is_help=True, cls=CommandGroup
)

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
    hold: Annotated[bool, typer.Option("--hold", help="Wait until the item is released.")] = False,
    front: Annotated[bool, typer.Option("--front", help="Put the item first instead of last.")] = False,
) -> None:
    """Add an experiment, or a run that was stopped, failed or was never started."""
    from stdpbench.cli.queue_commands import add_command
    from stdpbench.runs.protocol.options import Options

    options = Options(workers, simulator, validation, baselines, checkpoint_every)
    add_command(experiment, set_ or [], seed or [], options, hold, front, runs)


@queue_app.command("list")
def queue_list(runs: Runs = None, json: AsJson = False) -> None:
    """List the items of the queue in order."""
    from stdpbench.cli.queue_commands import list_command

    list_command(json, runs)


@queue_app.command("move")
def queue_move(
    item: Annotated[int, typer.Argument(metavar="ITEM", help="Number of an item.")],
    to: Annotated[str, typer.Argument(metavar="front|back|PLACE", help="New place, counted from 1.")],
    runs: Runs = None,
) -> None:
    """Move an item to another place."""
    from stdpbench.cli.queue_commands import change_command

    change_command("move", [item], runs, to)


@queue_app.command("hold")
def queue_hold(items: _Items, runs: Runs = None) -> None:
    """Keep items from starting until they are released."""
    from stdpbench.cli.queue_commands import change_command

    change_command("hold", items, runs)


@queue_app.command("release")
def queue_release(items: _Items, runs: Runs = None) -> None:
    """Let items that were held or failed wait for their turn again; their runs continue where they were."""
    from stdpbench.cli.queue_commands import change_command

    change_command("release", items, runs)


@queue_app.command("remove")
def queue_remove(items: _Items, runs: Runs = None) -> None:
    """Remove items from the queue; run folders are kept."""
    from stdpbench.cli.queue_commands import change_command

    change_command("remove", items, runs)


@queue_app.command("run")
def queue_run(
    at_once: Annotated[int, typer.Option(min=1, metavar="N", help="Runs at the same time.")] = 1,
    wait: Annotated[
        bool, typer.Option("--wait", help="When the queue is empty, wait for new items until Ctrl+C.")
    ] = False,
    runs: Runs = None,
) -> None:
    """Run the queue. Failed items keep their error; interrupted runs are reattached or resumed."""
    from stdpbench.cli.queue_commands import run_command

    run_command(at_once, wait, runs)
