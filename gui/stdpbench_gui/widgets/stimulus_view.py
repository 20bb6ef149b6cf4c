"""A stimulus and its input spikes: a picture, a recording that plays, or the curves of a signal, on one time axis."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PyQt6.QtCore import QPointF, QSize, Qt
from PyQt6.QtGui import QColor, QFontMetrics, QHideEvent, QImage, QResizeEvent, QShowEvent
from PyQt6.QtWidgets import QBoxLayout, QSizePolicy, QWidget

from stdpbench.base.units import thousands
from stdpbench.runs.analysis.fields import field_shape
from stdpbench.runs.analysis.shown_stimulus import FRAMES, ShownStimulus, strength
from stdpbench.runs.analysis.stream_series import thinning
from stdpbench_gui.look import colour_maps, theme
from stdpbench_gui.look.icons import icon
from stdpbench_gui.look.motion import motion
from stdpbench_gui.session.timers import timer
from stdpbench_gui.widgets.axes import SmallPlot, step_up
from stdpbench_gui.widgets.basic import Label, named, not_none, plain_tip, tool_button, wrapped
from stdpbench_gui.widgets.layouts import STRETCH, grid, hbox, vbox
from stdpbench_gui.widgets.pictures import Picture, image_of_colours
from stdpbench_gui.widgets.plot import PlotArea

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
        self.plots = {name: SmallPlot("", still=True) for name in _SHARES}
        self._shades = {name: pg.LinearRegionItem(movable=False, pen=pg.mkPen(None)) for name in _SHARES}
        for name, plot in self.plots.items():
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
        shown, colours, line = not_none(self._shown), theme.current(), QFontMetrics(theme.plot_font()).height()
        self.setBackground(colours.base)
        signal, high = shown.signal is not None, self.height() > 8 * line
        self._margin = 0
        self.every, self.every_channel = thinning(len(shown.index), MOST_SPIKES), 1
        self._place([*(["lanes"] if signal else []), *(["raster"] if high or not signal else []), "rate"])
        shade = theme.faded(colours.accent, 0.19)
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
        signal = not_none(shown.signal)
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
            colour = theme.faded(palette[number], level / _SHADES)
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


_FASTEST = 0.12  # s between two frames of a recording where flicker is allowed
_WIDE = 1.5  # width by height from which pictures stand beside the time axis


class StimulusView(QWidget):
    """Draws a stimulus of any kind, and its input spikes.

    Recordings of events play in frames, over and over; with reduced motion, or while paused, one frame has all events.

    Attributes
    ----------
    still, spikes : Picture
        The stimulus, and its spikes by input.
    captions : tuple of QLabel
        Captions of the two.
    time : TimePlot
        Curves, spikes and rate over time.
    play : QToolButton
        Pauses and plays a recording.
    legend : QLabel
        Names of groups of inputs, and what is not drawn.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.still = Picture("Stimulus")
        self.spikes = Picture("Input spikes of each input")
        top = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
        self.captions = wrapped("", "faint", align=top), wrapped("", "faint", align=top)
        self.time = TimePlot()
        self.legend = named(Label(rich=True, align=Qt.AlignmentFlag.AlignRight), "What is drawn", style="faint")
        self.playing = True
        self.play = tool_button("", clicked=lambda: self.set_playing(not self.playing), flat=True)
        self.play.hide()
        self.pictures = QWidget()
        self._grid = cells = grid(self.pictures, theme.GRID // 2)
        for place, (picture, label) in enumerate(zip((self.still, self.spikes), self.captions, strict=True)):
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)  # equal column widths
            cells.addWidget(picture, 0, place)
            cells.addWidget(label, 1, place)
            cells.setColumnStretch(place, 1)
        cells.setRowStretch(0, 1)
        cells.addWidget(self.play, 2, 0, 1, 2, Qt.AlignmentFlag.AlignHCenter)
        below = hbox(STRETCH, self.legend)
        right = vbox((self.time, 1), below, spacing=0)
        self._box = hbox((self.pictures, 1), (right, 1), within=self, spacing=theme.GRID)
        self._frame = -1
        self._shown: ShownStimulus | None = None
        self._names: Sequence[str] = ()
        self._complete = True
        self._timer = timer(self, self._advance)
        self._label_play()

    def clear(self) -> None:
        """Show nothing."""
        self._shown = None
        self._timer.stop()
        self._complete = True
        self.still.clear()
        self.spikes.clear()
        self.time.clear_plots()

    def show_stimulus(self, shown: ShownStimulus, caption: str, group_names: Sequence[str] = ()) -> None:
        """Draw a stimulus.

        Parameters
        ----------
        shown : ShownStimulus
            The stimulus and its spikes.
        caption : str
            What a picture is called, or why there is none.
        group_names : sequence of str
            What tells groups of inputs apart, such as two polarities; default: their numbers.
        """
        self._shown, self._frame, self._complete = shown, -1, False
        self._names = group_names or tuple(f"plane {number + 1}" for number in range(shown.n_groups))
        plays = shown.events is not None and not shown.is_flat
        is_picture = isinstance(shown.stimulus, np.ndarray)
        self.pictures.setVisible(shown.signal is None and (plays or shown.events is None))
        self.still.setVisible(plays or is_picture or shown.stimulus is None)
        self.spikes.setVisible(shown.events is None)
        self.captions[1].setVisible(shown.events is None)
        self.captions[0].setVisible(not self.still.isHidden())
        for column, picture in enumerate((self.still, self.spikes)):
            self._grid.setColumnStretch(column, 0 if picture.isHidden() else 1)
        self.play.setVisible(plays)
        self.captions[0].setText(caption)
        if is_picture:
            pixels = np.asarray(shown.stimulus, np.float64).reshape(shown.height, shown.width)
            self.still.show_values(pixels, 0.0, float(pixels.max()) or 1.0, colour_maps.sequential())
        elif not plays:
            self.still.clear()
        self._show_spikes(shown)
        self.time.show_stimulus(shown)
        self._write_legend()
        self._go_on()

    @property
    def holds(self) -> bool:
        """Whether a recording is playing for the first time: what follows can wait until it has been seen."""
        return self._timer.isActive() and not self._complete

    def set_playing(self, on: bool) -> None:
        """Play recordings, or show all of their events at once."""
        self.playing = on
        self._label_play()
        self._go_on()

    def restyle(self) -> None:
        """Apply the colours of the theme."""
        if self._shown is not None:
            self.show_stimulus(self._shown, self.captions[0].text(), self._names)

    # -- spikes ----------------------------------------------------------------------------------------------------

    def _show_spikes(self, shown: ShownStimulus) -> None:
        """Draw the spikes of each input: their number, what their factors add up to, or the times of single ones."""
        if not shown.n_input:
            self.spikes.clear()
            self.captions[1].setText("no input")
            return
        low = 0.0
        if shown.factors_sentence:
            values = shown.delivered
            low, top = min(0.0, float(values.min())), max(1e-9, float(values.max()))
            text = f"sum of factors, {low:.3g} to {top:.3g}"
        elif shown.fires_once:
            latest, first = float(np.nanmax(shown.first)), float(np.nanmin(shown.first))
            values = latest - shown.first + 0.25 * max(latest - first, shown.dt)
            early = "bright" if theme.current().dark else "dark"
            text = f"spikes at {first:.4g} to {latest:.4g} ms, {early}: early"
            values = np.where(np.isnan(values), 0.0, values)
            top = max(1e-9, float(values.max()))
        else:
            values = shown.counts.astype(np.float64)
            text = f"0 to {int(values.max())} spikes" if values.any() else "no input spikes"
            top = max(1.0, float(values.max()))
        sheet = shown.sheet(values)
        if shown.stimulus is None and sheet.shape[0] == 1:  # inputs of a stream are no picture
            sheet = values.reshape(field_shape((len(values),)))
        self.spikes.show_values(sheet, low, top, colour_maps.sequential(), theme.current().line)
        self.captions[1].setText(text)

    def _write_legend(self) -> None:
        assert self._shown is not None
        parts = []
        if self._shown.n_groups == 2:
            colours = group_colours(2)
            names = zip(colours, self._names, strict=False)
            parts.append("&nbsp; ".join(f'<span style="color: {colour}">■</span> {name}' for colour, name in names))
        if self.time.note:
            parts.append(self.time.note)
        self.legend.say(" · ".join(parts))

    # -- a recording that plays ------------------------------------------------------------------------------------

    @property
    def _plays(self) -> bool:
        shown = self._shown
        return shown is not None and shown.events is not None and not shown.is_flat

    def _go_on(self) -> None:
        """Start or stop playing, and draw the frame."""
        if not self._plays:
            self._timer.stop()
            return
        self._label_play()
        if self.playing and not motion.reduced and self.isVisible():
            self._timer.setInterval(round(1e3 * max(motion.shortest_gap, _FASTEST)))
            if not self._timer.isActive():
                self._timer.start()
            self._frame = max(0, self._frame)
        else:
            self._timer.stop()
            self._frame = -1
        self._draw_frame()

    def _advance(self) -> None:
        if self._shown is None or motion.reduced:
            self._go_on()
            return
        self._timer.setInterval(round(1e3 * max(motion.shortest_gap, _FASTEST)))
        self._frame = (self._frame + 1) % FRAMES
        if self._frame == 0:
            self._complete = True
        self._draw_frame()

    def _draw_frame(self) -> None:
        shown = self._shown
        if shown is None or not self._plays:
            return
        number = self._frame if self._frame >= 0 else None
        counts = shown.frame(number)
        top = shown.brightest if number is not None else max(1.0, float(counts.max(initial=0.0)))
        self.still.show_image(_mixed(counts, top))
        start, end = shown.window(number)
        n = int(counts.sum())
        when = f"{start:.4g} to {end:.4g} ms" if number is not None else "all"
        self.captions[0].setText(f"{when}: {n} event{'' if n == 1 else 's'}")
        self.time.show_window(None if number is None else (start, end))

    def _label_play(self) -> None:
        moves = self.playing and not motion.reduced
        self.play.setIcon(icon("pause" if moves else "play"))
        self.play.setEnabled(not motion.reduced)
        tip = "Pause, and show all events at once" if moves else "Play the recording in ten frames, over and over"
        self.play.setToolTip("Recordings do not play, since motion is reduced" if motion.reduced else tip)
        self.play.setAccessibleName("Pause the recording" if moves else "Play the recording")

    # -- size ------------------------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802 - Qt's name
        """Play on."""
        super().showEvent(event)
        self._go_on()

    def hideEvent(self, event: QHideEvent | None) -> None:  # noqa: N802 - Qt's name
        """Do not play where nobody looks."""
        super().hideEvent(event)
        self._timer.stop()

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return the size with the time axis beside the pictures, where it goes if there is no room below them."""
        return self.time.minimumSizeHint().expandedTo(self.pictures.minimumSizeHint())

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        """Put pictures beside the time axis, or above it."""
        super().resizeEvent(event)
        wide = self.width() > _WIDE * self.height()
        self._box.setDirection(QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom)


def _mixed(counts: NDArray[np.float64], top: float) -> QImage:
    """Return an image of events, (planes, height, width); colours of planes mix where both have events."""
    base = np.array(QColor(theme.current().base).getRgb()[:3], np.float64)
    palette = group_colours(len(counts))
    if len(palette) == 1:
        palette = (theme.current().ink,)
    mixed = np.broadcast_to(base, (*counts.shape[1:], 3)).copy()
    for number, plane in enumerate(counts):
        ink = np.array(QColor(palette[number % len(palette)]).getRgb()[:3], np.float64)
        share = np.where(plane > 0, 0.25 + 0.75 * plane / top, 0.0)
        mixed += share[..., None] * (ink - base)
    rgb = np.full((*counts.shape[1:], 4), 255, np.uint8)
    rgb[..., :3] = np.clip(np.round(mixed), 0, 255).astype(np.uint8)
    return image_of_colours(rgb)
