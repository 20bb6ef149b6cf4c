"""Work in threads: results, failures, bugs, cancelled work."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt6 import sip
from PyQt6.QtCore import QObject
from pytestqt.qtbot import QtBot
from waiting import waits

from stdpbench.base.errors import StdpbenchError
from stdpbench_gui.app.window import MainWindow
from stdpbench_gui.session import crash
from stdpbench_gui.session.background import Background, check_cancelled


@pytest.fixture
def owner(qtbot: QtBot) -> Iterator[QObject]:
    owner = QObject()
    yield owner
    if not sip.isdeleted(owner):
        sip.delete(owner)


def bug() -> None:
    raise ZeroDivisionError("of the thread")


def failure() -> None:
    raise StdpbenchError("there is no such file")


def test_outcomes_come_back_in_the_thread_of_the_app(owner: QObject, qtbot: QtBot) -> None:
    background, heard = Background(owner, 1), list[object]()
    background.do(threading.get_ident, heard.append)
    background.do(failure, heard.append, heard.append)
    background.do(lambda: 3, lambda _: heard.append(threading.get_ident()))
    assert background.busy == 3
    waits(qtbot, lambda: not background.busy)
    assert heard[0] != threading.get_ident()
    assert heard[1:] == ["there is no such file", threading.get_ident()]


def test_a_result_for_an_object_that_is_gone_is_dropped(owner: QObject, qtbot: QtBot) -> None:
    class Receiver(QObject):
        def take(self, outcome: object) -> None:
            heard.append(outcome)

    background, heard, gone, kept = Background(owner), list[object](), Receiver(), Receiver()
    go_on = threading.Event()
    background.do(go_on.wait, gone.take)
    background.do(go_on.wait, heard.append, owner=gone)
    background.do(go_on.wait, kept.take)
    sip.delete(gone)
    go_on.set()
    waits(qtbot, lambda: not background.busy)
    assert heard == [True]


def test_a_failure_that_nobody_asked_for_is_logged(
    owner: QObject, qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    background = Background(owner)
    with caplog.at_level(logging.WARNING):
        background.do(failure, lambda _: None)
        waits(qtbot, lambda: not background.busy)
    assert "there is no such file" in caplog.text


def test_a_bug_reaches_who_waits_the_window_and_the_log(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("STDPBENCH_CACHE", str(tmp_path))
    monkeypatch.setattr("sys.excepthook", None)
    monkeypatch.setattr("threading.excepthook", None)
    crash.install(window.show_message)
    heard: list[str] = []
    window.session.work(bug, lambda _: None, "It cannot be counted", failed=heard.append)
    waits(qtbot, lambda: "ZeroDivisionError: of the thread. The app continues" in window.message.text())
    assert heard == ["ZeroDivisionError: of the thread"]
    logged = (tmp_path / "app.log").read_text(encoding="utf-8")
    assert "Traceback" in logged
    assert "in bug" in logged
    threading.Thread(target=failure, name="stray").start()  # such as one of a library
    waits(qtbot, lambda: "there is no such file" in window.message.text())
    assert "In the thread stray" in (tmp_path / "app.log").read_text(encoding="utf-8")


def test_cancelled_work_is_not_begun_ends_early_and_is_not_delivered(owner: QObject, qtbot: QtBot) -> None:
    background, heard = Background(owner, 1), list[object]()
    begun, go_on = threading.Event(), threading.Event()

    def long() -> None:
        begun.set()
        assert go_on.wait(60)
        check_cancelled()
        heard.append("went on")

    under_way = background.do(long, heard.append, heard.append)
    waiting = background.do(lambda: heard.append("begun"), heard.append, heard.append)
    assert begun.wait(60)
    under_way.cancel()
    waiting.cancel()
    go_on.set()
    background.do(lambda: "next", heard.append)
    waits(qtbot, lambda: not background.busy)
    assert heard == ["next"]
