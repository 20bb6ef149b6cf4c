"""Weights as a matrix of neurons by neurons: the visible window, at most at the resolution of the screen."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PyQt6.QtCore import QRectF

from stdpbench.base.units import minus, thousands
from stdpbench.runs.analysis.weight_views import MOST_BINS, MatrixBins, Order, WeightView
from stdpbench_gui.look import theme
from stdpbench_gui.panels.weights.levels import LevelBar
from stdpbench_gui.widgets.mosaic import MapImage
from stdpbench_gui.widgets.plot import Axis, PlotArea

_CLASS_TICKS = 24  # classes that are named at an axis at most


class MatrixPlot:
    """Draws a matrix into a view: a row per source neuron, a column per target neuron, in their orders.

    Attributes
    ----------
    left, bottom : AxisItem
        Axes of the sources and of the targets, to be placed beside the view.
    view : WeightView or None
        What is drawn; None: nothing.
    sources, targets : Order
        Orders of the neurons.
    bins : MatrixBins or None
        What the image consists of; None before it is drawn.
    """

    def __init__(self, box: pg.ViewBox, image: MapImage) -> None:
        self._box, self._image = box, image
        self.left, self.bottom = Axis("left"), Axis("bottom")
        for axis in (self.left, self.bottom):
            axis.linkToView(box)
        self._lines, self._selected = pg.PlotCurveItem(connect="pairs"), pg.PlotCurveItem(connect="pairs")
        for item in (self._lines, self._selected):
            box.addItem(item, ignoreBounds=True)
        self.view: WeightView | None = None
        self.sources = self.targets = Order(np.empty(0, np.int64), "number")
        self.bins: MatrixBins | None = None
        self._bins_of: object = None
        self._window = (0, 0, 0, 0)
        self.hide()

    def lay_out(self, graphics: PlotArea, levels: LevelBar) -> None:
        """Place the view, its axes and a colour bar in a plot area."""
        graphics.ci.layout.setContentsMargins(4, 4, 4, 4)
        graphics.addItem(self.left, row=0, col=0)
        graphics.addItem(self._box, row=0, col=1)
        graphics.addItem(self.bottom, row=1, col=1)
        graphics.addItem(levels, row=0, col=2, rowspan=2)

    def hide(self) -> None:
        """Draw nothing, and hide the axes."""
        self.view, self.bins, self._bins_of = None, None, None
        self._box.setAspectLocked(True)
        for axis in (self.left, self.bottom):
            axis.hide()
        for item in (self._lines, self._selected):
            item.setData([], [])

    def restyle(self) -> None:
        """Apply the colours and fonts of the theme."""
        colours = theme.current()
        for axis in (self.left, self.bottom):
            axis.restyle()
        self._lines.setPen(colours.pen("faint", 1))
        self._selected.setPen(colours.pen("wrong", 1))

    def show(self, view: WeightView, sources: Order, targets: Order, names: tuple[str, str]) -> None:
        """Set what is drawn.

        Parameters
        ----------
        view : WeightView
            The projection.
        sources, targets : Order
            Orders of rows and columns.
        names : tuple of str
            Texts of the axes of rows and of columns.
        """
        new = view is not self.view
        self.view, self.sources, self.targets, self._bins_of = view, sources, targets, None
        if new:
            self._box.setAspectLocked(False)
            self.left.show()
            self.bottom.show()
            self.show_all()
        self.left.setLabel(names[0])
        self.bottom.setLabel(names[1])
        ends: list[tuple[float, float]] = []
        for at, _ in sources.groups[1:]:
            ends += [(0, at), (view.n_target, at)]
        for at, _ in targets.groups[1:]:
            ends += [(at, 0), (at, view.n_source)]
        self._lines.setData(*np.array(ends or [(np.nan, np.nan)] * 2, float).T, connect="pairs")

    def name_classes(self, names: tuple[str, ...]) -> None:
        """Name the classes at both axes, where neurons are sorted by them; otherwise places are numbered."""
        for axis, order in ((self.left, self.sources), (self.bottom, self.targets)):
            if not order.groups or len(order.groups) > _CLASS_TICKS:
                axis.setTicks(None)
                continue
            starts = [at for at, _ in order.groups]
            middles = (np.array(starts) + np.array([*starts[1:], len(order.neurons)])) / 2
            texts = [names[label] if 0 <= label < len(names) else "–" for _, label in order.groups]
            axis.setTicks([list(zip(middles.tolist(), texts, strict=True))])

    def show_all(self) -> None:
        """Zoom out to the whole matrix."""
        if self.view is not None:
            x, y = (0, self.view.n_target), (0, self.view.n_source)
            self._box.setRange(xRange=x, yRange=y, padding=0.01, disableAutoRange=True)

    def draw(self, w: NDArray[np.floating[Any]], levels: tuple[float, float]) -> None:
        """Draw the visible window."""
        view = self.view
        if view is None:
            return
        (left, right), (top, bottom) = self._box.viewRange()
        c0, c1 = (int(np.clip(x, 0, view.n_target)) for x in (np.floor(left), np.ceil(right)))
        r0, r1 = (int(np.clip(y, 0, view.n_source)) for y in (np.floor(top), np.ceil(bottom)))
        if c1 <= c0 or r1 <= r0:
            self._image.clear()
            self.bins = None
            return
        across, down = self._box.viewPixelSize()
        most = tuple(int(np.clip(span / pixel, 1, MOST_BINS)) for span, pixel in ((r1 - r0, down), (c1 - c0, across)))
        wanted = (r0, r1, c0, c1), most
        if self.bins is None or wanted != self._bins_of:
            self.bins = view.bins(self.sources.neurons[r0:r1], self.targets.neurons[c0:c1], (most[0], most[1]))
            self._bins_of, self._window = wanted, (r0, r1, c0, c1)
        high, wide = self.bins.size
        rect = QRectF(c0, r0, self.bins.shape[1] * wide, self.bins.shape[0] * high)
        self._image.show_values(self.bins.mean(w), rect, levels)

    def mark(self, neuron: int) -> None:
        """Mark the column of a target neuron, and its row if it is a source as well; -1 for none."""
        ends: list[tuple[float, float]] = []
        view = self.view
        if view is not None and neuron >= 0:
            for at in np.flatnonzero(self.targets.neurons == neuron).tolist():
                ends += [(at, 0), (at, view.n_source), (at + 1, 0), (at + 1, view.n_source)]
            for at in np.flatnonzero(self.sources.neurons == neuron).tolist() if view.recurrent else ():
                ends += [(0, at), (view.n_target, at), (0, at + 1), (view.n_target, at + 1)]
        self._selected.setData(*np.array(ends or [(np.nan, np.nan)] * 2, float).T, connect="pairs")

    def pair_at(self, x: float, y: float) -> tuple[int, int]:
        """Return the source and the target at a point of the view; -1 where there is none."""
        row, column = int(np.floor(y)), int(np.floor(x))
        if self.view is None or not (0 <= row < self.view.n_source and 0 <= column < self.view.n_target):
            return -1, -1
        return int(self.sources.neurons[row]), int(self.targets.neurons[column])

    def describe(self, x: float, y: float, w: NDArray[np.floating[Any]], ends: tuple[str, str], what: str) -> str:
        """Describe the synapse at a point of the view; empty if nothing is drawn.

        Parameters
        ----------
        x, y : float
            The point.
        w : ndarray of float
            Values of the synapses.
        ends : tuple of str
            Names of the source and the target population.
        what : str
            What the values are.
        """
        if self.view is None:
            return ""
        source, target = self.pair_at(x, y)
        value = float(self.view.outgoing(w, source)[target])
        size = "no synapse" if np.isnan(value) else f"{what} {minus(f'{value:.4g}')}"
        return f"{ends[0]} neuron {source} → {ends[1]} neuron {target}: {size}"

    def neighbour(self, neuron: int, by: int) -> int:
        """Return the target some columns further; the first one if none is given."""
        if self.view is None:
            return -1
        places = np.flatnonzero(self.targets.neurons == neuron)
        place = int(places[0]) + by if len(places) else 0
        return int(self.targets.neurons[int(np.clip(place, 0, self.view.n_target - 1))])

    def about(self) -> str:
        """Describe what a pixel shows, a clause; empty before it is drawn."""
        if self.bins is None:
            return ""
        high, wide = self.bins.size
        text = "each pixel is one pair of neurons"
        if high > 1 or wide > 1:
            text = f"each pixel is the mean of the synapses among {thousands(high)} × {thousands(wide)} neurons"
        if self.bins.every > 1:
            text += f", of a sample of 1 in {self.bins.every} synapses"
        return text

    def window(self) -> str:
        """Describe the visible window, a clause with a leading semicolon; empty if it is the whole matrix."""
        r0, r1, c0, c1 = self._window
        if self.view is None or (r1 - r0, c1 - c0) == (self.view.n_source, self.view.n_target):
            return ""
        return f"; rows {r0} to {r1 - 1} and columns {c0} to {c1 - 1} in these orders"

    def image(self) -> NDArray[np.float32] | None:
        """Return the drawn image; None if nothing is drawn."""
        return self._image.values if self.view is not None else None
