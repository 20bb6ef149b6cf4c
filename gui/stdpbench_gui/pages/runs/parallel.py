"""Runs as lines across parallel axes; a drag along an axis selects the runs that pass there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PyQt6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap, QResizeEvent
from PyQt6.QtWidgets import QSizePolicy, QWidget

from stdpbench.runs.catalog.run_axes import RunAxis
from stdpbench.units import minus
from stdpbench_gui.look import theme

_NEAR = 24.0  # pixels beside an axis that belong to it
_DRAG = 4
_FAINT = 0.25  # share of its colour that a run keeps while others are selected
_SEVERAL = 150  # runs above which lines are thin
_DASHES = (Qt.PenStyle.DashLine, Qt.PenStyle.DotLine)
"""Lines of the runs that have a word beside their names, as in the figure for a paper: one for each word."""
_DROP = (Qt.Key.Key_Escape, Qt.Key.Key_Delete)
_STEP = 0.1
"""Share of an axis by which keys move a brush."""


class ParallelAxes(QWidget):
    """Axes side by side, and a line for each run.

    Attributes
    ----------
    brushed : signal of list of int
        The runs that pass all brushes; all runs where there is no brush left.
    brushes : dict of str to (float, float)
        Selected parts of axes by path, as shares of their height from below.
    """

    brushed = pyqtSignal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(
            "Parallel axes; arrow keys left and right choose an axis, up and down its part, Esc drops all parts"
        )
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 120)
        self.brushes: dict[str, tuple[float, float]] = {}
        self._axes: Sequence[RunAxis] = ()
        self._shares: NDArray[np.float64] = np.empty((0, 0))
        self._colours: Sequence[QColor] = ()
        self._marks: Sequence[int] = ()
        self._strong: NDArray[np.bool_] | None = None
        self._drawn: QPixmap | None = None
        self._at = 0
        self._pressed: tuple[int, float] | None = None
        self._moved = False

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return the preferred size."""
        return QSize(560, 260)

    # -- content ---------------------------------------------------------------------------------------------------

    def show_axes(self, axes: Sequence[RunAxis], colours: Sequence[QColor], marks: Sequence[int] = ()) -> None:
        """Show runs on axes; brushes of axes that are no longer shown are dropped.

        `marks` says for each run which word stands beside its name: its number, or -1.
        """
        self._axes, self._colours, self._marks, self._strong = axes, colours, marks, None
        self._shares = np.column_stack([axis.shares for axis in axes]) if axes else np.empty((0, 0))
        self._at = min(self._at, max(0, len(axes) - 1))
        paths = {axis.path for axis in axes}
        self.brushes = {path: part for path, part in self.brushes.items() if path in paths}
        self.redraw()

    def show_strong(self, strong: NDArray[np.bool_] | None) -> None:
        """Draw these runs over the others, which are faint; None: all alike."""
        self._strong = strong
        self.redraw()

    def passing(self) -> list[int]:
        """Return the runs that pass all brushes."""
        inside = np.ones(len(self._shares), bool)
        for number, axis in enumerate(self._axes):
            if axis.path in self.brushes:
                low, high = self.brushes[axis.path]
                with np.errstate(invalid="ignore"):
                    inside &= (self._shares[:, number] >= low - 1e-9) & (self._shares[:, number] <= high + 1e-9)
        return [int(number) for number in np.flatnonzero(inside)]

    def brush(self, path: str, part: tuple[float, float] | None) -> None:
        """Select a part of an axis; None: all of it."""
        if part is None:
            self.brushes.pop(path, None)
        else:
            self.brushes[path] = (max(0.0, min(part)), min(1.0, max(part)))
        self.update()
        self.brushed.emit(self.passing())

    def clear(self) -> None:
        """Drop all brushes."""
        if self.brushes:
            self.brushes.clear()
            self.update()
            self.brushed.emit(self.passing())

    # -- drawing ---------------------------------------------------------------------------------------------------

    def redraw(self) -> None:
        """Draw anew, as after a change of colours."""
        self._drawn = None
        self.update()

    def _area(self) -> QRectF:
        line = self.fontMetrics().lineSpacing()
        side = max(28.0, min(90.0, self.width() / (2 * max(1, len(self._axes)))))
        top, bottom = round(1.9 * line), round(0.8 * line)  # whole pixels, so that the mouse reaches the ends
        return QRectF(side, top, max(1.0, self.width() - 2 * side), max(1.0, self.height() - top - bottom))

    def _x(self, number: int) -> float:
        area = self._area()
        return (
            area.center().x() if len(self._axes) < 2 else area.left() + area.width() * number / (len(self._axes) - 1)
        )

    def _y(self, share: float) -> float:
        area = self._area()
        return area.bottom() - share * area.height()

    def _render(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        picture = QPixmap(self.size() * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(QColor(theme.current().base))
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, len(self._shares) <= 2 * _SEVERAL)
        area, n = self._area(), len(self._axes)
        xs = np.array([self._x(number) for number in range(n)])
        ys = area.bottom() - self._shares * area.height()
        few, ground = len(self._shares) <= _SEVERAL, QColor(theme.current().base)
        width = 1.5 if few else 1.0  # opaque lines of one pixel are drawn five times as fast as others
        strong = np.zeros(len(ys), bool) if self._strong is None else self._strong
        alike: dict[tuple[bool, int, int], list[int]] = {}
        for run, colour in enumerate(self._colours):
            mark = self._marks[run] if self._marks else -1
            alike.setdefault((bool(strong[run]), mark, int(colour.rgb())), []).append(run)
        for (over, mark, rgb), members in sorted(alike.items()):  # the selected ones last
            colour = _mixed(QColor(rgb), ground, 1.0 if over or self._strong is None else _FAINT)
            style = Qt.PenStyle.SolidLine if mark < 0 else _DASHES[mark % len(_DASHES)]
            painter.setPen(QPen(colour, width + 0.8 * (over and few), style))
            x = np.tile(np.append(xs, np.nan), len(members))  # a gap after each run, and where a value is missing
            y = np.column_stack([ys[members], np.full(len(members), np.nan)]).ravel()
            painter.drawPath(pg.functions.arrayToQPath(x, y, connect="finite"))
        painter.end()
        return picture

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Draw lines, axes, their ends, and brushes."""
        if self._drawn is None:
            self._drawn = self._render()
        painter, colours = QPainter(self), theme.current()
        painter.drawPixmap(0, 0, self._drawn)
        room = int((self._x(1) - self._x(0) if len(self._axes) > 1 else self.width()) - theme.GRID)
        metrics, area = self.fontMetrics(), self._area()
        for number, axis in enumerate(self._axes):
            x = self._x(number)
            chosen = number == self._at and self.hasFocus()
            painter.setPen(QPen(QColor(colours.accent if chosen else colours.ink), 2 if chosen else 1))
            painter.drawLine(QLineF(x, area.top(), x, area.bottom()))
            label = metrics.elidedText(axis.label, Qt.TextElideMode.ElideMiddle, room)
            wide = metrics.horizontalAdvance(label)
            left = min(max(2.0, x - wide / 2), self.width() - wide - 2.0)
            painter.drawText(QPointF(left, area.top() - 0.8 * metrics.lineSpacing()), label)
            self._paint_ticks(painter, axis, x, room)
            if axis.path in self.brushes:
                low, high = self.brushes[axis.path]
                ground = QColor(colours.accent)
                ground.setAlpha(70)
                painter.setPen(QPen(QColor(colours.accent), 1))
                painter.setBrush(ground)
                painter.drawRect(QRectF(x - 6, self._y(high), 12, max(3.0, self._y(low) - self._y(high))))
                painter.setBrush(Qt.BrushStyle.NoBrush)

    def _paint_ticks(self, painter: QPainter, axis: RunAxis, x: float, room: int) -> None:
        """Write the ends of an axis of numbers, or the names of one of categories as far as they fit."""
        metrics, colours = self.fontMetrics(), theme.current()
        low, high = axis.extent
        if axis.names:
            last = max(1, len(axis.names) - 1)
            texts = [(number / last, name) for number, name in enumerate(axis.names)]
            most = max(2, int(self._area().height() // metrics.lineSpacing()))
            texts = texts[:: -(-len(texts) // most)]
        else:
            ends = (10.0**low, 10.0**high) if axis.log else (low, high)
            lowest, highest = (minus(f"{end:.4g}") for end in ends)
            texts = [(0.5, lowest)] if low == high else [(0.0, lowest), (1.0, highest)]
        for share, text in texts:
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, max(20, room // 2))
            wide, y = metrics.horizontalAdvance(shown), self._y(share)
            left = x + 5 if x + 5 + wide < self.width() else x - 5 - wide
            ground = QColor(colours.base)
            ground.setAlpha(200)
            painter.fillRect(QRectF(left - 1, y - metrics.height() / 2, wide + 2, metrics.height()), ground)
            painter.setPen(QColor(colours.ink))
            painter.drawText(QPointF(left, y + metrics.ascent() / 2 - 1), shown)

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        """Redraw in the new size."""
        self.redraw()

    # -- brushing --------------------------------------------------------------------------------------------------

    def _axis_at(self, place: QPointF) -> int:
        """Return the axis at a position; -1 if none is near."""
        away = [abs(self._x(number) - place.x()) for number in range(len(self._axes))]
        nearest = int(np.argmin(away)) if away else -1
        return nearest if nearest >= 0 and away[nearest] <= _NEAR else -1

    def _share_at(self, place: QPointF) -> float:
        area = self._area()
        return float(np.clip((area.bottom() - place.y()) / area.height(), 0.0, 1.0))

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Begin a brush on the axis under the mouse."""
        assert event is not None
        number = self._axis_at(event.position())
        self._moved = False
        self._pressed = None if number < 0 else (number, self._share_at(event.position()))
        if number >= 0:
            self._at = number
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Extend the brush."""
        assert event is not None
        if self._pressed is None:
            return
        number, start = self._pressed
        share = self._share_at(event.position())
        if self._moved or abs(share - start) * self._area().height() > _DRAG:
            self._moved = True
            self.brushes[self._axes[number].path] = (min(start, share), max(start, share))
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Select the runs that pass; a click without a drag drops the brush of the axis."""
        pressed, self._pressed = self._pressed, None
        if pressed is not None and self._moved:
            self.brushed.emit(self.passing())
        elif pressed is not None and self._axes[pressed[0]].path in self.brushes:
            self.brush(self._axes[pressed[0]].path, None)

    def event(self, event: QEvent | None) -> bool:
        """Handle Esc and Del while there are brushes; otherwise they are the window's."""
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.ShortcutOverride
            and event.key() in _DROP
            and self.brushes
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 - Qt's name
        """Choose an axis, move its brush, or drop all brushes."""
        assert event is not None
        if not self._axes:
            super().keyPressEvent(event)
            return
        key, path = event.key(), self._axes[self._at].path
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            step = 1 if key == Qt.Key.Key_Right else -1
            self._at = (self._at + step) % len(self._axes)
            self.update()
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            step_up = _STEP if key == Qt.Key.Key_Up else -_STEP
            low, high = self.brushes.get(path, (0.0, 1.0))
            if high - low > 0.5:  # the half that the key points to
                low, high = (0.5, 1.0) if step_up > 0 else (0.0, 0.5)
            else:
                step_up = max(-low, min(1.0 - high, step_up))
                low, high = low + step_up, high + step_up
            self.brush(path, (low, high))
        elif key in _DROP:
            self.clear()
        else:
            super().keyPressEvent(event)


def _mixed(colour: QColor, ground: QColor, share: float) -> QColor:
    """Return a colour on a background, of which a share is left."""
    pairs = zip(colour.getRgbF()[:3], ground.getRgbF()[:3], strict=True)
    return QColor.fromRgbF(*(float(share * one + (1 - share) * other) for one, other in pairs))
