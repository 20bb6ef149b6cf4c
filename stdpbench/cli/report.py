"""The commands ``stdpbench report`` and ``stdpbench hardware``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stdpbench.base.text_table import terminal_width
from stdpbench.base.units import minus
from stdpbench.cli import completion
from stdpbench.cli.options import AsJson, EndWithJson, Run, Runs, SimulatorName, Workers, find_run
from stdpbench.cli.output import write_json

if TYPE_CHECKING:
    from stdpbench.cli.terminal import Console

report_app = typer.Typer()


@report_app.command()
def report(
    run: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN…", help="Finished runs; several are compared side by side.", autocompletion=completion.runs_of
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder for the report. Default: RUN/report, or ./report for several runs."),
    ] = None,
    robustness: Annotated[
        bool,
        typer.Option(
            "--robustness", help="Also measure accuracy under noise, damage and short stimuli: takes minutes."
        ),
    ] = False,
    robustness_images: Annotated[
        int, typer.Option(min=1, metavar="N", help="Pictures per point of the robustness curves.")
    ] = 1000,
    thresholds: Annotated[
        bool,
        typer.Option(
            "--thresholds", help="Also measure the start weights with adapted thresholds; takes as long as training."
        ),
    ] = False,
    sample: Annotated[
        int, typer.Option(min=20, metavar="N", help="Number of pictures presented again, clustered and embedded.")
    ] = 2000,
    repeats: Annotated[
        int,
        typer.Option(
            min=0, metavar="N", help="Number of times these pictures are presented again, with other input spikes."
        ),
    ] = 2,
    workers: Workers = 0,
    simulator: SimulatorName = None,
    runs: Runs = None,
    json: EndWithJson = False,
) -> None:
    """Write a report on the learned networks: read-outs, clusters, baselines; for streams, measures over time."""
    from stdpbench.cli.follow import follow_events
    from stdpbench.cli.terminal import Console
    from stdpbench.studies.report.analysis import Extent
    from stdpbench.studies.report.build import PAGE, ReportOptions, make_report

    n_robust = robustness_images if robustness else 0
    options = ReportOptions(Extent(sample, repeats), n_robust, workers, simulator, thresholds)
    folders = [find_run(name, runs) for name in run]
    target = output or (folders[0].path / "report" if len(folders) == 1 else Path("report"))
    console = Console(stderr=json)
    data = follow_events(make_report(folders, target, options), console)
    for of_run in data["runs"]:
        if "end" in of_run:
            _print_stream(of_run, console)
        else:
            _print_run(of_run, console)
    _print_baselines((data.get("together", {}).get("over_seeds") or {}).get("groups", ()), console)
    console.print(f"report: {target / PAGE}", soft_wrap=True)
    if json:
        write_json({"path": str((target / PAGE).resolve()), "runs": data["runs"]})


@report_app.command()
def hardware(
    run: Run,
    target: Annotated[
        list[str] | None,
        typer.Option(
            metavar="loihi|loihi2|spinnaker|truenorth|dynap-cnn",
            help="A chip. Repeatable. Default: all.",
            autocompletion=completion.chips,
        ),
    ] = None,
    runs: Runs = None,
    json: AsJson = False,
) -> None:
    """Check whether a trained network fits neuromorphic chips, and estimate its energy from published figures."""
    from stdpbench.bridges.hardware.check import plain_text
    from stdpbench.studies.report.chip_check import check_run

    folder = find_run(run, runs)
    checks = check_run(folder, tuple(dict.fromkeys(target or [])))
    if json:
        write_json({"path": str(folder.path.resolve()), "targets": [check.to_mapping() for check in checks]})
        return
    print(plain_text(checks, width=terminal_width()))


def _print_baselines(groups: Sequence[Mapping[str, Any]], console: Console) -> None:
    """Print the differences between the vote and baselines over seeds."""
    from stdpbench.cli.terminal import new_table
    from stdpbench.studies.sweeps.seeds import BASELINE_HEADINGS, about_baselines
    from stdpbench.studies.sweeps.statistics import Difference, Spread, difference_text, known, spread_text

    if not any(group.get("baselines") for group in groups):
        return
    table = new_table(*BASELINE_HEADINGS, right_from=2, title="the vote against baselines, paired by seed")
    shown = []
    for group in groups:
        for baseline in group["baselines"]:
            accuracy = Spread(**known(baseline["accuracy"]))
            difference = Difference(**known(baseline["vote_minus_baseline"]))
            row = (group["label"] or "all", baseline["name"], str(difference.n), spread_text(accuracy))
            table.add_row(*row, difference_text(difference))
            shown.append(difference)
    console.print(table)
    console.print(about_baselines(shown))
    for group in groups:
        if group["verdict"]:
            console.print(f"{group['label']}: {group['verdict']}".removeprefix(": "))


def _print_stream(run: dict[str, Any], console: Console) -> None:
    from stdpbench.cli.terminal import new_table

    headings = ("measure", "first piece", "whole stream", f"last {run['end_seconds']:g} s")
    table = new_table(*headings, right_from=1, title=run["run"])
    for row in run["end"]:
        values = ("–" if row[name] is None else minus(f"{row[name]:.3f}") for name in ("first", "whole", "end"))
        table.add_row(row["title"], *values)
    console.print(table)


def _print_run(run: dict[str, Any], console: Console) -> None:
    from stdpbench.cli.terminal import new_table
    from stdpbench.results.readout import INTERVAL
    from stdpbench.results.readout.verdict import FLATTERS
    from stdpbench.runs.catalog.access_log import ABOUT_LOOKS

    uneven = any(row["balanced"] is not None for row in run["accuracies"])
    headings = ("read-out", "%", *(("balanced %",) if uneven else ()), INTERVAL, "pictures")
    table = new_table(*headings, right_from=1, title=run["run"])
    for row in run["accuracies"]:
        mark = "supervised" if row["supervised"] else FLATTERS if FLATTERS in row["note"] else ""
        name = f"{row['name']} ({mark})" if mark else row["name"]
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
