"""The comparison of many ticked runs on the Runs page, on a screen of 1280 × 800."""

from __future__ import annotations

import pytest
from PyQt6.QtGui import QTextDocument
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
    document = QTextDocument()
    document.setHtml(panel.legend.text())
    plain = document.toPlainText()
    return plain.replace("\u2011", "-").replace("\u2060", "").replace("\u00a0", " ")


def drawn(panel: ComparisonPanel) -> list[str]:
    """Return the runs that have a line in a plot; all plots must have the same."""
    lines = {tuple(item.name() for item in panel.plots[name].listDataItems()) for name in ("spikes", "mean_theta")}
    return list(lines.pop()) if len(lines) == 1 else []


@pytest.mark.parametrize("page", [NAMES], indirect=True)
def test_each_of_twenty_lines_is_named(page: RunsPage, qtbot: QtBot) -> None:
    page.selection.tick(NAMES)
    panel = page.comparison
    waits(qtbot, lambda: drawn(panel) == NAMES)
    assert all(f"…seed{seed}" in text(panel) for seed in range(20))
    assert "more" not in text(panel)
    assert not panel.left_out
    assert panel.legend.heightForWidth(panel.legend.width()) <= panel.legend.height()


@pytest.mark.parametrize("page", [LONG], indirect=True)
def test_lines_without_room_for_their_names_are_not_drawn(page: RunsPage, window: MainWindow, qtbot: QtBot) -> None:
    page.selection.tick(LONG)
    panel = page.comparison

    def n() -> int:
        waits(qtbot, lambda: len(drawn(panel)) == panel.legend.named > 0)
        return len(drawn(panel))

    waits(qtbot, lambda: bool(panel.left_out) and page.selection.comparison is not None)
    few = n()
    assert 0 < few < len(LONG)
    assert drawn(panel) == LONG[:few]
    sentence = f"Showing {few} of 20 runs; a larger panel names more."
    assert text(panel).endswith(sentence)
    assert sentence in panel.summary()
    assert [letter for letter in "abcdefghijklmnopqrst" if letter * 30 in text(panel)] == list(
        "abcdefghijklmnopqrst"[:few]
    )
    assert all(name in panel.legend.toolTip() for name in LONG)
    window.resize(2400, 1400)
    waits(qtbot, lambda: panel.legend.named > few)
    more = n()
    assert drawn(panel) == LONG[:more]
    page.selection.only(LONG[:2])
    waits(qtbot, lambda: drawn(panel) == LONG[:2])
    assert not panel.left_out
