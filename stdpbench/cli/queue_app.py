"""The commands ``stdpbench queue …`` and their options; what they do is in `stdpbench.cli.queue_commands`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

queue_app = typer.Typer(help="The queue: what shall be run, in which order.", no_args_is_help=True)

_Runs = Annotated[
    Path | None, typer.Option("--runs", metavar="DIR", help="The folder of all runs; ./runs if not said.")
]
_Items = Annotated[list[int], typer.Argument(metavar="ITEM…", help="Numbers of items, as `queue list` shows them.")]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON instead.")]


@queue_app.command("add")
def queue_add(
    experiment: Annotated[
        str, typer.Argument(metavar="EXPERIMENT|FILE|RUN", help="One that ships, a TOML file, or a run to go on with.")
    ],
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Change a parameter. Repeatable.")
    ] = None,
    seed: Annotated[
        list[int] | None, typer.Option(min=0, help="Seed, instead of the experiment's. Repeatable: an item for each.")
    ] = None,
    runs: _Runs = None,
    workers: Annotated[
        int, typer.Option(min=0, help="Processes for labelling and testing; 0: one per processor.")
    ] = 0,
    simulator: Annotated[str | None, typer.Option(metavar="compiled|runtime", help="Which simulator.")] = None,
    validation: Annotated[
        bool, typer.Option("--validation", help="Hold out the last training pictures and evaluate on them.")
    ] = False,
    baselines: Annotated[bool, typer.Option(help="Also evaluate start weights and k-means.")] = True,
    checkpoint_every: Annotated[
        int, typer.Option(min=0, metavar="N", help="Training presentations between checkpoints; 0: chosen.")
    ] = 0,
    hold: Annotated[bool, typer.Option("--hold", help="Have it wait until it is released.")] = False,
    front: Annotated[bool, typer.Option("--front", help="Put it first instead of last.")] = False,
) -> None:
    """Add an experiment, or a run that was stopped, failed or never begun."""
    from stdpbench.cli.queue_commands import add_command
    from stdpbench.runs.options import Options

    options = Options(workers, simulator, validation, baselines, checkpoint_every)
    add_command(experiment, set_ or [], seed or [], options, hold, front, runs)


@queue_app.command("list")
def queue_list(runs: _Runs = None, json: _Json = False) -> None:
    """Say what is in the queue, in the order in which it goes."""
    from stdpbench.cli.queue_commands import list_command

    list_command(json, runs)


@queue_app.command("move")
def queue_move(
    item: Annotated[int, typer.Argument(metavar="ITEM", help="Number of an item.")],
    to: Annotated[str, typer.Argument(metavar="front|back|PLACE", help="Where to; places count from 1.")],
    runs: _Runs = None,
) -> None:
    """Move an item to another place."""
    from stdpbench.cli.queue_commands import change_command

    change_command("move", [item], runs, to)


@queue_app.command("hold")
def queue_hold(items: _Items, runs: _Runs = None) -> None:
    """Have items wait until they are released."""
    from stdpbench.cli.queue_commands import change_command

    change_command("hold", items, runs)


@queue_app.command("release")
def queue_release(items: _Items, runs: _Runs = None) -> None:
    """Have items that were held or failed wait for their turn again; their runs go on from where they were."""
    from stdpbench.cli.queue_commands import change_command

    change_command("release", items, runs)


@queue_app.command("remove")
def queue_remove(items: _Items, runs: _Runs = None) -> None:
    """Take items out of the queue; run folders stay."""
    from stdpbench.cli.queue_commands import change_command

    change_command("remove", items, runs)


@queue_app.command("run")
def queue_run(
    at_once: Annotated[int, typer.Option(min=1, metavar="N", help="Runs that are at work at the same time.")] = 1,
    wait: Annotated[bool, typer.Option("--wait", help="Stay when nothing waits any more, until Ctrl+C.")] = False,
    runs: _Runs = None,
) -> None:
    """Carry out the queue. What failed keeps its reason; what was left at work is followed, or goes on."""
    from stdpbench.cli.queue_commands import run_command

    run_command(at_once, wait, runs)
