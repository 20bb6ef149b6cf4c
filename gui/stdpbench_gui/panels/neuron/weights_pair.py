"""The weights of one neuron at a time step, and their changes since the start of the presentation."""

from __future__ import annotations

import numpy as np
from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QWidget

from stdpbench.base.units import thousands
from stdpbench.runs.analysis.slow_motion import SlowMotion
from stdpbench_gui.look import colour_maps
from stdpbench_gui.widgets.basic import Label
from stdpbench_gui.widgets.layouts import vbox
from stdpbench_gui.widgets.pictures import Picture


class WeightsPair(QWidget):
    """Two pictures in the shape of the source, with a colour for no synapse; a click selects a pixel."""

    picked = pyqtSignal(int, int)

    def __init__(self) -> None:
        super().__init__()
        self.now, self.change = Picture("Weights now"), Picture("Weight changes since the start")
        self.captions = (Label(), Label())
        layout = vbox(within=self, spacing=2)
        for picture, caption in zip((self.now, self.change), self.captions, strict=True):
            picture.clicked.connect(self.picked)
            picture.let_pick()
            picture.setToolTip("Click a pixel, or use the arrow keys, to follow its trace and weight")
            caption.setObjectName("faint")
            caption.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            caption.setWordWrap(True)
            layout.addWidget(picture, 1)
            layout.addWidget(caption)

    def show_step(self, moment: SlowMotion, step: int, shape: tuple[int, int], pixel: int) -> None:
        """Show the weights after a step; levels are those of the whole presentation."""
        start, end, w = moment.replay.start, moment.replay.end, moment.replay.weights(step)
        signed = bool((start < 0).any() or (end < 0).any())
        top = float(max(np.abs(start).max(initial=0.0), np.abs(end).max(initial=0.0))) or 1.0
        most, absent = float(np.abs(end - start).max(initial=0.0)), colour_maps.absent()
        span = most or 1.0
        now, change = (moment.per_source(each).reshape(shape) for each in (w, w - start))
        colours = colour_maps.diverging() if signed else colour_maps.sequential()
        self.now.show_values(now, -top if signed else 0.0, top, colours, absent)
        self.change.show_values(change, -span, span, colour_maps.diverging(), absent)
        gaps = f"; {thousands(len(start))} synapses" if np.isnan(now).any() else ""
        self.captions[0].setText(f"weights now\n{f'−{top:.3f}' if signed else '0'} to {top:.3f}{gaps}")
        moved = f"± {most:.2g}" if most else "no change"
        self.captions[1].setText(f"change so far\n{moved}")
        for picture in (self.now, self.change):
            picture.set_mark(divmod(pixel, shape[1]) if pixel >= 0 else None)

    def forget(self) -> None:
        """Clear both pictures."""
        for picture, caption in zip((self.now, self.change), self.captions, strict=True):
            picture.clear()
            caption.clear()
