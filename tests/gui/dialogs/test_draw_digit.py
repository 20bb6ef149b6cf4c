"""Draw a digit: the pad, and the answers of a learning and of a trained network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from parts_of_window import stop
from PyQt6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot
from small_run import small_experiment
from synthetic import experiment, session
from waiting import kept, waits

from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.process.probe import Probe
from stdpbench.runs.protocol.states import State
from stdpbench_gui.app.window import MainWindow
from stdpbench_gui.dialogs.draw_digit import DrawDigitDialog, Pad
from stdpbench_gui.widgets.basic import not_none

SEVEN = [(0.25, 0.2), (0.75, 0.2), (0.5, 0.62), (0.42, 0.85)]


@pytest.fixture
def pad(qtbot: QtBot) -> Pad:
    pad = kept(Pad(), qtbot)
    pad.show()
    return pad


def test_the_mouse_draws_and_strokes_are_taken_back(pad: Pad, qtbot: QtBot) -> None:
    heard: list[None] = []
    pad.changed.connect(lambda: heard.append(None))
    qtbot.mousePress(pad, Qt.MouseButton.LeftButton, pos=QPoint(60, 60))
    qtbot.mouseMove(pad, QPoint(220, 60))
    qtbot.mouseRelease(pad, Qt.MouseButton.LeftButton, pos=QPoint(220, 60))
    assert len(pad.strokes) == 1
    assert heard
    assert pad.ink()[60, 60] == 255
    pad.add_stroke(SEVEN)
    both = pad.ink().sum()
    pad.undo()
    assert 0 < pad.ink().sum() < both
    pad.clear()
    assert not pad.ink().any()
    pad.undo()  # nothing to undo


def test_the_eraser_takes_ink_away_and_lines_have_a_width(pad: Pad) -> None:
    pad.add_stroke([(0.2, 0.5), (0.8, 0.5)])
    thin = pad.ink().sum()
    pad.erases = True
    pad.add_stroke([(0.5, 0.2), (0.5, 0.8)])
    assert pad.ink().sum() < thin
    assert pad.ink()[140, 140] == 0
    pad.clear()
    pad.erases, pad.line_width = False, 2 * pad.line_width
    pad.add_stroke([(0.2, 0.5), (0.8, 0.5)])
    assert pad.ink().sum() > 1.7 * thin


def draw_seven(dialog: DrawDigitDialog, qtbot: QtBot) -> None:
    """Draw a digit, and wait for the answer."""
    dialog.pad.add_stroke(SEVEN)
    waits(qtbot, lambda: dialog.answer is not None or "⚠" in dialog.words.text())
    assert dialog.answer is not None, dialog.words.text()


def test_without_a_run_the_network_that_comes_with_the_app_answers(window: MainWindow, qtbot: QtBot) -> None:
    dialog = window.services.draw()
    waits(qtbot, lambda: dialog.ready)
    assert window.session.state is State.FINISHED
    draw_seven(dialog, qtbot)
    assert not_none(dialog.answer)["vote"]["answer"] == 7
    assert window.services.recent.paths() == []
    assert not list(window.runs.glob("*")), "it is no run of the user's"


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"data.kind": "order", "encoding.kind": "events"}, "recordings"),
        ({"data.kind": "japanese-vowels", "encoding.kind": "delta"}, "signals"),
    ],
)
def test_nothing_is_drawn_for_a_network_that_is_shown_no_pictures(
    qtbot: QtBot, tmp_path: Path, changes: dict[str, str], what: str
) -> None:
    made = session(tmp_path)
    started = not_none(made.live.started)
    other = experiment().override({**changes, "network.start": "random", "schedule.min_spikes": 0})
    started.experiment.clear()  # type: ignore[attr-defined]
    started.experiment.update(other.to_mapping())  # type: ignore[attr-defined]
    dialog = kept(DrawDigitDialog(made), qtbot)
    assert f"is shown {what}, not pictures, so there is nothing to draw" in dialog.words.text()
    assert not dialog.pad.isEnabled()
    assert not dialog.clear_button.isEnabled()


def test_a_finished_run_answers_by_a_process_that_only_looks(
    window: MainWindow, qtbot: QtBot, finished_run: RunFolder
) -> None:
    window.open_run(finished_run.path)
    window.actions_["draw"].trigger()
    dialog = not_none(window.services.drawing)
    waits(qtbot, lambda: dialog.ready)
    draw_seven(dialog, qtbot)
    assert dialog.picture.shape == (28, 28)
    assert dialog.picture.sum() == pytest.approx(26520, rel=1e-3)  # like the pictures of the experiment
    assert dialog.answer == Probe(finished_run).answer("try", {"image": dialog.picture.ravel().tolist()})
    counts = np.array(dialog.answer["spike_counts"])
    assert f"{counts.sum()} spikes" in dialog.words.text()
    best = int(np.argsort(-counts, kind="stable")[0])
    dialog.fields[0].click()
    assert window.session.selection.neuron == best
    assert not dialog.fields[0].icon().isNull()
    assert dialog.big.text() == str(dialog.answer["vote"]["answer"])
    spec, table = not_none(dialog.figure()), not_none(dialog.table())
    assert [part["kind"] for part in spec["parts"]] == ["image", "bars", "raster"]
    assert [score for _, score in table[1]] == dialog.answer["vote"]["scores"]
    dialog.explain()
    window.set_theme("dark")
    assert not dialog.grab().isNull()
    dialog.pad.clear()
    waits(qtbot, lambda: dialog.answer is None)
    client = not_none(dialog.probe._client)
    dialog.hide()
    assert dialog.probe._client is None
    client.wait_for_process(10)


def test_a_run_that_learns_answers_and_learns_on(window: MainWindow, qtbot: QtBot) -> None:
    window.run_experiment(small_experiment(schedule__passes=2000))
    dialog = window.services.draw()
    session = window.session
    waits(qtbot, lambda: session.live.position > 10)
    session.request("pace", seconds=0.2)
    waits(qtbot, lambda: dialog.ready)
    draw_seven(dialog, qtbot)
    assert len(dialog.answer["spike_counts"]) == 12
    assert dialog.probe._client is None  # the process of the run answered
    assert session.state is State.RUNNING
    assert "Labels are provisional" in dialog.words.text() or dialog.big.text() == "?"
    # after it ends, a probe process answers with the stored network
    stop(session, qtbot)
    dialog.pad.clear()
    waits(qtbot, lambda: dialog.answer is None)
    draw_seven(dialog, qtbot)
    assert dialog.probe._client is not None
