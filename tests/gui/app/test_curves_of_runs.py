"""Curves of many runs in the layouts of the Train page, on a screen of 1280 × 800."""

from __future__ import annotations

import pytest
from parts_of_window import panel_of
from PyQt6.QtGui import QTextDocument
from pytestqt.qtbot import QtBot
from runs_table import copy
from waiting import waits

from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench_gui.app.window import MainWindow
from stdpbench_gui.panels.curves.curves_panel import Curves

NAMES = [f"digits-nu{value}-seed0-20260101-10150{n}" for n, value in enumerate((0.003, 0.005, 0.02, 0.03, 0.05))]
NAMES += [f"digits-seed{seed}-20260101-1016{seed:02}" for seed in range(1, 16)]


def entries(curves: Curves) -> list[str]:
    """Return the names in the legend of the runs."""
    document = QTextDocument()
    document.setHtml(curves.runs.text())
    text = document.toPlainText().replace("\u2011", "-").replace("\u2060", "").partition("Showing")[0]
    return [part.replace("\u00a0", " ").strip() for part in text.split("\ufffc")[1:]]


def drawn(curves: Curves) -> list[list[str]]:
    """Return the names of the lines of each plot, that of this run first."""
    lines = [[key for key, item in plot._items.items() if len(item.getData()[0])] for plot in curves.shown]
    return [[name for _, name in sorted(some)] for some in lines]


@pytest.mark.parametrize("layout", ["Watch", "Inspect"])
def test_every_line_of_eight_runs_beside_this_one_is_named(
    window: MainWindow, qtbot: QtBot, finished_run: RunFolder, layout: str
) -> None:
    for name in ("digits-seed0-20260101-101500", *NAMES):
        copy(finished_run, window.runs, name, 0.5)
    curves = panel_of(window, Curves)
    window.resize(1280, 800)
    window.go_to("runs")
    waits(qtbot, lambda: window.runs_page.model.n_all == len(NAMES) + 1)
    window.open_run(window.runs / "digits-seed0-20260101-101500")
    window.runs_page.selection.tick(NAMES[:8])
    window.go_to("train")
    window.train.arrange(layout)
    curves.show()
    curves.raise_()
    waits(qtbot, lambda: len(curves.overlays.shown()) == 8 and len(entries(curves)) == 9)
    waits(qtbot, lambda: len(curves.shown) == 2 and all(len(names) == 9 for names in drawn(curves)))
    short = [
        "this run",
        *(f"…nu{value}-seed0" for value in (0.003, 0.005, 0.02, 0.03, 0.05)),
        "…seed1",
        "…seed2",
        "…seed3",
    ]
    assert entries(curves) == short
    assert drawn(curves) == [short, short]
    assert all(name in curves.runs.toolTip() for name in NAMES[:8])
    for plot in curves.shown:
        assert plot.plot.getViewBox().height() > 40
        assert not plot.legend.isVisible()
        assert curves.runs.geometry().bottom() < plot.mapTo(curves.body, plot.rect().topLeft()).y()
    assert curves.runs.heightForWidth(curves.runs.width()) <= curves.runs.height()
    window.runs_page.selection.tick(NAMES)
    waits(qtbot, lambda: "Showing" in curves.runs.text() or len(entries(curves)) == 21)
    waits(qtbot, lambda: drawn(curves) == [entries(curves)] * 2)
    n = len(entries(curves)) - 1
    assert n >= 8
    assert (f"Showing {n} of 20 overlays; a larger panel names more." in curves.summary()) == (n < 20)
    window.runs_page.selection.only([])
    waits(qtbot, lambda: curves.runs.isHidden() and "proportion" in curves.plots[0].legend.toPlainText())
    assert sorted(drawn(curves)[0]) == ["confidence", "likelihood", "proportion", "vote"]
    window.train.arrange("Watch")
