"""The command ``stdpbench sweep``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.paths import runs_folder
from stdpbench.cli import completion
from stdpbench.cli.options import EndWithJson, FigureWidth, about_command
from stdpbench.cli.output import write_json

if TYPE_CHECKING:
    from rich.progress import TaskID
    from rich.table import Table

    from stdpbench.cli.terminal import Console
    from stdpbench.studies.sweeps import Report, Sweep, SweepState
    from stdpbench.studies.sweeps.workplace import Ended, SweepEvent, Workplace

sweep_app = typer.Typer()
_WIDE = 140  # characters; a narrower terminal gets a compact table
_NAME = 28
"""Maximum width of the names of arms on a narrow terminal."""


@sweep_app.command()
def sweep(
    file: Annotated[
        str,
        typer.Argument(
            metavar="SWEEP|FILE", help="A shipped sweep, or a TOML file.", autocompletion=completion.sweep_files
        ),
    ],
    runs: Annotated[
        Path | None,
        typer.Option(
            "--runs", metavar="DIR", help="Folder for the sweep folder. Default: $STDPBENCH_RUNS, else ./runs."
        ),
    ] = None,
    processes: Annotated[
        int, typer.Option(min=0, metavar="N", help="Runs at the same time; 0 uses one per processor.")
    ] = 0,
    dask: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Run on a Dask cluster: the address of its scheduler."),
    ] = None,
    slurm: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="Run in N jobs of Slurm at the same time; partition, account and time limit are set in "
            "dask-jobqueue's configuration.",
        ),
    ] = None,
    shared: Annotated[
        bool,
        typer.Option(
            "--shared",
            help="With --dask or --slurm: all machines see the sweep's folder under the same path. Runs are executed "
            "there, and continue from a checkpoint if their machine fails.",
        ),
    ] = False,
    figure: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Also draw the arms: .pdf, .svg or .png, with numbers (.csv) and caption (.txt) beside it.",
        ),
    ] = None,
    width: FigureWidth = None,
    json: EndWithJson = False,
) -> None:
    """Compare experiments over seeds, on held-out training pictures; the same command continues after a stop."""
    from stdpbench.cli.follow import INTERRUPTED
    from stdpbench.cli.terminal import Console
    from stdpbench.results.figures.paper import check_beside, write_beside
    from stdpbench.results.figures.saving import figure_width, write_figure
    from stdpbench.studies.sweeps import SweepState, make_report, read_sweep, write_report
    from stdpbench.studies.sweeps.report import figure_caption, figure_of, figure_table, to_mapping

    if dask is not None and slurm is not None:
        raise StdpbenchError("--dask and --slurm exclude each other")
    if shared and dask is None and slurm is None:
        raise StdpbenchError("--shared is for --dask and --slurm: runs on this machine need no shared folder")
    wide = figure_width(figure, "--figure", width)
    planned, console = read_sweep(file), Console(stderr=json)
    folder = (runs or runs_folder()) / planned.folder_name
    if figure is not None:
        if figure.with_suffix("").resolve() == (folder / "results").resolve():
            raise StdpbenchError(
                f"--figure {figure}: the sweep writes results.png and results.csv anyway; choose another name"
            )
        check_beside(figure)
    with SweepState(folder) as state:
        console.print(f"sweep folder: {state.folder}", soft_wrap=True)
        with _workplace(state, processes, dask, slurm, shared) as place:
            completed = _follow(planned, state, place, console)
        report = make_report(planned, state)
        write_report(report, state.folder)
        print_report(report, state.folder, console)
        if figure is not None:
            text = "There is no figure, since no arm has a result."
            if (drawn := figure_of(report, wide)) is not None:
                write_figure(drawn, figure)
                write_beside(figure, figure_table(report), figure_caption(report))
                text = f"figure: {figure} (and .csv, .txt)"
            console.print(text, soft_wrap=True)
        if not completed:
            console.print(f"Stopped. `{about_command()['command']}` continues.", soft_wrap=True)
        if json:
            write_json({"path": str(state.folder.resolve()), "stopped": not completed, "results": to_mapping(report)})
    if not completed:
        sys.exit(INTERRUPTED)
    if report.failures:
        sys.exit(1)


@contextmanager
def _workplace(
    state: SweepState, processes: int, dask: str | None, slurm: int | None, shared: bool
) -> Iterator[Workplace]:
    """Yield the place where runs are executed: this machine, a Dask cluster, or jobs of Slurm, which end with it."""
    from stdpbench.studies.sweeps.local import Local

    with ExitStack() as stack:
        if dask is None and slurm is None:
            yield stack.enter_context(closing(Local(state, processes, about_command())))
            return
        from stdpbench.studies.sweeps.cluster import Cluster

        if dask is None:
            from stdpbench.studies.sweeps.cluster import SlurmWorkers

            dask = stack.enter_context(closing(SlurmWorkers(slurm or 1))).address
        yield stack.enter_context(closing(Cluster(dask, state, about_command(), shared)))


def _follow(sweep: Sweep, state: SweepState, place: Workplace, console: Console) -> bool:
    """Run the sweep and show its progress; return whether it was completed."""
    from stdpbench.cli.follow import Interrupt
    from stdpbench.studies.sweeps import carry_out
    from stdpbench.studies.sweeps.arms import fixed_arms
    from stdpbench.studies.sweeps.tuning import tuning_round

    message = "Stopping active runs; press Ctrl+C again to exit at once."
    n_arms = len(fixed_arms(sweep)) + (sweep.optuna.n_trials if sweep.optuna else 0)
    tuning = tuning_round(sweep)
    n_jobs = n_arms * len(sweep.seeds) + (len(tuning.jobs) if tuning is not None else 0)
    display = SweepDisplay(console, n_jobs, len(state.results))
    with display.bars, Interrupt(console, message).heard() as interrupt:
        events = carry_out(sweep, state, place, lambda: interrupt.asked)
        with closing(events):
            while True:
                try:
                    display.take(next(events))
                except StopIteration as end:
                    return bool(end.value)


class SweepDisplay:
    """Shows the progress of a sweep: bars for the sweep and each run on a terminal, otherwise a line per run."""

    def __init__(self, console: Console, total: int, done: int) -> None:
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        self._console = console
        self.bars = Progress(
            TextColumn("{task.description:<44}", markup=False),
            BarColumn(bar_width=24),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeElapsedColumn(),
            TextColumn("{task.fields[note]}", markup=False),
            console=console,
            disable=not console.is_terminal,
        )
        self._done, self._total = done, total
        self._all = self.bars.add_task("runs", total=max(total, done), completed=done, note="")
        self._tasks: dict[str, TaskID] = {}

    def take(self, event: SweepEvent) -> None:
        """Show an event."""
        from stdpbench.runs.protocol.facts import Remarked
        from stdpbench.studies.sweeps.workplace import Ended, Moved

        if isinstance(event, Remarked):
            self._say(event.text)
        elif isinstance(event, Moved):
            key = event.job.key
            if key not in self._tasks:
                text = f"{event.job.arm[:34]}, seed {event.job.seed}"
                self._tasks[key] = self.bars.add_task(text, total=1.0, note="")
            self.bars.update(self._tasks[key], completed=event.share, note=event.phase)
        elif isinstance(event, Ended):
            self._end(event)

    def _end(self, event: Ended) -> None:
        from stdpbench.studies.sweeps.result import is_share

        task = self._tasks.pop(event.job.key, None)
        if task is not None:
            self.bars.remove_task(task)
        name = f"{event.job.arm}, seed {event.job.seed}"
        if event.result is not None:
            self._done += 1
            self.bars.update(self._all, completed=self._done, note=f"{self._done} of {self._total}")
            parts = [f"{k} {100 * v:.2f} %" if is_share(k) else f"{k} {v:.4g}" for k, v in event.result.values.items()]
            self._say(f"{name}: {', '.join(parts)} ({self._done} of {self._total})")
        else:
            self._say(f"{name}: {'stopped' if event.stopped else 'failed'}: {event.reason}")

    def _say(self, text: str) -> None:
        self._console.print(text, soft_wrap=True)


def _table(report: Report, width: int) -> tuple[Table, int]:
    """Return the table of a sweep and the number of columns left out.

    On a narrow terminal, spreads and intervals are below their means, and the last columns are left out, so that the
    names of arms are readable.
    """
    from rich.table import Table
    from rich.text import Text

    from stdpbench.studies.sweeps.report import cells, headings

    wide = width >= _WIDE
    names, rows = list(headings(report.sweep)), [list(cells(row, report)) for row in report.rows]
    if not wide:
        names[1:] = [name.replace(" ", "\n") for name in names[1:]]
        for row in rows:
            row[1:] = [t.replace(" ±", "\n±").replace(" [", "\n[").replace(" (", "\n(") for t in row[1:]]
    table, remaining = Table(box=None, padding=(0, 2, 0 if wide else 1, 0)), width
    shown = 0
    for number, column in enumerate(zip(names, *rows, strict=True)):
        needed = max(len(line) for text in column for line in text.splitlines() or [""])
        remaining -= (min(needed, _NAME) if number == 0 else needed) + 2
        if not wide and number > 0 and remaining < -2:  # the last column needs no padding
            break
        justify: Literal["left", "right"] = "left" if number == 0 else "right"
        least = min(needed, _NAME) if number == 0 else needed
        table.add_column(names[number], justify=justify, no_wrap=number > 0, overflow="fold", min_width=least)
        shown += 1
    for row in rows:
        table.add_row(*(Text(text) for text in row[:shown]))
    return table, len(names) - shown


def print_report(report: Report, folder: Path, console: Console) -> None:
    """Print the table and the findings of a sweep."""
    from stdpbench.studies.sweeps.report import best_text

    if report.rows:
        table, left_out = _table(report, console.width)
        console.print(table)
        if left_out:
            console.print(f"Further columns ({left_out}) are in {folder / 'results.md'}.", soft_wrap=True)
    for remark in report.remarks:
        console.print(remark, soft_wrap=True)
    if report.best is not None and len(report.rows) > 1:
        console.print(best_text(report), soft_wrap=True)
    for run, reason in report.failures.items():
        console.print(f"Failed: {run}: {reason}", soft_wrap=True)
    if report.missing:
        console.print(f"{report.missing} runs are not finished.")
    console.print(f"table and figure: {folder}", soft_wrap=True)
