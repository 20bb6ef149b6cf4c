"""What a plot of curves draws: lines of one quantity, with the range that is sensible for it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QPen

from stdpbench.results.figures.paper import Table
from stdpbench.runs.protocol.live_run import LiveRun
from stdpbench_gui.look import run_lines, theme

Values = NDArray[np.float64]
SOLID = Qt.PenStyle.SolidLine
DASHES = ((SOLID, "━━"), (Qt.PenStyle.DashLine, "╍╍"), (Qt.PenStyle.DotLine, "┅┅"), (Qt.PenStyle.DashDotLine, "╍┅"))
"""Line styles that tell curves of a run apart, with marks that look like them."""
OWN = -1
"""In place of the line style of another run: the current run."""
THIS_RUN = "this run"


@dataclass(frozen=True)
class Line:
    """A curve.

    Attributes
    ----------
    name : str
        Name in the legend.
    x, y : ndarray, float64, (n,)
        Points without gaps.
    colour : str
        Colour.
    mark : str
        A text that looks like the line, or like its points.
    pen : QPen or None
        Pen; None: points only.
    symbol : str or None
        Symbol of each point, as pyqtgraph names it.
    run : int
        Line style of the run that it is of (`stdpbench_gui.look.run_lines`), or `OWN`.
    smooths : bool
        Whether smoothing applies to it.
    """

    name: str
    x: Values
    y: Values
    colour: str
    mark: str = DASHES[0][1]
    pen: QPen | None = None
    symbol: str | None = None
    run: int = OWN
    smooths: bool = True

    @property
    def own(self) -> bool:
        """Whether it is of the current run."""
        return self.run == OWN


@dataclass(frozen=True)
class Measure:
    """A quantity over training, of the current run and of others.

    Attributes
    ----------
    lines : list of Line
        Curves: any number of the current run, or one of each of several runs.
    span : float
        Smallest range of the axis.
    from_zero : bool
        Whether the axis starts at 0.
    powers : bool
        Whether values are decadic logarithms, whose axis has powers of ten.
    most : float or None
        Largest number at the axis.
    level : float or None
        Value of a dotted line, for comparison.
    which : str
        Which of several values of each run the curves show, if there are several runs.
    note : str
        What else a reader of the plot has to know.
    coming : str
        From when on there are values, as far as it is known: said while there are none.
    shares : ndarray, float64, (n_times, n_bins), or None
        A histogram of each point in time, over the axis from 0 to 1, to be drawn behind the lines.
    """

    lines: list[Line] = field(default_factory=list)
    span: float = 1.0
    from_zero: bool = False
    powers: bool = False
    most: float | None = None
    level: float | None = None
    which: str = ""
    note: str = ""
    coming: str = ""
    shares: Values | None = None


@dataclass(frozen=True)
class Other:
    """Another run that is drawn.

    Attributes
    ----------
    name : str
        The part of its name that tells it apart.
    full : str
        Its title and its name.
    live : LiveRun
        Its known state.
    slot : int
        Line style (`stdpbench_gui.look.run_lines`).
    """

    name: str
    full: str
    live: LiveRun
    slot: int


class Source(ABC):
    """The quantities of a kind of run."""

    usual: tuple[str, ...]
    """Those that are shown by default, the best first."""
    x_labels: tuple[str, ...] = ("training presentations", "presentations")
    """Labels of the time axis, the longest first."""
    others: Sequence[Other]
    """Other runs that have these quantities."""
    scale: float = 1.0
    """Units of the time axis per presentation."""

    @abstractmethod
    def titles(self) -> Mapping[str, str]:
        """Return the titles, with units, of all quantities that this run has."""

    @abstractmethod
    def measure(self, name: str) -> Measure:
        """Return the curves of a quantity."""


def moving_mean(y: Values, n: int) -> Values:
    """Return the mean of each value and the n - 1 before it, of fewer at the start."""
    if n < 2 or len(y) < 2:
        return y
    sums = np.concatenate([[0.0], np.cumsum(y)])
    ends = np.arange(1, len(y) + 1)
    starts = np.maximum(ends - n, 0)
    return np.asarray((sums[ends] - sums[starts]) / (ends - starts))


def finite(x: NDArray[Any], y: NDArray[Any]) -> tuple[Values, Values]:
    """Return the points whose value is known."""
    known = np.isfinite(y)
    return np.asarray(x, np.float64)[known], np.asarray(y, np.float64)[known]


def table_of_columns(columns: Mapping[str, NDArray[Any]]) -> Table:
    """Return columns as a table, with empty cells for what is not known."""
    rows = zip(*columns.values(), strict=True)
    return list(columns), [["" if np.isnan(value) else float(value) for value in row] for row in rows]


def of_other(other: Other, x: Values, y: Values, *, smooths: bool = True) -> Line:
    """Return the line of another run."""
    colour, mark, pen = run_lines.colour(other.slot), run_lines.mark(other.slot), run_lines.pen(other.slot)
    return Line(other.name, x, y, colour, mark, pen, run=other.slot, smooths=smooths)


def together(own: list[Line], others: list[Line]) -> list[Line]:
    """Return the curves of a quantity: all of the current run or, with others, the first one as that of a run."""
    others = [line for line in others if len(line.x)]
    if not others or not own:
        return own or others
    colour, dots = theme.current().exc, own[0].pen is None
    style = {"mark": own[0].mark, "pen": None} if dots else {"mark": DASHES[0][1], "pen": pg.mkPen(colour, width=2)}
    return [replace(own[0], name=THIS_RUN, colour=colour, **style), *others]
