from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from frames import draw_frame, frame, give_pictures, pair
from pytestqt.qtbot import QtBot
from stopped_clock import Clock
from synthetic import SHAPE, block, experiment, is_complete, redraw, session, show
from waiting import waits

from stdpbench.data.datasets import Split
from stdpbench.data.stimuli import Events, EventSet, Signals, StimulusSet
from stdpbench.runs.analysis.shown_stimulus import FRAMES
from stdpbench_gui.look import theme
from stdpbench_gui.look.motion import motion
from stdpbench_gui.panels.stimulus import Stimulus
from stdpbench_gui.panels.weights.weight_map import WeightMap
from stdpbench_gui.widgets.basic import not_none

pytestmark = pytest.mark.usefixtures("unlimited_redraws")


@pytest.fixture
def panel(qtbot: QtBot, tmp_path: Path) -> Stimulus:
    return show(Stimulus(session(tmp_path)), qtbot)


FIRES_0, FIRES_1 = pair((2, 10), (2, 90)), pair((5, 10), (5, 90), (5, 200))


def test_is_complete(panel: Stimulus) -> None:
    give_pictures(panel.session, [0, 1, 2])
    draw_frame(panel, frame(1, image=2))
    is_complete(panel)
    assert panel.picture.accessibleName()
    figure = not_none(panel.figure())
    assert [part["kind"] for part in figure["parts"]] == ["image", "image", "raster", "lines"]
    assert figure["parts"][2]["x_range"] == (0.0, 350.0)


def test_answers_by_what_was_seen_before(panel: Stimulus) -> None:
    give_pictures(panel.session, [0, 1])
    draw_frame(panel, frame(0, image=0, exc=FIRES_0))
    assert (panel.verdict.text(), panel.picture.frame) == ("shown a · answered –", "")
    draw_frame(panel, frame(1, image=1, exc=FIRES_1))
    assert panel.verdict.text() == "shown b · answer not known yet"
    panel.verdict.setText("✗ shown a class with a long name · answered another one with a long name")
    assert panel.verdict.minimumSizeHint().width() < 200  # the panel stays narrow
    assert panel.picture.frame == ""
    draw_frame(panel, frame(2, image=1, exc=FIRES_1))
    assert (panel.verdict.text(), panel.picture.frame) == ("✓ shown b · answered b", "right")
    draw_frame(panel, frame(3, image=0, exc=FIRES_1))
    assert (panel.verdict.text(), panel.picture.frame) == ("✗ shown a · answered b", "wrong")
    draw_frame(panel, frame(4, image=0, exc=pair()))
    assert panel.verdict.text() == "✗ shown a · answered nothing"


def test_the_weight_map_frames_the_winner_of_what_is_shown(panel: Stimulus, qtbot: QtBot) -> None:
    weights = show(WeightMap(panel.session), qtbot)
    give_pictures(panel.session, [0, 1])
    draw_frame(panel, frame(1, image=1, exc=FIRES_1))
    redraw(weights)
    left, top = weights.mosaic.corner(int(np.flatnonzero(weights.mosaic.order == 5)[0]))
    x, y = weights.marks.winner.getData()
    assert (x.min(), y.min()) == (left, top)
    assert weights.marks.winner.opts["pen"].color() == theme.class_colour(1), "the class that it has answered"
    draw_frame(panel, frame(2, image=1, exc=pair()))
    assert weights.marks.winner.getData()[0] is None, "none fired"


def test_how_often_it_was_right(panel: Stimulus) -> None:
    give_pictures(panel.session, [0, 1])
    for number in range(24):
        draw_frame(panel, frame(number, image=number % 2, exc=FIRES_1 if number % 2 else FIRES_0))
    assert "22 of the last 23 right, 1 by neurons without a label yet" in panel.summary()
    assert not panel.details.text(), "no block is complete"
    panel.session.live.blocks[24] = block(0.8)
    panel.refresh()
    panel.session.changed.emit({"presentation"})
    redraw(panel)
    assert panel.details.text() == "running accuracy 80 %"
    for number in range(24, 124):
        draw_frame(panel, frame(number, image=number % 2, exc=FIRES_0))
    assert "50 of the last 100 right" in panel.summary()


def test_counts_input_spikes_per_pixel(panel: Stimulus) -> None:
    draw_frame(panel, frame(1, input=pair((7, 1), (7, 5), (29, 6))))
    table = not_none(panel.table())
    assert table[1][7] == (1, 2, "", 2, 0.5)
    assert table[1][29] == (5, 4, "", 1, 3.0)
    assert sum(row[3] for row in table[1]) == 3  # type: ignore[misc]


def test_changes_at_most_three_times_a_second(clock: Clock, panel: Stimulus) -> None:
    motion.fast_flicker = False
    for number in range(5):
        draw_frame(panel, frame(number))
    assert panel._frame["presentation"] == 0
    for passed, presentation in ((0.3, 0), (0.1, 4)):
        clock.advance(passed)
        panel.draw_if_needed()
        assert panel._frame["presentation"] == presentation


# -- other kinds of stimuli ------------------------------------------------------------------------------------------


def give_stimuli(panel: Stimulus, stimuli: StimulusSet, **changes: object) -> None:
    started = not_none(panel.session.live.started)
    made = experiment().override({path.replace("__", "."): value for path, value in changes.items()})
    started.experiment.clear()  # type: ignore[attr-defined]
    started.experiment.update(made.to_mapping())  # type: ignore[attr-defined]
    panel.session.split = Split(stimuli, stimuli, tuple("abc"))
    panel.session.pictures_ready.emit()


