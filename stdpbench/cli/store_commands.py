"""Implementation of ``list``, ``show``, ``compare``, ``delete`` and ``restore``."""

from __future__ import annotations

import json as json_format
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stdpbench import __version__
from stdpbench.base.errors import StdpbenchError, suggestion
from stdpbench.base.paths import runs_folder
from stdpbench.cli.note_command import noted_lines, noted_record
from stdpbench.cli.plain_table import plain_table, terminal_width, wrapped
from stdpbench.runs.catalog.columns import clock, local_time
from stdpbench.runs.catalog.filters import Filter
from stdpbench.runs.catalog.store import BIN, CHANGED, COLUMNS, SWEEP, Entry, Store, run_names, sweep_folders
from stdpbench.runs.folder.notes import Notes, read_notes
from stdpbench.runs.queue.run_queue import Queue

if TYPE_CHECKING:
    from stdpbench.cli.plot_runs import RunsPlot
    from stdpbench.results.readout.metric import Metric
    from stdpbench.runs.catalog.comparison import Account, Comparison

_IF_ANY = ("starred", "title", "tags", "parent")
"""Columns that are shown if a run has a value."""
_SHOWN = ("name", "starred", "title", "tags", "experiment", "seed", "state", "progress", "vote", "started", "parent")
_WIDE = 100
"""Columns of a terminal from which on `started` is shown, too, which names of runs end with."""
_NAMED = 10  # entries that are listed by name
_STREAM = "training.stream."
_NUMBERS = {"seed", "vote", "duration", "done", "total", "position"}


def list_command(
    filters: Sequence[str],
    sort: str | None,
    columns: str | None,
    json: bool,
    bin_: bool,
    sweep: str | None,
    runs: Path | None,
    plot: RunsPlot | None = None,
) -> None:
    """Carry out ``stdpbench list``."""
    runs = runs or runs_folder()
    sweeps = [] if bin_ or sweep is not None else sweep_folders(runs)
    runs = runs if sweep is None else _find_sweep(sweep, runs)
    runs = runs / BIN if bin_ else runs
    named = [name.strip() for name in columns.split(",") if name.strip()] if columns else []
    chosen = named if "name" in named or not named else ["name", *named]
    store = Store(runs)
    for remark in store.remarks:
        sys.stderr.write(f"{remark}\n")
    entries = store.select(chosen, [Filter.parse(text) for text in filters], sort)
    if sweep is not None and not chosen:  # with the measures of streams
        detailed = {entry.name: entry for entry in store.entries([f"{_STREAM}seconds"])}
        entries = [detailed.get(entry.name, entry) for entry in entries]
    if plot is not None:
        names = [entry.name for entry in entries]
        detailed = {entry.name: entry for entry in store.entries([CHANGED], set(names))}
        plot.draw([detailed[name] for name in names if name in detailed])
    waiting = len(Queue(runs).items())
    if json:
        asked = list(dict.fromkeys([*COLUMNS, *chosen]))
        records = [
            {column: entry.value(column) for column in asked} | {"supervised": entry.weights_origin.supervised}
            for entry in entries
        ]
        sys.stdout.write(json_format.dumps(records, ensure_ascii=False) + "\n")
        return
    if not entries:
        what = f"No run in {runs} matches the filter" if filters else f"There are no runs in {runs}"
        sys.stdout.write(f"{what}.\n")
    else:
        shown = chosen or [one for one in _SHOWN if one not in _IF_ANY or any(entry.text(one) for entry in entries)]
        if not chosen and sweep is not None and (measures := _stream_columns(entries)):
            shown = [column for column in shown if column not in ("vote", "started")] + measures
        if not chosen and terminal_width() < _WIDE and "started" in shown:
            shown.remove("started")
        rows = [[_cell(entry, column) for column in shown] for entry in entries]
        right = [number for number, column in enumerate(shown) if column in _NUMBERS or column.startswith(_STREAM)]
        sys.stdout.write(plain_table([column.removeprefix(_STREAM) for column in shown], rows, right))
    if waiting and not bin_:
        sys.stdout.write(f"{waiting} in the queue: `stdpbench queue list` shows them.\n")
    if sweeps:
        counted = [f"{folder.name} ({len(run_names(folder))})" for folder in sweeps]
        sys.stdout.write(f"Runs of sweeps: {', '.join(counted)}; `stdpbench list --sweep NAME` shows them.\n")


