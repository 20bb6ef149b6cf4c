"""Commands that export runs and their networks to files, import runs, and reproduce them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.paths import runs_folder
from stdpbench.cli import completion
from stdpbench.cli.options import (
    EndWithJson,
    NewRuns,
    Run,
    Runs,
    SimulatorName,
    Trust,
    Workers,
    about_command,
    find_run,
    trust_file,
)
from stdpbench.cli.output import write_json
from stdpbench.runs.protocol.facts import Progress

if TYPE_CHECKING:
    from stdpbench.cli.terminal import Console
    from stdpbench.runs.lineage.reproduction import Agreement
    from stdpbench.runs.process.script_export import ScriptExport

exports_app = typer.Typer()


@exports_app.command()
def export(
    run: Run,
    output: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The zip file. Default: RUN.stdpbench.zip in the current folder."),
    ] = None,
    neo: Annotated[
        Path | None,
        typer.Option(metavar="FILE.nix", help="Write responses to evaluated stimuli for Neo and Elephant instead."),
    ] = None,
    nwb: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.nwb", help="Write responses to evaluated stimuli as Neurodata Without Borders instead."
        ),
    ] = None,
    stimuli: Annotated[
        int,
        typer.Option(
            min=0,
            metavar="N",
            help="Number of stimuli in these files, from the first; 0: all, or 100 if presented again. With --nir, "
            "number of stimuli on which file and run are compared; 0: 20. With --brian2, number of training stimuli "
            "or pieces of a stream; 0: 100, or 10 s.",
        ),
    ] = 0,
    record: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[POPULATION=]N,N,…",
            help="Present the stimuli again, and add potentials of these neurons and spikes of all populations. "
            "Repeatable.",
        ),
    ] = None,
    training: Annotated[
        bool,
        typer.Option("--training", help="With --neo or --nwb: write the spikes recorded in training instead."),
    ] = False,
    nir: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.nir",
            help="Write the trained network to this NIR file instead, and check it; see docs/hardware.md.",
        ),
    ] = None,
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            help="With --nir: leave out what NIR cannot express, where possible, and mark the file as different.",
        ),
    ] = False,
    brian2: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.py",
            help="Write the first training presentations as a plain Brian2 script with the same spikes instead, and "
            "its arrays beside it; also of an experiment.",
        ),
    ] = None,
    history: Annotated[
        bool, typer.Option("--history", help="Add the moments of training for the timeline of the app and for films.")
    ] = False,
    simulator: SimulatorName = None,
    json: EndWithJson = False,
    runs: Runs = None,
) -> None:
    """Write a zip file that reproduces a run, without its data; or its network or responses for other tools."""
    from stdpbench.cli.follow import Display
    from stdpbench.cli.terminal import Console

    if brian2 is not None:
        if (output, neo, nwb, nir) != (None, None, None, None) or force or record or history:
            raise StdpbenchError(
                "--brian2 writes a script and its arrays, and cannot be combined with other files or their options"
            )
        made = _export_script(run, runs, brian2, stimuli, simulator)
        Console(stderr=json).print(made.sentence, soft_wrap=True)
        if json:
            write_json({**asdict(made), "script": str(made.script), "arrays": str(made.arrays)})
        return
    if nir is not None and (output, neo, nwb) != (None, None, None):
        raise StdpbenchError("--nir cannot be combined with --output, --neo or --nwb, which write other files")
    if force and nir is None:
        raise StdpbenchError("--force is for --nir, where it allows a network that differs from the run; leave it out")
    if record and neo is None and nwb is None:
        raise StdpbenchError("--record is for --neo and --nwb, which write responses; leave it out")
    if training and ((neo is None and nwb is None) or record or stimuli):
        raise StdpbenchError("--training is for --neo and --nwb, without --record and --stimuli")
    if history and (nir, neo, nwb) != (None, None, None):
        raise StdpbenchError("--history is for the zip file; leave it out with --nir, --neo or --nwb")
    folder, console = find_run(run, runs), Console(stderr=json)

    def shown(phase: str, display: Display) -> Callable[[int, int], None]:
        return lambda done, total: display.progress(Progress(phase, done, total))

    if nir is not None:
        from stdpbench.runs.process.nir_export import export_nir

        with Display(console) as display:
            written = export_nir(
                folder,
                nir,
                force=force,
                stimuli=stimuli or 20,
                simulator=simulator,
                on_progress=shown("comparing", display),
            )
        for sentence in written.sentences:
            console.print(sentence, soft_wrap=True)
        if json:
            write_json({**asdict(written), "verdict": written.verdict})
        if written.different and not written.marks:
            sys.exit(1)
    elif neo is not None or nwb is not None:
        from stdpbench.studies.report.recordings import files_for, neurons_named, write_responses

        targets, wanted = files_for(neo, nwb), neurons_named(record or [])
        with Display(console) as display:
            responses = write_responses(
                folder, targets, wanted, stimuli, training=training, on_progress=shown("presented again", display)
            )
        for target in targets:
            text = f"{target}: {responses.spikes} spikes in response to {responses.stimuli} stimuli"
            console.print(text, soft_wrap=True)
    else:
        from stdpbench.runs.lineage.export import SUFFIX, export_run

        target = export_run(folder, output or Path(f"{folder.path.resolve().name}{SUFFIX}"), history=history)
        console.print(f"{target} ({target.stat().st_size / 2**20:.1f} MB)", soft_wrap=True)


def _export_script(name: str, runs: Path | None, target: Path, stimuli: int, simulator: str | None) -> ScriptExport:
    """Write a plain Brian2 script of a run or an experiment."""
    from stdpbench.experiment import read_experiment
    from stdpbench.experiment.shipped import shipped_experiments
    from stdpbench.runs.process.script_export import export_script

    is_experiment = name in shipped_experiments() or Path(name).suffix == ".toml"
    source = read_experiment(name) if is_experiment else find_run(name, runs)
    return export_script(source, target, presentations=stimuli or None, simulator=simulator)


@exports_app.command()
def film(
    run: Run,
    output: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", help="A .gif, .webp or .mp4 file. Default: RUN.webp in the current folder."),
    ] = None,
    other: Annotated[
        str | None,
        typer.Option("--with", metavar="RUN", help="Show another run beside it, at the same presentations."),
    ] = None,
    start: Annotated[int, typer.Option("--from", min=0, metavar="N", help="Begin after N presentations.")] = 0,
    end: Annotated[
        int | None, typer.Option("--to", min=0, metavar="N", help="End after N presentations. Default: all so far.")
    ] = None,
    seconds: Annotated[
        float | None,
        typer.Option(metavar="S", help="Duration, 5 to 60 s. Default: 12 moments a second, from 5 to 20 s."),
    ] = None,
    square: Annotated[bool, typer.Option("--square", help="1080 x 1080 pixels instead of 1920 x 1080.")] = False,
    dark: Annotated[bool, typer.Option("--dark", help="Light on dark.")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Replace an existing file.")] = False,
    runs: Runs = None,
) -> None:
    """Write a film of a run: its weights, and what it is shown, over training."""
    from stdpbench.cli.follow import Display
    from stdpbench.cli.terminal import Console
    from stdpbench.studies.film import write_film

    folder, console = find_run(run, runs), Console()
    with Display(console) as display:
        target = write_film(
            folder,
            output or Path(f"{folder.path.resolve().name}.webp"),
            other=None if other is None else find_run(other, runs),
            start=start,
            end=end,
            seconds=seconds,
            shape="square" if square else "1080p",
            theme="dark" if dark else "light",
            replace=replace,
            on_progress=lambda done, total: display.progress(Progress("drawn", done, total)),
        )
    console.print(f"{target} ({target.stat().st_size / 2**20:.1f} MB)", soft_wrap=True)


@exports_app.command("import")
def import_(
    source: Annotated[Path, typer.Argument(metavar="ZIP", help="A zip file written by `export`.")],
    runs: NewRuns = None,
) -> None:
    """Unpack an exported run into the runs folder, to show, evaluate and compare it there."""
    from stdpbench.runs.lineage.export import import_run

    print(f"run folder: {import_run(source, runs or runs_folder()).path}")


@exports_app.command()
def reproduce(
    source: Annotated[
        str,
        typer.Argument(
            metavar="RUN|ZIP",
            help="A finished run, or a zip file written by `export`.",
            autocompletion=completion.runs_of,
        ),
    ],
    runs: NewRuns = None,
    trust: Trust = False,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="PATH=VALUE", help="Present location of the data, such as data.path=DIR. Repeatable."
        ),
    ] = None,
    workers: Workers = 0,
    simulator: Annotated[
        str | None,
        typer.Option(
            metavar="compiled|runtime",
            help="Simulator. Default: that of the run.",
            autocompletion=completion.simulators,
        ),
    ] = None,
    json: EndWithJson = False,
) -> None:
    """Repeat a finished run and compare the results; exit status 1 if they differ."""
    from stdpbench.cli.follow import carry_out
    from stdpbench.cli.terminal import Console
    from stdpbench.experiment import parse_assignment
    from stdpbench.runs.lineage.reproduction import compare, open_source, prepare

    runs, path, console = runs or runs_folder(), Path(source).expanduser(), Console(stderr=json)
    with open_source(path if path.is_file() else find_run(source, None).path) as original:
        if trust:
            trust_file(original.stored_experiment)
        folders = dict(parse_assignment(text) for text in set_ or [])
        about = about_command()
        again, remark = prepare(original, runs, places=folders, workers=workers, simulator=simulator, about=about)
        if remark:
            console.print(remark, soft_wrap=True)
        carry_out(again, console, new=True, json=False)
        agreement = compare(original, again)
    _print_agreement(agreement, console)
    if json:
        verdict = {"same": agreement.same, "agrees": agreement.agrees, "verdict": agreement.verdict}
        write_json({"path": str(again.path.resolve()), **verdict, **asdict(agreement)})
    if not agreement.agrees:
        sys.exit(1)


def _print_agreement(agreement: Agreement, console: Console) -> None:
    from stdpbench.cli.terminal import new_table

    if agreement.environment:
        table = new_table("", "then", "now", title="difference")
        for name, (before, after) in agreement.environment.items():
            table.add_row(name, before or "–", after or "–")
        console.print(table)
    for difference in agreement.spikes:
        console.print(
            f"{difference.phase}: {difference.different} of {difference.counts} spike counts differ, by "
            f"{difference.largest} at most; {difference.before} spikes then, {difference.again} now",
            soft_wrap=True,
        )
    if agreement.accuracy and not agreement.same:
        for score in agreement.accuracy:
            console.print(
                f"{score.readout}: {100 * score.again:.2f} %, {'within' if score.within else 'outside'} "
                f"{100 * score.low:.1f} – {100 * score.high:.1f} % ({100 * score.before:.2f} % then)",
            )
    console.print(agreement.verdict, soft_wrap=True)
