"""Plots with stable ranges: axes that grow in steps, titles inside the plot."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import pyqtgraph as pg
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QFontMetrics
from PyQt6.QtWidgets import QGraphicsSceneResizeEvent

from stdpbench.base.units import minus, thousands
from stdpbench_gui.look import theme
from stdpbench_gui.widgets.plot import Axis, Plot


def step_up(value: float) -> float:
    """Return the smallest of 1, 1.5, 2, 3, 5, 7.5 times a power of ten that is at least a value."""
    if value <= 0 or not math.isfinite(value):
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(m * power for m in (1.0, 1.5, 2.0, 3.0, 5.0, 7.5, 10.0) if m * power >= value * (1 - 1e-12))


def stepped(low: float, high: float, before: tuple[float, float] | None = None) -> tuple[float, float]:
    """Return a range of round numbers around values; it only grows.

    Parameters
    ----------
    low, high : float
        Smallest and largest value.
    before : tuple of float, optional
        The previous range, which is kept as long as it contains all values.
    """
    if before is not None and before[0] <= low and high <= before[1]:
        return before
    if before is not None:
        low, high = min(low, before[0]), max(high, before[1])
    width = max(high - low, 1e-3 * max(abs(low), abs(high)), 1e-9)
    step = step_up(width / 4)
    return step * math.floor(low / step + 1e-9), step * math.ceil(high / step - 1e-9)


class _Axis(Axis):
    """An axis whose tick labels do not overlap; on time axes, thousands are separated by thin spaces.

    Attributes
    ----------
    powers : bool
        Whether values are decadic logarithms: ticks are then at powers of ten, and their labels are these.
    most : float or None
        Largest value with a tick; None: that of the range.
    """

    powers = False
    most: float | None = None

    def tickValues(  # noqa: N802 - pyqtgraph's
        self, minVal: float, maxVal: float, size: float
    ) -> list[tuple[float, list[float]]]:
        """Return the values of ticks, coarse to fine, without those that are too large to be values."""
        levels: list[tuple[float, list[float]]] = super().tickValues(minVal, maxVal, size)
        if self.most is None:
            return levels
        most = self.most * (1 + 1e-9)
        return [(step, [value for value in values if value <= most]) for step, values in levels]

    def tickSpacing(  # noqa: N802 - pyqtgraph's
        self, minVal: float, maxVal: float, size: float
    ) -> list[tuple[float, float]]:
        """Return the distances of ticks, coarse to fine, at which tick labels do not overlap."""
        levels: list[tuple[float, float]] = super().tickSpacing(minVal, maxVal, size)
        if self.powers:
            levels = [(1.0, 0.0)]
        per_unit = size / max(maxVal - minVal, 1e-12)
        metrics = QFontMetrics(theme.plot_font())
        longest = max("0.00", thousands(round(max(abs(minVal), abs(maxVal)))), key=len)
        upright = self.orientation == "left"
        needed = (metrics.ascent() if upright else metrics.horizontalAdvance(f"{longest} ")) / per_unit
        fitting = [(step, offset) for step, offset in levels if step >= needed]
        if fitting or not levels:
            return fitting
        step, offset = levels[0]
        return [(step * 2 ** math.ceil(math.log2(needed / step)), offset)]

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:  # noqa: N802 - pyqtgraph's
        """Return the tick labels."""
        if self.powers:
            return [f"{10.0**value:g}" if value < 4 else f"10{_raised(value)}" for value in values]
        if spacing >= 1 and self.orientation == "bottom":
            return [minus(thousands(round(value * scale))) for value in values]
        return list(super().tickStrings(values, scale, spacing))


def _raised(power: float) -> str:
    """Return a power in superscript digits."""
    return str(round(power)).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))


class SmallPlot(Plot):
    """A compact plot with few ticks and its title, including the unit, inside at the top left.

    Texts that do not fit are cut off at their end.

    Parameters
    ----------
    title : str
        Its title.
    still : bool
        Whether the mouse does not move it; else it moves along the horizontal axis.
    """

    def __init__(self, title: str, *, still: bool = False) -> None:
        self._below = ""
        self._shorter: tuple[str, ...] | None = None
        self._written = "", "", ""
        self._below_title: list[pg.InfiniteLine] = []
        super().__init__({side: _Axis(side) for side in ("left", "bottom")})
        self.setMouseEnabled(x=not still, y=False)
        self.title_item = pg.LabelItem(title, justify="left")
        self.title_item.setParentItem(self.getViewBox())
        self.title_item.setPos(2, -3)
        self.title_text = title
        for side in ("left", "bottom"):
            axis = self.getAxis(side)
            axis.setTickDensity(0.6)
            axis.setStyle(tickLength=-4, tickTextOffset=3, hideOverlappingLabels=True)
        self._size_axis()

    def set_title(self, title: str) -> None:
        """Change the title."""
        self.title_text = title
        self._write_title()

    def setLabel(self, axis: str, text: str | None = None, **more: Any) -> None:  # noqa: N802 - pyqtgraph's
        """Set the label of an axis; the bottom label is elided to fit."""
        if axis == "bottom":
            self._below = text or ""
            text = self._fitting(self._below, self._room() + 2 * theme.GRID) or None
        super().setLabel(axis, text, **more)

    def label_below(self, *texts: str) -> None:
        """Label the bottom axis with the first of some texts that fits; without one that does, it has no label."""
        self._below, self._shorter = (texts[0] if texts else ""), texts[1:]
        metrics, room = QFontMetrics(theme.plot_font()), self._room() + 2 * theme.GRID
        fitting = (text for text in texts if room <= metrics.height() or metrics.horizontalAdvance(text) <= room)
        super().setLabel("bottom", next(fitting, None))

    def restyle(self) -> None:
        """Apply the colours and the font size of the theme."""
        super().restyle()
        self._size_axis()
        self._fit_words()

    def resizeEvent(self, event: QGraphicsSceneResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Fit the texts to the new size."""
        super().resizeEvent(event)
        if hasattr(self, "title_text"):  # pyqtgraph resizes a plot during construction
            self._fit_words()

    def room_for_title(self) -> float:
        """Return the space for the title above the curves, as a share of their height."""
        height = self.getViewBox().height()
        share = min(0.5, 1.1 * QFontMetrics(theme.plot_font()).height() / height) if height > 1 else 0.0
        return max(0.25, share / (1 - share))

    def title_bottom(self) -> float:
        """Return where the text of the title ends, in pixels below the top of the plot."""
        text = self.title_item.item
        rect = text.mapRectToItem(self.getViewBox(), text.boundingRect())
        return float(rect.bottom() - text.document().documentMargin())

    def add_line(self, line: pg.InfiniteLine) -> None:
        """Add a vertical line, which ends below the title."""
        self.addItem(line, ignoreBounds=True)
        self._below_title.append(line)
        self._end_lines()

    def removeItem(self, item: Any) -> None:  # noqa: N802 - pyqtgraph's
        """Remove a curve or a line."""
        super().removeItem(item)
        if item in self._below_title:
            self._below_title.remove(item)

    def _end_lines(self) -> None:
        height = self.getViewBox().height()
        title = QFontMetrics(theme.plot_font()).height() if self.title_text else 0
        for line in self._below_title:
            line.setSpan(0.0, max(0.5, 1 - title / height) if height > 1 else 1.0)

    def _room(self) -> float:
        """Return the width without the left axis, in pixels."""
        return float(self.size().width() - self.getAxis("left").width())

    def _fit_words(self) -> None:
        self._write_title()
        self._end_lines()
        if self._shorter is not None:
            self.label_below(*([self._below] if self._below else []), *self._shorter)
        elif self._below:
            self.setLabel("bottom", self._below)

    def _write_title(self) -> None:
        size = theme.plot_font().pointSizeF()
        text = self.title_text if "<" in self.title_text else self._fitting(self.title_text, self._room())
        written = text, theme.current().faint, f"{size:.0f}pt"
        if written != self._written:  # laying out the text takes longer than all else here
            self._written = written
            self.title_item.setText(text, color=written[1], size=written[2])

    @staticmethod
    def _fitting(text: str, room: float) -> str:
        """Return a text elided to fit; unchanged while the plot has no size yet."""
        metrics = QFontMetrics(theme.plot_font())
        if room <= metrics.height():
            return text
        return metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(room) - 4)

    def _size_axis(self) -> None:
        metrics = QFontMetrics(theme.plot_font())
        self.getAxis("left").setWidth(metrics.horizontalAdvance("0.0000") + 10)


def double_clicked(plot: pg.PlotItem, slot: Callable[[], None]) -> None:
    """Call a function on a double click in a plot."""

    def clicked(event: pg.GraphicsScene.mouseEvents.MouseClickEvent) -> None:
        if event.double() and plot.getViewBox().sceneBoundingRect().contains(event.scenePos()):
            slot()

    plot.scene().sigMouseClicked.connect(clicked)
