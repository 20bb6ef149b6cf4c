"""The plots of slow motion: spikes, traces, membrane potential and one weight, up to a cursor."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QColor, QKeyEvent, QMouseEvent

from stdpbench.runs.analysis.shown_stimulus import strength
from stdpbench.runs.analysis.slow_motion import SlowMotion, step_ends
from stdpbench_gui.look import theme
from stdpbench_gui.look.plot_area import PlotArea
from stdpbench_gui.panels.neuron.course_plots import CoursePlot, coloured, name_units, of_potential, potential_plot
from stdpbench_gui.widgets.axes import SmallPlot

_TARGET = 1.12
"""Lower edge of the band of the target's spikes; those of the source are between 0 and 1, both have height 1."""


class SpikePlot(SmallPlot):
    """Spikes of source and target up to a cursor; those of the selected pixel and neuron are highlighted.

    Where synapses have delays, a line follows each spike of the source on its way to the neuron, and a dot marks its
    arrival.
    """

    def __init__(self) -> None:
        super().__init__("spikes")
        self._all = {role: self.plot([], [], connect="pairs") for role in ("input", "exc")}
        self._mine = {role: self.plot([], [], connect="pairs") for role in ("input", "exc")}
        self._ways = {role: self.plot([], [], connect="pairs") for role in ("all", "mine")}
        self._arrived = self.plot([], [], pen=None, symbol="o", symbolSize=5)
        self._travel: dict[str, tuple[NDArray[np.floating[Any]], ...]] = {}
        self._dt = 0.5
        self._points: dict[int, tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]] = {}
        self.cursor = pg.InfiniteLine(angle=90, movable=False)
        self.addItem(self.cursor, ignoreBounds=True)
        self.disableAutoRange()
        self.setYRange(0.0, _TARGET + 1.7, padding=0.02)  # room for the title
        self.getAxis("left").setTicks([[(0.5, "source"), (_TARGET + 0.5, "target")]])

    def restyle(self) -> None:
        """Apply the colours of the theme."""
        super().restyle()
        colours = theme.current()
        for role, line in self._all.items():
            line.setPen(pg.mkPen(getattr(colours, role), width=1 if role == "input" else 2))
            self._mine[role].setPen(pg.mkPen(colours.ink, width=2.5))
        faint = QColor(colours.input)
        faint.setAlpha(70)
        self._ways["all"].setPen(pg.mkPen(faint, width=1))
        self._ways["mine"].setPen(pg.mkPen(colours.ink, width=1.5))
        self._arrived.setSymbolBrush(pg.mkBrush(colours.ink))
        self._arrived.setSymbolPen(None)
        self.cursor.setPen(pg.mkPen(colours.ink, width=1))
        self._name()

    def _name(self) -> None:
        ink = theme.current().ink
        ways = f" {coloured('─● arrival', ink)}" if self._travel else ""
        self.set_title(f"spikes {coloured('┃ neuron and pixel', ink)}{ways}")

    def show_spikes(self, moment: SlowMotion, pixel: int) -> None:
        """Show the spikes of a presentation."""
        n_source = max(moment.n_source, int(moment.source_spikes[0].max(initial=0)) + 1)
        n_target = max(1, int(moment.target_spikes[0].max(initial=0)) + 1, moment.neuron + 1)
        self.getAxis("left").setTicks([[(0.5, moment.source), (_TARGET + 0.5, moment.target)]])
        self._points.clear()
        self._show_ways(moment, pixel, n_source)
        for (index, bins), base, n, line, mine, chosen in (
            (moment.source_spikes, 0.0, n_source, self._all["input"], self._mine["input"], pixel),
            (moment.target_spikes, _TARGET, n_target, self._all["exc"], self._mine["exc"], moment.neuron),
        ):
            height = max(1.2 / n, 0.012 if line is self._all["input"] else 0.04)
            factor = moment.source_factor if line is self._all["input"] else None
            size = np.ones(len(index)) if factor is None else strength(factor)
            for item, which, tall in ((line, index >= 0, height), (mine, index == chosen, 0.12)):
                y = base + 1 - (index[which] + 0.5) / n  # first neuron on top, as in the raster
                x = (bins[which] + 0.5) * moment.dt
                half = tall / 2 * size[which]
                ends = np.stack([np.clip(y - half, base, base + 1), np.clip(y + half, base, base + 1)], axis=1)
                self._points[id(item)] = (bins[which].astype(np.int64), np.repeat(x, 2), ends.reshape(-1))

    def _show_ways(self, moment: SlowMotion, pixel: int, n_source: int) -> None:
        """Find out which way spikes of the source travel to the neuron: none without delays."""
        self._travel, self._dt = {}, moment.dt
        index, bins = moment.source_spikes
        ends = moment.arrivals()
        late = np.nan_to_num(ends, nan=-1.0) > bins
        for role, which in (("all", late), ("mine", late & (index == pixel))):
            if late.any():
                y = 1 - (index[which] + 0.5) / n_source
                self._travel[role] = (bins[which] + 0.5, ends[which] + 0.5, y)
        self._name()

    def _show_travelling(self, n: int) -> None:
        """Draw how far spikes have come after `n` steps, and where those of the pixel have arrived."""
        empty = np.empty(0)
        for role, item in self._ways.items():
            start, end, y = self._travel.get(role, (empty, empty, empty))
            under_way = start < n
            start, end, y = start[under_way], end[under_way], y[under_way]
            x = np.stack([start, np.minimum(end, n)], axis=1).reshape(-1) * self._dt
            item.setData(x, np.repeat(y, 2))
            if role == "mine":
                there = end <= n
                self._arrived.setData(end[there] * self._dt, y[there])

    def show_until(self, n: int) -> None:
        """Draw the spikes of the first `n` steps."""
        self._show_travelling(n)
        for item in (*self._all.values(), *self._mine.values()):
            bins, x, y = self._points.get(id(item), (np.empty(0, np.int64), np.empty(0), np.empty(0)))
            k = 2 * int(np.searchsorted(bins, n))
            item.setData(x[:k], y[:k])


