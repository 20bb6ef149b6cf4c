from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from frames import N_BINS, draw_frame, frame, give_pictures, pair, recording
from PyQt6.QtCore import QPoint, QPointF, Qt
from pytestqt.qtbot import QtBot
from stopped_clock import Clock
from synthetic import SHAPE, Asked, is_complete, redraw, session, show
from waiting import waits

from stdpbench.runs.protocol.states import State
from stdpbench_gui.panels.neuron.slow_motion import SlowMotionPanel
from stdpbench_gui.widgets.basic import not_none

NEURON = 2
OUTPUT = pair((NEURON, 100), (NEURON, 140), (NEURON, 400))


@pytest.fixture
def panel(qtbot: QtBot, tmp_path: Path, asked: Asked) -> SlowMotionPanel:
    panel = SlowMotionPanel(session(tmp_path))
    panel.session.live.progress = {"phase": "train", "done": 8, "total": 400}
    show(panel, qtbot, (720, 560))
    return panel


def built(panel: SlowMotionPanel, qtbot: QtBot, number: int = 7, **more: Any) -> SlowMotionPanel:
    """A panel with a presentation of a paused run."""
    panel.session.selection.select_neuron(NEURON)
    panel.session.live.state = State.PAUSED
    draw_frame(panel, frame(number, **{"exc": OUTPUT, "recording": recording(NEURON), **more}))
    waits(qtbot, lambda: panel.moment is not None or bool(panel._trouble))
    redraw(panel)
    return panel


def test_is_complete(panel: SlowMotionPanel, qtbot: QtBot) -> None:
    built(panel, qtbot)
    is_complete(panel)
    for widget in (panel.player.play, panel.player.slider, panel.player.speed, panel.plots, panel.weights.now):
        assert widget.accessibleName()


def test_a_run_that_goes_on_is_paused_first(panel: SlowMotionPanel, qtbot: QtBot, asked: Asked) -> None:
    panel.session.selection.select_neuron(NEURON)
    draw_frame(panel, frame(7, exc=OUTPUT))
    assert panel.moment is None  # its weights would move on
    panel.player.play.click()
    assert asked[-1] == ("pause", {"reason": "for slow motion"})
    redraw(panel)
    built(panel, qtbot)
    assert panel.player.playing


