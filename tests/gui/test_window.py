"""The window: pages, menus, palette, themes, what is dropped on it, and how it closes."""

from __future__ import annotations

import os
import re
import struct
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PyQt6.QtCore import QMimeData, QPointF, QSettings, Qt, QUrl
from PyQt6.QtGui import QDropEvent, QGuiApplication
from PyQt6.QtWidgets import QDialog, QLabel, QMenu, QMessageBox, QPushButton, QTabBar, QToolButton
from pytestqt.qtbot import QtBot
from small_run import small_experiment

from stdpbench.errors import StdpbenchError
from stdpbench.runs.client import state_of
from stdpbench.runs.folder import RunFolder
from stdpbench.runs.states import State
from stdpbench_gui import crash, habits, theme
from stdpbench_gui.data_fetch import FetchDialog
from stdpbench_gui.habits import ClosingQuestion
from stdpbench_gui.motion import motion
from stdpbench_gui.own_data import OwnDataDialog
from stdpbench_gui.panels.raster import Raster
from stdpbench_gui.window import MainWindow


def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python lines in a process of their own, as Qt lives once per process."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY")
    }
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


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


# -- pages, actions, themes ------------------------------------------------------------------------


@pytest.mark.display
def test_it_opens_painted_on_the_start_page(window: MainWindow) -> None:
    assert window.windowTitle().startswith("stdpbench")
    assert window.pages.currentWidget() is window.start
    image = window.grab().toImage()
    colours = {image.pixel(x, y) for x in range(0, image.width(), 40) for y in range(0, image.height(), 40)}
    assert len(colours) > 3


@pytest.mark.display
def test_every_page_is_reached_by_rail_and_by_menu(window: MainWindow) -> None:
    for name, page in window._page_of.items():
        window.go_to("start")
        window._rail_buttons[name].click()
        assert window.pages.currentWidget() is page
        window.go_to("start")
        window.actions_[f"page-{name}"].trigger()
        assert window.pages.currentWidget() is page


def test_what_can_be_pressed_has_a_name(window: MainWindow) -> None:
    for page in window._page_of:
        window.go_to(page)
        unnamed = [
            button
            for button in window.findChildren(QPushButton) + window.findChildren(QToolButton)
            if button.isVisible() and not button.accessibleName() and not button.text()
        ]
        # Qt's own, at the ends of a row of tabs
        assert [b for b in unnamed if b.objectName() not in ("ScrollLeftButton", "ScrollRightButton")] == []
    for panel in window.train.panels.values():
        assert panel.accessibleName()
        assert panel.help_text
        assert panel.empty_text


def test_every_action_stands_in_a_menu_and_shortcuts_are_told_apart(window: MainWindow) -> None:
    in_menus = {action for menu in window.findChildren(QMenu) for action in menu.actions()}
    shortcuts: dict[str, str] = {}
    for entry in window.actions_:
        assert entry.action in in_menus, entry.action.text()
        keys = entry.action.shortcut().toString()
        assert not keys or keys not in shortcuts, f"{keys}: {shortcuts.get(keys)} and {entry.action.text()}"
        shortcuts[keys] = entry.action.text()
    titles = [action.text() for action in window.menuBar().actions()]  # type: ignore[union-attr]
    assert titles[-1] == "&Help"


@pytest.mark.display
def test_the_palette_finds_an_action_by_a_few_letters(window: MainWindow, qtbot: QtBot) -> None:
    palette = window.open_palette()
    everything = palette.filter.rowCount()
    qtbot.keyClicks(palette.field, "train page")
    assert 1 <= palette.filter.rowCount() < everything
    assert not palette.nothing.isVisible()
    qtbot.keyClicks(palette.field, " with no such words")
    assert palette.nothing.isVisible()
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert palette.isVisible()
    palette.field.setText("train page")
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert window.pages.currentWidget() is window.train


