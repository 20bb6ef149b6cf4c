"""A large plot of one quantity, with a chooser above it and its legend inside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import pyqtgraph as pg
from PyQt6.QtCore import QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QFontMetrics, QPen
from PyQt6.QtWidgets import QMenu, QSizePolicy, QToolButton, QWidget

from stdpbench.base.units import thousands
from stdpbench_gui.look import colour_maps, theme
from stdpbench_gui.panels.curves.measure import Line, Measure, moving_mean
from stdpbench_gui.widgets.axes import SmallPlot, double_clicked, stepped
from stdpbench_gui.widgets.basic import Elided, menu_action, named, plain_tip
from stdpbench_gui.widgets.layouts import hbox, vbox
from stdpbench_gui.widgets.legend import Legend
from stdpbench_gui.widgets.plot import PlotArea

Mark = tuple[int, Sequence[str]]
"""Position of changes of a run, and what changed."""
_FAINT = 0.31  # opacity of the curve behind its moving mean
_BOLD = 2  # factor of the width of a curve that is drawn bold
_RELATIVE_SPAN = 0.02  # smallest range of an axis, as a share of its values


class CurvePlot(QWidget):
    """A plot with a chooser of what it draws.

    Its axis grows in steps, and never shows less than a span that is sensible for the quantity. Curves of the run are
    named above it, those of several runs above all plots. Changes of the run are vertical lines that name them.

    Parameters
    ----------
    name : str
        Name for screen readers.
    chooses : bool
        Whether the quantity can be chosen.
    """

    chosen = pyqtSignal(str)
    moved = pyqtSignal()
    whole_wanted = pyqtSignal()
    resized = pyqtSignal()

    def __init__(self, name: str, *, chooses: bool = True) -> None:
        super().__init__()
        self._chooses = chooses
        self.shown = ""
        """The quantity."""
        self.chooser = named(QToolButton(), name, tip="Choose what this plot shows", style="chooser")
        self.chooser.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.chooser.setAutoRaise(True)
        self.chooser.setFont(theme.font_of(self.chooser, bold=True))  # its size ignores the weight in the style sheet
        self.chooser.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        self._menu = QMenu(self.chooser)
        if chooses:
            self.chooser.setMenu(self._menu)
        else:
            self.chooser.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            self.chooser.setToolTip("")
        self.area = named(PlotArea(), name)
        self.area.ci.layout.setContentsMargins(2, 0, theme.GRID, 2)
        self.plot = SmallPlot("")
        self.area.addItem(self.plot)
        self.note = named(Elided(), style="faint")
        """What the values were measured on."""
        self.note.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        head = hbox(self.chooser, (self.note, 1), margins=(theme.GRID, 0, theme.GRID, 0), spacing=theme.GRID // 2)
        self.legend = Legend()
        self.legend.hide()
        vbox(head, self.legend, (self.area, 1), within=self, spacing=0)
        self.lines: list[pg.InfiniteLine] = []
        self._items: dict[tuple[int, str], pg.PlotDataItem] = {}
        self._level = pg.InfiniteLine(0.0, angle=0, movable=False)
        self._level.hide()
        self.plot.addItem(self._level, ignoreBounds=True)
        self._image = pg.ImageItem(axisOrder="col-major")
        self._image.setZValue(-2)
        self.plot.addItem(self._image, ignoreBounds=True)
        self._range: tuple[float, float] | None = None
        self._counts = True
        self._title = ""
        self._offered: Mapping[str, str] = {}
        self._marked: tuple[object, ...] = ()
        self.plot.getViewBox().sigRangeChangedManually.connect(lambda *_: self.moved.emit())
        self.plot.getViewBox().sigResized.connect(self._on_resized)
        double_clicked(self.plot, self.whole_wanted.emit)

    # -- choice ----------------------------------------------------------------------------------------------------

    def offer(self, titles: Mapping[str, str], shown: str) -> None:
        """Set the quantities to choose from, with their titles, and the one that is shown."""
        if dict(titles) != self._offered:
            self._offered = dict(titles)
            self._menu.clear()
            for name, title in titles.items():
                menu_action(self._menu, title, partial(self.chosen.emit, name))
        if shown != self.shown:
            self.shown = shown
            self.forget()
        self._title = titles[shown]
        self.chooser.setText(f"{self._title} ▾" if self.chooser.menu() is not None else self._title)

    @property
    def title(self) -> str:
        """The title with the unit."""
        return self._title

    def least_width(self) -> int:
        """Return the width below which the title would be cut off."""
        return self.chooser.sizeHint().width() + 2 * theme.GRID

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return the size below which the plot is of no use."""
        line = QFontMetrics(theme.plot_font()).height()
        return QSize(self.least_width(), self.chooser.sizeHint().height() + 4 * line)

    def label_time(self, *texts: str) -> None:
        """Label the time axis with the first of some texts that fits; without any, it has no numbers, either."""
        self._counts = bool(texts)
        self.plot.label_below(*texts)

    # -- drawing ---------------------------------------------------------------------------------------------------

    @property
    def drawn(self) -> list[str]:
        """Names of the curves, in order of their runs."""
        return [name for (_, name), item in sorted(self._items.items()) if len(item.getData()[0])]

    @property
    def level(self) -> float | None:
        """The value of the dotted line; None: there is none."""
        return float(self._level.value()) if self._level.isVisible() else None

    def data(self, name: str) -> tuple[list[float], list[float]]:
        """Return the points of a curve as drawn, by its name in the legend: of this run, or else of another."""
        item = next((self._items[key] for key in sorted(self._items) if key[1] == name), None)
        x, y = (None, None) if item is None else item.getData()
        return ([], []) if x is None or y is None else (x.tolist(), y.tolist())

    def forget(self) -> None:
        """Discard curves and ranges."""
        for item in self._items.values():
            self.plot.removeItem(item)
        self._items.clear()
        self._range = None
        self._drop_lines()

    def restyle(self) -> None:
        """Apply the colours and the font size of the theme."""
        self.area.restyle()
        self.chooser.setFont(theme.plot_font())
        self.note.setFont(theme.plot_font())
        self._level.setPen(pg.mkPen(theme.current().faint, style=Qt.PenStyle.DotLine))
        self.legend.setFont(theme.plot_font())
        self._drop_lines()

    def draw(self, measure: Measure, smoothing: int, bold: int | None = None) -> None:
        """Draw the curves of a quantity.

        Parameters
        ----------
        measure : Measure
            The curves.
        smoothing : int
            Number of points of the moving mean; the curves of the current run are drawn faintly behind it.
        bold : int, optional
            The run whose curves are drawn bold, before all others, as `Line.run`.
        """
        axis = self.plot.getAxis("left")
        axis.powers, axis.most = measure.powers, measure.most
        self._level.setVisible(measure.level is not None)
        self._level.setValue(measure.level or 0.0)
        self._draw_shares(measure)
        drawn = [line for line in measure.lines if len(line.x)]
        named = len(drawn) > 1 and all(line.own for line in drawn)  # else the legend of the runs says it, or the title
        self.legend.setVisible(named)
        self.legend.write([(line.colour, line.mark, line.name) for line in drawn] if named else [])
        kept: set[tuple[int, str]] = set()
        for line in drawn:
            smooth = moving_mean(line.y, smoothing) if line.smooths else line.y
            if smooth is not line.y and line.own:
                kept.add(self._set(f"{line.name} ", line, line.y, faint=True))
            kept.add(self._set(line.name, line, smooth, bold=line.run == bold))
        for key in [key for key in self._items if key not in kept]:
            self.plot.removeItem(self._items.pop(key))
        # numbers of an axis that is not set would mean nothing
        self.plot.getAxis("left").setStyle(showValues=bool(drawn))
        self.plot.getAxis("bottom").setStyle(showValues=bool(drawn) and self._counts)
        told = [measure.note if self._chooses else "", measure.which]
        note = "; ".join(filter(None, told)) if drawn else measure.coming or "no values yet"
        self.note.setText(note)
        self.note.setToolTip(plain_tip(note))
        self._set_range(measure, drawn)

    def _draw_shares(self, measure: Measure) -> None:
        shares = measure.shares
        self._image.setVisible(shares is not None)
        if shares is not None:
            end = float(measure.lines[0].x[-1])
            self._image.setImage(shares, levels=(0, 1), lut=colour_maps.sequential().getLookupTable(nPts=256))
            self._image.setRect(QRectF(0.0, 0.0, end, 1.0))

    def _set(
        self, name: str, line: Line, y: np.ndarray, *, faint: bool = False, bold: bool = False
    ) -> tuple[int, str]:
        key = line.run, name
        if key not in self._items:
            self._items[key] = self.plot.plot([], [])
        pen = line.pen
        if faint and pen is not None:
            pen = pg.mkPen(theme.faded(line.colour, _FAINT), width=1)
        elif bold and pen is not None:
            pen = QPen(pen)
            pen.setWidthF(_BOLD * pen.widthF())
        dots = {
            "symbol": line.symbol,
            "symbolSize": (3 if pen is None else 6) * (_BOLD if bold else 1),
            "symbolPen": None,
        }
        self._items[key].setData(line.x, y, pen=pen, **dots, symbolBrush=line.colour)
        self._items[key].setZValue(1 if bold else -1 if faint or not line.own else 0)
        return key

    def _set_range(self, measure: Measure, drawn: Sequence[Line]) -> None:
        if not drawn:
            return
        low, high = min(float(line.y.min()) for line in drawn), max(float(line.y.max()) for line in drawn)
        if measure.powers:
            low, high = float(np.floor(min(low, 0.0))), float(np.ceil(max(high, 1.0)))
        elif measure.from_zero:
            low, high = min(0.0, low), max(high, measure.span)
        else:
            span = max(measure.span, _RELATIVE_SPAN * max(abs(low), abs(high)))
            if high - low < span:
                middle = max((low + high) / 2, span / 2 if low >= 0 else -np.inf)  # nothing below 0 if no value is
                low, high = middle - span / 2, middle + span / 2
        if measure.powers:
            before = self._range
            wanted = (low, high) if before is None else (min(before[0], low), max(before[1], high))
        else:
            wanted = stepped(low, high, self._range)
        if wanted != self._range:
            self._range = wanted
            self.plot.setYRange(*wanted, padding=0.02)

    # -- moments of the run ----------------------------------------------------------------------------------------

    def draw_changes(self, marks: Sequence[Mark], scale: float, shown: int | None) -> None:
        """Draw changes as dashed lines, which the timeline names, and the moment that is shown as a solid one.

        Parameters
        ----------
        marks : sequence of (int, sequence of str)
            Positions and what changed at each, in order.
        scale : float
            Units of the time axis per presentation.
        shown : int or None
            Position of the moment; None: now.
        """
        marked = (*((position, len(texts)) for position, texts in marks), scale, shown)
        if marked == self._marked:
            return
        self._drop_lines()
        self._marked, colours = marked, theme.current()
        for position, texts in marks:
            pen = pg.mkPen(colours.faint, style=Qt.PenStyle.DashLine)
            line = pg.InfiniteLine(position * scale, angle=90, pen=pen)
            line.setToolTip(f"{', '.join(texts)} from presentation {thousands(position)} on")
            self.lines.append(line)
        if shown is not None:
            self.lines.append(pg.InfiniteLine(shown * scale, angle=90, pen=pg.mkPen(colours.wrong, width=2)))
        for line in self.lines:
            line.setZValue(-1.5)  # below the curves
            self.plot.addItem(line, ignoreBounds=True)

    def _drop_lines(self) -> None:
        for line in self.lines:
            self.plot.removeItem(line)
        self.lines.clear()
        self._marked = ()

    def _on_resized(self, *_: object) -> None:
        """Let the axis leave room for the legend anew."""
        self._range = None
        self.resized.emit()
