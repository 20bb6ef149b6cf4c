"""Commands that start, control, continue and test runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.paths import runs_folder
from stdpbench.cli import completion
from stdpbench.cli.options import (
    Baselines,
    Bits,
    CheckpointEvery,
    Detach,
    EndWithJson,
    Experiment,
    Features,
    History,
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
    Trust,
    Validation,
    Weights,
    Workers,
    about_command,
    find_run,
    number_of_bits,
    trust_file,
)
from stdpbench.cli.output import write_json

if TYPE_CHECKING:
    from stdpbench import api
    from stdpbench.cli.terminal import Console
    from stdpbench.experiment import Experiment as Made
    from stdpbench.runs.folder.run_folder import RunFolder
    from stdpbench.runs.protocol.options import Options

training_app = typer.Typer()

SUPERVISED = "supervised: trained with the labels of the training pictures; compare it only with other references"
CONVERTED = "supervised: trained with labels elsewhere, and converted here; compare it only with other references"
_ORIGINS = {
    "labels": "supervised: its weights were trained with labels; compare it only with other references",
    "unknown": "origin of the weights unknown: they may have been trained with labels",
}


@training_app.command()
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
    history: History = True,
    trust: Trust = False,
    detach: Detach = False,
    json: EndWithJson = False,
) -> None:
    """Train a network, label its neurons, test it, and save everything in a run folder."""
    from stdpbench.runs.protocol.options import Options

    options = Options(workers, simulator, validation, baselines, checkpoint_every, history)
    _run(experiment, set_ or [], bits, seed, runs, options, start_from, detach, json, trust=trust)


@training_app.command()
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
    history: History = True,
    detach: Detach = False,
    json: EndWithJson = False,
) -> None:
    """Train a network with labels on the data of an experiment, as a reference, and test it."""
    from stdpbench.runs.protocol.options import Options

    options = Options(workers, simulator, validation, False, checkpoint_every, history)
    sources: dict[str, Any] = {"kind": kind, "features": features, "weights": weights}
    _run(experiment, set_ or [], bits, seed, runs, options, start_from, detach, json, **sources)


@training_app.command()
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
    from stdpbench.cli.terminal import Console
    from stdpbench.runs.folder.lock import has_process
    from stdpbench.runs.lineage.repair import check_journal
    from stdpbench.runs.lineage.repair import repair as repair_journal

    folder, console = find_run(run, runs), Console(stderr=json)
    if repair:
        console.print(repair_journal(folder) or "The journal is intact; nothing to repair.", soft_wrap=True)
    if has_process(folder.path):
        console.print(_standing(_open(run, runs).resume()), soft_wrap=True)
        return
    check_journal(folder, f"`stdpbench resume {folder.path} --repair`")
    _carry_out(folder, console, new=False, detach=detach, json=json)


@training_app.command()
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
    from stdpbench.cli.terminal import Console
    from stdpbench.experiment import parse_assignment
    from stdpbench.kinds.plasticity.tables import rule_table
    from stdpbench.runs.lineage import branches

    parent, console = find_run(run, runs), Console(stderr=json)
    changes = dict(parse_assignment(text) for text in set_ or [])
    if projection and rule is None:
        raise StdpbenchError("--projection chooses the projection for another rule: give --rule as well")
    table = None if rule is None else rule_table(rule)
    folder = branches.branch(parent, at, changes, runs, about_command(), rule=table, projection=projection)
    if only:
        console.print(f"run folder: {folder.path}", soft_wrap=True)
    else:
        _carry_out(folder, console, new=False, detach=detach, json=json)


@training_app.command()
def rewind(
    run: Run,
    to: Annotated[int, typer.Option(min=0, metavar="POSITION", help="Training presentation to return to.")],
    runs: Runs = None,
) -> None:
    """Return a run to an earlier position; the later part is kept as another run.

    Parameter changes made at that position are undone, too.
    """
    from stdpbench.runs.lineage.branches import resume_position, resumption

    opened = _open(run, runs)
    later = opened.rewind(to)
    print(f"{opened.name} is back at presentation {to}. {resumption(resume_position(opened.path, to), to)}")
    print(f"The later part is kept as {later.path}")


@training_app.command()
def pause(run: Run, runs: Runs = None) -> None:
    """Pause a run after the current presentation; `resume` continues it."""
    print(_standing(_open(run, runs).pause()))


@training_app.command()
def step(
    run: Run,
    n: Annotated[int, typer.Option("--presentations", "-n", min=1, metavar="N", help="Number of presentations.")] = 1,
    runs: Runs = None,
) -> None:
    """Carry out presentations of a running or paused run, then pause it; Ctrl+C ends the waiting, not the run."""
    print(_standing(_open(run, runs).step(n)))


@training_app.command()
def checkpoint(run: Run, runs: Runs = None) -> None:
    """Write a checkpoint of a run in progress after the current presentation; the run continues as before."""
    from stdpbench.runs.folder.checkpoints import positions

    opened = _open(run, runs).checkpoint()
    print(f"{opened.name} wrote a checkpoint at presentation {positions(opened.path)[-1]}.")


@training_app.command()
def stop(run: Run, runs: Runs = None) -> None:
    """Stop a run after the current presentation and end its process; `resume` continues it."""
    from stdpbench.runs.folder.lock import has_process

    opened = _open(run, runs)
    if not has_process(opened.path):
        raise StdpbenchError(f"{opened.name} is {opened.state}: only an active run can be stopped")
    print(f"{opened.name} is {opened.stop().state}.")


@training_app.command("set")
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
    from stdpbench.experiment import parse_assignment

    _print_changes(_open(run, runs).set(dict(parse_assignment(text) for text in assignments)))


@training_app.command("set-learned")
def set_learned(
    run: Run,
    assignments: Annotated[
        list[str], typer.Argument(metavar="NAME=FILE…", help="Such as feed.w=weights.npy; or exc.theta, compete.w.")
    ],
    runs: Runs = None,
) -> None:
    """Replace learned arrays of a paused run, from its next presentation on."""
    from stdpbench.base.foreign_files import read_npy

    opened, arrays = _open(run, runs), {}
    for text in assignments:
        name, equals, file = text.partition("=")
        if not equals:
            raise StdpbenchError(f"{text!r} should read NAME=FILE, such as feed.w=weights.npy")
        arrays[name] = read_npy(Path(file).expanduser())
    position = opened.set_learned(arrays).position
    print(f"{', '.join(arrays)} set, from presentation {position} on; the run stays paused.")


@training_app.command()
def change_rule(run: Run, rule: Rule, set_: SetRule = None, projection: Learner = "", runs: Runs = None) -> None:
    """Change the plasticity rule of a run in progress; weights and thresholds are kept.

    The new network is compiled in the background and takes over between two presentations.
    """
    from stdpbench.experiment import parse_assignment
    from stdpbench.runs.protocol.changes import changes_rule, describe_changes

    opened = _open(run, runs)
    print("The new network is compiled if necessary; the run continues meanwhile.")
    changed = opened.change_rule(rule, dict(map(parse_assignment, set_ or [])), projection=projection)
    if changes_rule(changed):
        print(f"{describe_changes(changed)}, from the next presentation on")
    else:
        _print_changes(changed)


@training_app.command()
def watch(run: Run, runs: Runs = None) -> None:
    """Follow the progress of a run in another process."""
    from stdpbench.cli.follow import follow, report
    from stdpbench.cli.terminal import Console
    from stdpbench.runs.client.run_client import RunClient
    from stdpbench.runs.folder.lock import has_process
    from stdpbench.runs.folder.status import state_of
    from stdpbench.runs.protocol.states import State

    folder, console = find_run(run, runs), Console()
    state, reason = state_of(folder)
    if has_process(folder.path):
        console.print(f"{folder.path.name}; Ctrl+C stops watching, not the run")
        client = RunClient.attach(folder.path)
        try:
            client.want("progress")
            state = follow(client, console, own=False).state
        finally:
            client.close()
    else:
        console.print(f"{folder.path.name} is {state}{f': {reason}' if reason else ''}.")
    if state is State.FINISHED:
        report(folder, console, stopped=False, json=False)


@training_app.command()
def evaluate(
    run: Run,
    bits: Annotated[
        list[int] | None,
        typer.Option(
            "--bits",
            parser=number_of_bits,
            metavar="N",
            help="Only test again, with weights of N bits; the results of the run are kept. Repeatable.",
        ),
    ] = None,
    rounding: Annotated[
        str | None,
        typer.Option(
            metavar="nearest|stochastic",
            help="Rounding for --bits. Default: that of the experiment (simulator.weight_rounding).",
            autocompletion=completion.roundings,
        ),
    ] = None,
    spikes: Annotated[
        float | None,
        typer.Option(
            metavar="N",
            help="Evaluate a branch of the run, with the value of --by in evaluation that gives N spikes per picture; "
            "found on training pictures, without labels.",
        ),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(
            metavar="PATH",
            help="Parameter for --spikes, such as network.w_inh_exc.",
            autocompletion=completion.columns,
        ),
    ] = None,
    workers: Workers = 0,
    simulator: SimulatorName = None,
    baselines: Baselines = True,
    runs: Runs = None,
    json: EndWithJson = False,
) -> None:
    """Label and test the network of a run again, or with --bits test it with rounded weights."""
    from stdpbench.cli.follow import follow_events, report
    from stdpbench.cli.terminal import Console
    from stdpbench.runs.protocol.options import Options

    if rounding is not None and not bits:
        raise StdpbenchError("--rounding is for --bits: give --bits as well")
    if (spikes is None) is not (by is None) or (bits and by):
        raise StdpbenchError("--spikes and --by are for each other: give both, without --bits")
    folder, console = find_run(run, runs), Console(stderr=json)
    if bits:
        from stdpbench.studies.report.few_bits import measure_bits

        measured = follow_events(measure_bits(folder, bits, rounding, workers, simulator), console)
        _print_bits(measured, folder, console)
        if json:
            write_json({"path": str(folder.path.resolve()), **measured})
        return
    if spikes is not None and by is not None:
        from stdpbench.experiment.evaluation import VALUES
        from stdpbench.runs.lineage import branches
        from stdpbench.runs.presentation.spike_target import find_value

        found = follow_events(find_value(folder, by, spikes, workers, simulator), console)
        console.print(
            f"{by} = {found['value']:g}: {found['spikes']:.1f} spikes per {found['noun']} "
            f"({found['pictures']} training {found['noun']}s).",
            soft_wrap=True,
        )
        options = replace(
            Options.from_mapping(folder.about.get("options", {})),
            workers=workers,
            simulator=simulator or folder.about.get("simulator"),
            baselines=baselines,
        )
        about = {**about_command(), "options": asdict(options)}
        new = branches.branch(folder, changes={f"{VALUES}{by}": found["value"]}, about=about)
        _carry_out(new, console, new=False, detach=False, json=json)
        return
    from stdpbench.runs.process.reevaluate import evaluate_run

    follow_events(evaluate_run(folder.path, Options(workers, simulator, False, baselines)), console)
    report(folder, console, stopped=False, json=json)


def _run(
    experiment: str | None,
    assignments: Sequence[str],
    bits: int | None,
    seed: int | None,
    runs: Path | None,
    options: Options,
    start_from: str | None,
    detach: bool,
    json: bool,
    *,
    trust: bool = False,
    **sources: Any,
) -> None:
    """Print a description of a run or reference, create it, and carry it out; see `stdpbench.api.handles.plan`."""
    from stdpbench.api.handles import plan
    from stdpbench.cli.terminal import Console
    from stdpbench.experiment import parse_assignment
    from stdpbench.runs.folder.weights_origin import origin_of

    runs, console = runs or runs_folder(), Console(stderr=json)
    changes: dict[str, Any] = dict(parse_assignment(text) for text in assignments)
    planned = plan(experiment, changes, bits, seed, runs, **sources)
    chosen = planned.experiment
    console.print(f"{chosen.name}, seed {chosen.seed}: {chosen.about.title}".removesuffix(": "))
    settings = [text for text in assignments if not text.startswith("seed=")]
    settings += [] if bits is None else [f"simulator.weight_bits={bits}"]
    lines = [f"with:       {', '.join(settings)}"] if settings else []
    lines += [] if sources else [lost_text(planned.base, changes)]
    lines += [CONVERTED if chosen.reference.file else SUPERVISED] if chosen.reference.trains else []
    for line in filter(None, lines):
        console.print(line, soft_wrap=True)
    if trust:
        trust_file(chosen)
    folder = planned.create(runs, options, about_command(), start_from)
    origin = "" if chosen.reference.trains else str(origin_of(folder.path))
    for line in filter(None, (_ORIGINS.get(origin), look_text(chosen, runs, options))):
        console.print(line, soft_wrap=True)
    _carry_out(folder, console, new=True, detach=detach, json=json)


def look_text(experiment: Made, runs: Path, options: Options) -> str:
    """Return a sentence on the number of looks at the test labels of a data set; empty for the first look or none.

    Labels of the user's own data are optional; whether there are any is only known once they have been read.
    """
    from stdpbench.runs.catalog.access_log import ABOUT_LOOKS, count_looks

    if experiment.stream is not None or options.validation or getattr(experiment.data, "test_labels", "") is None:
        return ""
    looks = count_looks(experiment, runs)
    if not looks:
        return ""
    return (
        f"test labels: this will be look {looks + 1} at those of this data set in {runs}, "
        f"after training (--validation: held-out training pictures instead). {ABOUT_LOOKS}"
    )


def lost_text(base: Made, changes: Mapping[str, Any]) -> str:
    """Return a sentence on values that are lost by a change of kind; empty if there are none."""
    lost = base.lost_by(changes)
    if not lost:
        return ""
    values = ", ".join(f"{path} = {value}" for path, value in lost.items())
    sections = {path.partition(".")[0] for path in lost}
    parts = {path: path.removesuffix(".kind").removesuffix(".between") for path in changes}
    kinds = ", ".join(f"{path} = {value}" for path, value in changes.items() if parts[path] in sections)
    return f"not kept:   {values}{f'; {kinds} starts from defaults' if kinds else ''}"


def _carry_out(folder: RunFolder, console: Console, *, new: bool, detach: bool, json: bool) -> None:
    """Start the process of a run, and follow it unless it is detached."""
    if not detach:
        from stdpbench.cli.follow import carry_out

        carry_out(folder, console, new=new, json=json)
        return
    from stdpbench.runs.client.run_client import RunClient

    client = RunClient.start(folder.path)
    client.wait_for_connection()
    client.close()
    console.print(f"run folder: {folder.path}", soft_wrap=True)
    console.print("It runs in the background; `stdpbench watch` follows it.")
    if json:
        write_json({"path": str(folder.path.resolve())})


def _open(run: str, runs: Path | None) -> api.Run:
    from stdpbench.api import open_run

    return open_run(run, runs)


def _standing(run: api.Run) -> str:
    """Return the state of a run as a sentence."""
    from stdpbench.runs.protocol.messages import STEPPED

    reason = run.reason.rstrip(".").removesuffix(STEPPED)
    return f"{run.name} is {run.state} at presentation {run.position}{f': {reason}' if reason else ''}."


def _print_changes(changed: Mapping[str, Sequence[Any]]) -> None:
    for path, (old, new) in changed.items():
        print(f"{path}: {old} → {new}, from the next presentation on")
    if not changed:
        print("Nothing changes: these are the present values.")


def _print_bits(measured: Mapping[str, Any], folder: RunFolder, console: Console) -> None:
    from stdpbench.cli.terminal import new_table
    from stdpbench.runs.folder.weights_origin import origin_of
    from stdpbench.studies.report.few_bits import ALL_BITS

    accuracy, word = measured["accuracy"], origin_of(folder.path).word
    rounding = {"nearest": "to the nearest value", "stochastic": "up or down at random"}[measured["rounding"]]
    title = f"% of {measured['n_images']} {measured['part']} stimuli, weights rounded {rounding}"
    headings = ["all bits" if name == ALL_BITS else "1 bit" if name == "1" else f"{name} bits" for name in accuracy]
    table = new_table("read-out", *headings, right_from=1, title=f"{word}: {title}" if word else title)
    for readout in accuracy[ALL_BITS]:
        table.add_row(readout, *(f"{100 * scores[readout]:.2f}" for scores in accuracy.values()))
    console.print(table)
