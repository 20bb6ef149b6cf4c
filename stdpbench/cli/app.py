"""The command line application with all commands; commands import other modules when they are called."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from stdpbench import __version__
from stdpbench.base.errors import nearest
from stdpbench.cli.exports import exports_app
from stdpbench.cli.fit import fit_app
from stdpbench.cli.lab import lab_app
from stdpbench.cli.lookup import data_app, lookup_app
from stdpbench.cli.machine import machine_app
from stdpbench.cli.options import CommandGroup
from stdpbench.cli.queue import queue_app
from stdpbench.cli.report import report_app
from stdpbench.cli.store import store_app
from stdpbench.cli.sweep import sweep_app
from stdpbench.cli.training import training_app


class _Commands(CommandGroup):
    """All commands; errors only suggest options whose names, without dashes, are similar to the unknown one."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except Exception as caught:
            error: Any = caught
            if options := getattr(error, "possibilities", None):
                typed, names = error.option_name.strip("-"), {name.strip("-"): name for name in options}
                near = [name for name in names if typed.startswith(name) or name.startswith(typed)]
                error.possibilities = [names[name] for name in near or filter(None, [nearest(typed, names)])]
            raise


app = typer.Typer(
    name="stdpbench",
    help="Spiking networks that learn without labels, by STDP and other local rules, in Brian2.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    cls=_Commands,
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"stdpbench {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    pass


for commands in (
    training_app,
    store_app,
    exports_app,
    sweep_app,
    report_app,
    lab_app,
    fit_app,
    lookup_app,
    machine_app,
):
    app.add_typer(commands)
app.add_typer(data_app, name="data")
app.add_typer(queue_app, name="queue")