@pytest.mark.display
def test_themes_switch_and_are_remembered(window: MainWindow, settings: QSettings) -> None:
    app = QGuiApplication.instance()
    assert isinstance(app, QGuiApplication)
    window.actions_["theme-dark"].trigger()
    assert theme.current().dark
    assert app.palette().window().color().lightness() < 80
    window.actions_["theme-light"].trigger()
    assert not theme.current().dark
    assert app.palette().window().color().lightness() > 200
    assert settings.value("theme") == "light"
    chosen = [name for name in ("system", "light", "dark") if window.actions_[f"theme-{name}"].isChecked()]
    assert chosen == ["light"]  # the menu says which it is


def test_reduced_motion_is_remembered(window: MainWindow, settings: QSettings, qtbot: QtBot) -> None:
    docks = window.train.docks
    window.actions_["reduce"].trigger()
    assert motion.reduced
    assert not docks.dockOptions() & docks.DockOption.AnimatedDocks
    other = MainWindow(settings, window.runs)
    qtbot.addWidget(other)
    other.complete()
    assert other.actions_["reduce"].isChecked()
    window.actions_["reduce"].trigger()
    assert not motion.reduced


def test_f1_explains(window: MainWindow) -> None:
    for name in ("start", "runs"):
        window.go_to(name)
        window.actions_["explain"].trigger()
        explained = window._page_of[name].findChild(QMessageBox)
        assert explained is not None
        assert len(explained.text()) > 100
        explained.close()
    window.go_to("evaluate")
    window.actions_["explain"].trigger()
    assert "F1" in window.message.text()


def test_each_panel_says_what_it_shows_with_a_reference(window: MainWindow) -> None:
    panels = [*window.train.panels.values(), *window.evaluate.boxes, *window.lab.boxes]
    without = ("log", "Log", "Parameters")  # which show nothing that a paper could explain
    texts = {panel.title: panel.help_text for panel in panels if panel.title not in without}
    assert not [title for title, text in texts.items() if not re.search(r"doi:|J\. Mach", text)]


def test_ctrl_q_quits(window: MainWindow, qtbot: QtBot) -> None:
    window.activateWindow()
    qtbot.keyClick(window, Qt.Key.Key_Q, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: not window.isVisible())


# -- what is opened --------------------------------------------------------------------------------


def test_a_run_folder_that_is_dropped_is_shown_and_stands_among_the_recent(
    window: MainWindow, qtbot: QtBot, finished_run: RunFolder, settings: QSettings
) -> None:
    drop(window, finished_run.path)
    qtbot.waitUntil(lambda: window.session.folder is not None, timeout=60_000)
    assert window.pages.currentWidget() is window.train
    assert window.session.state is State.FINISHED
    assert window.habits.recent.paths() == [finished_run.path]
    other = MainWindow(settings, window.runs)
    qtbot.addWidget(other)
    names = [action.text() for action in other.habits.recent._menu.actions()]
    assert names[0] == finished_run.path.name
    other.habits.recent._menu.actions()[0].trigger()
    qtbot.waitUntil(lambda: other.session.folder is not None, timeout=60_000)
    other.habits.recent.clear()
    assert not other.habits.recent.paths()


