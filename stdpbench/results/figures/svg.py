"""Small figures to embed in an HTML page, light or dark: SVG in the colour of the page's text, and PNG data URIs."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.results.figures.drawing import MARKERS, OKABE_ITO
from stdpbench.results.figures.surrogate_training import layers_with_gradients, surrogate_training_figure

_INK = "#123457"  # placeholder for the text colour of the page
_WIDTH, _HEIGHT = 5.2, 4.2
_TEN = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8C6BB1", "#A65628", "#7F7F7F", "#B2B200")
_MOST_COLOURS = 20
_OVER_TRAINING = {
    "accuracy_vote": "accuracy, vote",
    "purity": "purity of winners",
    "nmi": "NMI of winners",
    "neuron_purity": "purity per neuron",
}


def png(grey: NDArray[Any], largest: float | None = None, *, invert: bool = False) -> str:
    """Encode an image of grey values, (height, width), as a data URI; NaN becomes transparent."""
    from PIL import Image

    top = float(np.nanmax(grey, initial=0.0)) if largest is None else largest
    known = np.isfinite(grey)
    value = np.clip(np.where(known, grey, 0) / max(top, 1e-12), 0, 1) * 255
    shade = (255 - value if invert else value).astype(np.uint8)
    image = Image.fromarray(shade if known.all() else np.dstack([shade, np.where(known, 255, 0).astype(np.uint8)]))
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    return _uri("image/png", file.getvalue())


def embedding(points: NDArray[np.float64], groups: NDArray[np.int64], names: Sequence[str], axes_mean: bool) -> str:
    """Draw points coloured by group as SVG; groups beyond the number of colours have other markers."""
    figure, axes = _axes()
    for number, name in enumerate(names[:_MOST_COLOURS]):
        mine = points[groups == number]
        axes.scatter(
            mine[:, 0],
            mine[:, 1],
            s=9,
            color=_TEN[number % len(_TEN)],
            marker=MARKERS[number // len(_TEN) % len(MARKERS)],
            linewidths=0,
            alpha=0.85,
            label=name,
            rasterized=True,
        )
    rest = points[(groups >= _MOST_COLOURS) | (groups < 0)]
    if len(rest):
        axes.scatter(rest[:, 0], rest[:, 1], s=7, color="#9AA5AD", linewidths=0, label="other", rasterized=True)
    if axes_mean:
        axes.set(xlabel="first principal component", ylabel="second principal component")
    else:
        axes.set(xticks=[], yticks=[])
    axes.legend(
        loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False, fontsize=9, markerscale=2.2, labelcolor=_INK
    )
    return _svg(figure)


def histogram(values: NDArray[np.float64], label: str) -> str:
    """Draw the distribution of a quantity over neurons as SVG."""
    figure, axes = _axes(3.4, 2.3)
    known = values[np.isfinite(values)]
    axes.hist(known, bins=30, color=OKABE_ITO[0], linewidth=0)
    axes.set(xlabel=label, ylabel="neurons")
    return _svg(figure)


def curves(
    levels: Sequence[float],
    series: Mapping[str, tuple[Sequence[float], Sequence[float], Sequence[float]]],
    label: str,
    *,
    evenly: bool,
) -> str:
    """Draw accuracy over the level of a disturbance with its interval as SVG, one line per run.

    Parameters
    ----------
    levels : sequence of float
    series : mapping of str to (accuracy, low, high)
    label : str
        Label of the horizontal axis.
    evenly : bool
        Whether to space levels evenly, as for numbers of bits.
    """
    figure, axes = _axes(4.2, 2.9)
    at = list(range(len(levels))) if evenly else list(levels)
    for number, (name, (accuracy, low, high)) in enumerate(series.items()):
        colour = OKABE_ITO[number % len(OKABE_ITO)]
        axes.fill_between(at, 100 * np.array(low), 100 * np.array(high), color=colour, alpha=0.2, linewidth=0)
        axes.plot(at, 100 * np.array(accuracy), color=colour, marker=MARKERS[number % len(MARKERS)], ms=4, label=name)
    if evenly:
        axes.set_xticks(at, ["as is" if level == 64 else f"{level:g}" for level in levels])
    axes.set(xlabel=label, ylabel="accuracy, vote (%)", ylim=(0, 100))
    axes.grid(visible=True, color=_INK, alpha=0.15, linewidth=0.7)
    if len(series) > 1:
        axes.legend(frameon=False, fontsize=8, labelcolor=_INK)
    return _svg(figure)


def line(x: Sequence[float], accuracy: Sequence[float], label: str) -> str:
    """Draw the accuracy of the vote over a quantity as SVG."""
    figure, axes = _axes(6.4, 2.9)
    axes.plot(x, 100 * np.array(accuracy), color=OKABE_ITO[0])
    axes.set(xlabel=label, ylabel="accuracy, vote (%)", ylim=(0, 100), xlim=(0, max(x, default=1)))
    axes.grid(visible=True, color=_INK, alpha=0.15, linewidth=0.7)
    return _svg(figure)


def over_training(rows: Sequence[Mapping[str, Any]]) -> str:
    """Draw measures on held-out pictures over training presentations as SVG.

    Parameters
    ----------
    rows : sequence of mapping
        One row per ``position``, with measures of `stdpbench.results.readout.held_out`; None if undefined.
    """
    figure, axes = _axes(6.4, 3.2)
    for number, (name, label) in enumerate(_OVER_TRAINING.items()):
        known = [(row["position"], 100 * row[name]) for row in rows if row.get(name) is not None]
        if known:
            x, y = zip(*known, strict=True)
            axes.plot(x, y, color=OKABE_ITO[number], marker=MARKERS[number], ms=3.5, label=label)
    axes.set(xlabel="training presentations", ylabel="%", ylim=(0, 100))
    axes.grid(visible=True, color=_INK, alpha=0.15, linewidth=0.7)
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False, fontsize=9, labelcolor=_INK)
    return _svg(figure)


def surrogate_training(rows: Sequence[Mapping[str, Any]]) -> str | None:
    """Draw gradients and silent neurons over the passes of a training as SVG; None if gradients are not known.

    Parameters
    ----------
    rows : sequence of mapping
        One row per pass, with the columns of `passes_of`; None if undefined.
    """
    if len(rows) < 2:
        return None
    columns = {name: np.array([np.nan if row[name] is None else row[name] for row in rows], float) for name in rows[0]}
    if not layers_with_gradients(columns):
        return None
    figure = surrogate_training_figure({"": [columns]})
    for axes in figure.axes:
        axes.tick_params(which="both", colors=_INK)
        for spine in axes.spines.values():
            spine.set_color(_INK)
        for label in (axes.xaxis.label, axes.yaxis.label):
            label.set_color(_INK)
    for legend in figure.legends:
        coloured: list[Any] = [*legend.get_lines(), *legend.get_texts()]
        for each in coloured:
            each.set_color(_INK)
    for text in figure.texts:
        text.set_color(_INK)
    return _svg(figure)


def over_time(
    time: NDArray[np.float64],
    series: Mapping[str, tuple[NDArray[np.float64], NDArray[np.float64] | None]],
    label: str,
    *,
    powers: bool = False,
) -> str:
    """Draw measures of a stream over its time as SVG.

    Parameters
    ----------
    time : ndarray, float64, (n,), s
        Ends of the pieces.
    series : mapping of str to (ndarray, ndarray or None)
        Population -> its values and their standard deviations, (n,), NaN where unknown; without deviations None.
    label : str
        Quantity.
    powers : bool
        Whether the axis is logarithmic, with a line at 1.
    """
    figure, axes = _axes(4.2, 2.7)
    for number, (name, (values, deviation)) in enumerate(series.items()):
        colour, known = OKABE_ITO[number % len(OKABE_ITO)], np.isfinite(values) & (values > 0 if powers else True)
        if deviation is not None:
            low, high = values - np.nan_to_num(deviation), values + np.nan_to_num(deviation)
            low = np.where(low > 0, low, values) if powers else low
            axes.fill_between(time[known], low[known], high[known], color=colour, alpha=0.25, linewidth=0)
        axes.plot(time[known], values[known], color=colour, linewidth=1.4, label=name)
    if powers:
        axes.set_yscale("log")
        axes.axhline(1.0, color=_INK, alpha=0.5, linewidth=0.8, linestyle=":")
    else:
        axes.set_ylim(bottom=0)
    axes.set(xlabel="time (s)", ylabel=label)
    axes.tick_params(which="minor", colors=_INK)
    axes.grid(visible=True, color=_INK, alpha=0.15, linewidth=0.7)
    axes.legend(frameon=False, fontsize=8, labelcolor=_INK)
    return _svg(figure)


def latencies(start: NDArray[np.float64], latency: NDArray[np.float64]) -> str:
    """Draw the latency of answers to patterns as SVG; (n_shown,) starts in s, (n_shown, n_neurons) latencies in ms."""
    figure, axes = _axes(4.2, 2.7)
    for neuron, values in enumerate(latency.T):
        known = np.isfinite(values)
        colour = OKABE_ITO[neuron % len(OKABE_ITO)]
        axes.plot(start[known], values[known], ".", color=colour, markersize=2, rasterized=True)
    axes.set(xlabel="time (s)", ylabel="latency (ms)", ylim=(0, None))
    axes.grid(visible=True, color=_INK, alpha=0.15, linewidth=0.7)
    return _svg(figure)


def weight_history(time: NDArray[np.float64], histograms: NDArray[Any]) -> str:
    """Draw the share of weights in each bin over time as SVG, more opaque for more; (n, n_bins) counts."""
    figure, axes = _axes(4.2, 2.7)
    shares = np.sqrt(histograms / np.maximum(histograms.sum(axis=1, keepdims=True), 1)).T
    step = time[0] if len(time) == 1 else time[1] - time[0]
    red, green, blue = (int(OKABE_ITO[0][at : at + 2], 16) / 255 for at in (1, 3, 5))
    pixels = np.empty((*shares.shape, 4))
    pixels[...] = red, green, blue, 1.0
    pixels[..., 3] = shares / max(float(shares.max()), 1e-12)
    extent = (float(time[0] - step), float(time[-1]), 0.0, 1.0)
    axes.imshow(pixels, origin="lower", extent=extent, aspect="auto", interpolation="nearest")
    axes.set(xlabel="time (s)", ylabel="w / w_max")
    return _svg(figure)


def weight_bars(first: Sequence[int], last: Sequence[int]) -> str:
    """Draw two histograms of weights as SVG: after the first piece of a stream, and after the last one."""
    figure, axes = _axes(4.2, 2.7)
    edges = np.linspace(0, 1, len(last) + 1)
    axes.stairs(np.array(last) / max(sum(last), 1), edges, fill=True, color=OKABE_ITO[0], alpha=0.75, label="end")
    axes.stairs(np.array(first) / max(sum(first), 1), edges, color=OKABE_ITO[1], linewidth=1.5, label="first piece")
    axes.set(xlabel="w / w_max", ylabel="share of weights")
    axes.legend(frameon=False, fontsize=8, labelcolor=_INK)
    return _svg(figure)


def _axes(wide: float = _WIDTH, high: float = _HEIGHT) -> tuple[Any, Any]:
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    from stdpbench.results.figures.literal import LiteralFigure

    figure = LiteralFigure(figsize=(wide, high), dpi=160, layout="constrained", facecolor="none")
    FigureCanvasSVG(figure)
    axes = figure.add_subplot(facecolor="none")
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(_INK)
    axes.tick_params(colors=_INK, labelsize=9)
    axes.xaxis.label.set(color=_INK, fontsize=10)
    axes.yaxis.label.set(color=_INK, fontsize=10)
    return figure, axes


def _svg(figure: Any) -> str:
    from matplotlib import rc_context

    file = io.StringIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "stdpbench", "font.family": "sans-serif"}):
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    text = file.getvalue()
    text = text[text.index("<svg") :]
    return text.replace(_INK, "currentColor").replace("<svg ", '<svg role="img" ', 1)


def _uri(kind: str, data: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"
