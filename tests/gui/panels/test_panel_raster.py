from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from frames import draw_frame, frame, pair
from PyQt6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot
from synthetic import N_EXC, is_complete, redraw, session, show

from stdpbench_gui.look.motion import motion
from stdpbench_gui.panels.raster.raster_panel import COUNTS, Raster
from stdpbench_gui.panels.raster.strips import Strip, bands_of, every, fill, place
from stdpbench_gui.widgets.basic import not_none

pytestmark = pytest.mark.usefixtures("unlimited_redraws")


@pytest.fixture
def panel(qtbot: QtBot, tmp_path: Path) -> Raster:
    return show(Raster(session(tmp_path)), qtbot, (640, 400))


def see(panel: Raster, *numbers: int) -> None:
    for number in numbers:
        draw_frame(panel, frame(number))


def test_is_complete(panel: Raster) -> None:
    see(panel, 3, 4)
    is_complete(panel)
    assert panel.view.accessibleName()
    assert panel.frames == {"presentation"}
    figure = not_none(panel.figure())
    assert [row["label"] for row in figure["parts"][0]["rows"]] == ["input", "exc"]


def test_presentations_in_a_row_stand_side_by_side_and_a_gap_is_a_gap(panel: Raster) -> None:
    see(panel, 3, 4, 11)
    first, second, third = panel.strips
    assert ((first.end, second.skipped), third.skipped) == ((second.start, 0), 6)
    assert third.start > second.end
    assert panel.view.right == third.end


def test_says_of_how_many_presentations_one_is_shown(panel: Raster) -> None:
    see(panel, 3, 4, 5)
    assert panel.sampled.text() == ""
    see(panel, 12, 19, 26, 33)
    assert panel.sampled.text() == "1 in 7 shown"
    assert panel.sampled.text() in panel.summary()


def test_every_spike_is_a_pixel_of_its_colour() -> None:
    strip = Strip.of(frame(0), 0.5)
    bands = bands_of((("input", 30), ("exc", N_EXC), ("inh", 0)), 120, ROLES, "exc")
    assert [band.layer for band in bands] == ["input", "exc"]
    image = np.zeros((120, 700), np.uint32)
    colours = {"base": 0, "input": 1, "exc": 2, "inh": 3, "selected": 4}
    fill(image, place([strip], bands, 700, 2.0), bands, colours, 0)
    for band in bands:
        index, bins = strip.spikes[band.layer]
        drawn = image[band.row(index), bins]
        inside = bins + band.mark[0] <= 700
        assert (drawn[inside] == colours[band.layer]).all()
    assert set(np.unique(image)) == {0, 1, 2}
    fill(image, place([strip], bands, 700, 2.0), bands, colours, 0, selected=int(strip.spikes["exc"][0][0]))
    assert (image == 4).any()


ROLES = (("input", "input"), ("exc", "exc"), ("inh", "inh"))
FACTORS = np.array([1.0, 0.25, -0.5, 0.25])


def test_input_spikes_are_the_fainter_the_smaller_their_factor() -> None:
    strip = Strip.of(frame(0, input=pair((0, 20), (7, 100), (7, 100), (12, 44)), input_factor=FACTORS), 0.5)
    bands = bands_of((("input", 30), ("exc", N_EXC), ("inh", 0)), 120, ROLES, "exc")
    image = np.zeros((120, 700), np.uint32)
    white, black = 0xFFFFFFFF, 0xFF000000
    colours = {"base": white, "input": black, "exc": 0xFF0000FF, "inh": 3, "selected": 4}
    later = Strip.of(frame(1), 0.5)  # of another run, whose spikes carry none
    later.follow(strip)
    fill(image, place([strip, later], bands, 700, 2.0), bands, colours, 0)
    grey = [
        int(image[row, column] & 255)
        for row, column in zip(bands[0].row(np.array([0, 7, 12])), (20, 100, 44), strict=True)
    ]
    assert grey == [0, 96, 191 - 48], "the stronger one of two is on top"


