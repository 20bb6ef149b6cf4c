"""The widget of the raster: bands of spikes, the rate below them, one time axis."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QStaticText,
    QWheelEvent,
)
from PyQt6.QtWidgets import QSizePolicy, QToolTip, QWidget

from stdpbench.base.units import thousands
from stdpbench_gui.look import theme
from stdpbench_gui.panels.raster.strips import ROLES, Band, Strip, bands_of, fill, fill_rate, place
from stdpbench_gui.widgets.pictures import image_of

_LONGEST = 12  # characters of a name
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


def paint_lines(
    painter: QPainter, area: QRectF, rate: QRectF, bands: Sequence[Band], ratio: float, selected: int
) -> None:
    """Draw lines between bands and at the row of the selected exc neuron, and frame the rate."""
    colours = theme.current()
    for band in bands:
        if band.top:
            _part(painter, area.left(), area.right(), area.top() + band.top / ratio)
        if band.points and 0 <= selected < band.n:
            row = _row(area, band, ratio, selected)
            painter.setPen(QPen(QColor(colours.ink), 1, Qt.PenStyle.DotLine))
            painter.drawLine(QPointF(area.left(), row), QPointF(area.right(), row))
    painter.setPen(QColor(colours.line))
    painter.drawLine(rate.bottomLeft(), rate.bottomRight())
    painter.drawLine(rate.topLeft(), rate.topRight())


def paint_bands(painter: QPainter, area: QRectF, bands: Sequence[Band], ratio: float, selected: int) -> None:
    """Write the names of the bands to the left, and point at the row of the selected exc neuron."""
    colours, line = theme.current(), painter.fontMetrics().height()
    for band in bands:
        top, height = area.top() + band.top / ratio, band.height / ratio
        if band.top:
            _part(painter, 0, area.left(), top)
        middle, width = top + height / 2, area.left() - 1.5 * theme.GRID
        two = height > 2.2 * line
        painter.setPen(QColor(getattr(colours, band.role)))
        painter.drawText(
            QRectF(0, middle - (line if two else line / 2), width, line), _RIGHT, f"■ {short(band.layer)}"
        )
        if two:
            painter.setPen(QColor(colours.faint))
            painter.drawText(QRectF(0, middle, width, line), _RIGHT, thousands(band.n))
        if band.points and 0 <= selected < band.n:
            row = _row(area, band, ratio, selected)
            painter.setPen(QPen(QColor(colours.ink), 1))
            painter.setBrush(QBrush(QColor(colours.ink)))
            tip = QPointF(area.left() - 1, row)
            painter.drawPolygon(QPolygonF([tip, tip + QPointF(-6, -4), tip + QPointF(-6, 4)]))


def short(layer: str) -> str:
    """Return the name of a layer as it is written to the left."""
    return layer if len(layer) <= _LONGEST else f"{layer[: _LONGEST - 1]}…"


def paint_rate_axis(painter: QPainter, area: QRectF, top: float) -> None:
    """Label the rate axis to the left of its plot, from 0 to `top`."""
    colours, line = theme.current(), painter.fontMetrics().height()
    width = area.left() - 1.5 * theme.GRID
    painter.setPen(QColor(colours.ink))
    painter.drawText(QRectF(0, area.top() - line / 2, width, line), _RIGHT, f"{top:g}")
    painter.drawText(QRectF(0, area.bottom() - line / 2, width, line), _RIGHT, "0")
    if area.height() > 2.8 * line:
        painter.setPen(QColor(colours.exc))
        painter.drawText(QRectF(0, area.center().y() - line / 2, width, line), _RIGHT, "Hz/cell")


def _part(painter: QPainter, left: float, right: float, top: float) -> None:
    painter.setPen(QColor(theme.current().line))
    painter.drawLine(QPointF(left, top - 2), QPointF(right, top - 2))


def _row(area: QRectF, band: Band, ratio: float, neuron: int) -> float:
    """Return the centre of a neuron's marks."""
    return area.top() + (float(band.row(np.array([neuron]))[0]) + band.mark[1] / 2) / ratio


