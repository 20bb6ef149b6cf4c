"""Reports on runs of streams: measures over time and at the end, of one run or of several.

A stream has no labels. So nothing is read out, presented again or compared with a baseline: a report contains what
the run has measured after each piece, and may be written while the run continues.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.files import write_text_aside
from stdpbench.experiment import Experiment
from stdpbench.results.readout.streams import N_BINS
from stdpbench.runs.analysis.stream_series import answers_of
from stdpbench.runs.catalog.comparison import Account
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.protocol.facts import Progress, Remarked
from stdpbench.studies.report.stream_page import make_stream_part, render_streams
from stdpbench.studies.report.stream_run import OF_POPULATIONS, StreamRun, grouped, load_stream
from stdpbench.studies.report.tables import FORMAT, compare_values, csv_text, over_seeds_rows, reproduction
from stdpbench.studies.sweeps.result import title
from stdpbench.studies.sweeps.seeds import OverSeeds, over_seeds

_OF_PATTERNS = ("hit_rate", "false_alarms", "latency", "neurons_with_hits")
_ENDS = N_BINS // 10  # bins of a histogram that are below 0.1 or above 0.9 of the largest weight
_NOT_COMPARED = ("name", "about", "seed")


def stream_report(
    folders: Sequence[RunFolder], target: Path, page: str
) -> Generator[Progress | Remarked, None, dict[str, Any]]:
    """Write a report on runs of streams.

    Parameters
    ----------
    folders : sequence of RunFolder
        The runs, at least one.
    target : Path
        An existing folder. The page is written last.
    page : str
        Name of the page in it.

    Yields
    ------
    Progress
        One for each run.

    Returns
    -------
    data : dict
        Content of ``report.json``.
    """
    runs, datas = list[StreamRun](), list[dict[str, Any]]()
    for number, folder in enumerate(folders):
        yield Progress("reading runs", number, len(folders))
        runs.append(load_stream(folder))
        datas.append(stream_data(runs[-1]))
    yield Progress("reading runs", len(folders), len(folders))
    experiments = [_seedless(run.start) for run in runs]
    together = compare_streams(datas, experiments) if len(runs) > 1 else {}
    seeds = over_seeds(folders, [Account.of(folder) for folder in folders])
    if together:
        together["over_seeds"] = None if seeds is None else seeds.to_mapping()
    report = {"format": FORMAT, "runs": datas, "together": together}
    for name, text in _tables(runs, datas, seeds).items():
        write_text_aside(target / name, text)
    write_text_aside(target / "report.json", json.dumps(report, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
    parts = [make_stream_part(run, data) for run, data in zip(runs, datas, strict=True)]
    write_text_aside(target / page, render_streams(parts, together, grouped(runs, experiments), seeds))
    return report


def stream_data(run: StreamRun) -> dict[str, Any]:
    """Return all plain values of one run."""
    last = [run.live.pieces[at] for at in sorted(run.live.pieces)][-round(run.end["seconds"] / run.seconds) :]
    return {
        "run": run.name,
        "experiment": run.experiment.name,
        "seed": run.experiment.seed,
        "pieces": len(run.live.pieces),
        "piece_seconds": run.seconds,
        "seconds": run.shown,
        "planned_seconds": run.planned,
        "end_seconds": run.end["seconds"],
        "state": str(run.state),
        "end": _ends(run),
        "weights": _weights(run),
        "answers": [
            {
                "neuron": one.neuron,
                "pattern": one.pattern,
                "hit_rate": one.hit_rate,
                "false_alarms": one.false_alarms,
                "latency": one.latency,
                "occurrences": one.occurrences,
            }
            for one in answers_of(last, run.seconds)
        ],
        "changes": [{"seconds": run.seconds * at, "change": text} for at, text in run.live.marks],
        "reproduce": reproduction(run.name, changed=bool(run.live.marks)),
        "experiment_toml": run.start.to_toml(),
        "versions": dict(run.metadata.get("versions", {})),
    }


def _ends(run: StreamRun) -> list[dict[str, Any]]:
    """Return each measure in the first piece, over the whole stream, and at the end."""
    rows = []
    for measure in OF_POPULATIONS:
        for population, end in run.end.get(measure, {}).items():
            values = run.columns[f"{measure}.{population}"]
            known = values[np.isfinite(values)]
            first, whole = float(known[0]), float(known.mean())
            rows.append(_end(f"{measure}.{population}", first, whole, end))
    return rows + [_end(name, None, None, run.end[name]) for name in _OF_PATTERNS if name in run.end]


def _end(measure: str, first: float | None, whole: float | None, end: float) -> dict[str, Any]:
    return {"measure": measure, "title": title(measure), "first": first, "whole": whole, "end": end}


def _weights(run: StreamRun) -> list[dict[str, Any]]:
    """Return the distribution of the weights of each projection that learns, after the first and the last piece."""
    rows, middles = [], (np.arange(N_BINS) + 0.5) / N_BINS
    for key, histograms in run.columns.items():
        if not key.startswith("weights.") or not histograms[-1].sum():
            continue
        first, last = histograms[0], histograms[-1]
        means = [float(each @ middles / max(each.sum(), 1)) for each in (first, last)]
        shares = [[float(part.sum() / max(each.sum(), 1)) for part in _parts(each)] for each in (first, last)]
        rows.append(
            {
                "projection": key.partition(".")[2],
                "synapses": int(last.sum()),
                "first": first.tolist(),
                "last": last.tolist(),
                "mean": means,
                "below_0.1": [each[0] for each in shares],
                "between": [each[1] for each in shares],
                "above_0.9": [each[2] for each in shares],
            }
        )
    return rows


def _parts(histogram: NDArray[Any]) -> tuple[NDArray[Any], ...]:
    return histogram[:_ENDS], histogram[_ENDS:-_ENDS], histogram[-_ENDS:]


# -- several runs ----------------------------------------------------------------------------------------------------


def _seedless(experiment: Experiment) -> str:
    """Return an experiment without its seed, as text: runs with equal text are averaged."""
    kept = {key: value for key, value in experiment.to_mapping().items() if key not in _NOT_COMPARED}
    return json.dumps(kept, sort_keys=True)


def compare_streams(datas: Sequence[Mapping[str, Any]], experiments: Sequence[str]) -> dict[str, Any]:
    """Compare the ends of runs.

    Parameters
    ----------
    datas : sequence of mapping
        Data of each run.
    experiments : sequence of str
        The experiment of each run, without its seed.
    """
    found: dict[str, list[float | None]] = {}
    for number, data in enumerate(datas):
        values = {row["title"]: row["end"] for row in data["end"]}
        for row in data["weights"]:
            values[f"mean weight of {row['projection']} / w_max"] = row["mean"][1]
            for what, name in (("below 0.1", "below_0.1"), ("above 0.9", "above_0.9")):
                values[f"share of weights of {row['projection']} {what} w_max"] = row[name][1]
        for name, value in values.items():
            found.setdefault(name, [None] * len(datas))[number] = value
    rows = [(name, values, "at the end" if number == 0 else "") for number, (name, values) in enumerate(found.items())]
    return compare_values(datas, experiments, rows)


# -- tables ----------------------------------------------------------------------------------------------------------


def _tables(runs: Sequence[StreamRun], datas: Sequence[Mapping[str, Any]], seeds: OverSeeds | None) -> dict[str, str]:
    """Return file name -> CSV text; each row names its run or runs."""
    tables: dict[str, list[dict[str, Any]]] = {
        "stream.csv": [row for run in runs for row in _pieces(run)],
        "end.csv": [{"run": data["run"], **row} for data in datas for row in data["end"]],
        "weights.csv": [row for data in datas for row in _bins(data)],
        "answers.csv": [{"run": data["run"], **row} for data in datas for row in data["answers"]],
        "over_seeds.csv": over_seeds_rows(seeds, "measure"),
    }
    return {name: csv_text(rows) for name, rows in tables.items() if rows}


def _pieces(run: StreamRun) -> list[dict[str, Any]]:
    names = [name for name in run.columns if name.partition(".")[0] in ("time", *OF_POPULATIONS)]
    columns = {name: run.columns[name].tolist() for name in names}
    return [
        {"run": run.name, **{name: "" if values[n] != values[n] else values[n] for name, values in columns.items()}}
        for n in range(len(run.columns["time"]))
    ]


def _bins(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "run": data["run"],
            "projection": row["projection"],
            "from": n / N_BINS,
            "to": (n + 1) / N_BINS,
            "after_first_piece": row["first"][n],
            "after_last_piece": row["last"][n],
        }
        for row in data["weights"]
        for n in range(N_BINS)
    ]
