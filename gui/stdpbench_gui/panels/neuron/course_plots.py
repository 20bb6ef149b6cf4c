"""Time courses of one neuron in one presentation: membrane potential against threshold, and conductances."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PyQt6.QtCore import Qt

from stdpbench.runs.analysis.slow_motion import Courses
from stdpbench_gui.look import theme
from stdpbench_gui.widgets.axes import SmallPlot, stepped

_PADDING = 0.04  # of the range, below and above the curves
_TITLE_ROOM, _MOST_ROOM = 0.3, 0.6  # least and largest share of room for the title: of the range, and of the height
_MARGIN = 2  # below the title, pixels


def coloured(text: str, colour: str) -> str:
    """Return a coloured part of a title."""
    return f'<span style="color: {colour}">{text}</span>'


class CoursePlot(SmallPlot):
    """Plot of time courses in ms, optionally up to a cursor.

    Parameters
    ----------
    title : str
        Quantity with its unit.
    names : mapping of str to str
        Theme role of the colour of each curve, by name.
    dashed : tuple of str
        Names of dashed curves.
    """

    def __init__(self, title: str, names: Mapping[str, str], dashed: tuple[str, ...] = ()) -> None:
        super().__init__(title)
        self._title = title
        self._roles: dict[str, str] = {}
        self._dashed: tuple[str, ...] = ()
        self._lines: dict[str, pg.PlotDataItem] = {}
        self._courses: dict[str, NDArray[np.float64]] = {}
        self._times: NDArray[np.float64] = np.empty(0)
        self._range: tuple[float, float] | None = None
        self.note = ""
        self.cursor = pg.InfiniteLine(angle=90, movable=False)
        self.cursor.hide()
        self.addItem(self.cursor, ignoreBounds=True)
        self.disableAutoRange()
        self.getViewBox().sigResized.connect(lambda *_: self._set_range())
        self.set_names(names, dashed)

    def set_names(self, names: Mapping[str, str], dashed: tuple[str, ...] = ()) -> None:
        """Set the curves, as in the constructor."""
        if dict(names) != self._roles or dashed != self._dashed:
            for line in self._lines.values():
                self.removeItem(line)
            self._roles, self._dashed = dict(names), dashed
            self._lines = {name: self.plot([], []) for name in names}
            self.restyle()

    def restyle(self) -> None:
        """Apply the colours of the theme."""
        super().restyle()
        colours = theme.current()
        for name, role in self._roles.items():
            style = Qt.PenStyle.DashLine if name in self._dashed else Qt.PenStyle.SolidLine
            self._lines[name].setPen(pg.mkPen(getattr(colours, role), width=1.5, style=style))
        self.cursor.setPen(pg.mkPen(colours.ink, width=1))
        self._name()

    def _name(self) -> None:
        colours = theme.current()
        parts = [
            coloured(f"{'┅' if name in self._dashed else '━'} {name}", getattr(colours, role))
            for name, role in self._roles.items()
        ]
        self.set_title(" ".join([self._title, *(parts if len(parts) > 1 else []), self.note]).strip())

    def show_courses(self, times: NDArray[np.float64], courses: Mapping[str, NDArray[np.float64]], note: str) -> None:
        """Show courses by name; missing ones are empty. `note` is appended to the title."""
        self._times, self._courses, self.note = times, dict(courses), note
        values = [course for course in courses.values() if len(course)]
        self.getAxis("left").setStyle(showValues=bool(values))
        if values:
            low, high = min(float(c.min()) for c in values), max(float(c.max()) for c in values)
            self._range = stepped(low, high, self._range)
            self._set_range()
        if len(times):
            self.setXRange(0.0, float(times[-1]), padding=0.01)
        self._name()
        self.show_until(len(times))

    def _set_range(self) -> None:
        """Leave room for the title above the highest curve, however low the plot is."""
        if self._range is not None:
            low, high = self._range
            title = min(_MOST_ROOM, (self.title_bottom() + _MARGIN) / max(self.getViewBox().height(), 1.0))
            whole = max(1 + _TITLE_ROOM, 1 / (1 + _PADDING - title * (1 + 2 * _PADDING)))
            self.setYRange(low, low + whole * (high - low), padding=_PADDING)

    def show_until(self, n: int) -> None:
        """Draw the first `n` steps."""
        for name, line in self._lines.items():
            course = self._courses.get(name)
            if course is None:
                line.setData([], [])
            else:
                line.setData(self._times[:n], course[:n])

    def rename(self, title: str) -> None:
        """Give the plot another title, shown with the next courses."""
        self._title = title

    def forget(self) -> None:
        """Reset for another run or neuron."""
        self._range = None
        self.show_courses(np.empty(0), {}, "")


def potential_plot() -> CoursePlot:
    """Return a plot of v and its threshold."""
    return CoursePlot("mV", {"potential": "exc", "threshold": "wrong"}, ("threshold",))


def conductance_plot() -> CoursePlot:
    """Return a plot of ge and gi."""
    return CoursePlot("g / leak", {"excitation": "exc", "inhibition": "inh"}, ("inhibition",))


def name_units(courses: Courses | None, potential: CoursePlot, conductance: CoursePlot | None = None) -> None:
    """Name plots by what courses are in: mV and units of the leak, or neither without units or courses."""
    has_units = courses is not None and bool(courses.unit)
    potential.rename("mV" if has_units else "potential")
    if conductance is not None:
        conductance.rename("g / leak" if has_units else "input")


def of_potential(courses: Courses | None) -> dict[str, NDArray[np.float64]]:
    """Return the curves of `potential_plot`."""
    return {} if courses is None else {"potential": courses.v, "threshold": courses.threshold}


def of_conductance(courses: Courses | None) -> dict[str, NDArray[np.float64]]:
    """Return the curves of `conductance_plot`."""
    return {} if courses is None else {"excitation": courses.ge, "inhibition": courses.gi}