_SECONDS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)  # s between numbers
_ALPHA = 0.22

X = Callable[[float], float]
"""Position of a time in ms, in logical pixels."""


def paint_patterns(painter: QPainter, patterns: Sequence[tuple[float, float, int]], x: X, area: QRectF) -> None:
    """Draw a band in the colour of its number over each pattern."""
    for start, end, number in patterns:
        colour = theme.faded(theme.class_colour(number), _ALPHA)
        painter.fillRect(QRectF(x(start), area.top(), max(1.0, x(end) - x(start)), area.height()), colour)


def paint_gaps(painter: QPainter, gaps: Sequence[tuple[float, float]], x: X, area: QRectF) -> None:
    """Hatch stretches that were not seen."""
    for start, end in gaps:
        box = QRectF(x(start), area.top(), x(end) - x(start), area.height())
        painter.fillRect(box, QColor(theme.current().window))
        painter.fillRect(box, QBrush(QColor(theme.current().line), Qt.BrushStyle.BDiagPattern))


def name_gaps(painter: QPainter, gaps: Sequence[tuple[float, float]], x: X, area: QRectF) -> None:
    """Write what hatched stretches are in the part that is on the screen, where there is room."""
    painter.setPen(QColor(theme.current().faint))
    for start, end in gaps:
        seen = QRectF(x(start), area.top(), x(end) - x(start), area.height()) & area
        if seen.width() > painter.fontMetrics().horizontalAdvance("not seen") + 4:
            painter.drawText(seen, Qt.AlignmentFlag.AlignCenter, "not seen")


def paint_seconds(painter: QPainter, times: tuple[float, float], x: X, foot: float) -> list[tuple[float, float]]:
    """Write the time in seconds below the film, as densely as fits; return the left and right end of each number.

    Parameters
    ----------
    painter : QPainter
        Of the film.
    times : tuple of float
        At its ends, in ms.
    x : callable
        Position of a time.
    foot : float
        Where the axis is.
    """
    metrics, (start, end) = painter.fontMetrics(), (1e-3 * each for each in times)
    widest = metrics.horizontalAdvance(f"{end:.2f}")
    per_second = (x(1e3) - x(0.0)) or 1.0
    step = next((s for s in _SECONDS if s * per_second >= widest + _APART), _SECONDS[-1])
    painter.setPen(QColor(theme.current().faint))
    found = []
    for number in range(max(0, int(np.floor(start / step))), int(np.ceil(end / step)) + 1):
        at, text = x(1e3 * number * step), f"{number * step:.10g}"
        wide = metrics.horizontalAdvance(text)
        if at + wide / 2 > x(times[1]):  # it would be cut off
            continue
        painter.drawLine(QPointF(at, foot), QPointF(at, foot + 4))
        painter.drawText(QPointF(at - wide / 2, foot + 4 + metrics.ascent()), text)
        found.append((at - wide / 2, at + wide / 2))
    return found


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
            paint_patterns(painter, frame.patterns, self._x, spikes)
        paint_lines(painter, spikes, rate, frame.bands, frame.ratio, frame.selected)
        if frame.seconds:
            paint_gaps(painter, frame.gaps, self._x, QRectF(spikes.topLeft(), rate.bottomRight()))
            self.numbers = paint_seconds(painter, self._times(wide), self._x, rate.bottom())
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


_MOST_TEXTS = 256


class Areas(NamedTuple):
    """Areas of spikes, rate and scrolling content, which excludes the labels at the left and at the bottom."""

    spikes: QRectF
    rate: QRectF
    scrolling: QRectF