def show_command(run: str, against: str | None, json: bool, runs: Path | None) -> None:
    """Carry out ``stdpbench show``."""
    from stdpbench.runs.catalog.base import base_of
    from stdpbench.runs.catalog.comparison import Account, compare, differences_from, lineage, verdict_of
    from stdpbench.runs.catalog.names import find_run

    folder = find_run(run, runs or runs_folder())
    store = Store(beside := folder.path.parent, keep=_holds_runs(beside, runs or runs_folder()))
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
    other = find_run(against, runs or runs_folder()) if against else None
    if other is None and parent is not None:
        other = find_run(str(parent.path), folder.path.parent)
    sys.stderr.write(unreadable)
    comparison = None if other is None else compare([other, folder])
    base = base_of(folder)
    differences = {} if comparison is not None else differences_from(account, base.experiment)
    if json:
        record = _plain(account) | noted_record(noted) | {"lineage": origins, "children": children}
        record["against"] = {"name": base.name, "parameters": differences}
        if comparison is not None:
            record["against"] = _differences(comparison)
        sys.stdout.write(json_format.dumps(record, ensure_ascii=False) + "\n")
        return
    _show_account(account, about, origins, children, account.missing if comparison is None else (), noted)
    if comparison is not None:
        _show_comparison(comparison, "Differences from")
    else:
        sys.stdout.write("\n")
        if differences:
            rows = [[path, theirs, own] for path, (theirs, own) in differences.items()]
            sys.stdout.write(f"Differences from {base.title}\n")
            sys.stdout.write(plain_table(["parameter", base.name, account.title or account.name], rows))
        else:
            sys.stdout.write(f"Its parameters are those of {base.title}.\n")
        _show_metrics(
            ["value"], [account.start_flatters], {name: (metric,) for name, metric in account.metrics.items()}
        )
    if judged := verdict_of(account):
        sys.stdout.write(wrapped(judged))


def compare_command(
    names: Sequence[str], figure: Path | None, width: str | None, json: bool, runs: Path | None
) -> None:
    """Carry out ``stdpbench compare``."""
    from stdpbench.results.figures.paper import check_beside, write_beside
    from stdpbench.results.figures.saving import figure_width, write_figure
    from stdpbench.runs.catalog.comparison import compare, verdict_of
    from stdpbench.runs.catalog.comparison_spec import title_and_name
    from stdpbench.runs.catalog.names import find_run
    from stdpbench.studies.sweeps.seeds import BASELINE_HEADINGS, over_seeds

    wide = figure_width(figure, "--figure", width)
    if figure is not None:
        check_beside(figure)
    folders = [find_run(name, runs or runs_folder()) for name in names]
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
        record = _differences(comparison) | {"runs": [_plain(account) for account in comparison.accounts]}
        record["over_seeds"] = None if groups is None else groups.to_mapping()
        sys.stdout.write(json_format.dumps(record, ensure_ascii=False) + "\n")
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


def delete_command(names: Sequence[str], empty: bool, yes: bool, runs: Path | None) -> None:
    """Carry out ``stdpbench delete``."""
    from stdpbench.runs.catalog.names import find_run
    from stdpbench.runs.queue.run_queue import delete_run

    runs = runs or runs_folder()
    if not names and not empty:
        raise StdpbenchError("name the runs to move to the bin, or use --empty-bin")
    for folder in [find_run(name, runs) for name in names]:
        place, item = delete_run(folder)
        sys.stdout.write(f"{folder.path.name} is in the bin; `stdpbench restore {place.name}` brings it back.\n")
        if item is not None:
            sys.stdout.write(f"It was item {item.number} of the queue, and has been removed from it.\n")
    if empty:
        _empty_bin(runs, yes)


