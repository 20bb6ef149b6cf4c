"""The scrolling part of the raster: presentations side by side, drawn once and then only shifted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QFont, QImage, QPainter, QPen

from stdpbench_gui.look import theme
from stdpbench_gui.panels.raster import stream_axis
from stdpbench_gui.panels.raster.margin import paint_lines
from stdpbench_gui.panels.raster.strips import ROLES, Band, Strip, fill, fill_rate, place
from stdpbench_gui.widgets.pictures import image_of

_STEPS = (10, 20, 50, 100, 200, 250, 500, 1000, 2000, 5000)  # ms between numbers
_APART = 14  # minimum distance of numbers on the time axis, in pixels


@dataclass(frozen=True)
class Frame:
    """Geometry and style a film is drawn for; a change requires a new film.

    Attributes
    ----------
    spikes, rate : QRectF
        Positions in the widget; the width of the film is independent of them.
    height : float
        Height of the film, from the upper edge of the widget.
    ratio : float
        Device pixels per logical pixel.
    scale : float
        Device pixels per ms.
    bands : tuple of Band
        Bands of the spikes.
    top_rate : float
        Upper limit of the rate plot, in Hz.
    selected : int
        Highlighted exc neuron; -1: none.
    colours : Theme
        Current theme.
    font : QFont
        Font of the numbers.
    newest : int
        Number of the last presentation.
    seconds : bool
        Whether the axis is the time of a stream, in seconds, rather than that of each presentation.
    gaps : tuple of (float, float)
        Stretches of a stream that were not seen, in ms.
    patterns : tuple of (float, float, int)
        Patterns of a stream: start and end in ms, and number.
    """

    spikes: QRectF
    rate: QRectF
    height: float
    ratio: float
    scale: float
    bands: tuple[Band, ...]
    top_rate: float
    selected: int
    colours: theme.Theme
    font: QFont
    newest: int
    seconds: bool = False
    gaps: tuple[tuple[float, float], ...] = ()
    patterns: tuple[tuple[float, float, int], ...] = ()


class Film:
    """Spikes, rate and time axis of several presentations.

    Attributes
    ----------
    image : QImage or None
        The image; None: not drawn yet.
    left : int
        Column of the common axis at the left edge, in device pixels.
    numbers : list of (float, float)
        Left and right end of each number on the time axis, in logical pixels.
    pixels : ndarray, uint32, (height, width)
        Spikes and rates, 0xAARRGGBB, before lines and numbers are painted over them.
    every : dict of str to int
        Spikes of every how many neurons of a layer are drawn.
    """

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Discard the image."""
        self.image: QImage | None = None
        self.left = 0
        self.numbers: list[tuple[float, float]] = []
        self.pixels: NDArray[np.uint32] = np.zeros((1, 1), np.uint32)
        self.every: dict[str, int] = {}
        self._frame: Frame | None = None

    def show(self, frame: Frame, strips: Sequence[Strip], left: int) -> bool:
        """Provide the image for a window that starts at column `left`, and everything to the right of it.

        Returns
        -------
        bool
            Whether it was redrawn.
        """
        if frame == self._frame and left >= self.left:
            return False
        self._frame, self.left = frame, left
        end = max(left + 1, round(strips[-1].end * frame.scale)) if strips else left + 1
        colours = frame.colours
        named = {"base": colours.base, "selected": colours.ink}
        named |= {role: getattr(colours, role) for role in ROLES}
        packed = {name: QColor(value).rgba() for name, value in named.items()}
        shape = (max(1, round(frame.height * frame.ratio)), end - left + 1)
        self.pixels = np.full(shape, packed["base"], np.uint32)
        self._fill(frame, strips, packed)
        self.image = image_of(self.pixels, frame.ratio)
        painter = QPainter(self.image)
        painter.setFont(frame.font)
        self.numbers = []
        wide = shape[1] / frame.ratio
        spikes = QRectF(0, frame.spikes.top(), wide, frame.spikes.height())
        rate = QRectF(0, frame.rate.top(), wide, frame.rate.height())
        if frame.seconds:
            stream_axis.paint_patterns(painter, frame.patterns, self._x, spikes)
        paint_lines(painter, spikes, rate, frame.bands, frame.ratio, frame.selected)
        if frame.seconds:
            stream_axis.paint_gaps(painter, frame.gaps, self._x, QRectF(spikes.topLeft(), rate.bottomRight()))
            self.numbers = stream_axis.paint_seconds(painter, self._times(wide), self._x, rate.bottom())
        for strip in () if frame.seconds else strips:
            self._paint_strip(painter, strip, spikes, rate)
        painter.end()
        return True

    def covers(self, first: int, last: int) -> bool:
        """Return whether the film contains all columns between two columns of the common axis."""
        return self.image is not None and self.left <= first and last <= self.left + self.pixels.shape[1]

    def _fill(self, frame: Frame, strips: Sequence[Strip], packed: Mapping[str, int]) -> None:
        width = self.pixels.shape[1]
        spikes, rate = (self._rows(area) for area in (frame.spikes, frame.rate))
        placed = place(strips, frame.bands, width, frame.scale, frame.selected)
        self.every = {layer: spikes_of.every for layer, spikes_of in placed.items()}
        fill(spikes, placed, frame.bands, packed, self.left, frame.selected)
        fill_rate(rate, strips, packed["exc"], packed["base"], frame.scale, self.left, frame.top_rate)

    def _rows(self, area: QRectF) -> NDArray[np.uint32]:
        assert self._frame is not None
        first = round(area.top() * self._frame.ratio)
        return self.pixels[first : first + rows_of(area, self._frame.ratio)]

    def _times(self, wide: float) -> tuple[float, float]:
        """Return the times at the ends of the film, in ms."""
        assert self._frame is not None
        return self.left / self._frame.scale, (self.left + wide * self._frame.ratio) / self._frame.scale

    def _x(self, moment: float) -> float:
        """Return the x position of a time on the common axis."""
        assert self._frame is not None
        return (moment * self._frame.scale - self.left) / self._frame.ratio

    def _paint_strip(self, painter: QPainter, strip: Strip, spikes: QRectF, rate: QRectF) -> None:
        left, right = self._x(strip.start), self._x(strip.end)
        if right < 0:
            return
        assert self._frame is not None
        colours = self._frame.colours
        if strip.skipped > 0:
            before = self._x(strip.start - strip.gap)
            gap = QRectF(before, spikes.top() - 4, left - before, rate.bottom() - spikes.top() + 8)
            painter.fillRect(gap, QColor(colours.window))
            painter.setPen(QPen(QColor(colours.faint), 1))
            for x in ((before + left) / 2 - 2, (before + left) / 2 + 2):
                painter.drawLine(QPointF(x - 2, rate.bottom() + 4), QPointF(x + 2, rate.bottom() - 4))
        painter.setPen(QPen(QColor(colours.faint), 1))
        painter.drawLine(QPointF(left, spikes.top() - 4), QPointF(left, rate.bottom()))
        if strip.stimulus < strip.duration:
            x = self._x(strip.start + strip.stimulus)
            painter.setPen(QPen(QColor(colours.faint), 1, Qt.PenStyle.DotLine))
            painter.drawLine(QPointF(x, spikes.top()), QPointF(x, rate.bottom()))
        self._paint_times(painter, strip, rate.bottom())

    def _paint_times(self, painter: QPainter, strip: Strip, foot: float) -> None:
        """Write times below a presentation, as densely as fits."""
        metrics, left = painter.fontMetrics(), self._x(strip.start)
        per_ms = (self._x(strip.end) - left) / strip.duration
        widest = metrics.horizontalAdvance(f"{strip.duration:.0f}")
        step = next((s for s in _STEPS if s * per_ms >= widest + _APART), 2 * _STEPS[-1])
        painter.setPen(QColor(theme.current().faint))
        for moment in np.arange(0.0, strip.duration, step):
            x, text = self._x(strip.start + float(moment)), f"{moment:g}"
            wide = metrics.horizontalAdvance(text)
            first = x + 1 if moment == 0 else x - wide / 2
            if first + wide > self._x(strip.end):  # the 0 of the next presentation goes there
                break
            painter.drawLine(QPointF(x, foot), QPointF(x, foot + 4))
            painter.drawText(QPointF(first, foot + 4 + metrics.ascent()), text)
            self.numbers.append((first, first + wide))


def rows_of(area: QRectF, ratio: float) -> int:
    """Return the height of an area in device pixels."""
    return max(1, int(area.height() * ratio))
