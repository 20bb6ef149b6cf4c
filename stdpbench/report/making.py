"""Generation of reports: a folder with one HTML page and its data, from finished runs."""

from __future__ import annotations

import json
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stdpbench.datasets import Images
from stdpbench.errors import DiskError, StdpbenchError
from stdpbench.files import write_text_aside
from stdpbench.network import Learned
from stdpbench.report import robustness
from stdpbench.report.analysis import Extent, Findings, analyse
from stdpbench.report.material import Material, gather
from stdpbench.report.page import Part, make_part, render
from stdpbench.report.showing import Presenter
from stdpbench.report.tables import FORMAT, csv_tables, run_data, together
from stdpbench.runs.catalog.access_log import count_readings, note_reading
from stdpbench.runs.catalog.comparison import Account
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.folder.status import held
from stdpbench.runs.process.evaluation import default_workers
from stdpbench.runs.protocol.facts import LabelsRead, Progress, Remarked
from stdpbench.sweeps.seeds import over_seeds

PAGE = "report.html"


@dataclass(frozen=True)
class ReportOptions:
    """Content of a report, and settings for its computation.

    Attributes
    ----------
    extent : Extent
        Numbers of pictures that are shown again.
    robustness : int
        Pictures per point of the robustness curves; 0: draw only curves that have been measured before.
    workers : int
        Number of processes; 0: as many as processors and memory allow.
    simulator : str or None
        Name of the simulator; None: the best available.
    """

    extent: Extent = field(default_factory=Extent)
    robustness: int = 0
    workers: int = 0
    simulator: str | None = None


def make_report(
    folders: Sequence[RunFolder], target: Path, options: ReportOptions
) -> Generator[Progress | Remarked, None, dict[str, Any]]:
    """Measure runs and write a report.

    Parameters
    ----------
    folders : sequence of RunFolder
        Finished runs, at least one.
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
        If a run is not finished, a process works on it, or the report cannot be written.
    """
    if len({folder.path.resolve() for folder in folders}) < len(folders):
        raise StdpbenchError("a run is given twice; a report compares different runs")
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DiskError(f"{target} cannot be created: {error.strerror}") from error
    parts: list[Part] = []
    rows: list[tuple[dict[str, Any], Findings]] = []
    experiments: list[str] = []
    curves: dict[str, Any] = {}
    for folder in folders:
        yield Progress(f"{folder.path.resolve().name[:40]}", 0, 1)
        material = gather(folder)
        found = yield from _measured(material, options)
        readings = count_readings(folder)
        data = run_data(material, found, readings)
        n = min(options.robustness or robustness.IMAGES, len(material.test_counts))
        data["robustness"] = robustness.rows(material, n, _kept(folder))
        if data["robustness"]:
            curves[data["run"]] = data["robustness"]
        parts.append(make_part(material, found, readings, data))
        rows.append((data, found))
        seedless = {key: value for key, value in material.start.to_mapping().items() if key not in _ASIDE}
        experiments.append(json.dumps(seedless, sort_keys=True))
        yield Progress(f"{folder.path.resolve().name[:40]}", 1, 1)
    beside = together([data for data, _ in rows], experiments) if len(rows) > 1 else {}
    seeds = over_seeds(folders, [Account.of(folder) for folder in folders])
    if beside:
        beside["over_seeds"] = None if seeds is None else seeds.to_mapping()
    report = {"format": FORMAT, "runs": [data for data, _ in rows], "together": beside}
    titles = {data["run"]: f"{data['experiment']}, seed {data['seed']}" for data, _ in rows}
    drawn = robustness.draw({titles[run]: points for run, points in curves.items()})
    for name, text in csv_tables(rows, curves, seeds).items():
        write_text_aside(target / name, text)
    write_text_aside(target / "report.json", json.dumps(report, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
    write_text_aside(target / PAGE, render(parts, beside, drawn, seeds))
    return report


_ASIDE = ("name", "about", "seed")


def _kept(folder: RunFolder) -> Path:
    """Return the folder for slow measurements of a run, which all reports share."""
    kept = folder.path / "report"
    kept.mkdir(exist_ok=True)
    return kept


def _measured(material: Material, options: ReportOptions) -> Generator[Progress | Remarked, None, Findings]:
    extent, n_test = options.extent, len(material.test_counts)
    if material.missing:
        _note(material, "report")
        missing = " and ".join(material.missing)
        yield Remarked(f"{material.name}: {missing}, so its network is not shown pictures again.")
        return (yield from analyse(material, None, extent))
    shown = min(n_test, max(extent.sample, options.robustness))
    workers = options.workers or _workers(material)
    networks = {
        "trained": Learned(material.w, material.theta, material.lateral),
        "random weights": material.random_network(),
        "start weights": material.start_network(),
    }
    images = {
        "label": _unlabelled(material.label_images.part(0, 2 * extent.sample)),
        "test": _unlabelled(material.split.test.part(0, shown)),
    }
    simulator = options.simulator or material.said.get("simulator")
    with Presenter(material.experiment, images, networks, simulator, workers) as presenter:
        if not _note(material, "report"):
            yield Remarked(f"{material.name} has no journal, so this access to its labels cannot be recorded.")
        found = yield from analyse(material, presenter, extent)
        if options.robustness:
            _note(material, "robustness")
            yield from robustness.measure(material, presenter, min(options.robustness, n_test), _kept(material.folder))
    return found


def _workers(material: Material) -> int:
    from stdpbench.network import Layout

    return default_workers(Layout(material.experiment, material.split.train.n_input))


def _unlabelled(images: Images) -> Images:
    return Images(images.pixels, None)


def _note(material: Material, purpose: str) -> bool:
    with held(material.folder):
        return note_reading(material.folder, LabelsRead(material.part, len(material.test_counts), purpose))
