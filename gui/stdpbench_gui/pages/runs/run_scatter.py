"""Runs as points over two parameters or metrics."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QColor, QFontMetrics

from stdpbench.base.units import printed
from stdpbench.runs.catalog.run_axes import RunAxis
from stdpbench_gui.look import theme
from stdpbench_gui.look.plot_area import PlotArea
from stdpbench_gui.widgets.axes import SmallPlot

_SIZE, _MORE, _FRAME = 9, 13, 16
_FRAMES = ("s", "d")
"""Frames of the runs that have a word beside their names, as in the figure for a paper: one for each word."""
_LONGEST = 14  # letters of a category at the left axis


class RunScatter(PlotArea):
    """A point for each run that has both values; a ring marks selected ones, a frame those with a word at their names.

    Attributes
    ----------
    clicked : signal of (int, bool)
        A run was clicked, and whether others stay selected; -1: the background.
    opened : signal of int
        A run was double-clicked.
    """

    clicked = pyqtSignal(int, bool)
    opened = pyqtSignal(int)

    def __init__(self, words: Callable[[int], str]) -> None:
        super().__init__()
        self.setAccessibleName("Runs as points; their numbers are in the menu, and in the history above")
        self.ci.layout.setContentsMargins(2, 2, theme.GRID, 2)
        self.plot = SmallPlot("")
        self.plot.setMouseEnabled(x=True, y=True)
        self.addItem(self.plot)
        self._words = words
        self._axes: tuple[RunAxis, RunAxis] | None = None
        self._shown: NDArray[np.int64] = np.empty(0, np.int64)
        self._colours: Sequence[QColor] = ()
        self._strong: NDArray[np.bool_] | None = None
        self._marks: Sequence[int] = ()
        self._ranged: object = None
        self.points = pg.ScatterPlotItem(size=_SIZE, hoverable=True, tip=lambda x, y, data: self._words(int(data)))
        self.rings = pg.ScatterPlotItem(size=_MORE, brush=None)
        self.frames = pg.ScatterPlotItem(size=_FRAME, brush=None)
        for item in (self.rings, self.frames):
            item.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        for item in (self.points, self.rings, self.frames):
            self.plot.addItem(item)
        self.points.sigClicked.connect(self._on_points)
        self._hit = False
        self.scene().sigMouseClicked.connect(self._on_click)
        self.restyle()

    def restyle(self) -> None:
        """Apply the colours of the theme."""
        self.setBackground(theme.current().base)
        self.plot.restyle()
        self._draw()

    def show_runs(
        self, x: RunAxis | None, y: RunAxis | None, colours: Sequence[QColor], marks: Sequence[int] = ()
    ) -> None:
        """Show runs over two axes; None: none.

        `marks` says for each run which word stands beside its name: its number, or -1.
        """
        self._marks = marks
        self._axes = None if x is None or y is None else (x, y)
        self._colours, self._strong = colours, None  # other runs, of which others are selected
        if self._axes is None:
            self._shown = np.empty(0, np.int64)
            for item in (self.points, self.rings, self.frames):
                item.setData([])
            return
        known = np.isfinite(self._axes[0].values) & np.isfinite(self._axes[1].values)
        self._shown = np.flatnonzero(known)
        for side, axis in zip(("bottom", "left"), self._axes, strict=True):
            item = self.plot.getAxis(side)
            item.setTicks(_ticks(axis))
            if side == "left":
                metrics = QFontMetrics(theme.plot_font())
                names = [name[:_LONGEST] for name in axis.names] or ["0.0000"]
                item.setWidth(max(map(metrics.horizontalAdvance, names)) + metrics.height() + 14)
                item.setLabel(axis.label)
            else:
                self.plot.setLabel("bottom", axis.label)
        ranged = [(axis.path, axis.extent) for axis in self._axes]
        if ranged != self._ranged:  # else a part that is zoomed in stays
            self._ranged = ranged
            self.show_all()
        self._draw()

    def show_strong(self, strong: NDArray[np.bool_] | None) -> None:
        """Mark these runs; None: none."""
        self._strong = strong
        self._draw_rings()

    def show_all(self) -> None:
        """Show the full range."""
        for axis, set_range in zip(self._axes or (), (self.plot.setXRange, self.plot.setYRange), strict=False):
            low, high = axis.extent
            room = 0.06 * (high - low) or 0.5
            set_range(low - room, high + room, padding=0)

    def _draw(self) -> None:
        if self._axes is None:
            return
        shown, (x, y) = self._shown, self._axes
        brushes = {id(colour): pg.mkBrush(colour) for colour in self._colours}  # few, which are shared
        self.points.setData(
            x=x.scaled[shown],
            y=y.scaled[shown],
            data=shown,
            brush=[brushes[id(self._colours[run])] for run in shown.tolist()],
            pen=pg.mkPen(theme.current().base, width=0.5),
        )
        framed = [run for run in shown.tolist() if self._marks and self._marks[run] >= 0]
        self.frames.setPen(pg.mkPen(theme.current().ink, width=1))
        self.frames.setData(
            x=x.scaled[framed],
            y=y.scaled[framed],
            symbol=[_FRAMES[self._marks[run] % len(_FRAMES)] for run in framed],
        )
        self._draw_rings()

    def _draw_rings(self) -> None:
        """Mark the selected runs."""
        if self._axes is None:
            return
        marked = self._shown[np.zeros(len(self._shown), bool) if self._strong is None else self._strong[self._shown]]
        self.rings.setPen(pg.mkPen(theme.current().wrong, width=2))
        self.rings.setData(x=self._axes[0].scaled[marked], y=self._axes[1].scaled[marked])

    def _on_points(self, _: object, points: Sequence[Any], event: Any) -> None:
        if len(points):
            self._hit = True
            run = int(points[0].data())
            if event.double():
                self.opened.emit(run)
            else:
                self.clicked.emit(run, bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier))

    def _on_click(self, event: Any) -> None:
        """Select nothing on a click beside all points; a double click there shows all."""
        hit, self._hit = self._hit, False
        if not hit and self.plot.getViewBox().sceneBoundingRect().contains(event.scenePos()):
            if event.double():
                self.show_all()
            else:
                self.clicked.emit(-1, False)


def _ticks(axis: RunAxis) -> list[list[tuple[float, str]]] | None:
    """Return the ticks of categories and of logarithmic axes; None: those that the plot chooses."""
    if axis.names:
        texts = [name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…" for name in axis.names]
        return [list(zip(map(float, range(len(texts))), texts, strict=True))]
    if not axis.log:
        return None
    low, high = axis.extent
    steps = (1.0, 2.0, 5.0) if high - low < 2 else (1.0,)
    powers = range(math.floor(low) - 1, math.ceil(high) + 2)
    places = [math.log10(step) + power for power in powers for step in steps]
    return [[(place, printed(f"{10.0**place:.6g}")) for place in places]]
