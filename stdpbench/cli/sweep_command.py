"""``stdpbench sweep``: run a sweep from the terminal, and show the results."""

from __future__ import annotations

import json as json_format
import shlex
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.paths import runs_folder
from stdpbench.cli.follow import INTERRUPTED, Interrupt
from stdpbench.cli.progress import Bars
from stdpbench.cli.terminal import Console
from stdpbench.results.figures.paper import check_beside, write_beside
from stdpbench.results.figures.saving import figure_width, write_figure
from stdpbench.runs.protocol.facts import Remarked
from stdpbench.studies.sweeps import Report, Sweep, SweepState, carry_out, make_report, read_sweep, write_report
from stdpbench.studies.sweeps.arms import fixed_arms
from stdpbench.studies.sweeps.local import Local
from stdpbench.studies.sweeps.report import (
    best_text,
    cells,
    figure_caption,
    figure_of,
    figure_table,
    headings,
    to_mapping,
)
from stdpbench.studies.sweeps.result import is_share
from stdpbench.studies.sweeps.tuning import tuning_round
from stdpbench.studies.sweeps.workplace import Begun, Ended, Moved, SweepEvent, Workplace

_WIDE = 140  # columns of a terminal
_NAME = 28
"""Columns that the names of arms get on a narrow terminal, if they need them."""


@dataclass(frozen=True)
class Place:
    """Where runs are executed: here in some processes, on the cluster of a Dask scheduler, or in jobs of Slurm."""

    processes: int = 0
    dask: str | None = None
    slurm: int | None = None
    shared: bool = False

    def __post_init__(self) -> None:
        """Refuse options that do not belong together."""
        if self.dask is not None and self.slurm is not None:
            raise StdpbenchError("--dask and --slurm exclude each other")
        if self.shared and self.dask is None and self.slurm is None:
            raise StdpbenchError("--shared belongs to --dask or --slurm: runs on this machine need no shared folder")

    @property
    def words(self) -> list[str]:
        """Its options, as typed."""
        words = ["--dask", self.dask] if self.dask is not None else []
        words += ["--slurm", str(self.slurm)] if self.slurm is not None else []
        return [*words, "--shared"] if self.shared else words

    @contextmanager
    def opened(self, state: SweepState) -> Iterator[Workplace]:
        """Yield the workplace; leave the cluster, or end the jobs of Slurm, afterwards."""
        about = {"command": shlex.join(["stdpbench", *sys.argv[1:]])}
        with ExitStack() as stack:
            if self.dask is None and self.slurm is None:
                yield stack.enter_context(closing(Local(state, self.processes, about)))
                return
            from stdpbench.studies.sweeps.cluster import Cluster

            address = self.dask
            if address is None:
                from stdpbench.studies.sweeps.cluster import SlurmWorkers

                address = stack.enter_context(closing(SlurmWorkers(self.slurm or 1))).address
            yield stack.enter_context(closing(Cluster(address, state, about, self.shared)))


def sweep_command(
    name: str, runs: Path | None, place: Place, json: bool, figure: Path | None = None, width: str | None = None
) -> None:
    """Carry out ``stdpbench sweep``.

    Raises
    ------
    SystemExit
        With status 130 if it was stopped, 1 if a run failed.
    """
    wide = figure_width(figure, "--figure", width)
    sweep, console = read_sweep(name), Console(stderr=json)
    folder = (runs or runs_folder()) / sweep.folder_name
    if figure is not None:
        if figure.with_suffix("").resolve() == (folder / "results").resolve():
            raise StdpbenchError(
                f"--figure {figure}: the sweep writes results.png and results.csv anyway; choose another name"
            )
        check_beside(figure)
    with SweepState(folder) as state:
        console.print(f"sweep folder: {state.folder}", soft_wrap=True)
        with place.opened(state) as workplace:
            whole = _follow(sweep, state, workplace, console)
        report = make_report(sweep, state)
        write_report(report, state.folder)
        _show(report, state.folder, console)
        if figure is not None:
            text = "There is no figure: no arm has a result to rank."
            if (drawn := figure_of(report, wide)) is not None:
                write_figure(drawn, figure)
                write_beside(figure, figure_table(report), figure_caption(report))
                text = f"figure: {figure} (and .csv, .txt)"
            console.print(text, soft_wrap=True)
        if not whole:
            where = [] if runs is None else ["--runs", str(runs)]
            again = shlex.join(["stdpbench", "sweep", name, *where, *place.words])
            console.print(f"Stopped. `{again}` continues.", soft_wrap=True)
        if json:
            record = {"path": str(state.folder.resolve()), "stopped": not whole, "results": to_mapping(report)}
            sys.stdout.write(json_format.dumps(record, ensure_ascii=False) + "\n")
    if not whole:
        sys.exit(INTERRUPTED)
    if report.failures:
        sys.exit(1)


