"""Implementation of the commands that start, control and continue runs."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.paths import runs_folder
from stdpbench.bridges.nir.imported import nir_network
from stdpbench.cli.follow import INTERRUPTED, Interrupt, carry_out, follow, report
from stdpbench.cli.progress import Display
from stdpbench.cli.terminal import Console
from stdpbench.declare.rule_paths import table_of_rule
from stdpbench.experiment import (
    Experiment,
    parse_assignment,
    read_experiment,
    shipped_experiments,
    with_reference,
)
from stdpbench.kinds.plasticity.tables import rule_name, rule_table
from stdpbench.runs.catalog.names import find_run
from stdpbench.runs.client.run_client import RunClient, ask
from stdpbench.runs.folder.lock import has_process
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.folder.status import state_of
from stdpbench.runs.folder.weights_origin import Origin, origin_of
from stdpbench.runs.lineage.branches import resumption
from stdpbench.runs.lineage.control import checkpoint, pause, rewind, step, stop
from stdpbench.runs.protocol.changes import changes_rule, rule_of
from stdpbench.runs.protocol.options import Options
from stdpbench.runs.protocol.states import State

SUPERVISED = "supervised: trained with the labels of the training pictures; compare it only with other references"
CONVERTED = "supervised: trained with labels elsewhere, and converted here; compare it only with other references"
_ORIGINS = {
    Origin.LABELS: "supervised: its weights were trained with labels; compare it only with other references",
    Origin.UNKNOWN: "origin of the weights unknown: they may have been trained with labels",
}


def run_command(
    name: str | None,
    assignments: Sequence[str],
    seed: int | None,
    runs: Path | None,
    options: Options,
    start_from: str | None,
    detach: bool,
    json: bool,
    reference: str | None = None,
    features: str | None = None,
    weights: Path | None = None,
) -> None:
    """Carry out ``stdpbench run``, or ``stdpbench reference`` with a kind of reference, and the run that it reads."""
    from stdpbench.runs.lineage.features import features_of
    from stdpbench.runs.preparation.creation import create_run, create_run_from, create_run_of_nir

    runs = runs or runs_folder()
    changes: dict[str, Any] = dict(parse_assignment(text) for text in assignments)
    if seed is not None:
        changes["seed"] = seed
    if weights is not None:
        changes["reference.weights"] = str(weights)
    console = Console(stderr=json)
    responding = None if features is None else find_run(features, runs)
    if name is None and responding is None:
        raise StdpbenchError("name an experiment, which provides the data, or a finished run, with --features")
    network = nir_network(name, changes) if reference is None and name is not None else None
    if network is not None:
        base = network.experiment
    else:
        base = responding.experiment if name is None and responding is not None else read_experiment(str(name))
    data = None if responding is None else features_of(responding)
    if reference is None:
        experiment = base.override(changes) if network is None else network.override(changes)
    else:
        experiment = with_reference(base, reference, changes, data)
    _title(console, experiment, [text for text in assignments if not text.startswith("seed=")])
    if reference is None and (lost := lost_text(base, changes)):
        console.print(lost, soft_wrap=True)
    if experiment.reference.trains:
        console.print(CONVERTED if experiment.reference.file else SUPERVISED, soft_wrap=True)
    if network is not None and start_from is not None:
        raise StdpbenchError("a NIR file has the weights that its network starts with; leave out --from")
    if weights is not None and start_from is not None:
        raise StdpbenchError("--weights and --from both give the weights; leave out one of them")
    if network is not None:
        folder = create_run_of_nir(network, experiment, Path(name or "").name, runs, options, _about())
    elif start_from is None:
        folder = create_run(experiment, runs, options, _about())
    else:
        parent = find_run(start_from, runs)
        given = changes if reference is None else {}
        folder = create_run_from(parent, given, runs, options, _about(), experiment)
    if not experiment.reference.trains and (sentence := _ORIGINS.get(origin_of(folder.path), "")):
        console.print(sentence, soft_wrap=True)
    if sentence := look_text(experiment, runs, options):
        console.print(sentence, soft_wrap=True)
    _start(folder, console, new=True, detach=detach, json=json)


def with_bits(assignments: Sequence[str], bits: int | None) -> list[str]:
    """Return assignments with that of ``--bits``.

    Raises
    ------
    StdpbenchError
        If they say another number of bits.
    """
    if bits is None:
        return list(assignments)
    if any(text.partition("=")[0].strip() == "simulator.weight_bits" for text in assignments):
        raise StdpbenchError("--bits and --set simulator.weight_bits say the same: leave out one of them")
    return [*assignments, f"simulator.weight_bits={bits}"]


def look_text(experiment: Experiment, runs: Path, options: Options) -> str:
    """Say which look at the test labels of its data set a run will be; empty for the first one, or if it is none.

    Labels of own data are optional; whether there are any is known only once they have been read.
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


