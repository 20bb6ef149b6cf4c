"""The app opens with the settings that version 0.1.0 saved, and saves them under the same names."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from PyQt6.QtCore import QSettings
from PyQt6.QtWidgets import QDockWidget, QMainWindow

from stdpbench_gui.app.window import MainWindow
from stdpbench_gui.look import theme
from stdpbench_gui.look.motion import motion

ASSET = Path(__file__).parents[2] / "assets" / "version-0.1.0.zip"


RULE = {"kind": "oja", "eta": 0.002}
CHOSEN = {
    "runs/columns": json.dumps(["name", "vote"]),
    "runs/letters": json.dumps({"name": 50.0, "vote": 20.0}),
    "runs/sort": "name",
    "runs/at_once": "3",
    "motion/reduced": "true",
    "motion/fast_flicker": "true",
    "train/large": "true",
    "theme": "dark",
    "closing": "leave",
}


@pytest.fixture
def settings(tmp_path: Path) -> QSettings:
    """Settings of version 0.1.0; their folder exists."""
    with zipfile.ZipFile(ASSET) as asset:
        text = asset.read("settings.ini").decode()
    (tmp_path / "runs" / "finished").mkdir(parents=True)
    path = tmp_path / "settings.ini"
    path.write_text(text.replace("/home/somebody", str(tmp_path)))
    return QSettings(str(path), QSettings.Format.IniFormat)


@pytest.fixture
def chosen(settings: QSettings) -> None:
    """Set other values than the defaults under the same names."""
    settings.setValue("lab/state", json.dumps(json.loads(settings.value("lab/state")) | {"rule": RULE}))
    for name, value in CHOSEN.items():
        settings.setValue(name, value)


def areas(window: MainWindow) -> dict[str, list[str]]:
    """Return each panel with the panels tabbed with it."""
    docks = window.train.docks
    return {
        dock.objectName(): sorted(other.objectName() for other in docks.tabifiedDockWidgets(dock))
        for dock in docks.findChildren(QDockWidget)
    }


def test_settings_of_0_1_0_are_applied_and_keep_their_names(
    settings: QSettings, window: MainWindow, tmp_path: Path
) -> None:
    names = set(settings.allKeys())
    plain = QMainWindow()
    plain.restoreGeometry(settings.value("window/geometry"))
    assert window.size() == plain.size()
    assert window.services.recent.paths() == [tmp_path / "runs" / "finished"]
    assert window.runs_page.row_actions.export_folder == str(tmp_path)
    assert window.runs_page.table.runs.columns == json.loads(settings.value("runs/columns"))
    assert window.lab.state.kind == "diehl-cook-triplet"
    assert areas(window)["stimulus"] == ["network", "thresholds"]  # the panel that is new since then
    assert areas(window)["raster"] == areas(window)["weight-map"] == []
    settings.clear()
    window.services.recent.add(tmp_path / "runs" / "finished")
    for _ in range(2):
        window.actions_["reduce"].trigger()
    window.close()
    assert names <= set(settings.allKeys())


@pytest.mark.usefixtures("chosen")
def test_what_was_chosen_in_0_1_0_is_applied(settings: QSettings, window: MainWindow) -> None:
    table = window.runs_page.table
    letter = table.fontMetrics().horizontalAdvance("n")
    assert table.runs.columns == ["name", "vote"]
    assert abs(table.columnWidth(0) - table.columnWidth(1) - 30 * letter) <= 1
    assert table.runs.sort_by == "name"
    assert window.runs_page.queue.at_once.value() == 3
    assert theme.current() is theme.DARK
    assert motion.reduced
    assert motion.fast_flicker
    assert not window.actions_["ask"].isChecked()
    assert window.lab.state.rule.to_mapping().items() >= RULE.items()
    window.close()
    assert settings.value("train/large") == "true"
    for name in ("reduce", "flicker"):  # which hold for the process
        window.actions_[name].trigger()
