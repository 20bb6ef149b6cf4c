"""Response of one neuron to each class, as bars."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PyQt6.QtCore import QPointF

from stdpbench_gui.look import theme
from stdpbench_gui.look.plot_area import PlotArea
from stdpbench_gui.widgets.axes import SmallPlot, step_up
from stdpbench_gui.widgets.basic import plain_tip


class ClassBars(PlotArea):
    """A bar for each class in its colour, with its name below; that of the neuron's label is framed."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Response to each class")
        self.setMinimumSize(120, 84)
        self.plot, self.bars = SmallPlot(""), pg.BarGraphItem(x=[], height=[], width=0.7, pen=pg.mkPen(None))
        self.plot.setMouseEnabled(x=False, y=False)
        self.plot.addItem(self.bars)
        self.addItem(self.plot)
        self.shown: tuple[Sequence[float], Sequence[str]] = (), ()
        self.scene().sigMouseMoved.connect(self._describe)

    def show_values(self, values: Sequence[float], names: Sequence[str], label: int, note: str) -> None:
        """Show spikes per presentation of each class; `note` names their source, or why there are none."""
        self.shown, colours = (values, names), theme.current()
        self.setBackground(colours.base)
        self.plot.restyle()
        self.plot.set_title(", ".join(filter(None, ("mean spikes", note))))
        frames = [pg.mkPen(colours.ink, width=2) if n == label else pg.mkPen(None) for n in range(len(values))]
        brushes = [theme.class_colour(n) for n in range(len(values))]
        looks = {"pens": frames, "brushes": brushes} if len(values) else {"pens": None, "brushes": None}
        self.bars.setOpts(x=np.arange(len(values)), height=np.asarray(values, float), **looks)
        top = step_up(max(values, default=1.0))
        self.plot.setXRange(-0.5, max(1, len(values)) - 0.5, padding=0)
        self.plot.setYRange(0, top * (1 + self.plot.room_for_title()), padding=0)
        self.plot.getAxis("bottom").setTicks([list(enumerate(names))])
        self.plot.getAxis("left").setTicks([[(0, "0"), (top, f"{top:g}")]] if len(values) else [[]])
        text = ", ".join(f"{name}: {value:.2f}" for name, value in zip(names, values, strict=True))
        self.setAccessibleDescription(f"Spikes per presentation, {note}. {text}")

    def _describe(self, place: QPointF) -> None:
        """Describe the bar under the mouse in a tool tip."""
        (values, names), view = self.shown, self.plot.getViewBox()
        number = round(view.mapSceneToView(place).x())
        inside = view.sceneBoundingRect().contains(place) and 0 <= number < len(values)
        self.setToolTip(plain_tip(f"{names[number]}: {values[number]:.3f} spikes per presentation") if inside else "")
