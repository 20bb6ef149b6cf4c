"""Commands and their options; other modules implement them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from stdpbench import __version__
from stdpbench.base.errors import nearest
from stdpbench.cli import completion
from stdpbench.cli.analysis_app import analysis_app
from stdpbench.cli.command_group import CommandGroup
from stdpbench.cli.data_app import data_app
from stdpbench.cli.options import (
    AsJson,
    Baselines,
    Bits,
    CheckpointEvery,
    Detach,
    EndWithJson,
    Experiment,
    Features,
    Learner,
    NewRuns,
    OptionalExperiment,
    ReferenceCheckpoints,
    ReferenceKind,
    Rule,
    Run,
    Runs,
    Seed,
    Set,
    SetRule,
    SimulatorName,
    StartFrom,
    Validation,
    Weights,
    Workers,
    number_of_bits,
)
from stdpbench.cli.queue_app import queue_app
from stdpbench.cli.runs_app import runs_app


class _Commands(CommandGroup):
    """All commands; errors propose only options whose names, without dashes, are near the unknown one."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except Exception as caught:
            error: Any = caught
            if options := getattr(error, "possibilities", None):
                typed, names = error.option_name.strip("-"), {name.strip("-"): name for name in options}
                near = [name for name in names if typed.startswith(name) or name.startswith(typed)]
                error.possibilities = [names[name] for name in near or filter(None, [nearest(typed, names)])]
            raise


app = typer.Typer(
    name="stdpbench",
    help="Spiking networks that learn without labels, by STDP and other local rules, in Brian2.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    cls=_Commands,
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"stdpbench {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    pass


@app.command()
def run(
    experiment: Experiment,
    set_: Set = None,
    bits: Bits = None,
    seed: Seed = None,
    runs: NewRuns = None,
    workers: Workers = 0,
    simulator: SimulatorName = None,
    validation: Validation = False,
    baselines: Baselines = True,
    start_from: StartFrom = None,
    checkpoint_every: CheckpointEvery = 0,
    detach: Detach = False,
    json: EndWithJson = False,
) -> None:
    """Train a network, label its neurons, test it, and save everything in a run folder."""
    from stdpbench.cli.commands import run_command, with_bits
    from stdpbench.runs.protocol.options import Options

    options = Options(workers, simulator, validation, baselines, checkpoint_every)
    run_command(experiment, with_bits(set_ or [], bits), seed, runs, options, start_from, detach, json)


@app.command()
def reference(
    kind: ReferenceKind,
    experiment: OptionalExperiment = None,
    features: Features = None,
    weights: Weights = None,
    set_: Set = None,
    bits: Bits = None,
    seed: Seed = None,
    runs: NewRuns = None,
    workers: Workers = 0,
    simulator: SimulatorName = None,
    validation: Validation = False,
    start_from: StartFrom = None,
    checkpoint_every: ReferenceCheckpoints = 0,
    detach: Detach = False,
    json: EndWithJson = False,
) -> None:
    """Train a network with labels on the data of an experiment, as a reference, and test it."""
    from stdpbench.cli.commands import run_command, with_bits
    from stdpbench.runs.protocol.options import Options

    options = Options(workers, simulator, validation, False, checkpoint_every)
    assignments = with_bits(set_ or [], bits)
    run_command(experiment, assignments, seed, runs, options, start_from, detach, json, kind, features, weights)


@app.command()
def resume(
    run: Run,
    runs: Runs = None,
    repair: Annotated[
        bool,
        typer.Option(
            "--repair",
            help="If the journal is damaged, continue from the newest checkpoint before the damage. Deletes nothing.",
        ),
    ] = False,
    detach: Detach = False,
    json: EndWithJson = False,
) -> None:
    """Continue a run that is paused, was stopped, failed or was killed, with bit-identical results."""
    from stdpbench.cli.commands import resume_command

    resume_command(run, runs, detach, json, repair)


@app.command()
def branch(
    run: Run,
    at: Annotated[
        int | None,
        typer.Option(
            min=0, metavar="POSITION", help="Training presentation at which to branch. Default: the current one."
        ),
    ] = None,
    set_: Set = None,
    rule: Annotated[
        str | None,
        typer.Option(
            metavar="RULE",
            help="Another plasticity rule: a kind, or a TOML file. --set changes its parameters.",
            autocompletion=completion.rule_names,
        ),
    ] = None,
    projection: Learner = "",
    runs: NewRuns = None,
    only: Annotated[bool, typer.Option("--no-start", help="Create the run, but do not start it.")] = False,
    detach: Detach = False,
    json: EndWithJson = False,
) -> None:
    """Create a run that continues another one from a given position, on the same input, with changes."""
    from stdpbench.cli.commands import branch_command

    branch_command(run, at, set_ or [], rule, projection, runs, only, detach, json)


@app.command()
def rewind(
    run: Run,
    to: Annotated[int, typer.Option(min=0, metavar="POSITION", help="Training presentation to return to.")],
    runs: Runs = None,
) -> None:
    """Return a run to an earlier position; the later part is kept as another run.

    Parameter changes made at that position are undone, too.
    """
    from stdpbench.cli.commands import rewind_command

    rewind_command(run, to, runs)


@app.command()
def pause(run: Run, runs: Runs = None) -> None:
    """Pause a run after the current presentation; `resume` continues it."""
    from stdpbench.cli.commands import ask_command

    ask_command(run, "pause", runs)


@app.command()
def step(
    run: Run,
    n: Annotated[int, typer.Option("--presentations", "-n", min=1, metavar="N", help="Number of presentations.")] = 1,
    runs: Runs = None,
) -> None:
    """Carry out presentations of a running or paused run, then pause it; Ctrl+C ends the waiting, not the run."""
    from stdpbench.cli.commands import step_command

    step_command(run, n, runs)


@app.command()
def checkpoint(run: Run, runs: Runs = None) -> None:
    """Write a checkpoint of a run in progress after the current presentation; the run continues as before."""
    from stdpbench.cli.commands import ask_command

    ask_command(run, "checkpoint", runs)


@app.command()
def stop(run: Run, runs: Runs = None) -> None:
    """Stop a run after the current presentation and end its process; `resume` continues it."""
    from stdpbench.cli.commands import ask_command

    ask_command(run, "stop", runs)


@app.command("set")
def set_parameters(
    run: Run,
    assignments: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH=VALUE…", help="Such as plasticity.nu_post=0.02.", autocompletion=completion.assignments
        ),
    ],
    runs: Runs = None,
) -> None:
    """Change parameters of a run in progress, from its next presentation on."""
    from stdpbench.cli.commands import set_command

    set_command(run, assignments, runs)


