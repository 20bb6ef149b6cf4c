"""Runs on the Runs page, which tests of several files use."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot
from runs_table import three_runs
from waiting import waits

from stdpbench.base.errors import StdpbenchError
from stdpbench.runs.client.run_client import ask
from stdpbench.runs.folder.lock import has_process
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench_gui.app.window import MainWindow
from stdpbench_gui.pages.runs.page import RunsPage


@pytest.fixture(scope="module")
def history(shared_window: MainWindow, finished_run: RunFolder) -> RunsPage:
    """The page of the window of this file, with three runs that its tests leave as they are."""
    three_runs(shared_window.runs, finished_run)
    shared_window.resize(1280, 800)
    return shared_window.runs_page


@pytest.fixture
def runs(tmp_path: Path, finished_run: RunFolder) -> Path:
    return three_runs(tmp_path / "runs", finished_run)


@pytest.fixture
def page(runs: Path, window: MainWindow, qtbot: QtBot) -> Iterator[RunsPage]:
    window.go_to("runs")
    page = window.runs_page
    waits(qtbot, lambda: page.model.n_all == 3)
    yield page
    for path in runs.glob("*/run.json"):
        with suppress(StdpbenchError):
            if has_process(path.parent):
                ask(path.parent, "stop")
    waits(qtbot, lambda: not any(has_process(path.parent) for path in runs.glob("*/run.json")))
