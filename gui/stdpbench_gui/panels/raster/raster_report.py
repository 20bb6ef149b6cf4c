"""What the raster says and exports: the table of spikes, and the figure, of a presentation or of a stream."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.units import thousands
from stdpbench.declare.learned_names import listed
from stdpbench.results.figures.paper import Table
from stdpbench_gui.panels.raster.stream_pieces import StreamPieces
from stdpbench_gui.panels.raster.strips import Strip
from stdpbench_gui.panels.raster.view import RasterView


def table_of(strips: Sequence[Strip]) -> Table:
    """Return every spike of some presentations."""
    rows = []
    for strip in strips:
        for layer, (index, bins) in strip.spikes.items():
            times = (bins * strip.dt).round(3)
            rows += [(strip.presentation, layer, i, t) for i, t in zip(index.tolist(), times.tolist(), strict=True)]
    return ("presentation", "layer", "neuron", "time (ms)"), rows


def figure_of(last: Strip, sizes: dict[str, int], read: str) -> dict[str, Any]:
    """Return the figure of a presentation: spikes by layer, and the rate of the population that is read."""
    label = "time in presentation (ms)"
    spikes = [
        {"t": bins * last.dt, "index": index, "label": layer, "size": sizes[layer]}
        for layer, (index, bins) in last.spikes.items()
        if sizes.get(layer)
    ]
    rate = {"x": (np.arange(len(last.rate)) + 0.5) * last.rate_bin, "y": last.rate, "label": "", "steps": True}
    end = (0.0, len(last.rate) * last.rate_bin)
    plots = [{"label": f"{read} rate (Hz per neuron)", "lines": [rate]}]
    lines = {"kind": "lines", "x_label": label, "plots": plots, "x_range": end}
    return {
        "kind": "stack",
        "parts": [{"kind": "raster", "x_label": label, "rows": spikes, "x_range": end}, lines],
        "table": table_of([last]),
        "title": f"Spikes in training presentation {last.presentation}",
        "n": "one presentation",
    }


# -- a stream --------------------------------------------------------------------------------------------------------


def stream_summary(pieces: StreamPieces, view: RasterView, seen: str) -> str:
    """Describe the stretch of a stream on the screen."""
    counts = [
        f"{thousands(sum(len(strip.spikes[layer][0]) for strip in view.strips))} {layer}"
        for layer, n in view.sizes.items()
        if n
    ]
    text = f"Stream, {seen}: {listed(counts)} spikes" if counts else f"Stream, {seen}"
    thinned = [f"1 in {n} {layer} neurons" for layer, n in view.film.every.items() if n > 1]
    text += f"; drawn: {listed(thinned)}" if thinned else ""
    return f"{text}; {len(view.patterns)} patterns." if view.patterns else f"{text}."


def stream_table(strips: Sequence[Strip]) -> Table:
    """Return every spike of some pieces, in time from the start of the stream."""
    rows = []
    for strip in strips:
        for layer, (index, bins) in strip.spikes.items():
            times = (1e-3 * (strip.start + bins * strip.dt)).round(6)
            rows += [(strip.presentation, layer, i, t) for i, t in zip(index.tolist(), times.tolist(), strict=True)]
    return ("piece", "layer", "neuron", "time (s)"), rows


def stream_figure(pieces: StreamPieces, view: RasterView, read: str, seen: str) -> dict[str, Any]:
    """Return the figure of the stretch on the screen, with the neurons that are drawn there; gaps are empty."""
    start, end = (1e-3 * each for each in pieces.stretch)
    spikes = []
    for layer, size in view.sizes.items():
        every = view.film.every.get(layer, 1)
        parts = [(strip, *strip.spikes[layer]) for strip in view.strips]
        index = np.concatenate([each for _, each, _ in parts])
        t = np.concatenate([1e-3 * (strip.start + bins * strip.dt) for strip, _, bins in parts])
        kept = (index % every == 0) & (t >= start)
        if size:
            spikes.append({"t": t[kept], "index": index[kept], "label": layer, "size": size})
    x: list[NDArray[np.floating[Any]]] = []
    y: list[NDArray[np.floating[Any]]] = []
    for strip in view.strips:
        at = 1e-3 * (strip.start + (np.arange(len(strip.rate)) + 0.5) * strip.rate_bin)
        if strip.skipped > 0:
            x, y = [*x, np.array([at[0]])], [*y, np.array([np.nan])]
        x, y = [*x, at], [*y, strip.rate]
    rate = {"x": np.concatenate(x), "y": np.concatenate(y), "label": ""}
    plots = [{"label": f"{read} rate (Hz per neuron)", "lines": [rate]}]
    lines = {"kind": "lines", "x_label": "time (s)", "plots": plots, "x_range": (start, end)}
    missed = [f"{1e-3 * first:g} to {1e-3 * last:g} s" for first, last in pieces.gaps() if last > 1e3 * start]
    thinned = [f"1 in {n} {layer} neurons" for layer, n in view.film.every.items() if n > 1]
    notes = ["one run", f"not seen: {', '.join(missed)}" if missed else ""]
    notes.append(f"drawn: {listed(thinned)}" if thinned else "")
    return {
        "kind": "stack",
        "parts": [{"kind": "raster", "x_label": "time (s)", "rows": spikes, "x_range": (start, end)}, lines],
        "table": stream_table(view.strips),
        "title": f"Spikes of a stream, {seen.partition(',')[0]}",
        "n": "; ".join(filter(None, notes)),
    }