def evaluate_command(run: str, options: Options, runs: Path | None, json: bool) -> None:
    """Carry out ``stdpbench evaluate``."""
    from stdpbench.runs.process.reevaluate import evaluate_run
    from stdpbench.runs.protocol.facts import Progress, Remarked

    folder = find_run(run, runs or runs_folder())
    console = Console(stderr=json)
    interrupt, stopped = Interrupt(console, "Stopping after this part; press Ctrl+C again to end at once."), False
    with Display(console) as display, closing(evaluate_run(folder.path, options)) as events, interrupt.heard():
        for event in events:
            if isinstance(event, Progress):
                display.progress(event)
            elif isinstance(event, Remarked):
                console.print(event.text)
            if interrupt.asked:
                stopped = True
                break
    if stopped:
        sys.exit(INTERRUPTED)
    report(folder, console, stopped=False, json=json)


def resume_command(run: str, runs: Path | None, detach: bool, json: bool, repair: bool) -> None:
    """Carry out ``stdpbench resume``."""
    from stdpbench.runs.lineage.repair import check_journal
    from stdpbench.runs.lineage.repair import repair as repair_journal

    folder, console = find_run(run, runs or runs_folder()), Console(stderr=json)
    if repair:
        done = repair_journal(folder) or "The journal is intact; nothing to repair."
        console.print(done, soft_wrap=True)
    if has_process(folder.path):
        reply = ask(folder.path, "resume")
        console.print(f"{folder.path.name} is {reply['state']} at presentation {reply['position']}.")
        return
    check_journal(folder, f"`stdpbench resume {folder.path} --repair`")
    _start(folder, console, new=False, detach=detach, json=json)


def branch_command(
    run: str,
    at: int | None,
    assignments: Sequence[str],
    rule: str | None,
    projection: str,
    runs: Path | None,
    only: bool,
    detach: bool,
    json: bool,
) -> None:
    """Carry out ``stdpbench branch``."""
    from stdpbench.runs.lineage.branches import branch

    parent, console = find_run(run, runs or runs_folder()), Console(stderr=json)
    changes = dict(parse_assignment(text) for text in assignments)
    if projection and rule is None:
        raise StdpbenchError("--projection says which projection learns by another rule: give --rule as well")
    table = None if rule is None else rule_table(rule)
    folder = branch(parent, at, changes, runs, _about(), rule=table, projection=projection)
    if only:
        console.print(f"run folder: {folder.path}", soft_wrap=True)
    else:
        _start(folder, console, new=False, detach=detach, json=json)


def rewind_command(run: str, to: int, runs: Path | None) -> None:
    """Carry out ``stdpbench rewind``."""
    folder, console = find_run(run, runs or runs_folder()), Console()
    kept, resumes_at = rewind(folder, to)
    message = f"{folder.path.name} is back at presentation {to}. {resumption(resumes_at, to)}"
    console.print(message, soft_wrap=True)
    console.print(f"The part after it is kept as {kept.path}", soft_wrap=True)


def ask_command(run: str, name: str, runs: Path | None) -> None:
    """Carry out ``stdpbench pause``, ``stdpbench stop`` and ``stdpbench checkpoint``."""
    folder, console = find_run(run, runs or runs_folder()), Console()
    asks: dict[str, Callable[[RunFolder], str]] = {"pause": pause, "stop": stop, "checkpoint": checkpoint}
    console.print(asks[name](folder), soft_wrap=True)


def step_command(run: str, n: int, runs: Path | None) -> None:
    """Carry out ``stdpbench step``."""
    folder, console = find_run(run, runs or runs_folder()), Console()
    console.print(step(folder, n), soft_wrap=True)


def set_command(run: str, assignments: Sequence[str], runs: Path | None) -> None:
    """Carry out ``stdpbench set``."""
    folder, console = find_run(run, runs or runs_folder()), Console()
    changed = ask(folder.path, "set", changes=dict(parse_assignment(text) for text in assignments))
    _show_changes(console, changed)


def set_learned_command(run: str, assignments: Sequence[str], runs: Path | None) -> None:
    """Carry out ``stdpbench set-learned``."""
    from stdpbench.base.foreign_files import read_npy
    from stdpbench.runs.folder.learned_arrays import write_learned

    folder, console = find_run(run, runs or runs_folder()), Console()
    state, _ = state_of(folder)
    if state is not State.PAUSED:
        raise StdpbenchError(
            f"{folder.path.name} is {state}: learned arrays are set while a run is paused; `stdpbench pause` pauses a "
            "running one"
        )
    arrays = {}
    for text in assignments:
        name, equals, file = text.partition("=")
        if not equals:
            raise StdpbenchError(f"{text!r} should read NAME=FILE, such as feed.w=weights.npy")
        arrays[name] = read_npy(Path(file).expanduser())
    reply = ask(folder.path, "set_learned", arrays=write_learned(folder.path, arrays))
    console.print(f"{', '.join(arrays)} set, from presentation {reply['position']} on; the run stays paused.")


