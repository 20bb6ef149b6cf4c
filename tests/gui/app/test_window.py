"""The window: pages, menus, palette, themes, dropped files, closing."""

from __future__ import annotations

import re
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from parts_of_window import dialog_of, open_run, to_front
from PyQt6.QtCore import QSettings, Qt
from PyQt6.QtGui import QGuiApplication
from PyQt6.QtWidgets import QMenu, QMessageBox, QPushButton, QTabBar, QToolButton
from pytestqt.qtbot import QtBot
from small_run import small_experiment
from waiting import kept, waits

from stdpbench.base.errors import StdpbenchError
from stdpbench.experiment import read_experiment, shipped_experiments
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.folder.status import state_of
from stdpbench.runs.protocol.states import State
from stdpbench_gui.app import window_services
from stdpbench_gui.app.window import MainWindow
from stdpbench_gui.app.window_services import ClosingQuestion
from stdpbench_gui.dialogs.data_fetch import FetchDialog
from stdpbench_gui.dialogs.experiments import ExperimentsDialog
from stdpbench_gui.dialogs.machine import MachineDialog
from stdpbench_gui.look import theme
from stdpbench_gui.look.motion import motion
from stdpbench_gui.session import crash
from stdpbench_gui.widgets.basic import not_none

# -- pages, actions, themes ------------------------------------------------------------------------


@pytest.mark.display
def test_it_opens_painted_on_the_start_page(window: MainWindow) -> None:
    assert window.pages.currentWidget() is window.start
    image = window.grab().toImage()
    colours = {image.pixel(x, y) for x in range(0, image.width(), 40) for y in range(0, image.height(), 40)}
    assert len(colours) > 3


@pytest.mark.display
@pytest.mark.shared_window
def test_every_page_is_reached_by_rail_and_by_menu(window: MainWindow) -> None:
    for name in window.page_names:
        window.go_to("start")
        window._rail_buttons[name].click()
        assert window.pages.currentWidget() is window.page(name)
        window.go_to("start")
        window.actions_[f"page-{name}"].trigger()
        assert window.pages.currentWidget() is window.page(name)


@pytest.mark.shared_window
def test_what_can_be_pressed_has_a_name(window: MainWindow) -> None:
    for page in window.page_names:
        window.go_to(page)
        unnamed = [
            button
            for button in window.findChildren(QPushButton) + window.findChildren(QToolButton)
            if button.isVisible() and not button.accessibleName() and not button.text()
        ]
        # Qt's buttons at the ends of a row of tabs
        assert [b for b in unnamed if b.objectName() not in ("ScrollLeftButton", "ScrollRightButton")] == []
    for panel in window.train.panels.values():
        assert all((panel.accessibleName(), panel.help_text, panel.empty_text))


@pytest.mark.shared_window
def test_every_action_stands_in_a_menu_and_shortcuts_are_told_apart(window: MainWindow) -> None:
    in_menus = {action for menu in window.findChildren(QMenu) for action in menu.actions()}
    shortcuts: dict[str, str] = {}
    for entry in window.actions_:
        assert entry.action in in_menus, entry.action.text()
        keys = entry.action.shortcut().toString()
        assert not keys or keys not in shortcuts, f"{keys}: {shortcuts.get(keys)} and {entry.action.text()}"
        shortcuts[keys] = entry.action.text()


@pytest.mark.display
@pytest.mark.shared_window
def test_enter_presses_the_button_that_has_the_focus(window: MainWindow, qtbot: QtBot) -> None:
    window.go_to("start")
    window.start.experiments_button.setFocus()
    qtbot.keyClick(window.start.experiments_button, Qt.Key.Key_Return)
    dialog_of(window, qtbot, ExperimentsDialog).close()


@pytest.mark.display
@pytest.mark.shared_window
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
    window.actions_["theme-dark"].trigger()
    assert theme.current().dark
    assert app.palette().window().color().lightness() < 80
    window.actions_["theme-light"].trigger()
    assert not theme.current().dark
    assert app.palette().window().color().lightness() > 200
    assert settings.value("theme") == "light"
    chosen = [name for name in ("system", "light", "dark") if window.actions_[f"theme-{name}"].isChecked()]
    assert chosen == ["light"]  # the menu shows the choice


def test_reduced_motion_is_remembered(window: MainWindow, settings: QSettings, qtbot: QtBot) -> None:
    docks = window.train.docks
    window.actions_["reduce"].trigger()
    assert motion.reduced
    assert not docks.dockOptions() & docks.DockOption.AnimatedDocks
    other = kept(MainWindow(settings, window.runs), qtbot)
    other.complete()
    assert other.actions_["reduce"].isChecked()
    window.actions_["reduce"].trigger()
    assert not motion.reduced


@pytest.mark.shared_window
def test_f1_explains(window: MainWindow, qtbot: QtBot) -> None:
    waits(qtbot, lambda: bool(window.runs_page.summary.text()))  # the runs are read in a thread
    for name in ("start", "runs"):
        window.go_to(name)
        window.actions_["explain"].trigger()
        explained = not_none(window.page(name).findChild(QMessageBox))
        assert len(explained.text()) > 100
        assert explained.text().startswith("<p><b>Now:</b> ")
        explained.close()
    window.go_to("evaluate")
    window.actions_["explain"].trigger()
    assert "F1" in window.message.text()


