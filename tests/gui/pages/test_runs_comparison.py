"""The comparison of many ticked runs on the Runs page, on a screen of 1280 × 800."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot
from runs_table import copy
from waiting import waits

from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench_gui.app.window import MainWindow
from stdpbench_gui.pages.runs.comparison import ComparisonPanel
from stdpbench_gui.pages.runs.page import RunsPage

NAMES = [f"digits-seed{seed}-20260101-1016{seed:02}" for seed in range(20)]
LONG = [f"digits-a-long-name-of-an-experiment-{letter * 30}-20260101-101600" for letter in "abcdefghijklmnopqrst"]


@pytest.fixture
def page(request: pytest.FixtureRequest, window: MainWindow, qtbot: QtBot, finished_run: RunFolder) -> RunsPage:
    names: list[str] = request.param
    for name in names:
        copy(finished_run, window.runs, name, 0.5)
    window.resize(1280, 800)
    window.go_to("runs")
    waits(qtbot, lambda: window.runs_page.model.n_all == len(names))
    return window.runs_page


def text(panel: ComparisonPanel) -> str:
    return panel.legend.toPlainText().replace("\u2011", "-").replace("\u2060", "").replace("\u00a0", " ")


def drawn(panel: ComparisonPanel) -> list[str]:
    """Return the runs that have a line in a plot; all plots must have the same."""
    lines = {tuple(panel.plots[name].drawn) for name in ("spikes", "mean_theta")}
    return list(lines.pop()) if len(lines) == 1 else []


@pytest.mark.parametrize("page", [[*NAMES[:10], *LONG[:10]]], indirect=True)
def test_each_of_twenty_lines_is_drawn_and_named(page: RunsPage, qtbot: QtBot) -> None:
    names = [*NAMES[:10], *LONG[:10]]
    page.selection.tick(names)
    panel = page.comparison
    waits(qtbot, lambda: drawn(panel) == names)
    assert all(f"seed{seed}" in text(panel) for seed in range(10))
    assert all(letter * 30 in text(panel) for letter in "abcdefghij")
    assert panel.legend.height() <= 0.35 * panel.height()  # it scrolls
    assert not panel.weights.isVisible()
    page.selection.only(names[:2])
    waits(qtbot, lambda: drawn(panel) == names[:2])
    maps = panel.show_weights()
    waits(qtbot, lambda: not maps.picture.pixmap().isNull())
    newest, last = maps.strip.track.at, maps.picture.pixmap().toImage()
    qtbot.keyClick(maps.strip, Qt.Key.Key_Home)
    assert (maps.strip.track.at, newest) == (0, maps.strip.track.positions[-1])
    waits(qtbot, lambda: maps.picture.pixmap().toImage() != last)
