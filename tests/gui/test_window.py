from __future__ import annotations

import os
import subprocess
import sys

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QMenu, QWidget
from pytestqt.qtbot import QtBot

from stdpbench_gui.window import MESSAGE, MainWindow


@pytest.fixture
def window(qtbot: QtBot) -> MainWindow:
    window = MainWindow()
    qtbot.addWidget(window)
    window.show()
    qtbot.waitExposed(window)
    return window


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


def test_says_what_to_use_until_the_app_is_there(window: MainWindow) -> None:
    assert window.windowTitle().startswith("stdpbench")
    assert window.message.text() == MESSAGE
    assert "stdpbench run digits" in MESSAGE


def test_the_text_fits_into_the_smallest_window(window: MainWindow, qtbot: QtBot) -> None:
    window.resize(1, 1)
    qtbot.waitUntil(lambda: window.size() == window.minimumSize())
    assert window.message.heightForWidth(window.message.width()) <= window.message.height()


def test_everything_has_an_accessible_name(window: MainWindow) -> None:
    assert window.accessibleName()
    named: list[QWidget] = [window.message, *window.findChildren(QMenu)]
    assert all(widget.accessibleName() for widget in named)
    assert window.message.accessibleDescription() == MESSAGE


def test_ctrl_q_quits(window: MainWindow, qtbot: QtBot) -> None:
    window.activateWindow()
    qtbot.keyClick(window, Qt.Key.Key_Q, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: not window.isVisible())


def test_quit_stands_in_a_menu(window: MainWindow) -> None:
    assert window.quit_action.shortcut().toString() == "Ctrl+Q"
    assert any(window.quit_action in menu.actions() for menu in window.findChildren(QMenu))


def test_main_opens_the_window_and_ends_when_it_is_closed_without_brian2() -> None:
    done = run(
        "import sys\n"
        "from PyQt6.QtCore import QTimer\n"
        "import stdpbench_gui\n"
        "from stdpbench_gui.window import MainWindow\n"
        "shown = []\n"
        "def show(self):\n"
        "    shown.append(self)\n"
        "    super(MainWindow, self).show()\n"
        "    QTimer.singleShot(0, self.quit_action.trigger)\n"
        "MainWindow.show = show\n"
        "status = stdpbench_gui.main(['stdpbench'])\n"
        "heavy = {'brian2', 'sklearn', 'matplotlib'} & set(sys.modules)\n"
        "print(status, len(shown), *heavy)\n",
        QT_QPA_PLATFORM="offscreen",
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["0", "1"]


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