def change_rule_command(run: str, rule: str, assignments: Sequence[str], projection: str, runs: Path | None) -> None:
    """Carry out ``stdpbench change-rule``."""
    folder, console = find_run(run, runs or runs_folder()), Console()
    experiment = folder.experiment.with_rule(rule_table(rule), projection, dict(map(parse_assignment, assignments)))
    owner = experiment.rule_owner(projection)
    table = experiment.rules_by_projection[owner].to_mapping()
    console.print("The new network is compiled if necessary; the run continues meanwhile.")
    changed = ask(folder.path, "change_rule", rule=table, projection=owner)
    if changes_rule(changed):
        old = changed[f"{table_of_rule(owner)}.kind"][0]
        console.print(f"{rule_of(owner)}: {old} → {rule_name(table)}, from the next presentation on")
    else:
        _show_changes(console, changed)


def watch_command(run: str, runs: Path | None) -> None:
    """Carry out ``stdpbench watch``."""
    folder, console = find_run(run, runs or runs_folder()), Console()
    state, reason = state_of(folder)
    if not has_process(folder.path):
        console.print(f"{folder.path.name} is {state}{f': {reason}' if reason else ''}.")
        if state is State.FINISHED:
            report(folder, console, stopped=False, json=False)
        return
    console.print(f"{folder.path.name}; Ctrl+C stops watching, not the run")
    client = RunClient.attach(folder.path)
    try:
        client.want("progress")
        live = follow(client, console, own=False)
    finally:
        client.close()
    if live.state is State.FINISHED:
        report(folder, console, stopped=False, json=False)


def gui_command(what: str | None, runs: Path | None) -> None:
    """Carry out ``stdpbench gui``."""
    from importlib import import_module

    folder = runs or runs_folder()
    path = None if what is None else _to_open(what, folder)
    sys.exit(import_module("stdpbench_gui").main(sys.argv[:1], folder, path))


def _to_open(what: str, runs: Path) -> Path:
    """Return the run folder, the zip file of a run or the experiment file with a given name.

    Raises
    ------
    StdpbenchError
        If there is none.
    """
    file = shipped_experiments().get(what, Path(what).expanduser())
    if file.is_file():
        if file.suffix != ".zip":
            read_experiment(file)  # its errors belong on the terminal
        return file.absolute()
    return find_run(what, runs).path.absolute()


def _show_changes(console: Console, changed: Mapping[str, Sequence[Any]]) -> None:
    for path, (old, new) in changed.items():
        console.print(f"{path}: {old} → {new}, from the next presentation on")
    if not changed:
        console.print("That is already the case.")


def _start(folder: RunFolder, console: Console, *, new: bool, detach: bool, json: bool) -> None:
    if not detach:
        carry_out(folder, console, new=new, json=json)
        return
    client = RunClient.start(folder.path)
    client.wait_for_connection()
    client.close()
    console.print(f"run folder: {folder.path}", soft_wrap=True)
    console.print("It runs in the background; `stdpbench watch` follows it.")
    if json:
        import json as json_format

        sys.stdout.write(json_format.dumps({"path": str(folder.path.resolve())}, ensure_ascii=False) + "\n")


def lost_text(base: Experiment, changes: Mapping[str, Any]) -> str:
    """Return a sentence about values that another kind does not take over; empty if there are none."""
    lost = base.lost_by(changes)
    if not lost:
        return ""
    values = ", ".join(f"{path} = {value}" for path, value in lost.items())
    sections = {path.partition(".")[0] for path in lost}
    parts = {path: path.removesuffix(".kind").removesuffix(".between") for path in changes}
    kinds = ", ".join(f"{path} = {value}" for path, value in changes.items() if parts[path] in sections)
    return f"not kept:   {values}{f'; {kinds} starts from defaults' if kinds else ''}"


def _title(console: Console, experiment: Experiment, assignments: Sequence[str]) -> None:
    title = f": {experiment.about.title}" if experiment.about.title else ""
    console.print(f"{experiment.name}, seed {experiment.seed}{title}")
    if assignments:
        console.print(f"with:       {', '.join(assignments)}", soft_wrap=True)


def _about() -> dict[str, Any]:
    return {"command": shlex.join(["stdpbench", *sys.argv[1:]])}
