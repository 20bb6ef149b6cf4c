"""The windows of the Help menu: shortcuts, and the text for the report of a problem."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt6.QtCore import QUrl
from PyQt6.QtGui import QDesktopServices, QGuiApplication
from pytestqt.qtbot import QtBot
from waiting import waits

from stdpbench.engine.doctor import Finding
from stdpbench_gui.app import help_actions
from stdpbench_gui.app.window import MainWindow
from stdpbench_gui.widgets.basic import not_none


@pytest.mark.shared_window
def test_the_documentation_is_opened_or_it_is_said_where_it_is(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(QUrl(url).toLocalFile()) or True)
    monkeypatch.setattr(help_actions, "SOURCES", tmp_path)
    for page in ("docs/index.md", "build/docs/index.html"):
        (tmp_path / page).parent.mkdir(parents=True)
        (tmp_path / page).touch()
    window.actions_["documentation"].trigger()  # another package's, beside an installed stdpbench
    assert opened == []
    assert "folder docs of stdpbench's source archive" in window.message.text()
    (tmp_path / "pyproject.toml").touch()
    window.actions_["documentation"].trigger()
    (tmp_path / "build/docs/index.html").unlink()
    window.actions_["documentation"].trigger()
    assert [Path(path).relative_to(tmp_path).as_posix() for path in opened] == [
        "build/docs/index.html",
        "docs/index.md",
    ]
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda _: False)
    window.actions_["documentation"].trigger()
    assert "Nothing on this machine opens" in window.message.text()


def test_every_shortcut_is_listed_once(window: MainWindow, qtbot: QtBot) -> None:
    window.complete()
    opened = window.help.shortcuts()
    rows = [[opened.table.item(row, column).text() for column in range(3)] for row in range(opened.table.rowCount())]  # type: ignore[union-attr]
    known = {entry.action.shortcut().toString() for entry in window.actions_} - {""}
    keys = [key for _, _, key in rows]
    assert known <= set(keys)
    assert len([key for key in keys if key in known]) == len(known)
    assert ["", "Pause", "Ctrl+P"] in rows or ["Run", "Pause", "Ctrl+P"] in rows
    opened.close()


def test_a_report_has_the_machine_and_the_log(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("stdpbench.engine.doctor.diagnose", lambda: (Finding("compiler", "fault", "none", "get one"),))
    (tmp_path / "app.log").write_text("".join(f"line {number}\n" for number in range(100)) + "something odd\n")
    monkeypatch.setattr(help_actions, "log_file", lambda: tmp_path / "app.log")
    opened = window.help.problem()
    assert not opened.copy.isEnabled()
    waits(qtbot, opened.copy.isEnabled)
    opened.copy.click()
    clipboard = not_none(QGuiApplication.clipboard())
    assert clipboard.text() == opened.text.toPlainText()
    assert "fault   compiler: none (fix: get one)" in clipboard.text()
    assert "something odd" in clipboard.text()
    assert "line 10\n" not in clipboard.text()
    opened.close()
