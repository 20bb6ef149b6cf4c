"""Pages that are made in steps."""

from __future__ import annotations

from pathlib import Path

import pytest
from packages import install_package
from PyQt6.QtCore import QSettings
from pytestqt.qtbot import QtBot
from waiting import kept, waits

from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench_gui.app.window import MainWindow
from stdpbench_gui.pages.evaluate.page import EvaluatePage
from stdpbench_gui.pages.rules.page import RulesPage
from stdpbench_gui.pages.runs.page import RunsPage
from stdpbench_gui.pages.titled_box import TitledBox
from stdpbench_gui.pages.train import TrainPage
from stdpbench_gui.panels import panels
from stdpbench_gui.panels.base import Panel
from stdpbench_gui.session.machine import Machine

PANEL = '''
from stdpbench_gui.panels.base import Panel


class Mean(Panel):
    """A panel that waits for a run."""

    key, title, help_text, empty_text = "acme-mean", "Mean", "The mean.", "The mean appears here."
'''


@pytest.fixture
def fresh(settings: QSettings, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MainWindow:
    """A window of which nothing but the Start page exists."""
    monkeypatch.setattr(Machine, "check", lambda self: None)
    window = kept(MainWindow(settings, tmp_path / "runs"), qtbot)
    assert window.pages.count() == 1
    return window


def is_whole(window: MainWindow) -> bool:
    return window.is_complete and None not in (window.evaluate_made, window.rules_made)


def test_all_pages_are_made_after_the_first_is_painted(fresh: MainWindow, qtbot: QtBot) -> None:
    fresh.show()
    waits(qtbot, lambda: is_whole(fresh))
    assert fresh.pages.currentWidget() is fresh.start
    assert fresh.pages.count() == len(fresh.page_names)
    assert list(panels.kinds()) == list(fresh.train.panels)


def test_a_panel_of_another_package_is_a_panel_of_the_train_page(
    settings: QSettings, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_package(monkeypatch, tmp_path, "[stdpbench.panels]\nacme-mean = acme_panel:Mean\n", acme_panel=PANEL)
    monkeypatch.setattr(Machine, "check", lambda self: None)
    window = kept(MainWindow(settings, tmp_path / "runs"), qtbot)
    window.show()
    waits(qtbot, lambda: is_whole(window))
    panel = window.train.panels["acme-mean"]
    assert panel.summary() == "The mean appears here."
    assert panel.toggleViewAction() in window.findChildren(type(panel.toggleViewAction()))


def test_a_page_that_is_used_early_is_whole_and_nothing_is_made_twice(fresh: MainWindow, qtbot: QtBot) -> None:
    fresh.show()
    waits(qtbot, lambda: fresh.pages.count() > 1)
    fresh.go_to("rules")
    assert fresh.pages.currentWidget() is fresh.lab
    assert len(fresh.lab.boxes) == 7
    assert {box for split in fresh.lab.splits.values() for box in split.findChildren(TitledBox)} == {*fresh.lab.boxes}
    fresh.actions_["evaluate-shown"].trigger()
    assert fresh.pages.currentWidget() is fresh.evaluate_made
    assert fresh.evaluate.isAncestorOf(fresh.evaluate.strip)
    waits(qtbot, lambda: is_whole(fresh))
    for kind, number in (
        (TrainPage, 1),
        (RunsPage, 1),
        (EvaluatePage, 1),
        (RulesPage, 1),
    ):
        assert len(fresh.findChildren(kind)) == number
    assert len(fresh.train.findChildren(Panel)) == len(panels.kinds())
    assert fresh.pages.count() == len(fresh.page_names)


def test_what_the_app_is_started_with_opens_before_the_other_pages_are_made(
    fresh: MainWindow, qtbot: QtBot, finished_run: RunFolder
) -> None:
    fresh.open_first(finished_run.path)
    fresh.show()
    assert fresh.message.text() == f"Opening {finished_run.path.name} …"
    waits(qtbot, lambda: fresh.session.folder is not None)
    assert fresh.session.folder.path == finished_run.path
    assert fresh.pages.currentWidget() is fresh.train
    assert not fresh.message.text()
    waits(qtbot, lambda: is_whole(fresh))


def test_a_window_closes_while_its_pages_are_made(fresh: MainWindow, settings: QSettings, qtbot: QtBot) -> None:
    fresh.show()
    waits(qtbot, lambda: fresh.pages.count() > 1)
    fresh.close()
    assert not fresh.isVisible()
    qtbot.wait(0)
    assert not fresh.is_complete
    assert settings.value("window/geometry") is not None
