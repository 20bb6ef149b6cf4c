"""Commands that list, show, compare, annotate, delete and restore runs."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stdpbench import __version__
from stdpbench.base.errors import StdpbenchError, suggestion
from stdpbench.base.paths import runs_folder
from stdpbench.base.text_table import plain_table, terminal_width
from stdpbench.base.units import first_few
from stdpbench.cli import completion
from stdpbench.cli.options import AsJson, FigureWidth, Run, Runs, find_run
from stdpbench.cli.output import wrapped, write_json
from stdpbench.runs.catalog.columns import local_time
from stdpbench.runs.catalog.columns import text as formatted
from stdpbench.runs.catalog.filters import Filter
from stdpbench.runs.catalog.store import (
    BIN,
    COLUMNS,
    NUMBERS,
    SWEEP,
    Entry,
    Store,
    run_names,
    sweep_folders,
)
from stdpbench.runs.queue.run_queue import Queue

if TYPE_CHECKING:
    from stdpbench.results.readout.metric import Metric
    from stdpbench.runs.catalog.comparison import Account, Comparison
    from stdpbench.runs.folder.notes import Notes

store_app = typer.Typer()

_IF_ANY = ("starred", "title", "tags", "parent")
"""Columns that are only shown if a run has a value."""
_SHOWN = ("name", "starred", "title", "tags", "experiment", "seed", "state", "progress", "vote", "started", "parent")
_WIDE = 100
"""Minimum width of a terminal for the column `started`, since names of runs usually end with the time."""
_NAMED = 10  # maximum number of entries listed by name
_FORMATTED = ("started", "ended", "duration", "vote")
_STREAM = "training.stream."


@store_app.command("list")
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
            help="Parameters or metrics for the x and y axes of --plot. Default: the first parameter that differs, "
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
    if plot is None and (axes or colour or width):
        raise StdpbenchError("--axes, --colour and --width are for a figure; add --plot FILE")
    runs = runs or runs_folder()
    sweeps = [] if bin_ or sweep is not None else sweep_folders(runs)
    runs = runs if sweep is None else _find_sweep(sweep, runs)
    runs = runs / BIN if bin_ else runs
    named = [name.strip() for name in columns.split(",") if name.strip()] if columns else []
    chosen = named if "name" in named or not named else ["name", *named]
    store = Store(runs)
    for remark in store.remarks:
        sys.stderr.write(f"{remark}\n")
    noted = [f"tags={name.removeprefix('#')}" for name in tag or []] + ["starred=true"] * starred
    wanted = [Filter.parse(text) for text in (*(filters or []), *noted)]
    entries = store.select(chosen, wanted, sort)
    if plot is not None:
        _draw_runs(entries, plot, axes, colour, width)
    waiting = len(Queue(runs).items())
    if json:
        needed = list(dict.fromkeys([*COLUMNS, *chosen]))
        records = [
            {column: entry.value(column) for column in needed} | {"supervised": entry.weights_origin.supervised}
            for entry in entries
        ]
        write_json(records)
        return
    if not entries:
        sentence = f"No run in {runs} matches the filter" if wanted else f"There are no runs in {runs}"
        sys.stdout.write(f"{sentence}.\n")
    else:
        used = [name for name in _IF_ANY if any(entry.text(name) for entry in entries)]
        shown = chosen or [name for name in _SHOWN if name not in _IF_ANY or name in used]
        if not chosen and sweep is not None and (measures := _stream_columns(entries)):
            shown = [column for column in shown if column not in ("vote", "started")] + measures
        if not chosen and terminal_width() < _WIDE and "started" in shown:
            shown.remove("started")
        rows = [
            [formatted(entry, column) if column in _FORMATTED else entry.text(column) for column in shown]
            for entry in entries
        ]
        right = [number for number, column in enumerate(shown) if column in NUMBERS or column.startswith(_STREAM)]
        sys.stdout.write(plain_table([column.removeprefix(_STREAM) for column in shown], rows, right))
    if waiting and not bin_:
        sys.stdout.write(f"{waiting} in the queue: `stdpbench queue list` shows them.\n")
    if sweeps:
        counted = [f"{folder.name} ({len(run_names(folder))})" for folder in sweeps]
        sys.stdout.write(f"Runs of sweeps: {', '.join(counted)}; `stdpbench list --sweep NAME` shows them.\n")


@store_app.command()
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
    """Set the title, notes, tags and stars of runs, or of their neurons; without options, print them."""
    from stdpbench.runs.folder.notes import Notes, change_notes, checked_tag, neuron_of, read_notes

    if neuron and (title is not None or tag or untag):
        raise StdpbenchError(
            "a neuron has notes and a star, but no title and no tags: write #word into its notes, or leave out "
            "--neuron"
        )
    folders = [find_run(name, runs) for name in run]
    neurons = {folder.path: [neuron_of(folder, *_neuron(text)) for text in neuron or []] for folder in folders}
    removed = set(map(checked_tag, untag or []))

    def changed(before: Notes, path: Path | None = None) -> Notes:
        if path is not None and neurons[path]:
            for population, number in neurons[path]:
                before = before.with_neuron(population, number, notes, star)
            return before
        after = before if title is None else before.with_title(title)
        after = after if notes is None else after.with_text(notes)
        after = after if star is None else after.with_star(star)
        return after.with_tags([*(name for name in after.tags if name not in removed), *(tag or [])])

    changed(Notes())  # reports errors before a run is changed
    only_print = (title, notes, star) == (None, None, None) and not tag and not untag
    records = []
    for folder in folders:
        if only_print:
            written = read_notes(folder.path)
        else:
            _, written = change_notes(folder.path, partial(changed, path=folder.path))
        records.append({"path": str(folder.path), **_notes_record(written)})
        if not json:
            lines = _notes_lines(written) or [("", "no notes")]
            print(folder.path.name, *(f"  {head:<8}{text}".rstrip() for head, text in lines), sep="\n")
    if json:
        write_json(records)


@store_app.command()
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
    """Show the origin, changes, history and results of a run."""
    from stdpbench.runs.catalog.base import base_of
    from stdpbench.runs.catalog.comparison import Account, compare, differences_from, lineage, verdict_of
    from stdpbench.runs.folder.notes import Notes, read_notes

    folder = find_run(run, runs)
    parent_folder = folder.path.parent
    store = Store(parent_folder, keep=_holds_runs(parent_folder, runs or runs_folder()))
    origins = lineage(folder, store)
    about = folder.about
    children = [entry.name for entry in store.children(str(about.get("id", "")))]
    parent = store.by_id(str(dict(about.get("parent") or about.get("from") or {}).get("id", "")))
    account = Account.of(folder)
    noted, unreadable = Notes(), ""
    try:
        noted = read_notes(folder.path)
    except StdpbenchError as error:
        unreadable = f"stdpbench: the notes are not shown: {error}\n"
    compared_with = find_run(against, runs) if against else None
    if compared_with is None and parent is not None:
        compared_with = find_run(str(parent.path), parent_folder)
    sys.stderr.write(unreadable)
    comparison = None if compared_with is None else compare([compared_with, folder])
    base = base_of(folder)
    differences = {} if comparison is not None else differences_from(account, base.experiment)
    if json:
        record = asdict(account) | _notes_record(noted) | {"lineage": origins, "children": children}
        record["against"] = {"name": base.name, "parameters": differences}
        if comparison is not None:
            record["against"] = _differences(comparison)
        write_json(record)
        return
    _show_account(account, about, origins, children, account.missing if comparison is None else (), noted)
    if comparison is not None:
        _show_comparison(comparison, "Differences from")
    else:
        sys.stdout.write("\n")
        if differences:
            rows = [[path, before, after] for path, (before, after) in differences.items()]
            sys.stdout.write(f"Differences from {base.title}\n")
            sys.stdout.write(plain_table(["parameter", base.name, account.title or account.name], rows))
        else:
            sys.stdout.write(f"Its parameters are those of {base.title}.\n")
        _show_metrics(
            ["value"], [account.start_flatters], {name: (metric,) for name, metric in account.metrics.items()}
        )
    if judged := verdict_of(account):
        sys.stdout.write(wrapped(judged))


@store_app.command()
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
    from stdpbench.results.figures.paper import check_beside, write_beside
    from stdpbench.results.figures.saving import figure_width, write_figure
    from stdpbench.runs.catalog.comparison import compare, verdict_of
    from stdpbench.runs.catalog.comparison_spec import title_and_name
    from stdpbench.studies.sweeps.seeds import BASELINE_HEADINGS, over_seeds

    wide = figure_width(figure, "--figure", width)
    if figure is not None:
        check_beside(figure)
    folders = [find_run(name, runs) for name in run]
    comparison = compare(folders)
    groups = over_seeds(folders, comparison.accounts)
    if figure is not None:
        from stdpbench.results.figures.comparison import comparison_figure
        from stdpbench.runs.catalog.comparison_spec import (
            comparison_caption,
            course_of,
            course_table,
            told_apart,
            with_results,
        )

        courses, means = [course_of(folder) for folder in folders], [] if groups is None else groups.means
        write_figure(comparison_figure(courses, wide, told_apart(comparison), means), figure)
        caption = comparison_caption(courses, __version__, comparison, results=True, means=means)
        write_beside(figure, with_results(course_table(courses), courses, means), caption)
    if json:
        record = _differences(comparison) | {"runs": [asdict(account) for account in comparison.accounts]}
        record["over_seeds"] = None if groups is None else groups.to_mapping()
        write_json(record)
        return
    _show_comparison(comparison, "Differences between")
    for account in comparison.accounts if groups is None else ():
        if judged := verdict_of(account):
            sys.stdout.write(wrapped(f"{title_and_name(account)}: {judged}"))
    if groups is not None:
        sys.stdout.write("\nOver seeds\n")
        sys.stdout.write(plain_table(groups.headings, groups.rows, right=[2]))
        for remark in groups.remarks:
            sys.stdout.write(wrapped(remark))
        if rows := groups.baseline_rows:
            sys.stdout.write("\nThe vote against baselines, paired by seed\n")
            sys.stdout.write(plain_table(BASELINE_HEADINGS, rows, right=[2]))
            sys.stdout.write(wrapped(groups.about_baselines))
            sys.stdout.writelines(map(wrapped, groups.verdicts))
    if figure is not None:
        sys.stdout.write(f"figure: {figure} (and .csv, .txt)\n")


@store_app.command()
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
    from stdpbench.runs.queue.run_queue import delete_run

    runs = runs or runs_folder()
    if not run and not empty:
        raise StdpbenchError("name the runs to move to the bin, or use --empty-bin")
    for folder in [find_run(name, runs) for name in run or []]:
        place, item = delete_run(folder)
        sys.stdout.write(f"{folder.path.name} is in the bin; `stdpbench restore {place.name}` brings it back.\n")
        if item is not None:
            sys.stdout.write(f"It was item {item.number} of the queue, and has been removed from it.\n")
    if empty:
        _empty_bin(runs, yes)


@store_app.command("restore")
def restore_run(
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
    from stdpbench.runs.catalog.trash import restore

    sys.stdout.write(f"run folder: {restore(runs or runs_folder(), name).path}\n")


def _empty_bin(runs: Path, yes: bool) -> None:
    """Remove the runs in the bin after confirmation, and list remaining entries."""
    from stdpbench.runs.catalog.trash import bin_content, bin_folder, empty_bin

    content = bin_content(runs)
    if content.runs and not yes:
        sys.stdout.write("\n".join([f"In {bin_folder(runs)}:", *(f"  {name}" for name in content.runs), ""]))
        n = len(content.runs)
        try:
            agreed = typer.confirm(f"Permanently remove {'this run' if n == 1 else f'these {n} runs'}?")
        except typer.Abort:  # without a terminal, nobody can answer
            sys.stdout.write("\n")
            raise StdpbenchError("nothing was removed: answer y, or use --yes") from None
        if not agreed:
            sys.stdout.write("Nothing was removed.\n")
            return
    if content.runs:
        removed, _, size = empty_bin(runs, content.runs)
        sys.stdout.write(
            f"{len(removed)} run{'' if len(removed) == 1 else 's'} permanently removed, {size / 1e6:.1f} MB.\n"
        )
    else:
        sys.stdout.write("There are no runs in the bin.\n")
    for name in content.busy:
        sys.stdout.write(f"{name} stays in the bin: a process is using it.\n")
    if content.foreign:
        named = first_few(content.foreign, _NAMED)
        sys.stdout.write(f"Other files in {bin_folder(runs)} stay, as they are not deleted runs: {named}.\n")


def _holds_runs(folder: Path, runs: Path) -> bool:
    """Return whether a folder is the runs folder or a sweep folder; only there is the cache written."""
    return folder.resolve() == runs.resolve() or (folder / SWEEP).is_file()


def _find_sweep(text: str, runs: Path) -> Path:
    """Find the folder of a sweep by its path or its name in `runs`.

    Raises
    ------
    StdpbenchError
        If there is no such sweep.
    """
    for folder in (runs / text, Path(text).expanduser()):
        if text and (folder / SWEEP).is_file():
            return folder
    names = [folder.name for folder in sweep_folders(runs)]
    hint = suggestion(text, names) if names else f"there is none in {runs}"
    raise StdpbenchError(f"there is no sweep {text!r}, neither as a folder nor in {runs}; {hint}")


def _stream_columns(entries: Sequence[Entry]) -> list[str]:
    """Return the columns of measures of streams that entries have."""
    paths = dict.fromkeys(path for entry in entries for path in entry.metrics if path.startswith(_STREAM))
    return [path for path in paths if path != f"{_STREAM}seconds"]


def _show_account(
    account: Account,
    about: dict[str, Any],
    origins: Sequence[str],
    children: Sequence[str],
    missing: Sequence[str],
    noted: Notes,
) -> None:
    state = f"{account.state}{f': {account.reason}' if account.reason else ''}"
    times = f"{local_time(about.get('started', ''))} to {local_time(about.get('ended', ''))}".removesuffix(" to ")
    lines = [("run", account.name), ("state", state), ("folder", account.path), ("command", account.command)]
    lines[1:1] = _notes_lines(noted)
    if account.damage:
        repair = f"`stdpbench resume {account.path} --repair` continues from before the damage"
        lines.append(("damaged", f"{account.damage}; later entries are not shown; {repair}"))
    lines += [("started", times), ("simulator", account.simulator)]
    lines += [("missing" if not number else "", clause) for number, clause in enumerate(missing)]
    lines += [("origin" if not number else "", origin) for number, origin in enumerate(origins)]
    lines += [("children" if not number else "", child) for number, child in enumerate(children)]
    lines.append(("versions", ", ".join(f"{name} {version}" for name, version in account.versions.items())))
    host = dict(account.host)
    cpus = host.pop("cpus", None)
    machine = [str(value) for value in host.values()]
    machine += [] if cpus is None else [f"{cpus} processor{'' if cpus == 1 else 's'}"]
    lines.append(("machine", ", ".join(machine)))
    sys.stdout.write(plain_table(["", ""], lines).lstrip("\n"))
    history = [[local_time(time), str(position), sentence] for time, position, sentence in account.history]
    if history:
        sys.stdout.write("\n")
        sys.stdout.write(plain_table(["when", "position", "what"], history, right=[1]))


def _show_comparison(comparison: Comparison, title: str) -> None:
    from stdpbench.results.figures.comparison import with_words
    from stdpbench.runs.catalog.comparison_spec import title_and_name

    names = with_words(comparison.accounts)
    titles = [*map(title_and_name, comparison.accounts)]
    sys.stdout.write("\n")
    sys.stdout.write(wrapped(f"{title} {', '.join(titles[:-1] if title.endswith('from') else titles)}"))
    rows = [[path, *texts] for path, texts in comparison.parameters.items()]
    rows += [[f"version of {name}", *texts] for name, texts in comparison.versions.items()]
    if rows:
        sys.stdout.write(plain_table(["", *names], rows))
    else:
        sys.stdout.write("None: parameters and versions are the same.\n")
    _show_metrics(names, [account.start_flatters for account in comparison.accounts], comparison.metrics)
    for remark in comparison.remarks:
        sys.stdout.write(wrapped(remark))


def _show_metrics(
    heads: Sequence[str], flatters: Sequence[bool], metrics: Mapping[str, Sequence[Metric | None]]
) -> None:
    from stdpbench.results.readout.verdict import FLATTERS, UNTRAINED
    from stdpbench.runs.catalog.comparison import metric_text

    if metrics:
        marked = tuple(f"accuracy of {name}" for name in UNTRAINED) if any(flatters) else ()
        rows = [
            [f"{name}, {FLATTERS}" if name.startswith(marked) else name, *map(metric_text, values)]
            for name, values in metrics.items()
        ]
        sys.stdout.write("\n")
        sys.stdout.write(plain_table(["measure", *heads], rows))
    kinds = {value.interval for values in metrics.values() for value in values if value is not None and value.interval}
    sys.stdout.writelines(f"In brackets: {kind}.\n" for kind in sorted(kinds))


def _differences(comparison: Comparison) -> dict[str, Any]:
    record = asdict(comparison)
    names = [account["name"] for account in record.pop("accounts")]
    return {"names": names, **record}


def _notes_record(notes: Notes) -> dict[str, Any]:
    """Return notes for JSON, including empty values."""
    return {"title": "", "notes": "", "tags": [], "starred": False, "neurons": {}, **notes.to_mapping()}


def _notes_lines(notes: Notes) -> list[tuple[str, str]]:
    """Return notes as pairs of heading and text; the heading of a continued line is empty."""
    lines = [("title", notes.title)] if notes.title else []
    if notes.starred or notes.tags:
        lines.append(("tags", " ".join(["★"] * notes.starred + [f"#{tag}" for tag in notes.tags])))
    lines += [("notes" if not n else "", line) for n, line in enumerate(notes.text.splitlines())]
    for n, ((population, number), note) in enumerate(notes.neurons.items()):
        text = " ".join(note.text.split())
        lines.append(("" if n else "neurons", f"{population} {number}{' ★' * note.starred} {text}".rstrip()))
    return lines


def _neuron(text: str) -> tuple[str, int]:
    """Read ``[POPULATION=]N``."""
    population, _, number = text.rpartition("=")
    if not re.fullmatch("[0-9]{1,9}", number):
        raise StdpbenchError(f"--neuron expects a number, such as 137 or exc=137, not {text!r}")
    return population, int(number)


def _draw_runs(runs: Sequence[Entry], target: Path, axes: str | None, colour: str | None, width: str | None) -> None:
    """Draw a scatter plot of runs over two axes, and print the path of the file.

    Raises
    ------
    StdpbenchError
        If there are too few runs, they do not differ in an axis, or the file cannot be written.
    """
    from stdpbench.results.figures.paper import Order, export
    from stdpbench.results.figures.saving import figure_width
    from stdpbench.runs.catalog.run_axes import NO_ERRORS, axes_of, axes_spec, axes_table, origins_sentence, usual_axes

    wide = figure_width(target, "--plot", width)
    available = axes_of(runs) if len(runs) > 1 else {}
    across, up, usual = usual_axes(available)
    named = [path.strip() for path in axes.split(",") if path.strip()] if axes else [across, up]
    if len(named) != 2 or not all(named):
        raise StdpbenchError("a figure needs two axes on which at least two runs differ; --axes A,B chooses them")
    for path in filter(None, (*named, colour)):
        if path not in available:
            raise StdpbenchError(f"these runs do not differ in {path!r}; {suggestion(path, available)}")
    shown, shade = [available[path] for path in named], available.get(colour or ("" if axes else usual))
    labels = ", ".join(axis.label for axis in shown)
    coloured = "" if shade is None else f", coloured by {shade.label}"
    sentences = [f"{len(runs)} runs over {labels}{coloured}; stdpbench {__version__}.", origins_sentence(runs)]
    caption = " ".join(filter(None, (*sentences, NO_ERRORS)))
    spec = {**axes_spec(shown, shade, runs), "title": f"{len(runs)} runs"}
    of_table = [*shown, *([] if shade is None or shade in shown else [shade])]
    written = export(spec, axes_table(runs, of_table), Order(str(target), wide or 88.0, caption=caption))
    sys.stderr.write(f"figure: {target} (and {', '.join(path.suffix for path in written[1:])})\n")