def _empty_bin(runs: Path, yes: bool) -> None:
    """Remove the runs in the bin after confirmation, and list what stays."""
    import typer

    from stdpbench.runs.catalog.trash import bin_content, bin_folder, empty_bin

    found = bin_content(runs)
    if found.runs and not yes:
        sys.stdout.write(f"In {bin_folder(runs)}:\n{''.join(f'  {name}{chr(10)}' for name in found.runs)}")
        n = len(found.runs)
        try:
            agreed = typer.confirm(f"Permanently remove {'this run' if n == 1 else f'these {n} runs'}?")
        except typer.Abort:  # no terminal to answer from
            sys.stdout.write("\n")
            raise StdpbenchError("nothing was removed: answer y, or use --yes") from None
        if not agreed:
            sys.stdout.write("Nothing was removed.\n")
            return
    if found.runs:
        removed, _, size = empty_bin(runs, found.runs)
        sys.stdout.write(
            f"{len(removed)} run{'' if len(removed) == 1 else 's'} permanently removed, {size / 1e6:.1f} MB.\n"
        )
    else:
        sys.stdout.write("There are no runs in the bin.\n")
    for name in found.busy:
        sys.stdout.write(f"{name} stays in the bin: a process is using it.\n")
    if found.foreign:
        more = len(found.foreign) - _NAMED
        named = ", ".join(found.foreign[:_NAMED]) + (f" and {more} more" if more > 0 else "")
        sys.stdout.write(f"Other files in {bin_folder(runs)} stay, as they are not deleted runs: {named}.\n")


def restore_command(name: str, runs: Path | None) -> None:
    """Carry out ``stdpbench restore``."""
    from stdpbench.runs.catalog.trash import restore

    folder = restore(runs or runs_folder(), name)
    sys.stdout.write(f"run folder: {folder.path}\n")


def _holds_runs(folder: Path, runs: Path) -> bool:
    """Whether a folder is a runs folder or a sweep folder; no index is left next to a run elsewhere."""
    return folder.resolve() == runs.resolve() or (folder / SWEEP).is_file()


def _find_sweep(text: str, runs: Path) -> Path:
    """Find the folder of a sweep by its path or its name in `runs`.

    Raises
    ------
    StdpbenchError
        If there is none.
    """
    for folder in (runs / text, Path(text).expanduser()):
        if text and (folder / SWEEP).is_file():
            return folder
    known = [folder.name for folder in sweep_folders(runs)]
    hint = suggestion(text, known) if known else f"there is none in {runs}"
    raise StdpbenchError(f"there is no sweep {text!r}, neither as a folder nor in {runs}; {hint}")


def _stream_columns(entries: Sequence[Entry]) -> list[str]:
    """Return the measures of streams that entries have, as columns."""
    found = dict.fromkeys(path for entry in entries for path in entry.metrics if path.startswith(_STREAM))
    return [path for path in found if path != f"{_STREAM}seconds"]


def _cell(entry: Entry, column: str) -> str:
    if column in ("started", "ended"):
        return local_time(getattr(entry, column))
    if column == "duration":
        return "" if entry.duration is None else clock(entry.duration)
    if column == "vote":
        return "" if entry.vote is None else f"{100 * entry.vote:5.2f} % {entry.weights_origin.word}".rstrip()
    return entry.text(column)


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
    lines[1:1] = noted_lines(noted)
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
    others = [*map(title_and_name, comparison.accounts)]
    sys.stdout.write("\n")
    sys.stdout.write(wrapped(f"{title} {', '.join(others[:-1] if title.endswith('from') else others)}"))
    rows = [[path, *texts] for path, texts in comparison.parameters.items()]
    rows += [[f"version of {name}", *texts] for name, texts in comparison.versions.items()]
    if rows:
        sys.stdout.write(plain_table(["", *names], rows))
    else:
        sys.stdout.write("None: parameters and versions are the same.\n")
    _show_metrics(names, [one.start_flatters for one in comparison.accounts], comparison.metrics)
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


def _plain(account: Account) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(account)


def _differences(comparison: Comparison) -> dict[str, Any]:
    from dataclasses import asdict

    record = asdict(comparison)
    names = [account["name"] for account in record.pop("accounts")]
    return {"names": names, **record}
