"""A figure of one stimulus: the stimulus, its spikes and their rates, the latter over one time axis."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from stdpbench.data.stimuli import Events, Signal
from stdpbench.experiment.dry_run import ShownStimulus
from stdpbench.results.figures.drawing import OKABE_ITO, blues, greys, new_figure, plain, spaced
from stdpbench.results.figures.saving import at_width

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WIDTH, _HEIGHT, _ROW = 1000, 560, 200  # pixels
_PLANE_COLUMN = 0.42  # width of the stimulus, as a share of that of the spikes
_NAMED = 6  # groups of inputs with a colour each
_CURVES = 40  # channels of a signal that are drawn


def stimulus_figure(shown: ShownStimulus, *, title: str = "", width: float | None = None) -> Figure:
    """Draw one stimulus and its spikes.

    Parameters
    ----------
    shown : ShownStimulus
        The stimulus.
    title : str
        Title; default: its name.
    width : float, optional
        Width in mm, for a paper. Default: that of a screen.

    Returns
    -------
    matplotlib.figure.Figure
        Left, a picture, dark where inputs are active, or the number of events of each channel, a plane below the
        other; signals are drawn as curves above the spikes instead. Right, spikes as dots and, below, the mean rate of
        the inputs, over time. Copies of the grid, and planes, have a colour each.
    """
    stimulus = shown.stimulus
    signal = stimulus if isinstance(stimulus, Signal) else None
    beside = isinstance(stimulus, Events | np.ndarray)
    heights = [*([1.2] if signal is not None else []), 2.0, 0.8]
    figure = new_figure(_WIDTH, _HEIGHT + (_ROW if signal is not None else 0), constrained=True)
    widths = [_PLANE_COLUMN, 1.0] if beside else [1.0]
    grid = figure.add_gridspec(len(heights), len(widths), height_ratios=heights, width_ratios=widths)
    first = figure.add_subplot(grid[0, -1])
    rows = [first, *(figure.add_subplot(grid[row, -1], sharex=first) for row in range(1, len(heights)))]
    if signal is not None:
        _draw_signal(rows[0], signal)
    _draw_spikes(rows[-2], shown)
    _draw_rates(rows[-1], shown)
    rows[-1].set_xlim(shown.start * 1e3, (shown.start + shown.n_bins * shown.dt) * 1e3)
    rows[-1].set_xlabel("time (ms)", fontsize=11)
    for row in rows[:-1]:
        row.tick_params(labelbottom=False)
    if isinstance(stimulus, Events):
        inside = figure.add_subfigure(grid[:, 0])
        _draw_planes(inside.subplots(shown.planes, 1, squeeze=False)[:, 0].tolist(), stimulus, shown)
    elif isinstance(stimulus, np.ndarray):
        _draw_picture(figure.add_subplot(grid[:, 0]), stimulus, shown)
    figure.suptitle(title or shown.name, fontsize=12)
    return at_width(figure, width)


def _draw_signal(axes: Axes, signal: Signal) -> None:
    """Draw each channel as a line between its samples."""
    time = np.arange(signal.values.shape[1]) / signal.rate * 1e3
    for channel, values in enumerate(signal.values[:_CURVES]):
        colour = OKABE_ITO[channel % len(OKABE_ITO)]
        axes.plot(time, values, color=colour, linewidth=1.2, label=str(channel))
    n = len(signal.values)
    axes.set_ylabel("value" if n <= _CURVES else f"value (first {_CURVES} of {n} channels)", fontsize=11)
    plain(axes)


def _draw_spikes(axes: Axes, shown: ShownStimulus) -> None:
    """Draw spikes as dots, the inputs from top to bottom as in the grid."""
    spikes, groups = shown.spikes, shown.n_groups
    size = max(1, shown.n_inputs // groups)
    group = spikes.index // size
    time = (shown.start + (spikes.bin + 0.5) * shown.dt) * 1e3
    dot = float(np.clip(4000 / max(shown.n_inputs, 1), 1.5, 6.0))
    coloured = groups if groups <= _NAMED else 1
    for number in range(coloured):
        mine = (group == number) if coloured > 1 else np.ones(len(group), bool)
        axes.plot(time[mine], spikes.index[mine], ".", color=OKABE_ITO[number], markersize=dot, rasterized=True)
    axes.set_ylim(max(shown.n_inputs, 1) - 0.5, -0.5)
    axes.set_ylabel("input", fontsize=11)
    axes.set_title(f"{spaced(len(spikes))} spikes of {spaced(shown.n_inputs)} inputs", fontsize=10, loc="left")
    plain(axes)


def _draw_rates(axes: Axes, shown: ShownStimulus) -> None:
    """Draw the mean rate of the inputs over time, of each group if there are few."""
    edges, rates = shown.rates()
    curves = rates if len(rates) <= _NAMED else rates.mean(axis=0, keepdims=True)
    for number, values in enumerate(curves):
        axes.stairs(values, edges * 1e3, baseline=None, color=OKABE_ITO[number], linewidth=1.4)
    axes.set_ylim(bottom=0)
    axes.set_ylabel("rate (Hz)", fontsize=11)
    plain(axes)


def _draw_picture(axes: Axes, picture: np.ndarray, shown: ShownStimulus) -> None:
    """Draw grey values, or bars for a row of a table."""
    from matplotlib.ticker import MaxNLocator

    height, width = shown.grid
    if height == 1:
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
        axes.barh(np.arange(width), picture, color=OKABE_ITO[0])
        axes.set_ylim(width - 0.5, -0.5)
        axes.set_ylabel("feature", fontsize=11)
        axes.set_xlabel("value, 0 to 255", fontsize=11)
        plain(axes)
        return
    axes.imshow(picture.reshape(height, width), cmap=greys(), vmin=0, vmax=max(float(picture.max(initial=0)), 1e-9))
    axes.set_xlabel("dark pixels:\nactive inputs", fontsize=10)
    axes.set_xticks([])
    axes.set_yticks([])


def _draw_planes(axes: list[Axes], events: Events, shown: ShownStimulus) -> None:
    """Draw the number of events of each channel, a plane in each axes."""
    height, width = shown.grid
    counts = np.bincount(events.index, minlength=height * width).reshape(shown.planes, -1, width)
    largest = max(int(counts.max(initial=0)), 1)
    for number, (place, plane) in enumerate(zip(axes, counts, strict=True)):
        named = f"plane {number}: " if shown.planes > 1 else ""
        place.set_title(f"{named}{spaced(int(plane.sum()))} events", fontsize=10)
        if len(plane) == 1:
            place.barh(np.arange(width), plane[0], color=OKABE_ITO[number % len(OKABE_ITO)], height=1.0)
            place.set_ylim(width - 0.5, -0.5)
            place.set_ylabel("channel", fontsize=11)
            plain(place)
            continue
        image = place.imshow(plane, cmap=blues(), vmin=0, vmax=largest)
        place.set_xticks([])
        place.set_yticks([])
        if number == len(axes) - 1:
            place.figure.colorbar(image, ax=axes, label="events", shrink=0.7)
