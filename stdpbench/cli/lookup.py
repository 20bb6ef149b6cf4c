"""Commands that look up experiments, kinds and data sets."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stdpbench.base.text_table import plain_table
from stdpbench.base.units import first_few, thousands
from stdpbench.cli import completion
from stdpbench.cli.options import AsJson, CommandGroup, Experiment, FigureWidth, Set
from stdpbench.cli.output import wrapped, write_json

if TYPE_CHECKING:
    from stdpbench.cli.terminal import Console
    from stdpbench.experiment import Experiment as Made
    from stdpbench.experiment.dry_run import Numbers, ShownStimulus

lookup_app = typer.Typer()
data_app = typer.Typer(help="Data sets: list them, and download more.", no_args_is_help=True, cls=CommandGroup)
_NOUNS = {"images": "pictures", "signals": "signals", "events": "recordings", "stream": "pieces"}
_BARS = " ▁▂▃▄▅▆▇█"
_COLUMNS = 60
_NAMED = 12  # maximum number of classes that are listed


@lookup_app.command()
def experiments(json: AsJson = False) -> None:
    """List the experiments that ship with stdpbench."""
    from stdpbench.experiment import read_experiment, shipped_experiments

    shipped = {name: read_experiment(path).about for name, path in shipped_experiments().items()}
    if json:
        write_json([{"name": name, **about.model_dump()} for name, about in shipped.items()])
        return
    table = plain_table(["experiment", "description"], [[name, about.title] for name, about in shipped.items()])
    sys.stdout.write(f"{table}`stdpbench describe NAME` has the expected accuracy and time.\n")


@lookup_app.command()
def describe(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME|PATH|FILE",
            help="A kind such as oja, a section such as exc, a parameter such as network.n_exc, an experiment, or a "
            "TOML file. Default: list all names.",
            autocompletion=completion.described,
        ),
    ] = None,
    expanded: Annotated[
        bool,
        typer.Option(
            "--expanded",
            help="Print an experiment with its network written in full, as populations and projections, as a TOML "
            "file that can be run.",
        ),
    ] = False,
    json: AsJson = False,
) -> None:
    """Describe kinds, sections of an experiment, their parameters, and experiments."""
    from stdpbench.cli.describe import catalogue, expanded_experiment, look_up, print_described
    from stdpbench.experiment import Experiment

    if expanded:
        described = expanded_experiment(name or "")
        if json:
            write_json([described])
        else:
            sys.stdout.write(Experiment.from_mapping(described["experiment"]).to_toml())
    elif name is None:
        names = catalogue()
        if json:
            write_json(names)
        for family in () if json else names:
            print(wrapped(f"{family}: {', '.join(names[family])}"), end="")
    elif json:
        write_json(list(look_up(name)))
    else:
        print_described(name, list(look_up(name)))


@data_app.command("list")
def data_list(json: AsJson = False) -> None:
    """List data sets, and where they are on this machine."""
    from stdpbench.cli.terminal import PLAIN, Console, new_table
    from stdpbench.data.datasets import datasets
    from stdpbench.data.datasets.fetch import FETCHABLE, status
    from stdpbench.data.datasets.import_events import IMPORTABLE, imported
    from stdpbench.kinds.streams import Stream

    elsewhere = {
        **{kind: "made on the spot" for kind, cls in datasets.usable().items() if issubclass(cls, Stream)},
        **dict.fromkeys(("logic", "order", "digits-events"), "made on the spot"),
        **dict.fromkeys(("idx", "npz", "folder", "signals", "events"), "your own files"),
        **{kind: f"missing; stdpbench data fetch {kind} --from FOLDER" for kind in IMPORTABLE},
        "digits": "ships with scikit-learn",
        "tabular": "scikit-learn, or your own file",
        "spike-times": "your own file",
        "japanese-vowels": "your own copy",
        "none": "–",
    }
    rows: list[dict[str, Any]] = []
    for kind in datasets.kinds():
        folder = status(kind) if kind in FETCHABLE else imported(kind) if kind in IMPORTABLE else None
        missing = f"missing; stdpbench data fetch {kind}" if kind in FETCHABLE else "from another package"
        rows.append(
            {
                "name": kind,
                "summary": datasets.get(kind).summary,
                "fetchable": kind in FETCHABLE,
                "folder": None if folder is None else str(folder),
                "where": elsewhere.get(kind, missing) if folder is None else str(folder),
            }
        )
    if json:
        write_json(rows)
        return
    table = new_table("data set", "where", "description", **PLAIN)
    for row in rows:
        table.add_row(row["name"], row["where"], row["summary"])
    Console().print(table)


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

    place = str(fetch(name, folder, source))
    if json:
        write_json({"name": name, "folder": place})
    else:
        print(f"{name} is in {place}")


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
    """Show one stimulus of an experiment with its spikes, and statistics of all stimuli, without running a network."""
    from stdpbench.cli.terminal import Console
    from stdpbench.experiment import parse_assignment, read_experiment
    from stdpbench.experiment.dry_run import shown_numbers, shown_stimulus
    from stdpbench.results.figures.saving import figure_width, write_figure
    from stdpbench.runs.preparation.start import load_split

    wide = figure_width(save, "--save", width)
    chosen = read_experiment(experiment).override(dict(parse_assignment(text) for text in set_ or []))
    split = load_split(chosen, validation=False)
    numbers, shown = shown_numbers(chosen, split), shown_stimulus(chosen, split, image)
    if save is not None:
        from stdpbench.results.figures.stimulus_figure import stimulus_figure

        write_figure(stimulus_figure(shown, title=f"{chosen.name}: {shown.name}", width=wide), save)
    if json:
        stimulus = {"number": shown.number, "name": shown.name, "presentation": shown.presentation}
        stimulus |= {"spikes": len(shown.spikes), "duration_ms": shown.n_bins * shown.dt * 1e3}
        record = {
            "name": chosen.name,
            **numbers.to_mapping(),
            "steps": _steps(chosen),
            "shown": stimulus,
            "figure": save and str(save),
        }
        write_json(record)
        return
    _print_stimuli(Console(), chosen.name, _steps(chosen), numbers, shown)
    if save is not None:
        sys.stdout.write(f"The figure of {shown.name} is in {save}\n")


def _print_stimuli(console: Console, name: str, steps: dict[str, Any], numbers: Numbers, shown: ShownStimulus) -> None:
    import numpy as np
    from rich.table import Table

    noun = _NOUNS[numbers.kind]
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for row in _rows(steps, numbers, noun):
        table.add_row(*row)
    console.print(name, style="bold")
    console.print(table)
    edges, rates = shown.rates(_COLUMNS)
    mean = rates.mean(axis=0)
    bars = np.ceil(mean / max(float(mean.max(initial=0)), 1e-12) * (len(_BARS) - 1)).astype(int)
    span = f"{edges[0] * 1e3:g} to {edges[-1] * 1e3:g} ms"
    console.print(
        f"{shown.name}: {thousands(len(shown.spikes))} spikes, up to {mean.max(initial=0):.3g} Hz, {span}",
    )
    console.print("".join(_BARS[bar] for bar in bars))


def _steps(experiment: Made) -> dict[str, Any]:
    """Return the preprocessing steps that an experiment declares, with their values."""
    from stdpbench.data.datasets import STEPS

    steps = [(step, getattr(experiment.data, step.name)) for step in experiment.data.describe() if step.name in STEPS]
    return {step.name: value for step, value in steps if value != step.default}


def _rows(steps: dict[str, Any], numbers: Numbers, noun: str) -> list[tuple[str, str]]:
    """Return rows of name and value."""
    height, width = numbers.shape
    low, mean, high = numbers.duration
    fewest, average, largest = numbers.spikes
    counted = f"{numbers.sample} {noun}, spread over all"
    parts = f"{thousands(numbers.n_train)} for training, {thousands(numbers.n_test)} for the test"
    rows = [
        (noun, thousands(numbers.n_train) if numbers.kind == "stream" else parts),
        ("classes", _classes(numbers.class_names)),
        ("inputs", f"{thousands(numbers.n_inputs)} ({height} × {width})"),
        ("duration", f"{low:g} ms" if low == high else f"{mean:.4g} ms on average, {low:g} to {high:g} ms"),
        ("spikes", f"{_count(average)} on average, {_count(fewest)} to {_count(largest)} ({counted})"),
        ("rate", f"{numbers.rate:.3g} Hz per input"),
        (
            "merged",
            "none"
            if not numbers.merged
            else f"{thousands(numbers.merged)} spikes, which were in the same step as another spike of their input",
        ),
        ("silent", f"{thousands(numbers.silent)} inputs never fire in these {noun}"),
    ]
    if steps:
        shown = (name if value is True else f"{name} = {value:g}" for name, value in steps.items())
        rows.insert(1, ("prepared", ", ".join(shown)))
    if numbers.factors:
        rows.append(("factors", "spikes carry {:.3g} to {:.3g}".format(*numbers.factors)))
    if numbers.empty:
        rows.append(("empty", f"{numbers.empty} of these {noun} evoke no spikes"))
    if numbers.kind != "stream":
        longer = f"{thousands(numbers.cut)} {noun} last longer than schedule.stimulus"
        rows.append(("cut", longer if numbers.cut else "none"))
    return [row for row in rows if row[0] != "classes" or numbers.kind != "stream"]


def _classes(names: Sequence[str]) -> str:
    """Return the number of classes and their names, as in results."""
    return f"{len(names)} ({first_few(names, _NAMED)})" if names else "none"


def _count(number: float) -> str:
    return thousands(round(number)) if number >= 1000 else f"{number:.4g}"
