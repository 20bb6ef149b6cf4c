"""The command palette finds the entries of menus of panels, and recent runs, and carries them out."""

from __future__ import annotations

import pytest
from parts_of_window import open_run
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot

from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench_gui.app.window import MainWindow


def found(window: MainWindow, words: str) -> int:
    """Return how many entries have these words."""
    palette = window.open_palette()
    palette.field.setText(words)
    rows = palette.filter.rowCount()
    palette.reject()
    return rows


@pytest.mark.shared_window
def test_entries_of_panels_and_recent_runs_are_found_and_carried_out(
    window: MainWindow, qtbot: QtBot, finished_run: RunFolder
) -> None:
    window.complete()
    open_run(window, qtbot, finished_run.path)
    window.go_to("train")
    panel = window.train.panels["weight-map"]
    window.train.bring(panel)
    entry = next(action for action in panel.menu.actions() if action.text() == "Mark duplicates")
    before = entry.isChecked()

    palette = window.open_palette()
    qtbot.keyClicks(palette.field, "weight map mark duplicates")
    assert palette.view.currentIndex().data() == "Weight map: Mark duplicates"
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert entry.isChecked() != before
    name = "panel-weight-map-mark-duplicates"
    known = {each.action.objectName(): each.action for each in window.actions_.everything()}
    assert len(known) == len(window.actions_.everything()), "names differ"
    known[name].trigger()
    assert entry.isChecked() == before

    assert found(window, f"open recent {finished_run.path.name}") == 1
    assert found(window, "weight map show difference from the start") == 1, "in a menu in a menu"
    panel.close()
    window.train.bring(window.train.panels["log"])
    assert found(window, "weight map mark duplicates") == 0, "it is closed"
    window.train.bring(panel)
    window.go_to("runs")
    assert found(window, "weight map mark duplicates") == 0, "it is on another page"
    assert found(window, "comparison copy numbers") == 1