def recordings(*, flat: bool = False) -> EventSet:
    """Recordings on two planes of 3 × 5 channels, or on 30 channels, which last 40 and 100 ms."""
    rng = np.random.default_rng(3)
    made = [
        Events(rng.integers(0, 30, 90).astype(np.int32), np.sort(rng.random(90) * each), each) for each in (0.04, 0.1)
    ]
    return EventSet.of_list(made, (1, 1, 30) if flat else (2, 3, 5), np.array([0, 1]))


def test_a_recording_plays_and_the_axis_ends_where_it_ends(panel: Stimulus, qtbot: QtBot) -> None:
    give_stimuli(panel, recordings())
    draw_frame(panel, frame(1, image=0, n_bins=100, stimulus_bins=80, input=pair((3, 5), (20, 79))))
    view = panel.view
    assert view.play.isVisible()
    assert not view.spikes.isVisible()
    waits(qtbot, lambda: "12 to 16 ms" in view.captions[0].text())
    assert view.time.window == pytest.approx((12.0, 16.0))
    seen = sum(int(panel._shown.frame(number).sum()) for number in range(FRAMES))
    assert seen == 90
    figure = not_none(panel.figure())
    assert [part["kind"] for part in figure["parts"]] == ["image", "raster", "lines"]
    assert figure["parts"][0]["image"].shape == (3, 10)
    assert not_none(panel.table())[0][2] == "events"
    is_complete(panel)


def test_what_follows_waits_until_a_recording_has_played_once(panel: Stimulus, qtbot: QtBot) -> None:
    give_stimuli(panel, recordings())
    draw_frame(panel, frame(1, image=0, stimulus_bins=80))
    draw_frame(panel, frame(2, image=1, stimulus_bins=200))
    assert panel._frame["presentation"] == 1

    def follows() -> bool:
        panel.draw_if_needed()
        return bool(panel._frame["presentation"] == 2)

    waits(qtbot, follows)
    panel.view.play.click()  # paused: all events at once, and nothing waits
    draw_frame(panel, frame(9, image=1, stimulus_bins=100))
    assert "the first 50 of 100 ms" in panel.summary()
    draw_frame(panel, frame(10, image=0, stimulus_bins=80))
    assert panel._frame["presentation"] == 10
    assert panel.view.time.window is None


def test_nothing_plays_with_reduced_motion_and_slowly_without_flicker(panel: Stimulus) -> None:
    motion.reduced = True
    give_stimuli(panel, recordings())
    draw_frame(panel, frame(1, image=0, stimulus_bins=80))
    assert panel.view.captions[0].text() == "all: 90 events"
    assert not panel.view.play.isEnabled()
    motion.reduced = motion.fast_flicker = False
    panel.view.set_playing(True)
    assert panel.view._timer.interval() >= 334
    assert panel.view.play.isEnabled()


def test_a_signal_has_curves_with_its_spikes_on_them(panel: Stimulus, qtbot: QtBot) -> None:
    panel.resize(480, 440)
    n = SHAPE[0] * SHAPE[1] // 2
    signals = Signals.of_list(
        [np.random.default_rng(0).random((n, length)).cumsum(axis=1) for length in (20, 35)], 100.0, np.array([0, 2])
    )
    changes = {"data.kind": "japanese-vowels", "encoding.kind": "delta", "schedule.min_spikes": 0}
    give_stimuli(panel, signals, **changes, network__start="random")
    draw_frame(panel, frame(1, image=1, stimulus_bins=700, input=pair((0, 40), (n, 300), (n + 3, 500))))
    view = panel.view
    assert not view.pictures.isVisible()
    waits(qtbot, lambda: view.time.every_channel == 1)
    figure = not_none(panel.figure())
    assert [part["kind"] for part in figure["parts"]] == ["lines", "raster", "lines"]
    assert len(figure["parts"][0]["plots"][0]["lines"]) == 12
    assert not_none(panel.table())[0][2] == "mean"
    is_complete(panel)
    panel.resize(300, 210)  # too low for 15 curves
    waits(qtbot, lambda: view.time.every_channel > 1)
    redraw(panel)


def test_inputs_that_fire_once_show_when(panel: Stimulus) -> None:
    give_pictures(panel.session, [0, 1])
    draw_frame(panel, frame(1, image=0, input=pair((0, 20), (7, 100), (12, 44))))
    assert not_none(panel.figure())["parts"][1]["image"][0, 0] == 10.0


def test_factors_add_up(panel: Stimulus) -> None:
    give_pictures(panel.session, [0, 1])
    shown = frame(1, image=0, input=pair((0, 20), (7, 100), (7, 120)))
    draw_frame(panel, {**shown, "input_factor": np.array([0.5, 0.25, 0.125])})
    with_factors = panel.view.time.grab().toImage()
    draw_frame(panel, {**shown, "presentation": 2, "input_factor": np.full(3, 0.5)})
    assert panel.view.time.grab().toImage() != with_factors, "marks of smaller factors are fainter"
    draw_frame(panel, {**shown, "presentation": 3, "input_factor": np.array([0.5, 0.25, 0.125])})
    table = not_none(panel.table())
    assert (table[0][-1], table[1][7][-1]) == ("sum of factors", 0.375)