def test_pictures_that_are_dropped_open_the_dialog(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    file = tmp_path / "mine.npz"
    np.savez(file, images=np.random.default_rng(0).integers(0, 255, (30, 8, 8), np.uint8))
    drop(window, file)
    dialog = window.habits.dialog
    assert isinstance(dialog, OwnDataDialog)
    qtbot.waitUntil(lambda: dialog.experiment is not None, timeout=60_000)
    dialog.reject()


def test_what_is_nothing_is_told_so(window: MainWindow, tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("nothing of the sort", encoding="utf-8")
    drop(window, file)
    assert "notes.txt is no run folder" in window.message.text()


def test_a_pair_of_files_that_is_dropped_opens_one_dialog(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (30, 8, 8), np.uint8)
    images, labels = tmp_path / "train-images-idx3-ubyte", tmp_path / "train-labels-idx1-ubyte"
    images.write_bytes(struct.pack(">4B3I", 0, 0, 8, 3, *pixels.shape) + pixels.tobytes())
    labels.write_bytes(struct.pack(">4BI", 0, 0, 8, 1, 30) + bytes(k % 3 for k in range(30)))
    drop(window, labels, images)
    (dialog,) = window.findChildren(OwnDataDialog)
    qtbot.waitUntil(lambda: dialog.experiment is not None, timeout=60_000)
    assert "3 classes" in dialog.said.text()
    assert not window.message.text()
    dialog.reject()


def test_what_is_dropped_beside_it_and_is_not_opened_is_named(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Path] = []
    monkeypatch.setattr(window, "run_file", opened.append)
    files = [tmp_path / name for name in ("one.toml", "two.toml")]
    for file in files:
        file.write_text('name = "x"\n', encoding="utf-8")
    drop(window, *files)
    assert opened == files[:1]
    assert "not two.toml" in window.message.text()


def test_what_lies_on_another_machine_is_not_taken_for_the_working_folder(window: MainWindow) -> None:
    drop(window, QUrl("https://example.org/pictures.npz"))
    assert "this machine" in window.message.text()
    assert not window.findChildren(OwnDataDialog)


def test_a_recent_file_that_cannot_be_looked_at_does_not_keep_the_app_from_opening(
    qtbot: QtBot, settings: QSettings, tmp_path: Path
) -> None:
    settings.setValue("recent", ["/" + "x" * 300, str(tmp_path)])  # too long a name: the system refuses to look
    window = MainWindow(settings, tmp_path / "runs")
    qtbot.addWidget(window)
    assert window.habits.recent.paths() == [tmp_path]
    window.habits.open_path(Path("/" + "x" * 300))
    assert "cannot be opened" in window.message.text()


def test_every_card_of_an_experiment_has_a_picture_that_follows_the_theme(window: MainWindow) -> None:
    seen = []
    for name in ("light", "dark"):
        window.set_theme(name)
        pictures = [
            [label.pixmap().toImage() for label in card.findChildren(QLabel) if not label.pixmap().isNull()]
            for card in window.start.cards.values()
        ]
        assert all(len(of_card) == 1 for of_card in pictures)
        seen.append(pictures[-1][0])
    assert seen[0] != seen[1]


def test_a_very_long_name_widens_no_page(window: MainWindow) -> None:
    name = "n" * 250
    before = [page.minimumSizeHint().width() for page in (window.start.recent, window.runs_page.notices)]
    window.start.show_recent([(window.runs / name, "finished")])
    window.runs_page.notices.tell(f"{name} is back from the bin.")
    for page, width in zip((window.start.recent, window.runs_page.notices), before, strict=True):
        assert page.minimumSizeHint().width() < width + 500
    assert name in window.start.recent.findChildren(QPushButton)[-1].accessibleName()


# -- the machine -----------------------------------------------------------------------------------

FINDINGS = (
    SimpleNamespace(name="Python", state="ok", detail="3.11", fix=""),
    SimpleNamespace(name="C++ compiler", state="warning", detail="none", fix="sudo apt install g++"),
    SimpleNamespace(name="mnist", state="warning", detail="is not here", fix="stdpbench data fetch mnist"),
)


def mend(window: MainWindow, name: str) -> QPushButton:
    found = window.start.machine.findChildren(QPushButton)
    return next(button for button in reversed(found) if button.accessibleName() == name)


def test_faults_stand_beside_what_mends_them(window: MainWindow) -> None:
    window.start.show_machine(list(FINDINGS))
    mend(window, "Copy what mends C++ compiler").click()
    clipboard = QGuiApplication.clipboard()
    assert clipboard is not None
    assert clipboard.text() == "sudo apt install g++"
    card = window.start.cards["fast-400"]
    assert card.button.text() == "Get MNIST, then run…"
    assert not card.warning.isHidden()
    assert window.start.cards["digits"].button.text() == "Digits in a minute"
    window.start.show_machine([FINDINGS[0]])
    assert card.button.text() == "Run fast-400"
    assert card.warning.isHidden()


def fake_fetch(monkeypatch: pytest.MonkeyPatch, answer: Any) -> list[dict[str, Any]]:
    calls: list[dict[str, Any]] = []

    def fetch(name: str, source: Any = None, progress: bool = True, report: Any = None) -> Path:
        calls.append({"name": name, "source": source})
        for done in range(1, 400):
            report("train-images", done * 25_000, 10_000_000)
            time.sleep(0.002 if answer != "slow" else 0.02)
            if done > 60 and answer != "slow":
                break
        if isinstance(answer, Exception):
            raise answer
        return Path("/data/mnist")

    monkeypatch.setattr("stdpbench.datasets.fetch.fetch", fetch)
    return calls


def test_a_missing_data_set_is_downloaded_with_progress_and_then_the_run_starts(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = fake_fetch(monkeypatch, None)
    started: list[Any] = []
    monkeypatch.setattr(window, "run_experiment", started.append)
    window.start.show_machine(list(FINDINGS))
    window.start.cards["fast-100"].button.click()
    dialog = window.habits.dialog
    assert isinstance(dialog, FetchDialog)
    assert "fast-100 learns from MNIST" in dialog.text.text()
    dialog.download_button.click()
    qtbot.waitUntil(lambda: "of 10.0 MB" in dialog.said.text(), timeout=60_000)
    qtbot.waitUntil(lambda: bool(started), timeout=60_000)
    assert started[0].name == "fast-100"
    assert calls == [{"name": "mnist", "source": None}]
    assert not dialog.isVisible()


def test_a_download_that_fails_says_so_in_place_and_can_be_tried_again(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    calls = fake_fetch(monkeypatch, StdpbenchError("there is no connection"))
    dialog = window.habits.get_data("mnist", "download")
    qtbot.waitUntil(lambda: not dialog.problem.isHidden(), timeout=60_000)
    assert dialog.problem.text() == "⚠ there is no connection."
    assert dialog.download_button.isEnabled()
    dialog.take_from(tmp_path)
    qtbot.waitUntil(lambda: len(calls) == 2, timeout=60_000)
    assert calls[1]["source"] == tmp_path
    dialog.reject()


def test_a_download_is_cancelled_at_once(window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_fetch(monkeypatch, "slow")
    dialog = window.habits.get_data("mnist", "download")
    qtbot.waitUntil(lambda: "MB" in dialog.said.text(), timeout=60_000)
    transfer = dialog._transfer
    assert transfer is not None
    dialog.cancel_button.click()
    assert not dialog.isVisible()
    seen = transfer.done
    qtbot.wait(100)
    assert transfer.done <= seen + 50_000


# -- what fails ------------------------------------------------------------------------------------


def test_a_panel_that_fails_says_so_and_takes_no_other_with_it(
    window: MainWindow, qtbot: QtBot, finished_run: RunFolder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("STDPBENCH_CACHE", str(tmp_path / "cache"))
    window.open_run(finished_run.path)
    qtbot.waitUntil(lambda: window.session.folder is not None, timeout=60_000)
    broken, other = window.train.panels["curves"], window.train.panels["log"]

    def fail() -> None:
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr(broken, "refresh", fail)
    for panel in (broken, other):
        panel.show()
        panel.raise_()
        panel.mark_dirty()
    window.train.redraw()
    assert "could not be drawn: ZeroDivisionError: by nothing" in broken._empty.text()
    assert broken._stack.currentWidget() is broken._empty
    assert "ZeroDivisionError" in crash.log_file().read_text(encoding="utf-8")
    qtbot.waitUntil(lambda: other._stack.currentWidget() is other.body)
    monkeypatch.undo()
    broken.mark_dirty()
    window.train.redraw()
    assert broken._stack.currentWidget() is broken.body


def test_an_unexpected_error_is_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("STDPBENCH_CACHE", str(tmp_path))
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr("threading.excepthook", None)
    told: list[str] = []
    crash.install(told.append)
    try:
        raise ValueError("out of the blue")
    except ValueError as error:
        sys.excepthook(ValueError, error, error.__traceback__)
    assert "ValueError: out of the blue. The app goes on" in told[0]
    assert "out of the blue" in (tmp_path / "app.log").read_text(encoding="utf-8")


# -- how it closes ---------------------------------------------------------------------------------


def test_a_run_that_goes_on_is_asked_about_and_can_be_stopped(window: MainWindow, qtbot: QtBot) -> None:
    window.run_experiment(small_experiment())
    qtbot.waitUntil(lambda: window.session.folder is not None, timeout=60_000)
    window.session.request("pace", seconds=5.0)
    qtbot.waitUntil(lambda: window.session.state is State.RUNNING, timeout=60_000)
    window.close()
    question = window.habits.dialog
    assert isinstance(question, ClosingQuestion)
    assert window.isVisible()
    question.button(question.StandardButton.Cancel).click()  # type: ignore[union-attr]
    assert window.isVisible()
    assert window.session.connected
    window.close()
    question = window.habits.dialog
    assert isinstance(question, ClosingQuestion)
    assert question.stop_button is not None
    question.stop_button.click()
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=60_000)
    assert window.session.folder is not None
    assert state_of(window.session.folder)[0] is State.STOPPED


@pytest.mark.parametrize("how", ["once", "always"])
def test_a_run_that_goes_on_can_be_left_alone(
    how: str, window: MainWindow, settings: QSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(habits, "goes_on", lambda session: True)
    window.close()
    question = window.habits.dialog
    assert isinstance(question, ClosingQuestion)
    question.remember.setChecked(how == "always")
    assert question.leave_button is not None
    question.leave_button.click()
    assert not window.isVisible()
    assert settings.value("closing", "ask") == ("leave" if how == "always" else "ask")
    assert window.actions_["ask"].isChecked() == (how == "once")
    if how == "always":
        window.habits._may_close = False
        window.show()
        window.close()
        assert not window.isVisible()
        window.actions_["ask"].trigger()
        assert settings.value("closing") == "ask"


def test_nothing_is_asked_where_nothing_goes_on(window: MainWindow) -> None:
    window.close()
    assert not window.isVisible()
    assert not isinstance(window.habits.dialog, QDialog)


# -- the process -----------------------------------------------------------------------------------


def test_main_opens_the_window_and_ends_when_it_is_closed_without_brian2(
    finished_run: RunFolder, tmp_path: Path
) -> None:
    done = run(
        "import sys\n"
        "from pathlib import Path\n"
        "from PyQt6.QtCore import QTimer\n"
        "import stdpbench_gui\n"
        "from stdpbench_gui.window import MainWindow\n"
        "shown = []\n"
        "def show(self):\n"
        "    shown.append(self)\n"
        "    super(MainWindow, self).show()\n"
        f"    self.open_run(Path({str(finished_run.path)!r}))\n"
        "    self.session.pictures_ready.connect(lambda: QTimer.singleShot(500, finish))\n"
        "def finish():\n"
        "    window = shown[0]\n"
        "    for page in window._page_of:\n"
        "        window.go_to(page)\n"
        "    window.go_to('train')\n"
        "    for panel in window.train.panels.values():\n"
        "        panel.show()\n"
        "        panel.raise_()\n"
        "        panel.draw_if_needed()\n"
        "    window.habits.draw()\n"
        "    QTimer.singleShot(500, window.actions_['quit'].trigger)\n"
        "MainWindow.show = show\n"
        "status = stdpbench_gui.main(['stdpbench'])\n"
        "print(status, len(shown), *sorted({'brian2', 'matplotlib'} & set(sys.modules)))\n",
        QT_QPA_PLATFORM="offscreen",
        STDPBENCH_RUNS=str(tmp_path),
        XDG_CONFIG_HOME=str(tmp_path),
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["0", "1"], done.stderr


@pytest.mark.skipif(sys.platform in ("darwin", "win32"), reason="there is always a display")
def test_without_a_display_main_says_so_in_a_sentence() -> None:
    done = run("import sys, stdpbench_gui; sys.exit(stdpbench_gui.main(['stdpbench']))")
    assert done.returncode == 1
    assert "neither WAYLAND_DISPLAY nor DISPLAY is set" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Qt shows a message box there")
def test_what_makes_qt_abort_is_a_sentence_too() -> None:
    done = run("import sys, stdpbench_gui; sys.exit(stdpbench_gui.main([]))", QT_QPA_PLATFORM="nonsense")
    assert done.returncode == 1
    assert done.stderr.startswith("The app cannot open: Qt cannot open a window")


def test_starts_as_a_module() -> None:
    done = run("import runpy; runpy.run_module('stdpbench_gui', run_name='__main__')", QT_QPA_PLATFORM="nonsense")
    assert done.returncode == 1
    assert "The app cannot open" in done.stderr


def test_a_broken_qt_is_a_sentence() -> None:
    done = run(
        "import sys\n"
        "sys.modules['PyQt6.QtWidgets'] = None\n"
        "import stdpbench_gui\n"
        "sys.exit(stdpbench_gui.main(['stdpbench']))\n",
        QT_QPA_PLATFORM="offscreen",
    )
    assert done.returncode == 1
    assert done.stderr.startswith("The app cannot open: Qt cannot be loaded")
    assert "stdpbench doctor" in done.stderr
    assert done.stderr.count("\n") == 1


def test_present_writes_large_and_is_remembered(window: MainWindow, settings: QSettings, qtbot: QtBot) -> None:
    raster = window.train.panels["raster"]
    assert isinstance(raster, Raster)
    window.train.arrange("Watch")
    usual = raster.view.fontMetrics().height()
    window.go_to("train")
    window.train.arrange("Present")
    qtbot.waitUntil(lambda: raster.view.fontMetrics().height() > 1.2 * usual)
    window.train.save()
    other = MainWindow(settings, window.runs)
    qtbot.addWidget(other)
    assert other.train._large
    other.train.arrange("Watch")
    window.train.arrange("Watch")
    qtbot.waitUntil(lambda: raster.view.fontMetrics().height() == usual)


def test_present_writes_its_panels_large_and_nothing_else(window: MainWindow, qtbot: QtBot) -> None:
    accuracy, usual = window.train.panels["curves"].plots["accuracy"], window.rail.fontMetrics().height()  # type: ignore[attr-defined]
    ticks = accuracy.getAxis("left").style["tickFont"].pointSizeF()
    window.go_to("train")
    window.train.arrange("Present")
    assert accuracy.getAxis("left").style["tickFont"].pointSizeF() > 1.2 * ticks
    window.set_theme("dark")  # which has every widget polished anew
    for around in (window.rail, window.train.bar.title, window.menuBar()):
        assert around is not None
        assert around.fontMetrics().height() == usual
    window.train.arrange("Watch")
    assert accuracy.getAxis("left").style["tickFont"].pointSizeF() == ticks


def test_tabs_of_panels_have_a_name(window: MainWindow, qtbot: QtBot) -> None:
    window.go_to("train")
    window.train.arrange("Watch")

    def seen() -> list[str]:
        return [bar.accessibleName() for bar in window.train.docks.findChildren(QTabBar) if bar.isVisible()]

    qtbot.waitUntil(lambda: bool(seen()) and all(seen()), timeout=60_000)