class SlowMotionPlots(PlotArea):
    """Four plots with one time axis; drag to scrub."""

    scrubbed = pyqtSignal(float)
    key_pressed = pyqtSignal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Spikes, traces, membrane potential and weight up to the cursor")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(200, 140)
        self.ci.layout.setContentsMargins(0, 0, 4, 0)
        self.ci.layout.setVerticalSpacing(2)
        self.spikes, self.potential = SpikePlot(), potential_plot()
        self.traces = CoursePlot("traces", {"x": "input", "y": "exc"})
        self.weight = CoursePlot("weight", {"weight": "exc"})
        self.plots = (self.spikes, self.traces, self.potential, self.weight)
        for row, plot in enumerate(self.plots):
            self.addItem(plot, row=row, col=0)
            plot.setMouseEnabled(x=False, y=False)
            plot.cursor.show()
            self.ci.layout.setRowStretchFactor(row, 4 if row == 0 else 3)
            if row:
                plot.setXLink(self.spikes)
            if row < len(self.plots) - 1:
                plot.getAxis("bottom").setStyle(showValues=False)
        self.weight.setLabel("bottom", "time in presentation (ms)")
        self._dt = 0.5

    def name_time(self, of_a_stream: bool) -> None:
        """Label the time axis: of a presentation, or of a piece of a stream."""
        self.weight.setLabel("bottom", f"time in {'piece' if of_a_stream else 'presentation'} (ms)")

    def restyle(self) -> None:
        """Apply the colours of the theme."""
        self.setBackground(theme.current().base)
        for plot in self.plots:
            plot.restyle()

    def show_moment(self, moment: SlowMotion, pixel: int) -> None:
        """Show the courses of a presentation; pixel -1: the mean of the spiking inputs."""
        self._dt = moment.dt
        times = step_ends(moment.n_bins, moment.dt)
        self.spikes.setXRange(0.0, moment.n_bins * moment.dt, padding=0.01)
        self.spikes.show_spikes(moment, pixel)
        roles = {trace.name: "input" if trace.side == "input" else "exc" for trace in moment.traces}
        outputs = [trace.name for trace in moment.traces if trace.side == "output"]
        self.traces.set_names(roles, tuple(outputs[1:]))
        synapses = moment.synapses_from(pixel)
        synapse = int(synapses[0]) if len(synapses) else -1
        whose = "of the pixel" if synapse >= 0 else "mean"
        courses = {trace.name: moment.replay.trace(trace.name, synapse) for trace in moment.traces}
        self.traces.show_courses(times, courses, f"({', '.join(n for n in roles if n not in outputs)}: {whose})")
        note = "" if moment.courses is not None else "(not recorded)"
        name_units(moment.courses, self.potential)
        self.potential.show_courses(times, of_potential(moment.courses), note)
        self.weight.forget()
        if synapse >= 0:
            several = f", the first of its {len(synapses)} synapses" if len(synapses) > 1 else ""
            self.weight.show_courses(times, {"weight": moment.replay.weight(synapse)}, f"of the pixel{several}")
        else:
            self.weight.show_courses(times, {}, "no synapse from this pixel" if pixel >= 0 else "click a pixel")

    def show_step(self, step: int) -> None:
        """Draw everything up to the end of a step; -1: nothing."""
        for plot in self.plots:
            plot.show_until(step + 1)
            plot.cursor.setPos((step + 1) * self._dt)

    def forget(self) -> None:
        """Clear the plots."""
        for plot in (self.traces, self.potential, self.weight):
            plot.forget()
        self.spikes.show_until(0)

    def _scrub(self, event: QMouseEvent) -> None:
        place = self.spikes.getViewBox().mapSceneToView(self.mapToScene(event.position().toPoint()))
        self.scrubbed.emit(place.x())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Move to the time under the mouse."""
        self.setFocus()
        if event.button() == Qt.MouseButton.LeftButton:
            self._scrub(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Follow the mouse while the button is held."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._scrub(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Ignore the release."""
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Pass keys on to the player."""
        event.ignore()
        self.key_pressed.emit(event)
