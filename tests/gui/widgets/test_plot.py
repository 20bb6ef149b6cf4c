from __future__ import annotations

import numpy as np
import pyqtgraph as pg
import pytest
from pytestqt.qtbot import QtBot
from waiting import PATIENCE_MS, kept

from stdpbench_gui.widgets import plot
from stdpbench_gui.widgets.plot import Plot


def shown(made: pg.PlotItem, qtbot: QtBot) -> pg.GraphicsLayoutWidget:
    around = kept(pg.GraphicsLayoutWidget(), qtbot)
    around.addItem(made)
    made.plot(np.linspace(0, 1, 50), np.cos(np.arange(50.0)), pen="r", symbol="o")
    made.setLabel("bottom", "time (s)")
    around.resize(300, 200)
    with qtbot.waitExposed(around, timeout=PATIENCE_MS):
        around.show()
    return around


def test_a_plot_looks_and_behaves_like_that_of_pyqtgraph(qtbot: QtBot) -> None:
    """But for the minus sign of its axes."""
    sides = ("left", "bottom")
    ours, theirs = Plot(), pg.PlotItem(enableMenu=False, axisItems={side: plot.Axis(side) for side in sides})
    around = shown(ours, qtbot), shown(theirs, qtbot)  # kept: both plots are deleted with them
    assert around[0].grab().toImage() == around[1].grab().toImage()
    for mode in ("alphaState", "pointMode", "downsampleMode", "clipToViewMode", "menuEnabled"):
        assert getattr(ours, mode)() == getattr(theirs, mode)(), mode
    options = [name for name, option in vars(theirs.ctrl).items() if hasattr(option, "isChecked")]
    assert len(options) > 20
    for name in options:
        assert getattr(ours.ctrl, name).isChecked() == getattr(theirs.ctrl, name).isChecked(), name
    with pytest.raises(AttributeError):  # rather than an option that does nothing
        ours.setLogMode(x=True)
    for made in (ours, theirs):
        made.clear()
        assert made.listDataItems() == []
