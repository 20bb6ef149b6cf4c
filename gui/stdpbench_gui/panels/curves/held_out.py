"""The plot of measures on held-out pictures, and the menu that chooses them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pyqtgraph as pg
from PyQt6.QtGui import QAction, QPen
from PyQt6.QtWidgets import QMenu, QWidget

from stdpbench.runs.analysis.held_out_series import PERCENT, USUAL, percentages
from stdpbench.runs.protocol.live_run import LiveRun
from stdpbench_gui.look import theme
from stdpbench_gui.widgets.axes import SmallPlot, stepped

_MARKS = (("o", "●"), ("s", "■"), ("t1", "▲"), ("d", "◆"), ("t", "▼"), ("star", "★"), ("p", "⬟"), ("h", "⬢"))
_ROLES = ("exc", "wrong", "right", "input", "ink", "inh")


class HeldOutPlot(SmallPlot):
    """Measures over training, in per cent, each with its own symbol and colour.

    Parameters
    ----------
    parent : QWidget
        Parent of `menu`.
    changed : callable
        Called when the choice changes.
    """

    def __init__(self, parent: QWidget, changed: Callable[[], None]) -> None:
        super().__init__("held-out pictures (%)")
        self.menu = QMenu("Measures on held-out pictures", parent)
        self.lines: dict[str, pg.PlotDataItem] = {}
        self.others: list[pg.PlotDataItem] = []
        self._changed = changed
        self._actions: dict[str, QAction] = {}
        self._range: tuple[float, float] | None = None
        for name, title in PERCENT.items():
            action = QAction(title[0].upper() + title[1:], self.menu)
            action.setCheckable(True)
            action.setChecked(name in USUAL)
            action.toggled.connect(lambda _: self._on_chosen())
            self.menu.addAction(action)
            self._actions[name] = action

    @property
    def chosen(self) -> list[str]:
        """The drawn measures."""
        return [name for name, action in self._actions.items() if action.isChecked()]

    def choose(self, name: str, on: bool = True) -> None:
        """Show or hide a measure."""
        self._actions[name].setChecked(on)

    def restyle(self) -> None:
        """Apply the colours of the theme."""
        super().restyle()
        for name, line in self.lines.items():
            colour = self._colour(name)
            line.setPen(pg.mkPen(colour, width=1.5))
            line.setSymbolBrush(colour)
            line.setSymbolPen(None)

    def draw(self, live: LiveRun, others: Sequence[tuple[LiveRun, QPen]] = ()) -> None:
        """Draw all measurements so far; for other runs, only the first chosen measure, in their own colours."""
        series = percentages(live)
        for name in [name for name in self.lines if name not in self.chosen]:
            self.removeItem(self.lines.pop(name))
        for name in self.chosen:
            if name not in self.lines:
                self.lines[name] = self.plot([], [], symbol=_MARKS[self._place(name) % len(_MARKS)][0], symbolSize=5)
                self.restyle()
            self.lines[name].setData(*series.get(name, ([], [])))
        for item in self.others:
            self.removeItem(item)
        self.others.clear()
        values = [series[name][1] for name in self.chosen if name in series and len(series[name][1])]
        for other, pen in others:
            points = percentages(other).get(self.chosen[0])
            if points is not None and len(points[1]):
                self.others.append(self.plot(*points, pen=pen))
                values.append(points[1])
        if values:
            low, high = min(float(y.min()) for y in values), max(float(y.max()) for y in values)
            wanted = stepped(low, high + 0.25 * max(high - low, 1.0), self._range)  # with room for the title
            if wanted != self._range:
                self._range = wanted
                self.setYRange(*wanted, padding=0.02)

    def forget(self) -> None:
        """Reset for another run."""
        self._range = None
        for line in self.lines.values():
            line.setData([], [])

    def entries(self) -> list[tuple[str, str, str]]:
        """Return colour, symbol and name of the drawn measures, for a legend."""
        names = [PERCENT[name].removesuffix(" (%)") for name in self.chosen]
        return [
            (self._colour(name), _MARKS[self._place(name) % len(_MARKS)][1], text if number else f"held out: {text}")
            for number, (name, text) in enumerate(zip(self.chosen, names, strict=True))
        ]

    def _place(self, name: str) -> int:
        return list(PERCENT).index(name)

    def _colour(self, name: str) -> str:
        return str(getattr(theme.current(), _ROLES[self._place(name) % len(_ROLES)]))

    def _on_chosen(self) -> None:
        self._range = None
        self._changed()
