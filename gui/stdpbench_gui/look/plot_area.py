"""The ground that plots are drawn on."""

from __future__ import annotations

import pyqtgraph as pg
from PyQt6.QtCore import Qt


class PlotArea(pg.GraphicsLayoutWidget):  # type: ignore[misc]
    """pyqtgraph's area for several plots. It paints all of its ground, so that Qt need not paint what lies behind."""

    def __init__(self) -> None:
        super().__init__()
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
