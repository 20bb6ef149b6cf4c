"""The folder of the run on display is removed by another program: the app says so, and offers only what it can do."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PyQt6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot
from runs_table import copy
from small_run import small_experiment
from waiting import waits

from stdpbench.base.errors import StdpbenchError
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.lineage.branches import branch
from stdpbench.runs.lineage.features import Past
from stdpbench.runs.protocol.options import Options
from stdpbench.runs.protocol.states import State
from stdpbench_gui.app.window import MainWindow
from stdpbench_gui.dialogs.network_editor import NetworkEditor

NEED_FOLDER = ("evaluate-shown", "draw", "branch-shown", "neurons", "hardware")


@pytest.fixture
def finished(window: MainWindow, qtbot: QtBot, finished_run: RunFolder) -> Path:
    """Return the folder of a finished run, which the window shows."""
    path = copy(finished_run, window.runs, "digits-a", 0.5)
    window.open_run(path)
    waits(qtbot, lambda: window.session.folder is not None and not window.session.background.busy)
    assert window.train.bar.state.text() == "✓ finished"
    return path


def enabled(window: MainWindow) -> list[str]:
    return [key for key in NEED_FOLDER if window.actions_[key].isEnabled()]


def test_a_finished_run_says_that_its_folder_is_gone_until_it_is_back(
    window: MainWindow, qtbot: QtBot, finished: Path
) -> None:
    bar, tip = window.train.bar, window.actions_["draw"].toolTip()
    assert enabled(window) == list(NEED_FOLDER)
    finished.rename(finished.with_name("away"))
    waits(qtbot, lambda: bar.state.text() == "✓ finished, but its folder is gone")
    sentence = f"Its folder {finished} is gone: it was deleted or moved."
    assert (enabled(window), {window.actions_[key].toolTip() for key in NEED_FOLDER}) == ([], {sentence})
    buttons = {each.text(): each for each in bar.findChildren(QToolButton) if each.isVisible()}
    for text in ("Evaluate", "Draw a digit", "Film"):
        assert (buttons[text].isEnabled(), buttons[text].toolTip()) == (False, sentence)
    assert window.session.not_coming() == sentence
    window.actions_["edit-network"].trigger()  # needs only what the app has read
    assert isinstance(window.services.dialog, NetworkEditor)
    window.services.dialog.reject()
    finished.with_name("away").rename(finished)
    waits(qtbot, lambda: bar.state.text() == "✓ finished")
    assert (enabled(window), window.actions_["draw"].toolTip()) == (list(NEED_FOLDER), tip)


def test_a_run_in_the_bin_can_be_restored_and_does_not_count_as_gone(
    window: MainWindow, qtbot: QtBot, finished: Path
) -> None:
    looks: list[str] = []
    page = window.runs_page
    window.go_to("runs")
    waits(qtbot, lambda: page.model.entries)
    page.row_actions.delete(page.model.entries)
    waits(qtbot, lambda: not finished.exists() and page.steps.can_undo)
    window.session.changed.connect(lambda topics: looks.append(str(topics)))
    qtbot.wait(2500)
    assert ((looks, window.session.gone), enabled(window)) == (([], ""), list(NEED_FOLDER))
    page.steps.undo()
    waits(qtbot, finished.exists)
    shutil.rmtree(finished)
    waits(qtbot, lambda: window.session.gone)
    assert enabled(window) == []


def test_a_failed_run_without_a_folder_cannot_be_resumed(window: MainWindow, qtbot: QtBot) -> None:
    window.run_experiment(small_experiment(schedule__train_images=1000, schedule__passes=20), Options(history=False))
    waits(qtbot, lambda: window.session.live.progress.get("position", 0) > 2)
    shutil.rmtree(window.session.folder.path)
    window.session.request("checkpoint")  # a run that writes nothing does not notice
    waits(qtbot, lambda: window.session.state is State.FAILED and not window.session.connected)
    resume = window.actions_["pause"]
    assert (resume.text(), resume.isEnabled()) == ("Resume", False)
    assert not window.actions_["draw"].isEnabled()
    assert window.train.bar.state.text() == "✗ failed"
    assert "is gone" in window.train.bar.speed_text.text()


def test_a_branch_says_that_the_folder_is_gone(window: MainWindow, qtbot: QtBot, finished: Path) -> None:
    folder = RunFolder(finished)
    shutil.rmtree(finished)
    window.services.forms.branch_current()
    gone = f"its folder {finished} is gone: it was deleted or moved"
    waits(qtbot, lambda: window.message.text() == f"Cannot branch digits-a: {gone}")
    with pytest.raises(StdpbenchError, match=r"^its folder .* is gone"):
        Past.read(folder)
    with pytest.raises(StdpbenchError, match=r"^cannot branch digits-a: its folder .* is gone"):
        branch(folder, 20)