@pytest.mark.shared_window
def test_each_panel_says_what_it_shows_with_a_reference(window: MainWindow) -> None:
    panels = [*window.train.panels.values(), *window.evaluate.boxes, *window.lab.boxes]
    without = ("log", "Log", "Parameters")  # which show nothing that a paper could explain
    texts = {panel.title: panel.help_text for panel in panels if panel.title not in without}
    assert not [title for title, text in texts.items() if not re.search(r"doi:|J\. Mach", text)]


def test_ctrl_q_quits(window: MainWindow, qtbot: QtBot) -> None:
    window.activateWindow()
    qtbot.keyClick(window, Qt.Key.Key_Q, Qt.KeyboardModifier.ControlModifier)
    waits(qtbot, lambda: not window.isVisible())


@pytest.mark.shared_window
def test_tabs_of_panels_have_a_name(window: MainWindow, qtbot: QtBot) -> None:
    window.go_to("train")
    window.train.arrange("Watch")

    def seen() -> list[str]:
        return [bar.accessibleName() for bar in window.train.docks.findChildren(QTabBar) if bar.isVisible()]

    waits(qtbot, lambda: seen() and all(seen()))


# -- the machine -----------------------------------------------------------------------------------

FINDINGS = (
    SimpleNamespace(name="Python", state="ok", detail="3.11", fix=""),
    SimpleNamespace(name="C++ compiler", state="warning", detail="none", fix="sudo apt install g++"),
    SimpleNamespace(name="mnist", state="warning", detail="is not here", fix="stdpbench data fetch mnist"),
)


@pytest.mark.shared_window
def test_faults_are_shown_on_the_start_page_with_what_helps(window: MainWindow, qtbot: QtBot) -> None:
    window.machine.take(list(FINDINGS))
    assert window.start.machine_button.text() == "⚠ C++ compiler…", "data that are missing are asked for when needed"
    window.start.machine_button.click()
    dialog = dialog_of(window, qtbot, MachineDialog)
    named = {button.accessibleName() or button.text(): button for button in dialog.findChildren(QPushButton)}
    named["Copy the fix for C++ compiler"].click()
    assert not_none(QGuiApplication.clipboard()).text() == "sudo apt install g++"
    named["Get MNIST…"].click()
    assert dialog_of(window, qtbot, FetchDialog).name == "mnist"
    window.services.dialog.close()
    window.machine.take([FINDINGS[0]])
    assert window.start.machine_button.isHidden()
    dialog.close()


@pytest.mark.shared_window
def test_all_experiments_are_searched_by_words_and_kinds(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Any] = []
    monkeypatch.setattr(window.session, "start_new", lambda _: None)
    window.start.experiment_chosen.connect(started.append)
    window.machine.take(list(FINDINGS))
    window.start.experiments_button.click()
    dialog = dialog_of(window, qtbot, ExperimentsDialog)

    def listed() -> list[str]:
        items = [dialog.list.item(row) for row in range(dialog.list.count())]
        return [item.data(Qt.ItemDataRole.UserRole) for item in items if not item.isHidden()]

    assert sorted(listed()) == sorted(shipped_experiments())
    assert not dialog.picture.pixmap().isNull()
    dialog.kind.setCurrentText("supervised")
    assert all(read_experiment(name).reference is not None for name in listed())
    dialog.kind.setCurrentText("all kinds")
    dialog.time.setCurrentText("up to a minute")
    assert {"digits", "masquelier-2008"} < set(listed())
    assert "diehl-cook-400" not in listed()
    dialog.time.setCurrentText("longer")
    assert "diehl-cook-400" in listed()
    dialog.time.setCurrentText("any time")
    dialog.search.setText("diehl 2015 released")
    assert dialog.name == "diehl-cook-400"
    assert dialog.warning.isVisible()
    dialog.search.setText("no experiment has these words")
    assert not dialog.run_button.isEnabled()
    dialog.search.setText("pattern noise masquelier 2008")
    qtbot.keyClick(dialog.search, Qt.Key.Key_Return)
    assert [experiment.name for experiment in started] == ["masquelier-2008"]


def fake_fetch(
    monkeypatch: pytest.MonkeyPatch, answer: Exception | None = None
) -> tuple[list[dict[str, Any]], threading.Event]:
    """Have data sets be downloaded half; the rest comes, or the error, once the event is set."""
    calls: list[dict[str, Any]] = []
    go_on = threading.Event()

    def fetch(name: str, source: Any = None, progress: bool = True, report: Any = None) -> Path:
        calls.append({"name": name, "source": source})
        report("train-images", 5_000_000, 10_000_000)
        assert go_on.wait(100)
        report("train-images", 10_000_000, 10_000_000)
        if answer is not None:
            raise answer
        return Path("/data/mnist")

    monkeypatch.setattr("stdpbench.data.datasets.fetch.fetch", fetch)
    return calls, go_on


