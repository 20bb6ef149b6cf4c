"""The embedding: responses as points, coloured by class, cluster or correctness."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from importlib.util import find_spec
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PyQt6.QtCore import QPointF, QRectF, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QImage

from stdpbench.base.units import thousands
from stdpbench.results.figures.paper import Table
from stdpbench.results.readout.embedding import Embedding
from stdpbench.studies.report.views import Numbers
from stdpbench_gui.look import theme
from stdpbench_gui.pages.evaluate.box import Box
from stdpbench_gui.pages.evaluate.state import CLUSTER, COLOURS, VERDICT, EvaluationState
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.widgets.basic import Label, NarrowBox, choice, not_none, note, push_button
from stdpbench_gui.widgets.layouts import hbox, vbox
from stdpbench_gui.widgets.mosaic import STEPS, MapGraphics
from stdpbench_gui.widgets.pictures import html_of, ink
from stdpbench_gui.widgets.progress_bar import ProgressBar

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
        else:
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
        ground = theme.faded(colours.base, 0.84)
        self._names = [
            pg.TextItem(text, colours.ink, anchor=(0.5, 0.5), border=colours.line, fill=ground) for _, _, text in names
        ]
        font = theme.font_of(self, bold=True)
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


_WORDS = {"pca": "PCA", "t-sne": "t-SNE", "umap": "UMAP"}
_MOST_NAMES = 60
_MOST_LEGEND = 12


class EmbeddingBox(Box):
    """Each evaluated picture at the position of its response.

    Attributes
    ----------
    plane_wanted : signal of str
        Request for an embedding with this method.
    given_up : signal
        Request to cancel the embedding being computed.
    """

    title = "Embedding"
    topics = frozenset({"look", "plane", "colour", "clusters", "readout", "chosen"})
    help_text = (
        "Each point is an evaluated stimulus; those with similar responses are close to each other. PCA shows the "
        "two directions of largest variance. t-SNE keeps neighbours together, but its distances and sizes have no "
        "meaning. Trustworthiness, 0 to 1, measures how many neighbours in the plane are true neighbours. Hover over "
        "a point to see it. Click to select the group of that colour, drag to select several; the wheel "
        "zooms, the right button moves the view, and a double-click shows all. Esc clears the selection. When "
        "coloured by correctness, ● is right and ✕ is wrong. Embeddings are for exploration, not for measurement. "
        "(t-SNE: van der Maaten &amp; Hinton 2008, J. Mach. Learn. Res. 9:2579; trustworthiness: Venna &amp; Kaski "
        "2001, doi:10.1007/3-540-44668-0_68)"
    )
    lines = 17
    empty_text = "Each stimulus appears here as a point, placed by the network's response."

    plane_wanted = pyqtSignal(str)
    given_up = pyqtSignal()

    def __init__(self, state: EvaluationState, session: RunSession) -> None:
        super().__init__(state, session)
        methods = [(_WORDS[name], name) for name in ("pca", "t-sne", *(["umap"] if find_spec("umap") else []))]
        self.method: NarrowBox = choice(
            methods,
            "Embedding",
            tip="Method of the embedding; t-SNE takes a minute or two for 10 000 stimuli",
            chosen=lambda _: self.plane_wanted.emit(self.method.currentData()),
        )
        self.colour = choice(
            [f"by {name}" for name in COLOURS],
            "Colour of points",
            chosen=lambda place: state.set_colour(COLOURS[place]),
        )
        self.title_extra.addWidget(self.method)
        self.title_extra.addWidget(self.colour)
        self.scatter = Scatter(self._picture)
        self.note = note("About the embedding", rich=True)
        self.under_way = Label()
        self.bar = ProgressBar("Progress of the embedding")
        self.cancel = push_button("Cancel", clicked=self.given_up, name="Cancel the embedding")
        busy = hbox(margins=(theme.GRID, 2), spacing=theme.GRID)
        for widget in (self.under_way, self.bar, self.cancel):
            busy.addWidget(widget, 1 if widget is self.bar else 0)
            widget.hide()
        vbox((self.scatter, 1), busy, self.note, within=self.body, spacing=0)
        self.scatter.pointed.connect(state.point_at)
        self.scatter.banded.connect(state.choose_pictures)
        self.scatter.clicked.connect(self._on_click)
        state.pointed.connect(self._on_pointed)

    def has_content(self) -> bool:
        """Return whether there is an embedding of the run."""
        return self.state.look is not None and self.state.plane is not None

    @property
    def plane(self) -> Embedding:
        """The embedding; only while there is one."""
        return not_none(self.state.plane)

    def refresh(self, topics: set[str]) -> None:
        """Draw the changes."""
        state, look, plane = self.state, self.look, self.plane
        self.colour.setCurrentIndex(COLOURS.index(state.colour))
        if "plane" in topics:
            self.scatter.show_points(plane.points)
            self.method.setCurrentIndex(max(0, self.method.findData(plane.method)))
        if topics & {"plane", "colour", "clusters", "readout"}:
            groups = self._groups()
            self.scatter.show_looks(groups, self._looks(groups), self._names(groups))
        strong = None
        if state.chosen:
            strong = np.zeros(look.n_images, bool)
            strong[state.pictures] = True
        self.scatter.show_strong(strong)
        self.note.setText(self._about() + self._legend())

    def restyle(self) -> None:
        """Apply the colours of the theme."""
        self._on_changed({"colour"})

    def show_progress(self, words: str, done: int = 0, total: int = 0) -> None:
        """Show the progress of a new embedding; empty `words`: none is being computed."""
        for widget in (self.under_way, self.bar, self.cancel):
            widget.setVisible(bool(words))
        self.under_way.setText(words)
        self.bar.show_part(done, total)
        if not words and self.state.plane is not None:
            self.method.setCurrentIndex(max(0, self.method.findData(self.state.plane.method)))

    # -- colours ---------------------------------------------------------------------------------------------------

    def _groups(self) -> Numbers:
        """Return the group that colours each point."""
        look, clustering = self.look, self.state.clustering
        if self.state.colour == VERDICT:
            return look.right(self.state.readout).astype(np.int64)
        if self.state.colour == CLUSTER:
            return clustering.members if clustering is not None else np.full(look.n_images, -1)
        return look.labels

    def _looks(self, groups: Numbers) -> dict[int, tuple[QColor, str]]:
        """Return colour and symbol of each group."""
        colours = theme.current()
        if self.state.colour == VERDICT:
            return {0: (QColor(colours.wrong), "x"), 1: (QColor(colours.right), "o")}
        return {number: (theme.class_colour(number), "o") for number in np.unique(groups).tolist()}

    def _names(self, groups: Numbers) -> list[tuple[float, float, str]]:
        """Return a name at the centre of each group: ten colours alone are hard to distinguish."""
        look, plane = self.look, self.plane
        found = np.unique(groups[groups >= 0])
        if self.state.colour == VERDICT or len(found) > _MOST_NAMES:
            return []
        names = []
        for number in found.tolist():
            x, y = np.median(plane.points[groups == number], axis=0)
            names.append((float(x), float(y), str(number) if self.state.colour == CLUSTER else look.named(number)))
        return names

    def _group_name(self, number: int) -> str:
        look = self.look
        if self.state.colour == VERDICT:
            return ("wrong", "right")[number]
        if self.state.colour == CLUSTER:
            return f"cluster {number}" if number >= 0 else "in no cluster"
        return look.named(number)

    def _picture(self, number: int) -> tuple[QImage, list[str]]:
        look = self.look
        head, *rest = look.describe_picture(number, self.state.readout, self.state.clustering).split(", ")
        return ink(look.pixels[number]), [part.capitalize() for part in head.split(": ")] + rest

    # -- choosing --------------------------------------------------------------------------------------------------

    def _on_click(self, number: int) -> None:
        if number < 0:
            self.state.clear()
        else:
            self.state.choose_like(number)

    def _on_pointed(self, number: int) -> None:
        self.scatter.point_at(number)
        look = self.state.look
        text = "" if look is None or number < 0 else look.describe_picture(number, "vote", self.state.clustering)
        self.scatter.setAccessibleDescription(text)

    # -- summary and export ---------------------------------------------------------------------------------------

    def _about(self) -> str:
        look, plane = self.look, self.plane
        text = f"{_WORDS.get(plane.method, plane.method)} of {thousands(look.n_images)} responses"
        if not np.isnan(plane.trustworthiness):
            text += f" · trustworthiness {plane.trustworthiness:.2f}"
            text += " (first 2000)" if look.n_images > 2000 else ""
        if self.state.colour == VERDICT:
            return f"{text} · ● right  ✕ wrong, by {self.state.readout}"
        if self.state.colour == CLUSTER and self.state.clustering is None:
            return f"{text} · clustering …"
        return f"{text} · coloured by {'cluster' if self.state.colour == CLUSTER else 'class'}"

    def _legend(self) -> str:
        groups = np.unique(self._groups())
        if self.state.colour == VERDICT or len(groups) > _MOST_LEGEND:
            return ""
        marks = [
            f'<span style="color: {theme.class_colour(number).name()}">■</span>&nbsp;'
            f"{escape(self._group_name(number).removeprefix('cluster '))}"
            for number in groups.tolist()
        ]
        return f"<br>{' &nbsp;'.join(marks)}"

    def summary(self) -> str:
        """Describe what is shown."""
        return f"{self._about()}. {self.state.describe()}."

    def table(self) -> Table | None:
        """Return one row per picture."""
        look, plane, clustering = self.look, self.plane, self.state.clustering
        answers = look.answers[self.state.readout]
        members = clustering.members if clustering is not None else np.full(look.n_images, -1)
        rows = [
            (n, round(x, 5), round(y, 5), look.named(label), look.named(answer), member)
            for n, ((x, y), label, answer, member) in enumerate(
                zip(plane.points.tolist(), look.labels.tolist(), answers.tolist(), members.tolist(), strict=True)
            )
        ]
        return (look.noun, "x", "y", "true class", f"answer of {self.state.readout}", "cluster"), rows

    def figure(self) -> dict[str, Any] | None:
        """Return the points, one group per colour."""
        plane, groups, shown = self.plane, self._groups(), []
        for number in np.unique(groups).tolist():
            x, y = plane.points[groups == number].T
            shown.append({"x": x, "y": y, "label": self._group_name(number)})
        trust = plane.trustworthiness
        text = "" if np.isnan(trust) else f", trustworthiness {trust:.2f}"
        return {
            "kind": "points",
            "groups": shown,
            "title": f"{_WORDS.get(plane.method, plane.method)} of responses{text}",
        }
