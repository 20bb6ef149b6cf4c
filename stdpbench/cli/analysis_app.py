"""Commands for sweeps, reports and plasticity rules, and their options; other modules implement them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stdpbench.cli import completion
from stdpbench.cli.options import AsJson, EndWithJson, FigureWidth, Rule, Run, Runs, SimulatorName, Workers

analysis_app = typer.Typer()


@analysis_app.command()
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
            "--runs", metavar="DIR", help="Where the sweep's folder is created. Default: $STDPBENCH_RUNS, else ./runs."
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
    from stdpbench.cli.sweep_command import Place, sweep_command

    sweep_command(file, runs, Place(processes, dask, slurm, shared), json, figure, width)


@analysis_app.command()
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
        int, typer.Option(min=20, metavar="N", help="Pictures that are presented again, clustered and embedded.")
    ] = 2000,
    repeats: Annotated[
        int,
        typer.Option(
            min=0, metavar="N", help="How often these pictures are presented again, with other input spikes."
        ),
    ] = 2,
    workers: Workers = 0,
    simulator: SimulatorName = None,
    runs: Runs = None,
    json: EndWithJson = False,
) -> None:
    """Write a report on what networks learned: read-outs, clusters, baselines; of streams, measures over time."""
    from stdpbench.cli.report_command import report_command
    from stdpbench.studies.report.analysis import Extent
    from stdpbench.studies.report.build import ReportOptions

    n_robust = robustness_images if robustness else 0
    options = ReportOptions(Extent(sample, repeats), n_robust, workers, simulator, thresholds)
    report_command(run, output, options, runs, json)


@analysis_app.command()
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
    """Check whether a trained network fits neuromorphic chips, and what it would cost, by published figures."""
    from stdpbench.cli.hardware_command import hardware_command

    hardware_command(run, target or [], runs, json)


@analysis_app.command()
def lab(
    rule: Rule,
    protocol: Annotated[
        str | None,
        typer.Argument(
            metavar="PROTOCOL",
            help="pair-window, frequency, pairing, triplets, quadruplets, poisson-pairs, weight-dependence, neuron or "
            "reward-delay. Default: the one that shows most about the rule.",
            autocompletion=completion.protocols,
        ),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="Change a parameter of the rule, or choose a preset by preset=NAME. Repeatable.",
            autocompletion=completion.rule_assignments,
        ),
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option(
            "--option", metavar="NAME=VALUE", help="Option of the protocol: pairs=60, dts=10,-10. Repeatable."
        ),
    ] = None,
    overlay: Annotated[
        list[str] | None,
        typer.Option(
            "--overlay",
            metavar="RULE[,NAME=VALUE…]",
            help="Also apply the protocol to another rule, or to other parameters. Repeatable.",
            autocompletion=completion.rule_names,
        ),
    ] = None,
    output: Annotated[
        list[Path] | None,
        typer.Option("--output", metavar="FILE", help="Figure (.pdf, .svg, .png) or numbers (.csv). Repeatable."),
    ] = None,
    width: FigureWidth = None,
    json: AsJson = False,
) -> None:
    """Show what a plasticity rule does to a synapse: weight changes in response to given spikes."""
    from stdpbench.cli.lab_command import lab_command

    lab_command(rule, protocol, set_ or [], option or [], overlay or [], output or [], width, json)


@analysis_app.command("validate")
def validate_rules(
    rule: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="RULE…",
            help="Kinds of rules for weights or delays, or of normalisations. Default: all.",
            autocompletion=completion.checked_kinds,
        ),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Leave out checks in which a neuron learns for minutes.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write validation.md and its figures to this folder, such as docs."),
    ] = None,
    json: EndWithJson = False,
) -> None:
    """Check rules and normalisations against theory and published figures; exit status 1 for a mismatch not known."""
    from stdpbench.cli.validate_command import validate_command

    validate_command(rule or [], quick, output, json)
