"""Every panel without a run, and panels when another run is opened."""

from __future__ import annotations

from pathlib import Path

import pytest
from frames import draw_frame, frame
from pytestqt.qtbot import QtBot
from synthetic import block, redraw, session, show
from waiting import waits

from stdpbench_gui.app.window import MainWindow
from stdpbench_gui.panels import panels
from stdpbench_gui.panels.base import Panel
from stdpbench_gui.panels.curves.curves_panel import Curves
from stdpbench_gui.panels.raster.raster_panel import Raster
from stdpbench_gui.panels.stimulus import Stimulus
from stdpbench_gui.panels.thresholds import Thresholds
from stdpbench_gui.session.run_session import RunSession


@pytest.mark.parametrize("kind", panels.usable().values(), ids=panels.kinds())
def test_it_says_what_it_needs_until_there_is_something_to_show(kind: type[Panel], qtbot: QtBot) -> None:
    panel = show(kind(RunSession()), qtbot)
    assert not panel.body.isVisible()
    assert panel.summary() == panel.empty_text
    table = panel.table()
    assert table is None or not table[1]
    assert panel.figure() is None


@pytest.mark.parametrize("layout", ["Watch", "Inspect"])
def test_what_is_coming_is_said_once(window: MainWindow, qtbot: QtBot, layout: str) -> None:
    train = window.train
    window.resize(1280, 800)
    window.go_to("train")
    train.arrange(layout)
    weights = train.panels["weight-map"]

    def said() -> dict[str, str]:
        empty = {key: panel.empty for key, panel in train.panels.items()}
        return {key: label.text() for key, label in empty.items() if not label.visibleRegion().isEmpty()}

    def texts() -> list[str]:
        return list(filter(None, said().values()))

    waits(qtbot, lambda: len(said()) > 3)
    waits(qtbot, lambda: texts() == [weights.empty_text])
    assert all(panel.summary() == panel.empty_text for key, panel in train.panels.items() if key in said())
    train.arrange("Watch")


def test_the_rules_page_says_once_that_curves_are_coming(window: MainWindow) -> None:
    window.go_to("rules")
    texts = (box.empty.text() for box in window.lab.boxes if box.empty.isVisible())
    assert list(filter(None, texts)) == [window.lab.plots[0].empty_text]


@pytest.mark.usefixtures("unlimited_redraws")
@pytest.mark.parametrize("kind", [Curves, Raster, Stimulus, Thresholds])
def test_another_run_begins_anew(kind: type[Panel], qtbot: QtBot, tmp_path: Path) -> None:
    panel = show(kind(session(tmp_path, (10, block()))), qtbot)
    draw_frame(panel, frame(1))
    assert panel.summary() != panel.empty_text
    live = panel.session.live
    live.presentation, live.network = {}, {}
    live.blocks.clear()
    panel.session.opened.emit()
    redraw(panel)
    assert panel.summary() == panel.empty_text
