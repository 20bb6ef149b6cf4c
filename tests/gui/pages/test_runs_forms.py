"""Forms and dialogs for runs that exist: responses and weights of a run for a new one, and the check of chips."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from parts_of_window import choose
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot
from runs_table import act
from waiting import waits

from stdpbench.experiment import value_at, with_reference
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.lineage.features import features_of
from stdpbench_gui.app.window import MainWindow
from stdpbench_gui.dialogs.chip_check import ChipCheckDialog
from stdpbench_gui.pages.runs.page import RunsPage
from stdpbench_gui.widgets.basic import not_none


def test_a_reference_takes_the_responses_and_the_weights_of_runs(
    page: RunsPage, window: MainWindow, qtbot: QtBot, runs: Path
) -> None:
    form = window.services.forms.train_reference()
    waits(qtbot, form.isVisible)

    def row(name: str) -> Any:
        return form.form.row(f"run.{name}").editor

    waits(qtbot, lambda: row("responses of").findText("digits-a") > 0)
    choose(row("responses of"), "digits-a")
    assert not form.go.isEnabled()  # while the responses are read
    waits(qtbot, lambda: form.run.features == runs / "digits-a")
    data = features_of(RunFolder.open(runs / "digits-a"))
    assert form.experiment() == with_reference(form.run.given, "surrogate-gradient", {}, data)
    assert "--features" in form.text().command
    choose(row("weights of"), "digits-b")
    assert form.run.start_from == runs / "digits-b"
    assert f"--from {runs / 'digits-b'}" in form.text().command
    row("hold").click()
    assert form.text().command == "", "no command holds a run that starts from the weights of another one"
    row("hold").click()
    for _ in range(3):
        form.history.undo()
    assert row("weights of").currentIndex() == 0
    form.history.undo()
    assert (row("responses of").currentIndex(), value_at(form.experiment(), "data.kind")) == (0, "digits")
    form.reject()


def test_chips_are_checked_and_copied_with_their_sources(page: RunsPage, window: MainWindow, qtbot: QtBot) -> None:
    act(page, "hardware", "digits-a")
    waits(qtbot, lambda: isinstance(page.row_actions.dialog, ChipCheckDialog))
    dialog = page.row_actions.dialog
    assert not page.notices.tasks
    (loihi,) = dialog.tree.findItems("Loihi (Intel, 14 nm): does not fit", Qt.MatchFlag.MatchExactly)
    row = not_none(loihi.child(0))
    dialog.tree.setCurrentItem(row)
    dialog.copy_button.click()
    lines = not_none(QGuiApplication.clipboard()).text().splitlines()
    assert "Loihi (Intel, 14 nm): does not fit" in lines
    assert any(line.startswith("  1: ") for line in lines)
    dialog.reject()
    window.session.folder = None
    window.actions_["hardware"].trigger()
    assert window.message.text() == "No run is open; choose one on the Runs page."
