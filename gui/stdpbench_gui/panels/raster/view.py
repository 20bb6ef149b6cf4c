"""The widget of the raster: bands of spikes, the rate below them, one time axis."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from PyQt6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import (
    QColor,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QStaticText,
    QWheelEvent,
)
from PyQt6.QtWidgets import QSizePolicy, QToolTip, QWidget

from stdpbench.base.units import thousands
from stdpbench_gui.look import theme
from stdpbench_gui.panels.raster.film import Film, Frame, rows_of
from stdpbench_gui.panels.raster.margin import paint_bands, paint_rate_axis, short
from stdpbench_gui.panels.raster.strips import Band, Strip, bands_of

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