class RasterView(QWidget):
    """Draws strips; the panel sets the strips and the right edge.

    Attributes
    ----------
    strips : sequence of Strip
        Strips that may be visible, in order.
    sizes : dict of str to int
        Number of neurons by population, in the order of the bands; 0: it has no band.
    roles : dict of str to str
        Role of each population, which decides its share of the height and its colour.
    selectable : str
        The population in which the selected neuron is marked, and neurons can be selected.
    right : float
        Right edge on the common axis, in ms.
    span : float
        Visible time, in ms.
    headers : dict of int to tuple of str
        Alternative headings by presentation; the first that fits is drawn.
    sampled : mapping of str to int
        Of a history, the interval between two neurons of a population whose spikes are stored.
    selected : int
        Exc neuron with highlighted spikes; -1: none.
    film : Film
        The drawn strips.
    seconds : bool
        Whether the axis is the time of a stream.
    gaps, patterns
        Of a stream, see `Frame`.
    """

    picked = pyqtSignal(int)
    stepped = pyqtSignal(int)
    zoomed = pyqtSignal(int)
    painted = pyqtSignal(float)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Spikes over time")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(200, 140)
        self.strips: Sequence[Strip] = ()
        self.sizes: dict[str, int] = {}
        self.roles: dict[str, str] = {}
        self.selectable = ""
        self.headers: dict[int, tuple[str, ...]] = {}
        self.sampled: Mapping[str, int] = {}
        self.right, self.span = 0.0, 1.0
        self.selected = -1
        self.film = Film()
        self.seconds = False
        self.gaps: tuple[tuple[float, float], ...] = ()
        self.patterns: tuple[tuple[float, float, int], ...] = ()
        self._top_rate = 1.0
        self._bands: tuple[Band, ...] = ()
        self._known_areas: Areas | None = None
        self._texts: dict[str, QStaticText] = {}
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # the background need not be painted

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return a size for a few presentations."""
        return QSize(520, 320)

    def forget(self) -> None:
        """Reset for another run."""
        self.strips, self._top_rate, self._bands = (), 1.0, ()
        self.gaps, self.patterns = (), ()
        self.film.forget()
        self._texts.clear()
        self.update()

    def show_layers(self, sizes: dict[str, int], roles: dict[str, str], selectable: str) -> None:
        """Set the bands: `sizes`, `roles` and `selectable`."""
        self.sizes, self.roles, self.selectable, self._known_areas = sizes, roles, selectable, None

    def show_stream(
        self,
        strips: Sequence[Strip],
        right: float,
        span: float,
        gaps: Sequence[tuple[float, float]],
        patterns: Sequence[tuple[float, float, int]],
    ) -> None:
        """Set what is drawn of a stream: pieces, right edge and span in ms, `gaps` and `patterns`."""
        self.strips, self.right, self.span = strips, right, span
        self.gaps, self.patterns = tuple(gaps), tuple(patterns)

    def restart_rate(self) -> None:
        """Fit the axis of the rate to what is drawn next."""
        self._top_rate = 1.0
        self.film.forget()

    # -- geometry --------------------------------------------------------------------------------------------------

    def _areas(self) -> Areas:
        """Return the areas for the current size and font."""
        if self._known_areas is None:
            metrics = self.fontMetrics()
            line = metrics.height()
            names = [f"■ {short(layer)}" for layer in self.roles]
            widest = max(metrics.horizontalAdvance(text) for text in ("1000", "Hz/cell", *names))
            left, top, bottom = widest + 3 * theme.GRID, line + 6, 2 * line + 10
            height = max(40.0, self.height() - top - bottom - theme.GRID)
            width = max(20.0, self.width() - left - theme.GRID)
            rate = max(24.0, 0.2 * height)
            self._known_areas = Areas(
                QRectF(left, top, width, height - rate),
                QRectF(left, top + height - rate + theme.GRID, width, rate),
                QRectF(left, 0, width + 1, self.height() - line - 3),
            )
        return self._known_areas

    def _scale(self) -> float:
        """Device pixels per ms."""
        return max(1, int(self._areas().spikes.width() * self.devicePixelRatioF())) / self.span

    def _left(self) -> int:
        """Return the first visible column of the common axis, in device pixels."""
        return round((self.right - self.span) * self._scale())

    # -- drawing ---------------------------------------------------------------------------------------------------

    def render_spikes(self) -> None:
        """Redraw the film if strips or style have changed, and request a repaint of the moved part."""
        areas, ratio = self._areas(), self.devicePixelRatioF()
        kinds = tuple(self.roles.items()), self.selectable
        self._bands = bands_of(tuple(self.sizes.items()), rows_of(areas.spikes, ratio), *kinds)
        self._top_rate = max([self._top_rate, *(strip.top_rate for strip in self.strips)])
        frame = Frame(
            areas.spikes,
            areas.rate,
            areas.scrolling.height(),
            ratio,
            self._scale(),
            self._bands,
            self._top_rate,
            self.selected,
            theme.current(),
            self.font(),
            self.strips[-1].presentation if self.strips else -1,
            self.seconds,
            self.gaps,
            self.patterns,
        )
        if self.film.show(frame, self.strips, self._left()):
            self.update()
        else:
            self.update(areas.scrolling.toAlignedRect())

    def resizeEvent(self, event: object) -> None:  # noqa: N802 - Qt's name
        """Redraw in the new size immediately."""
        self._known_areas = None
        if self.strips:
            self.render_spikes()

    def changeEvent(self, event: QEvent | None) -> None:  # noqa: N802 - Qt's name
        """Redraw after a change of the font."""
        super().changeEvent(event)
        if event is not None and event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._known_areas = None
            self._texts.clear()
            if self.strips:
                self.render_spikes()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Paint spikes, rate, axis and names."""
        begun = time.perf_counter()
        painter, areas = QPainter(self), self._areas()
        colours, spikes, scrolling = theme.current(), areas.spikes, areas.scrolling
        film, ratio, left = self.film, self.devicePixelRatioF(), self._left()
        all_of_it = event is None or not scrolling.contains(QRectF(event.rect()))
        if all_of_it or not film.covers(left, left + round(scrolling.width() * ratio)):
            painter.fillRect(self.rect(), QColor(colours.base))
        if all_of_it:
            paint_bands(painter, spikes, self._bands, ratio, self.selected)
            paint_rate_axis(painter, areas.rate, self._top_rate)
            foot = QRectF(spikes.left(), scrolling.height(), spikes.width(), self.height() - scrolling.height())
            painter.setPen(QColor(colours.ink))
            text = "time (s)" if self.seconds else "time in presentation (ms)"
            painter.drawText(foot, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop, text)
        painter.setClipRect(scrolling)
        if film.image is not None:
            painter.drawImage(QPointF(spikes.left() + (film.left - left) / ratio, 0), film.image)
            self._hide_cut_numbers(painter, areas, (film.left - left) / ratio)
        name_gaps(painter, self.gaps, self._x, QRectF(spikes.topLeft(), areas.rate.bottomRight()))
        self._paint_headers(painter, spikes)
        if self.hasFocus():
            painter.setClipping(False)
            painter.setPen(QPen(QColor(colours.accent), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()
        self.painted.emit(time.perf_counter() - begun)

    def _x(self, moment: float) -> float:
        """Return the x position of a time on the common axis in the widget."""
        area = self._areas().spikes
        return area.left() + (moment - self.right + self.span) * area.width() / self.span

    def _hide_cut_numbers(self, painter: QPainter, areas: Areas, shift: float) -> None:
        """Hide axis numbers that are only partly visible."""
        left, right, top = areas.scrolling.left(), areas.scrolling.right(), areas.rate.bottom() + 4
        for first, last in self.film.numbers:
            first, last = left + shift + first, left + shift + last
            if first < left < last or first < right < last:
                number = QRectF(first - 1, top, last - first + 2, areas.scrolling.bottom() - top)
                painter.fillRect(number, QColor(theme.current().base))

    def _paint_headers(self, painter: QPainter, spikes: QRectF) -> None:
        """Write the heading of each presentation above its visible part."""
        free = spikes.left()
        painter.setPen(QColor(theme.current().ink))
        for strip in self.strips:
            left, right = self._x(strip.start), self._x(strip.end)
            if right < spikes.left() or left > spikes.right():
                continue
            x, end = max(left, free), min(right, spikes.right() + 2)
            for text in self.headers.get(strip.presentation, ()):
                static, wide = self._static(text)
                if x + wide <= end:
                    painter.drawStaticText(QPointF(x + 3, 1), static)
                    free = x + wide + theme.GRID
                    break

    def _static(self, text: str) -> tuple[QStaticText, float]:
        """Return a cached text and its width with a margin."""
        if len(self._texts) > _MOST_TEXTS:
            self._texts.clear()
        if text not in self._texts:
            self._texts[text] = QStaticText(text)
            self._texts[text].setTextFormat(Qt.TextFormat.PlainText)
            self._texts[text].prepare(font=self.font())
        return self._texts[text], self._texts[text].size().width() + 6

    # -- input -----------------------------------------------------------------------------------------------------

    def _at(self, point: QPointF) -> tuple[str, int, Strip | None, float]:
        """Return layer, neuron, strip and time (ms) at a point; empty, -1 and None if there is none."""
        area, ratio = self._areas().spikes, self.devicePixelRatioF()
        moment = self.right - self.span + (point.x() - area.left()) * self.span / area.width()
        strip = next((s for s in self.strips if s.start <= moment < s.end), None)
        for band in self._bands:
            neuron = band.neuron((point.y() - area.top()) * ratio)
            if neuron >= 0:
                return band.layer, neuron, strip, moment - strip.start if strip else 0.0
        return "", -1, strip, moment - strip.start if strip else 0.0

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Select the neuron with the nearest spike within 12 pixels."""
        if event is None or event.button() != Qt.MouseButton.LeftButton:
            return
        layer, neuron, strip, moment = self._at(event.position())
        if layer != self.selectable:
            return
        if strip is not None:
            band = next(band for band in self._bands if band.layer == layer)
            index, bins = strip.spikes[layer]
            ratio = self.devicePixelRatioF()
            across = (bins * strip.dt - moment) * self._scale() / ratio
            down = (band.row(index) - band.row(np.array([neuron]))) / ratio
            distance = np.hypot(across, down)
            if len(distance) and distance.min() <= 12:
                neuron = int(index[distance.argmin()])
        self.picked.emit(neuron)

    def wheelEvent(self, event: QWheelEvent | None) -> None:  # noqa: N802 - Qt's name
        """Show more or fewer presentations."""
        if event is not None and event.angleDelta().y():
            self.zoomed.emit(1 if event.angleDelta().y() < 0 else -1)
            event.accept()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 - Qt's name
        """Select the next neuron with Up and Down; show fewer or more presentations with + and −."""
        if event is None:
            return
        keys = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        if event.key() in keys:
            self.stepped.emit(keys[Qt.Key(event.key())])
        elif event.key() in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            self.zoomed.emit(1 if event.key() == Qt.Key.Key_Minus else -1)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent | None) -> bool:
        """Show a tooltip for the neuron under the mouse."""
        if isinstance(event, QHelpEvent):
            layer, neuron, strip, moment = self._at(QPointF(event.pos()))
            if layer:
                when = f", {moment:.1f} ms of presentation {thousands(strip.presentation)}" if strip else ""
                if strip is not None and self.seconds:
                    when = f", {1e-3 * (strip.start + moment):.4f} s"
                QToolTip.showText(event.globalPos(), f"{layer} neuron {neuron}{when}", self)
            return True
        return super().event(event)
