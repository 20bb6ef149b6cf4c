"""Marks on the weight map: the selected neuron, neurons that never fired, duplicates, and classes."""

from __future__ import annotations

import time

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PyQt6.QtCore import QObject, Qt, pyqtSignal
from PyQt6.QtGui import QColor

from stdpbench.runs.analysis.fields import NOT_COUNTED, duplicates
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench_gui.look import theme
from stdpbench_gui.panels.weights.weight_sources import Weights
from stdpbench_gui.session.neuron_notes import NeuronNotes
from stdpbench_gui.session.observed import Observed
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.widgets.basic import plain_tip
from stdpbench_gui.widgets.mosaic import Mosaic

_GAP = 2.0  # minimum interval between searches for duplicates, s
_ENOUGH = 3
"""Presentations per neuron from which on one that never fired is marked; with as many, chance leaves 5 % silent."""
_CROSS = 0.06, 0.28
"""Where a cross begins and ends, from the upper left corner, as shares of a field, which stays readable."""
_NONE: NDArray[np.bool_] = np.empty(0, bool)


class MapMarks(QObject):
    """Marks drawn over the receptive fields.

    Attributes
    ----------
    winner : PlotDataItem
        Frame around the neuron that fired most in the presentation on display.
    labels : ndarray, int64, (n_exc,)
        Classes of the neurons, -1 for none; empty before the end of the label phase.
    dead, alike : ndarray, bool, (n_exc,)
        Neurons that never fired, and duplicates; empty if not known.
    """

    changed = pyqtSignal()

    def __init__(self, session: RunSession, mosaic: Mosaic, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._mosaic = session, mosaic
        self.show_dead, self.show_alike, self.by_class = True, False, False
        self._selected, self.winner = pg.PlotDataItem(), pg.PlotDataItem()
        self._winner, self._observed = -1, Observed.of(session)
        self._observed.winner_shown.connect(self.draw_winner)
        self._crosses = pg.PlotCurveItem(connect="pairs")
        self._bars = pg.PlotCurveItem(connect="pairs")
        self._chips: list[pg.TextItem] = []
        self._notes = NeuronNotes.of(session)
        self._notes.changed.connect(self.draw_stars)
        self._stars = pg.ScatterPlotItem(symbol="star", size=11)
        self._stars.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        for item in (self._crosses, self._bars, self.winner, self._selected, self._stars):
            mosaic.view.addItem(item, ignoreBounds=True)
        session.selection.neuron_changed.connect(self.draw_selected)
        self.reset()

    def reset(self) -> None:
        """Discard the previous run."""
        self.labels: NDArray[np.int64] = np.empty(0, np.int64)
        self.dead, self.alike = _NONE, _NONE
        self._winner = -1
        self._counted = self._shown_none = self._shown_enough = False
        self._theta: NDArray[np.float64] = np.empty(0)
        self._asked, self._looked, self._looked_at = False, 0.0, -2
        self.draw()

    def restyle(self) -> None:
        """Apply the colours of the theme."""
        colours = theme.current()
        self._selected.setPen(colours.pen("wrong", 3))
        self._crosses.setPen(pg.mkPen(colours.wrong, width=2))
        self._bars.setPen(pg.mkPen(colours.accent, width=1))
        self._stars.setPen(pg.mkPen(colours.base, width=1))
        self._stars.setBrush(pg.mkBrush(colours.accent))
        self.draw()

    def set_show_dead(self, on: bool) -> None:
        """Set whether neurons that never fired are marked."""
        self.show_dead = on
        self.changed.emit()

    def set_show_alike(self, on: bool) -> None:
        """Set whether duplicates are marked."""
        self.show_alike = on
        self._looked_at = -2
        self.changed.emit()

    # -- finding neurons -------------------------------------------------------------------------------------------

    def look(self, shown: Weights) -> None:
        """Find the neurons to mark."""
        self._theta = shown.theta
        before, self._counted, self._shown_none = self.dead, shown.total_spikes is not None, shown.position == 0
        enough, self._shown_enough = self._shown_enough, self._has_shown_enough(shown)
        # nothing to mark before the first picture
        self.dead = _NONE if shown.total_spikes is None or self._shown_none else shown.total_spikes == 0
        if self.show_alike and shown.w.ndim == 2:
            self._look_for_duplicates(shown)
        read = self._session.selection.is_read  # the population that has labels
        if read and self._session.live.labelled is not None and not self._asked and self._session.folder is not None:
            self._asked = True
            folder = self._session.folder
            self._session.work(
                lambda: (folder, folder.read_arrays("assignments.npz", "labels")[0]), self._take_labels, owner=self
            )
        if not np.array_equal(before, self.dead) or enough != self._shown_enough:
            self.draw()

    def _has_shown_enough(self, shown: Weights) -> bool:
        """Return whether a neuron that never fired is more than one whose turn has not come yet."""
        live = self._session.live
        if live.pieces or shown.position < 0 or shown.total_spikes is None:
            return True
        n_train = dict(live.started.phases).get("train", 0) if live.started is not None else 0
        return shown.position >= min(_ENOUGH * len(shown.total_spikes), n_train)

    def _look_for_duplicates(self, shown: Weights) -> None:
        now = time.monotonic()
        if shown.position == self._looked_at or now < self._looked + _GAP:
            return
        self._looked, self._looked_at = float("inf"), shown.position
        folder, projection = self._session.folder, shown.projection

        def take(found: NDArray[np.bool_]) -> None:
            self._looked = time.monotonic()
            if self._session.folder is folder and projection == self._session.selection.projection:
                self.alike = found
                self.draw()

        def fail(_: str) -> None:
            self._looked = time.monotonic()

        self._session.work(lambda: duplicates(shown.w), take, "Cannot search for duplicates", failed=fail, owner=self)

    def _take_labels(self, found: tuple[RunFolder, NDArray[np.int64]]) -> None:
        if self._session.folder is found[0] and self._session.selection.is_read:
            self.labels = found[1]
            self.changed.emit()

    # -- drawing ---------------------------------------------------------------------------------------------------

    def draw(self) -> None:
        """Redraw all marks."""
        self.draw_selected()
        self._frame(self.winner, self._winner)
        self.draw_stars()
        height, width = self._mosaic.shape
        crosses: list[tuple[float, float]] = []
        bars: list[tuple[float, float]] = []
        n, order = self._mosaic.n, self._mosaic.order
        marks_dead = self.show_dead and self._shown_enough and len(self.dead) == n
        dead = self.dead if marks_dead else np.zeros(n, bool)
        alike = self.alike if self.show_alike and len(self.alike) == n else np.zeros(n, bool)
        marked = (dead | alike)[order] & (order >= 0) if n else np.zeros(0, bool)
        for place in np.flatnonzero(marked).tolist():
            left, top = self._mosaic.corner(place)
            neuron = order[place]
            if dead[neuron]:
                (x0, x1), (y0, y1) = (
                    [at + share * size for share in _CROSS] for at, size in ((left, width), (top, height))
                )
                crosses += [(x0, y0), (x1, y1), (x1, y0), (x0, y1)]
            elif alike[neuron]:
                for down in (0.08, 0.2):
                    y = top + down * height
                    bars += [(left + 0.72 * width, y), (left + 0.96 * width, y)]
        for item, points in ((self._crosses, crosses), (self._bars, bars)):
            item.setData(*np.array(points or [(np.nan, np.nan)] * 2, float).T, connect="pairs")
        self._draw_classes()

    def draw_stars(self) -> None:
        """Draw the stars of neurons at the upper right corner of their fields."""
        places = np.flatnonzero(np.isin(self._mosaic.order, self._notes.starred)).tolist() if self._mosaic.n else []
        corners = [self._mosaic.corner(place) for place in places]
        height, width = self._mosaic.shape
        self._stars.setData(
            x=[left + 0.85 * width for left, _ in corners], y=[top + 0.15 * height for _, top in corners]
        )

    def draw_selected(self, _: int = -1) -> None:
        """Frame the selected neuron."""
        self._frame(self._selected, self._session.selection.neuron)

    def draw_winner(self, neuron: int) -> None:
        """Frame the neuron that fired most in the presentation on display, in the colour of its class."""
        self._winner = neuron if self._session.selection.is_read else -1
        assignment = self._observed.assignment()
        label = -1 if assignment is None or self._winner < 0 else int(assignment.labels[self._winner])
        self.winner.setPen(pg.mkPen(theme.class_colour(label) if label >= 0 else theme.current().accent, width=4))
        self._frame(self.winner, self._winner)

    def _frame(self, item: pg.PlotDataItem, neuron: int) -> None:
        places = np.flatnonzero(self._mosaic.order == neuron)
        if neuron < 0 or not len(places):
            item.setData([], [])
            return
        left, top = self._mosaic.corner(int(places[0]))
        right, bottom = left + self._mosaic.shape[1], top + self._mosaic.shape[0]
        item.setData([left, right, right, left, left], [top, top, bottom, bottom, top])

    def _draw_classes(self) -> None:
        """Name each class at its first neuron, if neurons are sorted by class."""
        for chip in self._chips:
            self._mosaic.view.removeItem(chip)
        self._chips.clear()
        started, order = self._session.live.started, self._mosaic.order
        if not self.by_class or started is None or len(self.labels) != len(order) or not len(order):
            return
        sorted_labels, small = self.labels[order], theme.plot_font()
        small.setPointSizeF(0.75 * small.pointSizeF())
        for place in np.flatnonzero(np.diff(sorted_labels, prepend=sorted_labels[0] - 1)).tolist():
            label = int(sorted_labels[place])
            colour = theme.class_colour(label)
            name = started.class_names[label] if 0 <= label < len(started.class_names) else "–"
            chip = pg.TextItem(name, QColor("white"), anchor=(0, 0), fill=colour)
            chip.setPos(*self._mosaic.corner(place))
            chip.setZValue(5)
            chip.setFont(small)
            chip.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
            self._mosaic.view.addItem(chip, ignoreBounds=True)
            self._chips.append(chip)

    # -- descriptions ----------------------------------------------------------------------------------------------

    def describe(self, neuron: int) -> str:
        """Describe a neuron."""
        parts = [f"Neuron {neuron}"]
        started = self._session.live.started
        if neuron < len(self.labels) and started is not None:
            label = int(self.labels[neuron])
            parts.append(f"class {started.class_names[label]}" if label >= 0 else "no class")
        if neuron < len(self._theta) and np.isfinite(self._theta[neuron]):
            parts.append(self._session.selection.theta_text(float(self._theta[neuron])))
        if neuron < len(self.dead) and self.dead[neuron]:
            parts.append("never fired" if self._shown_enough else "has not fired yet")
        if self.show_alike and neuron < len(self.alike) and self.alike[neuron]:
            parts.append("duplicate")
        note = self._notes.note(neuron)
        parts += ["★"] if note.starred else []
        parts += [note.text] if note.text else []
        return plain_tip(" · ".join(parts))

    def summary(self) -> str:
        """Describe the marked neurons."""
        n_dead = int(self.dead.sum())
        text = (
            f"{n_dead} never fired"
            if self._shown_enough
            else f"{n_dead} {'has' if n_dead == 1 else 'have'} not fired yet"
        )
        if self._shown_none:
            text = "nothing shown yet"
        elif not self._session.selection.is_read:
            text = f"neurons that never fired are counted for {self._session.selection.read} only"
        elif not self._counted:
            text = NOT_COUNTED
        n = int(self.alike.sum())
        return f"{text}, {n} duplicate{'' if n == 1 else 's'}" if self.show_alike and len(self.alike) else text
