"""Summary, table and paper figure of a presentation in slow motion."""

from __future__ import annotations

from typing import Any

import numpy as np

from stdpbench.base.units import label, thousands
from stdpbench.results.readout import NO_ANSWER
from stdpbench.runs.analysis.frame_spikes import Pairs
from stdpbench.runs.analysis.slow_motion import SlowMotion, step_ends
from stdpbench_gui.panels.base import Table
from stdpbench_gui.session.observed import Observed


def in_words(moment: SlowMotion, observed: Observed, of_a_stream: bool = False) -> str:
    """Describe the replayed presentation, or piece of a stream, and the limits of the replay."""
    label = NO_ANSWER if of_a_stream else observed.label(moment.image)
    shown = f" (class {observed.class_name(label)})" if label >= 0 else ""
    again = f", presented {moment.attempts} times, showing the last" if moment.attempts > 1 else ""
    what = "piece" if of_a_stream else "presentation"
    head = f"Neuron {moment.neuron} of {moment.target}, {what} {thousands(moment.presentation)}{shown}{again}."
    return " ".join([head, *_others(moment), *moment.remarks])


def _others(moment: SlowMotion) -> list[str]:
    """Name the busiest neurons if the selected one was silent."""
    if len(moment.output) or not len(moment.target_spikes[0]):
        return []
    counts = np.bincount(moment.target_spikes[0])
    busiest = [str(n) for n in np.argsort(-counts, kind="stable")[:3].tolist() if counts[n]]
    listed = busiest[0] if len(busiest) == 1 else f"{', '.join(busiest[:-1])} and {busiest[-1]}"
    return [f"It did not spike here; {listed} did."]


def outcome(moment: SlowMotion) -> str:
    """Describe the outcome in numbers."""
    moved, n = moment.replay.end - moment.replay.start, len(moment.output)
    grew, shrank = int((moved > 0).sum()), int((moved < 0).sum())
    return (
        f"{len(moment.source_spikes[0])} spikes of {moment.source}, {n} spike{'s' if n != 1 else ''} of the neuron; "
        f"{grew} weights grew, {shrank} shrank, by at most {np.abs(moved).max(initial=0.0):.2g}."
    )


def _size(spikes: Pairs, at_least: int) -> int:
    """Return a number of neurons that includes all that spiked."""
    return max(at_least, int(spikes[0].max(initial=0)) + 1)


def _first_synapse(moment: SlowMotion, pixel: int) -> int:
    """Return the first synapse from a pixel; -1 if there is none."""
    synapses = moment.synapses_from(pixel)
    return int(synapses[0]) if len(synapses) else -1


def courses_table(moment: SlowMotion, pixel: int) -> Table:
    """Return traces, potential and the weight of a pixel (-1: none) at the end of each step."""
    columns = {"time (ms)": step_ends(moment.n_bins, moment.dt)}
    synapse = _first_synapse(moment, pixel)
    columns |= {trace.name: moment.replay.trace(trace.name, synapse) for trace in moment.traces}
    if moment.courses is not None:
        unit = moment.courses.unit
        columns |= {label("v", unit): moment.courses.v, label("threshold", unit): moment.courses.threshold}
    if synapse >= 0:
        columns["weight"] = moment.replay.weight(synapse)
    return tuple(columns), list(zip(*(column.tolist() for column in columns.values()), strict=True))


def figure_of(moment: SlowMotion, pixel: int) -> dict[str, Any]:
    """Return the figure for a paper: spikes, traces, potential and the weight of a pixel (-1: none)."""
    label, times = "time in presentation (ms)", step_ends(moment.n_bins, moment.dt)
    end = (0.0, moment.n_bins * moment.dt)
    spikes = [
        {"t": (bins + 0.5) * moment.dt, "index": index, "label": layer, "size": n}
        for layer, (index, bins), n in (
            (moment.source, moment.source_spikes, _size(moment.source_spikes, moment.n_source)),
            (moment.target, moment.target_spikes, _size(moment.target_spikes, moment.neuron + 1)),
        )
    ]
    synapse = _first_synapse(moment, pixel)
    courses = {"traces": {trace.name: moment.replay.trace(trace.name, synapse) for trace in moment.traces}}
    if moment.courses is not None:
        courses[moment.courses.unit or "potential"] = {
            "potential": moment.courses.v,
            "threshold": moment.courses.threshold,
        }
    if synapse >= 0:
        courses["weight of the pixel"] = {"": moment.replay.weight(synapse)}
    plots = [
        {"label": what, "lines": [{"x": times, "y": y, "label": name} for name, y in some.items()]}
        for what, some in courses.items()
        if some
    ]
    return {
        "kind": "stack",
        "parts": [
            {"kind": "raster", "x_label": label, "rows": spikes, "x_range": end},
            {"kind": "lines", "x_label": label, "plots": plots, "x_range": end},
        ][: 2 if plots else 1],
        "title": f"Neuron {moment.neuron} of {moment.target} in training presentation {moment.presentation}",
        "n": "one neuron, one presentation",
    }
