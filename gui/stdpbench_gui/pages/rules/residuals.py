"""The residuals of a fit: a table of its points, and beside it a plot that follows the row and the mouse."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from PyQt6.QtCore import QSignalBlocker, pyqtSignal
from PyQt6.QtWidgets import QWidget

from stdpbench.base.units import signed
from stdpbench_gui.look import theme
from stdpbench_gui.widgets.basic import named, not_none
from stdpbench_gui.widgets.layouts import split, vbox
from stdpbench_gui.widgets.plot import StillPlot
from stdpbench_gui.widgets.tables import add_row, table_of

_COLUMNS = (
    ("point", "Protocol of the point, and its data set"),
    ("data", "Measured change ± its standard error"),
    ("model", "Change by the fitted rule"),
    ("residual", "(model − data)/error"),
)

_WIDTH = 60
"""Letters for which the table has room."""


class ResidualPlot(StillPlot):
    """Residuals as stems, in the order of the table, with one error on both sides of 0 shaded.

    Attributes
    ----------
    pointed : signal of int
        The mouse is at a point.
    """

    pointed = pyqtSignal(int)

    def __init__(self) -> None:
        super().__init__()
        self._residuals, self._at = np.zeros(0), -1
        self.setMinimumWidth(180)
        self.setLabel("left", "(model − data)/error")
        self.setLabel("bottom", "points, as in the table")
        self.getPlotItem().getAxis("bottom").setTicks([[]])
        self.scene().sigMouseMoved.connect(self._on_mouse)

    def show_residuals(self, residuals: Sequence[float], at: int) -> None:
        """Draw residuals, one of them marked."""
        self._residuals, self._at = np.array(residuals), at
        self.restyle()

    def restyle(self) -> None:
        """Draw everything in the colours of the theme."""
        super().restyle()
        item, colours, n = self.getPlotItem(), theme.current(), len(self._residuals)
        item.clear()
        if not n:
            return
        usual = pg.LinearRegionItem(
            (-1, 1), "horizontal", theme.faded(colours.faint, 0.15), pg.mkPen(None), movable=False
        )
        item.addItem(usual, ignoreBounds=True)
        x, y = np.repeat(np.arange(n), 2), np.column_stack([np.zeros(n), self._residuals]).ravel()
        item.addItem(pg.PlotCurveItem(x, y, pen=colours.pen("exc"), connect="pairs"))
        item.addItem(pg.InfiniteLine(0, 0, pg.mkPen(colours.faint)))
        chosen = np.arange(n) == self._at
        sizes, brushes = np.where(chosen, 13, 8), [pg.mkBrush(colours.inh if one else colours.exc) for one in chosen]
        item.addItem(pg.ScatterPlotItem(np.arange(n), self._residuals, size=sizes, brush=brushes, pen=None))
        most = 1.1 * max(2.0, float(np.abs(self._residuals).max()))
        item.setRange(xRange=(-0.5, n - 0.5), yRange=(-most, most), padding=0)

    def _on_mouse(self, position: object) -> None:
        view = self.getPlotItem().getViewBox()
        at = round(view.mapSceneToView(position).x())
        if view.sceneBoundingRect().contains(position) and 0 <= at < len(self._residuals):
            self.pointed.emit(at)


class Residuals(QWidget):
    """Table and plot of the residuals; both mark the same point."""

    def __init__(self) -> None:
        super().__init__()
        self.table = table_of("Points of the fit", _COLUMNS, (2, 1))
        self.plot = named(ResidualPlot(), "Residuals: the table beside them has their values")
        self._residuals: list[float] = []
        self.table.setMinimumWidth(self.fontMetrics().horizontalAdvance("n") * _WIDTH)
        vbox(split((self.table, 3), (self.plot, 2)), within=self)
        self.table.currentItemChanged.connect(lambda *_: self._mark())
        self.plot.pointed.connect(lambda at: self.table.setCurrentItem(self.table.topLevelItem(at)))

    def show_points(self, points: Sequence[Sequence[Any]]) -> None:
        """Show the points of a fit: data set, protocol, change, error, change of the model, residual."""
        with QSignalBlocker(self.table):
            self.table.clear()
        for data, name, change, error, model, residual in points:
            texts = name, f"{signed(change, '.3g')} ± {error:.2g}", signed(model, ".3g"), signed(residual, ".2f")
            add_row(self.table, texts, f"{data}: {name}")
        self._residuals = [residual for *_, residual in points]
        self._mark()

    def _mark(self) -> None:
        item = self.table.currentItem()
        at = -1 if item is None else self.table.indexOfTopLevelItem(not_none(item))
        self.plot.show_residuals(self._residuals, at)
