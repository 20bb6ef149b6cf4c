"""The area that plots are drawn in."""

from __future__ import annotations

import pyqtgraph as pg
from PyQt6.QtCore import Qt


class PlotArea(pg.GraphicsLayoutWidget):  # type: ignore[misc]
    """pyqtgraph's area for several plots. It is opaque, so that Qt does not paint the widgets behind it."""

    def __init__(self) -> None:
        super().__init__()
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
