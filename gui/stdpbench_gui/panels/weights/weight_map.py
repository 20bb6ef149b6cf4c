"""The weight map: receptive fields of the neurons of a population in a grid, now or earlier, or differences."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PyQt6.QtCore import QPointF, Qt
from PyQt6.QtGui import QAction, QPainter
from PyQt6.QtWidgets import QComboBox

from stdpbench.runs.analysis.fields import by_label, by_similarity, tile
from stdpbench.units import thousands
from stdpbench_gui.look import colour_maps, theme
from stdpbench_gui.panels.base import Panel, Table
from stdpbench_gui.panels.weights.history_bar import DifferenceBar, HistoryBar
from stdpbench_gui.panels.weights.levels import LevelBar
from stdpbench_gui.panels.weights.map_marks import MapMarks
from stdpbench_gui.panels.weights.projection_chooser import ProjectionChooser
from stdpbench_gui.panels.weights.sources_menu import SourcesMenu
from stdpbench_gui.panels.weights.weight_sources import WeightSources
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.widgets import panel_figures
from stdpbench_gui.widgets.basic import menu_action, not_none
from stdpbench_gui.widgets.layouts import vbox
from stdpbench_gui.widgets.mosaic import MapGraphics, Mosaic

__all__ = ["WeightMap", "tile"]

_NUMBER, _LABEL, _THETA, _SIMILARITY = range(4)
_ORDERS = ("by number", "by label", "by theta", "by similarity")
_MOST_SIMILAR = 2500  # neurons; time and memory of the linkage grow with their square
_WEIGHTS = "weights that learn and connect all neurons, so no fields are shown."
_NONE = f"No projection of this network has {_WEIGHTS}"
_STEPS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


class WeightMap(Panel):
    """Panel with the weights of a projection to each neuron of its target, as an image in the shape of the source."""

    key = "weight-map"
    title = "Weight map"
    topics = frozenset({"network", "metrics", "state", "log"})
    frames = frozenset({"network"})
    help_text = (
        "Each square is the receptive field of one neuron: its weights from all input pixels, or from all neurons of "
        "the population that the projection on display begins at, dark for strong. STDP turns weights from pixels "
        "into a prototype of the pictures that make the neuron fire. Click a neuron, or use the arrow keys, to select "
        "it in all panels; drag to move, use the wheel to zoom; the slider shows earlier checkpoints. ✕ marks neurons "
        "that never fired, = duplicates, whose weights correlate with those of another neuron by more than 0.95. "
        "Differences are blue where weights decreased, orange where they increased. (Diehl &amp; Cook 2015, figure "
        "2A, doi:10.3389/fncom.2015.00099)"
    )
    empty_text = "Receptive fields appear here once the network is ready: start a run, or open one."

    def __init__(self, session: RunSession) -> None:
        super().__init__(session)
        self.sources = WeightSources(session, self)
        self.mosaic = Mosaic()
        self.marks = MapMarks(session, self.mosaic, self)
        self.levels = LevelBar()
        self.graphics = MapGraphics(self._key_pressed)
        self.graphics.ci.layout.setContentsMargins(4, 4, 4, 4)
        self.graphics.addItem(self.mosaic.view)
        self.graphics.addItem(self.levels)
        self.order = QComboBox()
        self.order.addItems(_ORDERS)
        self.order.setToolTip("Order of the receptive fields")
        self.order.setAccessibleName("Order of receptive fields")
        self.title_extra.addWidget(self.order)
        self.projection = ProjectionChooser(session.selection)
        self.title_extra.addWidget(self.projection)
        self.history, self.difference = HistoryBar(self.sources), DifferenceBar(self.sources)
        vbox((self.graphics, 1), self.difference, self.history, within=self.body, spacing=0)
        self._fitted: tuple[object, ...] | None = None
        self._add_actions()
        self._on_shown()
        self.restyle()
        scene = not_none(self.graphics.scene())
        scene.sigMouseClicked.connect(self._clicked)
        scene.sigMouseMoved.connect(self._hovered)
        self.order.currentIndexChanged.connect(self._reorder)
        self.sources.changed.connect(self._on_sources)
        session.selection.shown_changed.connect(self._on_shown)
        session.selection.choice_changed.connect(self.projection.follow)
        self.marks.changed.connect(self._on_marks)
        self.mosaic.view.sigRangeChanged.connect(lambda *_: self.mark_dirty())
        self.levels.levels_changed.connect(self.mosaic.image.set_levels)

    def _add_actions(self) -> None:
        self.menu.addMenu(SourcesMenu(self.sources, self))
        for text, toggle, on in (
            ("Mark neurons that never fired", self.marks.set_show_dead, True),
            ("Mark duplicates", self.marks.set_show_alike, False),
            ("Colour bar and histogram", self.levels.setVisible, True),
        ):
            action = QAction(text, self)
            action.setCheckable(True)
            action.setChecked(on)
            action.toggled.connect(toggle)
            self.menu.addAction(action)
        self.menu.addSeparator()
        menu_action(self.menu, "Fit levels", self.fit_levels)
        menu_action(self.menu, "More contrast", lambda: self.levels.scale(0.8))
        menu_action(self.menu, "Less contrast", lambda: self.levels.scale(1.25))
        menu_action(self.menu, "Whole map (Home)", self.mosaic.show_all)

    def reset(self) -> None:
        """Discard the previous run."""
        self.sources.reset()
        self.marks.reset()
        self.history.refresh()
        self.mosaic.order = np.empty(0, np.int64)
        self._fitted = None
        self._allow_orders()

    def restyle(self) -> None:
        """Apply the colours of the theme."""
        self.graphics.setBackground(theme.current().base)
        self._colour()
        self.marks.restyle()
        self.mark_dirty()

    def has_content(self) -> bool:
        """Return whether weights have arrived."""
        if self.sources.look():
            self.history.refresh()
        return self.session.live.started is not None and self.sources.shown() is not None

    # -- drawing ---------------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Draw the visible part of the map."""
        shown = self.sources.shown()
        assert shown is not None
        if self.mosaic.arrange(shown.w.shape[1], self.session.selection.field_shape):
            self._allow_orders()
            self._reorder()
        self.history.refresh()
        self.difference.refresh()
        self.marks.look(shown)
        values = self._values()
        reference = self.sources.reference
        state = (reference and reference.name, bool(values.any()))
        # fit levels on first display, for new content, or if a difference exceeds its colours; otherwise keep them
        outgrown = self.sources.follows is not None and float(np.abs(values).max()) > 2 * self.levels.levels[1]
        if state != self._fitted or outgrown:
            self._fitted = state
            self._colour()
            self.levels.fit(values)
        self.levels.count(values)
        # smooth when scaled down, sharp squares when scaled up
        self.graphics.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self.mosaic.coarse)
        self.mosaic.draw(values, self.levels.levels)

    def _values(self) -> NDArray[np.float32]:
        shown, reference = self.sources.shown(), self.sources.reference
        assert shown is not None
        if reference is None or reference.w.shape != shown.w.shape:
            return shown.w
        return np.asarray(shown.w - reference.w, np.float32)

    def _colour(self) -> None:
        different = self.sources.reference is not None
        found = colour_maps.diverging() if different else colour_maps.sequential()
        self.mosaic.image.set_colours(found)
        self.levels.centred = different
        self.levels.restyle(found)
        self.levels.setLabel("left", "weight difference" if different else "weight")

    def fit_levels(self) -> None:
        """Fit the levels to the current values."""
        self._fitted = None
        self.mark_dirty()

    # -- sources ---------------------------------------------------------------------------------------------------

    def compare_with_parent(self, path: Path) -> None:
        """Show the difference to the parent of this branch, updated while both runs continue."""
        self.sources.compare_with_parent(path)

    def _on_sources(self) -> None:
        if self.order.currentIndex() == _THETA:
            self._reorder()
        self.mark_dirty()

    def _on_shown(self) -> None:
        """Show the projection on display."""
        self.projection.follow()
        self.graphics.setAccessibleName(f"Receptive fields of {self.session.selection.population} neurons")
        self.marks.reset()
        self.mosaic.order = np.empty(0, np.int64)
        self._fitted = None
        self._allow_orders()
        self.sources.show_projection()

    # -- orders ----------------------------------------------------------------------------------------------------

    def _on_marks(self) -> None:
        self._allow_orders()
        if self.order.currentIndex() == _LABEL:
            self._reorder()
        self.marks.draw()
        self.mark_dirty()

    def _allow_orders(self) -> None:
        """Enable the available orders; the choice is kept and applied once possible."""
        n, model = len(self.mosaic.order), self.order.model()
        assert model is not None
        for row, allowed, why in (
            (_LABEL, len(self.marks.labels) > 0, "Neurons are labelled in the label phase"),
            (_SIMILARITY, n <= _MOST_SIMILAR, f"Available for up to {thousands(_MOST_SIMILAR)} neurons"),
        ):
            item = model.item(row)  # type: ignore[attr-defined]
            item.setEnabled(allowed)
            item.setToolTip("" if allowed else why)

    def _reorder(self) -> None:
        shown, order = self.sources.shown(), self.order.currentIndex()
        if shown is None or not len(self.mosaic.order):
            return
        n, folder, labels = shown.w.shape[1], self.session.folder, self.marks.labels

        def take(found: NDArray[np.int64]) -> None:
            if self.session.folder is folder and self.order.currentIndex() == _SIMILARITY:
                self._take_order(found)

        if order == _SIMILARITY and n <= _MOST_SIMILAR:
            self.session.work(lambda: by_similarity(shown.w), take, "Cannot sort the neurons", owner=self)
        elif order == _LABEL and len(labels) == n:
            self._take_order(by_label(labels, shown.theta))
        elif order == _THETA:
            self._take_order(np.argsort(-shown.theta, kind="stable"))
        else:
            self._take_order(np.arange(n))

    def _take_order(self, order: NDArray[np.int64]) -> None:
        if len(order) == len(self.mosaic.order):
            self.mosaic.order = order
            self.marks.by_class = self.order.currentIndex() == _LABEL
            self.marks.draw()
            self.mark_dirty()

    # -- pointing --------------------------------------------------------------------------------------------------

    def _neuron_at(self, position: QPointF) -> int:
        view = self.mosaic.view
        if not view.sceneBoundingRect().contains(position):
            return -1
        point = view.mapSceneToView(position)
        return self.mosaic.neuron_at(point.x(), point.y())

    def _clicked(self, event: pg.GraphicsScene.mouseEvents.MouseClickEvent) -> None:
        neuron = self._neuron_at(event.scenePos())
        if event.button() == Qt.MouseButton.LeftButton and neuron >= 0:
            self.session.selection.select_neuron(neuron)
            event.accept()

    def _hovered(self, position: QPointF) -> None:
        neuron = self._neuron_at(position)
        self.graphics.setToolTip(self.marks.describe(neuron) if neuron >= 0 else "")

    def _key_pressed(self, key: int) -> bool:
        if key == Qt.Key.Key_Home:
            self.mosaic.show_all()
        elif key in _STEPS:
            selection = self.session.selection
            selection.select_neuron(self.mosaic.neighbour(selection.neuron, *_STEPS[Qt.Key(key)]))
        else:
            return False
        return True

    def nothing(self) -> str:
        """Return the text of the empty panel: what will appear, or why nothing will."""
        selection = self.session.selection
        if selection.only_neurons:
            return f"No projection to {selection.population} has {_WEIGHTS}"
        return _NONE if selection.graph is not None and not selection.projection else self.empty_text

    # -- summary and export ---------------------------------------------------------------------------------------

    def summary(self) -> str:
        """Describe what is shown."""
        shown, reference = self.sources.shown(), self.sources.reference
        if shown is None or self.session.live.started is None:
            return self.nothing()
        values = self._values()
        at = f" at {thousands(reference.position)}" if reference and reference.of_run else ""
        what = f"Difference to {reference.name}{at} of the" if reference else "The"
        most = (
            f"weights differ by {float(np.abs(values).max()):.2g}" if reference else f"weights 0 to {values.max():.2f}"
        )
        neurons = f"{thousands(shown.w.shape[1])} {self.session.selection.population} neurons"
        return (
            f"{what} receptive fields of {neurons} at presentation {thousands(shown.position)}, "
            f"{self.order.currentText()}; {most}{' at most' if reference else ''}; "
            f"{self.marks.summary()}."
        )

    def table(self) -> Table | None:
        """Return class, theta and largest weight of each neuron."""
        shown = self.sources.shown()
        if shown is None:
            return None
        n, labels, compared = shown.w.shape[1], self.marks.labels, self.sources.reference is not None
        columns = [
            range(n),
            labels.tolist() if len(labels) == n else [""] * n,
            [value if np.isfinite(value) else "" for value in (shown.theta * 1e3).round(3).tolist()],
            shown.w.max(axis=0).round(4).tolist(),
            *([np.abs(self._values()).max(axis=0).round(6).tolist()] if compared else []),
        ]
        names = ["neuron", "label", "theta (mV)", "largest weight", *(["largest difference"] if compared else [])]
        return names, list(zip(*columns, strict=True))

    def figure(self) -> dict[str, Any] | None:
        """Return the fields as shown, with their time, reference, order and levels."""
        started, shown, reference = self.session.live.started, self.sources.shown(), self.sources.reference
        if started is None or shown is None or len(self.mosaic.order) != shown.w.shape[1]:
            return None
        population, what = self.session.selection.population, "Differences" if reference else "Receptive fields"
        when = self.sources.difference() or f"after {shown.position} presentations"
        return {
            "kind": "image",
            "image": panel_figures.mosaic(self._values()[:, self.mosaic.order], self.session.selection.field_shape),
            "label": "weight difference" if reference else "weight",
            "map": "diverging" if reference else "sequential",
            "levels": self.levels.levels,
            "title": f"{what} of {shown.w.shape[1]} {population} neurons",
            "n": f"one run, {when}, neurons {self.order.currentText()}",
        }
