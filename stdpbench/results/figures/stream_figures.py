"""Figures of a stream: measures over time, and weights over time."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.results.figures.paper import figure_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_WEIGHTS = 0.36  # height of the image of weights, relative to the width
QUANTITIES = {
    "rate": "rate (Hz)",
    "cv": "irregularity (CV of ISI)",
    "synchrony": "synchrony",
    "delta": "power at 2–4 Hz",
    "gamma": "power at 30–70 Hz",
}
"""Labels of the measures of each population."""
_RHYTHMS = ("delta", "gamma")  # drawn with a line at 1


def stream_figure(
    columns: Mapping[str, NDArray[Any]],
    answers: Mapping[str, NDArray[Any]],
    deviations: Mapping[str, NDArray[Any]] = MappingProxyType({}),
    *,
    title: str = "",
    width: float | None = None,
) -> Figure:
    """Draw the measures of a stream, one below the other.

    Parameters
    ----------
    columns : mapping of str to ndarray
        `stdpbench.runs.analysis.stream_series.stream_columns`.
    answers : mapping of str to ndarray
        `stdpbench.runs.analysis.stream_series.pattern_answers`; empty without patterns.
    deviations : mapping of str to ndarray
        Standard deviations of some of the columns, drawn as bands.
    title : str
        Title of the figure.
    width : float, optional
        Width in mm, for a paper. Default: a width for the screen.
    """
    plots: list[dict[str, Any]] = []
    for name, label in QUANTITIES.items():
        measured = [key for key in columns if key.startswith(f"{name}.") and np.isfinite(columns[key]).any()]
        lines = [_line(columns, key, deviations.get(key)) for key in measured]
        if name in _RHYTHMS and lines:
            lines.append({"x": columns["time"], "y": np.ones(len(columns["time"])), "colour": "0.5", "style": ":"})
        limits: dict[str, Any] = {"log": True} if name in _RHYTHMS else {"range": (0, None)}
        plots += [{"label": label, "lines": lines, **limits}] if lines else []
    if len(answers):
        dots = [{"x": answers["start"], "y": latency, "style": "."} for latency in answers["latency"].T]
        plots.append({"label": "latency (ms)", "lines": dots, "range": (0, None)})
    parts: list[dict[str, Any]] = [{"kind": "lines", "x_label": "time (s)", "plots": plots}] if plots else []
    parts += [_weights(columns["time"], columns[key], key) for key in columns if key.startswith("weights.")]
    if not parts:  # no measures yet
        parts = [{"kind": "lines", "x_label": "time (s)", "plots": [{"label": QUANTITIES["rate"], "lines": []}]}]
    parts[0]["title"] = title
    return figure_of({"kind": "stack", "parts": parts}, width)


def _line(columns: Mapping[str, NDArray[Any]], key: str, deviation: NDArray[Any] | None) -> dict[str, Any]:
    known = np.isfinite(columns[key])
    line = {"x": columns["time"][known], "y": columns[key][known], "label": key.partition(".")[2]}
    return line if deviation is None else {**line, "error": deviation[known]}


def _weights(time: NDArray[Any], histograms: NDArray[Any], key: str) -> dict[str, Any]:
    """Return the image of the fraction of weights in each bin over time."""
    step = time[0] if len(time) == 1 else time[1] - time[0]
    shares = histograms / np.maximum(histograms.sum(axis=1, keepdims=True), 1)
    return {
        "kind": "image",
        "image": np.sqrt(shares).T[::-1],  # square roots, so that rare weights are visible
        "label": "square root of the share",
        "extent": (time[0] - step, time[-1], 0, 1),
        "x_label": "time (s)",
        "y_label": f"{key.partition('.')[2]}: w / w_max",
        "share": _WEIGHTS,
    }
