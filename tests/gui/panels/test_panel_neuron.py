from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from frames import N_BINS, draw_frame, frame, give_pictures, pair, recording
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot
from synthetic import Asked, is_complete, redraw, session, show
from waiting import waits

from stdpbench.declare.learned_names import FEED
from stdpbench.runs.folder.notes import read_notes
from stdpbench_gui.panels.neuron.neuron_panel import NeuronInspector
from stdpbench_gui.panels.weights.weight_map import WeightMap
from stdpbench_gui.session.recording import Recorder
from stdpbench_gui.widgets.basic import not_none

pytestmark = pytest.mark.usefixtures("unlimited_redraws")


@pytest.fixture
def panel(qtbot: QtBot, tmp_path: Path) -> NeuronInspector:
    return show(NeuronInspector(session(tmp_path)), qtbot, (420, 480))


def test_is_complete(panel: NeuronInspector) -> None:
    panel.session.selection.select_neuron(2)
    draw_frame(panel, frame(4, recording=recording(2)))
    is_complete(panel)
    table = not_none(panel.table())
    assert len(table[1]) == N_BINS
    # v_thresh - theta_offset + theta = -52 - 20 + 21
    assert table[1][0][2] == pytest.approx(-51.0)
    assert table[1][-1][1] == pytest.approx(-55.0)


def test_number_and_selection_follow_each_other(panel: NeuronInspector) -> None:
    panel.session.selection.select_neuron(5)
    assert panel.number.value() == 5
    panel.number.setValue(3)
    assert panel.session.selection.neuron == 3
    redraw(panel)
    assert panel.about.text().startswith("<b>neuron 3</b>")
    assert "theta 23.00 mV" in panel.about.text()


def test_label_and_favourite_pictures_come_from_what_was_seen(panel: NeuronInspector) -> None:
    give_pictures(panel.session, [0, 1, 1])
    panel.session.selection.select_neuron(4)
    for number, image, spikes in ((0, 0, 1), (1, 1, 3), (2, 2, 5), (3, 1, 3)):
        draw_frame(panel, frame(number, image=image, exc=pair(*((4, 10 * k) for k in range(spikes)))))
    assert "label b" in panel.about.text()
    assert panel.bars.shown[0] == pytest.approx([1.0, 11 / 3, 0.0])
    assert [pen.style() != Qt.PenStyle.NoPen for pen in panel.bars.bars.opts["pens"]] == [False, True, False]
    assert [caption.text() for caption in panel.best_captions[:3]] == ["b: 5", "b: 3", "a: 1"]
    assert not panel.best[3].isVisible()
    assert "excited most by picture 2 (5 spikes)" in panel.summary()
    panel.session.selection.select_neuron(0)
    redraw(panel)
    assert "no label: silent in the last 4 received" in panel.about.text()  # it may have fired before


def test_courses_stay_until_new_ones_come(panel: NeuronInspector) -> None:
    panel.session.selection.select_neuron(2)
    draw_frame(panel, frame(4))
    draw_frame(panel, frame(5, recording=recording(1, 2)))
    assert panel.potential.note == ""
    draw_frame(panel, frame(6))
    assert panel._courses is not None
    assert panel._shown["presentation"] == 5
    panel.session.selection.select_neuron(1)
    assert panel._courses is None


def test_a_visible_panel_asks_for_the_selected_neuron(panel: NeuronInspector, asked: Asked) -> None:
    panel.session.selection.select_neuron(3)
    panel.session.selection.select_neuron(4)
    assert asked == [("record", {"neurons": [3]}), ("record", {"neurons": [4]})]
    other = Recorder.of(panel.session)
    assert other is panel.recorder
    other.watch("slow-motion", True)
    panel.hide()
    assert len(asked) == 2
    other.watch("slow-motion", False)
    assert asked[-1] == ("record", {"neurons": []})
    panel.show()
    assert asked[-1] == ("record", {"neurons": [4]})
    panel.session.selection.select_neuron(-1)
    assert asked[-1] == ("record", {"neurons": []})
    panel.session.opened.emit()  # another process, which records nothing
    assert len(asked) == 5


def test_a_field_of_zeros_is_drawn_too(panel: NeuronInspector) -> None:
    network = panel.session.live.network
    panel.session.live.network = {
        **network,
        "learned": {**network["learned"], FEED: np.zeros_like(network["learned"][FEED])},
    }
    panel.session.selection.select_neuron(1)
    redraw(panel)
    assert panel.body.isVisible()


def test_a_star_and_a_note_are_kept_in_the_run_and_marked_in_the_map(panel: NeuronInspector, qtbot: QtBot) -> None:
    session, bar = panel.session, panel.star
    folder = session.folder.path
    weights = show(WeightMap(session), qtbot, (400, 400))
    redraw(weights)
    session.selection.select_neuron(2)
    bar.button.click()
    waits(qtbot, lambda: read_notes(folder).starred_neurons("exc") == [2])
    waits(qtbot, lambda: bar.button.text() == "★")
    x, y = weights.marks._stars.getData()
    assert len(x) == len(y) == 1
    assert weights.mosaic.neuron_at(float(x[0]), float(y[0])) == 2
    bar.ask()
    bar.dialog.setTextValue("a <b>four</b> & more")
    bar.dialog.accept()
    waits(qtbot, lambda: read_notes(folder).neurons["exc", 2].text == "a <b>four</b> & more")
    waits(qtbot, lambda: "four" in weights.marks.describe(2))
    session.selection.select_neuron(4)
    assert bar.button.text() == "☆"
    bar.fill()
    entry = bar.menu.actions()[-1]
    assert entry.text() == "★ exc 2: a <b>four</b> && more"
    entry.trigger()
    assert session.selection.neuron == 2
    bar.button.click()
    waits(qtbot, lambda: not read_notes(folder).starred_neurons("exc"))
    waits(qtbot, lambda: not len(weights.marks._stars.getData()[0]))
