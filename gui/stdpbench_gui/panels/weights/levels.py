"""A colour bar with a histogram of the values and two handles for the levels."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PyQt6.QtCore import QRectF, QSignalBlocker, pyqtSignal
from PyQt6.QtGui import QColor, QFontMetrics

from stdpbench_gui.look import theme
from stdpbench_gui.look.motion import motion
from stdpbench_gui.session.timers import timer
from stdpbench_gui.widgets.basic import not_none
from stdpbench_gui.widgets.plot import Plot

_SAMPLE = 40_000
_BINS = 60
_COUNT_MS = 300  # minimum interval between histograms
_FAR, _NEAR = 0.1, 0.01  # share of the level by which it may be off before it follows, and once it does
_STEP = 0.15  # of the way to the level wanted, per drawing


class LevelBar(Plot):
    """Colour bar that maps values to colours.

    The colours are at the left, between the lower and the upper handle; the histogram, as log(1 + n), is to the right
    of them. With `centred`, both handles are equally far from zero. Levels follow the values until they are `fixed`,
    as by moving a handle.
    """

    levels_changed = pyqtSignal(float, float)
    fixed_changed = pyqtSignal(bool)
    # Qt may request the outline of an item whose Python object is already cleared during deletion
    _boundingRectCache = _previousGeometry = _painterPathCache = None

    def __init__(self) -> None:
        super().__init__()
        self.centred = False
        self.fixed = False
        self._on_the_way = False
        self._uncounted: NDArray[np.floating[Any]] | None = None
        self._counted_at = 0.0
        self._to_count = timer(self, self._count, _COUNT_MS, once=True)  # each new map restarts it
        self.hideAxis("bottom")
        self.setMouseEnabled(x=False, y=True)
        self.getAxis("left").setStyle(tickLength=-4, tickTextOffset=4)
        self._size_axis()
        self.colours = pg.ImageItem()
        self.addItem(self.colours)
        self.curve = pg.PlotCurveItem(fillLevel=0.0)
        self.addItem(self.curve)
        self.region = pg.LinearRegionItem(orientation="horizontal", swapMode="block")
        self.region.setZValue(10)
        self.addItem(self.region)
        self.region.sigRegionChanged.connect(self._moved)
        self.setXRange(-0.42, 1.0, padding=0)
        self._map: pg.ColorMap | None = None
        self.getViewBox().sigYRangeChanged.connect(self._draw_colours)

    def _size_axis(self) -> None:
        """Use the font size of the theme, with enough room for the axis."""
        metrics = QFontMetrics(theme.plot_font())
        width = metrics.horizontalAdvance("0.000") + metrics.height() + 8  # of the ticks and the label
        self.setFixedWidth(width + 40)
        self.getAxis("left").setWidth(width)

    def show_map(self, colour_map: pg.ColorMap) -> None:
        """Apply the colours of the theme and a colour map."""
        colours = theme.current()
        self._map = colour_map
        self.restyle()
        self._size_axis()
        self.curve.setPen(pg.mkPen(colours.input, width=1))
        self.curve.setBrush(theme.faded(colours.input, 0.35))
        self.region.setBrush(QColor(0, 0, 0, 0))
        self.region.setHoverBrush(QColor(0, 0, 0, 0))
        for line in self.region.lines:
            line.setPen(pg.mkPen(colours.accent, width=2))
            line.setHoverPen(pg.mkPen(colours.ink, width=3))
        self._draw_colours()

    @property
    def levels(self) -> tuple[float, float]:
        """The lower and the upper level."""
        low, high = self.region.getRegion()
        return float(low), float(high)

    def set_levels(self, low: float, high: float) -> None:
        """Set both handles."""
        if high <= low:
            high = low + 1e-9
        with QSignalBlocker(self.region):
            self.region.setRegion((low, high))
        self._draw_colours()
        self.levels_changed.emit(*self.levels)

    def scale(self, by: float) -> None:
        """Fix the levels after scaling the upper one, and the lower one if they are centred on zero."""
        self.fix(True)
        low, high = self.levels
        self.set_levels(low * by if self.centred else low, low + (high - low) * by if not self.centred else high * by)

    def fix(self, on: bool) -> None:
        """Keep the levels, or have them follow the values."""
        if on != self.fixed:
            self.fixed = on
            self.fixed_changed.emit(on)

    def fit(self, values: NDArray[np.floating[Any]]) -> None:
        """Set levels that cover nearly all values, and the range of the axis."""
        self._show_levels(self._top_of(values))

    def follow(self, values: NDArray[np.floating[Any]]) -> bool:
        """Move the levels a step towards those that cover nearly all values; return whether they are still on the way.

        Fixed levels stay, as do levels that differ by less than a tenth: small changes of brightness say nothing.
        """
        now, wanted = self.levels[1], self._top_of(values)
        far = abs(wanted - now) > (_NEAR if self._on_the_way else _FAR) * now
        self._on_the_way = far and not self.fixed
        if self._on_the_way:
            self._show_levels(wanted if motion.reduced else now + _STEP * (wanted - now))
        return self._on_the_way

    def _top_of(self, values: NDArray[np.floating[Any]]) -> float:
        """Return the upper level that covers nearly all values."""
        sample = _sample(values)
        if self.centred:
            return (float(np.quantile(np.abs(sample), 0.999)) if len(sample) else 1.0) or 0.01
        some = sample[sample > 0]
        return float(np.quantile(some, 0.995)) if len(some) else 1.0

    def _show_levels(self, top: float) -> None:
        low = -top if self.centred else 0.0
        margin = 0.3 * (top - low)
        self.setYRange(low - (margin if self.centred else 0.04 * (top - low)), top + margin, padding=0)
        self.set_levels(low, top)

    def count(self, values: NDArray[np.floating[Any]]) -> None:
        """Update the histogram: immediately, or with the newest values if they arrive fast."""
        self._uncounted = values
        if 1e3 * (time.monotonic() - self._counted_at) >= _COUNT_MS:
            self._count()
        else:
            self._to_count.start()

    def _count(self) -> None:
        sample, self._counted_at = _sample(not_none(self._uncounted)), time.monotonic()
        self._to_count.stop()
        if not len(sample):
            return
        n, edges = np.histogram(sample, _BINS)
        height = np.log1p(n.astype(float))
        # curve of value against count, each bin a step
        x = np.repeat(height / height.max(), 2)
        y = np.repeat(edges, 2)[1:-1]
        self.curve.setData(np.concatenate([[0.0], x, [0.0]]), np.concatenate([y[:1], y, y[-1:]]))

    def _moved(self) -> None:
        self.fix(True)
        low, high = self.levels
        if self.centred:
            far = max(abs(low), abs(high)) if not self._far() else self._far()
            with QSignalBlocker(self.region):
                self.region.setRegion((-far, far))
        self._draw_colours()
        self.levels_changed.emit(*self.levels)

    def _far(self) -> float:
        """Return the distance from zero of the handle being moved; 0: none."""
        for line in self.region.lines:
            if line.moving:
                return abs(float(line.value()))
        return 0.0

    def _draw_colours(self) -> None:
        if self._map is None:
            return
        bottom, top = self.getViewBox().viewRange()[1]
        low, high = self.levels
        at = np.linspace(bottom, top, 256)
        share = np.clip((at - low) / max(high - low, 1e-12), 0, 1)
        table = theme.lookup(self._map)
        self.colours.setImage(table[np.round(255 * share).astype(int)][:, None, :], autoLevels=False)
        self.colours.setRect(QRectF(-0.42, bottom, 0.3, top - bottom))


def _sample(values: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    flat = values.reshape(-1)
    step = max(1, len(flat) // _SAMPLE) | 1  # odd, so that the sample does not repeat the same neurons
    found: NDArray[np.floating[Any]] = flat[::step]
    finite: NDArray[np.floating[Any]] = found[np.isfinite(found)]
    return finite
