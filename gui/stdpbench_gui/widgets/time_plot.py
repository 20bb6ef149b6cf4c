"""Input spikes of one stimulus over its time: curves of a signal, a raster, and the rate, on one axis."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PyQt6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QColor, QHelpEvent, QImage, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QSizePolicy, QToolTip, QWidget

from stdpbench.base.units import thousands
from stdpbench.runs.analysis.shown_stimulus import ShownStimulus, strength
from stdpbench.runs.analysis.stream_series import thinning
from stdpbench_gui.look import colour_maps, theme
from stdpbench_gui.widgets.axes import step_up
from stdpbench_gui.widgets.basic import plain_tip
from stdpbench_gui.widgets.inks import shaded
from stdpbench_gui.widgets.pictures import image_of

MOST_SPIKES = 60_000
"""Spikes that are drawn at most; of more, those of every nth input are."""
_FEW = 2000  # spikes on curves that are drawn smoothly
_LANE = 7  # smallest height of the curve of a channel, in pixels
_STEPS = (0.5, 1, 2, 5, 10, 20, 50, 100, 200, 250, 500, 1000, 2000, 5000, 10_000)  # ms between numbers
_APART = 12  # pixels between numbers
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class _Areas(NamedTuple):
    """Areas of curves, raster and rate; the first two may be empty."""

    lanes: QRectF
    raster: QRectF
    rate: QRectF


class TimePlot(QWidget):
    """Spikes of the inputs as a raster, with their rate below; of a signal, also its curves with the spikes on them.

    Attributes
    ----------
    every, every_channel : int
        Spikes of every how many inputs, and curves of every how many channels, are drawn.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Input spikes over time")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.every = self.every_channel = 1
        self._shown: ShownStimulus | None = None
        self._window: tuple[float, float] | None = None
        self._image: QImage | None = None
        self._drawn_for: tuple[object, ...] = ()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return a size for a raster of some hundred inputs."""
        return QSize(280, 180)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return the smallest size with a readable axis."""
        return QSize(130, 76)

    def show_stimulus(self, shown: ShownStimulus) -> None:
        """Draw a stimulus."""
        self._shown, self._window, self._drawn_for = shown, None, ()
        self._thin()
        self.update()

    def show_window(self, window: tuple[float, float] | None) -> None:
        """Shade a stretch of time in ms, that of a frame."""
        if window != self._window:
            self._window = window
            self.update()

    def clear(self) -> None:
        """Show nothing."""
        self._shown, self._image, self._drawn_for = None, None, ()
        self.every = self.every_channel = 1
        self.update()

    @property
    def note(self) -> str:
        """What is left out of the drawing; empty: nothing."""
        parts = [f"1 in {self.every} inputs"] if self.every > 1 else []
        if self.every_channel > 1:
            parts.append(f"1 in {self.every_channel} channels")
        return f"drawn: {' and '.join(parts)}" if parts else ""

    # -- geometry --------------------------------------------------------------------------------------------------

    def _thin(self) -> None:
        shown = self._shown
        if shown is None:
            return
        self.every, self.every_channel = thinning(len(shown.index), MOST_SPIKES), 1
        if shown.signal is not None:
            room = max(1, int(self._areas().lanes.height() // _LANE))
            self.every_channel = -(-len(shown.signal.values) // room)

    def _areas(self) -> _Areas:
        metrics = self.fontMetrics()
        line = metrics.height()
        left = metrics.horizontalAdvance("Hz/input") + theme.GRID
        below = (2 * line + 6) if self._has_label else line + 5
        width = max(20.0, self.width() - left - theme.GRID)
        height = max(30.0, self.height() - below - 4)
        signal = self._shown is not None and self._shown.signal is not None
        shares = (0.0, 0.7) if not signal else (0.5, 0.28) if height > 8 * line else (0.7, 0.0)
        gap = theme.GRID / 2
        rate = height * (1 - sum(shares))
        lanes = QRectF(left, 3, width, max(0.0, height * shares[0] - gap))
        raster = QRectF(left, 3 + height * shares[0], width, max(0.0, height * shares[1] - gap))
        return _Areas(lanes, raster, QRectF(left, 3 + height - rate + gap, width, rate - gap))

    @property
    def _has_label(self) -> bool:
        return self.height() > 8 * self.fontMetrics().height()

    def _x(self, moment: float) -> float:
        """Return the x position of a time in ms."""
        assert self._shown is not None
        area = self._areas().rate
        return area.left() + area.width() * moment / self._shown.duration

    # -- drawing ---------------------------------------------------------------------------------------------------

    def resizeEvent(self, event: object) -> None:  # noqa: N802 - Qt's name
        """Fit to the new size."""
        self._thin()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Paint curves, spikes, rate and axes."""
        if self._shown is None:
            return
        colours, ratio = theme.current(), self.devicePixelRatioF()
        wanted = (id(self._shown), self.size(), ratio, colours, self.font().key(), self.every_channel)
        if self._drawn_for != wanted or self._image is None:
            self._image, self._drawn_for = self._film(self._shown, ratio), wanted
        painter = QPainter(self)
        painter.drawImage(QPointF(0, 0), self._image)
        if self._window is not None:
            areas = self._areas()
            top = areas.lanes.top() if areas.lanes.height() else areas.raster.top()
            left, right = (self._x(each) for each in self._window)
            shade = QColor(colours.accent)
            shade.setAlpha(48)
            painter.fillRect(QRectF(left, top, max(1.0, right - left), areas.rate.bottom() - top), shade)
        painter.end()

    def _film(self, shown: ShownStimulus, ratio: float) -> QImage:
        """Draw everything but the window."""
        colours, areas = theme.current(), self._areas()
        base = QColor(colours.base).rgba()
        size = max(1, round(self.height() * ratio)), max(1, round(self.width() * ratio))
        self._pixels: NDArray[np.uint32] = np.full(size, base, np.uint32)
        palette = [QColor(each).rgba() for each in group_colours(shown.n_groups)]
        if areas.raster.height():
            self._stamp(shown, areas.raster, ratio, palette)
        top = self._bars(shown, areas.rate, ratio)
        image = image_of(self._pixels, ratio)
        painter = QPainter(image)
        painter.setFont(self.font())
        if areas.lanes.height():
            self._paint_lanes(painter, shown, areas.lanes)
        self._paint_margin(painter, shown, areas, top)
        self._paint_times(painter, shown, areas.rate)
        painter.end()
        return image

    def _stamp(self, shown: ShownStimulus, area: QRectF, ratio: float, palette: list[int]) -> None:
        """Draw the spikes of the inputs."""
        left, top, width, height = (
            round(each * ratio) for each in (area.left(), area.top(), area.width(), area.height())
        )
        high = int(np.clip(height / max(1, shown.n_input) * 0.8, 1, 8 * ratio))
        wide = max(1, round((1 if len(shown.index) > 400 else 2) * ratio))
        kept = shown.index % self.every == 0
        index, group = shown.index[kept].astype(np.int64), shown.group[kept]
        column = left + (shown.bin[kept] / max(1, shown.n_bins) * width).astype(np.int64)
        row = top + np.minimum(index * height // max(1, shown.n_input), height - high)
        ink = np.array(palette, np.uint32)[group % len(palette)]
        if shown.factor is not None:
            share = strength(shown.factor)[kept]
            strongest_last = np.argsort(share, kind="stable")
            ink = shaded(QColor(theme.current().base).rgba(), ink, share)[strongest_last]
            row, column = row[strongest_last], column[strongest_last]
        for down in range(high):
            for right in range(wide):
                self._pixels[
                    np.minimum(row + down, self._pixels.shape[0] - 1),
                    np.minimum(column + right, left + width - 1),
                ] = ink

    def _bars(self, shown: ShownStimulus, area: QRectF, ratio: float) -> float:
        """Draw the rate, and return the value at the top of its axis."""
        rate = shown.rate
        top = step_up(float(rate.max(initial=0.0)))
        left, first, width, height = (
            round(each * ratio) for each in (area.left(), area.top(), area.width(), area.height())
        )
        bins = ((np.arange(width) + 0.5) / width * shown.duration / shown.rate_bin).astype(np.int64)
        high = np.round(rate[np.minimum(bins, len(rate) - 1)] / top * height)
        rows = np.arange(height, 0, -1)[:, None]
        part = self._pixels[first : first + height, left : left + width]
        np.copyto(part, np.uint32(QColor(theme.current().input).rgba()), where=(rows <= high)[: part.shape[0]])
        return top

    def _paint_lanes(self, painter: QPainter, shown: ShownStimulus, area: QRectF) -> None:
        """Draw the curve of each channel, all on one scale, with its spikes on it."""
        signal = shown.signal
        assert signal is not None
        colours = theme.current()
        channels = np.arange(0, len(signal.values), self.every_channel)
        shown_samples = max(1, min(signal.values.shape[1], int(np.ceil(shown.duration * 1e-3 * signal.rate)) + 1))
        values = signal.values[:, :shown_samples]
        lowest, highest = values.min(axis=1), values.max(axis=1)
        span = max(float((highest - lowest).max()), 1e-12)
        high = area.height() / len(channels)
        times = np.arange(shown_samples) / signal.rate * 1e3
        painter.save()
        painter.setClipRect(area.adjusted(0, -1, 1, 1))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = (lowest + highest) / 2

        def y(value: NDArray[np.float64], place: int, channel: int) -> NDArray[np.float64]:
            centre = area.top() + (place + 0.5) * high
            return np.asarray(centre - (value - middle[channel]) / span * 0.84 * high, np.float64)

        scale = area.width() / shown.duration
        painter.setPen(QPen(QColor(colours.faint), 1))
        for place, channel in enumerate(channels.tolist()):
            moments, heights = _outline(times, values[channel], int(area.width()))
            xs, ys = area.left() + moments * scale, y(heights, place, channel)
            xs, ys = np.append(xs, max(xs[-1], area.right())), np.append(ys, ys[-1])  # the last sample lasts, too
            painter.drawPath(pg.functions.arrayToQPath(xs, ys))
        self._paint_spikes(painter, shown, area, high, y)
        painter.restore()

    def _paint_spikes(self, painter: QPainter, shown: ShownStimulus, area: QRectF, high: float, y: object) -> None:
        """Mark the spikes on the curves."""
        assert callable(y)
        n_channels = shown.width * shown.height
        channel, time = shown.index % n_channels, shown.bin * shown.dt
        kept = channel % self.every_channel == 0
        if self.every > 1:
            kept &= shown.index % self.every == 0
        size = (np.ones(len(kept)) if shown.factor is None else strength(shown.factor))[kept]
        channel, time, group = channel[kept], time[kept], shown.group[kept]
        values = shown.values_at(channel, time)
        half = min(4.0, max(1.5, 0.3 * high))
        scale = area.width() / shown.duration
        palette = group_colours(shown.n_groups)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, len(channel) < _FEW)
        for number in np.unique(channel).tolist():
            mine = channel == number
            values[mine] = y(values[mine], number // self.every_channel, number)
        x = area.left() + time * scale
        for of, colour in enumerate(palette):
            mine = group % len(palette) == of
            painter.setPen(QPen(QColor(colour), 1.6))
            reach = half * size[mine]
            ends = np.stack([values[mine] - reach, values[mine] + reach], axis=1).reshape(-1)
            painter.drawPath(pg.functions.arrayToQPath(np.repeat(x[mine], 2), ends, connect="pairs"))

    def _paint_margin(self, painter: QPainter, shown: ShownStimulus, areas: _Areas, top: float) -> None:
        """Write what is drawn to the left."""
        colours, line = theme.current(), painter.fontMetrics().height()
        width = areas.rate.left() - theme.GRID / 2
        n_channels = shown.width * shown.height * shown.planes
        for area, name, n in (
            (areas.lanes, "channels", n_channels),
            (areas.raster, "inputs", shown.n_input),
        ):
            if area.height() > line:
                middle, two = area.center().y(), area.height() > 2.2 * line
                painter.setPen(QColor(colours.input))
                painter.drawText(QRectF(0, middle - (line if two else line / 2), width, line), _RIGHT, name)
                if two:
                    painter.setPen(QColor(colours.faint))
                    painter.drawText(QRectF(0, middle, width, line), _RIGHT, thousands(n))
            if area.height():
                painter.setPen(QColor(colours.line))
                painter.drawLine(area.bottomLeft(), area.bottomRight())
        painter.setPen(QColor(colours.line))
        painter.drawLine(areas.rate.bottomLeft(), areas.rate.bottomRight())
        painter.drawLine(QPointF(areas.rate.left(), 3), areas.rate.bottomLeft())
        painter.setPen(QColor(colours.ink))
        rate = areas.rate
        painter.drawText(QRectF(0, rate.top() - 0.3 * line, width, line), _RIGHT, f"{top:g}")
        if rate.height() > 2.4 * line:
            painter.setPen(QColor(colours.faint))
            painter.drawText(QRectF(0, rate.center().y() - 0.3 * line, width, line), _RIGHT, "Hz/input")

    def _paint_times(self, painter: QPainter, shown: ShownStimulus, area: QRectF) -> None:
        """Write times below, as densely as fits."""
        metrics, duration = painter.fontMetrics(), shown.duration
        widest = metrics.horizontalAdvance(f"{duration:.0f}")
        per_ms = area.width() / duration
        step = next((each for each in _STEPS if each * per_ms >= widest + _APART), 2 * _STEPS[-1])
        foot, unit = area.bottom(), "" if self._has_label else " ms"
        painter.setPen(QColor(theme.current().faint))
        for moment in np.arange(0.0, duration + 1e-9, step).tolist():
            x = area.left() + moment * per_ms
            last = moment + step > duration + 1e-9
            text = f"{moment:g}{unit if last else ''}"
            wide = metrics.horizontalAdvance(text)
            painter.drawLine(QPointF(x, foot), QPointF(x, foot + 3))
            first = min(x - metrics.horizontalAdvance(f"{moment:g}") / 2, self.width() - wide)
            painter.drawText(QPointF(first, foot + 3 + metrics.ascent()), text)
        if self._has_label:
            place = QRectF(area.left(), self.height() - metrics.height() - 1, area.width(), metrics.height())
            painter.setPen(QColor(theme.current().ink))
            text = "time in presentation (ms)"
            if metrics.horizontalAdvance(text) > area.width():
                text = "time (ms)"
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)

    # -- input -----------------------------------------------------------------------------------------------------

    def event(self, event: QEvent | None) -> bool:
        """Show a tooltip for the input under the mouse."""
        if isinstance(event, QHelpEvent) and self._shown is not None:
            area, point = self._areas().raster, QPointF(event.pos())
            if area.height() and area.contains(point):
                n = int((point.y() - area.top()) / area.height() * self._shown.n_input)
                moment = (point.x() - area.left()) / area.width() * self._shown.duration
                count = int(self._shown.counts[min(n, self._shown.n_input - 1)])
                text = f"input {n}, {moment:.1f} ms; {count} spike{'' if count == 1 else 's'}"
                QToolTip.showText(event.globalPos(), plain_tip(text), self)
            return True
        return super().event(event)


def group_colours(n: int) -> tuple[str, ...]:
    """Return the colours of groups of inputs: opposite ones for two, such as up and down; else that of the input."""
    return colour_maps.opposite() if n == 2 else (theme.current().input,)


def _outline(
    times: NDArray[np.float64], values: NDArray[np.float64], width: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the points that draw a curve: its samples or, of very many, the lowest and the highest per column."""
    n = len(values)
    if n <= 4 * width:
        return times, values
    starts = np.linspace(0, n, width + 1)[:-1].astype(np.int64)
    ends = np.stack([np.minimum.reduceat(values, starts), np.maximum.reduceat(values, starts)], axis=1)
    return np.repeat(times[starts], 2), ends.reshape(-1)
