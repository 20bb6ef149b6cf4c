"""A window of the app and small runs: 12 exc neurons, 60 digits of scikit-learn."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import pyqtgraph as pg
import pytest
from PyQt6.QtCore import QEvent, QSettings
from PyQt6.QtWidgets import QApplication, QDialog
from pytestqt.qtbot import QtBot
from small_run import small_experiment
from stopped_clock import Clock
from waiting import PATIENCE_MS

from stdpbench.api import Run
from stdpbench.base.errors import StdpbenchError
from stdpbench.base.wire import Listener
from stdpbench.runs.client import run_client
from stdpbench.runs.client.run_client import spawn
from stdpbench.runs.folder.lock import has_process
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.preparation.creation import create_run
from stdpbench.runs.protocol.options import Options
from stdpbench_gui.app.window import MainWindow
from stdpbench_gui.panels import base, stimulus
from stdpbench_gui.panels.neuron import neuron_panel, slow_motion
from stdpbench_gui.panels.raster import raster_panel
from stdpbench_gui.session.machine import Machine

pg.setConfigOption("mouseRateLimit", -1)  # pyqtgraph drops moves of the mouse that follow each other in 10 ms


def pytest_report_header() -> str:
    return f"windows of tests: on {os.environ.get('QT_QPA_PLATFORM', 'whatever Qt finds')}"


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A finished run, trained in a separate process as usual."""
    runs = tmp_path_factory.mktemp("runs")
    folder = create_run(small_experiment(), runs, Options(workers=1, baselines=False))
    done = subprocess.run(
        [sys.executable, "-m", "stdpbench.runs.process.worker", str(folder.path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def settings(tmp_path: Path) -> QSettings:
    return QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)


def end_processes(started: list[subprocess.Popen[bytes]], runs: Path) -> None:
    """End the processes of runs that a test has left behind, such as one that timed out."""
    for process in started:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:  # one that a test has stopped, or a slow machine
                process.kill()
                process.wait()
    for path in runs.iterdir() if runs.is_dir() else ():  # others: those of the queue
        if path.is_dir() and has_process(path):
            with suppress(StdpbenchError):
                Run(path).stop()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of the panels, which stands still but for what the test adds."""
    made = Clock()
    for module in (base, neuron_panel, slow_motion, raster_panel, stimulus):
        monkeypatch.setattr(module, "time", made)
    return made


@contextmanager
def opened(settings: QSettings, runs: Path) -> Iterator[MainWindow]:
    """Open a window with all of its pages, without the check of the machine; no run outlives it."""
    started: list[subprocess.Popen[bytes]] = []

    def noted(module: str, folder: Path, output: IO[bytes]) -> tuple[Listener, subprocess.Popen[bytes]]:
        listener, process = spawn(module, folder, output)
        started.append(process)
        return listener, process

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run_client, "spawn", noted)
        patch.setattr(Machine, "check", lambda self: None)
        window = MainWindow(settings, runs)
        window.show()
        window.complete()
        yield window
        end_processes(started, window.runs)
        window.services._may_close = True
        window.close()
        window.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


@pytest.fixture
def window(request: pytest.FixtureRequest, qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    """A window with separate settings and runs or, for marked tests, the window shared by the file."""
    if request.node.get_closest_marker("shared_window"):
        window: MainWindow = request.getfixturevalue("shared_window")
        window.go_to("start")
        window.show_message("")
        yield window
        for dialog in window.findChildren(QDialog):
            if dialog.isVisible():
                dialog.reject()
    else:
        with opened(request.getfixturevalue("settings"), tmp_path / "runs") as window:
            qtbot.waitExposed(window, timeout=PATIENCE_MS)
            yield window


@pytest.fixture(scope="module")
def shared_window(qapp: QApplication, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MainWindow]:
    """A window for all tests of a file that leave it unchanged; building a window takes a second."""
    folder = tmp_path_factory.mktemp("shared window")
    settings = QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat)
    with opened(settings, folder / "runs") as window:
        yield window


@pytest.fixture(autouse=True)
def _no_collection_inside_qt() -> Iterator[None]:
    """Collect garbage between tests only.

    A collection while PyQt wraps an event destroys widgets of earlier tests, whose events PyQt cannot wrap then
    ("TypeError: arguments did not match any overloaded call").
    """
    gc.disable()
    try:
        yield
    finally:
        gc.collect()
        gc.enable()
