"""The commands of ``stdpbench data`` and their options; other modules implement them."""

from __future__ import annotations

import json as json_format
from pathlib import Path
from typing import Annotated

import typer

from stdpbench.cli import completion
from stdpbench.cli.command_group import CommandGroup
from stdpbench.cli.options import AsJson, Experiment, FigureWidth, Set

data_app = typer.Typer(help="Data sets: list them, and download more.", no_args_is_help=True, cls=CommandGroup)


@data_app.command("list")
def data_list(json: AsJson = False) -> None:
    """List data sets, and where they are on this machine."""
    from stdpbench.cli.reference import list_data

    list_data(json)


@data_app.command("fetch")
def data_fetch(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="mnist, fashion-mnist or kmnist; n-mnist or shd with --from.",
            autocompletion=completion.fetchable,
        ),
    ],
    source: Annotated[
        Path | None,
        typer.Option("--from", metavar="FOLDER", help="Import files from a folder instead of downloading."),
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Data folder. Default: $STDPBENCH_DATA, else the user's data folder."),
    ] = None,
    json: AsJson = False,
) -> None:
    """Download a data set, or import it from a folder, and verify its files."""
    from stdpbench.data.datasets.fetch import fetch

    found = fetch(name, folder, source)
    typer.echo(json_format.dumps({"name": name, "folder": str(found)}) if json else f"{name} is in {found}")


@data_app.command("show")
def data_show(
    experiment: Experiment,
    set_: Set = None,
    image: Annotated[
        int, typer.Option(min=0, metavar="N", help="Number of the training stimulus, or of the piece of a stream.")
    ] = 0,
    save: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the figure to a .pdf, .svg or .png file.")
    ] = None,
    width: FigureWidth = None,
    json: AsJson = False,
) -> None:
    """Show the stimuli of an experiment: one of them, its spikes, and numbers of all; runs no network."""
    from stdpbench.cli.data_show import show_data

    show_data(experiment, set_ or [], image, save, width, json)
