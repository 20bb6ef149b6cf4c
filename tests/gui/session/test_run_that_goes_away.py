"""A run whose folder or process disappears: pending requests are answered, and later requests work."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from parameter_fields import enter, text_of
from parts_of_window import open_run, panel_of
from pytestqt.qtbot import QtBot
from runs_table import copy
from small_run import small_experiment
from waiting import waits

from stdpbench.api import Run
from stdpbench.base.errors import StdpbenchError
from stdpbench.runs.client.run_client import ask
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.protocol.states import State
from stdpbench_gui.app.window import MainWindow
from stdpbench_gui.panels.parameters.parameters_panel import ParametersPanel
from stdpbench_gui.session import run_session
from stdpbench_gui.widgets.basic import not_none

PATH = "plasticity.nu_post"


@pytest.fixture
def learning(window: MainWindow, qtbot: QtBot) -> Iterator[MainWindow]:
    """A window with a small run in the middle of a long training."""
    window.run_experiment(small_experiment(schedule__train_images=1000, schedule__passes=20))
    waits(qtbot, lambda: window.session.connected)
    window.session.request("pace", seconds=0.05)
    waits(qtbot, lambda: window.session.live.progress.get("position", 0) > 2)
    yield window
    for path in window.runs.glob("*/run.json"):
        with suppress(StdpbenchError):
            ask(path.parent, "stop")
    waits(qtbot, lambda: not window.session.connected)
    window.session.leave()


@pytest.fixture
def panel(learning: MainWindow, qtbot: QtBot) -> ParametersPanel:
    panel = panel_of(learning, ParametersPanel)
    learning.train.bring(panel)
    waits(qtbot, lambda: panel.form.sections)
    return panel


def test_a_change_reaches_a_run_whose_folder_is_moved(
    learning: MainWindow, panel: ParametersPanel, qtbot: QtBot
) -> None:
    folder = not_none(learning.session.folder)
    away = folder.path.with_name("away")
    folder.path.rename(away)
    enter(panel, qtbot, PATH, "0.02")
    waits(qtbot, lambda: panel.changes.history.count() == 1)
    away.rename(folder.path)
    enter(panel, qtbot, PATH, "0.03")
    waits(qtbot, lambda: panel.changes.history.count() == 2)
    waits(qtbot, lambda: text_of(panel, PATH) == "0.03")
    # a connection works although the run folder accepts no request
    requests = folder.path / "requests"
    with suppress(OSError):
        requests.rmdir()
    requests.write_text("", encoding="utf-8")
    enter(panel, qtbot, PATH, "0.04")
    waits(qtbot, lambda: panel.changes.history.count() == 3)
    with pytest.raises(StdpbenchError, match="requests cannot be created: File exists"):
        ask(folder.path, "pause")
    requests.unlink()


def is_stopped(process: int) -> bool:
    """Whether a process is stopped by a signal; where there is no /proc, that is taken for granted."""
    stat = Path(f"/proc/{process}/stat")
    return not stat.exists() or stat.read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "T"


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals")
def test_requests_of_a_run_that_is_killed_are_refused_with_the_reason(
    learning: MainWindow, panel: ParametersPanel, qtbot: QtBot
) -> None:
    session, messages = learning.session, list[str]()
    session.message.connect(messages.append)
    process = session.folder.read_json("run.json")["pid"]
    os.kill(process, signal.SIGSTOP)
    waits(qtbot, lambda: is_stopped(process))
    enter(panel, qtbot, PATH, "0.02")
    session.request("checkpoint")  # like the button of the run bar
    assert panel.changes.in_flight
    os.kill(process, signal.SIGKILL)
    waits(qtbot, lambda: not session.connected)
    assert not panel.changes.in_flight
    reason = "The run ended before it could answer: it is failed, the process exited unexpectedly"
    assert reason in panel.form.row(PATH).error.text()
    assert [sentence for sentence in messages if sentence.startswith(reason)]
    session.resume()
    waits(qtbot, lambda: session.connected and session.state is State.RUNNING)
    waits(qtbot, lambda: panel.form.row(PATH).editor.isEnabled())
    enter(panel, qtbot, PATH, "0.03")
    waits(qtbot, lambda: panel.changes.history.count() == 1)


def test_the_run_that_was_asked_for_last_is_shown(
    window: MainWindow, qtbot: QtBot, finished_run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, quick = (copy(finished_run, window.runs, name, 0.5) for name in ("slow", "quick"))
    go_on, read = threading.Event(), run_session.read_undamaged

    def read_slowly(path: Path) -> Any:
        if path == slow:
            assert go_on.wait(60)
        return read(path)

    monkeypatch.setattr(run_session, "read_undamaged", read_slowly)
    window.open_run(slow)
    open_run(window, qtbot, quick)
    go_on.set()
    waits(qtbot, lambda: not window.session.background.busy)
    assert window.session.folder.path == quick
    (quick / "journal.jsonl").touch()
    window.go_to("train")  # checks whether the current run has changed
    window.open_run(slow)
    waits(qtbot, lambda: not window.session.background.busy)
    assert window.session.folder.path == slow


def test_a_run_that_is_taken_back_elsewhere_is_shown_as_it_is_now(
    window: MainWindow, qtbot: QtBot, finished_run: RunFolder
) -> None:
    path = copy(finished_run, window.runs, "digits-a", 0.5)
    Run(path).rewind(55)
    window.open_run(path)
    waits(qtbot, lambda: window.session.state is State.STOPPED)
    window.go_to("runs")
    Run(path).rewind(20)
    window.go_to("train")
    waits(qtbot, lambda: window.session.live.position <= 20)
    assert window.train.bar.position.text() == f"train {window.session.live.position}/60"
