"""A session with the app: real window, real processes, the digits of scikit-learn."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from parts_of_window import draw_every_panel, open_run, panel_of, stop, to_front
from pytestqt.qtbot import QtBot
from small_run import small_experiment
from waiting import waits

from stdpbench.runs.catalog.access_log import count_readings
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.protocol.live_run import LiveRun
from stdpbench.runs.protocol.states import State
from stdpbench_gui.app.window import MainWindow
from stdpbench_gui.panels.confusion import Confusion
from stdpbench_gui.widgets.basic import not_none

ASSETS = Path(__file__).parents[2] / "assets"


def test_a_run_is_paused_and_stepped(window: MainWindow, qtbot: QtBot) -> None:
    session = window.session
    window.run_experiment(small_experiment(schedule__passes=100))
    waits(qtbot, lambda: session.connected)
    session.request("pace", seconds=0.005)
    waits(qtbot, lambda: len(session.live.blocks) > 1)
    window.actions_["pause"].trigger()
    assert window.train.bar.speed_text.text() == "pausing …", "a click is acknowledged at once"
    waits(qtbot, lambda: session.state is State.PAUSED)
    assert session.doing == ""
    position = session.live.position
    window.actions_["step"].trigger()
    waits(qtbot, lambda: session.live.position == position + 1 and session.state is State.PAUSED)
    stop(session, qtbot)


def test_recorded_journals_are_replayed_in_every_panel(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, finished_run: RunFolder
) -> None:
    """A run with results and one without; curves and log agree with the journal."""
    shutil.copytree(ASSETS / "run-format-2", tmp_path / "runs" / "old")
    curves, log, confusion = (window.train.panels[key] for key in ("curves", "log", "confusion"))
    for path in (finished_run.path, tmp_path / "runs" / "old"):
        open_run(window, qtbot, path)
        waits(qtbot, lambda: window.session.split is not None)
        whole = (path / "metrics.json").is_file()  # of the other one, journal and checkpoints are kept
        if whole:
            to_front(confusion)
            waits(qtbot, confusion.has_content)
        summaries = draw_every_panel(window, qtbot)
        live = LiveRun.replay(read_journal(path))
        for key in ("curves", "parameters", "log", *(("weight-map", "thresholds", "confusion") if whole else ())):
            assert summaries[key] != window.train.panels[key].empty_text, key
        table = not_none(curves.table())
        assert len(table[1]) == len(live.blocks)
        table = not_none(log.table())
        lacks = [sentence for _, _, sentence in table[1] if str(sentence).startswith("The run folder is damaged: ")]
        assert len(lacks) == (0 if whole else 2), "arrays of the other one are not kept"
        assert len(table[1]) == len(live.log) + len(lacks)
        assert window.session.live.metrics == live.metrics
        if whole:
            accuracy = json.loads((path / "metrics.json").read_text(encoding="utf-8"))["accuracy"]
            assert f"{100 * accuracy['vote']['accuracy']:.1f}" in summaries["confusion"]


def test_a_look_at_the_pictures_of_a_cell_is_in_the_ledger(
    window: MainWindow, qtbot: QtBot, finished_run: RunFolder
) -> None:
    before = not_none(count_readings(finished_run).run)
    confusion = panel_of(window, Confusion)
    window.open_run(finished_run.path)
    to_front(confusion)
    waits(qtbot, lambda: confusion.score is not None and window.session.split is not None)
    confusion.draw_if_needed()
    for cell in ((1, 1), (0, 0)):  # one pass over all labels covers every cell
        confusion.matrix.choose(*cell)
    waits(qtbot, lambda: confusion._answers)
    assert count_readings(finished_run).run == before + 1
