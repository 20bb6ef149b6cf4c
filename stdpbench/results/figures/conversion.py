"""Figure of a network of rectified units converted into one of spiking neurons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from stdpbench.experiment.references.converted import ConversionCurve
from stdpbench.results.figures.drawing import GRID_COLOUR, OKABE_ITO, new_figure
from stdpbench.results.figures.saving import NARROW, at_width

if TYPE_CHECKING:
    from matplotlib.axes import Axes
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
        Names the network and the pictures; "supervised" is added.
    width : float, optional
        Width in mm, for a paper. Default: that of a screen.

    Returns
    -------
    matplotlib.figure.Figure
        Two panels for the accuracy and one per layer, whose points are up to 4000 pairs of neuron and picture, evenly
        chosen.
    """
    n = 2 + len(names)
    columns = 2 if width is not None and width < NARROW else n
    rows = -(-n // columns)
    figure = new_figure(330 * columns, 360 * rows, constrained=True)
    figure.suptitle(f"{title} (supervised)" if title else "Supervised", fontsize=10)
    panels = [figure.add_subplot(rows, columns, place + 1) for place in range(n)]
    steps = np.arange(1, len(curve.correct) + 1)
    _accuracy(panels[0], steps, curve, "steps")
    _accuracy(panels[1], curve.spikes, curve, "spikes per picture")
    panels[0].set_ylabel("accuracy (%)")
    panels[0].legend(fontsize=8, loc="lower right")
    for axes, name, a, rate in zip(panels[2:], names, curve.activations, curve.rates, strict=True):
        every = max(1, a.size // _MOST_POINTS)
        axes.plot([0, 1], [0, 1], color=OKABE_ITO[6], linewidth=0.8)
        axes.plot(a.ravel()[::every], rate.ravel()[::every], ".", color=OKABE_ITO[0], markersize=2, alpha=0.4)
        axes.set_title(name, fontsize=9)
        axes.set_xlabel("activation (per step)")
        axes.set_ylabel("spikes per step")
        axes.grid(color=GRID_COLOUR)
    return at_width(figure, width)


def _accuracy(axes: Axes, over: np.ndarray, curve: ConversionCurve, unit: str) -> None:
    axes.axhline(100 * curve.accuracy_without_spikes, color=OKABE_ITO[1], linewidth=1, label="rectified units")
    axes.plot(over, 100 * curve.accuracy, color=OKABE_ITO[0], label="spiking")
    axes.set_ylim(max(0, 100 * curve.accuracy_without_spikes - _SHOWN), 100.5)
    axes.set_xlabel(unit)
    axes.grid(color=GRID_COLOUR)
