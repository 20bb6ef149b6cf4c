from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot
from synthetic import is_complete, redraw, session, show
from waiting import waits

from stdpbench.data.datasets import Images, Split
from stdpbench.results.readout import READOUTS, assign, readouts, score
from stdpbench.runs.protocol import facts
from stdpbench_gui.panels.confusion import Confusion
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.widgets.basic import not_none

LABELS = np.array([0, 0, 1, 1, 2, 2, 2, 1])


def evaluated(tmp_path: Path) -> RunSession:
    """A run whose read-outs answered; class 2 is taken for class 1 once, and one picture drew no spike."""
    counts = np.zeros((8, 7), np.uint16)
    for image, label in enumerate(LABELS):
        counts[image, 2 * label : 2 * label + 2] = 5
    assignment = assign(counts, LABELS, 3)
    counts[4] = [0, 0, 9, 9, 0, 0, 0]
    counts[7] = 0
    made = session(tmp_path, (420, facts.Measured("network", {"vote": 0.75})))
    scores = {name: score(readouts.get(name)().predict(counts, assignment), LABELS, 3) for name in READOUTS}
    made.folder.write_json(
        "metrics.json", {"evaluated_on": "test", "accuracy": {name: s.to_mapping() for name, s in scores.items()}}
    )
    made.folder.write_arrays("test.npz", spike_counts=counts, attempts=np.ones(8, np.int16))
    made.folder.write_arrays("assignments.npz", **vars(assignment))
    pixels = np.random.default_rng(0).integers(0, 255, (8, 6, 5)).astype(np.uint8)
    made.split = Split(Images(pixels, LABELS), Images(pixels, LABELS), tuple("abc"))
    return made


@pytest.fixture
def panel(qtbot: QtBot, tmp_path: Path) -> Confusion:
    panel = show(Confusion(evaluated(tmp_path)), qtbot, (380, 360))
    waits(qtbot, lambda: panel.score is not None)
    redraw(panel)
    return panel


def test_is_complete(panel: Confusion) -> None:
    is_complete(panel)
    assert "75.0 % of 8 test pictures" in panel.summary()


def test_a_row_is_a_true_class_and_none_is_a_column(panel: Confusion) -> None:
    table = not_none(panel.table())
    assert table[1] == [("a", 2, 0, 0, 0, 1.0), ("b", 0, 2, 0, 1, 0.66667), ("c", 0, 1, 2, 0, 0.66667)]
    assert panel.readout.count() == len(READOUTS)


def test_a_cell_shows_its_pictures(panel: Confusion, qtbot: QtBot) -> None:
    area, width, height = panel.matrix._grid()
    point = area.topLeft().toPoint()
    point.setX(point.x() + int(1.5 * width))
    point.setY(point.y() + int(2.5 * height))
    qtbot.mouseClick(panel.matrix, Qt.MouseButton.LeftButton, pos=point)
    waits(qtbot, lambda: panel.strip.count() == 1)
    item = not_none(panel.strip.item(0))
    assert (item.data(Qt.ItemDataRole.UserRole), panel.label.text()) == (4, "true c, answered b: 1 of 3 (33.3 %)")
    before = panel.matrix.height()
    panel.matrix.choose(0, 1)
    assert "0 of 2" in panel.label.text()
    waits(qtbot, lambda: not panel.strip.isVisible() and panel.matrix.height() > before)
    panel.matrix.choose(2, 1)
    qtbot.keyClick(panel.matrix, Qt.Key.Key_Right)
    assert panel.strip.count() == 2
    assert panel.matrix.accessibleDescription() == panel.label.text()