@pytest.mark.shared_window
def test_a_missing_data_set_is_downloaded_with_progress_and_then_the_run_starts(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls, go_on = fake_fetch(monkeypatch)
    started: list[Any] = []
    monkeypatch.setattr(window, "run_experiment", started.append)
    window.machine.take(list(FINDINGS))
    window.start.questions["Digits out of noise"].click()
    dialog = dialog_of(window, qtbot, FetchDialog)
    dialog.download_button.click()
    waits(qtbot, lambda: "5.0 of 10.0 MB" in dialog.status.text())
    go_on.set()
    waits(qtbot, lambda: started)
    assert started[0].name == "best-quick"
    assert calls == [{"name": "mnist", "source": None}]
    waits(qtbot, lambda: not window.findChildren(FetchDialog))


@pytest.mark.shared_window
def test_a_download_that_fails_says_so_in_place_and_can_be_tried_again(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    calls, go_on = fake_fetch(monkeypatch, StdpbenchError("there is no connection"))
    go_on.set()
    dialog = window.services.get_data("mnist", "download")
    waits(qtbot, lambda: not dialog.problem.isHidden())
    assert dialog.problem.text() == "⚠ there is no connection."
    assert dialog.download_button.isEnabled()
    dialog.take_from(tmp_path)
    waits(qtbot, lambda: len(calls) == 2)
    assert calls[1]["source"] == tmp_path
    dialog.reject()


@pytest.mark.shared_window
def test_a_download_is_cancelled_at_once(window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    _, go_on = fake_fetch(monkeypatch)
    dialog = window.services.get_data("mnist", "download")
    waits(qtbot, lambda: "MB" in dialog.status.text())
    transfer = not_none(dialog._transfer)
    dialog.cancel_button.click()
    assert not dialog.isVisible()
    go_on.set()
    waits(qtbot, lambda: not window.session.background.busy)
    assert transfer.done == 5_000_000


# -- what fails ------------------------------------------------------------------------------------


def test_a_panel_that_fails_says_so_and_takes_no_other_with_it(
    window: MainWindow, qtbot: QtBot, finished_run: RunFolder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("STDPBENCH_CACHE", str(tmp_path / "cache"))
    open_run(window, qtbot, finished_run.path)
    broken, other = window.train.panels["weight-map"], window.train.panels["log"]

    def fail() -> None:
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr(broken, "refresh", fail)
    for panel in (broken, other):
        to_front(panel)
        panel.mark_dirty()
    window.train.redraw()
    assert f"Cannot draw {broken.title}: ZeroDivisionError: by nothing" in broken.empty.text()
    assert "ZeroDivisionError" in crash.log_file().read_text(encoding="utf-8")
    waits(qtbot, lambda: other._stack.currentWidget() is other.body)
    monkeypatch.undo()
    broken.mark_dirty()
    window.train.redraw()
    assert broken._stack.currentWidget() is broken.body


def test_an_unexpected_error_is_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("STDPBENCH_CACHE", str(tmp_path))
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr("threading.excepthook", None)
    messages: list[str] = []
    crash.install(messages.append)
    try:
        raise ValueError("out of the blue")
    except ValueError as error:
        sys.excepthook(ValueError, error, error.__traceback__)
    assert "ValueError: out of the blue. The app continues" in messages[0]
    assert "out of the blue" in (tmp_path / "app.log").read_text(encoding="utf-8")


# -- how it closes ---------------------------------------------------------------------------------


def asked_when_closed(window: MainWindow) -> ClosingQuestion:
    window.close()
    question = window.services.dialog
    assert isinstance(question, ClosingQuestion)
    return question


def test_closing_asks_about_an_active_run_and_can_stop_it(window: MainWindow, qtbot: QtBot) -> None:
    window.run_experiment(small_experiment(schedule__passes=2000))
    waits(qtbot, lambda: window.session.state is State.RUNNING)
    question = asked_when_closed(window)
    assert window.isVisible()
    question.button(question.StandardButton.Cancel).click()  # type: ignore[union-attr]
    assert window.isVisible()
    assert window.session.connected
    question = asked_when_closed(window)
    question.stop_button.click()
    waits(qtbot, lambda: not window.isVisible())
    assert window.session.folder is not None
    assert state_of(window.session.folder)[0] is State.STOPPED


@pytest.mark.parametrize("how", ["once", "always"])
def test_closing_can_leave_an_active_run_running(
    how: str, window: MainWindow, settings: QSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(window_services, "is_active", lambda session: True)
    question = asked_when_closed(window)
    question.remember.setChecked(how == "always")
    question.leave_button.click()
    assert not window.isVisible()
    assert settings.value("closing", "ask") == ("leave" if how == "always" else "ask")
    assert window.actions_["ask"].isChecked() == (how == "once")
    if how == "always":
        window.services._may_close = False
        window.show()
        window.close()
        assert not window.isVisible()
        window.actions_["ask"].trigger()
        assert settings.value("closing") == "ask"
