"""A plot of curves over the variable of a protocol, with symbols, error bars, and a cursor that shows values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PyQt6.QtCore import QEvent, QPointF, Qt
from PyQt6.QtGui import QFocusEvent, QKeyEvent

from stdpbench.base.units import signed
from stdpbench.studies.lab.points import Points
from stdpbench.studies.lab.result import Result, gap
from stdpbench_gui.look import theme
from stdpbench_gui.pages.rules.line_styles import LineStyle, of_points, of_rule, spread_out
from stdpbench_gui.widgets.axes import double_clicked, step_up, stepped
from stdpbench_gui.widgets.basic import Label
from stdpbench_gui.widgets.plot import Plot

Floats = NDArray[np.float64]
_MOST_MARKS = 9
_LABEL_LINES = 5  # below a plot with text ticks: three lines, and the axis label
SPLIT = ("pair-window", "quadruplets")
"""Protocols with a discontinuity at 0, across which no line is drawn."""


@dataclass(frozen=True, eq=False)
class Drawn:
    """A result with its name and style."""

    name: str
    kept: int
    result: Result


@dataclass(frozen=True, eq=False)
class Band:
    """Ranges of the curves over fits to bootstrapped data.

    Attributes
    ----------
    result : Result
        One of them.
    about : str
        Text of the legend.
    ranges : sequence of ndarray, float64, (2, n_points)
        Lower and upper ends of each curve.
    """

    result: Result
    about: str
    ranges: Sequence[Floats]


class CurvePlot(pg.PlotWidget):  # type: ignore[misc]
    """Draws results of one protocol. Arrow keys move the cursor while focused; a double-click fits the axes.

    Attributes
    ----------
    tip : QLabel
        Values at the cursor; hidden without a cursor.
    """

    def __init__(self) -> None:
        super().__init__(plotItem=Plot())
        self.setMinimumSize(160, 80)
        item = self.getPlotItem()
        half = theme.GRID // 2  # of a number at the end of an axis
        item.layout.setContentsMargins(0, half, 3 * half, half)
        item.setMouseEnabled(x=False, y=False)
        item.disableAutoRange()
        for side in ("left", "bottom"):
            item.getAxis(side).setStyle(hideOverlappingLabels=False)
        self._zero = [pg.InfiniteLine(0, angle=angle) for angle in (0, 90)]
        self._cursor = pg.InfiniteLine(0, angle=90)
        for line in (*self._zero, self._cursor):
            item.addItem(line, ignoreBounds=True)
        self._cursor.hide()
        self.tip = Label(rich=True)
        self.tip.setParent(self)
        self.tip.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.tip.setMargin(theme.GRID // 2)
        self.tip.hide()
        self._lines: list[pg.PlotCurveItem] = []
        self._marks: list[pg.ScatterPlotItem] = []
        self._bars: list[pg.GraphicsObject] = []
        self._drawn: Sequence[Drawn] = ()
        self._points: Sequence[tuple[int, Points]] = ()
        self._band: Band | None = None
        self._about: object = None
        self._range: tuple[float, float] | None = None
        self._across: tuple[float, float] | None = None
        self._at: float | None = None
        self.scene().sigMouseMoved.connect(self._on_mouse)
        double_clicked(item, self.fit)
        self.restyle()

    # -- drawing ---------------------------------------------------------------------------------------------------

    def draw(
        self, drawn: Sequence[Drawn], points: Sequence[tuple[int, Points]], about: object, band: Band | None = None
    ) -> None:
        """Draw results, the last one on top, numbered data points, and the band of the edited rule.

        Axes only grow while `about`, which identifies what is plotted, stays the same.
        """
        if about != self._about:
            self._about, self._range, self._across, self._at = about, None, None, None
        self._drawn, self._points, self._band = drawn, points, band
        self._redraw()

    def fit(self) -> None:
        """Fit the axes to the curves."""
        self._range = self._across = None
        self._set_ranges()

    def restyle(self) -> None:
        """Apply the colours and the font size of the theme."""
        colours, item = theme.current(), self.getPlotItem()
        self.setBackground(colours.base)
        item.restyle()
        self.tip.setStyleSheet(f"background: {colours.base}; border: 1px solid {colours.line}; color: {colours.ink};")
        for line in self._zero:
            line.setPen(pg.mkPen(colours.faint, width=1))
        self._cursor.setPen(pg.mkPen(colours.ink, width=1, style=Qt.PenStyle.DotLine))
        self._redraw()

    def _redraw(self) -> None:
        for item in (*self._lines, *self._marks, *self._bars):
            self.removeItem(item)
        self._lines, self._marks, self._bars = [], [], []
        for drawn in self._drawn:
            look = of_rule(drawn.kept)
            for which, curve in enumerate(drawn.result.curves):
                x, y = drawn.result.x, curve.change
                if not drawn.result.x_labels:
                    shown = gap(x, y) if drawn.result.protocol in SPLIT else (x, y)
                    line = pg.PlotCurveItem(*shown, pen=look.pen(which), connect="finite", antialias=True)
                    self._lines.append(self._placed(line, 10))
                places = list(spread_out(len(x), 10**6 if drawn.result.x_labels else _MOST_MARKS))
                self._mark(look, x[places], y[places], filled=which == 0)
                if curve.spread is not None:
                    self._bar(x, y, curve.spread, look)
        if self._band is not None:
            for low, high in self._band.ranges:
                self._fill(self._band.result, low, high)
        for number, points in self._points:
            look = of_points(number)
            if points.error is not None:
                self._bar(points.x, points.y, points.error, look)
            self._mark(look, points.x, points.y, filled=False, size=10)
        self._set_axes()
        self._set_ranges()
        self._show_cursor()

    def _placed(self, item: pg.GraphicsObject, z: int) -> pg.GraphicsObject:
        """Return an item after adding it before or behind the others."""
        item.setZValue(z)
        self.addItem(item)
        return item

    def _mark(self, look: LineStyle, x: Floats, y: Floats, filled: bool, size: float = 8) -> None:
        brush = pg.mkBrush(look.colour if filled else theme.current().base)
        finite, pen = np.isfinite(y), pg.mkPen(look.colour, width=1.4)
        drawn = {"symbol": look.mark, "size": size, "pen": pen, "brush": brush, "antialias": True}
        self._marks.append(self._placed(pg.ScatterPlotItem(x[finite], y[finite], **drawn), 11))

    def _fill(self, result: Result, low: Floats, high: Floats) -> None:
        """Draw a band: a bar for each label or, on each side of a discontinuity, an area."""
        brush = theme.faded(of_rule(-1).colour, 0.2)
        if result.x_labels:
            bars = pg.BarGraphItem(x=result.x, y0=low, height=high - low, width=0.4, brush=brush, pen=None)
            self._bars.append(self._placed(bars, 8))
            return
        split = result.protocol in SPLIT
        for side in (result.x < 0, result.x > 0) if split else (np.isfinite(result.x),):
            edges = [pg.PlotCurveItem(result.x[side], edge[side]) for edge in (low, high)]
            self._bars.append(self._placed(pg.FillBetweenItem(*edges, brush=brush), 8))

    def _bar(self, x: Floats, y: Floats, half: Floats, look: LineStyle) -> None:
        beam = 0.008 * (float(np.ptp(self._xs())) or 1.0)
        bar = pg.ErrorBarItem(x=x, y=y, height=2 * half, beam=beam, pen=pg.mkPen(look.colour, width=1))
        self._bars.append(self._placed(bar, 9))

    def _set_axes(self) -> None:
        if not self._drawn:
            return
        result = self._drawn[-1].result
        for side, name in (
            ("bottom", f"{result.x_name} ({result.x_unit})" if result.x_unit else result.x_name),
            ("left", result.y_name),
        ):
            if self.getPlotItem().getAxis(side).labelText != name:
                self.setLabel(side, name)
        labels = result.x_labels
        ticks = [[(float(x), _short(label)) for x, label in zip(result.x, labels, strict=True)]] if labels else None
        bottom = self.getPlotItem().getAxis("bottom")
        bottom.setTicks(ticks)
        bottom.setHeight(round(_LABEL_LINES * self.fontMetrics().lineSpacing()) if labels else None)
        self._zero[1].setVisible(bool(result.x.min() < 0 < result.x.max()))

    def _xs(self) -> Floats:
        xs = [drawn.result.x for drawn in self._drawn] + [points.x for _, points in self._points]
        return np.concatenate(xs) if xs else np.zeros(1)

    def _set_ranges(self) -> None:
        if not self._drawn:
            return
        xs = self._xs()
        low, high = self._across or (np.inf, -np.inf)
        self._across = min(low, float(xs.min())), max(high, float(xs.max()))
        self.setXRange(*self._across, padding=0.09 if self._drawn[-1].result.x_labels else 0.04)
        ys = [y for drawn in self._drawn for curve in drawn.result.curves for y in _reach(curve.change, curve.spread)]
        ys += list(self._band.ranges) if self._band is not None else []
        ys += [y for _, points in self._points for y in _reach(points.y, points.error)]
        values = np.concatenate([*map(np.ravel, ys), np.zeros(1)])
        values = values[np.isfinite(values)]
        low, high = float(values.min()), float(values.max())
        if self._range is not None:
            # the curves have become too small to read in these axes
            room = self._range[1] - self._range[0]
            if high - low < room / 8 and high > low:
                self._range = None
        if low == high:
            low, high = -step_up(1e-3), step_up(1e-3)
        self._range = stepped(low, high, self._range)
        self.setYRange(*self._range, padding=0.04)

    # -- the cursor ------------------------------------------------------------------------------------------------

    def words_at(self, x: float) -> list[tuple[LineStyle, str, str]]:
        """Return style, name and value of every curve at the nearest x, the edited rule first."""
        found = []
        for drawn in reversed(self._drawn):
            result = drawn.result
            place = int(np.abs(result.x - x).argmin())
            for curve in result.curves:
                name = " ".join(filter(None, [drawn.name, curve.label]))
                found.append((of_rule(drawn.kept), name, signed(curve.change[place], ".4g")))
        return found

    def _show_cursor(self) -> None:
        at = self._nearest(self._at)
        self._cursor.setVisible(at is not None)
        self.tip.setVisible(at is not None)
        if at is None:
            return
        self._cursor.setValue(at)
        result = self._drawn[-1].result
        here = result.x_labels[int(np.abs(result.x - at).argmin())] if result.x_labels else ""
        where = here or f"{result.x_name} {at:g} {result.x_unit}".strip()
        rows = self.words_at(at)
        self.setAccessibleDescription(f"{where}: {', '.join(f'{name} {value}'.strip() for _, name, value in rows)}")
        cells = [
            f'<tr><td style="color:{look.colour}">{look.word}</td><td>{escape(name)}&nbsp;</td>'
            f'<td align="right"><b>{escape(value)}</b></td></tr>'
            for look, name, value in rows
        ]
        self.tip.setText(f"{escape(where)}<table>{''.join(cells)}</table>")
        self.tip.adjustSize()
        view = self.getPlotItem().getViewBox()
        frame = self.mapFromScene(view.sceneBoundingRect()).boundingRect()
        left = self.mapFromScene(view.mapViewToScene(QPointF(at, 0.0))).x() < frame.center().x()
        x = frame.right() - self.tip.width() - theme.GRID if left else frame.left() + theme.GRID
        self.tip.move(max(0, x), frame.top() + theme.GRID // 2)

    def _nearest(self, x: float | None) -> float | None:
        if x is None or not self._drawn or not len(self._drawn[-1].result.x):
            return None
        xs = self._drawn[-1].result.x
        return float(xs[np.abs(xs - x).argmin()])

    def _on_mouse(self, position: object) -> None:
        view = self.getPlotItem().getViewBox()
        inside = view.sceneBoundingRect().contains(position)
        self._at = float(view.mapSceneToView(position).x()) if inside else None
        self._show_cursor()

    def leaveEvent(self, event: QEvent | None) -> None:  # noqa: N802 - Qt's name
        """Hide the cursor when the mouse leaves."""
        super().leaveEvent(event)
        self._at = None
        self._show_cursor()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 - Qt's name
        """Move the cursor with Left, Right, Home and End; fit the axes with 0."""
        assert event is not None
        steps: Mapping[int, int] = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        if event.key() in (*steps, Qt.Key.Key_Home, Qt.Key.Key_End) and self._drawn:
            xs = np.sort(self._drawn[-1].result.x)
            at = self._nearest(self._at)
            place = int(np.searchsorted(xs, at)) if at is not None else len(xs) // 2
            ends = {Qt.Key.Key_Home: 0, Qt.Key.Key_End: len(xs) - 1}
            place = ends.get(event.key(), place + steps.get(event.key(), 0))  # type: ignore[call-overload]
            self._at = float(xs[min(max(place, 0), len(xs) - 1)])
            self._show_cursor()
        elif event.key() == Qt.Key.Key_0:
            self.fit()
        else:
            event.ignore()

    def focusOutEvent(self, event: QFocusEvent | None) -> None:  # noqa: N802 - Qt's name
        """Hide the keyboard cursor when the focus leaves."""
        super().focusOutEvent(event)
        self._at = None
        self._show_cursor()


def _short(label: str) -> str:
    """Break a label such as ``"in-out-in +5, -5 ms"`` into three short lines."""
    order, _, times = label.removesuffix(" ms").partition(" ")
    return "\n".join([order.replace("in", "i").replace("out", "o"), *times.split(", ")])


def _reach(y: Floats, half: Floats | None) -> list[Floats]:
    return [y] if half is None else [y - half, y + half]
