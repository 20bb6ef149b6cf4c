"""What an action does, copied as a command line or as Python, and carried out from there."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtGui import QGuiApplication
from PyQt6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot
from small_run import small_experiment
from typer.testing import CliRunner
from waiting import waits

from stdpbench.cli.app import app
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.protocol.states import State
from stdpbench.runs.queue.run_text import ActionText
from stdpbench_gui.app.window import MainWindow
from stdpbench_gui.panels.parameters.parameters_panel import ParametersPanel
from stdpbench_gui.widgets.basic import not_none
from stdpbench_gui.widgets.copyable import ActionButton, CopyableAction, show_copy_menu

PATH = "plasticity.nu_post"


def clipboard() -> str:
    return not_none(QGuiApplication.clipboard()).text()


def choose(window: MainWindow, qtbot: QtBot, text: str) -> None:
    """Choose an entry of the menu that is open."""
    menu = next(each for each in window.findChildren(QMenu) if each.isVisible() and text in entries(each))
    next(action for action in menu.actions() if action.text() == text).trigger()
    menu.close()


def entries(menu: QMenu) -> list[str]:
    return [action.text() for action in menu.actions()]


@pytest.fixture
def paused(window: MainWindow, qtbot: QtBot) -> Iterator[MainWindow]:
    """A window with a run that is paused in the middle of its training."""
    window.run_experiment(small_experiment(schedule__passes=100))
    waits(qtbot, lambda: window.session.connected)
    window.session.request("pause")
    waits(qtbot, lambda: window.session.state is State.PAUSED)
    yield window
    window.session.request("stop", refused=lambda _: None)
    waits(qtbot, lambda: not window.session.connected)


def carry_out(qtbot: QtBot, text: ActionText, field: str) -> None:
    """Carry out what was copied, beside the app."""

    def command() -> None:
        for line in text.command.splitlines():
            done = CliRunner().invoke(app, shlex.split(line)[1:], catch_exceptions=False)
            assert done.exit_code == 0, done.output

    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(command if field == "command" else lambda: exec(text.python, {}))
        waits(qtbot, asked.done)
        asked.result()


def test_what_is_copied_does_the_same(paused: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    window, session, actions = paused, paused.session, paused.actions_
    panel = window.train.panels["parameters"]
    assert isinstance(panel, ParametersPanel)
    window.train.bring(panel)
    waits(qtbot, lambda: PATH in panel.form.rows())
    before = session.live.position
    carry_out(qtbot, actions["step"].copied_text(), "python")
    waits(qtbot, lambda: session.live.position == before + 1 and session.state is State.PAUSED)
    carry_out(qtbot, actions["step"].copied_text(), "command")
    waits(qtbot, lambda: session.live.position == before + 2 and session.state is State.PAUSED)

    def written() -> int:
        return [sentence for *_, sentence in session.live.log].count(f"Checkpoint at {before + 2}.")

    known = written()  # the pause wrote one
    button = next(each for each in window.train.bar.findChildren(ActionButton) if each.text() == "Checkpoint")
    for number, (field, entry) in enumerate((("python", "Copy as Python"), ("command", "Copy as command line"))):
        assert show_copy_menu(not_none(button.defaultAction()), button, QPoint(5, 5)) is not None
        choose(window, qtbot, entry)
        carry_out(qtbot, ActionText(clipboard(), clipboard()), field)
        waits(qtbot, lambda wanted=known + number + 1: written() == wanted)
    assert (session.live.position, session.state) == (before + 2, State.PAUSED)

    row = panel.form.row(PATH)
    row.editor.setText("0.02")  # type: ignore[union-attr]
    row.editor.textEdited.emit("0.02")  # type: ignore[union-attr]
    panel._show_menu(PATH, panel.mapToGlobal(QPoint(5, 5)))
    choose(window, qtbot, "Copy the change as Python")
    carry_out(qtbot, ActionText("", clipboard()), "python")
    waits(qtbot, lambda: [dict(change) for _, change in session.live.changes] == [{PATH: (0.01, 0.02)}])
    row.revert()
    waits(qtbot, lambda: row.text == "0.02")
    carry_out(qtbot, panel.text_of_change(PATH), "command")  # the value in force

    panel.changes.here({PATH: 0.03})
    waits(qtbot, actions["undo"].isEnabled)
    carry_out(qtbot, actions["undo"].copied_text(), "command")
    waits(qtbot, lambda: dict(session.live.changes[-1][1]) == {PATH: (0.03, 0.02)})

    assert actions["pause"].copied_text().command.startswith("stdpbench resume ")
    branches = actions["branch-shown"].copied_text()
    carry_out(qtbot, ActionText("", branches.python.replace(".branch(", ".branch(start=False")), "python")
    waits(qtbot, lambda: len(list(window.runs.glob("digits*"))) == 2)
    carry_out(qtbot, actions["stop"].copied_text(), "command")
    waits(qtbot, lambda: session.state is State.STOPPED)


@pytest.mark.shared_window
def test_menus_buttons_and_the_palette_copy(window: MainWindow, qtbot: QtBot, finished_run: RunFolder) -> None:
    window.open_run(finished_run.path)
    waits(qtbot, lambda: window.session.folder is not None)
    menu = next(each for each in window.findChildren(QMenu) if each.title() == "&Run")
    menu.popup(window.mapToGlobal(QPoint(20, 20)))
    place = menu.actionGeometry(window.actions_["hardware"]).center()
    qtbot.mouseRelease(menu, Qt.MouseButton.RightButton, pos=place)
    choose(window, qtbot, "Copy as command line")
    assert clipboard().startswith("stdpbench hardware ")
    assert window.message.text().startswith("Copied as command line: stdpbench hardware ")
    menu.close()

    palette = window.open_palette()
    qtbot.keyClicks(palette.field, "branch the run")
    assert "Ctrl+C" in palette.keys.text()
    qtbot.keyClick(palette.field, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert clipboard().endswith(".branch()\n")
    assert not palette.isVisible()
    palette = window.open_palette()
    qtbot.keyClicks(palette.field, "light theme")
    assert palette.keys.text() == "Ctrl+C copies it as Python for the console of the app"
    qtbot.keyClick(palette.field, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert clipboard() == '# in the Python console of the app\napp("theme-light")\n'
    assert window.message.text() == 'Copied as Python for the console of the app: app("theme-light")'
    palette = window.open_palette()
    qtbot.keyClicks(palette.field, "light theme")
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(palette.field, Qt.Key.Key_C, both)
    assert window.message.text() == "There is no command line for this; it can be copied as Python."
    palette = window.open_palette()
    qtbot.keyClicks(palette.field, "zzz")
    assert palette.keys.text() == ""
    palette.reject()

    button = next(each for each in window.train.bar.findChildren(ActionButton) if each.text() == "Branch")
    opened = show_copy_menu(not_none(button.defaultAction()), button, QPoint(5, 5))
    assert opened is not None
    assert [action.isEnabled() for action in opened.actions()] == [True, True]
    opened.close()
    python = window.actions_["neurons"].copied_text().python
    known: dict[str, object] = {}
    exec(python, known)
    assert len(known["stimulus"]) == len(known["time"])  # type: ignore[arg-type]
    opened = show_copy_menu(window.actions_["about"], button, QPoint(5, 5))
    assert opened is not None
    assert [action.isEnabled() for action in opened.actions()] == [False, True]
    choose(window, qtbot, "Copy as Python")
    assert clipboard().endswith('\napp("about")\n')
    bare = CopyableAction("Bare", window, None, window.report)  # of no name that the console knows
    assert show_copy_menu(bare, button, QPoint(5, 5)) is None


@pytest.mark.shared_window
def test_every_action_can_be_copied(window: MainWindow, qtbot: QtBot, finished_run: RunFolder) -> None:
    window.open_run(finished_run.path)
    waits(qtbot, lambda: window.session.folder is not None)
    texts = {entry.action.objectName(): entry.action.copied_text() for entry in window.actions_}
    assert [name for name, text in texts.items() if text == ActionText()] == []
    assert texts["hardware"].python.endswith(".hardware()\n"), "what does it elsewhere goes first"
    assert all(f'app("{name}")' in text.python for name, text in texts.items() if "console of the app" in text.python)

    window.go_to("start")
    calls: dict[str, list[str]] = {"app": []}
    exec(texts["page-runs"].python, {"app": calls["app"].append})
    (name,) = calls["app"]
    window.actions_[name].trigger()
    assert window.pages.currentWidget() is window.runs_page
    lessons = not_none(window.actions_["lessons"].associatedObjects()[-1])
    assert isinstance(lessons, QMenu)
    lessons.popup(window.mapToGlobal(QPoint(20, 20)))
    place = lessons.actionGeometry(window.actions_["lessons"]).center()
    qtbot.mouseRelease(lessons, Qt.MouseButton.RightButton, pos=place)
    choose(window, qtbot, "Copy as Python")
    lessons.close()
    assert clipboard().endswith('\napp("lessons")\n')


@pytest.mark.shared_window
def test_entries_of_panels_and_recent_runs_are_found_carried_out_and_copied(
    window: MainWindow, qtbot: QtBot, finished_run: RunFolder
) -> None:
    window.complete()
    window.open_run(finished_run.path)
    waits(qtbot, lambda: window.session.folder is not None)
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
    palette = window.open_palette()
    qtbot.keyClicks(palette.field, "weight map mark duplicates")
    qtbot.keyClick(palette.field, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    name = "panel-weight-map-mark-duplicates"
    assert clipboard() == f'# in the Python console of the app\napp("{name}")\n'
    known = {each.action.objectName(): each.action for each in window.actions_.everything()}
    assert len(known) == len(window.actions_.everything()), "names differ"
    known[name].trigger()
    assert entry.isChecked() == before

    palette = window.open_palette()
    qtbot.keyClicks(palette.field, f"open recent {finished_run.path.name}")
    assert palette.filter.rowCount() == 1
    qtbot.keyClick(palette.field, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert clipboard().endswith(f'\napp.open("{finished_run.path}")\n')
    palette = window.open_palette()
    qtbot.keyClicks(palette.field, "weight map show difference from the start")
    assert palette.filter.rowCount() == 1, "in a menu in a menu"
    palette.reject()

    panel.close()
    window.train.bring(window.train.panels["log"])
    palette = window.open_palette()
    qtbot.keyClicks(palette.field, "weight map mark duplicates")
    assert palette.filter.rowCount() == 0, "it is closed"
    palette.reject()
    window.train.bring(panel)
    window.go_to("runs")
    palette = window.open_palette()
    qtbot.keyClicks(palette.field, "weight map mark duplicates")
    assert palette.filter.rowCount() == 0, "it is on another page"
    palette.field.setText("comparison copy numbers")
    assert palette.filter.rowCount() == 1
    palette.reject()
