"""Figure of a network of rectified units that was converted to spiking neurons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from stdpbench.experiment.references.converted import ConversionCurve
from stdpbench.results.figures.paper import figure_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MOST_POINTS = 4000
_SHOWN = 15  # percentage points below the rectified units


def conversion_figure(
    curve: ConversionCurve, names: Sequence[str], title: str = "", width: float | None = None
) -> Figure:
    """Draw accuracy over steps and over spikes, and the rates of each layer against its activations.

    Parameters
    ----------
    curve : ConversionCurve
        From `stdpbench.experiment.references.converted.conversion_curve`.
    names : sequence of str
        Name of each layer.
    title : str
        Name of the network and the pictures; "supervised" is added.
    width : float, optional
        Width in mm, for a paper. Default: a width for the screen.

    Returns
    -------
    matplotlib.figure.Figure
        Two plots of the accuracy and one per layer, whose points are up to 4000 pairs of neuron and picture, evenly
        chosen.
    """
    parts = [
        _accuracy(curve, np.arange(1, len(curve.correct) + 1), "steps"),
        _accuracy(curve, curve.spikes, "spikes per picture"),
    ]
    for name, a, rate in zip(names, curve.activations, curve.rates, strict=True):
        step = max(1, a.size // _MOST_POINTS)
        dots = {"x": a.ravel()[::step], "y": rate.ravel()[::step], "style": "."}
        plots = [{"label": "spikes per step", "lines": [dots, {"x": [0, 1], "y": [0, 1], "style": "-"}]}]
        parts.append({"kind": "lines", "title": name, "x_label": "activation (per step)", "plots": plots})
    parts[0]["title"] = f"{title} (supervised)" if title else "Supervised"
    return figure_of({"kind": "stack", "parts": parts}, width)


def _accuracy(curve: ConversionCurve, over: np.ndarray, unit: str) -> dict[str, Any]:
    """Return the accuracy over steps or spikes, and that of the rectified units."""
    limit = 100 * curve.accuracy_without_spikes
    lines = [
        {"x": over, "y": 100 * curve.accuracy, "label": "spiking", "style": "-"},
        {"x": [over[0], over[-1]], "y": [limit, limit], "label": "rectified units", "style": "-"},
    ]
    plot = {"label": "accuracy (%)", "lines": lines, "range": (max(0, limit - _SHOWN), 100.5)}
    return {"kind": "lines", "x_label": unit, "plots": [plot]}
