"""Cost of the app: unchanged content causes no layout and no drawing."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pyqtgraph as pg
import pytest
from PyQt6.QtCore import QEvent, QObject, QRectF
from PyQt6.QtGui import QColor
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot
from waiting import PATIENCE_MS

from stdpbench_gui.look import theme
from stdpbench_gui.widgets.layout_barrier import LayoutBarrier
from stdpbench_gui.widgets.mosaic import MapImage


class Asked(QObject):
    """Counts the layout requests of a widget."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.times = 0
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 - Qt's name
        self.times += event is not None and event.type() == QEvent.Type.LayoutRequest
        return False


@pytest.fixture
def enclosed(qtbot: QtBot) -> tuple[QWidget, QLabel]:
    """A window with a label in a barrier, next to a label that takes the remaining space."""
    window, content, label = QWidget(), QWidget(), QLabel("000")
    QHBoxLayout(content).addWidget(label)
    layout = QVBoxLayout(window)
    layout.addWidget(LayoutBarrier(content))
    layout.addWidget(QLabel("below"))
    qtbot.addWidget(window)
    with qtbot.waitExposed(window, timeout=PATIENCE_MS):
        window.show()
    return window, label


def test_a_text_that_takes_no_other_room_asks_nobody(enclosed: tuple[QWidget, QLabel], qtbot: QtBot) -> None:
    window, label = enclosed
    wide = label.width()
    asked = Asked(window)
    label.setText("111")
    qtbot.wait(50)
    assert (label.text(), asked.times) == ("111", 0)
    assert label.width() == wide


@pytest.mark.usefixtures("qapp")
def test_the_map_has_the_colours_of_its_table() -> None:
    theme.apply("light")
    image = MapImage()
    colours = pg.ColorMap([0.0, 1.0], [QColor("#000000"), QColor("#ffffff")])
    image.set_colours(colours)
    values = np.array([[-1.0, 0.0, 0.5, 1.0, 2.0]], np.float32)
    image.show_values(values, QRectF(0, 0, 5, 1), (0.0, 1.0))
    assert image.image[0, :, 0].tolist() == [0, 0, 127, 255, 255]
    image.set_levels(0.0, 2.0)
    assert image.image[0, :, 0].tolist() == [0, 0, 63, 127, 255]
    assert image.mapRectToParent(image.boundingRect()) == QRectF(0, 0, 5, 1)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is always a display")
def test_qt_draws_in_one_thread() -> None:
    code = "import os; from stdpbench_gui import app; app.main([]); print(os.environ['QT_NO_GUI_THREADPOOL'])"
    displays = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", "QT_NO_GUI_THREADPOOL")
    nowhere = {name: value for name, value in os.environ.items() if name not in displays}
    done = subprocess.run([sys.executable, "-c", code], env=nowhere, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "1"
