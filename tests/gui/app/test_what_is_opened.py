"""Dropped and recent files: what opens, and the messages about what does not."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import QMimeData, QPointF, QSettings, Qt, QUrl
from PyQt6.QtGui import QDropEvent
from pytestqt.qtbot import QtBot
from small_run import small_experiment
from waiting import kept, waits

from stdpbench.bridges.nir.imported import NirNetwork
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.lineage.export import export_run
from stdpbench.runs.protocol.states import State
from stdpbench_gui.app import run_forms
from stdpbench_gui.app.window import MainWindow
from stdpbench_gui.dialogs.own_data import OwnDataDialog
from stdpbench_gui.widgets.basic import not_none


def drop(window: MainWindow, *paths: Path | QUrl) -> None:
    data = QMimeData()
    data.setUrls([path if isinstance(path, QUrl) else QUrl.fromLocalFile(str(path)) for path in paths])
    window.dropEvent(
        QDropEvent(
            QPointF(5, 5),
            Qt.DropAction.CopyAction,
            data,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
    )


def test_a_run_folder_that_is_dropped_is_shown_and_stands_among_the_recent(
    window: MainWindow, qtbot: QtBot, finished_run: RunFolder, settings: QSettings
) -> None:
    drop(window, finished_run.path)
    waits(qtbot, lambda: window.session.folder is not None)
    assert window.pages.currentWidget() is window.train
    assert window.session.state is State.FINISHED
    assert window.services.recent.paths() == [finished_run.path]
    other = kept(MainWindow(settings, window.runs), qtbot)
    names = [action.text() for action in other.services.recent.menu.actions()]
    assert names[0] == finished_run.path.name
    other.services.recent.menu.actions()[0].trigger()
    waits(qtbot, lambda: other.session.folder is not None)
    other.services.recent.clear()
    assert not other.services.recent.paths()


@pytest.mark.shared_window
def test_an_unknown_file_is_named_in_a_message(window: MainWindow, tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("nothing of the sort", encoding="utf-8")
    drop(window, file)
    assert "notes.txt is not a run folder" in window.message.text()
    drop(window, tmp_path / "gone.csv")
    assert f"There is no file or folder {tmp_path / 'gone.csv'}" in window.message.text()


@pytest.mark.shared_window
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="has no pipes in folders")
def test_a_pipe_that_nobody_writes_to_does_not_stop_the_window(window: MainWindow, tmp_path: Path) -> None:
    pipe = tmp_path / "table.csv"
    os.mkfifo(pipe)
    drop(window, pipe)
    assert "table.csv is not a run folder" in window.message.text()


@pytest.mark.shared_window
def test_a_pair_of_files_that_is_dropped_opens_one_dialog(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (30, 8, 8), np.uint8)
    images, labels = tmp_path / "train-images-idx3-ubyte", tmp_path / "train-labels-idx1-ubyte"
    images.write_bytes(struct.pack(">4B3I", 0, 0, 8, 3, *pixels.shape) + pixels.tobytes())
    labels.write_bytes(struct.pack(">4BI", 0, 0, 8, 1, 30) + bytes(k % 3 for k in range(30)))
    drop(window, labels, images)
    (dialog,) = window.findChildren(OwnDataDialog)
    waits(qtbot, lambda: dialog.experiment is not None)
    assert "3 classes" in dialog.status.text()
    assert not window.message.text()
    dialog.reject()


@pytest.mark.shared_window
def test_further_dropped_files_are_named_as_ignored(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Path] = []
    monkeypatch.setattr(window, "run_file", opened.append)
    files = [tmp_path / name for name in ("one.toml", "two.toml")]
    for file in files:
        file.write_text('name = "x"\n', encoding="utf-8")
    drop(window, *files)
    assert opened == files[:1]
    assert "Ignored: two.toml." in window.message.text()


@pytest.mark.shared_window
def test_a_remote_url_is_not_opened(window: MainWindow) -> None:
    drop(window, QUrl("https://example.org/pictures.npz"))
    assert "Only local files" in window.message.text()
    assert not window.findChildren(OwnDataDialog)


def test_a_recent_file_that_cannot_be_looked_at_does_not_keep_the_app_from_opening(
    qtbot: QtBot, settings: QSettings, tmp_path: Path
) -> None:
    settings.setValue("recent", ["/" + "x" * 300, str(tmp_path)])  # the name is too long for the file system
    window = kept(MainWindow(settings, tmp_path / "runs"), qtbot)
    assert window.services.recent.paths() == [tmp_path]
    window.services.open_path(Path("/" + "x" * 300))
    assert "Cannot open /xxx" in window.message.text()


def test_an_exported_run_is_unpacked_and_shown(
    window: MainWindow, qtbot: QtBot, finished_run: RunFolder, tmp_path: Path
) -> None:
    export_run(finished_run, tmp_path / "one.stdpbench.zip")
    window.services.open_path(tmp_path / "one.stdpbench.zip")
    waits(qtbot, lambda: window.session.folder is not None)
    assert not_none(window.session.folder).path == window.runs / finished_run.path.name
    waits(qtbot, lambda: window.session.live.state is State.FINISHED)
    said: list[str] = []
    window.session.message.connect(said.append)
    window.services.open_path(tmp_path / "one.stdpbench.zip")
    waits(qtbot, lambda: any("already exists" in sentence for sentence in said))


@pytest.mark.shared_window
def test_the_network_of_a_nir_file_is_run(window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Path] = []

    def network(path: Path, _: object) -> NirNetwork:
        read.append(path)
        return NirNetwork(small_experiment(), {"feed.w": np.ones((64, 4))}, ("Its times are seconds.",))

    monkeypatch.setattr(run_forms, "nir_network", network)
    started: list[Callable[[], RunFolder]] = []
    monkeypatch.setattr(window.session, "start_new", started.append)
    file = tmp_path / "elsewhere.nir"
    file.write_bytes(b"")
    drop(window, file)
    folder = started[0]()
    assert read == [file]
    assert folder.path.parent == window.runs
    origin = folder.read_json("run.json")["nir"]
    assert origin["file"] == "elsewhere.nir"
    assert origin["remark"].startswith("Its times are seconds.")


def test_a_digit_is_drawn_from_the_start_page(window: MainWindow, qtbot: QtBot) -> None:
    window.complete()
    window.start.draw_button.click()
    assert window.services.drawing.isVisible()
    waits(qtbot, lambda: window.session.folder is not None)  # the network that comes with the app
    window.services.drawing.close()
