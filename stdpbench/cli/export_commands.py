"""Implementation of ``export`` and ``reproduce``."""

from __future__ import annotations

import json as json_format
import shlex
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.table import Table

from stdpbench.base.paths import runs_folder
from stdpbench.cli.follow import carry_out
from stdpbench.cli.progress import Display
from stdpbench.cli.terminal import Console
from stdpbench.experiment import parse_assignment
from stdpbench.runs.catalog.names import find_run
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.lineage.export import SUFFIX, export_run, import_run
from stdpbench.runs.lineage.reproduction import Agreement, compare, open_source, prepare
from stdpbench.runs.protocol.facts import Progress


def export_command(run: str, output: Path | None, runs: Path | None) -> None:
    """Carry out ``stdpbench export``."""
    folder = find_run(run, runs or runs_folder())
    target = export_run(folder, output or Path(f"{folder.path.resolve().name}{SUFFIX}"))
    size = target.stat().st_size / 2**20
    Console().print(f"{target} ({size:.1f} MB)", soft_wrap=True)


def import_command(source: Path, runs: Path | None) -> None:
    """Carry out ``stdpbench import``."""
    folder = import_run(source, runs or runs_folder())
    Console().print(f"run folder: {folder.path}", soft_wrap=True)


def export_responses(
    run: str, neo: Path | None, nwb: Path | None, n_stimuli: int, record: Sequence[str], runs: Path | None
) -> None:
    """Carry out ``stdpbench export --neo`` and ``--nwb``."""
    from stdpbench.studies.report.recordings import files_for, neurons_named, write_responses

    folder, console = find_run(run, runs or runs_folder()), Console()
    targets, wanted = files_for(neo, nwb), neurons_named(record)
    with Display(console) as display:
        written = write_responses(
            folder,
            targets,
            wanted,
            n_stimuli,
            on_progress=lambda done, total: display.progress(Progress("presented again", done, total)),
        )
    for target in targets:
        text = f"{target}: {written.spikes} spikes in response to {written.stimuli} stimuli"
        console.print(text, soft_wrap=True)


def export_nir_command(
    run: str, target: Path, runs: Path | None, *, force: bool, stimuli: int, simulator: str | None, json: bool
) -> None:
    """Carry out ``stdpbench export --nir``; exits with status 1 if the file and the run differ unexpectedly."""
    from stdpbench.runs.process.nir_export import export_nir

    folder, console = find_run(run, runs or runs_folder()), Console(stderr=json)
    with Display(console) as display:
        found = export_nir(
            folder,
            target,
            force=force,
            stimuli=stimuli,
            simulator=simulator,
            on_progress=lambda done, total: display.progress(Progress("comparing", done, total)),
        )
    for sentence in found.sentences:
        console.print(sentence, soft_wrap=True)
    if json:
        record = {**asdict(found), "verdict": found.verdict}
        sys.stdout.write(json_format.dumps(record, ensure_ascii=False) + "\n")
    if found.different and not found.marks:
        sys.exit(1)


def reproduce_command(
    source: str, runs: Path | None, places: Sequence[str], workers: int, simulator: str | None, json: bool
) -> None:
    """Carry out ``stdpbench reproduce``; exits with status 1 if the results differ."""
    runs, path, console = runs or runs_folder(), Path(source).expanduser(), Console(stderr=json)
    with open_source(path if path.is_file() else find_run(source, runs_folder()).path) as original:
        about = {"command": shlex.join(["stdpbench", *sys.argv[1:]])}
        folders = dict(parse_assignment(text) for text in places)
        again, remark = prepare(original, runs, places=folders, workers=workers, simulator=simulator, about=about)
        if remark:
            console.print(remark, soft_wrap=True)
        carry_out(again, console, new=True, json=False)
        agreement = compare(original, again)
    _show(agreement, console)
    if json:
        sys.stdout.write(json_format.dumps(_record(agreement, again), ensure_ascii=False) + "\n")
    if not agreement.agrees:
        sys.exit(1)


def _show(agreement: Agreement, console: Console) -> None:
    if agreement.environment:
        table = Table(title="difference", title_justify="left")
        for heading in ("", "then", "now"):
            table.add_column(heading, overflow="fold")
        for name, (before, now) in agreement.environment.items():
            table.add_row(name, before or "–", now or "–")
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


def _record(agreement: Agreement, again: RunFolder) -> dict[str, object]:
    return {
        "path": str(again.path.resolve()),
        "same": agreement.same,
        "agrees": agreement.agrees,
        "verdict": agreement.verdict,
        **asdict(agreement),
    }
