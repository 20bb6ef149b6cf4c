"""Commands on existing runs, and their options; other modules implement them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stdpbench.base.errors import StdpbenchError
from stdpbench.cli import completion
from stdpbench.cli.options import AsJson, EndWithJson, FigureWidth, NewRuns, Run, Runs, SimulatorName, Workers

runs_app = typer.Typer()


@runs_app.command()
def export(
    run: Run,
    output: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The zip file. Default: RUN.stdpbench.zip in the current folder."),
    ] = None,
    neo: Annotated[
        Path | None,
        typer.Option(metavar="FILE.nix", help="Write responses to evaluated stimuli for Neo and Elephant instead."),
    ] = None,
    nwb: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.nwb", help="Write responses to evaluated stimuli as Neurodata Without Borders instead."
        ),
    ] = None,
    stimuli: Annotated[
        int,
        typer.Option(
            min=0,
            metavar="N",
            help="Number of stimuli in these files, from the first; 0: all, or 100 if presented again. With --nir, "
            "number of stimuli on which file and run are compared; 0: 20.",
        ),
    ] = 0,
    record: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[POPULATION=]N,N,…",
            help="Present the stimuli again, and add potentials of these neurons and spikes of all populations. "
            "Repeatable.",
        ),
    ] = None,
    nir: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.nir",
            help="Write the trained network to this NIR file instead, and check it; see docs/hardware.md.",
        ),
    ] = None,
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            help="With --nir: leave out what NIR cannot express, where possible, and mark the file as different.",
        ),
    ] = False,
    simulator: SimulatorName = None,
    json: EndWithJson = False,
    runs: Runs = None,
) -> None:
    """Write a zip with everything that reproduces a run except data; or its network or responses for other tools."""
    from stdpbench.cli.export_commands import export_command, export_nir_command, export_responses

    if nir is not None and (output, neo, nwb) != (None, None, None):
        raise StdpbenchError("--nir writes a network, and --output, --neo and --nwb something else; give one of them")
    if force and nir is None:
        raise StdpbenchError("--force is for --nir, and writes a network that differs from the run; leave it out")
    if record and neo is None and nwb is None:
        raise StdpbenchError("--record is for --neo and --nwb, which write responses; leave it out")
    if nir is not None:
        export_nir_command(run, nir, runs, force=force, stimuli=stimuli or 20, simulator=simulator, json=json)
    elif neo is None and nwb is None:
        export_command(run, output, runs)
    else:
        export_responses(run, neo, nwb, stimuli, record or [], runs)


@runs_app.command("import")
def import_(
    source: Annotated[Path, typer.Argument(metavar="ZIP", help="A zip file written by `export`.")],
    runs: NewRuns = None,
) -> None:
    """Unpack an exported run into the runs folder, to show, evaluate and compare it there."""
    from stdpbench.cli.export_commands import import_command

    import_command(source, runs)


@runs_app.command()
def reproduce(
    source: Annotated[
        str,
        typer.Argument(
            metavar="RUN|ZIP",
            help="A finished run, or a zip file written by `export`.",
            autocompletion=completion.runs_of,
        ),
    ],
    runs: NewRuns = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PATH=VALUE", help="Where the data are now, such as data.path=DIR. Repeatable."),
    ] = None,
    workers: Workers = 0,
    simulator: Annotated[
        str | None,
        typer.Option(
            metavar="compiled|runtime",
            help="Simulator. Default: the one that the run used.",
            autocompletion=completion.simulators,
        ),
    ] = None,
    json: EndWithJson = False,
) -> None:
    """Repeat a finished run and compare the results; exit status 1 if they differ."""
    from stdpbench.cli.export_commands import reproduce_command

    reproduce_command(source, runs, set_ or [], workers, simulator, json)


@runs_app.command("list")
def list_runs(
    filters: Annotated[
        list[str] | None,
        typer.Option(
            "--filter",
            metavar="COLUMN=VALUE",
            help="Show only runs with, for example, state=finished, experiment=digits, vote>0.9 or "
            "plasticity.nu_post=0.02. Repeatable.",
            autocompletion=completion.columns,
        ),
    ] = None,
    sort: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN", help="Sort by a column; -COLUMN: descending.", autocompletion=completion.columns
        ),
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(
            metavar="A,B,…",
            help="Columns to show; parameters and metrics by their dotted paths.",
            autocompletion=completion.columns,
        ),
    ] = None,
    tag: Annotated[
        list[str] | None,
        typer.Option(
            "--tag",
            metavar="TAG",
            help="Show only runs with this tag. Repeatable: runs with all of them.",
            autocompletion=completion.tags_of,
        ),
    ] = None,
    starred: Annotated[bool, typer.Option("--starred", help="Show only runs with a star.")] = False,
    plot: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Also draw the runs over --axes, as a PDF, SVG or PNG file, with a CSV."),
    ] = None,
    axes: Annotated[
        str | None,
        typer.Option(
            metavar="A,B",
            help="Parameter or metric across, and the one up, of --plot. Default: the first parameter that differs, "
            "and the first metric.",
            autocompletion=completion.columns,
        ),
    ] = None,
    colour: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            help="Parameter or metric that colours the runs in --plot.",
            autocompletion=completion.columns,
        ),
    ] = None,
    width: FigureWidth = None,
    json: AsJson = False,
    bin_: Annotated[bool, typer.Option("--bin", help="List deleted runs, which `restore` brings back.")] = False,
    sweep: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="List the runs of a sweep.", autocompletion=completion.sweeps_of),
    ] = None,
    runs: Runs = None,
) -> None:
    """List runs, with any parameters and metrics as columns."""
    from stdpbench.cli.store_commands import list_command

    noted = [f"tags={one.removeprefix('#')}" for one in tag or []] + ["starred=true"] * starred
    asked = None
    if plot is not None:
        from stdpbench.cli.plot_runs import RunsPlot

        asked = RunsPlot(plot, axes, colour, width)
    elif axes or colour or width:
        raise StdpbenchError("--axes, --colour and --width are for a figure; add --plot FILE")
    list_command([*(filters or []), *noted], sort, columns, json, bin_, sweep, runs, asked)


@runs_app.command()
def note(
    run: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN…",
            help="Run folders, or the beginnings of their names in the runs folder.",
            autocompletion=completion.runs_of,
        ),
    ],
    title: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Title, one line; an empty one removes it.")
    ] = None,
    notes: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Free text that replaces the present one; '' removes it.")
    ] = None,
    tag: Annotated[
        list[str] | None,
        typer.Option("--tag", metavar="TAG", help="Add a tag. Repeatable.", autocompletion=completion.tags_of),
    ] = None,
    untag: Annotated[
        list[str] | None,
        typer.Option("--untag", metavar="TAG", help="Remove a tag. Repeatable.", autocompletion=completion.tags_of),
    ] = None,
    star: Annotated[bool | None, typer.Option("--star/--unstar", help="Add or remove a star.")] = None,
    neuron: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[POPULATION=]N",
            help="Apply --notes and --star to this neuron of the run instead. Default population: the one that is "
            "read. Repeatable.",
        ),
    ] = None,
    json: AsJson = False,
    runs: Runs = None,
) -> None:
    """Give runs, or their neurons, a title, notes, tags and stars; without options, print them."""
    from stdpbench.cli.note_command import Noted, note_command

    note_command(run, Noted(title, notes, tag or [], untag or [], star), neuron or [], json, runs)


@runs_app.command()
def show(
    run: Run,
    against: Annotated[
        str | None,
        typer.Option(
            metavar="RUN",
            help="Run to compare with. Default: its parent, else the shipped experiment, else the defaults.",
            autocompletion=completion.runs_of,
        ),
    ] = None,
    json: AsJson = False,
    runs: Runs = None,
) -> None:
    """Show a run: origin, differences from it, history and results."""
    from stdpbench.cli.store_commands import show_command

    show_command(run, against, json, runs)


@runs_app.command()
def compare(
    run: Annotated[
        list[str],
        typer.Argument(metavar="RUN RUN…", help="Two or more runs.", autocompletion=completion.runs_of),
    ],
    figure: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Also draw curves and results: .pdf, .svg or .png, with numbers (.csv) and caption (.txt) beside it.",
        ),
    ] = None,
    width: FigureWidth = None,
    json: AsJson = False,
    runs: Runs = None,
) -> None:
    """Compare runs: parameters that differ, and results."""
    from stdpbench.cli.store_commands import compare_command

    compare_command(run, figure, width, json, runs)


@runs_app.command()
def delete(
    run: Annotated[
        list[str] | None,
        typer.Argument(metavar="RUN…", help="Runs that are not in progress.", autocompletion=completion.runs_of),
    ] = None,
    empty: Annotated[bool, typer.Option("--empty-bin", help="Permanently remove the runs in the bin.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Empty the bin without asking.")] = False,
    runs: Runs = None,
) -> None:
    """Move runs to the bin; `restore` brings them back."""
    from stdpbench.cli.store_commands import delete_command

    delete_command(run or [], empty, yes, runs)


@runs_app.command()
def restore(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="A run in the bin, or the beginning of its name.",
            autocompletion=completion.runs_in_bin,
        ),
    ],
    runs: Runs = None,
) -> None:
    """Bring a run back from the bin."""
    from stdpbench.cli.store_commands import restore_command

    restore_command(name, runs)
