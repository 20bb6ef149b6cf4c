"""Generation of reports: a folder with one HTML page and its data, from finished runs."""

from __future__ import annotations

import json
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stdpbench.base.errors import StdpbenchError, disk_errors
from stdpbench.base.files import write_text_aside
from stdpbench.experiment import graph_for, with_pool
from stdpbench.runs.catalog.access_log import count_readings, note_reading
from stdpbench.runs.catalog.comparison import Account
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.folder.status import held
from stdpbench.runs.presentation.processes import default_workers
from stdpbench.runs.protocol.facts import LabelsRead, Progress, Remarked
from stdpbench.studies.report import adapted_thresholds, robustness
from stdpbench.studies.report.analysis import Extent, Findings, analyse
from stdpbench.studies.report.evaluated_run import EvaluatedRun, load_run
from stdpbench.studies.report.page import Part, make_part, render
from stdpbench.studies.report.presentations import Presenter
from stdpbench.studies.report.streams import stream_report
from stdpbench.studies.report.tables import FORMAT, compare_runs, csv_tables, run_data, setting_of, with_baselines
from stdpbench.studies.sweeps.seeds import over_seeds

PAGE = "report.html"


@dataclass(frozen=True)
class ReportOptions:
    """Content of a report, and settings for its computation.

    Attributes
    ----------
    extent : Extent
        Numbers of pictures that are presented again.
    robustness : int
        Pictures per point of the robustness curves; 0: draw only curves that have been measured before.
    workers : int
        Number of processes; 0: as many as processors and memory allow.
    simulator : str or None
        Name of the simulator; None: the best available.
    thresholds : bool
        Whether to measure start weights with adapted thresholds, which costs a training; otherwise the report has
        them only if they have been measured before.
    """

    extent: Extent = field(default_factory=Extent)
    robustness: int = 0
    workers: int = 0
    simulator: str | None = None
    thresholds: bool = False


def make_report(
    folders: Sequence[RunFolder], target: Path, options: ReportOptions
) -> Generator[Progress | Remarked, None, dict[str, Any]]:
    """Measure runs and write a report.

    Parameters
    ----------
    folders : sequence of RunFolder
        Finished runs, at least one; or runs of streams, which need not be finished.
    target : Path
        Folder of the report; created if missing. The page is written last.
    options : ReportOptions
        Content and settings.

    Yields
    ------
    Progress, Remarked
        Closing the generator early leaves an earlier report unchanged.

    Returns
    -------
    data : dict
        Content of ``report.json``.

    Raises
    ------
    StdpbenchError
        If a run is not finished or is active, only some runs are of streams, or the report cannot be written.
    """
    if len({folder.path.resolve() for folder in folders}) < len(folders):
        raise StdpbenchError("a run is given twice; a report compares different runs")
    for folder in folders:
        if (folder.path / "report").is_symlink():
            raise StdpbenchError(
                f"{folder.path / 'report'} is a symbolic link; replace it with a folder, since reports write into it"
            )
    with disk_errors(f"{target} cannot be created"):
        target.mkdir(parents=True, exist_ok=True)
    streams = [folder for folder in folders if folder.stored_experiment.stream is not None]
    if streams and len(streams) < len(folders):
        raise StdpbenchError(
            f"{streams[0].path.name} is the run of a stream, and others show pictures: their measures differ, so "
            "report them separately"
        )
    if streams:
        return (yield from stream_report(streams, target, PAGE))
    parts: list[Part] = []
    rows: list[tuple[dict[str, Any], Findings]] = []
    experiments: list[str] = []
    curves: dict[str, Any] = {}
    for folder in folders:
        yield Progress(f"{folder.path.resolve().name[:40]}", 0, 1)
        run = load_run(folder)
        findings = yield from _measure(run, options)
        findings.accuracies += adapted_thresholds.rows(run, _measurements_folder(folder))
        readings = count_readings(folder)
        data = run_data(run, findings, readings)
        n = min(options.robustness or robustness.IMAGES, len(run.test_counts))
        data["robustness"] = robustness.rows(run, n, _measurements_folder(folder))
        if data["robustness"]:
            curves[data["run"]] = data["robustness"]
        parts.append(make_part(run, findings, readings, data))
        rows.append((data, findings))
        experiments.append(setting_of(run.start))
        yield Progress(f"{folder.path.resolve().name[:40]}", 1, 1)
    comparison = compare_runs([data for data, _ in rows], experiments) if len(rows) > 1 else {}
    accounts = [
        with_baselines(Account.of(folder), findings) for folder, (_, findings) in zip(folders, rows, strict=True)
    ]
    seeds = over_seeds(folders, accounts)
    if comparison:
        comparison["over_seeds"] = None if seeds is None else seeds.to_mapping()
    report = {"format": FORMAT, "runs": [data for data, _ in rows], "together": comparison}
    titles = {part.name: part.title for part in parts}
    drawn = robustness.draw({titles[name]: points for name, points in curves.items()})
    for name, text in csv_tables(rows, curves, seeds).items():
        write_text_aside(target / name, text)
    write_text_aside(target / "report.json", json.dumps(report, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
    write_text_aside(target / PAGE, render(parts, comparison, drawn, seeds))
    return report


def _measurements_folder(folder: RunFolder) -> Path:
    """Return the folder for slow measurements of a run, which all its reports share."""
    path = folder.path / "report"
    path.mkdir(exist_ok=True)
    return path


def _measure(run: EvaluatedRun, options: ReportOptions) -> Generator[Progress | Remarked, None, Findings]:
    extent, n_test = options.extent, len(run.test_counts)
    if run.missing:
        record_access(run, "report")
        missing = " and ".join(run.missing)
        yield Remarked(f"{run.name}: {missing}, so its network cannot be simulated again.")
        return (yield from analyse(run, None, extent))
    n_presented = min(n_test, max(extent.sample, options.robustness))
    workers = options.workers or default_workers_of(run)
    networks = {
        "trained": run.learned,
        "random weights": run.random_network(),
        "start weights": run.start_network(),
    }
    images = {
        "label": run.label_images.part(0, 2 * extent.sample).unlabelled(),
        "test": run.split.test.part(0, n_presented).unlabelled(),
    }
    if options.robustness and run.experiment.encoding.timed:
        pool = with_pool(run.experiment.override({"schedule.timing": "redrawn"}), run.split).train.pool
        images = {phase: part if pool is None else part.with_pool(pool) for phase, part in images.items()}
    simulator = options.simulator or run.metadata.get("simulator")
    with Presenter(run.experiment, images, networks, simulator, workers) as presenter:
        record_access(run, "report")
        findings = yield from analyse(run, presenter, extent)
        if options.robustness:
            record_access(run, "robustness")
            n_images = min(options.robustness, n_test)
            yield from robustness.measure(run, presenter, n_images, _measurements_folder(run.folder))
    if options.thresholds:
        if reason := adapted_thresholds.why_not(run):
            yield Remarked(f"{run.name}: {reason}, so start weights with adapted thresholds were omitted.")
            return findings
        record_access(run, "adapted thresholds")
        yield from adapted_thresholds.measure(run, simulator, workers, _measurements_folder(run.folder))
    return findings


def default_workers_of(run: EvaluatedRun) -> int:
    """Return the default number of processes that present stimuli to the network of a run."""
    from stdpbench.engine.network import Layout

    return default_workers(Layout(graph_for(run.experiment, run.split.train)))


def record_access(run: EvaluatedRun, purpose: str) -> None:
    """Write to the journal of a run that its labels are read."""
    with held(run.folder):
        note_reading(run.folder, LabelsRead(run.part, len(run.test_counts), purpose))
