"""Input spikes of one stimulus over its time: curves of a signal, a raster, and the rate, on one axis."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PyQt6.QtCore import QPointF, QSize
from PyQt6.QtGui import QColor, QFontMetrics, QResizeEvent

from stdpbench.base.units import thousands
from stdpbench.runs.analysis.shown_stimulus import ShownStimulus, strength
from stdpbench.runs.analysis.stream_series import thinning
from stdpbench_gui.look import colour_maps, theme
from stdpbench_gui.look.plot_area import PlotArea
from stdpbench_gui.widgets.axes import SmallPlot, step_up
from stdpbench_gui.widgets.basic import plain_tip

MOST_SPIKES = 20_000
"""Spikes that are drawn at most; of more, those of every nth input are."""
_LANE = 7  # smallest height of the curve of a channel, in pixels
_SPAN = 0.84  # of its lane, for the largest range of a channel
_SHADES = 4  # of marks of spikes with factors
_SHARES = {"lanes": 50, "raster": 28, "rate": 22}  # of the height


class TimePlot(PlotArea):
    """Spikes of the inputs as a raster, with their rate below; of a signal, also its curves with the spikes on them.

    Attributes
    ----------
    every, every_channel : int
        Spikes of every how many inputs, and curves of every how many channels, are drawn.
    window : (float, float) or None
        The shaded stretch of time in ms; None: none.
    """

    _shown: ShownStimulus | None = None  # also while pyqtgraph resizes the area during construction

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Input spikes over time")
        self.ci.layout.setContentsMargins(0, 2, theme.GRID, 0)
        self.ci.layout.setVerticalSpacing(theme.GRID // 2)
        self.every = self.every_channel = 1
        self.window: tuple[float, float] | None = None
        self.plots = {name: SmallPlot("") for name in _SHARES}
        self._shades = {name: pg.LinearRegionItem(movable=False, pen=pg.mkPen(None)) for name in _SHARES}
        for name, plot in self.plots.items():
            plot.setMouseEnabled(x=False, y=False)
            plot.setXLink(self.plots["rate"])
            if name != "rate":
                plot.hideAxis("bottom")
        self.scene().sigMouseMoved.connect(self._describe)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return a size for a raster of some hundred inputs."""
        return QSize(280, 180)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return the smallest size with a readable axis."""
        return QSize(130, 76)

    def show_stimulus(self, shown: ShownStimulus) -> None:
        """Draw a stimulus."""
        self._shown = shown
        self.show_window(None)
        self._draw()

    def show_window(self, window: tuple[float, float] | None) -> None:
        """Shade a stretch of time in ms, that of a frame."""
        self.window = window
        for shade in self._shades.values():
            shade.setVisible(window is not None)
            if window is not None:
                shade.setRegion(window)

    def clear_plots(self) -> None:
        """Show nothing."""
        self._shown = None
        self.every = self.every_channel = 1
        self._place([])

    def _place(self, names: Sequence[str]) -> None:
        """Put these plots below each other; pyqtgraph leaves room for plots that are hidden."""
        plots = [self.plots[name] for name in names]
        if plots != list(self.ci.items):
            self.ci.clear()
            for row, name in enumerate(names):
                self.addItem(self.plots[name], row=row, col=0)
                self.ci.layout.setRowStretchFactor(row, _SHARES[name])

    @property
    def note(self) -> str:
        """What is left out of the drawing; empty: nothing."""
        parts = [f"1 in {self.every} inputs"] if self.every > 1 else []
        if self.every_channel > 1:
            parts.append(f"1 in {self.every_channel} channels")
        return f"drawn: {' and '.join(parts)}" if parts else ""

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        """Draw as many channels as there is room for."""
        super().resizeEvent(event)
        if self._shown is not None:
            self._draw()

    # -- drawing ---------------------------------------------------------------------------------------------------

    def _draw(self) -> None:
        shown, colours, line = self._shown, theme.current(), QFontMetrics(theme.plot_font()).height()
        assert shown is not None
        self.setBackground(colours.base)
        signal, high = shown.signal is not None, self.height() > 8 * line
        self._margin = 0
        self.every, self.every_channel = thinning(len(shown.index), MOST_SPIKES), 1
        self._place([*(["lanes"] if signal else []), *(["raster"] if high or not signal else []), "rate"])
        shade = QColor(colours.accent)
        shade.setAlpha(48)
        for name, plot in self.plots.items():
            plot.clear()
            plot.restyle()
            self._shades[name].setBrush(shade)
            plot.addItem(self._shades[name], ignoreBounds=True)
        if signal:
            self._draw_lanes(shown)
        self._draw_raster(shown)
        self._draw_rate(shown)
        self.plots["rate"].label_below(*(("time in presentation (ms)", "time (ms)") if high else ()))

    def _draw_lanes(self, shown: ShownStimulus) -> None:
        """Draw the curve of each channel, all on one scale, with its spikes on it."""
        signal = shown.signal
        assert signal is not None
        height = self.height() * _SHARES["lanes"] / 100
        self.every_channel = -(-len(signal.values) // max(1, int(height // _LANE)))
        n_samples = max(1, min(signal.values.shape[1], int(np.ceil(shown.duration * 1e-3 * signal.rate)) + 1))
        values = signal.values[:, :n_samples]
        lowest, highest = values.min(axis=1), values.max(axis=1)
        scale, middle = _SPAN / max(float((highest - lowest).max()), 1e-12), (lowest + highest) / 2
        times = np.append(np.arange(n_samples) / signal.rate * 1e3, shown.duration)  # the last sample lasts, too

        def y(value: NDArray[np.floating], channel: NDArray[np.integer] | int) -> NDArray[np.float64]:
            return np.asarray((value - middle[channel]) * scale - channel // self.every_channel, np.float64)

        plot, pen = self.plots["lanes"], theme.current().pen("faint", 1)
        for lane in range(0, len(values), self.every_channel):
            curve = pg.PlotDataItem(times, y(np.append(values[lane], values[lane, -1]), lane), pen=pen)
            curve.setDownsampling(auto=True, method="peak")
            plot.addItem(curve)
        n, time = shown.width * shown.height, shown.bin * shown.dt
        channel = shown.index % n
        kept = (channel % self.every_channel == 0) & (shown.index % self.every == 0)
        middles = y(shown.values_at(channel[kept], time[kept]), channel[kept])
        self._mark(plot, shown, kept, middles, 0.3)
        n_lanes = -(-len(values) // self.every_channel)
        self._name(plot, (-n_lanes + 0.5, 0.5), f"{thousands(n * shown.planes)} channels")

    def _draw_raster(self, shown: ShownStimulus) -> None:
        kept = shown.index % self.every == 0
        self._mark(self.plots["raster"], shown, kept, -shown.index[kept].astype(np.float64), 0.5)
        self._name(self.plots["raster"], (-max(1, shown.n_input) + 0.5, 0.5), f"{thousands(shown.n_input)} inputs")

    def _mark(
        self,
        plot: SmallPlot,
        shown: ShownStimulus,
        kept: NDArray[np.bool_],
        y: NDArray[np.float64],
        half: float,
    ) -> None:
        """Draw marks of spikes in the colours of their groups; those with smaller factors are fainter."""
        x, group, palette = shown.bin[kept] * shown.dt, shown.group[kept], group_colours(shown.n_groups)
        share = np.ones(len(x)) if shown.factor is None else strength(shown.factor)[kept]
        shade = np.ceil(share * _SHADES).astype(int)
        for number, level in np.unique(np.stack([group % len(palette), shade]), axis=1).T.tolist():
            mine = (group % len(palette) == number) & (shade == level)
            colour = QColor(palette[number])
            colour.setAlphaF(level / _SHADES)
            ends = np.stack([y[mine] - half, y[mine] + half], axis=1).reshape(-1)
            pen = pg.mkPen(colour, width=1 if len(x) > 400 else 2)
            plot.addItem(pg.PlotCurveItem(np.repeat(x[mine], 2), ends, connect="pairs", pen=pen))

    def _draw_rate(self, shown: ShownStimulus) -> None:
        plot, colour = self.plots["rate"], theme.current().input
        top = step_up(float(shown.rate.max(initial=0.0)))
        edges = np.minimum(np.arange(len(shown.rate) + 1) * shown.rate_bin, shown.duration)
        plot.addItem(
            pg.PlotCurveItem(edges, shown.rate, stepMode="center", fillLevel=0, brush=colour, pen=pg.mkPen(None))
        )
        plot.setXRange(0, shown.duration, padding=0)
        self._name(plot, (0, 1.2 * top), "Hz/input")
        plot.getAxis("left").setTicks([[(top / 2, "Hz/input"), (top, f"{top:g}")]])

    def _name(self, plot: SmallPlot, limits: tuple[float, float], name: str) -> None:
        """Set the range of a plot, and write its name at the left, in a margin that all share."""
        plot.setYRange(*limits, padding=0)
        plot.getAxis("left").setTicks([[(sum(limits) / 2, name)]])
        self._margin = max(self._margin, QFontMetrics(theme.plot_font()).horizontalAdvance(name) + 10)
        for each in self.plots.values():
            each.getAxis("left").setWidth(self._margin)

    def _describe(self, place: QPointF) -> None:
        """Describe the input under the mouse in a tool tip."""
        shown, view, text = self._shown, self.plots["raster"].getViewBox(), ""
        if shown is not None and view.scene() is not None and view.sceneBoundingRect().contains(place):
            point = view.mapSceneToView(place)
            n = min(max(round(-point.y()), 0), shown.n_input - 1)
            count = int(shown.counts[n])
            text = f"input {n}, {point.x():.1f} ms; {count} spike{'' if count == 1 else 's'}"
        self.setToolTip(plain_tip(text))


def group_colours(n: int) -> tuple[str, ...]:
    """Return the colours of groups of inputs: opposite ones for two, such as up and down; else that of the input."""
    return colour_maps.opposite() if n == 2 else (theme.current().input,)
