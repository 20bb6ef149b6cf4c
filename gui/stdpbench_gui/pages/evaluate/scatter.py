"""Pictures as points in a plane: hover shows a picture, a click or a rubber band selects.

The points are one image: each is stamped into an array, a few milliseconds for 10 000 points.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent, QWheelEvent
from PyQt6.QtWidgets import QSizePolicy, QWidget

from stdpbench_gui.look import theme
from stdpbench_gui.widgets.pictures import image_of

Pixels = NDArray[np.uint32]


def stamped(
    size: tuple[int, int],
    places: NDArray[np.int64],
    colours: Pixels,
    crosses: NDArray[np.bool_],
    strong: NDArray[np.bool_] | None,
    radius: int,
    paper: int,
) -> Pixels:
    """Draw points as discs or crosses in an image.

    Parameters
    ----------
    size : tuple of int
        Width and height.
    places : ndarray, int64, (n, 2)
        x and y of each point; points outside the image are skipped.
    colours : ndarray, uint32, (n,)
        0xAARRGGBB.
    crosses : ndarray, bool, (n,)
        True for crosses, False for discs.
    strong : ndarray of bool, or None
        Highlighted points, drawn last; the others are faded. None: no highlighting.
    radius : int
        Radius of a point, in pixels.
    paper : int
        Colour of the background.

    Returns
    -------
    ndarray, uint32, (height, width)
    """
    width, height = size
    room = radius + 1  # margin that keeps every stamp inside the array
    image = np.full((height + 2 * room, width + 2 * room), paper, np.uint32)
    x, y = places[:, 0], places[:, 1]
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    rounds = [(inside, colours)]
    if strong is not None:
        rounds = [(inside & ~strong, faded(colours, paper)), (inside & strong, colours)]
    flat, row = image.reshape(-1), width + 2 * room
    for kept, shades in rounds:
        for mark, stamp in ((~crosses, _disc(radius)), (crosses, _cross(radius))):
            chosen = np.flatnonzero(kept & mark)
            starts, ink = (y[chosen] + room) * row + x[chosen] + room, shades[chosen]
            for down, right in stamp:
                flat[starts + down * row + right] = ink
    return np.ascontiguousarray(image[room:-room, room:-room])


def faded(colours: Pixels, paper: int, share: float = 0.18) -> Pixels:
    """Mix colours with the paper colour, keeping `share` of the original."""
    mixed = np.full(len(colours), 0xFF, np.uint32)
    for shift in (16, 8, 0):
        ink, ground = (colours >> np.uint32(shift)) & np.uint32(0xFF), (paper >> shift) & 0xFF
        mixed = (mixed << np.uint32(8)) | np.round(ink * share + ground * (1 - share)).astype(np.uint32)
    return mixed


def _disc(radius: int) -> list[tuple[int, int]]:
    reach = range(-radius, radius + 1)
    return [(y, x) for y in reach for x in reach if x * x + y * y <= radius * radius + 0.5]


def _cross(radius: int) -> list[tuple[int, int]]:
    reach = range(-radius, radius + 1)
    thick = 1 if radius > 3 else 0
    return [(y, x) for y in reach for x in reach if abs(abs(x) - abs(y)) <= thick]


_NEAR = 12.0  # pixels
_DRAG = 4
_MARGIN = 20
_PICTURE = 56
_STEPS = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1)}


class Scatter(QWidget):
    """Points in a view with zoom (wheel, + and -) and pan (right or middle button); 0 shows all.

    Attributes
    ----------
    clicked : signal of int
        A point was clicked or chosen with Enter; -1: the background.
    banded : signal of ndarray
        Points inside a rubber band.
    pointed : signal of int
        Point under the mouse, or reached with the arrow keys; -1: none.
    picture_of : callable
        Returns the picture of a point and its description.
    """

    clicked = pyqtSignal(int)
    banded = pyqtSignal(object)
    pointed = pyqtSignal(int)

    def __init__(self, picture_of: Callable[[int], tuple[QImage, list[str]]]) -> None:
        super().__init__()
        self.setAccessibleName("Pictures as points; use the arrow keys to move between points, Enter to select")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 120)
        self.picture_of = picture_of
        self.points: NDArray[np.float64] = np.empty((0, 2))
        self._colours: Pixels = np.empty(0, np.uint32)
        self._crosses: NDArray[np.bool_] = np.empty(0, bool)
        self._strong: NDArray[np.bool_] | None = None
        self._names: Sequence[tuple[float, float, str]] = ()
        self._drawn: QImage | None = None
        self._pixels: Pixels | None = None  # memory shared with the image
        self._places: NDArray[np.float64] = np.empty((0, 2))
        self._centre, self._scale = np.zeros(2), 1.0  # of the view; screen pixels per unit
        self._at = -1
        self._pressed: QPointF | None = None
        self._moved: QPointF | None = None
        self._band: QRectF | None = None

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return the preferred size."""
        return QSize(420, 360)

    # -- drawing ---------------------------------------------------------------------------------------------------

    def show_points(self, points: NDArray[np.float64]) -> None:
        """Show new points, all of them in view."""
        self.points, self._at = points, -1
        self.show_all()

    def show_looks(
        self, colours: Pixels, crosses: NDArray[np.bool_], names: Sequence[tuple[float, float, str]]
    ) -> None:
        """Set the appearance of the points, and the texts with their positions."""
        self._colours, self._crosses, self._names = colours, crosses, names
        self._redraw()

    def show_strong(self, strong: NDArray[np.bool_] | None) -> None:
        """Highlight points; None: none."""
        self._strong = strong
        self._redraw()

    def point_at(self, number: int) -> None:
        """Mark a point; -1: none."""
        if number != self._at:
            self._at = number
            self.update()

    def show_all(self) -> None:
        """Zoom out to show all points."""
        if len(self.points):
            low, high = self.points.min(axis=0), self.points.max(axis=0)
            span = np.maximum(high - low, 1e-9)
            self._centre = (low + high) / 2
            room = np.maximum([self.width() - 2 * _MARGIN, self.height() - 2 * _MARGIN], 10)
            self._scale = float((room / span).min())
        self._redraw()

    def zoom(self, factor: float, about: QPointF | None = None) -> None:
        """Zoom about a position, or about the centre."""
        place = about or QPointF(self.rect().center())
        fixed = self._plane(place)
        self._scale *= factor
        self._centre = self._centre + fixed - self._plane(place)
        self._redraw()

    def _plane(self, place: QPointF) -> NDArray[np.float64]:
        middle = QPointF(self.width() / 2, self.height() / 2)
        return self._centre + np.array([place.x() - middle.x(), middle.y() - place.y()]) / self._scale

    def _screen(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        offset = (points - self._centre) * self._scale
        return np.column_stack([self.width() / 2 + offset[:, 0], self.height() / 2 - offset[:, 1]])

    def _redraw(self) -> None:
        self._drawn = None
        self.update()

    def _render(self) -> QImage:
        ratio = self.devicePixelRatioF()
        self._places = self._screen(self.points)
        size = max(1, round(self.width() * ratio)), max(1, round(self.height() * ratio))
        radius = (2 if len(self.points) > 4000 else 3) + (self._strong is not None and int(self._strong.sum()) < 400)
        paper = QColor(theme.current().base).rgba()
        places = np.clip(self._places * ratio, -1, 1e6).astype(np.int64)
        self._pixels = stamped(
            size, places, self._colours, self._crosses, self._strong, max(1, round(radius * ratio)), paper
        )
        return image_of(self._pixels, ratio)

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Draw points, names, the rubber band and the picture of the marked point."""
        painter, colours = QPainter(self), theme.current()
        painter.fillRect(self.rect(), QColor(colours.base))
        if not len(self.points) or len(self._colours) != len(self.points):
            return
        if self._drawn is None:
            self._drawn = self._render()
        painter.drawImage(QPoint(0, 0), self._drawn)
        if self._strong is None:  # otherwise they might hide the selection
            self._paint_names(painter)
        if self.hasFocus():
            painter.setPen(QPen(QColor(colours.accent), 1))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        if self._band is not None:
            painter.setPen(QPen(QColor(colours.accent), 1, Qt.PenStyle.DashLine))
            painter.drawRect(self._band)
        if 0 <= self._at < len(self.points):
            self._paint_pointed(painter)

    def _paint_names(self, painter: QPainter) -> None:
        colours, metrics = theme.current(), self.fontMetrics()
        font = self.font()
        font.setBold(True)
        painter.setFont(font)
        taken: list[QRectF] = []
        for (_, _, text), (x, y) in zip(self._names, self._name_places(), strict=True):
            wide = metrics.horizontalAdvance(text) + 10.0
            place = QRectF(x - wide / 2, y - metrics.height() / 2, wide, metrics.height())
            if any(place.intersects(other) for other in taken):
                continue
            taken.append(place)
            ground = QColor(colours.base)
            ground.setAlpha(215)
            painter.setPen(QPen(QColor(colours.line), 1))
            painter.setBrush(ground)
            painter.drawRoundedRect(place, 3, 3)
            painter.setPen(QColor(colours.ink))
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)
        painter.setFont(self.font())
        painter.setBrush(Qt.BrushStyle.NoBrush)

    def _name_places(self) -> NDArray[np.float64]:
        return self._screen(np.array([(x, y) for x, y, _ in self._names]).reshape(-1, 2))

    def _paint_pointed(self, painter: QPainter) -> None:
        colours, metrics = theme.current(), self.fontMetrics()
        x, y = self._places[self._at]
        painter.setPen(QPen(QColor(colours.ink), 2))
        painter.drawEllipse(QPointF(x, y), 7, 7)
        picture, lines = self.picture_of(self._at)
        wide = max([metrics.horizontalAdvance(line) for line in lines])
        box = QRect(0, 0, _PICTURE + wide + 3 * theme.GRID, max(_PICTURE, len(lines) * metrics.height()) + theme.GRID)
        left = int(x) + 14 if x + 14 + box.width() < self.width() else int(x) - 14 - box.width()
        top = int(y) + 10 if y + 10 + box.height() < self.height() else int(y) - 10 - box.height()
        box.moveTo(max(2, min(left, self.width() - box.width() - 2)), max(2, top))
        painter.setPen(QPen(QColor(colours.line), 1))
        painter.setBrush(QColor(colours.window))
        painter.drawRoundedRect(box, 4, 4)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        size = picture.size().scaled(_PICTURE, _PICTURE, Qt.AspectRatioMode.KeepAspectRatio)
        painter.drawImage(QRect(box.topLeft() + QPoint(theme.GRID // 2, theme.GRID // 2), size), picture)
        painter.setPen(QColor(colours.ink))
        for number, line in enumerate(lines):
            place = QPoint(
                box.left() + _PICTURE + 3 * theme.GRID // 2,
                box.top() + theme.GRID // 2 + metrics.ascent() + number * metrics.height(),
            )
            painter.drawText(place, line)

    # -- selecting -------------------------------------------------------------------------------------------------

    def nearest(self, place: QPointF) -> int:
        """Return the point nearest to a position, or -1 if none is near."""
        if not len(self._places):
            return -1
        distance = np.hypot(self._places[:, 0] - place.x(), self._places[:, 1] - place.y())
        if self._strong is not None and self._strong.any():  # highlighted points are drawn on top
            distance = np.where(self._strong, distance, distance + _NEAR / 2)
        found = int(distance.argmin())
        return found if distance[found] <= _NEAR else -1

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Start a rubber band, or start to move the view."""
        assert event is not None
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = event.position()
        else:
            self._moved = event.position()

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Draw the rubber band, move the view, or mark the point under the mouse."""
        assert event is not None
        place = event.position()
        if self._moved is not None:
            self._centre = self._centre + self._plane(self._moved) - self._plane(place)
            self._moved = place
            self._redraw()
        elif self._pressed is not None:
            away = place - self._pressed
            if self._band is not None or abs(away.x()) + abs(away.y()) > _DRAG:
                self._band = QRectF(self._pressed, place).normalized()
                self.update()
        else:
            self._point(self.nearest(place))

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Select the clicked point, or the points in the rubber band."""
        assert event is not None
        band, pressed, self._band = self._band, self._pressed, None
        self._moved = self._pressed = None
        self.update()
        if band is not None:
            x, y = self._places[:, 0], self._places[:, 1]
            inside = (x >= band.left()) & (x <= band.right()) & (y >= band.top()) & (y <= band.bottom())
            self.banded.emit(np.flatnonzero(inside))
        elif pressed is not None:
            self.clicked.emit(self.nearest(event.position()))

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Show all points."""
        self.show_all()

    def wheelEvent(self, event: QWheelEvent | None) -> None:  # noqa: N802 - Qt's name
        """Zoom about the mouse position."""
        assert event is not None
        self.zoom(1.0015 ** event.angleDelta().y(), event.position())
        event.accept()

    def leaveEvent(self, event: QEvent | None) -> None:  # noqa: N802 - Qt's name
        """Remove the mark when the mouse leaves."""
        self._point(-1)

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        """Redraw in the new size."""
        self.show_all()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 - Qt's name
        """Move to the next point in a direction, select it, or zoom."""
        assert event is not None
        step = _STEPS.get(Qt.Key(event.key()))
        if step is not None and len(self._places):
            self._point(self._next(*step))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.clicked.emit(self._at)
        elif event.key() in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            self.zoom(0.8 if event.key() == Qt.Key.Key_Minus else 1.25)
        elif event.key() == Qt.Key.Key_0:
            self.show_all()
        else:
            super().keyPressEvent(event)

    def _next(self, right: int, down: int) -> int:
        """Return the nearest point in a direction; the central one if none is marked."""
        if self._at < 0:
            return int(np.hypot(*(self._places - [self.width() / 2, self.height() / 2]).T).argmin())
        away = self._places - self._places[self._at]
        along, aside = away @ [right, down], np.abs(away @ [down, right])
        ahead = (along > 0.5) & (aside <= along)
        return int(np.where(ahead, along + 2 * aside, np.inf).argmin()) if ahead.any() else self._at

    def _point(self, number: int) -> None:
        if number != self._at:
            self.point_at(number)
            self.pointed.emit(number)
