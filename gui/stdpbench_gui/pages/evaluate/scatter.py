"""Pictures as points in a plane: hover shows a picture, a click or a rubber band selects."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PyQt6.QtCore import QPointF, QRectF, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QImage

from stdpbench_gui.look import theme
from stdpbench_gui.widgets.mosaic import STEPS, MapGraphics
from stdpbench_gui.widgets.pictures import html_of

_NEAR = 12.0  # pixels
_MANY, _FEW = 4000, 400  # points that are small, and highlighted ones that are large
_FADED = 0.18  # opacity
_PICTURE = 56  # pixels


class _View(pg.ViewBox):  # type: ignore[misc]
    """A view in which the left button draws a rubber band, and the others move."""

    banded = pyqtSignal(QRectF)

    def __init__(self) -> None:
        super().__init__(lockAspect=True, enableMenu=False)
        self.setMouseMode(self.RectMode)

    def showAxRect(self, ax: QRectF, **_: Any) -> None:  # noqa: N802 - pyqtgraph's name
        """Select what is in the rubber band."""
        self.banded.emit(ax.normalized())

    def mouseDragEvent(self, ev: Any, axis: int | None = None) -> None:  # noqa: N802 - pyqtgraph's name
        """Draw the rubber band, or move."""
        if ev.button() == Qt.MouseButton.LeftButton:
            super().mouseDragEvent(ev, axis)
            return
        ev.accept()
        self.translateBy(self.mapToView(ev.lastPos()) - self.mapToView(ev.pos()))


class Scatter(MapGraphics):
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
    points : ndarray, float64, (n, 2)
        The points.
    groups : ndarray, int64, (n,)
        Group of each point.
    strong : ndarray, bool, (n,), or None
        Highlighted points; the others are faded. None: no highlighting.
    at : int
        The marked point; -1: none.
    """

    clicked = pyqtSignal(int)
    banded = pyqtSignal(object)
    pointed = pyqtSignal(int)

    def __init__(self, picture_of: Callable[[int], tuple[QImage, list[str]]]) -> None:
        super().__init__(self._on_key)
        self.setAccessibleName("Pictures as points; use the arrow keys to move between points, Enter to select")
        self.setMinimumSize(160, 120)
        self.picture_of = picture_of
        self.points: NDArray[np.float64] = np.empty((0, 2))
        self.groups: NDArray[np.int64] = np.empty(0, np.int64)
        self.strong: NDArray[np.bool_] | None = None
        self.at = -1
        self._looks: Mapping[int, tuple[QColor, str]] = {}
        self.view = _View()
        self.addItem(self.view)
        self._items: list[pg.ScatterPlotItem] = []
        self._names: list[pg.TextItem] = []
        self._ring = pg.ScatterPlotItem(size=14, brush=None)
        self._tip = pg.TextItem()
        for item in (self._ring, self._tip):
            item.setZValue(10)
            self.view.addItem(item, ignoreBounds=True)
        self.view.banded.connect(self._on_band)
        self.view.sigResized.connect(lambda *_: self.show_all())
        self.view.sigRangeChanged.connect(lambda *_: self._show_names())
        self.scene().sigMouseMoved.connect(lambda place: self._point(self.nearest(place)))
        self.scene().sigMouseClicked.connect(self._on_click)

    # -- drawing ---------------------------------------------------------------------------------------------------

    def show_points(self, points: NDArray[np.float64]) -> None:
        """Show new points, all of them in view."""
        self.points = points
        self.point_at(-1)
        self.show_all()

    def show_looks(
        self,
        groups: NDArray[np.int64],
        looks: Mapping[int, tuple[QColor, str]],
        names: Sequence[tuple[float, float, str]],
    ) -> None:
        """Set the group of each point, colour and symbol of each group, and texts with their positions."""
        self.groups, self._looks, colours = groups, looks, theme.current()
        self.setBackground(colours.base)
        for name in self._names:
            self.view.removeItem(name)
        ground = QColor(colours.base)
        ground.setAlpha(215)
        self._names = [
            pg.TextItem(text, colours.ink, anchor=(0.5, 0.5), border=colours.line, fill=ground) for _, _, text in names
        ]
        font = self.font()
        font.setBold(True)
        for name, (x, y, _) in zip(self._names, names, strict=True):
            name.setFont(font)
            name.setPos(x, y)
            name.setZValue(5)
            self.view.addItem(name, ignoreBounds=True)
        self._draw()

    def show_strong(self, strong: NDArray[np.bool_] | None) -> None:
        """Highlight points; None: none."""
        self.strong = strong
        self._draw()

    def _draw(self) -> None:
        for item in self._items:
            self.view.removeItem(item)
        self._items.clear()
        if len(self.groups) != len(self.points):
            return
        strong = np.ones(len(self.points), bool) if self.strong is None else self.strong
        size = (5 if len(self.points) > _MANY else 7) + 2 * (self.strong is not None and int(strong.sum()) < _FEW)
        for opacity, kept in ((_FADED, ~strong), (1.0, strong)):
            for group in np.unique(self.groups[kept]).tolist():
                colour, symbol = self._looks[group]
                x, y = self.points[kept & (self.groups == group)].T
                item = pg.ScatterPlotItem(x, y, size=size, pen=None, brush=pg.mkBrush(colour), symbol=symbol)
                item.setOpacity(opacity)
                self.view.addItem(item)
                self._items.append(item)
        self._show_names()

    def _show_names(self) -> None:
        """Show names that do not overlap; none beside a selection, which they might hide."""
        taken: list[QRectF] = []
        for name in self._names:
            place = name.mapRectToScene(name.boundingRect())
            name.setVisible(self.strong is None and not any(place.intersects(other) for other in taken))
            taken += [place] if name.isVisible() else []

    def point_at(self, number: int) -> None:
        """Mark a point, and show its picture; -1: none."""
        self.at = number
        self._tip.setVisible(number >= 0)
        self._ring.setData([], []) if number < 0 else self._mark(number)

    def _mark(self, number: int) -> None:
        colours, (x, y) = theme.current(), self.points[number]
        self._ring.setData([x], [y], pen=pg.mkPen(colours.ink, width=2))
        picture, lines = self.picture_of(number)
        words = f'<span style="color: {colours.ink}">{"<br>".join(lines)}</span>'
        self._tip.setHtml(f"<table><tr><td>{html_of(picture, _PICTURE)}</td><td>{words}</td></tr></table>")
        self._tip.fill, self._tip.border = pg.mkBrush(colours.window), pg.mkPen(colours.line)
        (left, right), (bottom, top) = self.view.viewRange()
        down = (top - y) / (top - bottom)  # beside the point, as far down as it, which keeps the picture in the view
        self._tip.setAnchor((-0.06 if x < (left + right) / 2 else 1.06, min(max(down, 0.0), 1.0)))
        self._tip.setPos(x, y)

    def show_all(self) -> None:
        """Zoom out to show all points."""
        if len(self.points):
            (left, bottom), (right, top) = self.points.min(axis=0), self.points.max(axis=0)
            self.view.setRange(xRange=(left, right), yRange=(bottom, top), padding=0.06)

    # -- selecting -------------------------------------------------------------------------------------------------

    def _away(self, place: QPointF) -> NDArray[np.float64]:
        """Return the distances of all points from a point of the view, to the right and down, in pixels."""
        return np.asarray((self.points - [place.x(), place.y()]) / self.view.viewPixelSize() * np.array([1, -1]))

    def nearest(self, place: QPointF) -> int:
        """Return the point nearest to a position in the scene, or -1 if none is near."""
        if not len(self.points) or not self.view.sceneBoundingRect().contains(place):
            return -1
        distance = np.hypot(*self._away(self.view.mapSceneToView(place)).T)
        if self.strong is not None and self.strong.any():  # highlighted points are drawn on top
            distance = np.where(self.strong, distance, distance + _NEAR / 2)
        found = int(distance.argmin())
        return found if distance[found] <= _NEAR else -1

    def _on_band(self, band: QRectF) -> None:
        x, y = self.points.T
        inside = (x >= band.left()) & (x <= band.right()) & (y >= band.top()) & (y <= band.bottom())
        self.banded.emit(np.flatnonzero(inside))

    def _on_click(self, event: Any) -> None:
        if event.double():
            self.show_all()
        elif event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit(self.nearest(event.scenePos()))

    def _on_key(self, key: int) -> bool:
        """Move to the next point in a direction, select it, or zoom."""
        if key in STEPS and len(self.points):
            self._point(self._next(*STEPS[Qt.Key(key)]))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.clicked.emit(self.at)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            self.view.scaleBy([1.25 if key == Qt.Key.Key_Minus else 0.8] * 2)
        elif key == Qt.Key.Key_0:
            self.show_all()
        else:
            return False
        return True

    def _next(self, right: int, down: int) -> int:
        """Return the nearest point in a direction; the central one if none is marked."""
        if self.at < 0:
            return int(np.hypot(*self._away(self.view.viewRect().center()).T).argmin())
        away = self._away(QPointF(*self.points[self.at]))
        along, aside = away @ [right, down], np.abs(away @ [down, right])
        ahead = (along > 0.5) & (aside <= along)
        return int(np.where(ahead, along + 2 * aside, np.inf).argmin()) if ahead.any() else self.at

    def _point(self, number: int) -> None:
        if number != self.at:
            self.point_at(number)
            self.pointed.emit(number)