def test_nothing_glides_with_reduced_motion(panel: Raster) -> None:
    motion.fast_flicker, motion.reduced = False, True
    see(panel, 3)
    panel._taken = 0.0
    see(panel, 4)
    assert panel.view.right == panel.strips[-1].end


def test_a_click_on_a_spike_selects_its_neuron(panel: Raster, qtbot: QtBot) -> None:
    draw_frame(panel, frame(3, exc=pair((4, 350))))
    band = next(band for band in panel.view._bands if band.layer == "exc")
    area = panel.view._areas().spikes
    x = panel.view._x(175.0)
    y = area.top() + (band.row(np.array([4]))[0] + 1) / panel.view.devicePixelRatioF()
    qtbot.mouseClick(panel.view, Qt.MouseButton.LeftButton, pos=QPoint(round(x) + 3, round(y) + 2))
    assert panel.session.selection.neuron == 4
    redraw(panel)
    assert panel.view.selected == 4


def test_keys_select_neurons_and_show_more_or_less(panel: Raster, qtbot: QtBot) -> None:
    see(panel, 3)
    qtbot.keyClick(panel.view, Qt.Key.Key_Down)
    assert panel.session.selection.neuron == 0
    qtbot.keyClick(panel.view, Qt.Key.Key_Up)
    assert panel.session.selection.neuron == N_EXC - 1
    before = panel.count
    qtbot.keyClick(panel.view, Qt.Key.Key_Minus)
    assert panel.count == COUNTS[COUNTS.index(before) + 1]
    for _ in range(9):
        qtbot.keyClick(panel.view, Qt.Key.Key_Plus)
    assert panel.count == COUNTS[0]


def test_a_run_that_was_taken_back_begins_anew(panel: Raster) -> None:
    see(panel, 30, 31, 5)
    assert [strip.presentation for strip in panel.strips] == [5]


def test_only_so_many_presentations_are_kept(panel: Raster) -> None:
    for number in range(3 * COUNTS[-1]):
        panel._take(frame(number))
    assert (len(panel.strips), every(panel.strips)) == (COUNTS[-1] + 1, 1)
    assert len(panel.view.headers) <= 4 * COUNTS[-1]


def test_every_spike_on_screen_stands_in_the_table(panel: Raster) -> None:
    draw_frame(panel, frame(3, exc=pair((4, 350))))
    table = not_none(panel.table())
    assert (3, "exc", 4, 175.0) in table[1]
    assert len(table[1]) == 301


def test_presentations_of_unequal_lengths_are_at_their_places(panel: Raster) -> None:
    lengths = {0: (200, 140), 1: (700, 700), 5: (60, 20), 6: (400, 400)}
    for number, (total, stimulus) in lengths.items():
        spikes = pair((0, 0), (1, total - 1))
        draw_frame(panel, frame(number, input=spikes, exc=spikes, n_bins=total, stimulus_bins=stimulus))
    assert [strip.duration for strip in panel.strips] == [100, 350, 30, 200]
    assert [strip.stimulus for strip in panel.strips] == [70, 350, 10, 200]
    starts = [strip.start for strip in panel.strips]
    assert starts == pytest.approx([0, 100, 450 + 0.07 * 350, 480 + 0.07 * 350])
    assert panel.strips[2].gap == pytest.approx(0.07 * 350)
    assert panel.view.right == pytest.approx(starts[-1] + 200)
    assert panel.view.span == pytest.approx(4 * 350 * 1.02)  # of the longest seen, so that the scale stays
    placed = place(panel.strips, bands_of((("input", 30), ("exc", N_EXC)), 60, ROLES, "exc"), 4000, 2.0)["input"]
    ends = [2 * start + total - 1 for start, (total, _) in zip(starts, lengths.values(), strict=True)]
    assert placed.column[1::2] == pytest.approx(ends, abs=1)
    table = not_none(panel.table())
    assert max(row[3] for row in table[1] if row[0] == 5) == 29.5
