"""Commands about this machine: ``stdpbench gui``, ``stdpbench doctor`` and ``stdpbench bench``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.paths import runs_folder
from stdpbench.cli import completion
from stdpbench.cli.options import AsJson, NewRuns, Runs, find_run
from stdpbench.cli.output import write_json

if TYPE_CHECKING:
    from rich.table import Table

    from stdpbench.engine.doctor import Finding

machine_app = typer.Typer()


@machine_app.command()
def gui(
    what: Annotated[
        str | None,
        typer.Argument(
            metavar="RUN|EXPERIMENT|FILE",
            help="A run to show, a zip file of one, or an experiment to run after confirmation.",
            autocompletion=completion.experiments_or_runs,
        ),
    ] = None,
    runs: Runs = None,
) -> None:
    """Open the desktop app."""
    from importlib import import_module

    folder = runs or runs_folder()
    path = None if what is None else _to_open(what, folder)
    sys.exit(import_module("stdpbench_gui").main(sys.argv[:1], folder, path))


@machine_app.command()
def doctor(json: AsJson = False) -> None:
    """Check compiler, package versions, display and data, and suggest fixes for problems."""
    from stdpbench.cli.terminal import Console
    from stdpbench.engine.doctor import diagnose

    findings = diagnose()
    if json:
        write_json([asdict(finding) for finding in findings])
    else:
        Console().print(findings_table(findings))
        print(summary(findings))
    if any(finding.state == "fault" for finding in findings):
        sys.exit(1)


@machine_app.command()
def bench(
    experiment: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[EXPERIMENT|FILE]…",
            help="Time whole runs of these instead, as with --experiments.",
            autocompletion=completion.experiment_names,
        ),
    ] = None,
    experiments: Annotated[
        bool,
        typer.Option(
            "--experiments",
            help="Time whole runs instead, with an empty cache of compiled networks: those of the named "
            "experiments, or of all with a goal, which takes hours.",
        ),
    ] = False,
    full: Annotated[bool, typer.Option("--full", help="Measure all sizes and baselines: minutes.")] = False,
    against: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Compare with the results of an earlier benchmark.")
    ] = None,
    output: Annotated[Path, typer.Option(metavar="FILE", help="JSON file for the results.")] = Path("bench.json"),
    runs: NewRuns = None,
) -> None:
    """Measure training speed against plain Brian2, in at most three minutes, or with --full in all sizes.

    With --experiments, or names of experiments, time whole runs, including compiling and testing.
    """
    from stdpbench.cli.bench import bench_experiments, bench_training

    if experiments or experiment:
        if full:
            raise StdpbenchError("--full measures training speed, not whole runs: leave out --full or the experiments")
        bench_experiments(experiment or [], output, against, runs or runs_folder())
    else:
        if runs is not None:
            raise StdpbenchError("--runs is for whole runs: name experiments, or add --experiments")
        bench_training(full, output, against)


def findings_table(findings: Sequence[Finding]) -> Table:
    """Return findings as a table, each fix below its finding."""
    from rich.text import Text

    from stdpbench.cli.terminal import PLAIN, new_table

    colours = {"ok": "green", "warning": "yellow", "fault": "bold red"}
    table = new_table("state", "what", "found", pad_edge=False, **PLAIN)
    table.columns[0].no_wrap = table.columns[1].no_wrap = True
    for finding in findings:
        # Text, not str: brackets in a path or in "stdpbench[test]" are not markup
        detail = Text(finding.detail)
        if finding.fix:
            detail.append(f"\n→ {finding.fix}", style="bold")
        table.add_row(Text(finding.state, style=colours[finding.state]), Text(finding.name), detail)
    return table


def summary(findings: Sequence[Finding]) -> str:
    """Return a sentence with the numbers of faults and warnings."""
    counts = [(sum(finding.state == state for finding in findings), state) for state in ("fault", "warning")]
    parts = [f"{count} {state}{'s' * (count > 1)}" for count, state in counts if count]
    return f"{' and '.join(parts)}; each fix follows an arrow." if parts else "Everything is in order."


def _to_open(name: str, runs: Path) -> Path:
    """Return the run folder, the zip file of a run or the experiment file with a name.

    Raises
    ------
    StdpbenchError
        If there is no such run or file.
    """
    from stdpbench.experiment import read_experiment, shipped_experiments

    file = shipped_experiments().get(name, Path(name).expanduser())
    if file.is_file():
        if file.suffix != ".zip":
            read_experiment(file)  # reports errors on the terminal
        return file.absolute()
    return find_run(name, runs).path.absolute()
