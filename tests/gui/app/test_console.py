"""The Python console: the run on display, and the app's actions, from a process of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PyQt6.QtGui import QColor, QTextCharFormat, QTextCursor, QTextDocument
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from waiting import waits

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.wire import WireError
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench_gui.app import console
from stdpbench_gui.app import console as console_module
from stdpbench_gui.app.console import AppServer
from stdpbench_gui.app.window import MainWindow
from stdpbench_gui.look import theme
from stdpbench_gui.session import console_proxy
from stdpbench_gui.session.console_proxy import App


def told(qtbot: QtBot, ask: Any) -> Any:
    """Ask in a thread, as another process does, while the app goes on."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(ask)
        waits(qtbot, asked.done)
        return asked.result()


@pytest.mark.parametrize(("before", "after"), [(theme.LIGHT, theme.DARK), (theme.DARK, theme.LIGHT)])
def test_what_it_printed_stays_readable_in_another_theme(
    qapp: QApplication, before: theme.Theme, after: theme.Theme
) -> None:
    document, base = QTextDocument(), QColor(after.base)
    cursor = QTextCursor(document)
    for colour in (before.accent, before.wrong, "darkred", "navy", "lime", "#808080"):
        style = QTextCharFormat()
        style.setForeground(QColor(colour))
        cursor.insertText(f"{colour} ", style)
    text = document.toPlainText()
    console.recolour(document, base)
    assert document.toPlainText() == text
    for at in range(1, len(text)):
        cursor.setPosition(at)
        assert console.contrast(cursor.charFormat().foreground().color(), base) >= 4.5
    assert console.readable(QColor("navy"), QColor("#ffffff")) == QColor("navy"), "what can be read stays"
    assert not document.isUndoAvailable(), "undo is for what is typed"


def test_it_knows_the_run_and_does_what_the_menus_do(
    window: MainWindow, qtbot: QtBot, finished_run: RunFolder
) -> None:
    pytest.importorskip("qtconsole")
    window.open_run(finished_run.path)
    waits(qtbot, lambda: window.session.folder is not None and window.session.selection.graph is not None)
    window.console.toggle()
    waits(qtbot, lambda: window.console.is_ready)
    shown = window.console.widget_
    waits(qtbot, lambda: "In [" in shown._control.toPlainText())
    assert "Tip:" not in shown._control.toPlainText(), "IPython has other tips at each start"
    assert shown.kernel_client.transport == "ipc", "ports of this machine are open to its other users"
    assert Path(shown.kernel_client.ip).parent.stat().st_mode & 0o077 == 0

    def is_said(word: str) -> bool:
        return word in shown._control.toPlainText()

    def says(source: str, word: str) -> None:
        for _ in range(3):  # IPython drops what reaches it just after an error
            waits(qtbot, lambda: not shown._executing)  # what is entered meanwhile is not executed
            shown.execute(source)
            waits(qtbot, lambda: is_said(word) or not shown._executing)
            if is_said(word):
                return
        waits(qtbot, lambda: is_said(word))

    says("'<' + run.path.name + '>'", f"<{finished_run.path.name}>")
    says("print('run', len(run.weights['feed']))", f"run {784}")
    says("app.rules_keep.__doc__", "Keep this curve")
    says("app.page_runs()", "asked for “Runs page”")
    waits(qtbot, lambda: window.pages.currentWidget() is window.runs_page)
    says("app.select(3)", "neuron 3 is selected")
    assert window.session.selection.neuron == 3
    says("app('pause')", "“Pause” is not possible now")
    says("app('page-start')", "asked for “Start page”")
    waits(qtbot, lambda: window.pages.currentWidget() is not window.runs_page)
    says("import time; print('beg' + 'un', flush=True); time.sleep(100)", "begun")
    window.console._interrupt()
    waits(qtbot, lambda: "KeyboardInterrupt" in shown._control.toPlainText())
    window.console.toggle()
    assert not window.console.isVisible()

    window.console.toggle()
    missed = shown.kernel_client.hb_channel.kernel_died
    missed.emit(3.0)  # as on a machine with much to do
    says("print('still', 'here')", "still here")
    assert "Kernel died" not in shown._control.toPlainText()
    window.console._kernel.process.kill()  # type: ignore[union-attr]
    window.console._kernel.process.wait()  # type: ignore[union-attr]
    missed.emit(3.0)
    waits(qtbot, lambda: window.console.note.isVisible())
    assert "has ended" in window.console.note.text()
    assert not window.console.is_ready
    assert window.console.typed.isHidden()


def test_what_is_typed_before_the_first_prompt_is_kept(window: MainWindow, qtbot: QtBot) -> None:
    pytest.importorskip("qtconsole")
    console = window.console
    console.toggle()
    assert not console.is_ready
    qtbot.keyClicks(console.typed, "print(6")
    waits(qtbot, lambda: console.widget_ is not None)  # made, without a prompt
    if not console.is_ready:
        qtbot.keyClicks(console.typed, "*7)")
    waits(qtbot, lambda: console.is_ready)
    assert "In [1]" in console.widget_._control.toPlainText()
    assert console.widget_.input_buffer == "print(6*7)"
    console.widget_.execute()
    waits(qtbot, lambda: "42" in console.widget_._control.toPlainText())


def test_who_does_not_know_the_key_cannot_ask(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console_proxy, "_PATIENCE", 100.0)
    asked: list[str] = []

    def refuse(_: dict[str, Any]) -> None:
        raise StdpbenchError("not now")

    server = AppServer({"path": lambda _: asked.append("path"), "do": refuse}, window)
    with pytest.raises((WireError, EOFError, OSError)):
        told(qtbot, lambda: App({**server.invitation, "key": "00" * 32}))
    known = told(qtbot, lambda: App(server.invitation))
    assert told(qtbot, lambda: known.run) is None
    assert asked == ["path"]
    with pytest.raises(StdpbenchError, match="not now"):
        told(qtbot, lambda: known("pause"))
    assert told(qtbot, lambda: known.run) is None
    server.close()
    with pytest.raises(StdpbenchError, match="does not answer"):
        known("pause")
    known._channel.close()


def test_without_its_packages_it_says_what_to_install(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> None:
        raise StdpbenchError(console_module._INSTALL)

    monkeypatch.setattr(console_module, "_start_kernel", missing)
    window.complete()
    window.console.toggle()
    waits(qtbot, lambda: "stdpbench[console]" in window.console.note.text())
    assert not window.console.is_ready
    assert window.console.typed.isHidden()
