"""Data of a report: values for JSON, tables for CSV, and comparison of several runs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from stdpbench.experiment import Experiment
from stdpbench.results.figures.paper import table_text
from stdpbench.results.figures.surrogate_training import passes_of
from stdpbench.results.readout.baselines import K_MEANS, SAMPLES
from stdpbench.runs.analysis.curves import taught_columns
from stdpbench.runs.catalog.access_log import Readings
from stdpbench.runs.catalog.comparison import Account, verdict_of
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.protocol.live_run import LiveRun
from stdpbench.studies.report.adapted_thresholds import NAME as ADAPTED
from stdpbench.studies.report.analysis import Findings
from stdpbench.studies.report.evaluated_run import EvaluatedRun
from stdpbench.studies.report.rows import GROUPS
from stdpbench.studies.sweeps.seeds import OverSeeds
from stdpbench.studies.sweeps.statistics import plain, spread

FORMAT = 1
_DATA_ROWS: tuple[tuple[str, Callable[[Mapping[str, Any]], float | None], bool], ...] = (
    ("AMI of clusters and classes, k-means", lambda data: _cluster(data, "k-means")["ami"], False),
    ("AMI, spectral clusters", lambda data: _cluster(data, "spectral")["ami"], False),
    ("purity of winning neurons as clusters", lambda data: _cluster(data, "neurons (winner)")["purity"], True),
    ("median purity of neurons", lambda data: data["neurons"]["median_purity"], True),
    ("median selectivity", lambda data: data["neurons"]["median_selectivity"], False),
    ("median lifetime sparseness", lambda data: data["neurons"]["median_lifetime_sparseness"], False),
    ("neurons silent in the label phase", lambda data: data["neurons"]["never_fired"], False),
    ("duplicate neurons", lambda data: data["neurons"]["duplicates"], False),
    ("spikes per picture of the neurons that are read", lambda data: _cost(data, "exc_spikes"), False),
    ("million synaptic operations per picture", lambda data: _cost(data, "operations", 1e6), False),
)


def _cluster(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    clustering: Mapping[str, Any] = next(row for row in data["clusters"] if row["name"] == name)
    return clustering


def _cost(data: Mapping[str, Any], name: str, unit: float = 1.0) -> float | None:
    return data["cost"][name] / unit if "cost" in data else None


def run_data(run: EvaluatedRun, findings: Findings, readings: Readings) -> dict[str, Any]:
    """Return all plain values of one run."""
    experiment, live = run.experiment, LiveRun.replay(read_journal(run.folder.path))
    return {
        "run": run.name,
        "experiment": experiment.name,
        "seed": experiment.seed,
        "n_exc": experiment.graph().n_read,
        "accuracies": [row.to_mapping() for row in findings.accuracies],
        "verdict": verdict_of(with_baselines(Account.of(run.folder), findings)),
        **findings.data,
        "confusion": findings.arrays["confusion vote"].tolist(),
        "class_names": list(run.split.class_names),
        "held_out": [
            {"position": position, "images": fact.images, "part": fact.part, **fact.values}
            for position, fact in sorted(live.held_out.items())
        ],
        "passes": pass_rows(live, len(run.split.train)),
        "readings": {
            "run": readings.run,
            "experiment": readings.experiment,
            "runs": readings.runs,
            "unknown": readings.unknown,
            "data_set": readings.data_set,
            "data_set_runs": readings.data_set_runs,
        },
        "reproduce": reproduction(run.name, changed=bool(experiment.differences(run.start))),
        "experiment_toml": run.start.to_toml(),
        "versions": dict(run.metadata.get("versions", {})),
    }


def pass_rows(live: LiveRun, n_train: int) -> list[dict[str, Any]]:
    """Return measures of a training with labels, one row per completed pass; empty without labels."""
    if not live.taught:
        return []
    columns = passes_of(taught_columns(live.taught), max(1, n_train))
    rows = zip(*(values.tolist() for values in columns.values()), strict=True)
    return [
        {name: value if np.isfinite(value) else None for name, value in zip(columns, row, strict=True)} for row in rows
    ]


_NOT_COMPARED = ("name", "about", "seed")


def setting_of(experiment: Experiment) -> str:
    """Return an experiment without its seed, as text: runs with equal text differ only in their seed."""
    compared = {key: value for key, value in experiment.to_mapping().items() if key not in _NOT_COMPARED}
    return json.dumps(compared, sort_keys=True)


def reproduction(name: str, *, changed: bool) -> list[str]:
    """Return commands that reproduce a run and its report, from its name and whether parameters changed during it."""
    lines = [
        f"stdpbench reproduce {name}    # runs it again and compares the results",
        f"stdpbench report {name}",
    ]
    if changed:
        lines.insert(0, "# parameters were changed during the run; reproduce applies these changes from the journal")
    return lines


def compare_runs(data: Sequence[Mapping[str, Any]], experiments: Sequence[str]) -> dict[str, Any]:
    """Compare runs.

    Parameters
    ----------
    data : sequence of mapping
        Data of each run.
    experiments : sequence of str
        Text for the experiment of each run, without its seed: runs with equal text are averaged.
    """
    rows: list[tuple[str, Sequence[float | None], str, bool]] = []
    for group, title in GROUPS.items():
        names = dict.fromkeys(
            _seedless(row["name"]) for run in data for row in run["accuracies"] if row["group"] == group
        )
        for number, name in enumerate(names):
            rows.append((name, [_accuracy(run, group, name) for run in data], title if number == 0 else "", True))
    for number, (name, value, share) in enumerate(_DATA_ROWS):
        heading = "responses and neurons" if number == 0 else ""
        rows.append((name, [value(run) for run in data], heading, share))
    return compare_values(data, experiments, rows)


def compare_values(
    data: Sequence[Mapping[str, Any]],
    experiments: Sequence[str],
    rows: Sequence[tuple[str, Sequence[float | None], str, bool]],
) -> dict[str, Any]:
    """Compare runs by rows of name, value of each run, heading above, and whether it is a share; as `compare_runs`."""
    titles: dict[str, str] = {}
    for run, experiment in zip(data, experiments, strict=True):
        titles.setdefault(experiment, str(run["experiment"]))
    compared = []
    for name, values, heading, share in rows:
        of_experiment: dict[str, list[float]] = {text: [] for text in titles}
        for value, experiment in zip(values, experiments, strict=True):
            of_experiment[experiment] += [] if value is None else [value]
        spreads = [plain(spread(seed_values)) for seed_values in of_experiment.values()]
        row = {"name": name, "heading": heading, "share": share, "values": list(values), "spreads": spreads}
        compared.append(row)
    return {"experiments": [*titles.values()], "rows": compared}


def _seedless(name: str) -> str:
    method, centres, _ = name.partition(", K =")
    return f"{method}, K = n" if centres else name


def _accuracy(run: Mapping[str, Any], group: str, name: str) -> float | None:
    return next(
        (row["accuracy"] for row in run["accuracies"] if row["group"] == group and _seedless(row["name"]) == name),
        None,
    )


def csv_tables(
    parts: Sequence[tuple[Mapping[str, Any], Findings]], robustness: Mapping[str, Any], seeds: OverSeeds | None
) -> dict[str, str]:
    """Return file name -> CSV text; each row names its run or runs."""
    tables: dict[str, list[dict[str, Any]]] = {
        "accuracy.csv": [{"run": d["run"], **row} for d, _ in parts for row in d["accuracies"]],
        "clusters.csv": [{"run": d["run"], **row} for d, _ in parts for row in d["clusters"]],
        "neurons.csv": [row for d, f in parts for row in _per_neuron(d["run"], f)],
        "embedding.csv": [row for d, f in parts for row in _points(d["run"], f)],
        "confusion.csv": [
            {
                "run": d["run"],
                "true": d["class_names"][i],
                "answer": [*d["class_names"], "no answer"][j],
                "pictures": n,
            }
            for d, _ in parts
            for i, row in enumerate(d["confusion"])
            for j, n in enumerate(row)
        ],
        "held_out.csv": [{"run": d["run"], **row} for d, _ in parts for row in d["held_out"]],
        "passes.csv": [{"run": d["run"], **row} for d, _ in parts for row in d["passes"]],
        "robustness.csv": [{"run": run, **row} for run, rows in robustness.items() for row in rows],
        "over_seeds.csv": over_seeds_rows(seeds, "readout"),
        "baselines_over_seeds.csv": baseline_rows(seeds),
    }
    return {name: csv_text(rows) for name, rows in tables.items() if rows}


def with_baselines(account: Account, findings: Findings) -> Account:
    """Return an account with the baselines of the run and those that only the report has measured."""
    rows = {name: findings.row(name) for name in (*K_MEANS.values(), SAMPLES, f"{ADAPTED}, vote")}
    measured = {f"accuracy of {name}": row.metric for name, row in rows.items() if row is not None}
    return replace(account, metrics={**measured, **account.metrics})


def baseline_rows(seeds: OverSeeds | None) -> list[dict[str, Any]]:
    """Return one row per group of runs and baseline, the strictest first; shares, not percent."""
    rows = []
    for group in () if seeds is None else seeds.groups:
        for baseline in group.baselines:
            row: dict[str, Any] = {"runs_with": group.label, "baseline": baseline.name}
            row |= {f"baseline_{key}": value for key, value in plain(baseline.accuracy).items()}
            row |= {f"vote_minus_baseline_{key}": value for key, value in plain(baseline.difference).items()}
            rows.append(row)
    return rows


def over_seeds_rows(seeds: OverSeeds | None, what: str) -> list[dict[str, Any]]:
    """Return one row per group of runs and per read-out or measure, as `what` names it; shares, not percent."""
    rows = []
    for group in () if seeds is None else seeds.groups:
        for name, accuracy in group.accuracy.items():
            difference = group.differences.get(name)
            row = {what: name, "runs_with": group.label, **plain(accuracy)}
            for key in ("n", "mean", "low", "high"):
                row[f"difference_{key}"] = None if difference is None else plain(difference)[key]
            rows.append(row)
    return rows


def _per_neuron(run: str, findings: Findings) -> list[dict[str, Any]]:
    columns = {name.partition(" ")[2]: array for name, array in findings.arrays.items() if name.startswith("neuron ")}
    n = len(columns["label"])
    return [
        {"run": run, "neuron": i, **{name: _plain(values[i]) for name, values in columns.items()}} for i in range(n)
    ]


def _points(run: str, findings: Findings) -> list[dict[str, Any]]:
    rows = []
    for name, points in findings.arrays.items():
        if name.startswith("embedding "):
            method = name.partition(" ")[2]
            rows += [{"run": run, "method": method, "picture": i, "x": x, "y": y} for i, (x, y) in enumerate(points)]
    return rows


def _plain(value: Any) -> Any:
    if isinstance(value, np.floating):
        return "" if np.isnan(value) else float(value)
    return value.item() if isinstance(value, np.generic) else value


def csv_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return rows with the same keys as CSV."""
    return table_text((list(rows[0]), [list(row.values()) for row in rows]))
