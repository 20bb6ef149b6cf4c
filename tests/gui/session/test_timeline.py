"""One timeline moves the whole window: what is shown at an earlier moment, and what can be done there."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from parts_of_window import dialog_of
from PyQt6.QtCore import QPoint, Qt, QTimer
from PyQt6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot
from waiting import waits

from stdpbench.base.units import thousands
from stdpbench.experiment import encode
from stdpbench.runs.folder.history import History
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.protocol.states import State
from stdpbench_gui.app.window import MainWindow
from stdpbench_gui.dialogs.film import FilmDialog
from stdpbench_gui.pages.timeline_bar import TimelineBar
from stdpbench_gui.panels.base import Panel
from stdpbench_gui.widgets.basic import not_none

STATES_ITS_OWN = {
    "weight-map": "at {}, labelled later",
    "curves": "line at {}",
    "log": "the whole run",
    "confusion": "after training",
    "parameters": "now, not at {}",
    "slow-motion": "as recorded, not at {}",
}
"""What panels say that do not show the moment itself, or not only."""


@pytest.fixture
def bar(window: MainWindow, finished_run: RunFolder, qtbot: QtBot) -> TimelineBar:
    path = window.runs / "finished"
    shutil.copytree(finished_run.path, path)
    window.open_run(path)
    window.go_to("train")
    bar = window.train.timeline
    waits(qtbot, lambda: len(bar.timeline.positions) > 2 and window.session.split is not None)
    return bar


def drawn(window: MainWindow, panel: Panel) -> str:
    """Draw a panel, and return the moment that it states."""
    window.train.bring(panel)
    panel.mark_dirty()
    panel.draw_if_needed()
    return panel.as_of.text()


def judged(panel: Panel) -> bool:
    """Whether a panel says that a class was answered, by neurons whose class is known."""
    return re.search("; answered [^,;]+, (right|wrong);", panel.summary()) is not None


def go(bar: TimelineBar, qtbot: QtBot, position: int | None) -> None:
    bar.timeline.go(position)
    waits(qtbot, lambda: not bar.timeline.reading)


def test_every_panel_says_which_moment_it_shows(window: MainWindow, bar: TimelineBar, qtbot: QtBot) -> None:
    window.session.selection.select_neuron(3)
    for position in (bar.timeline.positions[1], bar.timeline.positions[-2], 0):
        go(bar, qtbot, position)
        for key, panel in window.train.panels.items():
            stated = drawn(window, panel)
            states = STATES_ITS_OWN.get(key, "at {}") if panel.has_content() else "at {}"
            states += ", labelled later" if key == "stimulus" and judged(panel) else ""
            assert stated == states.format(thousands(position)) or not (stated or panel.has_content()), key
        assert bar.shown.text() == f"you see {thousands(position)}"
    assert window.train.panels["stimulus"].summary() == "Nothing has been shown yet."
    go(bar, qtbot, None)
    assert ({drawn(window, panel) for panel in window.train.panels.values()}, bar.shown.text()) == ({""}, "")


def test_what_is_shown_is_of_the_moment(window: MainWindow, bar: TimelineBar, qtbot: QtBot) -> None:
    session = window.session
    position, moment = list(History(not_none(session.folder).path).items())[2]
    go(bar, qtbot, position)
    weights, stimulus, thresholds = (window.train.panels[key] for key in ("weight-map", "stimulus", "thresholds"))
    drawn(window, weights)
    np.testing.assert_allclose(weights.sources.shown().w, moment.learned["feed.w"])
    drawn(window, stimulus)
    assert f"presentation {thousands(position - 1)}" in stimulus.summary()
    frame, experiment = moment.presentation, not_none(session.experiment)
    number, split = frame["image"], not_none(session.split)
    spikes = encode(experiment, split.train, "train", position - 1, frame["attempts"] - 1, number)
    assert len(session.presentation["spikes"]["input"][0]) == len(spikes.index) > 0
    drawn(window, thresholds)
    assert f"theta {1e3 * moment.learned['exc.theta'].mean():.2f} mV" in thresholds.summary()


def test_keyboard_mouse_and_wheel_move_the_handle(bar: TimelineBar, qtbot: QtBot) -> None:
    positions, strip = bar.timeline.positions, bar.strip
    for key, expected in (
        (Qt.Key.Key_Home, positions[0]),
        (Qt.Key.Key_Right, positions[1]),
        (Qt.Key.Key_Right, positions[2]),
        (Qt.Key.Key_Left, positions[1]),
        (Qt.Key.Key_End, None),
        (Qt.Key.Key_Left, positions[-1]),
        (Qt.Key.Key_Right, None),
    ):
        qtbot.keyClick(strip, key)
        assert bar.timeline.wanted == expected
    middle = int(strip.places()[0].center().y())
    qtbot.mousePress(strip, Qt.MouseButton.LeftButton, pos=QPoint(int(strip.x_of(positions[1])), middle))
    assert bar.timeline.wanted == positions[1]
    qtbot.mousePress(strip, Qt.MouseButton.LeftButton, pos=QPoint(strip.width() - 2, middle))
    assert bar.timeline.wanted is None
    qtbot.mousePress(strip, Qt.MouseButton.LeftButton, pos=QPoint(int(strip.x_of(positions[1])), middle))
    bar.back.click()
    assert bar.timeline.wanted is None


def test_the_history_plays_to_now(window: MainWindow, bar: TimelineBar, qtbot: QtBot) -> None:
    seen: set[int | None] = set()
    bar.timeline.changed.connect(lambda: seen.add(bar.timeline.wanted))
    for timer in bar.findChildren(QTimer):
        timer.setInterval(1)
    window.activateWindow()
    bar.strip.setFocus()
    waits(qtbot, bar.strip.hasFocus)
    qtbot.keyClick(bar.strip, Qt.Key.Key_Space)
    assert bar.play.isChecked()
    waits(qtbot, lambda: not bar.play.isChecked())
    assert seen == {*bar.timeline.positions, None}


def test_a_branch_from_here_is_paused_at_the_moment(window: MainWindow, bar: TimelineBar, qtbot: QtBot) -> None:
    parent = not_none(window.session.folder)
    position = list(History(parent.path))[-2]  # other positions are those of checkpoints, without a stimulus
    go(bar, qtbot, position)
    raster = window.train.panels["raster"]
    drawn(window, raster)
    assert raster.replay.isVisible()
    raster.replay.click()
    waits(qtbot, lambda: not_none(window.session.folder).path != parent.path)
    assert (window.session.state, window.train.bar.state.text()) == (State.QUEUED, "‖ paused")
    assert f"as a branch of {parent.path.name}, paused. It resumes from" in window.message.text()
    assert (window.actions_["pause"].text(), window.actions_["pause"].isEnabled()) == ("Resume", True)
    waits(qtbot, lambda: bar.timeline.positions and bar.timeline.positions[-1] == position)


def test_a_damaged_moment_is_said_and_leaves_the_last(window: MainWindow, bar: TimelineBar, qtbot: QtBot) -> None:
    folder = not_none(window.session.folder).path
    extra = folder / "history" / "000000007.npz"
    extra.write_bytes(b"not an archive")
    bar.timeline.look()
    waits(qtbot, lambda: 7 in bar.timeline.positions)
    bar.timeline.go(7)
    waits(qtbot, lambda: "the moment of the history at presentation 7 is damaged" in window.message.text())
    assert bar.timeline.wanted is None
    shutil.rmtree(folder / "history")
    bar.timeline.look()
    waits(qtbot, lambda: 0 not in bar.timeline.positions)  # checkpoints are left
    go(bar, qtbot, bar.timeline.positions[0])
    stimulus = window.train.panels["stimulus"]
    drawn(window, stimulus)
    assert stimulus.empty.text() == "This stimulus is not stored."


def test_a_film_is_saved_or_cancelled(
    window: MainWindow, bar: TimelineBar, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.actions_["film"].trigger()
    dialog = dialog_of(window, qtbot, FilmDialog)
    target = tmp_path / "film.webp"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), ""))
    dialog.save_button.click()
    waits(qtbot, lambda: window.message.text().startswith(f"Saved {target}"))
    assert target.stat().st_size > 0
    window.actions_["film"].trigger()
    dialog = window.services.dialog
    dialog.save(tmp_path / "other.webp")
    dialog.reject()
    waits(qtbot, lambda: not window.session.background.busy)
    assert not (tmp_path / "other.webp").exists()