def _follow(sweep: Sweep, state: SweepState, place: Workplace, console: Console) -> bool:
    """Run the sweep and show its progress; return whether it was completed."""
    message = "Stopping active runs; press Ctrl+C again to exit at once."
    n_arms = len(fixed_arms(sweep)) + (sweep.optuna.n_trials if sweep.optuna else 0)
    tuning = tuning_round(sweep)
    n_jobs = n_arms * len(sweep.seeds) + (len(tuning.jobs) if tuning is not None else 0)
    display = SweepDisplay(console, n_jobs, len(state.results))
    with display, Interrupt(console, message).heard() as interrupt:
        events = carry_out(sweep, state, place, lambda: interrupt.asked)
        with closing(events):
            while True:
                try:
                    display.take(next(events))
                except StopIteration as end:
                    return bool(end.value)


class SweepDisplay(Bars):
    """Shows the progress of a sweep: an overall bar and one per run on a terminal, a line per run elsewhere."""

    def __init__(self, console: Console, total: int, known: int) -> None:
        self._console = console
        self._bars = Progress(
            TextColumn("{task.description:<44}", markup=False),
            BarColumn(bar_width=24),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeElapsedColumn(),
            TextColumn("{task.fields[note]}", markup=False),
            console=console,
            disable=not console.is_terminal,
        )
        self._done, self._total = known, total
        self._all = self._bars.add_task("runs", total=max(total, known), completed=known, note="")
        self._tasks: dict[str, TaskID] = {}

    def take(self, event: SweepEvent) -> None:
        """Show an event."""
        if isinstance(event, Remarked):
            self._say(event.text)
        elif isinstance(event, Moved):
            key = event.job.key
            if key not in self._tasks:
                text = f"{event.job.arm[:34]}, seed {event.job.seed}"
                self._tasks[key] = self._bars.add_task(text, total=1.0, note="")
            self._bars.update(self._tasks[key], completed=event.share, note=event.phase)
        elif isinstance(event, Ended):
            self._end(event)
        elif isinstance(event, Begun):
            pass

    def _end(self, event: Ended) -> None:
        task = self._tasks.pop(event.job.key, None)
        if task is not None:
            self._bars.remove_task(task)
        name = f"{event.job.arm}, seed {event.job.seed}"
        if event.result is not None:
            self._done += 1
            self._bars.update(self._all, completed=self._done, note=f"{self._done} of {self._total}")
            parts = [f"{k} {100 * v:.2f} %" if is_share(k) else f"{k} {v:.4g}" for k, v in event.result.values.items()]
            self._say(f"{name}: {', '.join(parts)} ({self._done} of {self._total})")
        else:
            self._say(f"{name}: {'stopped' if event.stopped else 'failed'}: {event.reason}")

    def _say(self, text: str) -> None:
        self._console.print(text, soft_wrap=True)


def _table(report: Report, width: int) -> tuple[Table, int]:
    """Build the table of a sweep, and count the columns left out.

    On a narrow terminal, spreads and intervals are below their means, and the last columns are left out, so that names
    of arms can be read.
    """
    wide = width >= _WIDE
    names, rows = list(headings(report.sweep)), [list(cells(row, report)) for row in report.rows]
    if not wide:
        names[1:] = [name.replace(" ", "\n") for name in names[1:]]
        for row in rows:
            row[1:] = [t.replace(" ±", "\n±").replace(" [", "\n[").replace(" (", "\n(") for t in row[1:]]
    table, left = Table(box=None, padding=(0, 2, 0 if wide else 1, 0)), width
    shown = 0
    for number, column in enumerate(zip(names, *rows, strict=True)):
        needed = max(len(line) for text in column for line in text.splitlines() or [""])
        left -= (min(needed, _NAME) if number == 0 else needed) + 2
        if not wide and number > 0 and left < -2:  # the last column needs no padding
            break
        justify: Literal["left", "right"] = "left" if number == 0 else "right"
        table.add_column(names[number], justify=justify, no_wrap=number > 0, overflow="fold")
        shown += 1
    for row in rows:
        table.add_row(*(Text(text) for text in row[:shown]))
    return table, len(names) - shown


def _show(report: Report, folder: Path, console: Console) -> None:
    if report.rows:
        table, left_out = _table(report, console.width)
        console.print(table)
        if left_out:
            console.print(f"{left_out} more columns are in {folder / 'results.md'}.", soft_wrap=True)
    for remark in report.remarks:
        console.print(remark, soft_wrap=True)
    if report.best is not None and len(report.rows) > 1:
        console.print(best_text(report), soft_wrap=True)
    for run, reason in report.failures.items():
        console.print(f"Failed: {run}: {reason}", soft_wrap=True)
    if report.missing:
        console.print(f"{report.missing} runs are not finished.")
    console.print(f"table and figure: {folder}", soft_wrap=True)
