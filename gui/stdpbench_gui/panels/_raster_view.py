"""The widget that the raster is drawn on: bands of spikes, the rate under them, one axis of time."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
from PyQt6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import (
    QColor,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PyQt6.QtWidgets import QSizePolicy, QToolTip, QWidget

from stdpbench_gui import theme
from stdpbench_gui.panels._axes import step_up
from stdpbench_gui.panels._raster_margin import paint_bands, paint_rate_axis
from stdpbench_gui.panels._raster_strips import (
    LAYERS,
    Band,
    Placed,
    Strip,
    bands_of,
    fill,
    fill_rate,
    place,
)
from stdpbench_gui.pictures import image_of
from stdpbench_gui.widgets import thousands

_STEPS = (10, 20, 50, 100, 200, 250, 500, 1000, 2000, 5000)  # ms between numbers
_TICK_ROOM = 44  # pixels between two numbers on the axis of time, at least


class RasterView(QWidget):
    """Draws strips; the panel says which, and where the right edge is.

    Attributes
    ----------
    strips : sequence of Strip
        What may be seen, in order.
    sizes : dict of str to int
        Neurons by layer, in the order of the bands; 0 where a layer has none.
    right : float
        Right edge on the common axis, in ms.
    span : float
        Width in ms.
    selected : int
        Exc neuron whose spikes stand out; -1 for none.
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
        self.headers: dict[int, str] = {}
        self.right, self.span = 0.0, 1.0
        self.selected = -1
        self._top_rate = 1.0
        self._pixels = np.zeros((1, 1), np.uint32)
        self._rates = np.zeros((1, 1), np.uint32)
        self._images: list[QImage] = []
        self._bands: tuple[Band, ...] = ()
        self._area = QRectF()
        self._placed: dict[str, Placed] = {}
        self._placed_for: object = None
        self._free = 0.0  # where the next header may begin

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Room for some presentations."""
        return QSize(520, 320)

    def forget(self) -> None:
        """Begin with another run."""
        self.strips, self._images, self._top_rate = (), [], 1.0
        self._pixels, self._bands, self._placed_for = np.zeros((1, 1), np.uint32), (), None
        self.update()

    # -- geometry --------------------------------------------------------------------------------------------------

    def _areas(self) -> tuple[QRectF, QRectF]:
        """Where spikes and rate are drawn."""
        metrics = self.fontMetrics()
        line = metrics.height()
        widest = max(metrics.horizontalAdvance(text) for text in ("■ input", "1000", "Hz/cell"))
        left, top, bottom = widest + 3 * theme.GRID, line + 6, 2 * line + 10
        height = max(40.0, self.height() - top - bottom - theme.GRID)
        width = max(20.0, self.width() - left - theme.GRID)
        rate = max(24.0, 0.2 * height)
        return QRectF(left, top, width, height - rate), QRectF(left, top + height - rate + theme.GRID, width, rate)

    def _scale(self) -> float:
        """Pixels of the image per ms."""
        return self._pixels.shape[1] / self.span

    # -- drawing ---------------------------------------------------------------------------------------------------

    def render_spikes(self) -> None:
        """Fill the images anew, and ask for a repaint."""
        spikes, rate = self._areas()
        ratio = self.devicePixelRatioF()
        shape = (max(1, int(spikes.height() * ratio)), max(1, int(spikes.width() * ratio)))
        if self._pixels.shape != shape:
            self._pixels = np.zeros(shape, np.uint32)
            self._rates = np.zeros((max(1, int(rate.height() * ratio)), shape[1]), np.uint32)
            self._bands = bands_of(self.sizes, shape[0])
        colours = theme.current()
        named = {"base": colours.base, "selected": colours.ink}
        named |= {layer: getattr(colours, layer) for layer in LAYERS}
        packed = {name: QColor(value).rgba() for name, value in named.items()}
        left = round((self.right - self.span) * self._scale())
        known = (self._bands, shape[1], self._scale(), *(strip.presentation for strip in self.strips))
        if known != self._placed_for:
            self._placed = place(self.strips, self._bands, shape[1], self._scale())
            self._placed_for = known
        fill(self._pixels, self._placed, self._bands, packed, left, self.selected)
        highest = max((float(strip.rate.max(initial=0.0)) for strip in self.strips), default=0.0)
        self._top_rate = max(self._top_rate, step_up(highest))
        fill_rate(self._rates, self.strips, packed["exc"], packed["base"], self._scale(), left, self._top_rate)
        self._images = [image_of(pixels, ratio) for pixels in (self._pixels, self._rates)]
        self.update()

    def resizeEvent(self, event: object) -> None:  # noqa: N802 - Qt's name
        """Draw in the new size at once."""
        if self.strips:
            self.render_spikes()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Paint spikes, rate, axis and names."""
        begun = time.perf_counter()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        spikes, rate = self._areas()
        self._area = spikes
        colours = theme.current()
        painter.fillRect(self.rect(), QColor(colours.base))
        for image, area in zip(self._images, (spikes, rate), strict=False):
            painter.drawImage(area.topLeft(), image)
        paint_bands(painter, spikes, self._bands, self.devicePixelRatioF(), self.selected)
        paint_rate_axis(painter, rate, self._top_rate)
        painter.save()
        painter.setClipRect(QRectF(spikes.left(), 0, spikes.width() + 1, self.height()))
        self._free = -1e9
        for strip in self.strips:
            self._paint_strip(painter, strip, spikes, rate)
        painter.restore()
        painter.setPen(QColor(colours.ink))
        line = self.fontMetrics().height()
        foot = QRectF(spikes.left(), self.height() - line - 3, spikes.width(), line + 2)
        painter.drawText(foot, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop, "time in presentation (ms)")
        if self.hasFocus():
            painter.setPen(QPen(QColor(colours.accent), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()
        self.painted.emit(time.perf_counter() - begun)

    def _x(self, moment: float) -> float:
        """Where a moment of the common axis lies in the widget."""
        return self._area.left() + (moment - self.right + self.span) * self._area.width() / self.span

    def _paint_strip(self, painter: QPainter, strip: Strip, spikes: QRectF, rate: QRectF) -> None:
        left, right = self._x(strip.start), self._x(strip.end)
        if right < spikes.left() or left > spikes.right():
            return
        colours, line = theme.current(), self.fontMetrics().height()
        if strip.skipped > 0:
            before = left - (right - left) * 0.07
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
        text = self.headers.get(strip.presentation, "")
        x, wide = max(left, spikes.left(), self._free), self.fontMetrics().horizontalAdvance(text) + 6
        if text and (x == left or x + wide <= right) and x + wide <= spikes.right() + 2:
            painter.setPen(QColor(colours.ink))
            painter.drawText(QRectF(x + 3, 1, wide + 20, line), Qt.AlignmentFlag.AlignLeft, text)
            self._free = x + wide + theme.GRID
        per_ms = (right - left) / strip.duration
        step = next((s for s in _STEPS if s * per_ms >= _TICK_ROOM), 10_000)
        painter.setPen(QColor(colours.faint))
        for moment in np.arange(0.0, strip.duration - 20 / per_ms + 1e-9, step):
            x = self._x(strip.start + float(moment))
            painter.drawLine(QPointF(x, rate.bottom()), QPointF(x, rate.bottom() + 4))
            side = Qt.AlignmentFlag.AlignLeft if moment == 0 else Qt.AlignmentFlag.AlignHCenter
            room = (
                QRectF(x + 1, rate.bottom() + 4, 60, line)
                if moment == 0
                else QRectF(x - 30, rate.bottom() + 4, 60, line)
            )
            painter.drawText(room, side, f"{moment:g}")

    # -- hands -----------------------------------------------------------------------------------------------------

    def _at(self, point: QPointF) -> tuple[str, int, Strip | None, float]:
        """Layer, neuron, strip and ms in it under a point; empty, -1 and None where there is none."""
        area, ratio = self._areas()[0], self.devicePixelRatioF()
        moment = self.right - self.span + (point.x() - area.left()) * self.span / area.width()
        strip = next((s for s in self.strips if s.start <= moment < s.end), None)
        for band in self._bands:
            neuron = band.neuron((point.y() - area.top()) * ratio)
            if neuron >= 0:
                return band.layer, neuron, strip, moment - strip.start if strip else 0.0
        return "", -1, strip, moment - strip.start if strip else 0.0

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Pick the exc neuron whose spike is nearest, within 12 pixels."""
        if event is None or event.button() != Qt.MouseButton.LeftButton:
            return
        layer, neuron, strip, moment = self._at(event.position())
        if layer not in ("exc", "inh"):
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
        """Up and down select the next neuron, plus and minus show fewer or more presentations."""
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
        """Say what is under the mouse."""
        if isinstance(event, QHelpEvent):
            layer, neuron, strip, moment = self._at(QPointF(event.pos()))
            if layer:
                when = f", {moment:.1f} ms of presentation {thousands(strip.presentation)}" if strip else ""
                QToolTip.showText(event.globalPos(), f"{layer} neuron {neuron}{when}", self)
            return True
        return super().event(event)