@app.command("set-learned")
def set_learned(
    run: Run,
    assignments: Annotated[
        list[str], typer.Argument(metavar="NAME=FILE…", help="Such as feed.w=weights.npy; or exc.theta, compete.w.")
    ],
    runs: Runs = None,
) -> None:
    """Replace learned arrays of a paused run, from its next presentation on."""
    from stdpbench.cli.commands import set_learned_command

    set_learned_command(run, assignments, runs)


@app.command()
def change_rule(run: Run, rule: Rule, set_: SetRule = None, projection: Learner = "", runs: Runs = None) -> None:
    """Change the plasticity rule of a run in progress; weights and thresholds are kept.

    The new network is compiled in the background and takes over between two presentations.
    """
    from stdpbench.cli.commands import change_rule_command

    change_rule_command(run, rule, set_ or [], projection, runs)


@app.command()
def watch(run: Run, runs: Runs = None) -> None:
    """Follow the progress of a run in another process."""
    from stdpbench.cli.commands import watch_command

    watch_command(run, runs)


@app.command()
def evaluate(
    run: Run,
    bits: Annotated[
        list[int] | None,
        typer.Option(
            "--bits",
            parser=number_of_bits,
            metavar="N",
            help="Only show the test stimuli again, with weights of N bits; the run and its results stay. Repeatable.",
        ),
    ] = None,
    rounding: Annotated[
        str | None,
        typer.Option(
            metavar="nearest|stochastic",
            help="How --bits rounds. Default: as the experiment declares (simulator.weight_rounding).",
            autocompletion=completion.roundings,
        ),
    ] = None,
    workers: Workers = 0,
    simulator: SimulatorName = None,
    baselines: Baselines = True,
    runs: Runs = None,
    json: EndWithJson = False,
) -> None:
    """Label and test the network of a run again, or with --bits test it with rounded weights."""
    if bits or rounding is not None:
        from stdpbench.cli.bits_command import bits_command

        bits_command(run, bits or [], rounding, workers, simulator, runs, json)
        return
    from stdpbench.cli.commands import evaluate_command
    from stdpbench.runs.protocol.options import Options

    evaluate_command(run, Options(workers, simulator, False, baselines), runs, json)


@app.command()
def experiments(json: AsJson = False) -> None:
    """List the experiments that ship with stdpbench."""
    from stdpbench.cli.reference import list_experiments

    list_experiments(json)


@app.command()
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
            help="Print an experiment whose network is spelled out as populations and projections, as a TOML file "
            "that can be run.",
        ),
    ] = False,
    json: AsJson = False,
) -> None:
    """Describe kinds, sections of an experiment, their parameters, and experiments."""
    from stdpbench.cli.describe import describe_command

    describe_command(name, json, expanded)


@app.command()
def doctor(json: AsJson = False) -> None:
    """Check compiler, package versions, display and data, and say how to fix problems."""
    from stdpbench.cli.doctor import doctor_command

    doctor_command(json)


@app.command()
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
    if experiments or experiment:
        from stdpbench.cli.bench_experiments import bench_experiments

        bench_experiments(experiment or [], output, against, runs, full=full)
    else:
        from stdpbench.cli.bench import bench_command

        bench_command(full, output, against, runs)


@app.command()
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
    from stdpbench.cli.commands import gui_command

    gui_command(what, runs)


app.add_typer(runs_app)
app.add_typer(analysis_app)
app.add_typer(data_app, name="data")
app.add_typer(queue_app, name="queue")
