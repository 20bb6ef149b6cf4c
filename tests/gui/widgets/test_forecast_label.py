"""Every dialog that starts a run shows its expected duration."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from parts_of_window import dialog_of
from pytestqt.qtbot import QtBot
from small_run import small_experiment
from waiting import waits

from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench_gui.app.window import MainWindow
from stdpbench_gui.dialogs.new_run_form import NewRunForm


@pytest.fixture
def known(window: MainWindow, finished_run: RunFolder) -> Path:
    """A finished run of this machine in the runs folder."""
    path = window.runs / "known"
    shutil.copytree(finished_run.path, path, ignore=shutil.ignore_patterns("lock", "requests"))
    return path


def test_an_experiment_file_says_what_it_takes_before_it_is_run(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, known: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[RunFolder] = []
    monkeypatch.setattr(window.session, "start", started.append)
    made = small_experiment()
    file = tmp_path / "mine.toml"
    file.write_text(made.to_toml(), encoding="utf-8")
    window.services.open_path(file)
    dialog = dialog_of(window, qtbot, NewRunForm)
    waits(qtbot, lambda: dialog.time.text().startswith("About "))
    assert "for 60 training presentations, as in the run known" in dialog.time.text()
    assert not started
    dialog.go.click()
    waits(qtbot, lambda: started)
    assert ([folder.experiment for folder in started], window.services.recent.paths()) == ([made], [file])
