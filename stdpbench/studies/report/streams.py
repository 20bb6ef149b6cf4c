"""Reports on runs of streams: measures over time and at the end, of one run or of several.

A stream has no labels, so nothing is read out, presented again or compared with a baseline. A report contains the
measures of the run after each piece, and may be written while the run continues.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench import __version__
from stdpbench.base.errors import StdpbenchError
from stdpbench.base.files import write_text_aside
from stdpbench.base.units import thousands
from stdpbench.results.figures import saving
from stdpbench.results.figures.paper import draw as draw_spec
from stdpbench.results.figures.stream_figures import QUANTITIES, stream_figure
from stdpbench.results.readout.streams import N_BINS
from stdpbench.runs.analysis.stream_series import answers_of, pattern_answers, stream_columns, summary
from stdpbench.runs.catalog.comparison import Account
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.folder.status import state_of
from stdpbench.runs.protocol.changes import reached_position, stored_at
from stdpbench.runs.protocol.facts import Progress, Remarked
from stdpbench.runs.protocol.live_run import LiveRun
from stdpbench.runs.protocol.states import State
from stdpbench.studies.report.evaluated_run import ReportedRun
from stdpbench.studies.report.page import Part, about_network, about_notes, about_run, environment, heading_of
from stdpbench.studies.report.tables import FORMAT, compare_values, csv_text, over_seeds_rows, reproduction, setting_of
from stdpbench.studies.sweeps.result import title
from stdpbench.studies.sweeps.seeds import OverSeeds, over_seeds

OF_POPULATIONS = ("rate", "cv", "synchrony", "delta", "gamma")
"""Measures that each population has."""


@dataclass(frozen=True, eq=False)
class StreamRun(ReportedRun):
    """A run of a stream with its measures.

    Attributes
    ----------
    live : LiveRun
        State of the run from its journal.
    """

    live: LiveRun

    @property
    def seconds(self) -> float:
        """Duration of a piece."""
        return self.experiment.schedule.piece or 1.0

    @property
    def shown(self) -> float:
        """Duration of the stream so far, in s."""
        return self.seconds * max(self.live.pieces)

    @property
    def planned(self) -> float:
        """Duration of the whole stream, in s."""
        n = dict(self.live.started.phases).get("train", 0) if self.live.started is not None else 0
        return self.seconds * n

    @property
    def state(self) -> State:
        """State of the run."""
        return state_of(self.folder)[0]

    @cached_property
    def columns(self) -> dict[str, NDArray[Any]]:
        """Measures, one value per piece."""
        return stream_columns(self.live.pieces, self.seconds)

    @cached_property
    def answers(self) -> dict[str, NDArray[Any]]:
        """Answers to patterns; empty without patterns."""
        return pattern_answers(self.live.pieces.values())

    @cached_property
    def end(self) -> dict[str, Any]:
        """Measures at the end."""
        return summary(self.live.pieces, self.seconds)


def load_stream(folder: RunFolder) -> StreamRun:
    """Read the run of a stream.

    Raises
    ------
    StdpbenchError
        If no piece of it is complete, or a file is missing or damaged.
    """
    start, records = folder.stored_experiment, read_journal(folder.path)
    live = LiveRun.replay(records)
    if not live.pieces:
        raise StdpbenchError(
            f"{folder.path.name} has no complete piece of its stream yet, so there is nothing to report"
        )
    experiment = stored_at(start, records, reached_position(records))
    return StreamRun(folder, folder.about, start, experiment, live)


@dataclass(frozen=True, eq=False)
class Grouped:
    """Measures of runs that differ only in their seed, over the time that all have measured.

    Attributes
    ----------
    name : str
        Name of the experiment.
    seeds : tuple of int
        Seeds of the runs.
    time : ndarray, float64, s
        Ends of the pieces.
    mean, sd : dict of str to ndarray
        By measure and population, over seeds; NaN if no run has a value, or for `sd` fewer than two.
    """

    name: str
    seeds: tuple[int, ...]
    time: NDArray[np.float64]
    mean: dict[str, NDArray[np.float64]]
    sd: dict[str, NDArray[np.float64]]


def grouped(runs: Sequence[StreamRun], experiments: Sequence[str]) -> list[Grouped]:
    """Return means and standard deviations over seeds, for each experiment with at least two runs."""
    groups = []
    for text in dict.fromkeys(experiments):
        members = [run for run, experiment in zip(runs, experiments, strict=True) if experiment == text]
        if len(members) < 2:
            continue
        common = min((run.columns["time"] for run in members), key=len)
        mean, sd = dict[str, NDArray[np.float64]](), dict[str, NDArray[np.float64]]()
        for key in members[0].columns:
            if key.partition(".")[0] in OF_POPULATIONS and all(key in run.columns for run in members):
                values = np.array([run.columns[key][: len(common)] for run in members], float)
                with warnings.catch_warnings():  # if no run has a value, or only one
                    warnings.simplefilter("ignore", RuntimeWarning)
                    mean[key], sd[key] = np.nanmean(values, axis=0), np.nanstd(values, axis=0, ddof=1)
        seeds = tuple(run.experiment.seed for run in members)
        groups.append(Grouped(members[0].experiment.name, seeds, common, mean, sd))
    return groups


_OF_PATTERNS = ("hit_rate", "false_alarms", "latency", "neurons_with_hits")
_ENDS = N_BINS // 10  # bins of a histogram that are below 0.1 or above 0.9 of the largest weight
_SHARES = {"below_0.1": slice(_ENDS), "between": slice(_ENDS, -_ENDS), "above_0.9": slice(-_ENDS, None)}


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
    runs, rows = list[StreamRun](), list[dict[str, Any]]()
    for number, folder in enumerate(folders):
        yield Progress("reading runs", number, len(folders))
        runs.append(load_stream(folder))
        rows.append(stream_data(runs[-1]))
    yield Progress("reading runs", len(folders), len(folders))
    experiments = [setting_of(run.start) for run in runs]
    together = compare_streams(rows, experiments) if len(runs) > 1 else {}
    seeds = over_seeds(folders, [Account.of(folder) for folder in folders])
    if together:
        together["over_seeds"] = None if seeds is None else seeds.to_mapping()
    report = {"format": FORMAT, "runs": rows, "together": together}
    for name, text in _tables(runs, rows, seeds).items():
        write_text_aside(target / name, text)
    write_text_aside(target / "report.json", json.dumps(report, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
    parts = [make_stream_part(run, data) for run, data in zip(runs, rows, strict=True)]
    write_text_aside(target / page, render_streams(parts, together, grouped(runs, experiments), seeds))
    return report


def stream_data(run: StreamRun) -> dict[str, Any]:
    """Return all plain values of one run."""
    last = [run.live.pieces[number] for number in sorted(run.live.pieces)][-round(run.end["seconds"] / run.seconds) :]
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
                "neuron": answer.neuron,
                "pattern": answer.pattern,
                "hit_rate": answer.hit_rate,
                "false_alarms": answer.false_alarms,
                "latency": answer.latency,
                "occurrences": answer.occurrences,
            }
            for answer in answers_of(last, run.seconds)
        ],
        "changes": [{"seconds": run.seconds * number, "change": text} for number, text in run.live.marks],
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
            finite = values[np.isfinite(values)]
            first, whole = float(finite[0]), float(finite.mean())
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
        means = [float(histogram @ middles / max(histogram.sum(), 1)) for histogram in (first, last)]
        shares = {
            name: [float(histogram[part].sum() / max(histogram.sum(), 1)) for histogram in (first, last)]
            for name, part in _SHARES.items()
        }
        rows.append(
            {
                "projection": key.partition(".")[2],
                "synapses": int(last.sum()),
                "first": first.tolist(),
                "last": last.tolist(),
                "mean": means,
                **shares,
            }
        )
    return rows


# -- several runs ----------------------------------------------------------------------------------------------------


def compare_streams(datas: Sequence[Mapping[str, Any]], experiments: Sequence[str]) -> dict[str, Any]:
    """Compare the ends of runs.

    Parameters
    ----------
    datas : sequence of mapping
        Data of each run.
    experiments : sequence of str
        The experiment of each run, without its seed.
    """
    measures: dict[str, list[float | None]] = {}
    for number, data in enumerate(datas):
        values = {row["title"]: row["end"] for row in data["end"]}
        for row in data["weights"]:
            values[f"mean weight of {row['projection']} / w_max"] = row["mean"][1]
            for label, name in (("below 0.1", "below_0.1"), ("above 0.9", "above_0.9")):
                values[f"share of weights of {row['projection']} {label} w_max"] = row[name][1]
        for name, value in values.items():
            measures.setdefault(name, [None] * len(datas))[number] = value
    headings = ["at the end", *[""] * len(measures)]
    rows = [
        (name, values, heading, False) for (name, values), heading in zip(measures.items(), headings, strict=False)
    ]
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


_ABOUT = {
    "rate": "mean firing rate of a neuron",
    "cv": "coefficient of variation of intervals between spikes; 1 for a Poisson process",
    "synchrony": "of spike counts in windows of 5 ms; 1 if all fire together",
    "delta": "relative to independent Poisson neurons of the same rate; 1 without a rhythm",
    "gamma": "relative to independent Poisson neurons of the same rate; 1 without a rhythm",
}
_LONGEST = 200  # letters that name a group of runs
_WIDTH = 88.0  # mm
_POINTS = 600
"""Maximum number of points of a curve; means of successive pieces are drawn if there are more."""

Columns = Mapping[str, NDArray[Any]]


def make_stream_part(run: StreamRun, data: Mapping[str, Any]) -> Part:
    """Collect and draw the content of the page for one run."""
    schedule = run.experiment.schedule
    stages = "; ".join(
        f"{', '.join(stage.projections) or 'none'} for {stage.duration:g} s" for stage in schedule.stages or ()
    )
    part = Part(
        title=heading_of(run.folder, run.experiment),
        name=run.name,
        about=[
            *about_notes(run.folder),
            *about_network(run.start, run.experiment),
            ("data", f"{getattr(run.experiment.data, 'kind', '')}, a stream of spikes"),
            ("stages of learning", stages),
            ("tuned on", run.start.about.tuned_on),
            *about_run(run.metadata),
        ],
        sentences=_sentences(run, data),
        data=data,
        groups=[],
    )
    columns, n_pieces = _thinned(run.columns)
    part.figures = {
        "curves": _curves(columns, {}),
        "pieces": n_pieces,
        "latency": _drawn({}, run.answers) if run.answers else None,
        "weights": [
            {
                **row,
                "history": _drawn({name: columns[name] for name in ("time", f"weights.{row['projection']}")}, {}),
                "bars": _bars(row["first"], row["last"]),
            }
            for row in data["weights"]
        ],
    }
    return part


def render_streams(
    parts: Sequence[Part], together: Mapping[str, Any], groups: Sequence[Grouped], seeds: OverSeeds | None
) -> str:
    """Render the page."""
    drawn = []
    for group in groups:
        columns, n_pieces = _thinned({"time": group.time} | group.mean)
        deviations, _ = _thinned({"time": group.time} | group.sd)
        seeds_of = ", ".join(map(str, group.seeds))
        drawn.append(
            {"name": group.name, "seeds": seeds_of, "pieces": n_pieces, "curves": _curves(columns, deviations)}
        )
    shown = seeds is not None and len(seeds.groups) > 1
    if seeds is not None and any(len(group.label) > _LONGEST for group in seeds.groups):
        shown = False  # experiments with little in common; the comparison has their means
    return (
        environment()
        .get_template("streams.html.j2")
        .render(
            parts=parts,
            together=together,
            groups=drawn,
            seeds=seeds if shown else None,
            version=__version__,
        )
    )


def _curves(columns: Columns, deviations: Columns) -> list[dict[str, str]]:
    """Draw each measure that has values."""
    drawn = []
    for name, about in _ABOUT.items():
        keys = [key for key in columns if key.startswith(f"{name}.") and np.isfinite(columns[key]).any()]
        if keys:
            figure = _drawn({key: columns[key] for key in ("time", *keys)}, {}, deviations)
            drawn.append({"figure": figure, "name": QUANTITIES[name], "about": about})
    return drawn


def _drawn(columns: Columns, answers: Columns, deviations: Columns = MappingProxyType({})) -> str:
    return saving.embedded(stream_figure, columns, answers, deviations, width=_WIDTH)


def _bars(first: Sequence[int], last: Sequence[int]) -> str:
    """Draw the weights after the first piece of a stream and after the last one."""
    series = [
        {"values": np.array(counts) / max(sum(counts), 1), "label": label}
        for counts, label in ((first, "first piece"), (last, "end"))
    ]
    middles = (np.arange(len(last)) + 0.5) / len(last)
    spec = {"kind": "bars", "x": middles, "series": series, "x_label": "w / w_max", "y_label": "share of weights"}
    return saving.embedded(draw_spec, spec)


def _thinned(columns: Columns) -> tuple[dict[str, NDArray[Any]], int]:
    """Return means of successive pieces, at most `_POINTS`, and the number of pieces of each mean."""
    n = len(columns["time"])
    n_pieces = -(-n // _POINTS) if n else 1
    if n_pieces <= 1:
        return dict(columns), 1
    means = {}
    for name, values in columns.items():
        pieces = values[: n - n % n_pieces].reshape(n // n_pieces, n_pieces, *values.shape[1:]).astype(float)
        if name == "time":
            means[name] = pieces[:, -1]
            continue
        with warnings.catch_warnings():  # if no piece has a value
            warnings.simplefilter("ignore", RuntimeWarning)
            means[name] = np.nanmean(pieces, axis=1)
    return means, n_pieces


def _sentences(run: StreamRun, data: Mapping[str, Any]) -> list[str]:
    """Return the summary of one run."""
    pieces = f"in {thousands(data['pieces'])} pieces of {run.seconds:g} s"
    if run.shown < run.planned:
        state = run.state
        verb = "continues" if state is State.RUNNING else f"is {state}"
        first = f"{run.shown:g} of {run.planned:g} s of a stream, {pieces}; the run {verb}."
    else:
        first = f"A stream of {run.shown:g} s, {pieces}."
    sentences = [first, f"Over the last {data['end_seconds']:g} s, {_firing(run)}."]
    if "hit_rate" in run.end:
        latency = f", {run.end['latency']:.1f} ms after their start" if "latency" in run.end else ""
        sentences.append(
            f"The neuron with the most hits answers to {100 * run.end['hit_rate']:.1f} % of the patterns{latency}. "
            f"Outside patterns it fires {run.end['false_alarms']:.2g} times per second."
        )
    for row in data["weights"]:
        low, high = row["below_0.1"], row["above_0.9"]
        shares = [f"{100 * share:.0f} %" for share in (low[1], high[1], low[0], high[0])]
        sentences.append(
            f"Of the {thousands(row['synapses'])} weights of {row['projection']}, {shares[0]} are below 0.1 of the "
            f"largest and {shares[1]} above 0.9 ({shares[2]} and {shares[3]} after the first piece)."
        )
    changes = data["changes"]
    if changes:
        listed = "; ".join(f"{change['change']} at {change['seconds']:g} s" for change in changes[:5])
        sentences.append(f"Changed during the run: {listed}{' …' if len(changes) > 5 else ''}.")
    return [*sentences, "A stream has no labels: there is no accuracy, and baselines do not apply."]


def _firing(run: StreamRun) -> str:
    """Describe the firing of each population at the end."""
    parts = []
    for name, rate in run.end["rate"].items():
        measures = [
            f"{label} {run.end[measure][name]:.{digits}f}"
            for measure, label, digits in (("cv", "CV of intervals", 2), ("synchrony", "synchrony", 3))
            if name in run.end.get(measure, {})
        ]
        parts.append(f"{name} fires at {rate:.2f} Hz{' (' + ', '.join(measures) + ')' if measures else ''}")
    return "; ".join(parts)
