"""Figure of one stimulus: the stimulus, its spikes and their rates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from stdpbench.data.stimuli import Events, Signal
from stdpbench.experiment.dry_run import ShownStimulus
from stdpbench.results.figures.drawing import spaced
from stdpbench.results.figures.paper import figure_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_NAMED = 6  # up to this number, each group of inputs has its own raster
_CURVES = 40  # channels of a signal that are drawn
_PICTURE = 0.4  # height of a picture, as a share of the width of the figure


def stimulus_figure(shown: ShownStimulus, *, title: str = "", width: float | None = None) -> Figure:
    """Draw one stimulus and its spikes.

    Parameters
    ----------
    shown : ShownStimulus
        The stimulus.
    title : str
        Title; default: the name of the stimulus.
    width : float, optional
        Width in mm, for a paper. Default: a width for the screen.

    Returns
    -------
    matplotlib.figure.Figure
        The stimulus: a picture, dark where inputs are active, the number of events per channel, one image per plane,
        or a signal as curves. Below it, over time: spikes as dots, with the inputs from top to bottom in the order of
        the grid, and the mean rate of the inputs. Up to six copies of the grid, or planes, have separate rasters.
    """
    x_range = shown.start * 1e3, (shown.start + shown.n_bins * shown.dt) * 1e3
    over_time = {"x_label": "time (ms)", "x_range": x_range}
    n_groups = shown.n_groups if shown.n_groups <= _NAMED else 1
    size = max(1, shown.n_inputs // n_groups)
    time, index = (shown.start + (shown.spikes.bin + 0.5) * shown.dt) * 1e3, shown.spikes.index
    rows = []
    for group in range(n_groups):
        in_group = index // size == group
        label = f"input, group {group}" if n_groups > 1 else "input"
        rows.append({"t": time[in_group], "index": index[in_group] - group * size, "label": label, "size": size})
    spikes = f"{spaced(len(index))} spikes of {spaced(shown.n_inputs)} inputs"
    edges, rates = shown.rates()
    middles, drawn = (edges[:-1] + edges[1:]) / 2 * 1e3, rates if n_groups > 1 else rates.mean(axis=0, keepdims=True)
    lines = [{"x": middles, "y": values, "steps": True, "style": "-"} for values in drawn]
    low = {"share": 0.25}
    parts = [
        *_stimulus(shown, over_time),
        {"kind": "raster", **over_time, "rows": rows, "title": spikes},
        {"kind": "lines", **over_time, "plots": [{"label": "rate (Hz)", "range": (0, None), "lines": lines}], **low},
    ]
    parts[0]["title"] = " \u2013 ".join(filter(None, (title or shown.name, parts[0].get("title"))))
    return figure_of({"kind": "stack", "parts": parts}, width)


def _stimulus(shown: ShownStimulus, over_time: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the parts of the figure that show the stimulus itself."""
    stimulus, (height, width) = shown.stimulus, shown.grid
    if stimulus is None:
        return []
    if isinstance(stimulus, Signal):
        x, n = np.arange(stimulus.values.shape[1]) / stimulus.rate * 1e3, len(stimulus.values)
        lines = [{"x": x, "y": values, "style": "-"} for values in stimulus.values[:_CURVES]]
        label = "value" if n <= _CURVES else f"value (first {_CURVES} of {n} channels)"
        return [{"kind": "lines", **over_time, "plots": [{"label": label, "lines": lines}]}]
    if isinstance(stimulus, Events):
        counts = np.bincount(stimulus.index, minlength=height * width).reshape(shown.planes, -1, width)
        parts = [_picture(plane, "channel", "events", int(counts.max(initial=1))) for plane in counts]
        for number, (part, plane) in enumerate(zip(parts, counts, strict=True)):
            prefix = f"plane {number}: " if shown.planes > 1 else ""
            part["title"] = f"{prefix}{spaced(int(plane.sum()))} events"
        return parts
    picture = np.asarray(stimulus).reshape(height, width)
    shade = {} if height == 1 else {"x_label": "dark pixels: active inputs"}
    return [{**_picture(picture, "feature", "value (255: white)", float(picture.max(initial=1e-9))), **shade}]


def _picture(values: np.ndarray, x_label: str, label: str, largest: float) -> dict[str, Any]:
    """Return the part for a plane of values: an image, or bars for a single row."""
    if len(values) > 1:
        return {"kind": "image", "image": values, "label": label, "levels": (0, largest), "share": _PICTURE}
    series = [{"values": values[0]}]
    labels = {"x_label": x_label, "y_label": label}
    return {"kind": "bars", "x": np.arange(values.size), **labels, "series": series, "share": 0.25}
