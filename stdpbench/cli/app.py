"""Commands and their options; what they do is elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stdpbench import __version__
from stdpbench.cli.data_app import data_app
from stdpbench.cli.queue_app import queue_app

app = typer.Typer(
    name="stdpbench",
    help="Unsupervised STDP learning workbench: Brian2 networks after Diehl & Cook (2015).",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(data_app, name="data")
app.add_typer(queue_app, name="queue")

Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="Change a parameter, such as exc.tau_m='25 ms'. Repeatable."),
]
Workers = Annotated[int, typer.Option(min=0, help="Processes for labelling and testing; 0: one per processor.")]
SimulatorName = Annotated[str | None, typer.Option(metavar="compiled|runtime", help="Which simulator.")]
Run = Annotated[
    str, typer.Argument(metavar="RUN", help="A run folder, or the beginning of its name in the folder of all runs.")
]
RunsFolder = Annotated[
    Path | None, typer.Option("--runs", metavar="DIR", help="Where the run folder is made; ./runs if not said.")
]
AllRuns = Annotated[
    Path | None, typer.Option("--runs", metavar="DIR", help="The folder of all runs; ./runs if not said.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead.")]
Detach = Annotated[bool, typer.Option("--detach", help="Start it and come back at once.")]
Json = Annotated[bool, typer.Option("--json", help="End standard output with one JSON object: path and metrics.")]
Baselines = Annotated[bool, typer.Option(help="Also evaluate start weights and k-means.")]


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"stdpbench {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    pass


@app.command()
def run(
    experiment: Annotated[str, typer.Argument(metavar="EXPERIMENT|FILE", help="One that ships, or a TOML file.")],
    set_: Set = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed, instead of the experiment's.")] = None,
    runs: RunsFolder = None,
    workers: Workers = 0,
    simulator: SimulatorName = None,
    validation: Annotated[
        bool, typer.Option("--validation", help="Hold out the last training pictures and evaluate on them.")
    ] = False,
    baselines: Baselines = True,
    start_from: Annotated[
        str | None, typer.Option("--from", metavar="RUN", help="Start from weights and thresholds of another run.")
    ] = None,
    checkpoint_every: Annotated[
        int,
        typer.Option(min=0, metavar="N", help="Training presentations between checkpoints; 0: chosen."),
    ] = 0,
    detach: Detach = False,
    json: Json = False,
) -> None:
    """Train a network, label its neurons, test it, and write everything to a run folder."""
    from stdpbench.cli.commands import run_command
    from stdpbench.runs.options import Options

    options = Options(workers, simulator, validation, baselines, checkpoint_every)
    run_command(experiment, set_ or [], seed, runs, options, start_from, detach, json)


@app.command()
def resume(
    run: Run,
    runs: AllRuns = None,
    repair: Annotated[
        bool,
        typer.Option(
            "--repair",
            help="If the journal is damaged, continue from the newest checkpoint before the damage. Deletes nothing.",
        ),
    ] = False,
    detach: Detach = False,
    json: Json = False,
) -> None:
    """Go on with a run that was stopped, failed, was killed or is paused: bit for bit as if nothing had been."""
    from stdpbench.cli.commands import resume_command

    resume_command(run, runs, detach, json, repair)


@app.command()
def branch(
    run: Run,
    at: Annotated[
        int | None, typer.Option(min=0, metavar="POSITION", help="After so many training presentations; else: now.")
    ] = None,
    set_: Set = None,
    rule: Annotated[
        str | None,
        typer.Option(metavar="RULE", help="Another plasticity rule: a kind, or a TOML file. --set comes on top."),
    ] = None,
    runs: RunsFolder = None,
    only: Annotated[bool, typer.Option("--no-start", help="Make the run, but do not start it.")] = False,
    detach: Detach = False,
    json: Json = False,
) -> None:
    """Make a run that goes on from a position of another one, with the same input and other parameters or rule."""
    from stdpbench.cli.commands import branch_command

    branch_command(run, at, set_ or [], rule, runs, only, detach, json)


@app.command()
def rewind(
    run: Run,
    to: Annotated[int, typer.Option(min=0, metavar="POSITION", help="Training presentations that shall be over.")],
    runs: AllRuns = None,
) -> None:
    """Take a run back to an earlier position; what it leaves behind is kept as another run.

    Parameters that were changed at that very position are put back, too.
    """
    from stdpbench.cli.commands import rewind_command

    rewind_command(run, to, runs)


@app.command()
def pause(run: Run, runs: AllRuns = None) -> None:
    """Have a run pause after the presentation that it is at; `resume` goes on."""
    from stdpbench.cli.commands import ask_command

    ask_command(run, "pause", runs)


@app.command()
def stop(run: Run, runs: AllRuns = None) -> None:
    """End a run after the presentation that it is at; `resume` goes on from there."""
    from stdpbench.cli.commands import ask_command

    ask_command(run, "stop", runs)


@app.command("set")
def set_parameters(
    run: Run,
    assignments: Annotated[list[str], typer.Argument(metavar="PATH=VALUE…", help="Such as plasticity.nu_post=0.02.")],
    runs: AllRuns = None,
) -> None:
    """Change parameters of a run that goes on, from its next presentation on."""
    from stdpbench.cli.commands import set_command

    set_command(run, assignments, runs)


@app.command()
def change_rule(
    run: Run,
    rule: Annotated[
        str,
        typer.Argument(
            metavar="RULE",
            help="A kind (`describe` lists them), or a TOML file: a rule of one's own, an experiment.",
        ),
    ],
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="A parameter of the rule; repeatable."),
    ] = None,
    runs: AllRuns = None,
) -> None:
    """Change the plasticity rule of a run that goes on: its weights and thresholds learn on by another one.

    The network is built beside the run, which goes on meanwhile, and takes its place between two presentations.
    """
    from stdpbench.cli.commands import change_rule_command

    change_rule_command(run, rule, set_ or [], runs)


@app.command()
def watch(run: Run, runs: AllRuns = None) -> None:
    """Follow a run of another process."""
    from stdpbench.cli.commands import watch_command

    watch_command(run, runs)


@app.command()
def evaluate(
    run: Run,
    workers: Workers = 0,
    simulator: SimulatorName = None,
    baselines: Baselines = True,
    runs: AllRuns = None,
    json: Json = False,
) -> None:
    """Label and test the network of a run folder again."""
    from stdpbench.cli.commands import evaluate_command
    from stdpbench.runs.options import Options

    evaluate_command(run, Options(workers, simulator, False, baselines), runs, json)


@app.command()
def experiments() -> None:
    """List the experiments that ship."""
    from stdpbench.cli.reference import list_experiments

    list_experiments()


@app.command()
def describe(
    kind: Annotated[
        str | None, typer.Argument(metavar="KIND", help="A kind, a section, or an experiment; nothing lists all.")
    ] = None,
) -> None:
    """Describe a plasticity rule, encoder, neuron, data set, read-out, section or experiment."""
    from stdpbench.cli.reference import describe_kind

    describe_kind(kind)


@app.command()
def doctor() -> None:
    """Look at compiler, versions, display and data, and say how to mend what is amiss."""
    from rich.console import Console

    from stdpbench.cli.doctor import diagnose, render

    findings = diagnose()
    Console().print(render(findings))
    if any(finding.state == "fault" for finding in findings):
        raise typer.Exit(1)


@app.command()
def bench(
    quick: Annotated[bool, typer.Option("--quick", help="Fewer sizes and presentations.")] = False,
    output: Annotated[Path, typer.Option(metavar="FILE", help="Where the figures go as JSON.")] = Path("bench.json"),
) -> None:
    """Measure training speed against plain Brian2, and write the figures to a file."""
    from stdpbench.cli.bench import bench_command

    bench_command(quick, output)


@app.command()
def gui() -> None:
    """Open the desktop app."""
    from stdpbench.cli.commands import gui_command

    gui_command()


@app.command()
def export(
    run: Run,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The zip; by default RUN.zip in the current folder.")
    ] = None,
    runs: AllRuns = None,
) -> None:
    """Write one zip with all that reproduces a run; data sets are not in it."""
    from stdpbench.cli.export_commands import export_command

    export_command(run, output, runs)


@app.command()
def reproduce(
    source: Annotated[str, typer.Argument(metavar="RUN|ZIP", help="A finished run, or a zip that `export` wrote.")],
    runs: RunsFolder = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PATH=VALUE", help="Where the data lie now, such as data.path=DIR. Repeatable."),
    ] = None,
    workers: Workers = 0,
    simulator: Annotated[
        str | None, typer.Option(metavar="compiled|runtime", help="Which simulator; by default the one that ran it.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="End standard output with one JSON object.")] = False,
) -> None:
    """Run a finished run again and say whether the numbers agree; status 1 if they do not."""
    from stdpbench.cli.export_commands import reproduce_command

    reproduce_command(source, runs, set_ or [], workers, simulator, json)


@app.command("list")
def list_runs(
    filters: Annotated[
        list[str] | None,
        typer.Option(
            "--filter",
            metavar="COLUMN=VALUE",
            help="Only runs such as state=finished, experiment=digits, vote>0.9, plasticity.nu_post=0.02. Repeatable.",
        ),
    ] = None,
    sort: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Sort by a column; with - in front, the largest first.")
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(metavar="A,B,…", help="What to show: columns, parameters, metrics by dotted path."),
    ] = None,
    json: AsJson = False,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Make the index anew from the run folders.")] = False,
    bin_: Annotated[bool, typer.Option("--bin", help="List what lies in the bin instead.")] = False,
    sweep: Annotated[
        str | None, typer.Option(metavar="NAME", help="List the runs of a sweep instead: its name, or its folder.")
    ] = None,
    runs: AllRuns = None,
) -> None:
    """List runs, with any parameters and metrics as columns."""
    from stdpbench.cli.store_commands import list_command

    list_command(filters or [], sort, columns, json, rebuild, bin_, sweep, runs)


@app.command()
def show(
    run: Run,
    against: Annotated[
        str | None, typer.Option(metavar="RUN", help="Against which run; else its parent, or what ships.")
    ] = None,
    json: AsJson = False,
    runs: AllRuns = None,
) -> None:
    """Say what a run was: where it comes from, what is different in it, what happened, what came out."""
    from stdpbench.cli.store_commands import show_command

    show_command(run, against, json, runs)


@app.command()
def compare(
    run: Annotated[list[str], typer.Argument(metavar="RUN RUN…", help="Two runs or more.")],
    figure: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also draw their curves and accuracies, as PNG.")
    ] = None,
    json: AsJson = False,
    runs: AllRuns = None,
) -> None:
    """Put runs beside each other: parameters that differ, and what came out."""
    from stdpbench.cli.store_commands import compare_command

    compare_command(run, figure, json, runs)


@app.command()
def delete(
    run: Annotated[list[str] | None, typer.Argument(metavar="RUN…", help="Runs that no process works on.")] = None,
    empty: Annotated[bool, typer.Option("--empty-bin", help="Remove what lies in the bin for good.")] = False,
    runs: AllRuns = None,
) -> None:
    """Move runs to the bin, from where `restore` brings them back."""
    from stdpbench.cli.store_commands import delete_command

    delete_command(run or [], empty, runs)


@app.command()
def restore(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of a run in the bin, or the beginning of it.")],
    runs: AllRuns = None,
) -> None:
    """Bring a run back from the bin."""
    from stdpbench.cli.store_commands import restore_command

    restore_command(name, runs)


@app.command()
def sweep(
    file: Annotated[str, typer.Argument(metavar="SWEEP|FILE", help="One that ships, or a TOML file.")],
    runs: Annotated[
        Path | None, typer.Option("--runs", metavar="DIR", help="Where its folder is made; ./runs if not said.")
    ] = None,
    processes: Annotated[int, typer.Option(min=0, metavar="N", help="Runs at a time; 0: one per processor.")] = 0,
    dask: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Of a Dask scheduler that carries the runs out.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="End standard output with one JSON object.")] = False,
) -> None:
    """Compare experiments over seeds, on the validation part; the same command goes on where it was stopped."""
    from stdpbench.cli.sweep_command import sweep_command

    sweep_command(file, runs, processes, dask, json)


@app.command()
def report(
    run: Annotated[list[str], typer.Argument(metavar="RUN…", help="Finished runs; several are put side by side.")],
    output: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where the report goes; RUN/report, or ./report for several runs."),
    ] = None,
    robustness: Annotated[
        bool, typer.Option("--robustness", help="Also measure accuracy under noise, damage and short time: minutes.")
    ] = False,
    robustness_images: Annotated[
        int, typer.Option(min=1, metavar="N", help="Pictures per point of the robustness curves.")
    ] = 1000,
    sample: Annotated[
        int, typer.Option(min=20, metavar="N", help="Pictures that are shown again, clustered and embedded.")
    ] = 2000,
    repeats: Annotated[
        int, typer.Option(min=0, metavar="N", help="How often they are shown again with other input spikes.")
    ] = 2,
    workers: Workers = 0,
    simulator: SimulatorName = None,
    runs: AllRuns = None,
    json: Annotated[bool, typer.Option("--json", help="End standard output with one JSON object.")] = False,
) -> None:
    """Write one page, and its data, about what networks learned: read-outs, clusters, neurons, baselines."""
    from stdpbench.cli.report_command import report_command
    from stdpbench.report.analysis import Extent
    from stdpbench.report.making import Wish

    wish = Wish(Extent(sample, repeats), robustness_images if robustness else 0, workers, simulator)
    report_command(run, output, wish, runs, json)


@app.command()
def lab(
    rule: Annotated[
        str, typer.Argument(metavar="RULE", help="A plasticity rule, as `describe` lists them, or a TOML file.")
    ],
    protocol: Annotated[
        str | None,
        typer.Argument(
            metavar="[PROTOCOL]",
            help="pair-window, frequency, triplets, quadruplets, poisson-pairs, weight-dependence, neuron or "
            "reward-delay; if not said, the one that tells most about the rule.",
        ),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="A parameter of the rule, or preset=NAME. Repeatable."),
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option("--option", metavar="NAME=VALUE", help="Of the protocol: pairs=60, dts=10,-10. Repeatable."),
    ] = None,
    overlay: Annotated[
        list[str] | None,
        typer.Option(
            "--overlay", metavar="RULE[,NAME=VALUE…]", help="Also do it with another rule, or parameters. Repeatable."
        ),
    ] = None,
    output: Annotated[
        list[Path] | None,
        typer.Option("--output", metavar="FILE", help="Figure (.pdf, .png, .svg) or numbers (.csv). Repeatable."),
    ] = None,
    json: AsJson = False,
) -> None:
    """See what a plasticity rule does to a synapse: imposed spikes in, weight changes out."""
    from stdpbench.cli.lab_command import lab_command

    lab_command(rule, protocol, set_ or [], option or [], overlay or [], output or [], json)


@app.command("validate")
def validate_rules(
    rule: Annotated[list[str] | None, typer.Argument(metavar="[RULE…]", help="Which rules; none: all.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Leave out what lets a neuron learn for minutes.")] = False,
    output: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write validation.md and its figures there, such as docs.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="End standard output with JSON.")] = False,
) -> None:
    """Hold plasticity rules against theory and published figures; status 1 if a value is not reached."""
    from stdpbench.cli.validate_command import validate_command

    validate_command(rule or [], quick, output, json)
