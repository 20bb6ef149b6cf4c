"""HTML page of a report on runs of streams, and the values for its template."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench import __version__
from stdpbench.base.units import thousands
from stdpbench.results.figures import saving
from stdpbench.results.figures.paper import draw as draw_spec
from stdpbench.results.figures.stream_figures import QUANTITIES, stream_figure
from stdpbench.runs.protocol.states import State
from stdpbench.studies.report.page import Part, about_network, about_notes, about_run, environment, heading_of
from stdpbench.studies.report.stream_run import Grouped, StreamRun
from stdpbench.studies.sweeps.seeds import OverSeeds

_ABOUT = {
    "rate": "mean firing rate of a neuron",
    "cv": "coefficient of variation of intervals between spikes; 1 for a Poisson process",
    "synchrony": "of spike counts in windows of 5 ms; 1 if all fire together",
    "delta": "relative to independent Poisson neurons of the same rate; 1 without a rhythm",
    "gamma": "relative to independent Poisson neurons of the same rate; 1 without a rhythm",
}
_LONGEST = 200  # letters that name a group of runs
_WIDTH = 120.0  # mm
_POINTS = 600
"""Points per curve of a figure; of more pieces, means of several are drawn."""

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
    columns, each = _thinned(run.columns)
    part.figures = {
        "curves": _curves(columns, {}),
        "pieces": each,
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
        columns, each = _thinned({"time": group.time} | group.mean)
        deviations, _ = _thinned({"time": group.time} | group.sd)
        seeds_of = ", ".join(map(str, group.seeds))
        drawn.append({"name": group.name, "seeds": seeds_of, "pieces": each, "curves": _curves(columns, deviations)})
    told = seeds is not None and len(seeds.groups) > 1
    if seeds is not None and any(len(group.label) > _LONGEST for group in seeds.groups):
        told = False  # experiments with little in common; the comparison has their means
    return (
        environment()
        .get_template("streams.html.j2")
        .render(
            parts=parts,
            together=together,
            groups=drawn,
            seeds=seeds if told else None,
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
    """Return means of so many successive pieces that curves have few points, and that number."""
    n = len(columns["time"])
    each = -(-n // _POINTS) if n else 1
    if each <= 1:
        return dict(columns), 1
    found = {}
    for name, values in columns.items():
        kept = values[: n - n % each].reshape(n // each, each, *values.shape[1:]).astype(float)
        if name == "time":
            found[name] = kept[:, -1]
            continue
        known = np.isfinite(kept)
        counts = known.sum(axis=1)
        sums = np.where(known, kept, 0.0).sum(axis=1)
        found[name] = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
    return found, each


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
        listed = "; ".join(f"{each['change']} at {each['seconds']:g} s" for each in changes[:5])
        sentences.append(f"Changed during the run: {listed}{' …' if len(changes) > 5 else ''}.")
    return [*sentences, "A stream has no labels: there is no accuracy, and baselines do not apply."]


def _firing(run: StreamRun) -> str:
    """Describe the firing of each population at the end."""
    parts = []
    for name, rate in run.end["rate"].items():
        known = [
            f"{what} {run.end[measure][name]:.{digits}f}"
            for measure, what, digits in (("cv", "CV of intervals", 2), ("synchrony", "synchrony", 3))
            if name in run.end.get(measure, {})
        ]
        parts.append(f"{name} fires at {rate:.2f} Hz{' (' + ', '.join(known) + ')' if known else ''}")
    return "; ".join(parts)
