from __future__ import annotations

from pathlib import Path

import pytest
from frames import frame, give, give_pictures, pair
from pytestqt.qtbot import QtBot
from synthetic import is_complete, redraw, session, show

from stdpbench_gui.look import theme
from stdpbench_gui.look.motion import motion
from stdpbench_gui.panels.stimulus import Stimulus
from stdpbench_gui.session.run_session import RunSession

pytestmark = pytest.mark.usefixtures("unlimited_redraws")


@pytest.fixture
def panel(qtbot: QtBot, tmp_path: Path) -> Stimulus:
    panel = Stimulus(session(tmp_path))
    show(panel, qtbot)
    return panel


FIRES_0, FIRES_1 = pair((2, 10), (2, 90)), pair((5, 10), (5, 90), (5, 200))


def test_says_what_it_needs_until_a_picture_comes(qtbot: QtBot) -> None:
    panel = Stimulus(RunSession())
    show(panel, qtbot)
    assert panel.summary() == panel.empty_text
    assert panel.table() is None
    assert panel.figure() is None


def test_is_complete(panel: Stimulus) -> None:
    give_pictures(panel.session, [0, 1, 2])
    give(panel.session, frame(1, image=2))
    redraw(panel)
    is_complete(panel)
    assert panel.picture.accessibleName()
    assert "picture 2 of class c" in panel.summary()
    figure = panel.figure()
    assert figure is not None
    assert len(figure["parts"]) == 2


def test_answers_by_what_was_seen_before(panel: Stimulus) -> None:
    give_pictures(panel.session, [0, 1])
    give(panel.session, frame(0, image=0, exc=FIRES_0))
    redraw(panel)
    assert panel.verdict.text() == "shown a · answered –"
    assert panel.picture.frame == ""
    give(panel.session, frame(1, image=1, exc=FIRES_1))
    redraw(panel)  # no neuron has class b yet
    give(panel.session, frame(2, image=1, exc=FIRES_1))
    redraw(panel)
    assert panel.verdict.text() == "✓ shown b · answered b"
    assert panel.picture.frame == "right"
    give(panel.session, frame(3, image=0, exc=FIRES_1))
    redraw(panel)
    assert panel.verdict.text() == "✗ shown a · answered b"
    assert panel.picture.frame == "wrong"
    assert theme.current().wrong in panel.verdict.styleSheet()
    assert "answered b, wrong" in panel.summary()
    give(panel.session, frame(4, image=0, exc=pair()))
    redraw(panel)
    assert panel.verdict.text() == "✗ shown a · answered nothing"


def test_tells_spikes_and_attempts(panel: Stimulus) -> None:
    give(panel.session, frame(1234, exc=FIRES_1, attempts=3))
    redraw(panel)
    assert "presentation 1\u2009234 · 3 exc spikes · shown 3 times" in panel.details.text()
    assert panel.verdict.text() == "shown: no label · answered –"
    assert panel.captions[0].text() == "reading the picture …"


def test_how_often_it_was_right(panel: Stimulus) -> None:
    give_pictures(panel.session, [0, 1])
    for number in range(24):
        give(panel.session, frame(number, image=number % 2, exc=FIRES_1 if number % 2 else FIRES_0))
    redraw(panel)
    assert "22 of the last 23 right" in panel.details.text()


def test_counts_input_spikes_per_pixel(panel: Stimulus) -> None:
    give(panel.session, frame(1, input=pair((7, 1), (7, 5), (29, 6))))
    redraw(panel)
    counts = panel._counts()
    assert counts is not None
    assert counts[1, 2] == 2
    assert counts[5, 4] == 1
    assert counts.sum() == 3
    table = panel.table()
    assert table is not None
    assert table[1][7] == (1, 2, "", 2)


def test_changes_at_most_three_times_a_second(panel: Stimulus, qtbot: QtBot) -> None:
    motion.fast_flicker = False
    for number in range(5):
        give(panel.session, frame(number))
        redraw(panel)
    assert panel._frame["presentation"] == 0
    assert panel._dirty

    def shown() -> bool:
        panel.draw_if_needed()
        return bool(panel._frame["presentation"] == 4)

    qtbot.waitUntil(shown, timeout=60_000)


def test_another_run_begins_anew(panel: Stimulus) -> None:
    give(panel.session, frame(1))
    redraw(panel)
    panel.session.live.presentation = {}
    panel.session.opened.emit()
    redraw(panel)
    assert panel.summary() == panel.empty_text
    assert panel.observed.recent is None


def test_a_picture_is_drawn_in_whole_pixels(panel: Stimulus) -> None:
    give_pictures(panel.session, [0])
    give(panel.session, frame(1))
    redraw(panel)
    place = panel.picture._place()
    assert place.width() * 6 == place.height() * 5
    assert panel.picture.rect().contains(place)
