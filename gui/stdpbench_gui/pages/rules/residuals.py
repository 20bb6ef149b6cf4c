"""The residuals of a fit: a table of its points, and beside it a plot that follows the row and the mouse."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PyQt6.QtCore import QSignalBlocker, pyqtSignal
from PyQt6.QtWidgets import QWidget

from stdpbench.base.units import signed
from stdpbench_gui.look import theme
from stdpbench_gui.widgets.basic import named
from stdpbench_gui.widgets.layouts import split, vbox
from stdpbench_gui.widgets.plot import StillPlot
from stdpbench_gui.widgets.tables import add_row, table_of

_COLUMNS = (
    ("point", "Protocol of the point, and its data set"),
    ("data", "Measured change ± its standard error"),
    ("model", "Change by the fitted rule"),
    ("residual", "(model − data)/error"),
)


class ResidualPlot(StillPlot):
    """Residuals as stems, in the order of the table, with one error on both sides of 0 shaded.

    Attributes
    ----------
    pointed : signal of int
        The mouse is at a point.
    residuals : ndarray, float64, (n,)
        What is drawn, as soon as there is a fit; the plot is hidden before.
    at : int
        The point that is marked; -1: none.
    """

    pointed = pyqtSignal(int)
    residuals: NDArray[np.float64]
    at = -1

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumWidth(180)
        self.setLabel("left", "(model − data)/error")
        self.setLabel("bottom", "points, as in the table")
        self.getPlotItem().getAxis("bottom").setTicks([[]])
        self.scene().sigMouseMoved.connect(self._on_mouse)

    def restyle(self) -> None:
        """Draw everything in the colours of the theme."""
        super().restyle()
        item, colours, n = self.getPlotItem(), theme.current(), len(self.residuals)
        item.clear()
        usual = pg.LinearRegionItem(
            (-1, 1), "horizontal", theme.faded(colours.faint, 0.15), pg.mkPen(None), movable=False
        )
        item.addItem(usual, ignoreBounds=True)
        x, y = np.repeat(np.arange(n), 2), np.column_stack([np.zeros(n), self.residuals]).ravel()
        item.addItem(pg.PlotCurveItem(x, y, pen=colours.pen("exc"), connect="pairs"))
        chosen = np.arange(n) == self.at
        sizes, brushes = np.where(chosen, 13, 8), [pg.mkBrush(colours.inh if one else colours.exc) for one in chosen]
        item.addItem(pg.ScatterPlotItem(np.arange(n), self.residuals, size=sizes, brush=brushes, pen=None))
        most = 1.1 * max(2.0, float(np.abs(self.residuals).max()))
        item.setRange(xRange=(-0.5, n - 0.5), yRange=(-most, most), padding=0)

    def _on_mouse(self, position: object) -> None:
        view = self.getPlotItem().getViewBox()
        at = round(view.mapSceneToView(position).x())
        if view.sceneBoundingRect().contains(position) and 0 <= at < len(self.residuals):
            self.pointed.emit(at)


class Residuals(QWidget):
    """Table and plot of the residuals; both mark the same point."""

    def __init__(self) -> None:
        super().__init__()
        self.table = table_of("Points of the fit", _COLUMNS, (2, 1))
        self.plot = named(ResidualPlot(), "Residuals: the table beside them has their values")
        self.table.setMinimumWidth(self.fontMetrics().horizontalAdvance("n") * 60)
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
        self.plot.residuals = np.array([residual for *_, residual in points])
        self._mark()

    def _mark(self) -> None:
        self.plot.at = self.table.indexOfTopLevelItem(self.table.currentItem())
        self.plot.restyle()
