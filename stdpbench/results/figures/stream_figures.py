"""Figures of a stream: measures over time, and weights over time."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.results.figures.drawing import OKABE_ITO, blues, curve, new_figure
from stdpbench.results.figures.saving import at_width

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WIDTH, _HEIGHT = 1000, 260  # of a row, in pixels
QUANTITIES = {
    "rate": "rate (Hz)",
    "cv": "irregularity (CV of ISI)",
    "synchrony": "synchrony",
    "delta": "power at 2–4 Hz",
    "gamma": "power at 30–70 Hz",
}
"""Labels of the measures that each population has."""
_RHYTHMS = ("delta", "gamma")  # relative to 1


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
        Width in mm, for a paper. Default: that of a screen.
    """
    rows = [name for name in QUANTITIES if any(_known(columns, name))]
    weights = [name for name in columns if name.startswith("weights.")]
    n_rows = len(rows) + bool(len(answers)) + len(weights)
    figure = new_figure(_WIDTH, max(1, n_rows) * _HEIGHT, constrained=True)
    axes = iter(figure.subplots(max(1, n_rows), 1, squeeze=False, sharex=True)[:, 0])
    last: Axes | None = None
    for name in rows:
        last = next(axes)
        for number, key in enumerate(_known(columns, name)):
            time, values = columns["time"], columns[key]
            curve(last, time, values, number, key.partition(".")[2])
            if key in deviations:
                low, high = values - deviations[key], values + deviations[key]
                last.fill_between(time, low, high, color=last.lines[-1].get_color(), alpha=0.25, linewidth=0)
        last.set_ylabel(QUANTITIES[name], fontsize=10)
        if name in _RHYTHMS:
            last.set_yscale("log")
            last.axhline(1.0, color="0.5", linewidth=0.8, linestyle=":")
        else:
            last.set_ylim(bottom=0)
        last.legend(fontsize=9)
    if len(answers):
        last = next(axes)
        _draw_latencies(last, answers)
    for key in weights:
        last = next(axes)
        _draw_weights(last, columns["time"], columns[key], key.partition(".")[2])
    if last is not None:
        last.set_xlabel("time (s)", fontsize=11)
    if title:
        figure.suptitle(title, fontsize=12)
    return at_width(figure, width)


def _known(columns: Mapping[str, NDArray[Any]], name: str) -> list[str]:
    return [key for key in columns if key.startswith(f"{name}.") and np.isfinite(columns[key]).any()]


def _draw_latencies(axes: Axes, answers: Mapping[str, NDArray[Any]]) -> None:
    """Draw the latency of each answer to a pattern, of each neuron in its colour."""
    for neuron, latency in enumerate(answers["latency"].T):
        colour = OKABE_ITO[neuron % len(OKABE_ITO)]
        axes.plot(answers["start"], latency, ".", color=colour, markersize=3)
    axes.set_ylabel("latency (ms)", fontsize=10)
    axes.set_ylim(bottom=0)


def _draw_weights(axes: Axes, time: NDArray[Any], histograms: NDArray[Any], name: str) -> None:
    """Draw the fraction of weights in each bin over time, darker for more."""
    n_bins = histograms.shape[1]
    step = time[0] if len(time) == 1 else time[1] - time[0]
    shares = histograms / np.maximum(histograms.sum(axis=1, keepdims=True), 1)
    image = axes.pcolormesh(
        np.append(time - step, time[-1]),
        np.linspace(0, 1, n_bins + 1),
        np.sqrt(shares).T,  # square roots, so that rare weights are visible
        cmap=blues(),
        vmin=0,
    )
    image.set_rasterized(True)
    axes.set_ylabel(f"{name}: w / w_max", fontsize=10)
