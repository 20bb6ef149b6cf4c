"""The commands of ``stdpbench data`` and their options; what they do is elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

data_app = typer.Typer(help="Data sets: what is there, and how to get more.", no_args_is_help=True)


@data_app.command("list")
def data_list() -> None:
    """Say which data sets are there and where."""
    from stdpbench.cli.reference import list_data

    list_data()


@data_app.command("fetch")
def data_fetch(
    name: Annotated[str, typer.Argument(metavar="NAME", help="mnist, fashion-mnist or kmnist.")],
    source: Annotated[
        Path | None, typer.Option("--from", metavar="FOLDER", help="Import local files instead of downloading.")
    ] = None,
    folder: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where to; the user's data folder if not said.")
    ] = None,
) -> None:
    """Download a data set, or import it from a folder; checked by its SHA-256."""
    from stdpbench.datasets.fetch import fetch

    typer.echo(f"{name} is in {fetch(name, folder, source)}")