def test_everything_moves_in_step(panel: SlowMotionPanel, qtbot: QtBot) -> None:
    built(panel, qtbot)
    moment = not_none(panel.moment)
    for step in (-1, 0, 250, N_BINS - 1):
        panel.player.go(step)
        time = (step + 1) * 0.5
        assert all(plot.cursor.value() == time for plot in panel.plots.plots)
        potential = panel.plots.potential._lines["potential"].getData()[0]
        assert (0 if potential is None else len(potential)) == step + 1
        drawn = panel.plots.spikes._all["input"].getData()[0]
        assert (0 if drawn is None else len(drawn) // 2) == int((moment.source_spikes[1] <= step).sum())
        assert panel.player.slider.value() == step
        table = not_none(panel.table())
        if step >= 0:
            assert table[1][step][-1] == pytest.approx(moment.replay.weights(step)[panel.pixel])


def test_plays_at_a_share_of_real_time_and_stops_at_the_end(
    clock: Clock, panel: SlowMotionPanel, qtbot: QtBot
) -> None:
    built(panel, qtbot)
    player = panel.player
    player.speed.setCurrentIndex(player.speed.findData(1))
    seen: list[int] = []
    player.moved.connect(seen.append)
    player.play.click()
    assert player.playing
    waits(qtbot, lambda: clock.advance(0.03) or not player.playing)  # type: ignore[func-returns-value]
    assert seen[0] == -1
    assert seen == sorted(seen)
    assert player.step == N_BINS - 1
    player.speed.setCurrentIndex(player.speed.findData(50))
    player.start()
    clock.advance(0.2)
    waits(qtbot, lambda: player.step >= 0)
    assert player.step == 7  # 8 steps from before the first, as those are of 0.5 ms
    player.play.click()
    assert not player.playing


def test_the_mouse_scrubs_and_keys_step(panel: SlowMotionPanel, qtbot: QtBot) -> None:
    built(panel, qtbot)
    panel.player.start()
    qtbot.wait(20)
    box = panel.plots.spikes.getViewBox()
    at = panel.plots.mapFromScene(box.mapViewToScene(QPointF(100.0, 1.0)))
    qtbot.mousePress(panel.plots.viewport(), Qt.MouseButton.LeftButton, pos=at)
    qtbot.mouseRelease(panel.plots.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert not panel.player.playing
    assert abs(panel.player.step - 199) < 4
    panel.player.go(100)
    for key, step in (
        (Qt.Key.Key_Right, 101),
        (Qt.Key.Key_Left, 100),
        (Qt.Key.Key_Home, -1),
        (Qt.Key.Key_Left, -1),
        (Qt.Key.Key_End, N_BINS - 1),
    ):
        qtbot.keyClick(panel.plots, key)
        assert panel.player.step == step
    qtbot.keyClick(panel.plots, Qt.Key.Key_Space)
    assert panel.player.playing


def test_a_pixel_can_be_followed(panel: SlowMotionPanel, qtbot: QtBot) -> None:
    built(panel, qtbot)
    moment = not_none(panel.moment)
    assert panel.pixel == np.abs(moment.replay.end - moment.replay.start).argmax()
    place = panel.weights.now._place()
    row, col = place.top() + place.height() * 5 // (2 * SHAPE[0]), place.left() + place.width() * 3 // (2 * SHAPE[1])
    qtbot.mouseClick(panel.weights.now, Qt.MouseButton.LeftButton, pos=QPoint(col, row))
    assert panel.pixel == 2 * SHAPE[1] + 1
    np.testing.assert_allclose(panel.plots.traces._courses["x"], moment.replay.trace("x", panel.pixel))
    panel._pick(2, 1)
    assert panel.pixel == -1
    np.testing.assert_allclose(panel.plots.traces._courses["x"], moment.replay.trace("x"))


def test_a_pixel_can_be_chosen_by_keyboard(panel: SlowMotionPanel, qtbot: QtBot) -> None:
    built(panel, qtbot)
    panel._pick(2, 1)
    for key, place in (
        (Qt.Key.Key_Right, (2, 2)),
        (Qt.Key.Key_Down, (3, 2)),
        (Qt.Key.Key_Left, (3, 1)),
        (Qt.Key.Key_Up, (2, 1)),
    ):
        qtbot.keyClick(panel.weights.now, key)
        assert panel.pixel == place[0] * SHAPE[1] + place[1]
    panel._pick(0, 0)
    qtbot.keyClick(panel.weights.now, Qt.Key.Key_Up)
    assert panel.pixel == 0


def test_waits_for_a_spike(panel: SlowMotionPanel, qtbot: QtBot, asked: Asked) -> None:
    built(panel, qtbot, exc=pair((0, 5), (4, 9)))
    assert "It did not spike here; 0 and 4 did." in panel.about.text()
    panel.hunt.click()
    for number in (8, 9):
        assert asked[-1] == ("step", {"n": 1})
        draw_frame(panel, frame(number, exc=pair((0, 5))))
    redraw(panel)
    assert (panel.session.doing, panel.hunt.text()) == ("stepping until neuron 2 spikes", "Cancel")
    assert len([name for name, _ in asked if name == "step"]) == 3
    built(panel, qtbot, 10)
    waits(qtbot, lambda: panel.moment is not None and panel.moment.presentation == 10)
    assert panel.player.playing
    assert len([name for name, _ in asked if name == "step"]) == 3


def test_waiting_for_a_spike_is_cancelled_where_it_was_begun(
    panel: SlowMotionPanel, qtbot: QtBot, asked: Asked
) -> None:
    built(panel, qtbot, exc=pair((0, 5)))
    for _ in range(2):  # the second click cancels
        panel.hunt.click()
        redraw(panel)
    assert (panel.session.doing, panel.hunt.text()) == ("", "… until it spikes")
    draw_frame(panel, frame(8, exc=pair((0, 5))))
    assert len([name for name, _ in asked if name == "step"]) == 1


def test_the_step_after_one_that_was_seen_is_exact(panel: SlowMotionPanel, qtbot: QtBot) -> None:
    built(panel, qtbot)
    draw_frame(panel, frame(8, exc=OUTPUT, recording=recording(NEURON)))
    waits(qtbot, lambda: panel.moment is not None and panel.moment.presentation == 8)
    redraw(panel)
    assert "Traces start with their values at the end of the preceding presentation." in panel.about.text()


def test_what_cannot_be_replayed_is_told(
    panel: SlowMotionPanel, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    from stdpbench.kinds.plasticity.diehl_cook_triplet import DiehlCookTriplet

    monkeypatch.setattr(DiehlCookTriplet, "on_input_spike", "w = theta_m*w")
    built(panel, qtbot)
    assert panel.moment is None
    assert "Cannot replay: theta_m has no value" in panel.what.text()


def test_without_recording_all_but_the_potential_is_shown(panel: SlowMotionPanel, qtbot: QtBot) -> None:
    give_pictures(panel.session, [1])
    built(panel, qtbot, recording=None)
    assert "not recorded" in panel.plots.potential.note
    assert "(class b)" in panel.about.text()
    assert not_none(panel.table())[0] == ("time (ms)", "x", "y1", "y2", "weight")


def test_after_training_it_says_that_nothing_moves(panel: SlowMotionPanel) -> None:
    panel.session.selection.select_neuron(NEURON)
    panel.session.live.progress = {"phase": "label", "done": 1, "total": 10}
    redraw(panel)
    assert "not training" in panel.what.text()
    assert not panel.next.isEnabled()
    assert not panel.player.play.isEnabled()


def test_another_neuron_begins_anew(panel: SlowMotionPanel, qtbot: QtBot) -> None:
    built(panel, qtbot)
    panel.session.selection.select_neuron(3)
    assert panel.moment is None
    redraw(panel)
    waits(qtbot, lambda: panel.moment is not None and panel.moment.neuron == 3)
