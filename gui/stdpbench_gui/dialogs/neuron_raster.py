"""Raster of several neurons over the evaluated stimuli: a band for each neuron, with a line for each stimulus."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PyQt6.QtGui import QFontMetrics

from stdpbench.base.units import thousands
from stdpbench.results.readout import SpikeTrains
from stdpbench.results.readout.correlograms import raster, rate
from stdpbench_gui.look import theme
from stdpbench_gui.widgets.axes import SmallPlot

_MOST = 200  # stimuli in a band: more would be closer than pixels
_BAND = 0.88  # share of its row that a band takes
_MARK = 1 / 20  # height of a mark, share of a band, if there are more lines than that


class NeuronRaster(SmallPlot):
    """Spikes within a stimulus, of one neuron above the other; rates during stimuli stand at the right.

    In each band, the first evaluated stimulus is at the top. Of many stimuli, every n-th is drawn.
    """

    def __init__(self) -> None:
        super().__init__("spikes in each stimulus")
        self.showAxis("right")
        rates = self.getAxis("right")
        rates.setStyle(tickLength=0, tickTextOffset=3)
        self.setLabel("bottom", "time in the stimulus (ms)")
        self.setMouseEnabled(x=False, y=False)

    def restyle(self) -> None:
        """Apply the colours and the font size of the theme."""
        super().restyle()
        rates = self.getAxis("right")
        rates.restyle()
        rates.setWidth(QFontMetrics(theme.plot_font()).horizontalAdvance("100.0 Hz ") + 6)

    def draw(self, trains: SpikeTrains, neurons: Sequence[int], colours: Sequence[str]) -> None:
        """Draw neurons in these colours, the first at the top.

        Parameters
        ----------
        trains : SpikeTrains
            Responses to the evaluated stimuli.
        neurons : sequence of int
            Their numbers.
        colours : sequence of str
            As many colours.
        """
        self.clear()
        every = -(-len(trains) // _MOST) if len(trains) else 1
        shown = -(-len(trains) // every)
        names, rates = [], []
        for row, (neuron, colour) in enumerate(zip(reversed(neurons), reversed(colours), strict=True)):
            stimulus, time = raster(trains, neuron)
            drawn = stimulus % every == 0
            height = _BAND * max(_MARK, 1 / max(shown, 1))
            top = row + _BAND - (_BAND - height) * (stimulus[drawn] // every) / max(shown - 1, 1)
            x, y = np.repeat(time[drawn], 2), np.repeat(top, 2)
            y[1::2] -= height
            self.plot(x, y, connect="pairs", pen=pg.mkPen(colour, width=2))
            names.append((row + _BAND / 2, str(neuron)))
            rates.append((row + _BAND / 2, f"{rate(trains, neuron):.3g} Hz"))
        self.getAxis("left").setTicks([names])
        self.getAxis("right").setTicks([rates])
        self.setXRange(0, trains.n_bins * trains.dt, padding=0.01)
        self.setYRange(0, len(neurons) * (1 + 0.5 * self.room_for_title()), padding=0.01)
        n = thousands(len(trains))
        which = f"each of {n} stimuli" if every == 1 else f"one in {every} of {n} stimuli"
        self.set_title(f"spikes in {which}, the first at the top; rates at the right")
