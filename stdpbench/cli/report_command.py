"""Implementation of ``report``."""

from __future__ import annotations

import json as json_format
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from rich.table import Table

from stdpbench.base.paths import runs_folder
from stdpbench.base.units import minus
from stdpbench.cli.follow import INTERRUPTED, Interrupt
from stdpbench.cli.progress import Display
from stdpbench.cli.terminal import Console
from stdpbench.results.readout import INTERVAL
from stdpbench.runs.catalog.access_log import ABOUT_LOOKS
from stdpbench.runs.catalog.names import find_run
from stdpbench.runs.protocol.facts import Progress
from stdpbench.studies.report.build import PAGE, ReportOptions, make_report
from stdpbench.studies.sweeps.seeds import BASELINE_HEADINGS, about_baselines
from stdpbench.studies.sweeps.statistics import Difference, Spread, difference_text, known, spread_text


def report_command(
    runs: Sequence[str], output: Path | None, options: ReportOptions, folder: Path | None, json: bool
) -> None:
    """Carry out ``stdpbench report``."""
    folders = [find_run(run, folder or runs_folder()) for run in runs]
    target = output or (folders[0].path / "report" if len(folders) == 1 else Path("report"))
    console, data = Console(stderr=json), dict[str, Any]()
    interrupt, stopped = Interrupt(console, "Stopping after this part; press Ctrl+C again to end at once."), False
    with Display(console) as display, closing(make_report(folders, target, options)) as events:
        while not stopped:
            try:
                with interrupt.heard():  # installed repeatedly: importing brian2 installs its own handler
                    event = next(events)
            except StopIteration as end:
                data = end.value
                break
            if isinstance(event, Progress):
                display.progress(event)
            else:
                console.print(event.text, soft_wrap=True)
            stopped = interrupt.asked
    if stopped:
        sys.exit(INTERRUPTED)
    _show(data, console)
    console.print(f"report: {target / PAGE}", soft_wrap=True)
    if json:
        record = {"path": str((target / PAGE).resolve()), "runs": data["runs"]}
        sys.stdout.write(json_format.dumps(record, ensure_ascii=False) + "\n")


def _show(data: dict[str, Any], console: Console) -> None:
    for run in data["runs"]:
        if "end" in run:
            _show_stream(run, console)
        else:
            _show_run(run, console)
    _show_baselines((data.get("together", {}).get("over_seeds") or {}).get("groups", ()), console)


def _show_baselines(groups: Sequence[Mapping[str, Any]], console: Console) -> None:
    """Print what the vote is above baselines, over seeds."""
    if not any(group.get("baselines") for group in groups):
        return
    table = Table(title="the vote against baselines, paired by seed", title_justify="left")
    for number, heading in enumerate(BASELINE_HEADINGS):
        table.add_column(heading, justify="right" if number > 1 else "left")
    shown = []
    for group in groups:
        for one in group["baselines"]:
            accuracy = Spread(**known(one["accuracy"]))
            difference = Difference(**known(one["vote_minus_baseline"]))
            row = (group["label"] or "all", one["name"], str(difference.n), spread_text(accuracy))
            table.add_row(*row, difference_text(difference))
            shown.append(difference)
    console.print(table)
    console.print(about_baselines(shown))
    for group in groups:
        if group["verdict"]:
            console.print(f"{group['label']}: {group['verdict']}".removeprefix(": "))


def _show_stream(run: dict[str, Any], console: Console) -> None:
    table = Table(title=run["run"], title_justify="left")
    table.add_column("measure")
    for heading in ("first piece", "whole stream", f"last {run['end_seconds']:g} s"):
        table.add_column(heading, justify="right")
    for row in run["end"]:
        values = ("–" if row[name] is None else minus(f"{row[name]:.3f}") for name in ("first", "whole", "end"))
        table.add_row(row["title"], *values)
    console.print(table)


def _show_run(run: dict[str, Any], console: Console) -> None:
    table = Table(title=run["run"], title_justify="left")
    table.add_column("what reads")
    uneven = any(row["balanced"] is not None for row in run["accuracies"])
    for heading in ("%", *(("balanced %",) if uneven else ()), INTERVAL, "pictures"):
        table.add_column(heading, justify="right")
    for row in run["accuracies"]:
        name = f"{row['name']} (supervised)" if row["supervised"] else row["name"]
        interval = f"{100 * row['low']:.1f} – {100 * row['high']:.1f}"
        balanced = ("–" if row["balanced"] is None else f"{100 * row['balanced']:.2f}",) if uneven else ()
        table.add_row(name, f"{100 * row['accuracy']:.2f}", *balanced, interval, str(row["n_images"]))
    console.print(table)
    if run["verdict"]:
        console.print(run["verdict"], highlight=False)
    readings = run["readings"]
    if not readings["data_set"]:
        return
    accesses = "an unknown number of times (no journal)" if readings["run"] is None else f"{readings['run']} times"
    console.print(
        f"labels of evaluated pictures were read {accesses} for the run; looks of all runs in its folder: "
        f"{readings['experiment']} of the experiment, {readings['data_set']} at test labels of the data set. "
        f"{ABOUT_LOOKS}",
    )
